use super::*;
use proptest::prelude::*;
use serde_json::{Map, json};

fn read_all(text: &str, cuts: &[usize]) -> (String, Vec<Part>) {
    let mut fields = Fields::new(Some("say".into()), Some("calls".into()));
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| text.floor_char_boundary(*cut)).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    let (mut said, mut rest) = (String::new(), Vec::new());
    for pair in cuts.windows(2) {
        for part in fields.push(&text[pair[0]..pair[1]]).unwrap() {
            match part {
                Part::Text(text) => said.push_str(&text),
                part => rest.push(part),
            }
        }
    }
    assert!(fields.is_whole());
    (said, rest)
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<i32>().prop_map(|number| json!(f64::from(number) / 8.0)),
        "\\PC{0,8}".prop_map(Value::from),
        "[\"\\\\{}\\[\\],:\n\u{1}é雾😀]{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec(("[a-z\"\\\\]{0,4}", inner), 0..4)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_cut_reads_back_what_was_written(
        say in "[a-z\"\\\\\n/é雾😀]{0,12}",
        others in prop::collection::vec(("[b-r\"\\\\]{0,3}", value()), 0..4),
        calls in prop::collection::vec(value(), 0..4),
        cuts in prop::collection::vec(0usize..300, 0..12),
        ascii in any::<bool>(),
        pretty in any::<bool>(),
    ) {
        let mut object = Map::new();
        object.insert("say".into(), json!(say));
        object.extend(others);
        object.insert("calls".into(), json!(calls));
        let mut text = match pretty {
            true => serde_json::to_string_pretty(&object).unwrap(),
            false => serde_json::to_string(&object).unwrap(),
        };
        if ascii {
            let units = |c: char| -> String {
                c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
            };
            text = text.chars().map(|c| if c.is_ascii() { c.to_string() } else { units(c) }).collect();
        }
        let (said, rest) = read_all(&text, &cuts);
        prop_assert_eq!(said, say);
        let mut wanted = Vec::new();
        for (name, value) in &object {
            match name.as_str() {
                "calls" => wanted.extend(calls.iter().cloned().map(Part::Item)),
                _ => wanted.push(Part::Field(name.clone(), value.clone())),
            }
        }
        prop_assert_eq!(rest, wanted);
    }

    #[test]
    fn nothing_that_comes_is_fatal(text in "[\\PC{}\\[\\]\",:\\\\u0-9]{0,40}") {
        let mut fields = Fields::new(Some("a".into()), Some("b".into()));
        for c in format!("{{\"a\":{text}").chars() {
            let _ = fields.push(&c.to_string());
        }
    }
}

#[test]
fn text_shows_before_the_field_has_closed_and_escapes_are_never_cut() {
    let mut fields = Fields::new(Some("say".into()), None);
    assert_eq!(fields.push(r#"{"say":"Sit \"#).unwrap(), [Part::Text("Sit ".into())]);
    assert_eq!(fields.push(r"ud83d").unwrap(), []);
    assert_eq!(fields.push(r"\ude0").unwrap(), []);
    assert_eq!(fields.push("0 d").unwrap(), [Part::Text("😀 d".into())]);
    let rest = [Part::Text("own".into()), Part::Field("say".into(), json!("Sit 😀 down"))];
    assert_eq!(fields.push("own\"").unwrap(), rest);
    assert_eq!(fields.push(r#","n":1"#).unwrap(), []);
    assert_eq!(fields.push("}").unwrap(), [Part::Field("n".into(), json!(1))]);
}

#[test]
fn half_a_pair_is_shown_as_such_and_a_fence_is_passed_over() {
    let (said, rest) = read_all("```json\n{\"say\": \"a\\ud83db\", \"calls\": []}\n```", &[]);
    assert_eq!(said, "a\u{fffd}b");
    assert_eq!(rest.len(), 1);
}

#[test]
fn what_is_no_json_is_named() {
    for text in [
        "{,",
        "{\"a\":1 2}",
        "{\"a\" 1}",
        "{\"a\":tru}",
        "{\"a\":1,}",
        "{\"b\":[1,]}",
        "{\"say\":\"\\x",
    ] {
        let mut fields = Fields::new(Some("say".into()), Some("b".into()));
        assert!(fields.push(text).is_err(), "{text}");
        assert_eq!(fields.push("\"c\":1}"), Ok(Vec::new()), "{text}");
    }
}
