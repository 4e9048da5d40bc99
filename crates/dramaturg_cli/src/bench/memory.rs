//! Memory: evidence found on the public LoCoMo format, and how long it takes with very many memories.

mod embed;
mod locomo;
mod scale;

use locomo::Conversation;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

#[derive(clap::Args)]
pub struct Memory {
    /// A file of conversations and questions in LoCoMo's public format.
    #[arg(long, required_unless_present = "scale", conflicts_with = "scale")]
    locomo: Option<PathBuf>,
    /// So many made-up memories of one character instead: times and bytes.
    #[arg(long)]
    scale: Option<usize>,
    /// What embeds the turns and questions: a GGUF file, or a model of the catalogue, which is fetched.
    #[arg(long, default_value = crate::ear::DEFAULT, conflicts_with = "vectors")]
    embedder: String,
    /// Find by words alone.
    #[arg(long)]
    words_only: bool,
    /// Vectors made elsewhere, as 32-bit little-endian floats in the order of --texts.
    #[arg(long, requires = "locomo", conflicts_with = "words_only")]
    vectors: Option<PathBuf>,
    /// Write the texts to embed, one JSON object a line, and stop.
    #[arg(long, requires = "locomo", conflicts_with = "vectors")]
    texts: Option<PathBuf>,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

impl Memory {
    pub fn run(self) -> Result<ExitCode, String> {
        if let Some(count) = self.scale {
            let figures = scale::measure(count)?;
            println!("{figures}");
            return Ok(ExitCode::SUCCESS);
        }
        let file = self.locomo.ok_or("name a file: --locomo FILE")?;
        let conversations = locomo::read(&file)?;
        if let Some(texts) = &self.texts {
            let all: Vec<_> = conversations.iter().flat_map(Conversation::texts).collect();
            let line = |(purpose, text): &(&str, String)| {
                format!("{}\n", json!({"purpose": purpose, "text": text}))
            };
            let lines: String = all.iter().map(line).collect();
            std::fs::write(texts, lines).map_err(|e| format!("{}: {e}", texts.display()))?;
            println!("{} texts in {}", all.len(), texts.display());
            return Ok(ExitCode::SUCCESS);
        }
        let count: usize =
            conversations.iter().map(|one| one.turns.len() + one.questions.len()).sum();
        let vectors = match &self.vectors {
            Some(file) => Some(vectors(file, count)?),
            None if self.words_only => None,
            None => {
                let texts: Vec<_> = conversations.iter().flat_map(Conversation::texts).collect();
                Some(embed::embed(&self.embedder, &texts)?)
            }
        };
        let mut figures = locomo::Figures::default();
        let mut at = 0;
        for conversation in &conversations {
            let own = conversation.turns.len() + conversation.questions.len();
            let vectors = vectors.as_ref().and_then(|all| all.get(at..at + own));
            conversation.ask(vectors, &mut figures);
            at += own;
        }
        let (ndcg, recall) = figures.macro_averages();
        for (category, ndcg, recall, questions) in figures.by_category() {
            println!(
                "category {category}: nDCG@10 {ndcg:.3}, recall@10 {recall:.3}, {questions} questions"
            );
        }
        let (p50, p99) =
            (percentile(&mut figures.times, 0.5), percentile(&mut figures.times, 0.99));
        println!(
            "all: nDCG@10 {ndcg:.3}, recall@10 {recall:.3}; a query {p50:.2} ms, 99 % below {p99:.2} ms"
        );
        if self.json {
            println!(
                "{}",
                json!({
                    "ndcg_at_10": ndcg, "recall_at_10": recall, "queries": figures.times.len(),
                    "query_ms": {"p50": p50, "p99": p99}, "vectors": vectors.is_some(),
                })
            );
        }
        Ok(ExitCode::SUCCESS)
    }
}

fn vectors(file: &Path, count: usize) -> Result<Vec<Vec<f32>>, String> {
    let bytes = std::fs::read(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let numbers: Vec<f32> = bytes
        .chunks_exact(4)
        .map(|four| f32::from_le_bytes([four[0], four[1], four[2], four[3]]))
        .collect();
    let length = numbers.len().checked_div(count).unwrap_or_default();
    if length == 0 || length * count * 4 != bytes.len() {
        return Err(format!(
            "{} does not hold {count} vectors: make them of --texts",
            file.display()
        ));
    }
    Ok(numbers.chunks(length).map(<[f32]>::to_vec).collect())
}

/// In milliseconds.
fn percentile(times: &mut [Duration], share: f64) -> f64 {
    times.sort();
    let at = (times.len().saturating_sub(1) as f64 * share).round() as usize;
    times.get(at).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}
