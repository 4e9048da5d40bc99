//! What a character feels, in three layers that differ in how long they last (ALMA: Gebhard 2005, "ALMA – A Layered Model
//! of Affect", AAMAS, 29–36).
//!
//! An [`Appraisal`] says what an event means to a character by the variables of OCC (Ortony, Clore & Collins 1988, "The
//! Cognitive Structure of Emotions"). Of it come [emotions](Occ), each with a place in the space of pleasure, arousal and
//! dominance (Gebhard 2005, table 2), which last minutes. They pull the mood, which lasts hours and goes back to the
//! temperament that a [`Personality`] has (Mehrabian 1996, "Analysis of the Big-five Personality Factors in Terms of the
//! PAD Temperament Model", Current Psychology 15, 86–92). What is felt about somebody also leaves an attitude towards them,
//! which lasts days: that is a grudge, or trust.
//!
//! All of it is arithmetic of integers over the story's time: the same events make the same feelings on every machine.

mod address;
mod affect;
mod appraisal;
mod decay;
mod degree;
mod manner;
mod occ;
mod personality;
mod point;

pub use address::{Address, address};
pub(crate) use affect::Affect;
pub use appraisal::{Appraisal, Fortune, Meaning};
pub use degree::{Degree, Likelihood};
pub use manner::{Stance, VoiceStyle};
pub use occ::{Felt, Occ};
pub use personality::Personality;

#[cfg(test)]
mod tests;
