use super::*;
use crate::schema::check;
use proptest::prelude::*;
use serde_json::json;
use std::time::Instant;

const END: u32 = 256;

/// Each byte, an end, and some words.
fn pieces() -> Vec<Vec<u8>> {
    let mut pieces: Vec<Vec<u8>> = (0..=255u8).map(|byte| vec![byte]).collect();
    pieces.push(Vec::new());
    for word in [
        "{\"",
        "\":\"",
        "\":",
        "\",\"",
        "\"}",
        "}}",
        "]}",
        "},{",
        "say",
        "mood",
        "glad",
        "sad",
        " the",
        " lamp",
        "calls",
        "name",
        "arguments",
        "true",
        "12",
        "é",
        "雾",
        "\\n",
        "\"calls",
        "ame\":",
        "[{",
        "[{\"",
    ] {
        pieces.push(word.as_bytes().to_vec());
    }
    pieces
}

fn grammars() -> Grammars {
    Grammars::new(pieces(), &[END]).unwrap()
}

/// An answer, each token drawn among those allowed; `draw` gives numbers from 0 to 1.
fn walk(
    grammar: &mut Grammar,
    pieces: &[Vec<u8>],
    mut draw: impl FnMut() -> f32,
) -> (Vec<u8>, usize) {
    let (mut bytes, mut forced_tokens) = (Vec::new(), 0);
    for step in 0..4000 {
        let forced = grammar.forced();
        let mut logits = vec![0.0; pieces.len()];
        grammar.mask(&mut logits);
        let allowed: Vec<u32> =
            (0..logits.len() as u32).filter(|token| logits[*token as usize] == 0.0).collect();
        assert!(!allowed.is_empty());
        if let Some(first) = forced.first() {
            assert_eq!(allowed, [*first], "a forced token is not the only one allowed");
        }
        let mut next = forced;
        forced_tokens += next.len();
        if next.is_empty() {
            // Long strings and lists end some time.
            let closing =
                |token: &&u32| matches!(pieces[**token as usize][..], [b'"' | b'}' | b']'] | []);
            let close = if step > 60 { allowed.iter().find(closing) } else { None };
            let drawn = allowed[((draw() * allowed.len() as f32) as usize).min(allowed.len() - 1)];
            next = vec![close.copied().unwrap_or(drawn)];
        }
        for token in next {
            bytes.extend_from_slice(&pieces[token as usize]);
            if grammar.accept(token).unwrap() {
                return (bytes, forced_tokens);
            }
        }
    }
    panic!("no end: {}", String::from_utf8_lossy(&bytes));
}

fn draws(seed: u64) -> impl FnMut() -> f32 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 40) as f32 / (1u64 << 24) as f32
    }
}

fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!({"type": "string"})),
        Just(json!({"type": "string", "maxLength": 5})),
        Just(json!({"type": "integer", "minimum": -3, "maximum": 200})),
        Just(json!({"type": "integer", "format": "int32"})),
        Just(json!({"type": "number"})),
        Just(json!({"type": ["boolean", "null"]})),
        Just(json!({"enum": ["glad", "sad", 3, null]})),
        Just(json!({"const": "é雾\"\n"})),
    ];
    let inner = leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            (inner.clone(), 0..2u8).prop_map(|(items, least)| {
                json!({"type": "array", "items": items, "minItems": least, "maxItems": 3})
            }),
            prop::collection::vec(inner.clone(), 1..3).prop_map(|any| json!({"anyOf": any})),
            object(inner),
        ]
    });
    object(inner)
}

fn object(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop::collection::vec(("[a-z\"é ]{1,4}", inner, any::<bool>()), 0..4).prop_map(|fields| {
        let required: Vec<&String> = fields.iter().filter(|f| f.2).map(|f| &f.0).collect();
        let properties: serde_json::Map<String, Value> =
            fields.iter().map(|f| (f.0.clone(), f.1.clone())).collect();
        json!({"type": "object", "properties": properties, "required": required})
    })
}

fn tool(name: &str, parameters: Value) -> crate::Tool {
    crate::Tool { name: name.into(), description: String::new(), parameters }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn whatever_is_drawn_the_answer_fits_its_schema(schema in schema(), seed in any::<u64>()) {
        let pieces = pieces();
        let mut grammar = grammars().start(&schema).unwrap();
        let (bytes, _) = walk(&mut grammar, &pieces, draws(seed));
        let text = String::from_utf8(bytes).unwrap();
        let value: Value = serde_json::from_str(&text).unwrap();
        prop_assert_eq!(check(&schema, &value), Ok(()), "{}", text);
    }

    #[test]
    fn whatever_is_drawn_each_call_fits_its_tool(one in schema(), two in schema(), seed in any::<u64>()) {
        let pieces = pieces();
        let tools = [tool("give", one), tool("go away", two)];
        let mut grammar = grammars().start_with_tools(&tools, None).unwrap();
        let (bytes, _) = walk(&mut grammar, &pieces, draws(seed));
        let text = String::from_utf8(bytes).unwrap();
        let mut answer = super::super::answer::Answer::new(&tools, None);
        for event in answer.push(text.as_bytes()).unwrap() {
            let fine = matches!(event, crate::StreamEvent::Text(_) | crate::StreamEvent::Tool(Ok(_)));
            prop_assert!(fine, "{:?} in {}", event, text);
        }
        prop_assert_eq!(answer.finish(), Ok(()));
    }
}

#[test]
fn what_the_schema_leaves_no_choice_about_is_forced() {
    let pieces = pieces();
    let schema = json!({
        "type": "object",
        "properties": {"mood": {"const": "glad"}, "lamp": {"type": "boolean"}, "say": {"type": "string"}},
        "required": ["mood", "lamp", "say"],
    });
    let mut grammar = grammars().start(&schema).unwrap();
    let text = |tokens: &[u32]| -> String {
        tokens.iter().map(|t| String::from_utf8_lossy(&pieces[*t as usize]).into_owned()).collect()
    };
    let feed = |grammar: &mut Grammar, text: &str| {
        for byte in text.bytes() {
            assert!(!grammar.accept(u32::from(byte)).unwrap());
        }
    };
    let forced = grammar.forced();
    // Speech first. The last quote is left to the model, which may have a token for it and the first letter.
    assert!(["{\"say\":\"", "{\"say"].contains(&text(&forced).as_str()), "{}", text(&forced));
    for token in &forced {
        grammar.accept(*token).unwrap();
    }
    feed(&mut grammar, &"{\"say\":\""[text(&forced).len()..]);
    assert!(grammar.forced().is_empty());
    feed(&mut grammar, "Sit.\"");
    assert!(
        text(&grammar.forced()).starts_with(",\"mood\":\"glad\",\"lamp"),
        "{}",
        text(&grammar.forced())
    );
    feed(&mut grammar, ",\"mood\":\"glad\",\"lamp\":t");
    assert_eq!(text(&grammar.forced()), "rue}");
    feed(&mut grammar, "rue");
    assert!(grammar.accept(u32::from(b'}')).unwrap());
    assert!(grammar.forced().is_empty());
    let mut logits = vec![0.0; pieces.len()];
    grammar.mask(&mut logits);
    assert_eq!(logits.iter().filter(|logit| **logit == 0.0).count(), 1);
    assert_eq!(logits[END as usize], 0.0);
    assert!(grammar.accept(END).unwrap());
}

#[test]
fn a_token_that_may_not_come_is_refused_and_the_next_answer_is_not_harmed() {
    let grammars = grammars();
    let schema = json!({"type": "object", "properties": {"n": {"type": "integer"}}});
    let mut grammar = grammars.start(&schema).unwrap();
    assert!(matches!(
        grammar.accept(u32::from(b'x')),
        Err(GrammarError::Refused { token: 120, .. })
    ));
    let mut logits = vec![0.0; 300];
    grammar.mask(&mut logits);
    assert_eq!(logits.iter().filter(|logit| **logit == 0.0).count(), 1, "only the end is left");
    assert!(grammars.start(&schema).unwrap().accept(u32::from(b'{')).is_ok());
    assert!(grammars.start(&schema).unwrap().accept(1_000_000).is_err());
}

#[test]
fn what_can_not_be_compiled_is_said_in_a_sentence() {
    let grammars = grammars();
    let nested = |levels| {
        (0..levels).fold(
            json!({"type": "string"}),
            |inner, _| json!({"type": "object", "properties": {"a": {"anyOf": [inner]}}}),
        )
    };
    assert!(grammars.start(&nested(11)).is_ok());
    let deep = nested(60);
    let wide: Value = (0..20_000).map(|i| json!(i)).collect();
    let merged = json!({"allOf": [{"$ref": "#"}, {"$ref": "#"}], "type": "object"});
    for schema in [
        json!(3),
        json!({"type": "string"}),
        json!({"type": "object", "properties": 3}),
        json!({"type": "object", "properties": {"a": {"type": "strange"}}}),
        json!({"type": "object", "properties": {"a": {"not": {"type": "string"}}}}),
        json!({"type": "object", "properties": {"a": {"type": "string", "pattern": "(("}}}),
        json!({"type": "object", "properties": {"a": {"type": "integer", "minimum": 3, "maximum": 2}}, "required": ["a"]}),
        json!({"type": "object", "properties": {"a": {"$ref": "#/nowhere"}}}),
        json!({"type": "object", "properties": {"a": {"enum": wide}}}),
        deep,
        merged,
    ] {
        let error = grammars.start(&schema).err();
        let shown: String = schema.to_string().chars().take(90).collect();
        println!("{shown} -> {error:?}");
        assert!(matches!(error, Some(GrammarError::Schema(_))), "{shown}");
    }
    let twice = [tool("a", json!(true)), tool("a", json!(true))];
    assert!(grammars.start_with_tools(&twice, None).is_err());
    assert!(grammars.start_with_tools(&[tool("a", json!(3))], None).is_err());
    assert!(grammars.start_with_tools(&[], None).is_ok());
    assert!(Grammars::new(pieces(), &[]).is_err());
    assert!(Grammars::new(pieces(), &[9999]).is_err());
    assert!(Grammars::new(pieces()[..90].to_vec(), &[3]).is_err());
}

#[test]
fn tools_keep_what_they_refer_to_and_come_beside_a_schema() {
    let parameters = json!({
        "type": "object",
        "properties": {"inside": {"type": "array", "items": {"$ref": "#/$defs/Thing"}}},
        "required": ["inside"],
        "$defs": {"Thing": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Thing"}}}},
    });
    let schema = json!({"type": "object", "properties": {
        "mood": {"enum": ["glad", "sad"]}, "say": {"type": "string"},
    }, "required": ["mood", "say"]});
    let tools = [tool("pack", parameters)];
    let mut grammar = grammars().start_with_tools(&tools, Some(&schema)).unwrap();
    let text = "{\"say\":\"Yes\",\"mood\":\"sad\",\"calls\":[{\"name\":\"pack\",\"arguments\":\
        {\"inside\":[{\"next\":{\"next\":{}}},{}]}}]}";
    for (i, byte) in text.bytes().enumerate() {
        assert_eq!(grammar.accept(u32::from(byte)), Ok(i + 1 == text.len()), "{}", &text[..=i]);
    }
}

/// Prints what a mask costs with a vocabulary as large as that of a real model, of random words.
#[test]
fn a_mask_over_a_large_vocabulary() {
    let mut draw = draws(5);
    let mut pieces = pieces();
    while pieces.len() < 151_936 {
        let length = 2 + (draw() * 8.0) as usize;
        let mut word: Vec<u8> = (0..length).map(|_| b'a' + (draw() * 26.0) as u8).collect();
        match (draw() * 6.0) as u8 {
            0 | 1 => word[0] = b' ',
            2 => word[0] = b'"',
            _ => {}
        }
        pieces.push(word);
    }
    let begin = Instant::now();
    let grammars = Grammars::new(pieces.clone(), &[END]).unwrap();
    let built = begin.elapsed();
    let schema = json!({"type": "object", "properties": {
        "say": {"type": "string"}, "mood": {"enum": ["glad", "sad"]}, "trust": {"type": "integer"},
    }, "required": ["say", "mood", "trust"]});
    let begin = Instant::now();
    let mut grammar = grammars.start(&schema).unwrap();
    let compiled = begin.elapsed();
    let mut logits = vec![0.0; pieces.len()];
    let (mut masks, mut worst) = (Vec::new(), 0.0f64);
    for byte in b"{\"say\":\"Sit down by the fire.\",\"mood\":\"sad\",\"trust\":12}" {
        let begin = Instant::now();
        grammar.mask(&mut logits);
        let took = begin.elapsed().as_secs_f64() * 1000.0;
        worst = worst.max(took);
        masks.push(took);
        grammar.accept(u32::from(*byte)).unwrap();
    }
    let mean = masks.iter().sum::<f64>() / masks.len() as f64;
    println!(
        "built in {built:?}, compiled in {compiled:?}, a mask {mean:.3} ms, at worst {worst:.3} ms"
    );
}
