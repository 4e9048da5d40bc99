//! Adapters on the real test model; `cargo xtask test` fetches it and sets DRAMATURG_TEST_MODEL. The adapters are made
//! here, of seeded numbers: they say nothing sensible, but what they do is theirs.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod gguf;

use dramaturg_llm::{
    Adapter, AdapterFault, AdapterId, CompletionRequest, LanguageModel, Local, LocalError,
    LocalSettings, Message, ModelError, Priority, Sampling, StreamEvent, Warm,
};
use gguf::Gguf;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(120);

fn model_file() -> Option<PathBuf> {
    let file = std::env::var_os("DRAMATURG_TEST_MODEL").map(PathBuf::from);
    if file.is_none() {
        eprintln!("DRAMATURG_TEST_MODEL is not set: nothing was tested");
    }
    file
}

// Of the test model.
const LAYERS: usize = 30;
const WIDTH: u64 = 576;
const RANK: u64 = 4;

fn named(architecture: &str) -> Gguf {
    Gguf::default()
        .text("general.type", "adapter")
        .text("general.architecture", architecture)
        .text("adapter.type", "lora")
        .float("adapter.lora.alpha", RANK as f32)
}

/// Changes of what each layer asks for, of numbers up to `strength`.
fn lora(seed: u64, strength: f32) -> Gguf {
    let mut random = fastrand::Rng::with_seed(seed);
    let mut numbers = |strength: f32| -> Vec<f32> {
        (0..WIDTH * RANK).map(|_| (random.f32() * 2.0 - 1.0) * strength).collect()
    };
    (0..LAYERS).fold(named("llama"), |file, layer| {
        let name = format!("blk.{layer}.attn_q.weight");
        file.tensor(&format!("{name}.lora_a"), [WIDTH, RANK], &numbers(0.1)).tensor(
            &format!("{name}.lora_b"),
            [RANK, WIDTH],
            &numbers(strength),
        )
    })
}

/// A folder with adapters, and settings that name them.
fn settings(folder: &Path, adapters: &[(&str, Gguf)]) -> LocalSettings {
    let adapters = adapters.iter().map(|(id, file)| {
        let path = folder.join(format!("{id}.gguf"));
        std::fs::write(&path, file.bytes()).unwrap();
        (AdapterId::from(*id), Adapter::new(path))
    });
    LocalSettings { adapters: adapters.collect(), ..LocalSettings::default() }
}

fn open(settings: &LocalSettings) -> Option<Local> {
    Some(Local::open(&model_file()?, settings.clone()).unwrap())
}

const WORLD: &str = "Night and fog over Saltreach, a harbour town. The Lantern is the last tavern on the quay. \
    The last ferry has gone. Everybody knows everybody, and nobody says so. The soup is hot. ";

fn ask(adapter: Option<&str>, line: &str) -> CompletionRequest {
    let system = format!("{WORLD}{WORLD}You are Marta. Answer in one short sentence.");
    CompletionRequest {
        sampling: Sampling { temperature: 0.0, ..Sampling::default() },
        max_tokens: 16,
        adapter: adapter.map(AdapterId::from),
        ..CompletionRequest::new(vec![Message::system(system), Message::user(line)])
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Answer {
    text: String,
    cached: usize,
    end: StreamEvent,
}

fn listen(stream: &dramaturg_llm::CompletionStream) -> Answer {
    let mut answer = Answer { text: String::new(), cached: 0, end: StreamEvent::Done };
    loop {
        match stream.next(LONG) {
            StreamEvent::Prompt { cached, .. } => answer.cached = cached,
            StreamEvent::Text(text) => answer.text.push_str(&text),
            StreamEvent::Usage(_) | StreamEvent::Lead(_) => {}
            end => {
                answer.end = end;
                return answer;
            }
        }
    }
}

fn speak(model: &Local, request: CompletionRequest) -> Answer {
    listen(&model.complete(request))
}

/// Lines that are answered by each voice. One of them would not do to compare by: what is evaluated in other slices,
/// beside others or in other cells comes out a little different, and the next words of this model are sometimes nearly
/// equally likely, on one processor or another.
const LINES: [&str; 4] =
    ["Cold night.", "Who are you?", "What is in the soup?", "When does the ferry go?"];

/// What each voice answers to each line, all of the prompt but its last token being held.
fn held(model: &Local, voices: &[Option<&str>]) -> Vec<String> {
    let ask = |voice: &Option<&str>, line| speak(model, ask(*voice, line));
    voices
        .iter()
        .flat_map(|voice| LINES.map(|line| [(); 2].map(|()| ask(voice, line))))
        .map(|[_, answer]| {
            assert!(answer.cached > 100, "{}", answer.cached);
            answer.text
        })
        .collect()
}

/// Asserts that each voice says what it said before rather than what another did: how much the answers begin alike
/// tells, whatever is nearly equally likely.
fn assert_each_its_own(before: &[String], after: &[String]) {
    let voice = |answers: &[String]| -> Vec<Vec<String>> {
        answers.chunks(LINES.len()).map(<[String]>::to_vec).collect()
    };
    let alike = |one: &[String], other: &[String]| -> usize {
        let common = |(one, other): (&String, &String)| {
            one.chars().zip(other.chars()).take_while(|(one, other)| one == other).count()
        };
        one.iter().zip(other).map(common).sum()
    };
    let (before, after) = (voice(before), voice(after));
    for (at, answers) in after.iter().enumerate() {
        let alikes: Vec<_> = before.iter().map(|other| alike(answers, other)).collect();
        let others = alikes.iter().enumerate().filter(|(other, _)| *other != at);
        assert!(
            others.into_iter().all(|(_, other)| alikes[at] > *other),
            "{at}: {alikes:?} {after:#?}"
        );
    }
}

#[test]
fn an_adapter_changes_what_is_said_and_an_empty_one_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let adapters = [("nothing", lora(1, 0.0)), ("strong", lora(2, 2.0))];
    let Some(model) = open(&settings(folder.path(), &adapters)) else { return };
    let own = speak(&model, ask(None, "Cold night."));
    assert_eq!(own.end, StreamEvent::Done);
    assert!(!own.text.is_empty());
    let nothing = speak(&model, ask(Some("nothing"), "Cold night."));
    assert_eq!(nothing.text, own.text);
    assert_eq!(nothing.cached, 0, "what was evaluated without an adapter was taken for its own");
    let strong = speak(&model, ask(Some("strong"), "Cold night."));
    assert_eq!(strong.cached, 0);
    assert_ne!(strong.text, own.text);
    // Each finds its own again.
    let voices = [None, Some("nothing"), Some("strong")];
    let answers = held(&model, &voices);
    let [own, nothing, strong] =
        [0, 1, 2].map(|voice| &answers[voice * LINES.len()..][..LINES.len()]);
    let differing = own.iter().zip(nothing).filter(|(own, nothing)| own != nothing).count();
    assert!(differing <= LINES.len() / 2, "{own:#?} {nothing:#?}");
    assert!(own.iter().zip(strong).all(|(own, strong)| own != strong), "{own:#?} {strong:#?}");
}

#[test]
fn who_speaks_at_the_same_time_says_what_each_says_alone() {
    let folder = tempfile::tempdir().unwrap();
    let adapters = [("one", lora(3, 2.0)), ("two", lora(4, 2.0))];
    let settings = settings(folder.path(), &adapters);
    let voices = [None, Some("one"), Some("two")];
    let Some(model) = open(&settings) else { return };
    let alone = held(&model, &voices);
    let (own, others) = alone.split_at(LINES.len());
    assert!(own.iter().zip(others).all(|(own, other)| own != other), "{alone:#?}");
    let streams: Vec<_> = voices
        .iter()
        .flat_map(|voice| LINES.map(|line| ask(*voice, line)))
        .map(|request| model.complete(request))
        .collect();
    let together: Vec<_> = streams.iter().map(|stream| listen(stream).text).collect();
    assert_each_its_own(&alone, &together);
}

#[test]
fn nobody_starves_beside_a_long_speech_with_another_adapter() {
    let folder = tempfile::tempdir().unwrap();
    let settings = settings(folder.path(), &[("one", lora(3, 0.1)), ("two", lora(4, 0.1))]);
    let Some(model) = open(&settings) else { return };
    let long = CompletionRequest {
        max_tokens: 400,
        stop: Vec::new(),
        // With a schema it can't end early.
        schema: Some(serde_json::json!({
            "type": "object", "required": ["numbers"],
            "properties": {"numbers": {"type": "array", "minItems": 200, "items": {"enum": [7, 8]}}},
        })),
        ..ask(Some("one"), "Count.")
    };
    let running = model.complete(long);
    let begun = running.next(LONG);
    assert!(matches!(begun, StreamEvent::Prompt { .. }), "{begun:?}");
    let mut second = ask(Some("two"), "Who are you?");
    second.work.priority = Priority::Background;
    assert_eq!(speak(&model, second).end, StreamEvent::Done);
    let end = std::iter::from_fn(|| Some(running.next(Duration::ZERO)))
        .find(|event| matches!(event, StreamEvent::Failed(_) | StreamEvent::Done));
    let still = StreamEvent::Failed(ModelError::TimedOut);
    assert_eq!(end, Some(still), "the long speech was over before the other began");
    running.cancel();
}

#[test]
fn what_is_warmed_parked_and_saved_stays_with_its_adapter() {
    let folder = tempfile::tempdir().unwrap();
    let adapters = [("one", lora(3, 2.0)), ("two", lora(4, 2.0))];
    let mut small = settings(folder.path(), &adapters);
    let cache = folder.path().join("cache");
    let Some(model) = open(&small) else { return };
    model.warm(Warm {
        messages: ask(None, "").messages,
        adapter: Some("one".into()),
        ..Warm::default()
    });
    let began = Instant::now();
    while model.figures().cache.evaluated < 100 {
        assert!(began.elapsed() < LONG, "{:?}", model.figures());
        std::thread::sleep(Duration::from_millis(5));
    }
    let first = speak(&model, ask(Some("one"), "Cold night."));
    assert!(first.cached > 100, "{}", first.cached);
    assert_eq!(speak(&model, ask(Some("two"), "Cold night.")).cached, 0);
    assert_eq!(speak(&model, ask(None, "Cold night.")).cached, 0);
    let voices = [None, Some("one")];
    let before = held(&model, &voices);
    assert!(model.save_cache(&cache).recv().unwrap().unwrap() >= 3);
    drop(model);

    // After a restart the second adapter is another one.
    std::fs::write(folder.path().join("two.gguf"), lora(5, 2.0).bytes()).unwrap();
    let model = open(&small).unwrap();
    model.load_cache(&cache).recv().unwrap().unwrap();
    for voice in voices {
        let again = speak(&model, ask(voice, "Cold night."));
        assert!(again.cached > 100, "{} of {voice:?}", again.cached);
    }
    assert_eq!(speak(&model, ask(Some("two"), "Cold night.")).cached, 0);
    assert_each_its_own(&before, &held(&model, &voices));
    drop(model);

    // Room for one: each pushes the other out into host memory, and finds its own there.
    small.context_tokens = 512;
    let model = open(&small).unwrap();
    let round = |least| {
        let answers = voices.iter().flat_map(|voice| {
            LINES.map(|line| {
                let answer = speak(&model, ask(*voice, line));
                assert!(answer.cached >= least, "{} of {voice:?}", answer.cached);
                answer.text
            })
        });
        answers.collect::<Vec<_>>()
    };
    round(0);
    let found = round(100);
    assert_each_its_own(&found, &round(100));
    assert_each_its_own(&before, &found);
}

#[test]
fn an_adapter_that_is_not_loaded_is_named_in_the_answer() {
    let folder = tempfile::tempdir().unwrap();
    let Some(model) = open(&settings(folder.path(), &[("one", lora(3, 0.1))])) else { return };
    let answer = speak(&model, ask(Some("marta"), "Cold night."));
    let StreamEvent::Failed(error @ ModelError::Unsupported(_)) = answer.end else {
        panic!("{answer:?}");
    };
    let said = error.to_string();
    assert!(said.contains("`marta`") && said.contains("`one`"), "{said}");
}

#[test]
fn a_wrong_adapter_is_a_clear_error() {
    let Some(file) = model_file() else { return };
    let folder = tempfile::tempdir().unwrap();
    let refused = |bytes: Option<&[u8]>| {
        let path = folder.path().join("marta.gguf");
        let _ = std::fs::remove_file(&path);
        if let Some(bytes) = bytes {
            std::fs::write(&path, bytes).unwrap();
        }
        let adapters = [(AdapterId::from("marta"), Adapter::new(&path))];
        let settings =
            LocalSettings { adapters: adapters.into_iter().collect(), ..LocalSettings::default() };
        match Local::open(&file, settings).map(drop) {
            Err(error @ LocalError::Adapter { .. }) => {
                let said = error.to_string();
                assert!(said.contains("`marta`") && said.contains("marta.gguf"), "{said}");
                let LocalError::Adapter { fault, .. } = error else { unreachable!() };
                fault
            }
            other => panic!("{other:?}"),
        }
    };
    assert!(matches!(refused(None), AdapterFault::NotFound));
    assert!(matches!(refused(Some(b"PK no adapter")), AdapterFault::Damaged(_)));
    let good = lora(1, 0.1).bytes();
    let mut model = vec![0; 1 << 20];
    std::io::Read::read_exact(&mut std::fs::File::open(&file).unwrap(), &mut model).unwrap();
    for (bytes, said) in [
        (&good[..good.len() - 1000], "cut short"),
        (&good[..200], "cut short"),
        (&model, "cut short"),
        (&std::fs::read(&file).unwrap(), "not a LoRA adapter but a model"),
        (
            &named("qwen2").tensor("x.lora_a", [1, 1], &[0.0]).bytes(),
            "`qwen2`, this one is `llama`",
        ),
        (
            &named("llama")
                .tensor("blk.3.attn_k.weight.lora_a", [WIDTH, 1], &[0.0; WIDTH as usize])
                .tensor("blk.3.attn_k.weight.lora_b", [1, WIDTH], &[0.0; WIDTH as usize])
                .bytes(),
            "`blk.3.attn_k.weight` as one of 576 by 576 numbers, this model's has 576 by 192",
        ),
        (
            &named("llama")
                .tensor("blk.30.attn_q.weight.lora_a", [WIDTH, 1], &[0.0; WIDTH as usize])
                .tensor("blk.30.attn_q.weight.lora_b", [1, WIDTH], &[0.0; WIDTH as usize])
                .bytes(),
            "`blk.30.attn_q.weight`, which this model hasn't got",
        ),
    ] {
        let fault = refused(Some(bytes)).to_string();
        assert!(fault.contains(said), "{said}: {fault}");
    }
}

#[test]
fn a_request_without_an_adapter_is_the_request_that_it_always_was() {
    let plain = CompletionRequest::new(vec![Message::user("Who keeps the light?")]);
    let json = serde_json::to_string(&plain).unwrap();
    assert!(!json.contains("adapter"), "{json}");
    let other = CompletionRequest { adapter: Some("marta".into()), ..plain.clone() };
    assert_ne!(plain.hash(), other.hash());
    let read: CompletionRequest =
        serde_json::from_str(&serde_json::to_string(&other).unwrap()).unwrap();
    assert_eq!(read.adapter, other.adapter);
}
