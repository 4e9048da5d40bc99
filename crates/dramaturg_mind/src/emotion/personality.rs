//! The Big Five, the temperament that they make, and what they do to the strength of feelings.

use super::{Degree, Felt, Occ};
use crate::Pad;
use serde::{Deserialize, Serialize};

/// The Big Five of a character, each from -1 to 1; 0 is how people are on the average.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Personality {
    /// Down-to-earth to imaginative.
    pub openness: Degree,
    /// Careless to orderly.
    pub conscientiousness: Degree,
    /// Reserved to outgoing.
    pub extraversion: Degree,
    /// Contrary to kind.
    pub agreeableness: Degree,
    /// Steady to easily upset.
    pub neuroticism: Degree,
}

impl Personality {
    /// How outgoing, in thousandths: -1000 to 1000.
    pub fn outgoing(&self) -> i32 {
        self.extraversion.get()
    }
    /// Where the mood comes to rest: Mehrabian 1996.
    ///
    /// P = .21 E + .59 A + .19 S, A = .15 O + .30 A − .57 S, D = .25 O + .17 C + .60 E − .32 A, where S is emotional
    /// *stability*. Many copies of the equations call it N and leave the signs as they are, which makes anxious people calm:
    /// here S is −neuroticism. What goes beyond the space is brought to its border.
    pub fn temperament(&self) -> Pad {
        let (o, c) = (self.openness.get(), self.conscientiousness.get());
        let (e, a) = (self.extraversion.get(), self.agreeableness.get());
        let stability = -self.neuroticism.get();
        let axis = |hundredths: i32| (hundredths / 100).clamp(-1000, 1000) as i16;
        Pad {
            pleasure: axis(21 * e + 59 * a + 19 * stability),
            arousal: axis(15 * o + 30 * a - 57 * stability),
            dominance: axis(25 * o + 17 * c + 60 * e - 32 * a),
        }
    }

    /// An emotion as strong as this character feels it: neuroticism raises what is unpleasant and extraversion what is
    /// pleasant, by half at most (the direction is that of Costa & McCrae 1980, "Influence of extraversion and neuroticism on
    /// subjective well-being", JPSP 38, 668–678; the amount is ours), and agreeableness takes a quarter at most from what is
    /// felt against somebody.
    pub fn scale(&self, felt: Felt) -> Felt {
        let trait_ = match felt.emotion.is_pleasant() {
            true => self.extraversion.get(),
            false => self.neuroticism.get(),
        };
        let mut intensity = i32::from(felt.intensity) * (2000 + trait_) / 2000;
        if felt.emotion.turns() < 0 {
            intensity = intensity * (4000 - self.agreeableness.get()) / 4000;
        }
        Felt { intensity: intensity.clamp(0, 1000) as u16, ..felt }
    }

    /// Minutes in which half of an emotion is gone.
    pub(super) fn emotion_half_life(&self, emotion: Occ) -> u32 {
        match emotion.is_pleasant() {
            true => EMOTION,
            false => stretched(EMOTION, self.neuroticism.get()),
        }
    }
    /// Minutes in which half of an attitude is gone. The upset bear a grudge longer, the kind let go of it sooner.
    pub(super) fn attitude_half_life(&self, is_grudge: bool) -> u32 {
        match is_grudge {
            true => stretched(ATTITUDE, self.neuroticism.get() - self.agreeableness.get()),
            false => ATTITUDE,
        }
    }
}

/// Minutes in which half of an emotion is gone.
const EMOTION: u32 = 10;
/// Minutes in which half of an attitude is gone: two days.
const ATTITUDE: u32 = 2 * 24 * 60;

/// By half more or less at one thousand.
fn stretched(minutes: u32, thousandths: i32) -> u32 {
    let by = (2000 + thousandths.clamp(-1500, 1500)) as u32;
    (minutes * by / 2000).max(1)
}
