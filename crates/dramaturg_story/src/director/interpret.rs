//! From free words to a closed set: how a line is meant, what it is like, and, where that leaves it open, the model as a
//! scorer; all merged into one probability for each open move.

use super::acts::Acts;
use super::avoid::Avoided;
use super::confirm::{AGAIN, is_doubtful};
use super::examples::{Library, section};
use super::likened::{Likened, SENSES};
use super::meaning::Hearing;
use super::normal::{plain, sentences};
use super::signals::{Compared, Signs, compare, logistic};
use super::tones::{Tone, tone};
use super::weights::{ASKED, ASKED_HEARD, Asked, MATCHED, MEANT, MEANT_UNCENTRED};
use super::{ReadBy, Reading, canon, contains_word, policy};
use crate::event::CAREFUL;
use crate::pack::is_chinese;
use crate::{Beat, Event, Pack, State};
use dramaturg_llm::{
    Answer, Kind, LanguageModel, ModelError, Priority, ScoreRequest, Scoring, Work,
};
use std::time::Duration;

/// What was made of a line.
#[derive(Clone, Debug)]
pub struct Interpretation {
    /// What it is taken for, in the order of its words: several moves, or one other reading. Never empty.
    pub readings: Vec<Reading>,
    /// What decided.
    pub by: ReadBy,
    /// Probabilities of the open moves, in thousandths.
    pub odds: Vec<(String, u16)>,
    /// The signs of each open move over the whole line, for fitting.
    pub signs: Vec<(String, Signs)>,
    /// The signs of each open move over the whole line by what it means, where an [`Ear`](super::Ear) heard it, for fitting.
    pub senses: Vec<(String, [f32; SENSES])>,
    /// What the model said of each hypothesis that it was asked about: the moves by their ids, then 'none' and 'line'.
    pub scores: Vec<(String, f32)>,
    /// Where no move is granted: the likeliest one, if the line comes near it.
    pub near: Option<String>,
    /// How the line is meant.
    pub(crate) likened: Option<Event>,
    /// What the model was asked and said.
    pub(crate) answered: Option<Event>,
}

/// Examples of a move that the model is shown: each makes the first line of a beat dearer.
const EXAMPLES: usize = 4;
const PATIENCE: Duration = Duration::from_secs(6);
/// Characters of a line that the model is shown.
const LONGEST: usize = 200;
/// A sentence counts a little less than the whole line.
const SENTENCE: f32 = 0.98;
/// Between these probabilities the model is asked; moves below the lower one are not asked about.
const HOPELESS: f32 = 0.04;
const CERTAIN: f32 = 0.93;
/// From which probability a hostile line is a move.
const INSULT: f32 = 0.85;
/// Player's lines that are looked back at for a repetition.
const LOOK_BACK: usize = 6;
/// Likeness from which a line is about the same as one that was spoken.
pub(super) const SAME: f32 = 0.6;
/// Spoken lines that are looked back at for a contradiction.
const ESTABLISHED: usize = 12;

/// A part of a line: all of it or a sentence.
struct Part<'l> {
    text: &'l str,
    compared: Vec<Compared>,
    /// Without the model, as logarithms of odds.
    logits: Vec<f32>,
    odds: Vec<f32>,
    /// How the model's word is merged with these.
    asked: Asked,
}

impl<'l> Part<'l> {
    fn new(library: &Library, text: &'l str, beat: &str, moves: &[&str]) -> Self {
        let line = library.line(text);
        let compared = compare(library, &line, text, beat, moves);
        let logits = compared.iter().map(|c| matched(&c.signs)).collect();
        let odds = compared.iter().map(likely).collect();
        Self { text, compared, logits, odds, asked: ASKED }
    }
    /// Takes in what the line means.
    fn hear(&mut self, likened: &Likened) {
        let ((constant, words, weights), asked) =
            if likened.is_centred() { (MEANT, ASKED_HEARD) } else { (MEANT_UNCENTRED, ASKED) };
        self.asked = asked;
        for (at, senses) in likened.senses().iter().enumerate() {
            let meant = senses.iter().zip(weights).map(|(sense, weight)| sense * weight);
            self.logits[at] = constant + words * self.logits[at] + meant.sum::<f32>();
            if !self.compared[at].exact && !self.compared[at].barred {
                self.odds[at] = logistic(self.logits[at]);
            }
        }
    }
    fn best(&self) -> f32 {
        self.odds.iter().copied().fold(0.0, f32::max)
    }
    fn is_open(&self) -> bool {
        (HOPELESS..CERTAIN).contains(&self.best())
    }
    /// The likeliest move.
    fn first(&self) -> Option<usize> {
        (0..self.odds.len()).max_by(|a, b| self.odds[*a].total_cmp(&self.odds[*b]))
    }
}

/// How likely a move is without the model.
pub(super) fn likely(compared: &Compared) -> f32 {
    match compared {
        c if c.exact => 1.0,
        c if c.barred => 0.0,
        c => logistic(matched(&c.signs)),
    }
}

/// What the signs without the model say, as a logarithm of odds.
fn matched(signs: &Signs) -> f32 {
    MATCHED.0 + signs.iter().zip(MATCHED.1).map(|(sign, weight)| sign * weight).sum::<f32>()
}

pub(crate) fn interpret(
    pack: &Pack,
    state: &State,
    text: &str,
    hearing: Hearing<'_>,
    model: Option<&dyn LanguageModel>,
) -> Interpretation {
    let mut out = Interpretation {
        readings: Vec::new(),
        by: ReadBy::Rule,
        odds: Vec::new(),
        signs: Vec::new(),
        senses: Vec::new(),
        scores: Vec::new(),
        near: None,
        likened: None,
        answered: None,
    };
    if !text.chars().any(char::is_alphanumeric) {
        out.readings.push(Reading::Silence);
        return out;
    }
    let library = Library::of(pack, &state.locale);
    let acts = super::acts::acts(text);
    let heeded = |tone| policy::is_heeded(pack, state, tone);
    let tone = tone(text, |word| library.number(word).is_some(), heeded)
        .or_else(|| names_absent(pack, &state.locale, text).then_some(Tone::Foreign));
    // By the pack's policy not even the author's words are a move in such a tone.
    let barred = tone.is_some_and(|tone| policy::is_barred(pack, tone));
    let beat = pack.beat(&state.beat);
    let moves = beat.map(|beat| open_ids(state, beat)).unwrap_or_default();
    let beat_id = beat.map_or("", |beat| beat.id.as_str());
    let whole = Part::new(&library, text, beat_id, &moves);
    out.signs = named(&moves, whole.compared.iter().map(|c| c.signs));
    let asked = state.asked.as_deref().filter(|id| moves.contains(id) && !barred);
    if let Some(id) = asked.filter(|_| super::confirm::affirms(text)) {
        out.by = ReadBy::Confirmed;
        out.readings.push(Reading::Move(id.to_owned()));
        return out;
    }
    // The author's very words are the move, however they are meant.
    if let Some(at) = whole.compared.iter().position(|c| c.exact && !barred) {
        out.by = ReadBy::Exact;
        out.odds = vec![(moves[at].to_owned(), 1000)];
        out.readings.push(Reading::Move(moves[at].to_owned()));
        return out;
    }
    let other = |out: &mut Interpretation, by| {
        out.by = by;
        out.readings.push(otherwise(pack, state, &library, text, acts, tone));
    };
    if barred || tone.is_some_and(Tone::is_no_move) {
        out.odds = moves.iter().map(|id| ((*id).to_owned(), 0)).collect();
        other(&mut out, ReadBy::Rule);
        return out;
    }
    let mut parts = vec![whole];
    let split = sentences(text);
    // What colours the whole line is not cut out of it.
    let coloured = acts.meets(Acts::WHOLE);
    if split.len() > 1 && !coloured {
        parts.extend(split.into_iter().map(|s| Part::new(&library, s, beat_id, &moves)));
    }
    let lines: Vec<&str> = parts.iter().map(|part| part.text).collect();
    let likened = beat.filter(|_| !moves.is_empty());
    let likened =
        likened.and_then(|beat| hearing.likened(pack, &state.locale, beat, &moves, &lines));
    if let Some(likened) = &likened {
        parts.iter_mut().zip(likened).for_each(|(part, likened)| part.hear(likened));
        out.senses = named(&moves, likened[0].senses().into_iter());
        out.likened = Some(Event::Likened(likened.clone()));
    }
    out.by = ReadBy::Match;
    // Who names what is locked gets no help from the model: what the words alone say must do.
    let locked = names_locked(pack, state, beat, text);
    let hostile = tone == Some(Tone::Hostile);
    let has_model = model.is_some();
    let model = model.filter(|m| m.scoring() == Scoring::Both && !locked && !coloured && !hostile);
    if let (Some(model), Some(beat)) = (model, beat) {
        ask(pack, state, beat, model, &moves, &mut parts, &mut out);
    }
    let odds = merged(&parts);
    out.odds = named(&moves, odds.iter().map(|odds| (odds * 1000.0) as u16));
    // An insult may be the move (an accusation is), but not by a doubtful likeness.
    let threshold = pack.threshold.max(if hostile { INSULT } else { 0.0 });
    let mut taken: Vec<usize> = Vec::new();
    // Each sentence may make a move of its own; else the whole line makes one.
    for part in &parts[1..] {
        let makes = part.first().filter(|at| part.odds[*at] * SENTENCE >= threshold);
        taken.extend(makes.filter(|at| !taken.contains(at)));
    }
    if taken.is_empty() {
        taken.extend(parts[0].first().filter(|at| parts[0].odds[*at] >= threshold));
    }
    // What was just asked about, and is come near to once more.
    if taken.is_empty() && !hostile {
        let again = asked.and_then(|id| moves.iter().position(|other| *other == id));
        taken.extend(again.filter(|at| odds[*at] >= AGAIN));
        if !taken.is_empty() {
            out.by = ReadBy::Confirmed;
        }
    }
    if taken.is_empty() {
        if acts.is_empty() && tone.is_none() {
            let first = (0..moves.len()).max_by(|a, b| odds[*a].total_cmp(&odds[*b]));
            let heard = likened.as_ref().and_then(|all| all.first());
            let near = first.filter(|at| is_doubtful(odds[*at], *at, heard, has_model));
            out.near = near.map(|at| moves[at].to_owned());
        }
        let by = if acts.is_empty() && tone.is_none() { ReadBy::Default } else { ReadBy::Rule };
        other(&mut out, by);
    } else {
        out.readings = taken.into_iter().map(|at| Reading::Move(moves[at].to_owned())).collect();
    }
    out
}

fn named<T>(moves: &[&str], values: impl Iterator<Item = T>) -> Vec<(String, T)> {
    moves.iter().map(|id| (*id).to_owned()).zip(values).collect()
}

fn open_ids<'b>(state: &'b State, beat: &'b Beat) -> Vec<&'b str> {
    beat.open_moves(state).map(|a_move| a_move.id.as_str()).collect()
}

/// The odds of each move over all parts.
fn merged(parts: &[Part<'_>]) -> Vec<f32> {
    let mut odds = parts[0].odds.clone();
    for part in &parts[1..] {
        for (all, one) in odds.iter_mut().zip(&part.odds) {
            *all = all.max(one * SENTENCE);
        }
    }
    odds
}

/// Asks the model about what the words alone leave open, in one pass.
fn ask(
    pack: &Pack,
    state: &State,
    beat: &Beat,
    model: &dyn LanguageModel,
    moves: &[&str],
    parts: &mut [Part<'_>],
    out: &mut Interpretation,
) {
    // Of several sentences those that are settled are left out; a line that is settled by them is not asked about.
    let sentences = parts.len() > 1;
    let open: Vec<usize> =
        (usize::from(sentences)..parts.len()).filter(|at| parts[*at].is_open()).collect();
    if open.is_empty() {
        return;
    }
    let text: String = open.iter().map(|at| parts[*at].text).collect::<Vec<_>>().join(" ");
    let likely = |at: &usize| open.iter().any(|part| parts[*part].odds[*at] >= HOPELESS);
    let asked: Vec<usize> = (0..moves.len()).filter(likely).collect();
    let all = hypotheses(pack, state, beat);
    let (of_moves, others) = all.split_at(moves.len().min(all.len()));
    let mut prefixes: Vec<String> =
        asked.iter().filter_map(|at| of_moves.get(*at)).cloned().collect();
    prefixes.extend(others.iter().cloned());
    let mut request =
        ScoreRequest::channel(prefixes, text.chars().take(LONGEST).collect::<String>());
    // The player waits. No deadline: how long is too long is for a router's policy to say.
    request.work = Work {
        priority: Priority::PlayerWaits,
        kind: Kind::Interpret,
        character: beat.speaker.clone(),
        ..Work::default()
    };
    let hash = request.hash();
    let result = model.score(request).wait(PATIENCE).and_then(numbers);
    let answer = match &result {
        Ok(scores) => Answer::Scores(scores.clone()),
        Err(error) => Answer::Failed { lead: None, text: String::new(), error: error.clone() },
    };
    out.answered = Some(Event::Answered { request: hash, answer });
    let Ok(scores) = result else { return };
    if scores.len() != asked.len() + others.len() {
        return;
    }
    let (of_moves, others) = scores.split_at(asked.len());
    let Some((line, nones)) = others.split_last() else { return };
    let none = nones.iter().copied().fold(f32::MIN, f32::max);
    out.by = ReadBy::Model;
    out.scores = asked.iter().zip(of_moves).map(|(at, s)| (moves[*at].to_owned(), *s)).collect();
    out.scores.extend([("none".to_owned(), none), ("line".to_owned(), *line)]);
    for part in open {
        for (i, at) in asked.iter().enumerate() {
            let compared = &parts[part].compared[*at];
            if compared.exact || compared.barred {
                continue;
            }
            let rival = of_moves.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, s)| *s);
            let rival = rival.fold(none, f32::max);
            let score = of_moves[i];
            let signs = [parts[part].logits[*at], score - none, score - line, score - rival];
            let (constant, weights) = parts[part].asked;
            let odds = constant + signs.iter().zip(weights).map(|(s, w)| s * w).sum::<f32>();
            parts[part].odds[*at] = logistic(odds);
        }
    }
    // The sentences speak for the line.
    if sentences {
        let settled: Vec<f32> = (0..moves.len())
            .map(|at| parts[1..].iter().map(|part| part.odds[at]).fold(0.0, f32::max))
            .collect();
        parts[0].odds = settled;
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

/// The words around the author's in a hypothesis, and what else than a move a line may be.
struct Frame {
    example: &'static str,
    stop: &'static str,
    says: &'static str,
    unsaid: &'static str,
    others: [&'static str; 3],
}

const ENGLISH: Frame = Frame {
    example: ", for example: ",
    stop: ". ",
    says: "The player says:",
    unsaid: "The player says it",
    others: [
        "The player talks about something else, for example: It rains a lot these days. / My feet hurt. / Do you like music?\nThe player talks about something else. The player says:",
        "The player tells of their own life. The player says:",
        "The player says something that makes no sense:",
    ],
};
const CHINESE: Frame = Frame {
    example: "，比如：",
    stop: "。",
    says: "客人说：",
    unsaid: "客人说这个",
    others: [
        "客人说别的事，比如：最近老下雨。/ 我脚疼。/ 你喜欢听歌吗？\n客人说别的事。客人说：",
        "客人讲自己的生活。客人说：",
        "客人说了一句没意义的话：",
    ],
};

/// What the player may be doing, as beginnings of a sentence that his line would end: the open moves, ways of making
/// none, and last nothing at all, which tells how likely the line is by itself.
pub(crate) fn hypotheses(pack: &Pack, state: &State, beat: &Beat) -> Vec<String> {
    let prose = pack.prose(&state.locale);
    let frame = if is_chinese(&state.locale) { &CHINESE } else { &ENGLISH };
    // What the speaker does not know is in none of its prompts, an author's example neither.
    let locked = state.locked_tells(pack, Some(&beat.speaker));
    let avoided = Avoided::of(pack, state);
    let fit = |text: &&str| {
        let lower = text.to_lowercase();
        !locked.iter().any(|tell| contains_word(&lower, tell)) && !avoided.is_in(text)
    };
    let says = |id: &&str| {
        let section = section(&beat.id, id);
        let examples = prose.bullets(&section).iter().map(|bullet| bullet.1.as_str());
        let examples: Vec<_> = examples.filter(fit).take(EXAMPLES).collect();
        let what = prose.field(&section, "says").filter(fit).unwrap_or(frame.unsaid);
        let Frame { example, stop, says, .. } = frame;
        format!("{what}{example}{}\n{what}{stop}{says}", examples.join(" / "))
    };
    let moves = open_ids(state, beat);
    let others = frame.others.iter().chain([&frame.says]).map(|other| (*other).to_owned());
    moves.iter().map(says).chain(others).collect()
}

/// Whether the line names what is locked; for the beat's speaker what it does not know is locked, too.
fn names_locked(pack: &Pack, state: &State, beat: Option<&Beat>, text: &str) -> bool {
    let speaker = beat.map(|beat| beat.speaker.as_str());
    let lower = text.to_lowercase();
    state.locked_tells(pack, speaker).iter().any(|tell| contains_word(&lower, tell))
}

/// What a line is that makes no move.
fn otherwise(
    pack: &Pack,
    state: &State,
    library: &Library,
    text: &str,
    acts: Acts,
    tone: Option<Tone>,
) -> Reading {
    match tone {
        Some(Tone::SelfHarm) => return Reading::SelfHarm,
        Some(Tone::Sexual) => return Reading::Sexual,
        Some(Tone::Gore) => return Reading::Gore,
        Some(Tone::Hate) => return Reading::Hate,
        _ => {}
    }
    if acts.meets(Acts::BRACKET) || acts.meets(Acts::AUTHORITY) {
        return Reading::OutOfWorld;
    }
    if names_locked(pack, state, pack.beat(&state.beat), text) {
        return Reading::Secret;
    }
    match tone {
        Some(Tone::Hostile) => return Reading::Hostile,
        Some(Tone::Gibberish) => return Reading::Gibberish,
        Some(Tone::Foreign) => return Reading::Foreign,
        _ => {}
    }
    if repeats(state, text) {
        return Reading::Repetition;
    }
    let supposed = acts.meets(Acts::HYPOTHETICAL);
    if state.rules >= CAREFUL && !supposed && canon::raises_the_dead(pack, &state.locale, text) {
        return Reading::Dead;
    }
    if acts.meets(Acts::CLAIMED)
        || acts.meets(Acts::ABSENT)
        || contradicts(pack, state, library, text)
    {
        return Reading::Contradiction;
    }
    Reading::OffTopic
}

/// Whether the player said the very same a short while ago.
fn repeats(state: &State, text: &str) -> bool {
    let said = plain(text);
    let before =
        state.history.iter().rev().filter(|line| line.speaker.as_deref() == Some("player"));
    // The line itself is the last of them.
    before.skip(1).take(LOOK_BACK).any(|line| plain(&line.text) == said)
}

/// Whether the line names something that the author says this world does not have.
fn names_absent(pack: &Pack, locale: &str, text: &str) -> bool {
    let lower = text.to_lowercase();
    let absent = pack.canon(locale).absent;
    absent.into_iter().any(|word| contains_word(&lower, &word.to_lowercase()))
}

/// Whether a statement is about the same as what a character said, and says the opposite; or says what, by the
/// author's word, cannot have happened.
fn contradicts(pack: &Pack, state: &State, library: &Library, text: &str) -> bool {
    let line = library.line(text);
    if line.question || line.size() < 3 {
        return false;
    }
    if canon::can_not_be(pack, &state.locale, library, text) {
        return true;
    }
    let spoken = state.history.iter().rev();
    let spoken = spoken.filter(|line| line.speaker.as_deref().is_some_and(|who| who != "player"));
    spoken.take(ESTABLISHED).flat_map(|line| sentences(&line.text)).any(|sentence| {
        let said = library.line(sentence);
        let alike = super::examples::cosine(&line.vector, &said.vector) >= SAME;
        alike && !said.question && said.negated != line.negated
    })
}
