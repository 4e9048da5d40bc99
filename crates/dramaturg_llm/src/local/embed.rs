//! Vectors of what texts mean, computed by a model made for it, on a thread of its own.

use super::load::backend;
use super::{LocalError, header, processor};
use crate::remote::EmbeddingSender;
use crate::{ModelError, PendingEmbeddings};
use crossbeam_channel::{Receiver, Sender};
use icu_normalizer::ComposingNormalizerBorrowed;
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::LlamaModel;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::token::LlamaToken;
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What a text is embedded for: models of the kind of E5 (Wang et al. 2024) were trained with a word before each text that says
/// it, and find less without.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Something is looked for, or two texts are compared.
    Query,
    /// It is what may be found.
    Passage,
}

impl Purpose {
    fn prefix(self) -> &'static str {
        match self {
            Self::Query => "query: ",
            Self::Passage => "passage: ",
        }
    }
}

struct Job {
    texts: Vec<String>,
    purpose: Purpose,
    answer: EmbeddingSender,
    cancel: Arc<AtomicBool>,
}

/// A model that embeds, such as multilingual-e5-small, run by llama.cpp. Nothing here blocks but [`Self::open`].
pub struct Embedder {
    name: String,
    dimensions: usize,
    /// None only while it is let go of.
    jobs: Option<Sender<Job>>,
    /// Nobody waits for anything any more.
    stop: Arc<AtomicBool>,
    /// Breaks off when the thread has ended.
    ended: Receiver<()>,
}

/// How long letting go of a model waits for what it is just computing.
const LETTING_GO: Duration = Duration::from_secs(3);

/// A program that ends while llama.cpp computes takes its libraries away under its feet, and may crash.
impl Drop for Embedder {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::Relaxed);
        self.jobs = None;
        let _ = self.ended.recv_timeout(LETTING_GO);
    }
}

/// Tokens of a batch, and of the longest text: what is longer is cut.
const TOKENS: usize = 512;
/// Texts of a batch.
const TEXTS: usize = 32;

impl Embedder {
    /// Loads a model with so many threads; takes a part of a second.
    ///
    /// # Errors
    /// [`LocalError`] when there is no usable model in `path`.
    pub fn open(path: &Path, threads: u32) -> Result<Self, LocalError> {
        header(path)?;
        processor::prepare(path).map_err(LocalError::Processor)?;
        let (jobs, inbox) = crossbeam_channel::unbounded();
        let (ready, loaded) = crossbeam_channel::bounded(1);
        let (alive, ended) = crossbeam_channel::bounded::<()>(0);
        let stop = Arc::new(AtomicBool::new(false));
        let (file, stopped) = (path.to_owned(), stop.clone());
        std::thread::Builder::new()
            .name("dramaturg-embed".into())
            .spawn(move || {
                run(&file, threads, &inbox, &ready, &stopped);
                // Only now nothing of llama.cpp is in use.
                drop(alive);
            })
            .map_err(|source| LocalError::Io { path: path.to_owned(), source })?;
        let damaged = |reason| LocalError::Damaged { path: path.to_owned(), reason };
        let broken = Err("its thread ended".to_owned());
        let dimensions = loaded.recv().unwrap_or(broken).map_err(damaged)?;
        let name = path.file_stem().map_or("local".into(), |s| s.to_string_lossy().into_owned());
        Ok(Self { name, dimensions, jobs: Some(jobs), stop, ended })
    }

    /// The file's name without its ending. Vectors of different models can't be compared.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many numbers a vector has.
    pub fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// A vector of length 1 for each text, in their order; they are nearer to each other the more alike the texts are meant, in
    /// whatever language. A text of more than 512 tokens is cut.
    pub fn embed(&self, texts: Vec<String>, purpose: Purpose) -> PendingEmbeddings {
        let (pending, answer, cancel) = PendingEmbeddings::channel();
        // When the thread is gone, the sender is dropped with the job and the receiver says so.
        let job = Job { texts, purpose, answer, cancel };
        let _ = self.jobs.as_ref().map(|jobs| jobs.send(job));
        pending
    }
}

fn run(
    path: &Path,
    threads: u32,
    jobs: &Receiver<Job>,
    ready: &Sender<Result<usize, String>>,
    stop: &AtomicBool,
) {
    let Some(backend) = backend() else {
        return drop(ready.send(Err("llama.cpp can't start".to_owned())));
    };
    let load = || {
        let params = LlamaModelParams::default().with_n_gpu_layers(0);
        LlamaModel::load_from_file(backend, path, &params).map_err(|e| e.to_string())
    };
    let model = match load() {
        Ok(model) => model,
        Err(error) => return drop(ready.send(Err(error))),
    };
    let threads = i32::try_from(threads.max(1)).unwrap_or(1);
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(TOKENS as u32))
        .with_n_batch(TOKENS as u32)
        .with_n_ubatch(TOKENS as u32)
        .with_n_seq_max(TEXTS as u32)
        .with_kv_unified(true)
        .with_n_threads(threads)
        .with_n_threads_batch(threads)
        .with_embeddings(true);
    let mut context = match model.new_context(backend, params) {
        Ok(context) => context,
        Err(error) => return drop(ready.send(Err(error.to_string()))),
    };
    let e5 = model.meta_val_str("general.name").is_ok_and(|name| name.contains("e5"));
    let _ = ready.send(Ok(usize::try_from(model.n_embd()).unwrap_or_default()));
    for job in jobs {
        let prefix = if e5 { job.purpose.prefix() } else { "" };
        let vectors = embed(&model, &mut context, prefix, &job.texts, &|| {
            stop.load(Ordering::Relaxed) || job.cancel.load(Ordering::Relaxed)
        });
        let _ = job.answer.send(vectors);
    }
}

fn embed(
    model: &LlamaModel,
    context: &mut LlamaContext<'_>,
    prefix: &str,
    texts: &[String],
    is_cancelled: &dyn Fn() -> bool,
) -> Result<Vec<Vec<f32>>, ModelError> {
    let broken = |what: &dyn std::fmt::Display| ModelError::Garbage(format!("embedding: {what}"));
    // What the models' tokenizers do first; llama.cpp does it only where the file has its table.
    let normal = ComposingNormalizerBorrowed::new_nfkc();
    let tokens = |text: &String| {
        let text = format!("{prefix}{}", normal.normalize(text));
        let mut tokens = model.vocab().tokenize(text.as_bytes(), true, false);
        if let Some(last) = tokens.last().copied().filter(|_| tokens.len() > TOKENS) {
            tokens.truncate(TOKENS - 1);
            tokens.push(last);
        }
        tokens
    };
    let mut waiting: Vec<Vec<LlamaToken>> = texts.iter().map(tokens).collect();
    waiting.reverse();
    let mut vectors = Vec::with_capacity(texts.len());
    while !waiting.is_empty() {
        if is_cancelled() {
            return Err(ModelError::Cancelled);
        }
        let mut batch = LlamaBatch::new(TOKENS, 1);
        let (mut count, mut room) = (0, TOKENS);
        while let Some(tokens) = waiting.pop_if(|next| count < TEXTS && next.len() <= room) {
            room -= tokens.len();
            batch.add_sequence(&tokens, count as i32, true).map_err(|e| broken(&e))?;
            count += 1;
        }
        context.clear_kv_cache();
        context.encode(&mut batch).map_err(|e| broken(&e))?;
        for sequence in 0..count {
            let vector = context.embeddings_seq_ith(sequence as i32).map_err(|e| broken(&e))?;
            vectors.push(unit(vector));
        }
    }
    Ok(vectors)
}

/// The vector of length 1 in the same direction.
fn unit(vector: &[f32]) -> Vec<f32> {
    let length = vector.iter().map(|x| x * x).sum::<f32>().sqrt().max(f32::MIN_POSITIVE);
    vector.iter().map(|x| x / length).collect()
}
