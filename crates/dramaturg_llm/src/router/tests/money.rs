//! Budgets: cheaper above the soft limit, the next tier down at the hard one, and the conversation goes on.

use super::*;

const BIG_FIRST: &str = r#"rules: [(name: "talk", take: ["big", "small"])],"#;

fn short(character: &str) -> CompletionRequest {
    let mut request = line("hello");
    request.max_tokens = 10;
    request.work.character = character.into();
    request
}

#[test]
fn soft_then_hard_and_the_talk_goes_on() {
    let policy = format!("{BIG_FIRST} budgets: (session: (soft: 60, hard: 10_000))");
    let big = vec![Act::say_for("Dear.", 50, 5), Act::say("never")];
    let house = House::new(&policy, vec![Act::say("Cheap.")], big);
    assert_eq!(house.ask(short("aino")).0, "Dear.");
    assert_eq!(house.ask(short("aino")).0, "Cheap.");
    let why = house.last().why.to_string();
    assert!(why.contains("the session's soft limit is passed: cheaper tiers first"), "{why}");

    let policy = format!("{BIG_FIRST} budgets: (character: (hard: 60))");
    let big = vec![Act::say_for("Dear.", 50, 5), Act::say_for("Dear too.", 50, 5)];
    let house = House::new(&policy, vec![Act::say("Cheap.")], big);
    assert_eq!(house.ask(short("aino")).0, "Dear.");
    assert_eq!(house.ask(short("aino")).0, "Cheap.");
    // Another character has money of her own.
    assert_eq!(house.ask(short("mira")).0, "Dear too.");
    assert_eq!(house.router.ledger().characters()["aino"].cost, 55);
}

#[test]
fn when_nothing_is_left_a_sentence_says_why() {
    let policy = r#"rules: [(name: "talk", take: ["big"])], budgets: (session: (hard: 3))"#;
    let house = House::new(policy, vec![], vec![]);
    let StreamEvent::Failed(error) = house.ask(short("aino")).1 else { panic!("no failure") };
    assert_eq!(
        error.to_string(),
        "no model may be asked (big: it may pass the session's hard limit); \
         the story goes on with authored lines"
    );
    assert_eq!((house.last().tier, house.last().outcome), (None, Outcome::Refused));
    assert_eq!(house.big.asked(), 0);
    let error = house.router.score(judgement()).wait(LONG).unwrap_err();
    assert!(matches!(error, ModelError::NoTier(_)), "{error}");
}

#[test]
fn requests_under_way_count_before_they_end() {
    let policy = format!("{BIG_FIRST} budgets: (session: (hard: 40))");
    let house = House::new(&policy, vec![Act::say("Cheap.")], vec![Act::Silent, Act::say("Dear.")]);
    let running = house.router.complete(short("aino"));
    let (tier, _) = house.big.line(0);
    assert_eq!(house.ask(short("mira")).0, "Cheap.");
    // It took less than was put aside, so there is room again.
    tier.send(StreamEvent::Usage(Usage { prompt_tokens: 3, ..Usage::default() })).unwrap();
    tier.send(StreamEvent::Done).unwrap();
    assert_eq!(read(&running).1, StreamEvent::Done);
    assert_eq!(house.ask(short("mira")).0, "Dear.");
}

#[test]
fn the_day_goes_on_in_the_next_session_and_ends_at_midnight() {
    let policy = format!("{BIG_FIRST} budgets: (session: (hard: 90), day: (hard: 90))");
    let big = vec![Act::say_for("Dear.", 60, 5)];
    let house = House::new(&policy, vec![], big);
    assert_eq!(house.ask(short("aino")).0, "Dear.");
    let written = serde_json::to_string(&house.router.ledger()).unwrap();
    let ledger: Ledger = serde_json::from_str(&written).unwrap();
    let small = vec![Act::say("Cheap."), Act::say("Cheap again.")];
    let big = vec![Act::say_for("Dear.", 60, 5), Act::say("Dear again.")];
    let house = House::with(parse(&policy), small, big, ledger);
    assert_eq!(house.ask(short("aino")).0, "Cheap.");
    assert!(house.last().why.to_string().contains("the day's"), "{}", house.last().why);
    assert_eq!(house.last().request, 2);
    house.clock.lock().unwrap().day = 2;
    assert_eq!(house.ask(short("aino")).0, "Dear.");
    house.clock.lock().unwrap().day = 3;
    assert_eq!(house.ask(short("aino")).0, "Cheap again.");
    house.router.new_session();
    assert_eq!(house.ask(short("aino")).0, "Dear again.");
}

#[test]
fn a_doubtful_answer_stands_when_better_ones_are_too_dear() {
    let policy = r#"rules: [(name: "up", take: ["small", "big"], cascade: (hold: true))],
        budgets: (session: (soft: 5))"#;
    let house = House::new(policy, vec![Act::say("?")], vec![]);
    assert_eq!(house.ask(short("aino")), ("?".into(), StreamEvent::Done));
    assert_eq!(house.tiers(), ["small"]);
}

#[test]
fn who_refuses_at_the_door_charges_nothing_and_who_is_cut_off_charges_the_prompt() {
    let cut = Act::Events(vec![StreamEvent::Failed(ModelError::Garbage("cut".into()))]);
    let house =
        House::new(r#"rules: [(name: "b", take: ["big"])]"#, vec![], vec![Act::fail(), cut]);
    house.ask(short("aino"));
    assert_eq!(house.last().cost, 0);
    house.ask(short("aino"));
    assert!(house.last().cost > 0 && house.last().estimated);
}
