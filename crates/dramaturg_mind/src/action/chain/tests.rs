use super::super::NpcAction;
use super::*;
use proptest::prelude::*;

/// Looks for something.
#[derive(NpcAction, serde::Deserialize, schemars::JsonSchema)]
#[action(crate = crate)]
#[allow(dead_code)]
struct LookFor {
    what: String,
}

/// Gives coins.
#[derive(NpcAction, serde::Deserialize, schemars::JsonSchema)]
#[action(crate = crate, roles("keeper"), scenes("tavern"), limit(1, minutes = 60))]
#[action(requires("gold" >= amount), effects("gold" -= amount))]
#[allow(dead_code)]
struct GiveGold {
    amount: u8,
}

fn repertoire() -> Repertoire {
    let mut repertoire = Repertoire::default();
    repertoire.add(LookFor::definition());
    repertoire.add(GiveGold::definition());
    repertoire
}

fn call(name: &str, arguments: Json) -> Result<ToolCall, ToolError> {
    Ok(ToolCall { id: "1".into(), name: name.into(), arguments })
}

/// Runs a chain: looking finds seven coins, giving gives.
fn run(calls: Vec<Result<ToolCall, ToolError>>, roles: &[String], offered: &[&str]) -> Chain {
    let repertoire = repertoire();
    let offered: Vec<String> = offered.iter().map(|name| (*name).to_owned()).collect();
    let actor = Actor { id: "marta", roles, scene: "tavern" };
    let rules = Rules { repertoire: &repertoire, offered: &offered, actor };
    let mut chain = Chain::new(calls);
    while let Next::Run(call) = chain.next(&rules, |_| Ok(())) {
        chain.done(match call.name.as_str() {
            "look_for" => Ok(json!({"coins": 7, "where": ["chest", "sill"]})),
            _ => Ok(Json::Null),
        });
    }
    chain
}

const BOTH: [&str; 2] = ["look_for", "give_gold"];

#[test]
fn a_later_call_takes_what_an_earlier_one_gave() {
    let keeper = ["keeper".to_owned()];
    let look = || call("look_for", json!({"what": "coins"}));
    let chain = run(vec![look(), call("give_gold", json!({"amount": "$1.coins"}))], &keeper, &BOTH);
    assert_eq!(chain.steps()[1].call.arguments, json!({"amount": 7}));
    assert_eq!(chain.failure(), None);
    let chain = run(vec![look(), call("look_for", json!({"what": "$1.where.1"}))], &keeper, &BOTH);
    assert_eq!(chain.steps()[1].call.arguments, json!({"what": "sill"}));
    let of = |amount: &str| {
        let calls = vec![look(), call("give_gold", json!({"amount": amount})), look()];
        let chain = run(calls, &keeper, &BOTH);
        let (step, left_out) = chain.failure().map(|(step, left)| (step.clone(), left)).unwrap();
        assert_eq!((chain.steps().len(), left_out), (2, 1));
        step.outcome.why_not().unwrap().to_owned()
    };
    assert!(of("$2.coins").contains("names no result"));
    assert!(of("$1.gold").contains("has no 'gold'"));
    assert!(of("$1.where").contains("are wrong"));
    assert!(of("seven").contains("are wrong"));
}

#[test]
fn nothing_is_done_that_was_not_offered_or_is_not_allowed() {
    let give = || vec![call("give_gold", json!({"amount": 2}))];
    let why = |chain: Chain| chain.failure().unwrap().0.outcome.why_not().unwrap().to_owned();
    assert!(why(run(give(), &["keeper".into()], &["look_for"])).contains("no action 'give_gold'"));
    assert!(why(run(give(), &[], &BOTH)).contains("marta may not"));
    let unknown = ToolError::Unknown("fly".into());
    assert!(why(run(vec![Err(unknown)], &[], &BOTH)).contains("no tool 'fly'"));
    assert!(why(run(vec![call("fly", json!({}))], &[], &BOTH)).contains("no action 'fly'"));
    assert_eq!(run(give(), &["keeper".into()], &BOTH).failure(), None);
}

#[test]
fn limits_count_in_story_time() {
    let definition = GiveGold::definition();
    assert!(definition.within_limit(&[], 100).is_ok());
    assert!(definition.within_limit(&[41], 100).is_err());
    assert!(definition.within_limit(&[40], 100).is_ok());
}

#[test]
fn a_result_is_not_endless_and_neither_is_a_chain() {
    assert!(Outcome::of(Ok(json!("x".repeat(9_000)))).why_not().is_some());
    let calls = (0..20).map(|_| call("look_for", json!({"what": "coins"}))).collect();
    assert_eq!(run(calls, &[], &BOTH).steps().len(), LONGEST);
}

#[test]
fn a_closed_set_or_a_number_may_be_a_reference() {
    let schema = referable(&GiveGold::definition().parameters);
    assert!(fits_schema(&schema, &json!({"amount": 3})).is_ok());
    assert!(fits_schema(&schema, &json!({"amount": "$1.coins"})).is_ok());
    assert!(
        fits_schema(&GiveGold::definition().parameters, &json!({"amount": "$1.coins"})).is_err()
    );
}

proptest! {
    /// No argument makes a chain panic or run what does not fit.
    #[test]
    fn any_arguments_are_run_as_they_fit_or_not_at_all(text in ".{0,40}", number in any::<i64>()) {
        let keeper = ["keeper".to_owned()];
        for arguments in [json!({"amount": text}), json!({"amount": number}), json!(text), json!([number])] {
            let chain = run(vec![call("give_gold", arguments.clone())], &keeper, &BOTH);
            let fits = fits_schema(&GiveGold::definition().parameters, &arguments).is_ok();
            prop_assert_eq!(chain.failure().is_none(), fits);
        }
    }
}
