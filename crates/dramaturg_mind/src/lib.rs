//! What a character is: a [`Persona`], a [`Mood`], a [`Memory`], plans of its own ([`Planner`]), and the prompt that is
//! composed of them. This crate never reads the clock and draws no random numbers: a mind is a fold over what happened.
//!
//! ```
//! use dramaturg_mind::{Emotion, Memory, Mood, Pad};
//! let mut mood = Mood::new(Pad::new(100, -50, 200));
//! mood.feel(Emotion::Sad);
//! assert!(mood.now().pleasure < 100);
//! let mut memory = Memory::default();
//! memory.remember(1, "player", "I left my boots on the ferry.", Emotion::Neutral);
//! assert_eq!(memory.recall("where are the boots", 1, |_| true)[0].turn, 1);
//! ```

mod memory;
mod mood;
mod persona;
mod planner;
mod prompt;

pub use memory::{Memory, Remembered, words};
pub use mood::{Emotion, Mood, Pad};
pub use persona::Persona;
pub use planner::{Action, ActionKind, Goal, Plan, Planner};
pub use prompt::{PromptParts, TokenBudget, compose, estimate_tokens};
