//! Story packs, the director and the session that plays them.
//!
//! A [`Pack`] is a folder that a writer made. A [`Session`] plays it: it takes what the player types and returns what is
//! performed, and every state of it is a fold over [`Event`]s. A [`Stage`] runs a session on a thread of its own with
//! its save file and its model. [`replay`] plays a recorded session again and compares, [`again`] plays its lines to another
//! model.
//!
//! ```no_run
//! use dramaturg_story::{Autonomy, Cue, ModelSlot, Pack, Stage, StageSettings};
//! use std::{path::Path, sync::Arc, time::Duration};
//!
//! let pack = Arc::new(Pack::load(Path::new("assets/stories/lantern"))?);
//! let stage = Stage::raise(StageSettings {
//!     pack, locale: "en".into(), seed: 1, save: None, avoid: None, model: ModelSlot::default(), ear: None,
//!     autonomy: Autonomy::Off,
//! });
//! stage.say("Good evening. I came on the last ferry.");
//! while let Some(cue) = stage.wait_cue(Duration::from_secs(1)) {
//!     if let Cue::LineEnded { text } = cue { println!("{text}"); }
//! }
//! # Ok::<(), dramaturg_story::PackError>(())
//! ```

mod checker;
mod condition;
mod cue;
mod curve;
mod director;
mod error;
mod event;
mod fact;
mod forget;
mod hearsay;
mod library;
mod pack;
mod replay;
mod session;
mod stage;
mod state;

pub use checker::{
    Code, Diagnostic, Limits, Related, Report, Severity, SilentPlay, check, mermaid, svg,
    unreadable,
};
pub use condition::Condition;
pub use cue::{Cue, HistoryLine, MindReport, Suggestion, TurnReport};
pub use curve::{MoodCurves, MoodPoint};
pub use director::{Ear, Interpretation, Likened, ReadBy, Reading, Situation};
pub use dramaturg_llm::{AdapterId, ModelChoice, ModelSlot, SlotState};
pub use dramaturg_mind::{ActionKind, Emotion, Memory, Mood, Pad, Persona, Plan, Remembered};
pub use dramaturg_mind::{NpcAction, action, emotion};
pub use error::PackError;
pub use event::Event;
pub use fact::{Effect, FactKind, Facts, Value};
pub use hearsay::Heard;
pub use library::{LeftOut, Library, Passage, PdfFault};
pub use pack::{
    Beat, Canon, Character, Company, ContentNote, Ending, Gossip, Line, Lore, Matter, Missing,
    Move, Pack, Place, Policy, PromiseKind, Prose, QuestStatus, Sayings, Scene, Secret, Tie,
    Treatment, WrittenCondition,
};
pub use replay::{Answering, Difference, TurnAgain, again, last_line, replay};
pub use session::{Ablation, Autonomy, Performer, Session};
pub use stage::{Stage, StageSettings};
pub use state::{Promise, State};
