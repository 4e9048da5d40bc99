//! The vectors of the turns and questions, by the default embedder or another.

use crate::ear;
use dramaturg_llm::{Embedder, LocalSettings, Purpose};
use std::time::Duration;

/// Texts that are embedded at a time: between them it is told how far it is.
const AT_A_TIME: usize = 256;
/// Longer than so many texts take on a slow machine.
const LONGEST: Duration = Duration::from_secs(600);

/// Vectors of `texts`, each with what it is for, in their order; the embedder is a file or an id of the catalogue, which is
/// fetched where it is not there yet.
pub fn embed(embedder: &str, texts: &[(&str, String)]) -> Result<Vec<Vec<f32>>, String> {
    let file = ear::file(embedder)?;
    let threads = LocalSettings::default().threads;
    let embedder = Embedder::open(&file, threads).map_err(|e| e.to_string())?;
    let mut vectors = Vec::with_capacity(texts.len());
    for run in texts.chunk_by(|a, b| a.0 == b.0) {
        let purpose = if run[0].0 == "query" { Purpose::Query } else { Purpose::Passage };
        for some in run.chunks(AT_A_TIME) {
            let some = some.iter().map(|(_, text)| text.clone()).collect();
            let some = embedder.embed(some, purpose).wait(LONGEST).map_err(|e| e.to_string())?;
            vectors.extend(some);
            eprint!("\r{} of {} texts embedded", vectors.len(), texts.len());
        }
    }
    eprintln!();
    Ok(vectors)
}
