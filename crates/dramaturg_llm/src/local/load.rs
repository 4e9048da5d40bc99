//! Opening a model, and finding out what it can do.

use super::cells::Cells;
use super::step::BATCH;
use super::weights::Adapters;
use super::worker::Worker;
use super::{Job, LocalError, LocalFigures, LocalSettings, SEQUENCES};
use crossbeam_channel::{Receiver, Sender};
use llama_cpp_2::context::LlamaContext;
use llama_cpp_2::context::params::LlamaContextParams;
use llama_cpp_2::llama_backend::LlamaBackend;
use llama_cpp_2::llama_batch::LlamaBatch;
use llama_cpp_2::model::params::LlamaModelParams;
use llama_cpp_2::model::{LlamaChatTemplate, LlamaModel};
use std::num::NonZeroU32;
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock};

static BACKEND: OnceLock<Option<LlamaBackend>> = OnceLock::new();

pub(super) fn backend() -> Option<&'static LlamaBackend> {
    let open = || {
        let mut backend = LlamaBackend::init().ok()?;
        backend.void_logs();
        Some(backend)
    };
    BACKEND.get_or_init(open).as_ref()
}

pub(super) fn open(
    path: &Path,
    gpu_layers: u32,
) -> Result<(LlamaModel, LlamaChatTemplate), String> {
    let backend = backend().ok_or("llama.cpp can't start")?;
    let params = LlamaModelParams::default().with_n_gpu_layers(gpu_layers);
    let model = LlamaModel::load_from_file(backend, path, &params).map_err(|e| e.to_string())?;
    let template = model.chat_template(None).map_err(|e| format!("no chat template: {e}"))?;
    Ok((model, template))
}

fn context<'m>(
    model: &'m LlamaModel,
    settings: &LocalSettings,
) -> Result<LlamaContext<'m>, String> {
    let threads = i32::try_from(settings.threads).unwrap_or(2);
    let params = LlamaContextParams::default()
        .with_n_ctx(NonZeroU32::new(settings.context_tokens))
        .with_n_batch(BATCH as u32)
        .with_n_seq_max(SEQUENCES as u32)
        .with_kv_unified(true)
        .with_n_threads(threads)
        .with_n_threads_batch(threads);
    let backend = backend().ok_or("llama.cpp can't start")?;
    model.new_context(backend, params).map_err(|e| e.to_string())
}

/// Whether the model can cut a sequence short; tried out on two tokens.
fn trims(model: &LlamaModel, context: &mut LlamaContext) -> bool {
    let token = model.vocab().bos();
    let mut batch = LlamaBatch::new(2, 1);
    let tried = [0, 1].into_iter().all(|at| batch.add(token, at, &[0], at == 1).is_ok())
        && context.decode(&mut batch).is_ok()
        && matches!(context.clear_kv_cache_seq(Some(0), Some(1), None), Ok(true));
    context.clear_kv_cache();
    tried
}

/// Loads a model and evaluates so many tokens of it that the code for whole matrices runs, too.
#[cfg(feature = "cpu-variants")]
pub(super) fn try_out(path: &Path) -> Result<(), String> {
    const TOKENS: i32 = 32;
    let backend = backend().ok_or("llama.cpp can't start")?;
    let params = LlamaModelParams::default().with_n_gpu_layers(0);
    let model = LlamaModel::load_from_file(backend, path, &params).map_err(|e| e.to_string())?;
    let settings = LocalSettings { context_tokens: 256, ..LocalSettings::default() };
    let mut context = context(&model, &settings)?;
    let mut batch = LlamaBatch::new(TOKENS as usize, 1);
    for at in 0..TOKENS {
        let last = at + 1 == TOKENS;
        batch.add(model.vocab().bos(), at, &[0], last).map_err(|e| e.to_string())?;
    }
    context.decode(&mut batch).map_err(|e| e.to_string())
}

pub(super) fn run(
    path: &Path,
    settings: &LocalSettings,
    jobs: &Receiver<Job>,
    figures: Arc<Mutex<LocalFigures>>,
    ready: &Sender<Result<(), LocalError>>,
) {
    let damaged = |reason| LocalError::Damaged { path: path.to_owned(), reason };
    let opened =
        open(path, settings.gpu_layers).map_err(damaged).and_then(|(mut model, template)| {
            let adapters = Adapters::load(&mut model, settings)?;
            Ok((model, template, adapters))
        });
    let (model, template, adapters) = match opened {
        Ok(opened) => opened,
        Err(error) => return drop(ready.send(Err(error))),
    };
    let mut context = match context(&model, settings).map_err(damaged) {
        Ok(context) => context,
        Err(error) => return drop(ready.send(Err(error))),
    };
    let trims = !settings.never_trim && trims(&model, &mut context);
    let limit = settings.context_tokens as usize;
    let cells = Cells::new(context, adapters, SEQUENCES, limit, settings.parked_bytes, trims);
    let parallel = settings.parallel as usize;
    let _ = ready.send(Ok(()));
    Worker::new(&model, &template, cells, jobs, figures, parallel, limit / 2).run();
}
