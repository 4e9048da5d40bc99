//! Whose turn it is. A batch is of one adapter, and so answers with different adapters take turns.

use super::weights::Weights;
use crate::Priority;
use std::collections::BTreeMap;

/// Batches in a row before another adapter has its turn: a change costs something, how much was not measured.
const IN_A_ROW: u32 = 4;

/// How much more of the batches goes to those for whom somebody waits.
fn share(priority: Priority) -> u64 {
    match priority {
        Priority::PlayerWaits => 4,
        Priority::PlayerSees => 2,
        Priority::Background => 1,
    }
}

/// The turns that weights have had.
#[derive(Debug, Default)]
pub(super) struct Turns {
    /// How many turns each that has something to do has waited.
    waited: BTreeMap<Weights, u64>,
    now: Weights,
    /// Batches that are left of this turn.
    left: u32,
}

impl Turns {
    /// Under which weights the next batch is, of those with something to do and how urgent that is; none when there are
    /// none. Nobody waits for ever: whoever waits longer has more of a claim.
    pub(super) fn next(&mut self, work: &BTreeMap<Weights, Priority>) -> Option<Weights> {
        if self.left > 0 && work.contains_key(&self.now) {
            self.left -= 1;
            return Some(self.now);
        }
        self.waited.retain(|weights, _| work.contains_key(weights));
        for weights in work.keys() {
            *self.waited.entry(*weights).or_default() += 1;
        }
        let claim = |weights: &Weights, priority: &Priority| {
            let waited = self.waited.get(weights).copied().unwrap_or_default();
            // Of equal claims that counts for which more is waited.
            (waited * share(*priority), std::cmp::Reverse(*priority))
        };
        let next = work.iter().max_by_key(|(weights, priority)| claim(weights, priority));
        let next = *next?.0;
        self.waited.insert(next, 0);
        (self.now, self.left) = (next, IN_A_ROW - 1);
        Some(next)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn priority(number: u8) -> Priority {
        [Priority::PlayerWaits, Priority::PlayerSees, Priority::Background][usize::from(number)]
    }

    #[test]
    fn equals_take_turns_and_the_player_has_most() {
        let [a, b] = [0, 1].map(Weights::of_adapter);
        let turns = |work: &BTreeMap<Weights, Priority>| -> Vec<usize> {
            let mut turns = Turns::default();
            let batches: Vec<_> = (0..80).map(|_| turns.next(work).unwrap()).collect();
            [a, b].map(|one| batches.iter().filter(|w| **w == one).count()).to_vec()
        };
        let waits = Priority::PlayerWaits;
        assert_eq!(turns(&BTreeMap::from([(a, waits), (b, waits)])), [40, 40]);
        let unequal = turns(&BTreeMap::from([(a, waits), (b, Priority::Background)]));
        assert!(unequal[0] > 3 * unequal[1] && unequal[1] > 8, "{unequal:?}");
        assert_eq!(Turns::default().next(&BTreeMap::new()), None);
    }

    fn work_of(numbers: &BTreeMap<usize, u8>) -> BTreeMap<Weights, Priority> {
        numbers.iter().map(|(w, p)| (Weights::of_adapter(*w), priority(*p))).collect()
    }

    proptest! {
        #[test]
        fn only_those_with_work_have_turns(
            steps in prop::collection::vec(prop::collection::btree_map(0usize..4, 0u8..3, 0..4), 1..100),
        ) {
            let mut turns = Turns::default();
            for step in steps {
                let work = work_of(&step);
                let next = turns.next(&work);
                prop_assert_eq!(next.is_none(), work.is_empty());
                prop_assert!(next.is_none_or(|next| work.contains_key(&next)));
            }
        }

        #[test]
        fn none_starves(numbers in prop::collection::btree_map(0usize..6, 0u8..3, 1..6)) {
            let (work, mut turns) = (work_of(&numbers), Turns::default());
            let mut idle: BTreeMap<Weights, u32> = work.keys().map(|w| (*w, 0)).collect();
            // Until one's claim is above that of all others, each of whom comes first at the most five times.
            let most = IN_A_ROW * 5 * work.len() as u32;
            for _ in 0..600 {
                idle.values_mut().for_each(|batches| *batches += 1);
                idle.extend(turns.next(&work).map(|next| (next, 0)));
                prop_assert!(idle.values().all(|batches| *batches <= most), "{idle:?}");
            }
        }
    }
}
