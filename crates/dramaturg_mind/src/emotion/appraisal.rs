//! What an event means to a character: the variables of OCC, and the emotions that come of them.

use super::{Degree, Felt, Likelihood, Occ, Personality};
use serde::{Deserialize, Serialize};

/// The luck of somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fortune {
    /// A character's id, or `player`.
    pub who: String,
    /// How good it is for them.
    pub desirability: Degree,
    /// Whether they deserve it.
    #[serde(default)]
    pub deservingness: Degree,
}

/// What an event means to one character, by the variables of OCC. What is left out is nought.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Appraisal {
    /// How good it is for the character itself.
    pub desirability: Degree,
    /// How likely it is, where it is still to come: it is hoped for, or feared.
    pub likelihood: Option<Likelihood>,
    /// Whether what was hoped for or feared has come (`true`), or will not come (`false`).
    pub realised: Option<bool>,
    /// The luck of somebody else.
    pub fortune: Option<Fortune>,
    /// How much there is to praise, or to blame, in who did it.
    pub praiseworthiness: Degree,
    /// The character did it itself; else it was the player.
    pub own: bool,
    /// How attractive what is met is.
    pub appealingness: Degree,
    /// How much the character likes whom it is about; else it follows from how they stand with one another.
    pub liking: Option<Degree>,
}

/// What is wrong with an appraisal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Meaning {
    /// All is nought.
    #[error("it says nothing: all of it is nought")]
    Nothing,
    /// A likelihood of nothing.
    #[error(
        "`likelihood` and `realised` are of what is desirable or not, and `desirability` is nought"
    )]
    NoProspect,
    /// Both still to come and over.
    #[error("what has a `likelihood` is still to come, and can't be `realised` yet")]
    BothToComeAndOver,
    /// Nobody is liked or not.
    #[error("`liking` is read with `fortune` or `appealingness` only")]
    LikingOfNothing,
    /// Luck that is none.
    #[error("a `fortune` without `desirability` is none")]
    NoFortune,
}

/// A weaker emotion does not begin.
const LEAST: i32 = 50;
/// Of somebody who is neither liked nor disliked, some of the luck is shared all the same.
const STRANGER: i32 = 200;
/// Likings from which what attracts is loved and what repels is hated.
const STRONG: i32 = 500;

impl Appraisal {
    /// An appraisal by desirability and praiseworthiness, in thousandths.
    pub fn of(desirability: i32, praiseworthiness: i32) -> Self {
        Self {
            desirability: Degree::of_thousandths(desirability),
            praiseworthiness: Degree::of_thousandths(praiseworthiness),
            ..Self::default()
        }
    }

    /// What is contradictory in it, if anything is.
    pub fn fault(&self) -> Option<Meaning> {
        let none = |degree: Degree| degree.get() == 0;
        let prospect = self.likelihood.is_some() || self.realised.is_some();
        if self.fortune.as_ref().is_some_and(|fortune| none(fortune.desirability)) {
            Some(Meaning::NoFortune)
        } else if self.likelihood.is_some() && self.realised.is_some() {
            Some(Meaning::BothToComeAndOver)
        } else if prospect && none(self.desirability) {
            Some(Meaning::NoProspect)
        } else if self.liking.is_some() && self.fortune.is_none() && none(self.appealingness) {
            Some(Meaning::LikingOfNothing)
        } else if none(self.desirability)
            && none(self.praiseworthiness)
            && none(self.appealingness)
            && self.fortune.is_none()
        {
            Some(Meaning::Nothing)
        } else {
            None
        }
    }

    /// The emotions of it, as strong as that personality feels them. `liking` is how the character stands with whom it is
    /// about, where the appraisal does not say it: thousandths.
    ///
    /// The rules are those of OCC's tree; which emotion a pair of conditions elicits is as in ALMA's basic appraisal tags.
    pub fn emotions(&self, personality: &Personality, liking: i16) -> Vec<Felt> {
        let liking = self.liking.map_or(i32::from(liking), Degree::get);
        let mut found: Vec<(Occ, i32)> = Vec::new();
        let (good, praise) = (self.desirability.get(), self.praiseworthiness.get());
        let happened = self.likelihood.is_none() && self.realised.is_none();
        // What somebody did and what it brought are one where both are good, or both bad.
        let is_one = happened && good * praise > 0;
        if is_one {
            let emotion = match (good > 0, self.own) {
                (true, true) => Occ::Gratification,
                (true, false) => Occ::Gratitude,
                (false, true) => Occ::Remorse,
                (false, false) => Occ::Anger,
            };
            found.push((emotion, (good.abs() + praise.abs()) / 2));
        } else {
            found.extend(self.of_event(good));
            let emotion = match (praise > 0, self.own) {
                (true, true) => Occ::Pride,
                (true, false) => Occ::Admiration,
                (false, true) => Occ::Shame,
                (false, false) => Occ::Reproach,
            };
            found.push((emotion, praise.abs()));
        }
        found.extend(self.fortune.as_ref().map(|fortune| of_fortune(fortune, liking)));
        let appeal = self.appealingness.get();
        let emotion = match appeal > 0 {
            true if liking >= STRONG => Occ::Love,
            true => Occ::Liking,
            false if liking <= -STRONG => Occ::Hate,
            false => Occ::Disliking,
        };
        found.push((emotion, appeal.abs()));
        let felt = found.into_iter().map(|(emotion, intensity)| {
            personality.scale(Felt { emotion, intensity: intensity.clamp(0, 1000) as u16 })
        });
        felt.filter(|felt| i32::from(felt.intensity) >= LEAST).collect()
    }

    /// What happened to the character itself, may happen, or did not.
    fn of_event(&self, good: i32) -> Option<(Occ, i32)> {
        let strength = good.abs();
        Some(match (good > 0, self.likelihood, self.realised) {
            (_, Some(likely), _) => {
                let emotion = if good > 0 { Occ::Hope } else { Occ::Fear };
                (emotion, strength * likely.get() / 1000)
            }
            (true, None, Some(true)) => (Occ::Satisfaction, strength),
            (true, None, Some(false)) => (Occ::Disappointment, strength),
            (false, None, Some(true)) => (Occ::FearsConfirmed, strength),
            (false, None, Some(false)) => (Occ::Relief, strength),
            (true, None, None) => (Occ::Joy, strength),
            (false, None, None) => (Occ::Distress, strength),
        })
    }
}

/// What somebody else's luck does to who likes them, or does not.
fn of_fortune(fortune: &Fortune, liking: i32) -> (Occ, i32) {
    let good = fortune.desirability.get();
    let deserved = fortune.deservingness.get();
    // Joy with others and gloating are the greater the more it is deserved, resentment and pity the less.
    let (emotion, by) = match (good > 0, liking >= 0) {
        (true, true) => (Occ::HappyFor, 1000 + deserved),
        (true, false) => (Occ::Resentment, 1000 - deserved),
        (false, true) => (Occ::Pity, 1000 - deserved),
        (false, false) => (Occ::Gloating, 1000 + deserved),
    };
    (emotion, good.abs() * liking.abs().max(STRANGER) / 1000 * by / 1000)
}
