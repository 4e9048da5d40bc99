//! How much of the hardware's decode rate is left: a bare llama.cpp loop against this crate, alternating, with one
//! sequence and with eight; and what a schema costs.
//!
//! `DRAMATURG_BENCH_MODEL=model.gguf cargo bench -p dramaturg_llm --bench decode` prints one JSON object. Rates are in
//! tokens a second; ratios are medians over the rounds, each against the bare loop measured right before it.
#![allow(clippy::unwrap_used, reason = "a bench may panic")]

use dramaturg_llm::{
    CompletionRequest, CompletionStream, LanguageModel, Local, LocalSettings, Message, Sampling,
    StreamEvent,
};
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(300);
/// Batches over which a rate is taken.
const STEPS: usize = 96;
const ROUNDS: usize = 5;
const TASK: &str =
    "Tell a long fairy tale of a lighthouse keeper and her daughter, in at least ten paragraphs.";
const CONTEXT: u32 = 8192;

fn main() {
    dramaturg_llm::answer_probe();
    let Some(model) = std::env::var_os("DRAMATURG_BENCH_MODEL").map(PathBuf::from) else {
        println!("nothing is measured: name a GGUF file in DRAMATURG_BENCH_MODEL");
        return;
    };
    let mut words = std::env::args().skip(1);
    if words.next().as_deref() == Some("bare") {
        let sequences = words.next().and_then(|n| n.parse().ok()).unwrap_or(1);
        println!("{}", bare(&model, sequences));
        return;
    }
    let local = Local::open(&model, LocalSettings::default()).unwrap();
    let mut rounds: Vec<[f64; 5]> = Vec::new();
    for _ in 0..ROUNDS {
        // Only one backend of llama.cpp can be open in a process.
        rounds.push([
            bare_in_child(1),
            ours(&local, 1, false),
            bare_in_child(8),
            ours(&local, 8, false),
            ours(&local, 1, true),
        ]);
    }
    local.close(LONG);
    let median = |of: &dyn Fn(&[f64; 5]) -> f64| {
        let mut all: Vec<f64> = rounds.iter().map(of).collect();
        all.sort_by(f64::total_cmp);
        all[all.len() / 2]
    };
    println!(
        "{}",
        serde_json::json!({
            "model": model.file_stem().unwrap_or_default().to_string_lossy(),
            "threads": LocalSettings::default().threads,
            "bare_tok_s": median(&|r| r[0]), "tok_s": median(&|r| r[1]),
            "bare_8_tok_s": median(&|r| r[2]), "tok_s_8": median(&|r| r[3]),
            "schema_tok_s": median(&|r| r[4]),
            "ratio": median(&|r| r[1] / r[0]), "ratio_8": median(&|r| r[3] / r[2]),
            "schema_ratio": median(&|r| r[4] / r[1]),
            "rounds": rounds,
        })
    );
}

fn bare_in_child(sequences: usize) -> f64 {
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["bare", &sequences.to_string()])
        .output()
        .unwrap();
    String::from_utf8(child.stdout).unwrap().trim().parse().unwrap()
}

/// The loop that a programmer would write who wants nothing but tokens.
fn bare(file: &Path, sequences: usize) -> f64 {
    #[cfg(feature = "cpu-variants")]
    llama_cpp_2::llama_backend::load_backends_from_path(
        &dramaturg_llm::processor_libraries().unwrap(),
    );
    let mut backend = LlamaBackend::init().unwrap();
    backend.void_logs();
    let model = LlamaModel::load_from_file(&backend, file, &LlamaModelParams::default()).unwrap();
    let threads = LocalSettings::default().threads as i32;
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(CONTEXT))
        .with_n_batch(512)
        .with_n_seq_max(sequences as u32)
        .with_kv_unified(true)
        .with_n_threads(threads)
        .with_n_threads_batch(threads);
    let mut context = model.new_context(&backend, params).unwrap();
    let mut next = Vec::new();
    let mut length = 0;
    for seq in 0..sequences {
        let prompt = model.vocab().tokenize(prompt(seq).as_bytes(), true, true);
        length = length.max(prompt.len() as i32);
        let mut batch = LlamaBatch::new(512, 1);
        for (at, token) in prompt.iter().enumerate() {
            batch.add(*token, at as i32, &[seq as i32], at + 1 == prompt.len()).unwrap();
        }
        context.decode(&mut batch).unwrap();
        next.push((prompt.len() as i32, likeliest(context.get_logits_ith(batch.n_tokens() - 1))));
    }
    let began = Instant::now();
    for _ in 0..STEPS {
        let mut batch = LlamaBatch::new(64, 1);
        for (seq, (at, token)) in next.iter().enumerate() {
            let token = llama_cpp_2::token::LlamaToken(*token);
            batch.add(token, *at, &[seq as i32], true).unwrap();
        }
        context.decode(&mut batch).unwrap();
        for (index, (at, token)) in next.iter_mut().enumerate() {
            (*at, *token) = (*at + 1, likeliest(context.get_logits_ith(index as i32)));
        }
    }
    (STEPS * sequences) as f64 / began.elapsed().as_secs_f64()
}

fn likeliest(logits: &[f32]) -> i32 {
    let best = logits.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    best.map_or(0, |(at, _)| at as i32)
}

/// The same text for both, in the template of the models that are used here.
fn prompt(seq: usize) -> String {
    format!(
        "<|im_start|>system\nYou are number {seq}.<|im_end|>\n<|im_start|>user\n{TASK}<|im_end|>\n<|im_start|>assistant\n"
    )
}

/// Batches in which everybody speaks, over as many askings as that takes: an answer may end by itself.
fn ours(local: &Local, sequences: usize, schema: bool) -> f64 {
    let (mut steps, mut took) = (0, Duration::ZERO);
    for asked in 0.. {
        let streams: Vec<CompletionStream> =
            (0..sequences).map(|seq| local.complete(request(seq, schema))).collect();
        streams.iter().for_each(first_word);
        let (began, before) = (Instant::now(), local.figures().steps);
        let mut last = (0, Duration::ZERO);
        while last.0 < STEPS {
            std::thread::sleep(Duration::from_millis(1));
            let now = ((local.figures().steps - before) as usize, began.elapsed());
            if local.figures().speaking != sequences {
                break;
            }
            last = now;
        }
        drop(streams);
        while local.figures().speaking > 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        steps += last.0;
        took += last.1;
        if steps >= STEPS {
            break;
        }
        assert!(asked < 10, "answers end before they are measured: {steps} batches in ten askings");
    }
    (steps * sequences) as f64 / took.as_secs_f64()
}

fn request(seq: usize, schema: bool) -> CompletionRequest {
    let mut request = CompletionRequest::new(vec![
        Message::system(format!("You are number {seq}.")),
        Message::user(TASK),
    ]);
    request.sampling = Sampling { temperature: 0.0, repeat_penalty: 1.0, ..Sampling::default() };
    request.max_tokens = STEPS as u32 * 4;
    request.stop.clear();
    if schema {
        request.schema = Some(serde_json::json!({
            "type": "object", "properties": {"speech": {"type": "string"}},
            "required": ["speech"], "additionalProperties": false,
        }));
    }
    request
}

fn first_word(stream: &CompletionStream) {
    loop {
        match stream.next(LONG) {
            StreamEvent::Text(_) => return,
            StreamEvent::Done | StreamEvent::Failed(_) => panic!("no word was spoken"),
            _ => {}
        }
    }
}
