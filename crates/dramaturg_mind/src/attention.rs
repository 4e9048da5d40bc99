//! How much of a mind a character gets: by distance, by whether it is seen, by its weight in the story, and by how lately it
//! was talked with.
//!
//! Who was given a level keeps it until it clearly is another's: there is a gap between what it takes to rise and what it takes to stay, a
//! margin by which a rival must be ahead where places are few, and a time for which a level lasts. So levels don't flicker.
//!
//! ```
//! use dramaturg_mind::attention::{Attention, AttentionRules, Candidate, Sight};
//! use dramaturg_mind::routine::Moment;
//! let near = Sight { distance: 20, visible: true, ..Sight::default() };
//! let all = [Candidate { who: "ned", sight: near, is: Attention::Dormant, since: Moment::new(0) }];
//! let changes = AttentionRules::default().assign(Moment::new(0), &all);
//! assert_eq!(changes, [("ned", Attention::Speaking)]);
//! ```

use crate::routine::Moment;
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;

/// A level of mind. The higher can do all that the lower can.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum Attention {
    /// Nothing is done; what was missed is made up for when the character is met again.
    #[default]
    Dormant,
    /// Follows its schedule, and the planner's errands.
    Background,
    /// Says a word now and then.
    Aware,
    /// Is ready to talk.
    Speaking,
}

/// What a character is to the player at a moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sight {
    /// Decimetres between them.
    pub distance: u32,
    /// Whether the player can see it.
    pub visible: bool,
    /// How much the story wants it to be met, from 0 to 1000.
    pub weight: u16,
    /// Minutes of story time since they last talked; none if they never did.
    pub talked: Option<u32>,
    /// Whether the player talks with it. It has a place whatever else is so.
    pub addressed: bool,
}

/// At this distance, in decimetres, a character is half as salient as at none.
const HALF: u32 = 100;
/// What a talk that has just ended adds, and the minutes in which half of that is gone.
const TALKED: u32 = 300;
const FADES: u32 = 60;

impl Sight {
    /// How much the character stands out, from 0 to 2300: 1000 next to the player, 500 at ten metres, 200 at forty; half of that where it can't be
    /// seen, up to twice as much by its weight, and up to 300 more after a talk.
    pub fn salience(&self) -> u32 {
        let near = 1000 * HALF / (HALF.saturating_add(self.distance));
        let seen = if self.visible { near } else { near / 2 };
        let weighed = seen * (1000 + u32::from(self.weight.min(1000))) / 1000;
        let talked =
            self.talked.map_or(0, |minutes| TALKED * FADES / (FADES.saturating_add(minutes)));
        weighed + talked
    }
}

/// What it takes to have a level, and how many may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// [Salience](Sight::salience) from which on somebody rises to it.
    pub enter: u32,
    /// Salience below which somebody loses it; less than `enter`.
    pub leave: u32,
    /// So many at the most.
    pub most: usize,
}

/// How levels are given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AttentionRules {
    /// Who is ready to talk. Each costs a thread, and what a model keeps of a prompt.
    pub speaking: Tier,
    /// Who speaks up now and then, besides those.
    pub aware: Tier,
    /// Decimetres within which somebody wakes to the background.
    pub wakes_within: u32,
    /// Decimetres beyond which somebody is dormant; more than `wakes_within`.
    pub sleeps_beyond: u32,
    /// So many in the background at the most; the farthest are left out.
    pub background: usize,
    /// By how much salience a rival must be ahead to take a place.
    pub margin: u32,
    /// Seconds of story time for which a place is kept, unless the player turns to somebody else.
    pub dwell: u32,
}

impl Default for AttentionRules {
    fn default() -> Self {
        Self {
            speaking: Tier { enter: 450, leave: 350, most: 8 },
            aware: Tier { enter: 200, leave: 150, most: 50 },
            wakes_within: 1_500,
            sleeps_beyond: 2_000,
            background: 2_000,
            margin: 60,
            dwell: 60,
        }
    }
}

/// Somebody who may get a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Candidate<W> {
    /// Who.
    pub who: W,
    /// What they are to the player now.
    pub sight: Sight,
    /// The level that they have.
    pub is: Attention,
    /// Since when.
    pub since: Moment,
}

/// Who gets a place: whoever the player talks with, then whoever got theirs a moment ago, then the most salient.
type Claim<W> = Reverse<(bool, bool, u32, Reverse<W>)>;

impl AttentionRules {
    /// Gives everybody a level, and returns who has another one than before, the highest levels first. Whoever is not among `all` is
    /// not spoken of: to be sure that a level has no more than its cap, hand in all who have one.
    pub fn assign<W: Copy + Ord>(&self, now: Moment, all: &[Candidate<W>]) -> Vec<(W, Attention)> {
        // An index, and the level that it gets; all others are in the background or dormant.
        let mut levels = vec![Attention::Dormant; all.len()];
        let keeps = |c: &Candidate<W>| now.since(c.since) < i64::from(self.dwell);
        let within = |c: &Candidate<W>| {
            let awake = c.is > Attention::Dormant;
            let reach = if awake { self.sleeps_beyond } else { self.wakes_within };
            c.sight.distance <= reach || c.sight.addressed || (awake && keeps(c))
        };
        for (level, tier) in [(Attention::Speaking, self.speaking), (Attention::Aware, self.aware)]
        {
            let mut claims: Vec<(Claim<W>, usize)> = Vec::new();
            for (index, candidate) in all.iter().enumerate() {
                let given = levels.get(index).is_none_or(|given| *given > level);
                if given || !within(candidate) {
                    continue;
                }
                let has = candidate.is >= level;
                let stays = candidate.is == level && keeps(candidate);
                let salience = candidate.sight.salience();
                let addressed = candidate.sight.addressed;
                let takes = if has { tier.leave } else { tier.enter };
                if salience >= takes || stays || addressed {
                    let ahead = salience + if has { self.margin } else { 0 };
                    let claim = Reverse((addressed, stays, ahead, Reverse(candidate.who)));
                    claims.push((claim, index));
                }
            }
            if claims.len() > tier.most {
                if tier.most > 0 {
                    claims.select_nth_unstable(tier.most - 1);
                }
                claims.truncate(tier.most);
            }
            for (_, index) in claims {
                if let Some(given) = levels.get_mut(index) {
                    *given = level;
                }
            }
        }
        let mut rest: Vec<(Reverse<bool>, u32, W, usize)> = Vec::new();
        for (index, candidate) in all.iter().enumerate() {
            let none = levels.get(index) == Some(&Attention::Dormant);
            if none && within(candidate) {
                let awake = Reverse(candidate.is > Attention::Dormant);
                rest.push((awake, candidate.sight.distance, candidate.who, index));
            }
        }
        if rest.len() > self.background {
            if self.background > 0 {
                rest.select_nth_unstable(self.background - 1);
            }
            rest.truncate(self.background);
        }
        for (.., index) in rest {
            if let Some(given) = levels.get_mut(index) {
                *given = Attention::Background;
            }
        }
        let changed = all.iter().zip(levels).filter(|(candidate, level)| candidate.is != *level);
        let mut changed: Vec<_> =
            changed.map(|(candidate, level)| (candidate.who, level)).collect();
        changed.sort_unstable_by_key(|(who, level)| (Reverse(*level), *who));
        changed
    }
}

#[cfg(test)]
mod tests;
