//! The original and the pack, played side by side along all ways of choosing, as far as there is time.

use crate::draft::Played;
use crate::graph::Game;
use dramaturg_story::{Event, Pack, Session};
use std::collections::{BTreeMap, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the original says along a way.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Way {
    pub(crate) lines: Vec<String>,
    /// What may be chosen where the way ends; nothing where the game is over.
    pub(crate) open: Vec<String>,
    pub(crate) over: bool,
    pub(crate) unclear: bool,
}

/// So many ways are gone, of so many choices at most.
const MOST_WAYS: usize = 200;
const MOST_TRIED: usize = 4_000;
const LONGEST: usize = 40;
/// What the pack says where the original says nothing.
const FILLED_IN: [&str; 4] = ["…", "The end.", "完。", "おわり。"];

/// The files of the pack, how many endings it has, and how it compares with the original.
pub(crate) fn settle(
    game: &Game,
    original: impl Fn(&[usize]) -> Way,
) -> (BTreeMap<PathBuf, String>, usize, Option<Played>) {
    let (files, endings) = game.clone().into_files();
    let played = compare(&files, game.language(), original);
    (files, endings, played)
}

fn compare(
    files: &BTreeMap<PathBuf, String>,
    locale: &str,
    original: impl Fn(&[usize]) -> Way,
) -> Option<Played> {
    let logic = files.get(Path::new("pack.ron"))?;
    let pack = Arc::new(Pack::from_files(Path::new(""), logic, files).ok()?);
    let mut played = Played::default();
    let mut waiting: VecDeque<(Vec<usize>, Vec<String>)> = VecDeque::from([Default::default()]);
    let mut tried = 0;
    while let Some((picks, said)) = waiting.pop_front() {
        tried += 1;
        if tried > MOST_TRIED || played.paths >= MOST_WAYS {
            played.more = true;
            break;
        }
        let way = original(&picks);
        if way.unclear {
            continue;
        }
        if way.over {
            played.paths += 1;
            match difference(&pack, locale, &said, &way.lines) {
                None => played.same += 1,
                Some(difference) if played.difference.is_none() => {
                    played.difference = Some(format!("chosen: {}; {difference}", said.join(" / ")));
                }
                Some(_) => {}
            }
            continue;
        }
        if picks.len() >= LONGEST {
            played.more = true;
            continue;
        }
        for (number, text) in way.open.iter().enumerate() {
            let mut next = (picks.clone(), said.clone());
            next.0.push(number);
            next.1.push(text.clone());
            waiting.push_back(next);
        }
    }
    Some(played)
}

fn difference(pack: &Arc<Pack>, locale: &str, said: &[String], lines: &[String]) -> Option<String> {
    let mut session = Session::resume(pack.clone(), []);
    let mut events = session.open(locale, 1, &mut |_| {});
    for text in said {
        events.extend(session.player_says(text, None, &mut |_| {}));
    }
    let heard: Vec<&str> = events
        .iter()
        .filter_map(|event| match event {
            Event::Spoke { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .filter(|text| !FILLED_IN.contains(text))
        .collect();
    let wanted: Vec<&str> =
        lines.iter().map(String::as_str).filter(|text| !FILLED_IN.contains(text)).collect();
    let at = heard.iter().zip(&wanted).take_while(|(a, b)| a == b).count();
    let shown = |lines: &[&str]| lines.get(at).map_or("nothing".to_owned(), |l| format!("\"{l}\""));
    if heard != wanted {
        return Some(format!("the original says {}, the pack {}", shown(&wanted), shown(&heard)));
    }
    session.state().ended.is_none().then(|| "the original is over, the pack is not".to_owned())
}
