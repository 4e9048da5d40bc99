//! A cheap tier first, the next when it is not sure.

use super::*;

const UP: &str = r#"rules: [(name: "up", take: ["small", "big"], cascade: (margin: 0.2))]"#;
const HELD: &str = r#"rules: [(name: "up", take: ["small", "big"], cascade: (hold: true))]"#;

#[test]
fn close_scores_go_up_and_clear_ones_do_not() {
    let small = vec![Act::Scores(Ok(vec![-1.0, -1.1])), Act::Scores(Ok(vec![-1.0, -1.5]))];
    let house = House::new(UP, small, vec![Act::Scores(Ok(vec![-3.0, -1.0]))]);
    assert_eq!(house.router.score(judgement()).wait(LONG), Ok(vec![-3.0, -1.0]));
    assert_eq!(house.tiers(), ["small", "big"]);
    assert!(house.last().why.to_string().contains("the two best are 0.100 apart"));
    assert!(house.last().estimated && house.last().cost > 0);
    assert_eq!(house.router.score(judgement()).wait(LONG), Ok(vec![-1.0, -1.5]));
    assert_eq!(house.tiers(), ["small", "big", "small"]);
}

#[test]
fn doubtful_scores_are_better_than_none() {
    let down = Act::Scores(Err(ModelError::Unreachable("no".into())));
    let house = House::new(UP, vec![Act::Scores(Ok(vec![-1.0, -1.1]))], vec![down.clone()]);
    assert_eq!(house.router.score(judgement()).wait(LONG), Ok(vec![-1.0, -1.1]));
    let house = House::new(UP, vec![down.clone()], vec![down]);
    let error = house.router.score(judgement()).wait(LONG).unwrap_err();
    assert!(matches!(error, ModelError::Unreachable(_)));
}

#[test]
fn an_empty_answer_goes_up_although_somebody_waits() {
    let nothing = Act::Events(vec![StreamEvent::Text(String::new()), StreamEvent::Done]);
    let house = House::new(UP, vec![nothing.clone(), nothing], vec![Act::say("Sit down.")]);
    assert_eq!(house.ask(line("hello")), ("Sit down.".into(), StreamEvent::Done));
    // Nobody above answers: the empty answer is all that there is, and big's failure is not its own.
    let (text, end) = house.ask(line("hello"));
    assert_eq!(text, "");
    assert!(matches!(end, StreamEvent::Failed(ModelError::Unreachable(_))), "{end:?}");
}

#[test]
fn what_somebody_waits_for_is_not_held_back() {
    let house = House::new(UP, vec![Act::say("hello there friend")], vec![]);
    assert_eq!(house.ask(line("Hello there, friend!")).0, "hello there friend");
    assert_eq!(house.big.asked(), 0);
}

#[test]
fn background_answers_are_looked_at_before_they_count() {
    let house = House::new(
        UP,
        vec![Act::say("Hello there, friend."), Act::say("He seemed tired.")],
        vec![Act::say("He greeted me warmly.")],
    );
    assert_eq!(house.ask(background("Hello there, friend!")).0, "He greeted me warmly.");
    assert!(house.last().why.to_string().contains("the player's words came back"));
    assert_eq!(house.ask(background("Hello there, friend!")).0, "He seemed tired.");
    assert_eq!(house.tiers(), ["small", "big", "small"]);
}

#[test]
fn a_held_answer_stands_when_nobody_does_better() {
    let house = House::new(HELD, vec![Act::say("?")], vec![Act::fail()]);
    assert_eq!(house.ask(line("hello")), ("?".into(), StreamEvent::Done));
    assert_eq!(house.tiers(), ["small", "big"]);
}

#[test]
fn a_form_that_is_none_goes_up_and_a_tool_is_an_answer() {
    let mut form = line("How are you?");
    form.schema = Some(serde_json::json!({"type": "object"}));
    let house = House::new(HELD, vec![Act::say("I am fine")], vec![Act::say("{\"mood\": 1}")]);
    assert_eq!(house.ask(form).0, "{\"mood\": 1}");

    let call = crate::ToolCall {
        id: "1".into(),
        name: "open".into(),
        arguments: serde_json::json!({"what": "door"}),
    };
    let act = Act::Events(vec![StreamEvent::Tool(Ok(call.clone())), StreamEvent::Done]);
    let house = House::new(HELD, vec![act], vec![]);
    let stream = house.router.complete(line("Open the door."));
    assert_eq!(stream.next(LONG), StreamEvent::Tool(Ok(call)));
    assert_eq!(stream.next(LONG), StreamEvent::Done);
}
