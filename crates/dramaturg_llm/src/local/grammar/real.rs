//! The cost and the use of grammars with a real model, by hand:
//! `DRAMATURG_TEST_MODEL=… cargo test --release -p dramaturg_llm --lib grammar::real -- --ignored --nocapture`

use super::*;
use crate::local::answer::Answer;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;
use serde_json::json;
use std::time::{Duration, Instant};

fn tools() -> Vec<crate::Tool> {
    let tool = |name: &str, parameters| crate::Tool {
        name: name.into(),
        description: String::new(),
        parameters,
    };
    let who = json!({"type": "string", "maxLength": 20});
    vec![
        tool(
            "give_coins",
            json!({"type": "object", "properties": {
                "to": who, "coins": {"type": "integer", "minimum": 1, "maximum": 50},
            }, "required": ["to", "coins"]}),
        ),
        tool(
            "follow",
            json!({"type": "object", "properties": {"whom": who}, "required": ["whom"]}),
        ),
    ]
}

#[test]
#[ignore = "needs a model, and measures"]
fn answers_of_a_real_model_have_their_form_and_cost_little() {
    let Some(file) = std::env::var_os("DRAMATURG_TEST_MODEL") else { return };
    let mut backend = LlamaBackend::init().unwrap();
    backend.void_logs();
    let model = LlamaModel::load_from_file(&backend, file, &LlamaModelParams::default()).unwrap();
    let vocab = model.vocab();
    let ids = || (0..vocab.n_tokens()).map(LlamaToken);
    let begin = Instant::now();
    let pieces: Vec<Vec<u8>> = ids()
        .map(|id| match vocab.is_control(id) {
            true => Vec::new(),
            false => vocab.token_to_piece(id, false, None),
        })
        .collect();
    let read = begin.elapsed();
    let end: Vec<u32> = ids().filter(|id| vocab.is_eog(*id)).map(|id| id.0 as u32).collect();
    let begin = Instant::now();
    let grammars = Grammars::new(pieces.clone(), &end).unwrap();
    println!("{} tokens read in {read:?}, prepared in {:?}", pieces.len(), begin.elapsed());

    let words = "say mood trust memories suspicion arguments give_coins surprised disposition wants \
        lighthouse fearful follow_player relationship-delta {\"say\":\" ,\"mood\":\" },{\"name\":\"";
    let env = grammars.0.factory.tok_env();
    let (mut same, mut all) = (0, 0);
    for word in words.split(' ') {
        let theirs: Vec<u32> =
            vocab.tokenize(word.as_bytes(), false, false).iter().map(|id| id.0 as u32).collect();
        let ours = env.tokenize_bytes(word.as_bytes());
        all += 1;
        same += usize::from(ours == theirs);
        if ours != theirs {
            println!("'{word}': {ours:?}, by llama.cpp {theirs:?}");
        }
    }
    println!("{same} of {all} pieces of text in the tokens of llama.cpp");

    let schema = json!({"type": "object", "properties": {
        "mood": {"enum": ["glad", "sad", "surprised", "neutral"]},
        "say": {"type": "string", "maxLength": 160},
        "trust": {"type": "integer", "minimum": -10, "maximum": 10},
        "memories": {"type": "array", "maxItems": 2, "items": {"type": "object", "properties": {
            "about": {"type": "string", "maxLength": 60}, "weight": {"type": "number", "minimum": 0, "maximum": 1},
        }, "required": ["about", "weight"]}},
    }, "required": ["mood", "say", "trust", "memories"]});
    let params = LlamaContextParams::default().with_n_threads(2).with_n_threads_batch(2);
    for (tools, schema) in [
        (vec![], Some(&schema)),
        (vec![], Some(&schema)),
        (tools(), None),
        (tools(), Some(&schema)),
    ] {
        let mut context = model.new_context(&backend, params.clone()).unwrap();
        let prompt = "<|im_start|>system\nYou are Ada, who keeps a lighthouse. Answer in JSON; you can call the tools \
            give_coins (to, coins) and follow (whom).<|im_end|>\n<|im_start|>user\nI am Tom. Please give me five coins, \
            and come with me to the harbour!<|im_end|>\n<|im_start|>assistant\n";
        let mut next = vocab.tokenize(prompt.as_bytes(), false, true);
        let mut grammar = match tools.is_empty() {
            true => grammars.start(schema.unwrap()).unwrap(),
            false => grammars.start_with_tools(&tools, schema).unwrap(),
        };
        let mut answer = Answer::new(&tools, schema);
        let (mut at, mut written, mut steps, mut text) = (0, 0, 0, Vec::new());
        let (mut masks, mut other, mut decoding) = (Vec::new(), Duration::ZERO, Duration::ZERO);
        let mut done = false;
        while !done && written < 200 {
            let begin = Instant::now();
            let mut batch = LlamaBatch::new(512, 1);
            let last = next.len() - 1;
            for (i, token) in next.iter().enumerate() {
                batch.add(*token, at, &[0], i == last).unwrap();
                at += 1;
            }
            context.decode(&mut batch).unwrap();
            if written > 0 {
                decoding += begin.elapsed();
                steps += 1;
            }
            let mut logits = context.get_logits_ith(last as i32).to_vec();
            let begin = Instant::now();
            grammar.mask(&mut logits);
            masks.push(begin.elapsed());
            let best = (0..logits.len()).max_by(|a, b| logits[*a].total_cmp(&logits[*b])).unwrap();
            next.clear();
            let mut coming = vec![best as u32];
            while !done && !coming.is_empty() {
                for token in std::mem::take(&mut coming) {
                    let begin = Instant::now();
                    done = grammar.accept(token).unwrap();
                    other += begin.elapsed();
                    text.extend_from_slice(&pieces[token as usize]);
                    for event in answer.push(&pieces[token as usize]).unwrap() {
                        if !matches!(event, crate::StreamEvent::Text(_)) {
                            println!("  {event:?}");
                        }
                    }
                    next.push(LlamaToken(token as i32));
                    written += 1;
                }
                let begin = Instant::now();
                coming = grammar.forced();
                other += begin.elapsed();
            }
        }
        let mask = masks.iter().sum::<Duration>();
        println!(
            "{}\n  {written} tokens in {steps} steps of {:.1} ms; a mask {:.3} ms (at worst {:.3}), the rest {:.3} ms a \
             token: {:.2} % of decoding; {:?}",
            String::from_utf8_lossy(&text),
            decoding.as_secs_f64() * 1000.0 / f64::from(steps),
            mask.as_secs_f64() * 1000.0 / masks.len() as f64,
            masks.iter().max().unwrap().as_secs_f64() * 1000.0,
            other.as_secs_f64() * 1000.0 / f64::from(written),
            (mask + other).as_secs_f64() * 100.0 / decoding.as_secs_f64(),
            answer.finish(),
        );
    }
}
