//! What a character is: a [`Persona`], a [`Mood`], a [`Memory`], plans of its own ([`plan`]), and the prompt that is
//! composed of them. This crate never reads the clock and draws no random numbers: a mind is a fold over what happened.
//!
//! ```
//! use dramaturg_mind::{Emotion, Memory, Mood, Pad, Query};
//! let mut mood = Mood::new(Pad::new(100, -50, 200));
//! mood.feel(Emotion::Sad, false);
//! assert!(mood.now().pleasure < 100);
//! let mut memory = Memory::default();
//! memory.remember(1, "player", "I left my boots on the ferry.", Emotion::Neutral);
//! let asked = Query { text: "where are the boots", ..Query::default() };
//! assert_eq!(memory.recall(&asked, 1, |_| true), [0]);
//! ```

pub mod action;
pub mod attention;
mod bark;
pub mod emotion;
mod floor;
mod memory;
mod mood;
mod persona;
mod planner;
mod promise;
mod prompt;
pub mod routine;
mod world;

pub use action::NpcAction;
pub use bark::{Bark, BarkError, Barks, Heard, Situation};
pub use floor::{Because, Bid, Listener, floor};
pub use memory::{
    Day, FactKind, Found, Index, Item, Memory, Notes, PersonalFact, PersonalFacts, Query,
    Reflection, Remembered, RowError, Span, Summary, ago, grounded, pack, personal_facts, spans,
    words,
};
pub use mood::{Emotion, Mood, Pad};
pub use persona::Persona;
pub use planner::{Action, ActionKind, Bounds, Domain, Goal, NoPlan, Plan, Reviewed, plan, review};
pub use promise::{Due, Promised, Settled, promise_in};
pub use prompt::{PromptParts, TokenBudget, compose, estimate_tokens};
pub use world::{Change, Comparison, Facts, Manner, Requirement, Term, Value};
