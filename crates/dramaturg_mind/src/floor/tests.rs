use super::address::{Address, address, is_to_all};
use super::*;
use proptest::prelude::*;

const NAMES: [&str; 3] = ["Piet", "Old Piet", "皮特"];

#[test]
fn whoever_is_called_is_told_from_whoever_is_spoken_of() {
    let called = [
        "Piet, what do you think?",
        "What do you think, Piet?",
        "Hello Piet!",
        "piet?",
        "And you, old Piet?",
        "I'm tired. Piet, help me up",
        "Sorry Piet.",
        "Piet you know the mill",
        "Ona and Piet, good evening",
        "Come in. Piet and Ona, sit down",
        "皮特，你怎么看？",
        "你觉得呢，皮特？",
        "皮特你说说",
        "你好皮特",
    ];
    for line in called {
        assert!(matches!(address(line, &NAMES), Address::Called(_)), "{line}");
    }
    let named = [
        "Did Piet steal it?",
        "I saw Piet at the mill",
        "Piet's boat is gone",
        "It was Ona, Tess and Piet.",
        "Ona and Piet stole it",
        "Piet and Ona stole it, I think",
        "皮特昨晚在磨坊",
        "我看见皮特了",
    ];
    for line in named {
        assert_eq!(address(line, &NAMES), Address::Named, "{line}");
    }
    for line in ["The pieta in the church", "Good evening", "", "皮带"] {
        assert_eq!(address(line, &NAMES), Address::No, "{line}");
    }
}

#[test]
fn a_line_to_all_is_known() {
    for line in ["Does anybody know the way?", "Tell me, all of you.", "大家好", "你们谁看见了？"]
    {
        assert!(is_to_all(line), "{line}");
    }
    for line in ["Do you know the way?", "It's all yours", "谁啊？你好"] {
        assert!(!is_to_all(line), "{line}");
    }
}

fn trio() -> [Listener<'static>; 3] {
    [
        Listener { id: "marta", names: &["Marta"], leads: true, ..Listener::default() },
        Listener {
            id: "ona",
            names: &["Ona"],
            knows: &["The storm took the roof of the mill", "beekeeping"],
            ..Listener::default()
        },
        Listener { id: "piet", names: &NAMES, outgoing: 500, ..Listener::default() },
    ]
}

fn first(line: &str, all: &[Listener]) -> (String, Because) {
    let best = bids(line, all).swap_remove(0);
    (best.npc, best.because)
}

#[test]
fn each_reason_counts_for_what_it_is() {
    let mut all = trio();
    assert_eq!(first("Good evening", &all), ("marta".into(), Because::Leads));
    assert_eq!(first("Who repaired the mill?", &all), ("ona".into(), Because::Knows));
    assert_eq!(first("Piet, who repaired the mill?", &all), ("piet".into(), Because::Addressed));
    // Of two who are called, the first.
    assert_eq!(first("Ona, Piet: good evening", &all).0, "ona");
    // What all know of is nobody's own.
    all.iter_mut().for_each(|listener| listener.knows = &["the mill"]);
    assert_eq!(first("Who repaired the mill?", &all).0, "marta");
    // Who asked hears the answer, whoever leads.
    let mut all = trio();
    all[2].asked = true;
    assert_eq!(first("About nine o'clock", &all), ("piet".into(), Because::Asked));
    // What is said to all goes round: who was silent for long, and of those the outgoing.
    let mut all = trio();
    all[1].silent = 6;
    all[2].silent = 1;
    assert_eq!(first("Does anybody know?", &all), ("ona".into(), Because::Silent));
    all[2].silent = 6;
    assert_eq!(first("Does anybody know?", &all).0, "piet");
}

#[test]
fn others_chime_in_where_they_have_reason_and_who_is_spoken_of_cuts_in() {
    let said = |line: &str, all: &[Listener]| -> Vec<(String, bool)> {
        floor(line, all, 1).into_iter().map(|bid| (bid.npc, bid.cuts_in)).collect()
    };
    let mut all = trio();
    assert_eq!(said("Good evening", &all), [("marta".to_owned(), false)]);
    let pair = said("Ona and Piet, good evening", &all);
    assert_eq!(pair, [("ona".to_owned(), false), ("piet".to_owned(), false)]);
    let both = said("Ona, Piet: good evening", &all);
    assert_eq!(both, [("ona".to_owned(), false), ("piet".to_owned(), false)]);
    // Piet is outgoing, and does not let others speak about him.
    let about = said("Ona, was Piet at the mill?", &all);
    assert_eq!(about, [("piet".to_owned(), true), ("ona".to_owned(), false)]);
    all[2].outgoing = -500;
    assert_eq!(said("Ona, was Piet at the mill?", &all), [("ona".to_owned(), false)]);
    // Who knows of all of it and was silent for long adds to what the one says who is asked.
    all[1].silent = 6;
    let adds = said("Marta, did the storm take the roof of the mill?", &all);
    assert_eq!(adds, [("marta".to_owned(), false), ("ona".to_owned(), false)]);
    assert_eq!(floor("Ona, Piet: good evening", &all, 0).len(), 1);
    assert!(floor("Good evening", &[], 1).is_empty());
}

proptest! {
    /// Whatever is said, each listener bids once, in an order that does not hang on the order of the listeners, and who is
    /// called by name is first.
    #[test]
    fn bids_are_one_for_each_and_the_same_in_any_order(
        words in prop::collection::vec(prop::sample::select(vec![
            "Piet", ",", "mill", "the", "Ona", "?", "anybody", "皮特", "，", "Marta", "storm", "you",
        ]), 0..12),
        silent in prop::array::uniform3(0..9_u32),
        outgoing in prop::array::uniform3(-1000..1000_i32),
    ) {
        let line = words.join(" ");
        let mut all = trio();
        for (at, listener) in all.iter_mut().enumerate() {
            (listener.silent, listener.outgoing) = (silent[at], outgoing[at]);
        }
        let found = bids(&line, &all);
        prop_assert_eq!(found.len(), 3);
        all.reverse();
        prop_assert_eq!(&found, &bids(&line, &all));
        let called = found.iter().position(|bid| bid.because == Because::Addressed);
        prop_assert!(called.is_none_or(|at| at == 0 || found[0].because == Because::Addressed));
    }
}
