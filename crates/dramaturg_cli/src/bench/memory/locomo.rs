//! LoCoMo (Maharana et al. 2024): very long conversations, and questions with the turns that hold their answers.

use dramaturg_mind::{Day, Index, Item, Query, spans};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::{Duration, Instant};

/// What is looked at of each answer.
const TOP: usize = 10;

pub struct Turn {
    id: String,
    speaker: String,
    /// The words, and what a picture shows that was sent with them.
    text: String,
    session: u32,
    day: Day,
}

pub struct Question {
    text: String,
    category: u64,
    evidence: BTreeSet<u32>,
}

pub struct Conversation {
    pub turns: Vec<Turn>,
    pub questions: Vec<Question>,
}

/// The figures of all questions.
#[derive(Default)]
pub struct Figures {
    /// nDCG and recall of each question, by category.
    found: BTreeMap<u64, Vec<(f64, f64)>>,
    pub times: Vec<Duration>,
}

pub fn read(file: &Path) -> Result<Vec<Conversation>, String> {
    let text = std::fs::read_to_string(file).map_err(|e| format!("{}: {e}", file.display()))?;
    let wrong = |why: &str| format!("{} is not in LoCoMo's format: {why}", file.display());
    let all: Value = serde_json::from_str(&text).map_err(|e| wrong(&e.to_string()))?;
    let all = all.as_array().ok_or_else(|| wrong("no list of conversations"))?;
    all.iter()
        .map(|one| conversation(one).ok_or_else(|| wrong("a conversation lacks its turns")))
        .collect()
}

fn conversation(one: &Value) -> Option<Conversation> {
    let sessions = one.get("conversation")?.as_object()?;
    let mut numbers: Vec<u32> =
        sessions.keys().filter_map(|key| key.strip_prefix("session_")?.parse().ok()).collect();
    numbers.sort_unstable();
    let mut turns = Vec::new();
    for session in numbers {
        let date = sessions.get(&format!("session_{session}_date_time")).and_then(Value::as_str);
        // '1:56 pm on 8 May, 2023'
        let date = date.map(|date| date.rsplit(" on ").next().unwrap_or(date));
        let day = date.and_then(|date| Some(spans(date, Day(0)).first()?.from)).unwrap_or_default();
        for turn in sessions.get(&format!("session_{session}"))?.as_array()? {
            let field = |name: &str| turn.get(name).and_then(Value::as_str).unwrap_or_default();
            let mut text = field("text").to_owned();
            if !field("blip_caption").is_empty() {
                text = format!("{text} [shares {}]", field("blip_caption"));
            }
            let (id, speaker) = (field("dia_id").to_owned(), field("speaker").to_owned());
            turns.push(Turn { id, speaker, text, session, day });
        }
    }
    let at: BTreeMap<&str, u32> =
        (0..).zip(&turns).map(|(at, turn)| (turn.id.as_str(), at)).collect();
    let questions = one.get("qa")?.as_array()?.iter().filter_map(|question| {
        let category = question.get("category")?.as_u64().filter(|c| (1..=4).contains(c))?;
        let named = question.get("evidence")?.as_array()?.iter().filter_map(Value::as_str);
        // Some entries hold several ids, or a colon too many.
        let ids = named.flat_map(|ids| ids.split([';', ' '])).map(|id| id.replacen("D:", "D", 1));
        let evidence: BTreeSet<u32> = ids.filter_map(|id| at.get(id.as_str()).copied()).collect();
        let text = question.get("question")?.as_str()?.to_owned();
        (!evidence.is_empty()).then_some(Question { text, category, evidence })
    });
    let questions = questions.collect();
    Some(Conversation { questions, turns })
}

impl Conversation {
    /// What is to be embedded, as what: each turn with the one before it, then the questions.
    pub fn texts(&self) -> Vec<(&'static str, String)> {
        let say = |turn: &Turn| format!("{}: {}", turn.speaker, turn.text);
        let passage = |at: usize| {
            let turn = &self.turns[at];
            let before = at.checked_sub(1).map(|before| &self.turns[before]);
            let before = before.filter(|before| before.session == turn.session);
            let pair = before.into_iter().chain([turn]);
            ("passage", pair.map(say).collect::<Vec<_>>().join("\n"))
        };
        let passages = (0..self.turns.len()).map(passage);
        passages.chain(self.questions.iter().map(|q| ("query", q.text.clone()))).collect()
    }

    /// Asks all questions; the vectors are those of [`Self::texts`].
    pub fn ask(&self, vectors: Option<&[Vec<f32>]>, figures: &mut Figures) {
        let vector = |at: usize| vectors.and_then(|all| all.get(at)).map(Vec::as_slice);
        let mut index = Index::default();
        for (at, turn) in self.turns.iter().enumerate() {
            let (text, speaker) = (turn.text.as_str(), turn.speaker.as_str());
            let item = Item { text, speaker, thread: turn.session, day: turn.day, importance: 1 };
            index.insert(&item, vector(at));
        }
        let now = self.turns.last().map(|turn| turn.day).unwrap_or_default();
        for (at, question) in self.questions.iter().enumerate() {
            let vector = vector(self.turns.len() + at);
            let query = Query { text: &question.text, now, vector, ..Query::default() };
            let began = Instant::now();
            let found = index.search(&query, TOP, |_| true);
            figures.times.push(began.elapsed());
            let gain = |rank: usize| 1.0 / (rank as f64 + 2.0).log2();
            let hits =
                found.iter().enumerate().filter(|(_, f)| question.evidence.contains(&f.item));
            let ranks: Vec<usize> = hits.map(|(rank, _)| rank).collect();
            let ideal: f64 = (0..question.evidence.len().min(TOP)).map(gain).sum();
            let ndcg = ranks.iter().copied().map(gain).sum::<f64>() / ideal;
            let recall = ranks.len() as f64 / question.evidence.len() as f64;
            figures.found.entry(question.category).or_default().push((ndcg, recall));
        }
    }
}

impl Figures {
    /// Category, nDCG, recall and number of questions.
    pub fn by_category(&self) -> Vec<(u64, f64, f64, usize)> {
        let mean = |(category, all): (&u64, &Vec<(f64, f64)>)| {
            let count = all.len() as f64;
            let sum = all.iter().fold((0.0, 0.0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
            (*category, sum.0 / count, sum.1 / count, all.len())
        };
        self.found.iter().map(mean).collect()
    }
    pub fn macro_averages(&self) -> (f64, f64) {
        let all = self.by_category();
        let count = all.len().max(1) as f64;
        (all.iter().map(|c| c.1).sum::<f64>() / count, all.iter().map(|c| c.2).sum::<f64>() / count)
    }
}
