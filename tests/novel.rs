//! The visual novel played to its endings.
//!
//! What this promises: without a model and without typing, by what the game itself suggests, each of the three endings
//! can be reached in each language; in a real window also over a rollback, a quick save, a quick load, and a power cut.
//!
//! The window is opened where `DRAMATURG_E2E=1` is set, as in `window.rs`.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod screen;

use dramaturg_journal::Stored;
use dramaturg_story::{Event, Pack, Session};
use screen::{Step, Theatre};
use std::path::Path;
use std::sync::Arc;

/// The moves that lead to an ending, where there is a choice; elsewhere the first that is offered will do.
const WAYS: [(&str, &[&str]); 3] = [
    ("home", &["wait_bell", "say_brother", "ask_tonight", "stall"]),
    ("keep", &["write_dead", "say_dead"]),
    ("report", &["write_alive", "say_dead"]),
];
/// Those that lead on at once.
const SHORT: [&str; 11] = [
    "introduce",
    "ask_coat",
    "answer_him",
    "open_letter",
    "ask_truth",
    "keep_silence",
    "burn_cards",
    "greet_colleague",
    "say_brother",
    "leave_it",
    "stay_put",
];
/// More turns than any of these plays takes.
const MOST: usize = 40;

fn lantern() -> Arc<Pack> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../assets/stories/lantern");
    Arc::new(Pack::load(&folder).unwrap())
}

/// Which of what is suggested leads to the ending.
fn number_of(session: &Session, way: &[&str]) -> Option<usize> {
    let offered = session.suggestions();
    let at = |id: &&str| offered.iter().position(|suggestion| suggestion.makes == **id);
    let found = way.iter().chain(&SHORT).find_map(at);
    found.or((!offered.is_empty()).then_some(0))
}

#[test]
fn what_is_suggested_leads_to_each_ending_in_each_language() {
    let pack = lantern();
    for (ending, way) in WAYS {
        for locale in ["en", "zh"] {
            let mut session = Session::resume(pack.clone(), []);
            session.open(locale, 7, &mut |_| {});
            for _ in 0..MOST {
                let Some(at) = number_of(&session, way) else { break };
                let text = session.suggestions()[at].text.clone();
                session.player_says(&text, None, &mut |_| {});
            }
            let beat = session.state().beat.clone();
            assert_eq!(session.state().ended.as_deref(), Some(ending), "{locale}, in {beat}");
        }
    }
}

fn in_the_window(test: impl FnOnce(&mut Theatre) -> Step) {
    if std::env::var("DRAMATURG_E2E").as_deref() != Ok("1") {
        println!("nothing is tested: the game in its window is played only with DRAMATURG_E2E=1");
        return;
    }
    let mut theatre = Theatre::open().unwrap_or_else(|why| panic!("{why}"));
    if let Err(why) = test(&mut theatre) {
        panic!("{why}\n{}", theatre.evidence());
    }
}

/// No waiting for letters, and nothing moves that a picture could trip over.
const SWIFT: &str = "(text_speed: 3, less_motion: true, weather: false)";

#[test]
fn the_endings_in_english() {
    in_the_window(|theatre| endings(theatre, "en"));
}

#[test]
fn the_endings_in_chinese() {
    in_the_window(|theatre| endings(theatre, "zh"));
}

fn endings(theatre: &mut Theatre, locale: &str) -> Step {
    for (at, (ending, way)) in WAYS.iter().enumerate() {
        theatre.prefer(SWIFT)?;
        theatre.start_game_in(locale, None)?;
        theatre.read_to_the_players_turn()?;
        play(theatre, locale, way, at == 0)?;
        let last = theatre.entries()?.into_iter().rev().find_map(|stored| match stored.entry {
            Event::Ended(ending) => Some(ending),
            _ => None,
        });
        if last.as_deref() != Some(*ending) {
            return Err(format!("the play in {locale} ended with {last:?}, not with '{ending}'"));
        }
        // The journal is written before the game has heard of it.
        theatre.wait_words("found.ron", &format!("\"{ending}\""))?;
        theatre.clear()?;
    }
    Ok(())
}

fn session(entries: &[Stored<Event>]) -> Session {
    Session::resume(lantern(), entries.iter().map(|stored| &stored.entry))
}

/// Plays to the end; with trials on the way back and forth, through a save and a power cut.
fn play(theatre: &mut Theatre, locale: &str, way: &[&str], trials: bool) -> Step {
    for turn in 1..=MOST as u32 {
        let entries = theatre.entries()?;
        let now = session(&entries);
        let Some(at) = number_of(&now, way) else { return Ok(()) };
        theatre.choose(at + 1)?;
        if session(&theatre.entries()?).state().ended.is_some() {
            return Ok(());
        }
        theatre.read_to_the_players_turn()?;
        if trials && turn == 3 {
            back_and_forth(theatre, locale)?;
        }
    }
    Err("the play came to no end".into())
}

fn back_and_forth(theatre: &mut Theatre, locale: &str) -> Step {
    let before = theatre.entries()?;
    let saved = theatre.quick_save()?;
    if saved != before {
        return Err("the quick save differs from the play".into());
    }
    theatre.wait_file("quick.png")?;
    // Back to another turn, and something else is said there: that takes the place of what came after.
    theatre.back_to_turn(2)?;
    theatre.choose(2)?;
    theatre.read_to_the_players_turn()?;
    let other = theatre.entries()?;
    if other.last().map(|last| last.turn.0) != Some(3) {
        return Err(format!("a turn after a rollback to turn 2 has the number {:?}", other.last()));
    }
    theatre.press("F9")?;
    theatre.wait_entries(&before)?;
    theatre.read_to_the_players_turn()?;
    theatre.kill_game()?;
    theatre.start_game_in(locale, None)?;
    theatre.read_to_the_players_turn()?;
    if theatre.entries()? == before { Ok(()) } else { Err("the power cut changed the play".into()) }
}

/// The classic game: who wants a menu gets by with one key.
#[test]
fn enter_alone_plays_to_an_ending_from_the_menu() {
    in_the_window(|theatre| {
        theatre.prefer(&SWIFT.replace('(', "(menu_only: true, "))?;
        theatre.start_game_in("en", None)?;
        theatre.enter_until_the_story_ends()?;
        let mut before = Vec::new();
        for stored in theatre.entries()? {
            if let Event::PlayerSaid { text, .. } = &stored.entry {
                let offered = session(&before).suggestions();
                if offered.first().is_none_or(|first| first.text != *text) {
                    return Err(format!("'{text}' was said, and offered was {offered:?}"));
                }
            }
            before.push(stored);
        }
        Ok(())
    });
}

#[test]
fn broken_files_lose_nothing_and_stop_nobody() {
    in_the_window(|theatre| {
        theatre.prefer("(text_speed: ")?;
        theatre.write_file("autosave.journal", b"this is no journal")?;
        theatre.write_file("slot1.journal", b"neither is this")?;
        theatre.write_file("slot1.png", b"and this is no picture")?;
        theatre.write_file("found.ron", b"((((")?;
        theatre.write_file("read.bin", b"abc")?;
        theatre.start_game_in("en", None)?;
        theatre.read_to_the_players_turn()?;
        // What can't be read is said, and kept.
        theatre.wait_file("preferences.broken")?;
        theatre.press("F3")?;
        theatre.keep("saves that can't be read")?;
        theatre.press("F3")?;
        theatre.read_to_the_players_turn()?;
        if theatre.read_file("autosave.journal")? != "this is no journal" {
            return Err("a file that is no journal was written over".into());
        }
        let printed = theatre.printed();
        for said in ["This play is not saved", "preferences can't be read"] {
            if !printed.contains(said) {
                return Err(format!("the game did not say '{said}': {printed}"));
            }
        }
        Ok(())
    });
}
