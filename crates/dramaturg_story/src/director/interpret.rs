//! From free words to a closed set: rules of form, exact words, near words, then the model as a scorer.

use super::likeness::{mass, plain, similarity, unique};
use super::rules::{Form, negated, takes_no_move};
use super::{ReadBy, Reading};
use crate::{Beat, Event, Pack, State};
use dramaturg_llm::{Answer, LanguageModel, ModelError, ScoreRequest, Scoring};
use std::time::Duration;

pub(crate) struct Interpretation {
    pub(crate) reading: Reading,
    pub(crate) by: ReadBy,
    /// Readings considered, in thousandths.
    pub(crate) odds: Vec<(String, u16)>,
    /// What the model was asked and said.
    pub(crate) answered: Option<Event>,
}

/// Share of an example's weight that near words must carry.
const NEAR: f32 = 0.62;
const NEAR_WITHOUT_MODEL: f32 = 0.42;
const NEAR_WHEN_SHORT: f32 = 0.75;
/// Weight of words below which a line is short.
const SHORT: f32 = 1.6;
/// Nats per token by which a move must beat every description of 'none'.
const MARGIN: f32 = 0.12;
/// Examples of a move that the model is shown: each makes the first line of a beat dearer.
const EXAMPLES: usize = 2;
const PATIENCE: Duration = Duration::from_secs(6);

const NONES: [&str; 6] = [
    "The player makes small talk about something else. The player says:",
    "The player talks about their own life. The player says:",
    "The player threatens or insults. The player says:",
    "The player tries a trick to learn a secret. The player says:",
    "The player refuses and wants to leave. The player says:",
    "The player says something that makes no sense:",
];

pub(crate) fn interpret(
    pack: &Pack,
    state: &State,
    text: &str,
    model: Option<&dyn LanguageModel>,
) -> Interpretation {
    let lower = text.to_lowercase();
    let done = |reading, by, odds| Interpretation { reading, by, odds, answered: None };
    let beat = pack.beat(&state.beat);
    // What the speaker does not know is not told to it by the player's mouth either.
    let speaker = beat.map(|beat| beat.speaker.as_str());
    let form = Form::of(&lower, &state.locked_tells(pack, speaker));
    if matches!(form, Form::Silence | Form::OutOfWorld) {
        return done(form.reading(), ReadBy::Rule, vec![]);
    }
    let Some(beat) = beat else {
        return done(Reading::OffTopic, ReadBy::Default, vec![]);
    };
    let prose = pack.prose(&state.locale);
    let open = open_moves(state, beat);
    let mut near: Vec<(&str, f32)> = Vec::new();
    for (id, section) in &open {
        let mut best = 0.0_f32;
        for (_, example) in prose.bullets(section) {
            let example = example.to_lowercase();
            if plain(&example) == plain(&lower) {
                return done(
                    Reading::Move((*id).into()),
                    ReadBy::Exact,
                    vec![((*id).into(), 1000)],
                );
            }
            if negated(&example) == negated(&lower) {
                best = best.max(similarity(&example, &lower));
            }
        }
        near.push((id, best));
    }
    if form == Form::Hostile || takes_no_move(&lower) {
        return done(form.reading(), ReadBy::Rule, vec![]);
    }
    near.sort_by(|a, b| b.1.total_cmp(&a.1));
    let odds = near.iter().map(|(id, s)| ((*id).to_owned(), (s * 1000.0) as u16)).collect();
    // A word or two are easily like something: they must be very like it.
    let short = mass(&unique(&lower)) < SHORT;
    let clear = |least: f32| {
        let least = if short { least.max(NEAR_WHEN_SHORT) } else { least };
        let (first, second) = (near.first()?, near.get(1).map_or(0.0, |n| n.1));
        (first.1 >= least && first.1 - second > 0.08).then(|| Reading::Move(first.0.to_owned()))
    };
    if let Some(reading) = clear(NEAR) {
        return done(reading, ReadBy::Match, odds);
    }
    if form == Form::Secret {
        return done(Reading::Secret, ReadBy::Rule, odds);
    }
    if let Some(model) = model.filter(|m| m.scoring() == Scoring::Both && !open.is_empty()) {
        let prefixes = hypotheses(pack, state, beat);
        let request = ScoreRequest::Channel { prefixes, line: text.chars().take(200).collect() };
        let hash = request.hash();
        let result = model.score(request).wait(PATIENCE).and_then(numbers);
        let answer = match &result {
            Ok(scores) => Answer::Scores(scores.clone()),
            Err(error) => Answer::Failed { lead: None, text: String::new(), error: error.clone() },
        };
        let answered = Some(Event::Answered { request: hash, answer });
        if let Ok(scores) = result
            && scores.len() == open.len() + NONES.len()
        {
            let (reading, odds) = decide(&open, &scores, &near);
            return Interpretation { reading, by: ReadBy::Model, odds, answered };
        }
        let reading = clear(NEAR_WITHOUT_MODEL);
        let by = if reading.is_some() { ReadBy::Match } else { ReadBy::Default };
        return Interpretation {
            reading: reading.unwrap_or(Reading::OffTopic),
            by,
            odds,
            answered,
        };
    }
    match clear(NEAR_WITHOUT_MODEL) {
        Some(reading) => done(reading, ReadBy::Match, odds),
        None => done(Reading::OffTopic, ReadBy::Default, odds),
    }
}

/// Scores that are numbers; others could not be journaled.
fn numbers(scores: Vec<f32>) -> Result<Vec<f32>, ModelError> {
    if scores.iter().all(|score| score.is_finite()) {
        Ok(scores)
    } else {
        Err(ModelError::Garbage("a score that is no number".into()))
    }
}

/// The moves that can be made now, each with the name of its section in the prose.
fn open_moves<'b>(state: &State, beat: &'b Beat) -> Vec<(&'b str, String)> {
    let open = beat.moves.iter().filter(|m| m.only_when.as_ref().is_none_or(|c| state.holds(c)));
    open.map(|m| (m.id.as_str(), format!("beat {}/move {}", beat.id, m.id))).collect()
}

/// What the player may be doing, as beginnings of a sentence that his line would end: the open moves, then all the
/// ways of making none.
pub(crate) fn hypotheses(pack: &Pack, state: &State, beat: &Beat) -> Vec<String> {
    let prose = pack.prose(&state.locale);
    let says = |section: &str| {
        let examples: Vec<_> =
            prose.bullets(section).iter().take(EXAMPLES).map(|b| b.1.as_str()).collect();
        let what = prose.field(section, "says").unwrap_or("The player says it");
        format!("{what}, for example: {}\n{what}. The player says:", examples.join(" / "))
    };
    let moves = open_moves(state, beat);
    moves.iter().map(|(_, section)| says(section)).chain(NONES.map(String::from)).collect()
}

/// The best move, if it beats every 'none' by the margin; shared words help it.
fn decide(
    open: &[(&str, String)],
    scores: &[f32],
    near: &[(&str, f32)],
) -> (Reading, Vec<(String, u16)>) {
    let (moves, nones) = scores.split_at(open.len());
    let lexical = |id: &str| near.iter().find(|n| n.0 == id).map_or(0.0, |n| n.1);
    let mut ranked: Vec<(&str, f32)> =
        open.iter().zip(moves).map(|((id, _), s)| (*id, s + 0.8 * lexical(id) - 0.25)).collect();
    let none = nones.iter().copied().fold(f32::MIN, f32::max);
    let best = ranked.iter().map(|r| r.1).fold(none, f32::max);
    let weight = |s: f32| libm::expf((s - best) * 4.0);
    let total: f32 = ranked.iter().map(|r| weight(r.1)).sum::<f32>() + weight(none);
    let share = |s: f32| (weight(s) / total * 1000.0) as u16;
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let mut odds: Vec<_> = ranked.iter().map(|r| (r.0.to_owned(), share(r.1))).collect();
    odds.push(("none".into(), share(none)));
    let taken = ranked.first().filter(|r| r.1 > none + MARGIN && lexical(r.0) > 0.08);
    (taken.map_or(Reading::OffTopic, |r| Reading::Move(r.0.to_owned())), odds)
}
