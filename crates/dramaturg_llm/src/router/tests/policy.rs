//! What a policy says, and what is wrong with one that makes no sense.

use super::*;

/// The tier that answers.
fn taken(policy: &str, request: CompletionRequest) -> String {
    let house = House::new(policy, vec![Act::say("s")], vec![Act::say("b")]);
    house.ask(request);
    house.tiers().remove(0)
}

#[test]
fn the_first_rule_that_holds_is_taken() {
    let policy = r#"rules: [
        (name: "thinking", when: (kinds: [reflect, plan, summarise]), take: ["big"]),
        (name: "aside", when: (priorities: [PlayerSees]), take: ["big"]),
        (name: "hard", when: (difficulty: (at_least: 180)), take: ["big"]),
        (name: "rest", take: ["small"]),
    ]"#;
    assert_eq!(taken(policy, line("hello")), "small");
    assert_eq!(taken(policy, background("hello")), "big");
    assert_eq!(taken(policy, line("Why did your brother leave the light burning?")), "big");
    let mut aside = line("hello");
    aside.work.priority = Priority::PlayerSees;
    assert_eq!(taken(policy, aside), "big");
    // Without a rule, in the order of the tiers.
    assert_eq!(taken("", line("hello")), "small");
}

#[test]
fn latency_wanted_picks_rules_and_puts_fast_tiers_first() {
    let rules = r#"rules: [(name: "now", when: (latency_ms: (at_most: 500)), take: ["small"]),
        (name: "later", take: ["big"])], latency_ms: (player_waits: 2000)"#;
    let mut soon = line("hello");
    soon.work.deadline = Some(Duration::from_millis(400));
    assert_eq!(taken(rules, soon.clone()), "small");
    assert_eq!(taken(rules, line("hello")), "big");

    let tiers =
        r#"tiers: [(name: "big", model: "b", first_word_ms: 1500), (name: "small", model: "s")]"#;
    assert_eq!(taken(tiers, line("hello")), "big");
    assert_eq!(taken(tiers, soon), "small");
}

#[test]
fn tiers_that_cannot_are_passed_over() {
    let tiers = r#"tiers: [(name: "small", model: "s", tools: false, schema: false, context_tokens: 200),
        (name: "big", model: "b")]"#;
    assert_eq!(taken(tiers, line("hello")), "small");
    assert_eq!(taken(tiers, line(&"long ".repeat(200))), "big");
    let mut form = line("hello");
    form.schema = Some(serde_json::json!({}));
    assert_eq!(taken(tiers, form), "big");
    let mut acts = line("hello");
    let (name, description) = ("open".to_owned(), "opens".to_owned());
    acts.tools = vec![crate::Tool { name, description, parameters: serde_json::json!({}) }];
    assert_eq!(taken(tiers, acts), "big");
}

#[test]
fn scores_go_where_they_can_be_had() {
    let mute: Arc<dyn LanguageModel> = Arc::new(Puppet { mute: true, ..Puppet::default() });
    let acts = Mutex::new(VecDeque::from([Act::Scores(Ok(vec![1.0, 0.0]))]));
    let able: Arc<dyn LanguageModel> = Arc::new(Puppet { acts, ..Puppet::default() });
    let open = |tier: &Tier| Some(if tier.name == "small" { mute.clone() } else { able.clone() });
    let router = Router::new(parse(""), open, Ledger::default(), Moment::system).unwrap();
    assert_eq!((router.scoring(), router.name()), (Scoring::Both, "router(small, big)"));
    assert_eq!(router.score(judgement()).wait(LONG), Ok(vec![1.0, 0.0]));

    let open = |tier: &Tier| (tier.name == "small").then(|| mute.clone());
    let router = Router::new(parse(""), open, Ledger::default(), Moment::system).unwrap();
    assert_eq!(router.scoring(), Scoring::No);
    let error = router.score(judgement()).wait(LONG).unwrap_err().to_string();
    assert!(error.contains("small: it can't score a closed set"), "{error}");
    assert!(error.contains("big: there is no model for it"), "{error}");
}

#[test]
fn errors_name_the_place_and_the_way_out() {
    let tier = r#"(name: "a", model: "m")"#;
    for (text, place, message) in [
        ("(tiers: [])".to_owned(), "1:2", "there is no tier"),
        (format!("(tiers: [{tier},\n  {tier}])"), "2:10", "two tiers are called 'a'"),
        (
            format!("(tiers: [{tier}],\nrules: [(name: \"x\",\n take: [\"b\"])])"),
            "3:9",
            "there is no tier 'b'",
        ),
        (format!("(tiers: [{tier}],\n rules: [(name: \"x\", take: [])])"), "2:22", "takes no tier"),
        (
            format!("(tiers: [{tier}],\n budgets: (day: (soft: 9, hard: 3)))"),
            "2:18",
            "the soft limit of the day is above the hard one",
        ),
        (format!("(tiers: [{tier}],\n health: (failures: 0))"), "2:11", "before it fails"),
        (
            format!(
                "(tiers: [{tier}], rules: [(name: \"x\", take: [\"a\"],\n when: (difficulty: (at_least: 9, at_most: 1)))])"
            ),
            "2:9",
            "no difficulty is in this range",
        ),
        (format!("(tiers: [{tier}],\n rulez: [])"), "2:2", "rulez"),
        ("(tiers: [(name: \"a\", model: \"m\",\n price: (prompt: 1.5))])".to_owned(), "2:", ""),
        ("(tiers: [(name: \"a\", model: \"m\",\n price: (prompt: -1))])".to_owned(), "2:", ""),
        (String::new(), "1:1", ""),
    ] {
        let error = Policy::parse(Path::new("policy.ron"), &text).unwrap_err();
        let shown = error.to_string();
        assert!(shown.starts_with(&format!("policy.ron:{place}")), "{text}: {shown}");
        assert!(error.message.contains(message), "{shown}");
        assert!(!error.help.is_empty());
    }
    let error = Policy::load(Path::new("no-such-policy.ron")).unwrap_err().to_string();
    assert!(error.starts_with("no-such-policy.ron:1:1: can't read the file"), "{error}");
}
