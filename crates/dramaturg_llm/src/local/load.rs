//! Opening a model, and finding out what it can do.

use super::cells::Cells;
use super::step::BATCH;
use super::worker::Worker;
use super::{Job, LocalFigures, LocalSettings, SEQUENCES};
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

fn backend() -> Option<&'static LlamaBackend> {
    let open = || {
        let mut backend = LlamaBackend::init().ok()?;
        backend.void_logs();
        Some(backend)
    };
    BACKEND.get_or_init(open).as_ref()
}

fn open(path: &Path) -> Result<(LlamaModel, LlamaChatTemplate), String> {
    let backend = backend().ok_or("llama.cpp can't start")?;
    let model = LlamaModel::load_from_file(backend, path, &LlamaModelParams::default())
        .map_err(|e| e.to_string())?;
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

pub(super) fn run(
    path: &Path,
    settings: &LocalSettings,
    jobs: &Receiver<Job>,
    figures: Arc<Mutex<LocalFigures>>,
    ready: &Sender<Result<(), String>>,
) {
    let (model, template) = match open(path) {
        Ok(opened) => opened,
        Err(reason) => {
            let _ = ready.send(Err(reason));
            return;
        }
    };
    let mut context = match context(&model, settings) {
        Ok(context) => context,
        Err(reason) => {
            let _ = ready.send(Err(reason));
            return;
        }
    };
    let trims = !settings.never_trim && trims(&model, &mut context);
    let limit = settings.context_tokens as usize;
    let cells = Cells::new(context, SEQUENCES, limit, settings.parked_bytes, trims);
    let parallel = settings.parallel as usize;
    let _ = ready.send(Ok(()));
    Worker::new(&model, &template, cells, jobs, figures, parallel, limit / 2).run();
}
