//! Whether a cheap answer will do.

use super::policy::Cascade;
use super::why::Doubt;
use crate::{CompletionRequest, Role};

/// What of an answer is looked at.
pub(super) struct Answer<'a> {
    pub(super) text: &'a str,
    /// A tool was called rightly, or a field is whole: it is an answer without words.
    pub(super) acts: bool,
}

/// Scores of a closed set are sure when the best is far enough above the second.
pub(super) fn of_scores(scores: &[f32], cascade: &Cascade) -> Option<Doubt> {
    let (mut best, mut second) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
    for score in scores.iter().copied().filter(|score| !score.is_nan()) {
        if score > best {
            (best, second) = (score, best);
        } else if score > second {
            second = score;
        }
    }
    match scores.len() {
        0 => Some(Doubt::Empty),
        // There is nothing to mistake it for.
        1 => None,
        _ if best == f32::NEG_INFINITY => Some(Doubt::Empty),
        _ => {
            let margin = best - second;
            (margin < cascade.margin).then_some(Doubt::Close(margin))
        }
    }
}

/// A whole answer that nobody has seen.
pub(super) fn of_answer(
    answer: &Answer,
    request: &CompletionRequest,
    cascade: &Cascade,
) -> Option<Doubt> {
    let text = answer.text.trim();
    if text.is_empty() {
        return (!answer.acts).then_some(Doubt::Empty);
    }
    if request.schema.is_some() {
        let shaped = serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
        return (!shaped).then_some(Doubt::Shapeless);
    }
    if text.chars().count() < cascade.least_chars {
        return Some(Doubt::Short);
    }
    let line = request.messages.iter().rev().find(|message| message.role == Role::User);
    let echo = line.is_some_and(|line| echoes(text, &line.text));
    echo.then_some(Doubt::Echo)
}

/// Says the player's line again, or nothing but a part of it. A name or a 'no' is no echo.
fn echoes(answer: &str, line: &str) -> bool {
    const LEAST: usize = 8;
    let bare = |text: &str| -> String {
        text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (answer, line) = (bare(answer), bare(line));
    if answer == line {
        return !line.is_empty();
    }
    // In Chinese eight bytes are three characters, and as much as two words.
    (answer.len() >= LEAST && line.contains(&answer))
        || (line.len() >= LEAST && answer.starts_with(&line) && answer.len() < 2 * line.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Message;

    #[test]
    fn close_scores_are_doubtful() {
        let cascade = Cascade { margin: 0.1, ..Cascade::default() };
        let doubt = |scores: &[f32]| of_scores(scores, &cascade);
        assert_eq!(doubt(&[-1.0, -2.0]), None);
        assert!(matches!(doubt(&[-1.0, -3.0, -1.05]), Some(Doubt::Close(m)) if m < 0.06));
        assert_eq!(doubt(&[-1.0]), None);
        assert_eq!(doubt(&[]), Some(Doubt::Empty));
        assert_eq!(doubt(&[f32::NAN, f32::NAN]), Some(Doubt::Empty));
        assert_eq!(doubt(&[f32::NAN, -1.0]), None);
    }

    #[test]
    fn empty_short_and_echoing_answers_are_doubtful() {
        let line = "I never saw that coat before tonight.";
        let request = CompletionRequest::new(vec![Message::user(line)]);
        let doubt = |text: &str| {
            let answer = Answer { text, acts: false };
            of_answer(&answer, &request, &Cascade::default())
        };
        assert_eq!(doubt("Nobody here believes you."), None);
        assert_eq!(doubt("No."), None);
        assert_eq!(doubt("  "), Some(Doubt::Empty));
        assert_eq!(doubt("."), Some(Doubt::Short));
        assert_eq!(doubt("i never saw that coat before tonight!"), Some(Doubt::Echo));
        assert_eq!(doubt("That coat before tonight."), Some(Doubt::Echo));
        assert_eq!(doubt("I never saw that coat before tonight. Well."), Some(Doubt::Echo));
        let acts = Answer { text: "", acts: true };
        assert_eq!(of_answer(&acts, &request, &Cascade::default()), None);
    }

    #[test]
    fn a_form_must_be_json() {
        let mut request = CompletionRequest::new(vec![Message::user("hi")]);
        request.schema = Some(serde_json::json!({}));
        let doubt =
            |text: &str| of_answer(&Answer { text, acts: true }, &request, &Cascade::default());
        assert_eq!(doubt("{\"mood\": 1}"), None);
        assert_eq!(doubt("{\"mood\": "), Some(Doubt::Shapeless));
    }
}
