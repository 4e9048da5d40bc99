//! Words, cancelling, failing over and tiers that are left alone.

use super::*;

#[test]
fn words_pass_through_as_they_come_and_the_usage_is_booked() {
    let house = House::new(r#"rules: [(name: "all", take: ["big"])]"#, vec![], vec![Act::Silent]);
    let mut request = line("Whose coat is that?");
    request.work.character = "aino".into();
    let stream = house.router.complete(request);
    let (tier, _) = house.big.line(0);
    let prompt = StreamEvent::Prompt { tokens: 100, cached: 40 };
    tier.send(prompt.clone()).unwrap();
    house.later(30);
    // The second word is only sent when the first has arrived.
    tier.send(StreamEvent::Lead(1)).unwrap();
    assert_eq!(stream.next(LONG), prompt);
    assert_eq!(stream.next(LONG), StreamEvent::Lead(1));
    tier.send(StreamEvent::Text("My brother's.".into())).unwrap();
    assert_eq!(stream.next(LONG), StreamEvent::Text("My brother's.".into()));
    house.later(70);
    let usage = Usage { prompt_tokens: 100, cached_tokens: 40, completion_tokens: 5 };
    tier.send(StreamEvent::Usage(usage)).unwrap();
    tier.send(StreamEvent::Done).unwrap();
    assert_eq!(stream.next(LONG), StreamEvent::Usage(usage));
    assert_eq!(stream.next(LONG), StreamEvent::Done);
    let entry = house.last();
    assert_eq!((entry.character.as_str(), entry.kind, entry.day), ("aino", Kind::Speak, 1));
    assert_eq!(entry.tokens, Tokens { prompt: 100, cached: 40, completion: 5 });
    assert_eq!((entry.cost, entry.estimated), (60 + 20 + 5, false));
    assert_eq!(entry.first_word, Some(Duration::from_millis(30)));
    assert_eq!(entry.whole, Duration::from_millis(100));
    assert_eq!(entry.outcome, Outcome::Answered);
    let table = house.router.ledger().summary();
    assert!(table.contains("tier big") && table.contains("0.000085"), "{table}");
    assert!(table.contains("for aino") && table.contains("30 ms"), "{table}");
}

#[test]
fn who_hangs_up_cancels_the_tier() {
    let house = House::new("", vec![Act::Silent, Act::Silent], vec![]);
    let stream = house.router.complete(line("hello"));
    let (_, cancelled) = house.small.line(0);
    drop(stream);
    eventually(|| cancelled.load(Ordering::Relaxed).then_some(()));
    eventually(|| (house.router.ledger().total().entries == 1).then_some(()));
    assert_eq!(house.last().outcome, Outcome::Cancelled);
    // Cancelled, but still listening: the end is told.
    let stream = house.router.complete(line("hello"));
    house.small.line(1);
    stream.cancel();
    assert_eq!(stream.next(LONG), StreamEvent::Failed(ModelError::Cancelled));

    let pending = house.router.score(judgement());
    let cancelled = eventually(|| house.small.judged.lock().unwrap().first().map(|j| j.1.clone()));
    drop(pending);
    eventually(|| cancelled.load(Ordering::Relaxed).then_some(()));
}

#[test]
fn another_tier_takes_over_only_while_nothing_was_shown() {
    let half = Act::Events(vec![
        StreamEvent::Text("Well".into()),
        StreamEvent::Failed(ModelError::Garbage("cut".into())),
    ]);
    let counted = Act::Events(vec![
        StreamEvent::Prompt { tokens: 9, cached: 0 },
        StreamEvent::Failed(ModelError::Unreachable("no".into())),
    ]);
    let house = House::new("", vec![counted, half], vec![Act::say("Good evening.")]);
    let stream = house.router.complete(line("hello"));
    // The first tier's count of the prompt says nothing of the second's.
    assert_eq!(stream.next(LONG), StreamEvent::Text("Good evening.".into()));
    assert_eq!(stream.next(LONG), StreamEvent::Done);
    assert_eq!(house.tiers(), ["small", "big"]);
    let ledger = house.router.ledger();
    let numbers: Vec<_> = ledger.entries().map(|entry| entry.request).collect();
    assert_eq!(numbers, [1, 1]);
    assert!(house.last().why.to_string().contains("small was asked: failed"));

    let (text, end) = house.ask(line("hello"));
    assert_eq!(text, "Well");
    assert_eq!(end, StreamEvent::Failed(ModelError::Garbage("cut".into())));
    assert_eq!(house.big.asked(), 1);
}

#[test]
fn a_tier_whose_thread_dies_fails() {
    // No act: the puppet drops its end.
    let house = House::new("", vec![], vec![Act::say("Good evening.")]);
    assert_eq!(house.ask(line("hello")), ("Good evening.".into(), StreamEvent::Done));
    let end = house.ask(line("hello")).1;
    assert!(matches!(end, StreamEvent::Failed(ModelError::Unreachable(_))), "{end:?}");
}

#[test]
fn a_failing_tier_is_skipped_for_a_pause() {
    let small = vec![Act::fail(), Act::fail(), Act::say("I am back.")];
    let big = vec![Act::say("One."), Act::say("Two."), Act::say("Three.")];
    let house = House::new("health: (failures: 2, pause_ms: 5000)", small, big);
    for words in ["One.", "Two.", "Three."] {
        assert_eq!(house.ask(line("hello")).0, words);
    }
    assert_eq!(house.small.asked(), 2);
    let why = house.last().why.to_string();
    assert!(why.contains("not small: it keeps failing and is tried again in 5 s"), "{why}");
    house.later(5000);
    assert_eq!(house.ask(line("hello")).0, "I am back.");
}

#[test]
fn a_silent_tier_is_given_up() {
    let policy =
        r#"tiers: [(name: "small", model: "s", give_up_ms: 800), (name: "big", model: "b")]"#;
    let house = House::new(policy, vec![Act::Silent, Act::Silent], vec![Act::say("Here.")]);
    let stream = house.router.complete(line("hello"));
    let (_, cancelled) = house.small.line(0);
    house.later(800);
    assert_eq!(read(&stream), ("Here.".into(), StreamEvent::Done));
    assert!(cancelled.load(Ordering::Relaxed));
    assert_eq!(
        house.router.ledger().entries().next().unwrap().outcome,
        Outcome::Failed(ModelError::TimedOut)
    );
    // A deadline that is over is not worth another tier.
    let mut request = line("hello");
    request.work.deadline = Some(Duration::from_millis(500));
    let stream = house.router.complete(request);
    house.small.line(1);
    house.later(800);
    assert_eq!(read(&stream).1, StreamEvent::Failed(ModelError::TimedOut));
    assert_eq!(house.big.asked(), 1);
}

#[test]
fn closing_breaks_off_what_is_under_way_and_books_it() {
    let house = House::new("", vec![Act::Silent], vec![]);
    let stream = house.router.complete(line("hello"));
    let scores = house.router.score(judgement());
    let (_, cancelled) = house.small.line(0);
    house.router.close(LONG);
    assert_eq!(read(&stream).1, StreamEvent::Failed(ModelError::Cancelled));
    assert!(scores.wait(LONG).is_err());
    assert!(cancelled.load(Ordering::Relaxed));
    let ledger = house.router.ledger();
    assert!(ledger.entries().all(|entry| entry.outcome == Outcome::Cancelled));
    assert_eq!(ledger.total().entries, 2);
    // Who asks afterwards is told so, and waits for nothing.
    assert!(matches!(read(&house.router.complete(line("hello"))).1, StreamEvent::Failed(_)));
}

#[test]
fn news_say_which_tier_speaks_now() {
    let policy = r#"rules: [(name: "up", take: ["small", "big"])]"#;
    let small = vec![Act::say("A."), Act::fail(), Act::fail(), Act::say("B.")];
    let house = House::new(policy, small, vec![Act::say("C."), Act::say("D.")]);
    for _ in 0..4 {
        house.ask(line("hello"));
    }
    let news: Vec<_> = house.router.news().iter().map(ToString::to_string).collect();
    assert_eq!(news.len(), 2, "{news:?}");
    assert!(news[0].starts_with("'big' speaks now, after 'small' (rule 'up'"), "{news:?}");
    assert!(news[1].starts_with("'small' speaks now, after 'big'"), "{news:?}");
    assert!(house.router.news().is_empty());
}

#[test]
fn streams_outlive_their_router() {
    let House { router, small, .. } = House::new("", vec![Act::Silent], vec![]);
    let stream = router.complete(line("hello"));
    let (tier, _) = small.line(0);
    drop(router);
    tier.send(StreamEvent::Text("Still here.".into())).unwrap();
    tier.send(StreamEvent::Done).unwrap();
    assert_eq!(read(&stream), ("Still here.".into(), StreamEvent::Done));
}

#[test]
fn many_streams_run_beside_each_other() {
    let house = House::new("", vec![Act::Silent; 30], vec![]);
    let streams: Vec<_> = (0..30).map(|_| house.router.complete(line("hello"))).collect();
    for (index, stream) in streams.iter().enumerate().rev() {
        let (tier, _) = house.small.line(index);
        tier.send(StreamEvent::Text(format!("{index}"))).unwrap();
        assert_eq!(stream.next(LONG), StreamEvent::Text(format!("{index}")));
    }
}

#[test]
fn warming_costs_nothing() {
    let policy = r#"rules: [(name: "judge", when: (kinds: [interpret]), take: ["big"]),
        (name: "talk", take: ["small"])]"#;
    let house = House::new(policy, vec![], vec![]);
    let (messages, prefixes) = (vec![Message::user("hi")], vec!["The player asks:".to_owned()]);
    house.router.warm(Warm { messages: messages.clone(), prefixes, ..Warm::default() });
    eventually(|| (!house.small.warmed.lock().unwrap().is_empty()).then_some(()));
    assert_eq!(house.small.warmed.lock().unwrap()[0], Warm { messages, ..Warm::default() });
    house.router.warm(Warm { prefixes: vec!["x".into()], ..Warm::default() });
    assert_eq!(house.router.ledger().total().entries, 0);
    assert!(house.big.warmed.lock().unwrap().is_empty());
}
