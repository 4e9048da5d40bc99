//! Whatever the policy and whatever the tiers do: each request ends, the books are right, the limits hold.

use super::*;
use proptest::prelude::*;

/// The usage is a part of what was put aside.
fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        (0_u32..12, 0_u32..10).prop_map(|(prompt, words)| Act::say_for("Well now.", prompt, words)),
        Just(Act::say("hello")),
        Just(Act::fail()),
        Just(Act::Events(vec![StreamEvent::Done])),
        Just(Act::Events(vec![])),
        Just(Act::Events(vec![
            StreamEvent::Text("Well".into()),
            StreamEvent::Failed(ModelError::TimedOut),
        ])),
    ]
}

fn policy() -> impl Strategy<Value = String> {
    let rule = (
        prop::sample::select(vec!["small", "big"]),
        any::<bool>(),
        prop::sample::select(vec![
            "",
            "when: (kinds: [speak]),",
            "when: (difficulty: (at_least: 60)),",
        ]),
        prop::sample::select(vec!["", "cascade: (),", "cascade: (hold: true, least_chars: 6),"]),
    )
        .prop_map(|(first, both, when, cascade)| {
            let other = if first == "small" { "big" } else { "small" };
            let other = if both { format!(", \"{other}\"") } else { String::new() };
            format!("(name: \"r\", {when} {cascade} take: [\"{first}\"{other}])")
        });
    (prop::collection::vec(rule, 0..3), 0_u64..200, 1_u32..4).prop_map(|(rules, hard, failures)| {
        let rules = rules.join(", ");
        let soft = hard / 2;
        format!(
            "rules: [{rules}], health: (failures: {failures}, pause_ms: 50), budgets: (session: (soft: {soft}, hard: {hard}))"
        )
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]
    #[test]
    fn each_request_ends_and_the_books_are_right(
        policy in policy(),
        small in prop::collection::vec(act(), 0..12),
        big in prop::collection::vec(act(), 0..12),
        asked in prop::collection::vec((any::<bool>(), any::<bool>(), 0_u64..40), 1..12),
    ) {
        let hard = parse(&policy).budgets.session.hard.unwrap();
        let house = House::new(&policy, small, big);
        let mut ends = 0;
        for (quiet, at_once, pause) in &asked {
            let mut request = if *quiet { background("hello") } else { line("hello") };
            request.max_tokens = 10;
            let stream = house.router.complete(request.clone());
            // Two under way at once, now and then.
            let beside = at_once.then(|| house.router.complete(request));
            for stream in std::iter::once(&stream).chain(&beside) {
                let (_, end) = read(stream);
                let clear = match &end {
                    StreamEvent::Failed(error) => !error.to_string().is_empty(),
                    end => *end == StreamEvent::Done,
                };
                prop_assert!(clear, "{:?}", end);
                ends += 1;
            }
            house.later(*pause);
        }
        let ledger = house.router.ledger();
        let cost: u64 = ledger.entries().map(|entry| entry.cost).sum();
        prop_assert_eq!(ledger.total().cost, cost);
        prop_assert!(cost <= hard, "{} of {}", cost, hard);
        let numbers: std::collections::BTreeSet<_> = ledger.entries().map(|e| e.request).collect();
        prop_assert_eq!(numbers.len(), ends);
        for entry in ledger.entries() {
            prop_assert_eq!(entry.tier.is_none(), entry.outcome == Outcome::Refused);
            prop_assert!(entry.why.to_string().contains("difficulty"));
        }
    }
}
