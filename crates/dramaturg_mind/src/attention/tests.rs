use super::*;
use proptest::prelude::*;
use std::collections::BTreeMap;

/// Somebody who stands, or goes to and fro within a few decimetres.
fn person() -> impl Strategy<Value = (u32, bool, u16)> {
    (0u32..3000, prop::bool::weighted(0.8), prop_oneof![4 => Just(0u16), 1 => 0u16..1000])
}

/// A book of levels, as the plugin keeps it.
#[derive(Default)]
struct Book(BTreeMap<usize, (Attention, Moment)>);

impl Book {
    fn look(
        &mut self,
        rules: &AttentionRules,
        now: Moment,
        sights: &[Sight],
    ) -> Vec<(usize, Attention)> {
        let all: Vec<_> = sights
            .iter()
            .enumerate()
            .map(|(who, sight)| {
                let (is, since) = self
                    .0
                    .get(&who)
                    .copied()
                    .unwrap_or((Attention::Dormant, Moment::new(-100_000)));
                Candidate { who, sight: *sight, is, since }
            })
            .collect();
        let changes = rules.assign(now, &all);
        for (who, level) in &changes {
            self.0.insert(*who, (*level, now));
        }
        changes
    }
    fn count(&self, level: Attention) -> usize {
        self.0.values().filter(|(is, _)| *is == level).count()
    }
}

fn rules() -> AttentionRules {
    let mut rules = AttentionRules { background: 30, ..AttentionRules::default() };
    rules.aware.most = 10;
    rules.speaking.most = 3;
    rules
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_level_has_more_than_its_cap_whatever_happens(
        scenes in prop::collection::vec(prop::collection::vec((person(), prop::bool::weighted(0.1)), 60), 1..12),
        seconds in 0i64..100,
    ) {
        let (rules, mut book) = (rules(), Book::default());
        for (scene, people) in (0..).zip(scenes) {
            let sights: Vec<_> = people.into_iter().map(|((distance, visible, weight), addressed)| {
                Sight { distance, visible, weight, addressed, talked: None }
            }).collect();
            book.look(&rules, Moment::new(scene * seconds), &sights);
            prop_assert!(book.count(Attention::Speaking) <= 3);
            prop_assert!(book.count(Attention::Aware) <= 10);
            prop_assert!(book.count(Attention::Background) <= 30);
            let speaking: Vec<_> = sights.iter().enumerate().filter(|(who, s)| s.addressed && book.0.get(who).map(|(is, _)| *is) == Some(Attention::Speaking)).collect();
            let addressed = sights.iter().filter(|s| s.addressed).count();
            prop_assert_eq!(speaking.len(), addressed.min(3), "who is talked with has a place");
        }
    }

    #[test]
    fn nobody_flickers_where_people_only_shift_their_feet(
        people in prop::collection::vec(person(), 60),
        shifts in prop::collection::vec(prop::collection::vec(-1i64..=1, 60), 20),
        still in 80u32..3000,
    ) {
        // Beyond eight metres a decimetre is six thousandths at the most: a margin of 60 is more than four times that.
        let (rules, mut book) = (AttentionRules { dwell: 0, ..rules() }, Book::default());
        let mut changes = BTreeMap::<usize, Vec<Attention>>::new();
        for (second, shift) in (0..).zip(shifts) {
            let sights: Vec<_> = people.iter().zip(shift).map(|((distance, visible, weight), by)| {
                let distance = (i64::from((*distance).max(still.min(400))) + by) as u32;
                Sight { distance, visible: *visible, weight: *weight, ..Sight::default() }
            }).collect();
            for (who, level) in book.look(&rules, Moment::new(second), &sights) {
                changes.entry(who).or_default().push(level);
            }
        }
        for (who, levels) in changes {
            // Somebody may be raised once more when a place is left, but never goes back to a level that they had.
            let mut once = levels.clone();
            once.dedup();
            once.sort();
            once.dedup();
            prop_assert_eq!(once.len(), levels.len(), "{} went {:?}", who, levels);
            prop_assert!(!levels.contains(&Attention::Dormant), "{} went {:?}", who, levels);
        }
    }

    #[test]
    fn a_level_lasts_unless_the_player_turns_to_another(
        scenes in prop::collection::vec(prop::collection::vec(person(), 40), 2..15),
    ) {
        let (rules, mut book) = (AttentionRules { dwell: 100, ..rules() }, Book::default());
        let mut last = BTreeMap::<usize, i64>::new();
        for (now, people) in (0..).map(|scene| scene * 30).zip(scenes) {
            let sights: Vec<_> = people.into_iter().map(|(distance, visible, weight)| {
                Sight { distance, visible, weight, ..Sight::default() }
            }).collect();
            let before: BTreeMap<_, _> = book.0.iter().map(|(who, (is, _))| (*who, *is)).collect();
            for (who, level) in book.look(&rules, Moment::new(now), &sights) {
                let lowered = before.get(&who).is_some_and(|is| level < *is);
                if let Some(then) = last.insert(who, now).filter(|_| lowered) {
                    prop_assert!(now - then >= 100, "{} sank to {:?} after {} s", who, level, now - then);
                }
            }
        }
    }
}

#[test]
fn what_is_near_seen_of_weight_or_lately_talked_with_stands_out() {
    let at = |distance| Sight { distance, visible: true, ..Sight::default() };
    assert_eq!([0, 100, 400].map(|d| at(d).salience()), [1000, 500, 200]);
    assert_eq!(Sight { visible: false, ..at(100) }.salience(), 250);
    assert_eq!(Sight { weight: 1000, ..at(100) }.salience(), 1000);
    let talked = |minutes| Sight { talked: Some(minutes), ..at(100) }.salience();
    assert_eq!([0, 60, 540].map(talked), [800, 650, 530]);
    assert!(at(u32::MAX).salience() == 0);
}
