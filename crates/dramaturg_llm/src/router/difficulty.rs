//! How hard a request looks, before anybody has tried it.

use super::price::estimate;
use crate::{ClosedSet, CompletionRequest, Role, ScoreRequest};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How hard a request looks: 0 is a nod, 1000 the hardest. Only an estimate, from what can be counted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difficulty {
    /// 0 to 1000.
    pub value: u16,
    /// What made it so, with its share.
    pub reasons: Vec<(String, u16)>,
}

/// Words that ask for more than a fact, in the languages of the stories.
const DEEP: [&str; 14] = [
    "why",
    "how come",
    "what if",
    "explain",
    "suppose",
    "compare",
    "remember when",
    "feel about",
    "为什么",
    "为何",
    "怎么会",
    "如果",
    "解释",
    "还记得",
];
/// Words that ask for a fact.
const PLAIN: [&str; 14] = [
    "who", "whose", "what", "when", "where", "which", "how", "?", "谁", "什么", "哪", "几", "吗",
    "？",
];

impl Difficulty {
    pub(super) fn of_completion(request: &CompletionRequest, prompt_tokens: u32) -> Self {
        let line = request.messages.iter().rev().find(|message| message.role == Role::User);
        let line = line.map_or("", |message| message.text.as_str());
        let mut difficulty = Self::default();
        difficulty.add(prompt_tokens / 16, 200, || format!("{prompt_tokens} tokens of prompt"));
        difficulty.ask(line);
        difficulty.add(request.max_tokens / 4, 150, || {
            format!("up to {} tokens of answer", request.max_tokens)
        });
        let tools = u32::try_from(request.tools.len()).unwrap_or(u32::MAX);
        difficulty.add(tools.saturating_mul(40), 160, || format!("{tools} tools"));
        if request.schema.is_some() {
            difficulty.add(100, 100, || "a form to fill in".into());
        }
        difficulty
    }

    pub(super) fn of_score(request: &ScoreRequest) -> Self {
        let (options, line) = match &request.set {
            ClosedSet::Continuations { prefix, options, .. } => (options.len(), prefix.as_str()),
            ClosedSet::Channel { prefixes, line, .. } => (prefixes.len(), line.as_str()),
        };
        let options = u32::try_from(options).unwrap_or(u32::MAX);
        let mut difficulty = Self::default();
        difficulty.add(options.saturating_mul(15), 300, || format!("{options} options"));
        difficulty.ask(line);
        difficulty
    }

    fn ask(&mut self, line: &str) {
        let length = estimate(line);
        self.add(length.saturating_mul(4), 200, || format!("a line of {length} tokens"));
        let line = line.to_lowercase();
        if let Some(word) = DEEP.iter().find(|word| has(&line, word)) {
            self.add(150, 150, || format!("'{word}'"));
        } else if let Some(word) = PLAIN.iter().find(|word| has(&line, word)) {
            self.add(50, 50, || format!("'{word}'"));
        }
    }

    /// Adds up to `most` points, which together are at the most 1000.
    fn add(&mut self, points: u32, most: u16, reason: impl FnOnce() -> String) {
        let points = u16::try_from(points).unwrap_or(u16::MAX).min(most);
        if points > 0 {
            self.value = (self.value + points).min(1000);
            self.reasons.push((reason(), points));
        }
    }
}

/// Whether a word stands in the line by itself; Chinese has no blanks between words.
fn has(line: &str, word: &str) -> bool {
    let letter = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    line.match_indices(word).any(|(at, found)| {
        !word.starts_with(|c: char| c.is_ascii_alphabetic())
            || !letter(line[..at].chars().next_back())
                && !letter(line[at + found.len()..].chars().next())
    })
}

impl fmt::Display for Difficulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.value)?;
        for (index, (reason, points)) in self.reasons.iter().enumerate() {
            write!(f, "{}{reason} +{points}", if index == 0 { " (" } else { ", " })?;
        }
        if self.reasons.is_empty() { Ok(()) } else { f.write_str(")") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Message, Tool};
    use proptest::prelude::*;

    fn of(line: &str) -> Difficulty {
        let request = CompletionRequest::new(vec![Message::user(line)]);
        Difficulty::of_completion(&request, estimate(line))
    }

    #[test]
    fn a_deep_question_is_harder_than_a_plain_one_and_that_than_a_greeting() {
        for (greeting, plain, deep) in [
            ("Good evening.", "Who is there?", "Why did he go?"),
            ("晚上好。", "那是谁？", "他为什么走了？"),
        ] {
            let (greeting, plain, deep) = (of(greeting), of(plain), of(deep));
            assert!(greeting.value < plain.value && plain.value < deep.value, "{plain} {deep}");
        }
        assert!(of("Why?").to_string().contains("'why' +150"), "{}", of("Why?"));
        // Not every word with 'how' in it asks.
        assert!(!of("show me").to_string().contains("how"));
    }

    #[test]
    fn tools_and_a_schema_make_it_harder() {
        let mut request = CompletionRequest::new(vec![Message::user("Open it.")]);
        let before = Difficulty::of_completion(&request, 3).value;
        let (name, description) = ("open".to_owned(), "opens".to_owned());
        request.tools = vec![Tool { name, description, parameters: serde_json::json!({}) }];
        request.schema = Some(serde_json::json!({"type": "object"}));
        assert_eq!(Difficulty::of_completion(&request, 3).value, before + 140);
    }

    proptest! {
        #[test]
        fn any_line_is_between_nothing_and_a_thousand(line in ".*", tokens: u32, most: u32) {
            let mut request = CompletionRequest::new(vec![Message::user(line)]);
            request.max_tokens = most;
            let difficulty = Difficulty::of_completion(&request, tokens);
            prop_assert!(difficulty.value <= 1000);
            let sum: u32 = difficulty.reasons.iter().map(|(_, points)| u32::from(*points)).sum();
            prop_assert_eq!(u32::from(difficulty.value), sum.min(1000));
        }
    }
}
