//! Each screen of the visual novel in three sizes of window and two languages, beside small pictures of how it shall look.
//!
//! The pictures are in `tests/pictures`; `DRAMATURG_ACCEPT=1` makes them anew, to be looked at before they are committed. A screen
//! may differ a little (another renderer, a moth elsewhere); what is compared is coarse, as seen with half-closed eyes.
//!
//! The window is opened where `DRAMATURG_E2E=1` is set, as in `window.rs`.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod screen;

use screen::{Gallery, Step, View};
use std::path::{Path, PathBuf};

/// Width and height of a window: a phone upright, the usual one, an ultra-wide one.
const SIZES: [(usize, usize); 3] = [(480, 854), (1280, 720), (1720, 720)];

/// The panels, by the key that opens and closes each.
const PANELS: [(&str, &str); 5] = [
    ("preferences", "F1"),
    ("history", "F2"),
    ("saves", "F3"),
    ("chronicle", "F8"),
    ("people", "F10"),
];

/// How far two views may be from each other, in 255ths on the average of all their cells.
const TOLERANCE: f32 = 0.6;

fn references() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("pictures")
}

#[test]
fn the_screens_in_english() {
    look("en");
}

#[test]
fn the_screens_in_chinese() {
    look("zh");
}

fn look(locale: &str) {
    if std::env::var("DRAMATURG_E2E").as_deref() != Ok("1") {
        println!("nothing is tested: the game in its window is played only with DRAMATURG_E2E=1");
        return;
    }
    let mut wrong = Vec::new();
    for size in SIZES {
        let mut gallery = Gallery::open(size, locale).unwrap_or_else(|why| panic!("{why}"));
        let seen = tour(&mut gallery);
        let seen = seen.unwrap_or_else(|why| panic!("{size:?}: {why}\n{}", gallery.printed()));
        for (name, view) in seen {
            let file = references().join(format!("{name}-{}x{}-{locale}.jpg", size.0, size.1));
            wrong.extend(compare(&view, &file));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn tour(gallery: &mut Gallery) -> Step<Vec<(&'static str, View)>> {
    let mut seen = vec![("title", gallery.rest()?)];
    gallery.press("Return")?;
    gallery.another(&seen[0].1)?;
    // The second line is spoken by somebody; the room is drawn aside and comes a moment later.
    gallery.press("Return")?;
    seen.push(("story", gallery.stage()?));
    for (name, key) in PANELS {
        let before = gallery.rest()?;
        gallery.press(key)?;
        gallery.another(&before)?;
        seen.push((name, gallery.rest()?));
        let open = gallery.rest()?;
        gallery.press(key)?;
        gallery.another(&open)?;
    }
    Ok(seen)
}

/// What is wrong with a view, if anything.
fn compare(view: &View, file: &Path) -> Option<String> {
    if std::env::var("DRAMATURG_ACCEPT").as_deref() == Ok("1") {
        return view.write(file).err();
    }
    let wanted = match View::read(file, view.size()) {
        Ok(wanted) => wanted,
        Err(why) => return Some(why),
    };
    // As small as the kept one was made: what is lost by that is lost on both sides.
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let kept = view.write_evidence(&name);
    let kept = kept.and_then(|kept| View::read(&kept, view.size()).map(|view| (kept, view)));
    let (kept, view) = match kept {
        Ok(kept) => kept,
        Err(why) => return Some(why),
    };
    let apart = view.apart(&wanted);
    println!("{name}: {apart:.2} apart");
    let is = kept.display();
    (apart > TOLERANCE).then(|| format!("{name}: {apart:.1} apart, see {is}"))
}

#[test]
fn other_screens_are_told_apart() {
    let names = ["title", "story", "preferences", "history", "saves", "chronicle", "people"];
    for (width, height) in SIZES {
        for locale in ["en", "zh"] {
            let views = names.map(|name| {
                let file = references().join(format!("{name}-{width}x{height}-{locale}.jpg"));
                View::read(&file, (width, height))
            });
            if views.iter().all(|view| matches!(view, Err(why) if why.contains("convert"))) {
                println!("nothing is tested: ImageMagick is not here");
                return;
            }
            let views = views.map(Result::unwrap);
            for (at, one) in views.iter().enumerate() {
                for (other, view) in views.iter().enumerate().skip(at + 1) {
                    let apart = one.apart(view);
                    let which = format!("{} and {} ({width}, {locale})", names[at], names[other]);
                    assert!(apart > TOLERANCE, "{which}: {apart:.1}");
                }
            }
        }
    }
}
