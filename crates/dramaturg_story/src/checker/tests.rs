//! What the checker says is so when the story is played.

use super::digest::{digest, settle};
use super::explore::{Explored, Explorer};
use super::outlook::Outlooks;
use super::tells::Tells;
use super::{Limits, check};
use crate::session::law::{self, Choices};
use crate::{Pack, Session};
use proptest::prelude::*;
use std::sync::Arc;
use std::time::Duration;

fn explored(pack: &Arc<Pack>, limits: &Limits) -> Explored {
    let tells = Tells::new(pack);
    Explorer::new(pack.clone(), Outlooks::new(pack, &tells), &tells, limits).run()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, ..ProptestConfig::default() })]
    /// Whatever is said, the play is in one of the states that the checker went to, and ends as it says.
    #[test]
    fn a_play_never_leaves_the_states_that_were_found(
        bytes in prop::collection::vec(any::<u8>(), 1..400),
        said in prop::collection::vec(0..5_usize, 0..40),
        seed in any::<u64>(),
    ) {
        let mut choices = Choices(bytes.iter().cycle());
        let (pack, _) = law::pack(&mut choices);
        let logic = law::written(&mut Choices(bytes.iter().cycle())).0;
        let pack = Arc::new(pack);
        let limits = Limits { states: 1500, time: Duration::from_secs(5) };
        let explored = explored(&pack, &limits);
        prop_assume!(explored.bounded.is_empty());
        let found = |session: &Session| {
            let mut state = session.state().clone();
            settle(&pack, &explored.outlooks, &mut state);
            explored.known.get(&digest(&pack, &explored.outlooks, &state)).copied()
        };
        let mut session = Session::resume(pack.clone(), []);
        session.open("en", seed, &mut |_| {});
        prop_assert!(found(&session).is_some(), "the opening of {logic}");
        let words = ["do 0", "do 1", "do 2", "it rains a lot these days", ""];
        let silence = std::iter::repeat_n("", 400);
        for text in said.iter().map(|at| words[*at]).chain(silence) {
            if session.state().ended.is_some() {
                break;
            }
            let before = session.state().clone();
            session.player_says(text, None, &mut |_| {});
            let at = found(&session);
            prop_assert!(at.is_some(), "after '{text}' in {before:?}\n{:?}\n{logic}", session.state());
        }
        let ended = session.state().ended.clone();
        prop_assert!(ended.is_some(), "never over");
        let at = found(&session).and_then(|at| explored.over.get(&at).cloned());
        prop_assert_eq!(at.map(|over| over.0), ended);
    }

    #[test]
    fn no_pack_makes_it_panic(bytes in prop::collection::vec(any::<u8>(), 1..400)) {
        let mut choices = Choices(bytes.iter().cycle());
        let pack = Arc::new(law::pack(&mut choices).0);
        let limits = Limits { states: 300, time: Duration::from_secs(5) };
        let report = check(&pack, &limits);
        prop_assert!(report.states <= 300 + 600);
        prop_assert!(report.to_string().contains("seconds"));
    }
}
