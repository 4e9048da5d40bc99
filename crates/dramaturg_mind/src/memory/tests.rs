use super::*;
use proptest::prelude::*;

fn told(lines: &[(&str, &str, i32)]) -> Memory {
    let mut memory = Memory::default();
    for (turn, (speaker, text, day)) in (1..).zip(lines) {
        let (speaker, text) = ((*speaker).to_owned(), (*text).to_owned());
        memory.add(Remembered { turn, speaker, text, day: Day(*day), ..Remembered::default() });
    }
    memory
}

fn first(memory: &Memory, text: &str, now: i32) -> String {
    let query = Query { text, asker: "player", asked: "marta", now: Day(now), vector: None };
    let found = memory.recall(&query, 1, |_| true);
    found.first().and_then(|n| memory.line(*n)).map(|line| line.text.clone()).unwrap_or_default()
}

#[test]
fn three_languages_are_found_again() {
    let memory = told(&[
        ("player", "My sister keeps bees on the hill.", 0),
        ("marta", "The fog comes in at nine.", 0),
        ("player", "我妹妹在山上养蜜蜂。", 0),
        ("player", "昨日、港で猫を見ました。", 0),
    ]);
    assert!(first(&memory, "what about your sister's bees", 0).contains("bees"));
    assert!(first(&memory, "蜜蜂怎么样了", 0).contains("蜜蜂"));
    assert!(first(&memory, "あの猫は元気？", 0).contains('猫'));
    let query = Query { text: "蜜蜂", ..Query::default() };
    assert!(!memory.recall(&query, 4, |line| line.turn != 3).contains(&2));
}

#[test]
fn a_day_that_is_asked_for_finds_what_was_said_on_it() {
    // Day 100 is a Saturday.
    let memory = told(&[
        ("player", "I sold the boat to a stranger.", 80),
        ("player", "I sold the nets to a stranger.", 93),
        ("player", "I sold the house to a stranger.", 98),
    ]);
    assert!(first(&memory, "What did I sell the day before yesterday?", 100).contains("house"));
    assert!(first(&memory, "What did I sell last week?", 100).contains("nets"));
    assert!(first(&memory, "What did I sell three weeks ago?", 101).contains("boat"));
}

#[test]
fn what_a_text_asks_for_is_covered_or_not() {
    let mut index = Index::default();
    for text in
        ["High water is at four.", "灯塔建于一七九二年，守塔人点灯。", "Soup is on the stove."]
    {
        index.insert(&Item { text, ..Item::default() }, None);
    }
    assert!(index.covers(0, "When is high water?") > 0.9);
    assert!(index.covers(1, "灯塔是哪一年建的？") > 0.34);
    assert_eq!(index.covers(0, "Is the soup on?"), 0.0);
    assert_eq!(index.covers(1, "一年到头都冷"), 0.0, "characters alone say nothing");
    assert_eq!((index.covers(0, ""), index.covers(9, "water")), (0.0, 0.0));
    let half = index.covers(0, "water for the horses");
    assert!((0.2..0.6).contains(&half), "{half}");
}

#[test]
fn an_answer_is_found_by_its_question() {
    let memory = told(&[
        ("marta", "The kettle is on.", 0),
        ("marta", "What was your brother's trade?", 0),
        ("player", "He built clocks.", 0),
        ("marta", "Soup is on the stove.", 0),
    ]);
    assert_eq!(first(&memory, "What trade did my brother have?", 0), "He built clocks.");
}

#[test]
fn what_does_not_matter_is_forgotten_first_and_never_lost() {
    let mut memory = told(&[
        ("player", "The gulls sing.", 0),
        ("player", "Fog again.", 1),
        ("player", "Soup again.", 899),
        ("player", "The gulls sing.", 900),
    ]);
    let query = Query { text: "gulls", now: Day(1000), ..Query::default() };
    assert_eq!(memory.recall(&query, 4, |line| line.text.contains("gulls")), [3, 0]);
    memory.remember(9, "player", "x", Emotion::Neutral);
    assert_eq!(memory.lines().len(), 5);
}

#[test]
fn facts_are_taken_with_care() {
    let told = |text: &str| {
        personal_facts(text)
            .into_iter()
            .map(|(kind, value)| format!("{kind:?} {value}"))
            .collect::<Vec<_>>()
            .join(" | ")
    };
    assert_eq!(told("My name is Ada Finch, pleased to meet you."), "Name Ada Finch");
    assert_eq!(told("I'm a marine engineer."), "Trade marine engineer");
    assert_eq!(told("I am from Porto. I live in Lisbon."), "Origin Porto | Home Lisbon");
    assert_eq!(
        told("My sister keeps bees on the hill, you know."),
        "Kin(\"sister\") my sister keeps bees on the hill"
    );
    assert_eq!(told("我叫林海。我妹妹养蜜蜂。"), "Name 林海 | Kin(\"妹妹\") 我妹妹养蜜蜂");
    assert_eq!(told("我是一名记者，来自上海"), "Trade 记者");
    for nothing in [
        "Is my name Ada?",
        "I'm not a doctor.",
        "If I am a baker, what then?",
        "I'm a bit tired.",
        "如果我叫林海呢",
        "我叫他过来",
        "Tobin says \"my name is Jun\".",
    ] {
        assert_eq!(told(nothing), "", "{nothing}");
    }
}

#[test]
fn a_fact_told_anew_supersedes_and_keeps_its_source() {
    let memory = told(&[
        ("player", "I live in Porto.", 1),
        ("marta", "I live in Faro.", 1),
        ("player", "I live in Lisbon.", 5),
    ]);
    let now: Vec<_> =
        memory.facts().about("player").map(|f| (f.value.as_str(), f.turn, f.since)).collect();
    assert_eq!(now, [("Lisbon", 3, Day(5))]);
    assert_eq!(memory.facts().all()[0].superseded_by, Some(2));
}

#[test]
fn thoughts_stand_on_lines_and_summaries_stand_for_them() {
    let mut memory = told(&[
        ("player", "The boat sank.", 1),
        ("player", "Nobody died.", 1),
        ("marta", "Good.", 1),
    ]);
    let thought = |evidence: Vec<u32>| Reflection {
        text: "The guest lost a boat.".into(),
        evidence,
        day: Day(2),
    };
    assert!(
        memory.reflect(thought(vec![0, 1]))
            && !memory.reflect(thought(vec![9]))
            && !memory.reflect(thought(vec![]))
    );
    let summary = Summary { text: "The guest's boat sank.".into(), from: 0, until: 1 };
    assert!(memory.sum_up(summary.clone()) && !memory.sum_up(summary));
    let notes = Notes { chinese: false, now: Day(2), tokens: 100 };
    assert_eq!(
        pack(&memory, &[2, 1, 0], notes, |line| line.text.clone(), |_| true),
        ["(yesterday) The guest's boat sank.", "(yesterday) Good."]
    );
    // What fits best is quoted beside its summary.
    assert_eq!(
        pack(&memory, &[1, 0, 2], notes, |line| line.text.clone(), |_| true),
        ["(yesterday) The guest's boat sank.", "(yesterday) Nobody died.", "(yesterday) Good."]
    );
    assert_eq!(
        pack(&memory, &[2, 1, 0], notes, |line| line.text.clone(), |_| false),
        ["(yesterday) The boat sank.", "(yesterday) Nobody died.", "(yesterday) Good."]
    );
    let few = Notes { tokens: 14, ..notes };
    assert_eq!(pack(&memory, &[2, 0], few, |line| line.text.clone(), |_| true).len(), 1);
    assert_eq!(memory.lines().len(), 3);
}

#[test]
fn who_is_forgotten_is_gone_and_the_others_stay() {
    let mut memory = told(&[
        ("player", "I am Zebulon the diver.", 1),
        ("tobin", "Zebulon dives deep.", 1),
        ("marta", "The fog is thick.", 1),
    ]);
    memory.reflect(Reflection { text: "A diver.".into(), evidence: vec![0], day: Day(1) });
    memory.set_vector(0, &[1.0, 0.0]);
    assert_eq!(memory.forget("player", &["Zebulon".into()]), 2);
    let left = format!("{memory:?}").to_lowercase();
    assert!(!left.contains("zebulon") && !left.contains("dive"), "{left}");
    assert_eq!((memory.lines().len(), memory.lines()[2].text.as_str()), (3, "The fog is thick."));
    assert!(!memory.index().has_vector(0));
}

#[test]
fn few_and_many_find_the_same_nearest() {
    // Vectors of chance around a common mean.
    let mut seed = 1u64;
    let mut vector = |mean: f32| -> Vec<f32> {
        (0..64)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                mean + ((seed >> 40) as f32 / 16_777_216.0 - 0.5) / 4.0
            })
            .collect()
    };
    let mut index = Index::default();
    for _ in 0..13_000 {
        let vector = vector(0.1);
        index.insert(&Item { text: "x", ..Item::default() }, Some(&vector));
    }
    let target = vector(0.1);
    index.set_vector(777, &target);
    let found =
        index.search(&Query { text: "", vector: Some(&target), ..Query::default() }, 3, |_| true);
    assert_eq!(found[0].item, 777);
}

proptest! {
    #[test]
    fn rows_bring_back_the_same_memory(lines in prop::collection::vec(("[a-c]", ".{0,30}|[a-z ]{0,40}|我叫.{0,4}", 0i32..4000, any::<bool>()), 0..20)) {
        let mut memory = Memory::default();
        let mut rows = Vec::new();
        for (turn, (speaker, text, day, embedded)) in (0..).zip(lines) {
            let line = Remembered { turn, speaker, text, day: Day(day), ..Remembered::default() };
            let vector = embedded.then_some([0.6f32, 0.8]);
            rows.push(memory.add_row(line, vector.as_ref().map(|v| &v[..])));
        }
        prop_assert_eq!(Memory::from_rows(rows.iter().map(Vec::as_slice)), Ok(memory));
        for row in &mut rows { row.truncate(row.len() - 1); }
        prop_assert!(rows.is_empty() || Memory::from_rows(rows.iter().map(Vec::as_slice)).is_err());
    }
    #[test]
    fn any_row_is_read_or_refused(row in prop::collection::vec(any::<u8>(), 0..80)) {
        let _ = Memory::from_rows([row.as_slice()]);
    }
}
