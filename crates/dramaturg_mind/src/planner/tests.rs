use super::*;
use proptest::prelude::*;

/// A world of one small number; steps add to it, each possible from a number on.
struct Steps(Vec<(&'static str, i32, i32, u32)>);

impl Domain for Steps {
    type World = i32;
    type Key = i32;
    fn key(&self, world: &i32) -> i32 {
        *world
    }
    fn steps(&self) -> Vec<&str> {
        self.0.iter().map(|step| step.0).collect()
    }
    fn cost(&self, step: usize) -> u32 {
        self.0[step].3
    }
    fn after(&self, world: &i32, step: usize) -> Option<i32> {
        let (_, from, by, _) = self.0[step];
        (*world >= from).then_some((world + by).rem_euclid(50))
    }
}

fn named(domain: &Steps, goal: i32) -> Result<Vec<&str>, NoPlan> {
    let steps = plan(domain, &0, |world| *world == goal, Bounds::default())?;
    Ok(steps.iter().map(|step| domain.0[*step].0).collect())
}

#[test]
fn walks_in_before_it_speaks_and_takes_the_cheaper_way() {
    let domain = Steps(vec![("warn", 1, 1, 1), ("walk_in", 0, 1, 1), ("shout", 0, 2, 5)]);
    assert_eq!(named(&domain, 2), Ok(vec!["walk_in", "warn"]));
    let domain = Steps(vec![("warn", 1, 1, 9), ("walk_in", 0, 1, 1), ("shout", 0, 2, 5)]);
    assert_eq!(named(&domain, 2), Ok(vec!["walk_in", "walk_in"]));
    assert_eq!(named(&domain, 0), Ok(vec![]));
}

#[test]
fn circles_end_and_bounds_hold() {
    let domain = Steps(vec![("forth", 0, 25, 1), ("back", 0, -25, 1)]);
    assert_eq!(named(&domain, 7), Err(NoPlan::Unreachable));
    let domain = Steps(vec![("step", 0, 1, 1)]);
    assert_eq!(named(&domain, 40), Err(NoPlan::Bounded(Bounds::default())));
}

#[test]
fn a_proposal_is_taken_mended_or_refused() {
    let domain =
        Steps(vec![("key", 0, 1, 1), ("open", 1, 1, 1), ("enter", 2, 1, 1), ("sit", 0, 0, 1)]);
    let of = |proposed: &[&str], goal: i32| {
        let proposed: Vec<String> = proposed.iter().map(|id| (*id).to_owned()).collect();
        review(&domain, &0, |world| *world == goal, &proposed, Bounds { steps: 4, states: 100 })
    };
    let names = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        of(&["key", "open", "enter", "dance"], 3),
        Reviewed::Accepted(names(&["key", "open", "enter"]))
    );
    let Reviewed::Repaired { steps, why } = of(&["key", "enter"], 3) else { panic!() };
    // Of equal plans the first is taken: a second 'key' counts as one more, too.
    assert_eq!((steps.len(), why.as_str()), (3, "'enter' can't be done then"));
    let Reviewed::Repaired { why, .. } = of(&["dance"], 3) else { panic!() };
    assert_eq!(why, "nobody can do 'dance'");
    let Reviewed::Repaired { why, .. } = of(&["sit", "key"], 3) else { panic!() };
    assert!(why.contains("leads back"), "{why}");
    let Reviewed::Refused(why) = of(&["key"], 30) else { panic!() };
    assert!(why.contains("within 100 states and 4 steps"), "{why}");
}

proptest! {
    /// What is found can be done, leads to the goal, and no shorter proposal is better: breadth first agrees.
    #[test]
    fn plans_are_sound_and_cheapest(
        steps in prop::collection::vec((0..30_i32, -9..9_i32, 1..4_u32), 1..6),
        goal in 0..50_i32,
    ) {
        let names = ["a", "b", "c", "d", "e", "f"];
        let domain = Steps(steps.iter().zip(names).map(|((f, b, c), n)| (n, *f, *b, *c)).collect());
        let bounds = Bounds { steps: 60, states: 1000 };
        // Bellman & Ford over fifty states.
        let mut costs = [u32::MAX; 50];
        costs[0] = 0;
        for _ in 0..50 {
            for world in 0..50_i32 {
                let here = costs[world as usize];
                for step in (0..steps.len()).filter(|_| here < u32::MAX) {
                    if let Some(next) = domain.after(&world, step) {
                        let next = &mut costs[next as usize];
                        *next = (*next).min(here + domain.cost(step));
                    }
                }
            }
        }
        match plan(&domain, &0, |world| *world == goal, bounds) {
            Ok(found) => {
                let mut world = 0;
                for step in &found {
                    world = domain.after(&world, *step).unwrap();
                }
                prop_assert_eq!(world, goal);
                let cost: u32 = found.iter().map(|step| domain.cost(*step)).sum();
                prop_assert_eq!(cost, costs[goal as usize]);
            }
            Err(_) => prop_assert_eq!(costs[goal as usize], u32::MAX),
        }
    }
}
