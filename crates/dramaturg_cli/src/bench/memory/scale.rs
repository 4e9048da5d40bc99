//! Very many memories of one character: made up, the same each time, kept in a save file and loaded again.

use super::percentile;
use dramaturg_journal::{Entry, Journal};
use dramaturg_mind::{Day, Memory, Query, Remembered};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const LENGTH: usize = 384;
const QUESTIONS: usize = 1000;
/// How many different words there are; the n-th is said 1/n as often as the first would be, and the first hundred (as many
/// as stop words are, which are not indexed) are left out.
const WORDS: f32 = 20_000.0;
const STOPPED: f32 = 100.0;

#[derive(Clone, Serialize, Deserialize)]
struct Nothing;

impl Entry for Nothing {
    const SCHEMA: &'static str = "dramaturg.bench";
    const VERSION: u32 = 1;
    fn kind(&self) -> &'static str {
        "nothing"
    }
}

/// Chance that is the same each time (Knuth's MMIX).
struct Chance(u64);

impl Chance {
    fn unit(&mut self) -> f32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f32 / 16_777_216.0
    }
    fn word(&mut self) -> String {
        let rank = (STOPPED * (WORDS / STOPPED).powf(self.unit())) as u32;
        let mut word = String::new();
        let mut rest = rank.wrapping_mul(2_654_435_761) >> 8;
        for _ in 0..3 {
            word.push(char::from(b"bdfgklmnprstvz"[(rest % 14) as usize]));
            word.push(char::from(b"aeiou"[(rest / 14 % 5) as usize]));
            rest /= 70;
        }
        word
    }
    fn text(&mut self, words: usize) -> String {
        (0..words).map(|_| self.word()).collect::<Vec<_>>().join(" ")
    }
    /// Around a common direction, as vectors of one embedder are.
    fn vector(&mut self) -> Vec<f32> {
        let raw: Vec<f32> = (0..LENGTH)
            .map(|at| (if at % 2 == 0 { 1.0 } else { -1.0 }) + (self.unit() - 0.5) * 2.0)
            .collect();
        let length = raw.iter().map(|x| x * x).sum::<f32>().sqrt();
        raw.iter().map(|x| x / length).collect()
    }
}

pub fn measure(count: usize) -> Result<Value, String> {
    let folder = std::env::temp_dir().join(format!("dramaturg-bench-{}", std::process::id()));
    let measured = measured(count, &folder.join("bench.journal"));
    let _ = std::fs::remove_dir_all(&folder);
    measured
}

fn measured(count: usize, file: &std::path::Path) -> Result<Value, String> {
    let fail = |error: &dyn std::fmt::Display| error.to_string();
    let mut chance = Chance(1);
    let mut journal = Journal::<Nothing>::create(file).map_err(|e| fail(&e))?;
    let mut memory = Memory::default();
    let (mut inserts, mut rows) = (Vec::new(), Vec::new());
    for turn in 0..count as u32 {
        let words = 8 + (chance.unit() * 24.0) as usize;
        let line = Remembered {
            turn,
            speaker: if turn % 2 == 0 { "player".into() } else { "marta".into() },
            text: chance.text(words),
            day: Day(turn as i32 / 100),
            ..Remembered::default()
        };
        let vector = chance.vector();
        let began = Instant::now();
        rows.push(memory.add_row(line, Some(&vector)));
        inserts.push(began.elapsed());
    }
    journal.keep("marta", &rows).map_err(|e| fail(&e))?;
    drop(rows);
    let times = |memory: &Memory, chance: &mut Chance| {
        let ask = |_| {
            let (text, vector) = (chance.text(8), chance.vector());
            let now = Day(count as i32 / 100);
            let query =
                Query { text: &text, asker: "player", asked: "marta", now, vector: Some(&vector) };
            let began = Instant::now();
            let found = memory.recall(&query, 10, |_| true);
            let time = began.elapsed();
            (time, found.len())
        };
        let (times, found): (Vec<Duration>, Vec<usize>) = (0..QUESTIONS).map(ask).unzip();
        (times, found.iter().sum::<usize>())
    };
    let (mut queries, found) = times(&memory, &mut chance);
    let bytes = memory.index().bytes();
    drop(journal);
    let began = Instant::now();
    let journal = Journal::<Nothing>::open(file).map_err(|e| fail(&e))?;
    let mut loaded = Memory::default();
    let mut unread = None;
    journal
        .kept("marta", |row| unread = unread.take().or(loaded.load_row(row).err()))
        .map_err(|e| fail(&e))?;
    let load = began.elapsed();
    if let Some(error) = unread {
        return Err(error.to_string());
    }
    if loaded != memory {
        return Err("what was loaded is not what was kept".into());
    }
    Ok(json!({
        "memories": count, "queries": queries.len(), "found": found,
        "insert_ms": {"p50": percentile(&mut inserts, 0.5), "p99": percentile(&mut inserts, 0.99), "max": percentile(&mut inserts, 1.0)},
        "query_ms": {"p50": percentile(&mut queries, 0.5), "p99": percentile(&mut queries, 0.99), "max": percentile(&mut queries, 1.0)},
        "cold_load_ms": load.as_secs_f64() * 1e3,
        "index_bytes": bytes,
        "file_bytes": std::fs::metadata(file).map(|file| file.len()).unwrap_or_default(),
    }))
}
