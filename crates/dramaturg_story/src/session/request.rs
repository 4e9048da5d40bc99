//! What the model is asked when a character speaks for itself. Nothing that is locked for the character gets in.

use crate::pack::Prose;
use crate::{Beat, Pack, State};
use dramaturg_llm::{CompletionRequest, Kind, Message, Sampling, Work};
use dramaturg_mind::{Emotion, Memory, PromptParts, Remembered, TokenBudget, compose};

const BUDGET: TokenBudget = TokenBudget(900);
/// At least so many lines are in the prompt word for word.
const RECENT: usize = 6;
/// The window of recent lines moves in steps, so that the prompt keeps its beginning (and the model its cache) for
/// some turns.
const STEP: usize = 4;
const RECALLED: usize = 2;
/// Small models lose the thread above it.
const TEMPERATURE: f32 = 0.5;

pub(super) fn is_chinese(locale: &str) -> bool {
    locale.starts_with("zh")
}

/// The words of the frame around what the author wrote.
struct Frame {
    rules: &'static str,
    memory_of: &'static str,
    wants: [&'static str; 2],
}

const ENGLISH: Frame = Frame {
    rules: "Answer the guest in one or two short plain sentences, only with words that you speak aloud.",
    memory_of: "You remember the guest saying: ",
    wants: ["What you want now: ", ". But first you answer what the guest says."],
};
const CHINESE: Frame = Frame {
    rules: "你用中文口语回答客人，一两句短话，只说台词，不写动作。",
    memory_of: "你记得客人说过：",
    wants: ["你现在想：", "。但你先回答客人的话。"],
};

pub(super) fn compose_request(
    pack: &Pack,
    state: &State,
    beat: &Beat,
    player: &str,
) -> CompletionRequest {
    let prose = pack.prose(&state.locale);
    let npc = beat.speaker.as_str();
    let persona = pack.persona(&state.locale, npc);
    let frame = if is_chinese(&state.locale) { &CHINESE } else { &ENGLISH };
    let locked = state.locked_tells(pack, Some(npc));
    let fit = |line: &Remembered| {
        let lower = line.text.to_lowercase();
        !locked.iter().any(|tell| lower.contains(tell.as_str()))
    };
    let memory = state.memories.get(npc);
    let recent = memory.map(|memory| recent(memory, player)).unwrap_or_default();
    let oldest = recent.first().map_or(0, |line| line.turn);
    let recalled = memory.map(|memory| {
        memory.recall(player, RECALLED, |line| {
            line.speaker == "player" && line.turn < oldest && fit(line)
        })
    });
    let parts = PromptParts {
        stable: format!("{}\n{}\n{}", persona.description, prose.text("story"), frame.rules),
        knowledge: knowledge(pack, state, prose, npc),
        exchanges: exchanges(pack, &state.locale, npc, recent.iter().filter(|line| fit(line))),
        recalled: recalled
            .unwrap_or_default()
            .iter()
            .map(|line| format!("({}{})", frame.memory_of, line.text))
            .collect(),
        directive: prose
            .field(&format!("beat {}", beat.id), "aim")
            .map(|aim| format!("{}{aim}{}", frame.wants[0], frame.wants[1]))
            .unwrap_or_default(),
        voice: voice(prose, npc),
        player: player.to_owned(),
    };
    let seed = (state.seed as u32).wrapping_mul(31).wrapping_add(state.turn);
    CompletionRequest {
        lead: Emotion::ALL.map(|e| e.label().to_owned()).to_vec(),
        sampling: Sampling { temperature: TEMPERATURE, seed, ..Sampling::default() },
        max_tokens: 56,
        work: Work { character: npc.to_owned(), kind: Kind::Speak, ..Work::default() },
        ..CompletionRequest::new(compose(&parts, BUDGET))
    }
}

/// Examples of how the character talks: in the section `voice`, the guest's words are narrated.
fn voice(prose: &Prose, npc: &str) -> Vec<Message> {
    let lines = prose.lines(&format!("cast {npc}/voice"));
    let message = |line: &crate::Line| match line.npc {
        Some(_) => spoken(line.emotion, &line.text),
        None => Message::user(line.text.clone()),
    };
    lines.iter().map(message).collect()
}

/// A line of the character's own: with its face, as its answer shall begin with one.
fn spoken(emotion: Emotion, text: &str) -> Message {
    Message::assistant(format!("({}) {text}", emotion.label()))
}

/// What the character knows by now and may tell.
fn knowledge(pack: &Pack, state: &State, prose: &Prose, npc: &str) -> Vec<String> {
    let known = pack.secrets.iter().filter(|(_, secret)| {
        secret.holders.iter().any(|holder| holder == npc) && state.holds(&secret.unlocked_when)
    });
    known.map(|(id, _)| prose.text(&format!("secret {id}"))).collect()
}

/// The last lines before what the player says now, which may be remembered already.
fn recent<'m>(memory: &'m Memory, player: &str) -> &'m [Remembered] {
    let lines = memory.lines();
    let said = lines.last().is_some_and(|line| line.speaker == "player" && line.text == player);
    let before = &lines[..lines.len() - usize::from(said)];
    let start = before.len().saturating_sub(RECENT) / STEP * STEP;
    &before[start..]
}

/// The lines as a conversation in which roles alternate, as chat templates want it.
fn exchanges<'m>(
    pack: &Pack,
    locale: &str,
    npc: &str,
    lines: impl Iterator<Item = &'m Remembered>,
) -> Vec<Message> {
    let mut exchanges: Vec<Message> = Vec::new();
    for line in lines {
        let message = match line.speaker.as_str() {
            who if who == npc => spoken(line.emotion, &line.text),
            "player" => Message::user(line.text.clone()),
            other => Message::user(format!("{}: {}", pack.display_name(locale, other), line.text)),
        };
        match exchanges.last_mut() {
            Some(last) if last.role == message.role => {
                last.text.push(' ');
                last.text.push_str(&message.text);
            }
            _ => exchanges.push(message),
        }
    }
    exchanges
}
