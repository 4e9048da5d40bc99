//! A recorded session played again through today's code, without a model, and compared entry by entry.

use crate::session::HeardThen;
use crate::{Ear, Event, Pack, Session};
use dramaturg_journal::{JournalError, JournalReader, Stored};
use dramaturg_llm::{
    Answer, CompletionRequest, CompletionStream, LanguageModel, ModelError, PendingScores,
    Recorded, ScoreRequest, Scoring,
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
    for turn in again(pack, recorded, Answering::Recorded) {
        if let Some(difference) = turn.difference() {
            return Err(Box::new(difference));
        }
    }
    Ok(recorded.len())
}

/// Who answers when a recorded session is played again.
#[derive(Clone)]
pub enum Answering {
    /// Nobody: each request gets the answer that was recorded, as each line is heard as it was heard then. What was not
    /// asked then fails with [`ModelError::NotRecorded`].
    Recorded,
    /// Another model, or none, for the same lines of the player; heard by another ear, or by their words alone.
    Anew {
        /// The model.
        model: Option<Arc<dyn LanguageModel>>,
        /// The ear.
        ear: Option<Arc<Ear>>,
    },
}

/// A turn of a recorded session, played again.
pub struct TurnAgain<'r> {
    /// What was recorded of it; never empty.
    pub recorded: &'r [Stored<Event>],
    /// What today's code made of its inputs; empty where the story was over before.
    pub events: Vec<Event>,
}

impl TurnAgain<'_> {
    /// The turn's number.
    pub fn number(&self) -> u32 {
        self.recorded.first().map_or(0, |stored| stored.turn.0)
    }
    /// What the player said in it.
    pub fn player(&self) -> &str {
        match self.recorded.first().map(|stored| &stored.entry) {
            Some(Event::PlayerSaid { text, .. }) => text,
            _ => "",
        }
    }
    /// Where it first came out differently; none where it is the same.
    pub fn difference(&self) -> Option<Difference> {
        let (mut got, mut expected) = (self.events.iter(), self.recorded.iter());
        loop {
            let (expected, got) = (expected.next().map(|stored| &stored.entry), got.next());
            if expected != got {
                let (turn, player) = (self.number(), self.player().to_owned());
                return Some(Difference {
                    turn,
                    player,
                    expected: expected.cloned(),
                    got: got.cloned(),
                });
            }
            expected?;
        }
    }
    /// How many requests were made in it that nobody had recorded an answer to.
    pub fn unanswered(&self) -> usize {
        let unknown = |event: &&Event| {
            let answer = match event {
                Event::Answered { answer, .. } => answer,
                _ => return false,
            };
            matches!(answer, Answer::Failed { error: ModelError::NotRecorded(_), .. })
        };
        self.events.iter().filter(unknown).count()
    }
}

/// Plays the inputs of a recorded session again, a turn at a time.
pub fn again(
    pack: Arc<Pack>,
    recorded: &[Stored<Event>],
    answering: Answering,
) -> impl Iterator<Item = TurnAgain<'_>> {
    let answers = recorded.iter().filter_map(|stored| match &stored.entry {
        Event::Answered { request, answer } => Some((*request, answer.clone())),
        _ => None,
    });
    let answers = Recorded::new(answers);
    let mut session = Session::resume(pack, []);
    if let Answering::Anew { ear: Some(ear), .. } = &answering {
        session.listen(ear.clone());
    }
    recorded.chunk_by(|a, b| a.turn == b.turn).map(move |turn| {
        equip(&mut session, turn);
        session.think_as_then(thoughts(turn));
        let events = match turn.first().map(|stored| &stored.entry) {
            Some(Event::Opened { locale, seed, rules, .. }) => {
                session.open_by(*rules, locale, *seed, &mut |_| {})
            }
            Some(Event::PlayerSaid { text, model: asked }) => match &answering {
                Answering::Recorded => {
                    session.listen_to_past(heard(turn));
                    let model = Past { answers: &answers, scoring: scoring(turn) };
                    let model = asked.then_some(&model as &dyn LanguageModel);
                    session.player_says(text, model, &mut |_| {})
                }
                Answering::Anew { model, .. } => {
                    session.player_says(text, model.as_deref(), &mut |_| {})
                }
            },
            _ => Vec::new(),
        };
        TurnAgain { recorded: turn, events }
    })
}

/// Gives the session what the game gave it in that turn: what the player avoids, and what characters could do, with the
/// results that it had.
fn equip(session: &mut Session, turn: &[Stored<Event>]) {
    let avoided = turn.iter().find_map(|stored| match &stored.entry {
        Event::Avoids(notes) => Some(notes.clone()),
        _ => None,
    });
    avoided.into_iter().for_each(|notes| session.avoid(notes));
    let equipped = turn.iter().find_map(|stored| match &stored.entry {
        Event::Equipped(repertoire) => Some(repertoire.clone()),
        _ => None,
    });
    let mut results: VecDeque<_> = turn.iter().filter_map(result).collect();
    if let Some(repertoire) = equipped.or_else(|| session.repertoire()) {
        let none = || Err("nothing was recorded of it".into());
        session.equip(repertoire, Box::new(move |_, _| results.pop_front().unwrap_or_else(none)));
    }
}

/// What characters had thought before a turn, which is kept also where another model answers.
fn thoughts(turn: &[Stored<Event>]) -> Vec<Event> {
    let is_thought =
        |event: &Event| matches!(event, Event::SummedUp { .. } | Event::Reflected { .. });
    turn.iter().map(|stored| stored.entry.clone()).filter(is_thought).collect()
}

/// What came of the ear in a turn.
fn heard(turn: &[Stored<Event>]) -> HeardThen {
    HeardThen {
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
        consulted: turn
            .iter()
            .filter_map(|stored| match &stored.entry {
                Event::Consulted { passages, .. } => Some(passages.clone()),
                _ => None,
            })
            .collect(),
        sensed: turn
            .iter()
            .filter_map(|stored| match &stored.entry {
                Event::Sensed(sensed) => Some(sensed.clone()),
                _ => None,
            })
            .collect(),
    }
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
