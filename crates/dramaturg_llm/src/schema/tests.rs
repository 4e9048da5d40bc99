use super::*;
use serde_json::json;

#[derive(schemars::JsonSchema, serde::Deserialize, serde::Serialize)]
enum Mood {
    Glad,
    Sad,
}

#[derive(schemars::JsonSchema, serde::Deserialize, serde::Serialize)]
struct Reaction {
    mood: Mood,
    text: String,
    trust: Option<i8>,
    gifts: Vec<Gift>,
}

#[derive(schemars::JsonSchema, serde::Deserialize, serde::Serialize)]
struct Gift {
    name: String,
    inside: Vec<Gift>,
}

#[test]
fn the_schema_of_a_type_takes_its_values_and_names_what_is_wrong_with_others() {
    let schema = schema_of::<Reaction>();
    let gift =
        Gift { name: "box".into(), inside: vec![Gift { name: "ring".into(), inside: vec![] }] };
    let value =
        Reaction { mood: Mood::Sad, text: "Oh.".into(), trust: Some(-3), gifts: vec![gift] };
    let good = serde_json::to_value(&value).unwrap();
    assert_eq!(check(&schema, &good), Ok(()));
    for (path, bad, reason) in [
        ("/mood", json!("Angry"), "mood: \"Angry\" is none of [\"Glad\",\"Sad\"]"),
        ("/trust", json!(200), "trust: 200 is out of range"),
        ("/trust", json!("3"), "trust: \"3\" is not of type [\"integer\",\"null\"]"),
        (
            "/gifts/0/inside/0/name",
            json!(1),
            "gifts[0].inside[0].name: 1 is not of type \"string\"",
        ),
        ("/gifts/0", json!({"name": "x"}), "gifts[0]: the field 'inside' is missing"),
    ] {
        let mut value = good.clone();
        *value.pointer_mut(path).unwrap() = bad;
        assert_eq!(check(&schema, &value), Err(reason.into()));
    }
}

#[test]
fn fields_keep_the_order_of_the_type_and_the_spoken_one_is_found() {
    let schema = schema_of::<Reaction>();
    let names: Vec<&String> = schema["properties"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["mood", "text", "trust", "gifts"]);
    assert_eq!(speech(schema.as_object().unwrap()), Some("text".into()));
    let other = json!({"properties": {
        "mood": {"type": "string", "enum": ["glad"]}, "line": {"type": "string"}, "n": {"type": "integer"},
    }});
    assert_eq!(speech(other.as_object().unwrap()), Some("line".into()));
}

#[test]
fn each_keyword_demands_what_it_says() {
    for (schema, good, bad) in [
        (json!({"const": 1}), json!(1.0), json!(2)),
        (json!({"type": "integer"}), json!(2.0), json!(2.5)),
        (json!({"minLength": 2, "maxLength": 3}), json!("éé"), json!("é")),
        (json!({"minItems": 1, "maxItems": 1}), json!([0]), json!([])),
        (json!({"exclusiveMinimum": 0, "exclusiveMaximum": 2}), json!(1), json!(2)),
        (
            json!({"prefixItems": [{"type": "string"}], "items": false}),
            json!(["a"]),
            json!(["a", 1]),
        ),
        (json!({"additionalProperties": {"type": "null"}}), json!({"a": null}), json!({"a": 1})),
        (
            json!({"properties": {"a": true}, "additionalProperties": false}),
            json!({"a": 1}),
            json!({"b": 1}),
        ),
        (
            json!({"anyOf": [{"type": "null"}, {"minimum": 3, "type": "number"}]}),
            json!(4),
            json!(2),
        ),
        (json!({"oneOf": [{"type": "number"}, {"type": "integer"}]}), json!(1), json!("1")),
        (json!({"allOf": [{"minimum": 3}, {"maximum": 4}]}), json!(4), json!(5)),
    ] {
        assert_eq!(check(&schema, &good), Ok(()), "{schema}");
        assert!(check(&schema, &bad).is_err(), "{schema}");
    }
}

#[test]
fn a_schema_in_a_circle_comes_to_an_end() {
    let circle = json!({"anyOf": [{"$ref": "#"}, {"$ref": "#"}]});
    assert!(check(&circle, &json!(1)).is_err());
    assert!(check(&json!({"$ref": "#/nowhere"}), &json!(1)).is_err());
}
