//! A recorded session played again through today's code, without a model, and compared entry by entry.

use crate::session::HeardThen;
use crate::{Event, Pack, Session};
use dramaturg_journal::{JournalError, JournalReader, Stored};
use dramaturg_llm::{
    CompletionRequest, CompletionStream, LanguageModel, PendingScores, Recorded, ScoreRequest,
    Scoring,
};
use dramaturg_mind::action::Outcome;
use std::collections::VecDeque;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// The first entry that came out differently.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The turn.
    pub turn: u32,
    /// What the player had said.
    pub player: String,
    /// What was recorded.
    pub expected: Option<Event>,
    /// What today's code did.
    pub got: Option<Event>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let show = |event: &Option<Event>| {
            event.as_ref().map_or("nothing more".into(), |e| format!("{e:?}"))
        };
        writeln!(f, "turn {} differs (the player said \"{}\")", self.turn, self.player)?;
        writeln!(f, "  expected: {}", show(&self.expected))?;
        write!(f, "  got:      {}", show(&self.got))
    }
}

/// The last words of a saved play, for a list of saves.
///
/// # Errors
/// When the file is missing, foreign or damaged.
pub fn last_line(path: &Path) -> Result<String, JournalError> {
    let entries = JournalReader::<Event>::open(path)?.entries()?;
    let last = entries.into_iter().rev().find_map(|stored| match stored.entry {
        Event::Spoke { text, .. } => Some(text),
        _ => None,
    });
    Ok(last.unwrap_or_default())
}

/// Plays the recorded entries again. Returns how many were compared.
///
/// # Errors
/// The first difference.
pub fn replay(pack: Arc<Pack>, recorded: &[Stored<Event>]) -> Result<usize, Box<Difference>> {
    let answers = recorded.iter().filter_map(|stored| match &stored.entry {
        Event::Answered { request, answer } => Some((*request, answer.clone())),
        _ => None,
    });
    let answers = Recorded::new(answers);
    let mut session = Session::resume(pack, []);
    let turns = recorded.chunk_by(|a, b| a.turn == b.turn);
    for turn in turns {
        let mut player = String::new();
        let equipped = turn.iter().find_map(|stored| match &stored.entry {
            Event::Equipped(repertoire) => Some(repertoire.clone()),
            _ => None,
        });
        let avoided = turn.iter().find_map(|stored| match &stored.entry {
            Event::Avoids(notes) => Some(notes.clone()),
            _ => None,
        });
        avoided.into_iter().for_each(|notes| session.avoid(notes));
        let mut results: VecDeque<_> = turn.iter().filter_map(result).collect();
        if let Some(repertoire) = equipped.or_else(|| session.repertoire()) {
            let none = || Err("nothing was recorded of it".into());
            session
                .equip(repertoire, Box::new(move |_, _| results.pop_front().unwrap_or_else(none)));
        }
        let got = match turn.first().map(|stored| &stored.entry) {
            Some(Event::Opened { locale, seed, rules, .. }) => {
                session.open_by(*rules, locale, *seed, &mut |_| {})
            }
            Some(Event::PlayerSaid { text, model: asked }) => {
                player.clone_from(text);
                let model = Past { answers: &answers, scoring: scoring(turn) };
                session.listen_to_past(HeardThen {
                    likened: turn.iter().find_map(|stored| match &stored.entry {
                        Event::Likened(likened) => Some(likened.clone()),
                        _ => None,
                    }),
                    recalled: turn
                        .iter()
                        .filter_map(|stored| match &stored.entry {
                            Event::Recalled { lines, .. } => Some(lines.clone()),
                            _ => None,
                        })
                        .collect(),
                });
                let model = asked.then_some(&model as &dyn LanguageModel);
                session.player_says(text, model, &mut |_| {})
            }
            _ => Vec::new(),
        };
        let mut got = got.into_iter();
        let mut expected = turn.iter();
        loop {
            let (expected, got) = (expected.next(), got.next());
            let number = turn[0].turn.0;
            match (expected, got) {
                (None, None) => break,
                (expected, got) if expected.map(|s| &s.entry) == got.as_ref() => {}
                (expected, got) => {
                    let expected = expected.map(|s| s.entry.clone());
                    return Err(Box::new(Difference { turn: number, player, expected, got }));
                }
            }
        }
    }
    Ok(recorded.len())
}

/// What the game answered to a call.
fn result(stored: &Stored<Event>) -> Option<Result<serde_json::Value, String>> {
    match &stored.entry {
        Event::Called { step, .. } => match &step.outcome {
            Outcome::Done(value) => Some(Ok(value.clone())),
            Outcome::Failed(why) => Some(Err(why.clone())),
            Outcome::Refused(_) => None,
        },
        _ => None,
    }
}

/// The model as it was in one turn.
struct Past<'a> {
    answers: &'a Recorded,
    scoring: Scoring,
}

/// What is answered before the words are read are scores: a model that can't score was not asked for them.
fn scoring(turn: &[Stored<Event>]) -> Scoring {
    let mut before = turn.iter().take_while(|stored| !matches!(stored.entry, Event::Read { .. }));
    let scored = before.any(|stored| matches!(stored.entry, Event::Answered { .. }));
    if scored { Scoring::Both } else { Scoring::No }
}

impl LanguageModel for Past<'_> {
    fn name(&self) -> &str {
        self.answers.name()
    }
    fn scoring(&self) -> Scoring {
        self.scoring
    }
    fn complete(&self, request: CompletionRequest) -> CompletionStream {
        self.answers.complete(request)
    }
    fn score(&self, request: ScoreRequest) -> PendingScores {
        self.answers.score(request)
    }
}
