//! What the model is asked when a character speaks for itself. Nothing that is locked for the character gets in.

use super::Ablation;
use super::musing::fitting;
use super::reading::passages;
use super::senses::Reminded;
use crate::director::Avoided;
use crate::pack::{Prose, is_chinese};
use crate::{Beat, Pack, State};
use dramaturg_llm::{CompletionRequest, Kind, Message, Priority, Sampling, Work};
use dramaturg_mind::action::Actor;
use dramaturg_mind::{
    Emotion, Memory, Notes, PromptParts, Query, Reflection, Remembered, Summary, TokenBudget,
    compose, pack as pack_notes, words,
};
use std::collections::BTreeSet;

const BUDGET: TokenBudget = TokenBudget(900);
/// At least so many lines are in the prompt word for word.
const RECENT: usize = 6;
/// The window of recent lines moves in steps, so that the prompt keeps its beginning (and the model its cache) for
/// some turns.
const STEP: usize = 4;
const RECALLED: usize = 2;
/// The most tokens of what is recalled.
const RECALLED_TOKENS: usize = 120;
/// The most facts about the player: those told last.
const FACTS: usize = 4;
/// The most pieces of lore in one prompt.
const LORE: usize = 2;
/// The most tokens of a line.
const SPOKEN: u32 = 56;
/// The most tokens of what is called beside it.
const CALLED: u32 = 160;
/// Small models lose the thread above it.
const TEMPERATURE: f32 = 0.5;

/// The words of the frame around what the author wrote.
struct Frame {
    rules: &'static str,
    memory_of: &'static str,
    lore: &'static str,
    wants: [&'static str; 2],
}

const ENGLISH: Frame = Frame {
    rules: "Answer the guest in one or two short plain sentences, only with words that you speak aloud.",
    memory_of: "You remember the guest saying: ",
    lore: "You know of it: ",
    wants: ["What you want now: ", ". But first you answer what the guest says."],
};
const CHINESE: Frame = Frame {
    rules: "你用中文口语回答客人，一两句短话，只说台词，不写动作。",
    memory_of: "你记得客人说过：",
    lore: "你知道：",
    wants: ["你现在想：", "。但你先回答客人的话。"],
};

pub(super) fn compose_request(
    pack: &Pack,
    state: &State,
    beat: &Beat,
    player: &str,
    reminded: &Reminded,
    ablation: Option<Ablation>,
) -> CompletionRequest {
    let prose = pack.prose(&state.locale);
    let npc = beat.speaker.as_str();
    let frame = if is_chinese(&state.locale) { &CHINESE } else { &ENGLISH };
    let bare = ablation == Some(Ablation::SecretsInPrompt);
    let locked = if bare { Vec::new() } else { state.locked_tells(pack, Some(npc)) };
    let avoided = Avoided::of(pack, state);
    let fit = |line: &Remembered| {
        let lower = line.text.to_lowercase();
        !locked.iter().any(|tell| lower.contains(tell.as_str())) && !avoided.is_in(&line.text)
    };
    let description = avoided.text(prose, &format!("cast {npc}"));
    let memory = state.memories.get(npc);
    let recent = memory.map(|memory| recent(memory, player)).unwrap_or_default();
    let oldest = oldest(recent);
    let long_ago = |line: &Remembered| is_past(line, oldest) && fit(line);
    let remembered = memory.map_or_else(Vec::new, |memory| match state.rules {
        0 => {
            let said = |line: &Remembered| line.speaker == "player" && long_ago(line);
            let lines = memory.recall_by_words(player, RECALLED, said);
            lines.iter().map(|line| format!("({}{})", frame.memory_of, line.text)).collect()
        }
        _ => recalled(pack, state, npc, memory, (player, reminded.lines.as_deref()), long_ago),
    });
    let say = |text: &str| avoided.without(&pack.say(state, text));
    let mut setting = avoided.text(prose, "story");
    let here = avoided.text(prose, &format!("scene {}", state.scene));
    if !here.is_empty() {
        setting = format!("{}\n{}", say(&setting), say(&here));
    }
    // What the beat's speaker wants is not what another wants who answers in its place.
    let leads = pack.beat(&beat.id).is_none_or(|written| written.speaker == npc);
    let aim = prose.field(&format!("beat {}", beat.id), "aim");
    let aim = aim.filter(|aim| leads && !avoided.is_in(aim));
    let aim = aim.map(|aim| format!("{}{}{}", frame.wants[0], say(aim), frame.wants[1]));
    let lore = lore(pack, state, npc, player, &locked);
    let lore = lore
        .into_iter()
        .filter(|text| !avoided.is_in(text))
        .map(|text| format!("({}{text})", frame.lore));
    let written = passages(pack, state, npc, player, reminded.passages.as_deref());
    let written = written.into_iter().map(|(_, text)| text);
    let parts = PromptParts {
        stable: format!("{}\n{}\n{}", say(&description), say(&setting), frame.rules),
        knowledge: knowledge(pack, state, npc, &avoided, bare),
        exchanges: exchanges(
            pack,
            &state.locale,
            npc,
            recent.iter().filter(|line| line.through.is_empty() && fit(line)),
        ),
        recalled: remembered
            .into_iter()
            .filter(|text| !avoided.is_in(text))
            .chain(lore)
            .chain(written)
            .collect(),
        directive: directive(&aim, state, npc),
        voice: voice(prose, npc, &avoided),
        player: player.to_owned(),
    };
    let tools = state.repertoire.tools(&actor(pack, state, npc));
    let seed = (state.seed as u32).wrapping_mul(31).wrapping_add(state.turn);
    CompletionRequest {
        lead: Emotion::ALL.map(|e| e.label().to_owned()).to_vec(),
        sampling: Sampling { temperature: TEMPERATURE, seed, ..Sampling::default() },
        max_tokens: if tools.is_empty() { SPOKEN } else { SPOKEN + CALLED },
        tools,
        adapter: pack.adapter(npc).cloned(),
        work: Work {
            priority: Priority::PlayerWaits,
            kind: Kind::Speak,
            character: npc.to_owned(),
            ..Work::default()
        },
        ..CompletionRequest::new(compose(&parts, BUDGET))
    }
}

/// What the speaker wants, and what it does as it feels now: no number of a mood is in a prompt.
fn directive(aim: &Option<String>, state: &State, npc: &str) -> String {
    let chinese = is_chinese(&state.locale);
    let mood = state.moods.get(npc);
    let manner = mood.map(|mood| mood.behaviour("player", chinese)).unwrap_or_default();
    let parts = aim.iter().map(String::as_str).chain([manner.as_str()]);
    let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
    parts.join(if chinese { "" } else { " " })
}

/// Who acts when a character does, and where.
pub(super) fn actor<'a>(pack: &'a Pack, state: &'a State, npc: &'a str) -> Actor<'a> {
    let roles = pack.cast.get(npc).map(|c| c.roles.as_slice()).unwrap_or_default();
    Actor { id: npc, roles, scene: &state.scene }
}

/// Examples of how the character talks: in the section `voice`, the guest's words are narrated.
fn voice(prose: &Prose, npc: &str, avoided: &Avoided) -> Vec<Message> {
    let lines = prose.lines(&format!("cast {npc}/voice"));
    // Of a pair of question and answer both or none.
    let pairs = lines.chunk_by(|_, next| next.npc.is_some());
    let lines = pairs
        .filter(|pair| !pair.iter().any(|line| avoided.leaves_out(prose, &line.text)))
        .flatten();
    let message = |line: &crate::Line| match line.npc {
        Some(_) => spoken(line.emotion, &line.text),
        None => Message::user(line.text.clone()),
    };
    lines.map(message).collect()
}

/// A line of the character's own: with its face, as its answer shall begin with one.
fn spoken(emotion: Emotion, text: &str) -> Message {
    Message::assistant(format!("({}) {text}", emotion.label()))
}

/// What the character knows by now and may tell.
///
/// With `all`, in a measurement, everything that it holds.
fn knowledge(pack: &Pack, state: &State, npc: &str, avoided: &Avoided, all: bool) -> Vec<String> {
    let prose = pack.prose(&state.locale);
    let known = pack.secrets.iter().filter(|(_, secret)| {
        secret.is_open(Some(npc), state)
            || (all && secret.holders.iter().any(|holder| holder == npc))
    });
    known
        .map(|(id, _)| {
            // A character may know it in words of its own.
            let own = format!("secret {id}/{npc}");
            let own = if prose.text(&own).is_empty() { format!("secret {id}") } else { own };
            avoided.without(&pack.say(state, &avoided.text(prose, &own)))
        })
        .filter(|text| avoided.is_empty() || !text.is_empty())
        .collect()
}

/// What is remembered of longer ago: facts that the player told of themselves, then lines that fit what is said now, with
/// their days.
fn recalled(
    pack: &Pack,
    state: &State,
    npc: &str,
    memory: &Memory,
    (player, reminded_of): (&str, Option<&[u32]>),
    fit: impl Fn(&Remembered) -> bool,
) -> Vec<String> {
    let chinese = is_chinese(&state.locale);
    let told = memory.facts().about("player");
    let told = told.filter(|fact| memory.line(fact.line).is_some_and(&fit));
    let told: Vec<String> = told.map(|fact| fact.value.clone()).collect();
    let kept = told.len().saturating_sub(FACTS);
    let told = told[kept..].join(if chinese { "；" } else { "; " });
    let numbers = match reminded_of {
        Some(numbers) => numbers.to_vec(),
        None => found(state, npc, memory, player, None, fit),
    };
    let notes = Notes { chinese, now: state.day(), tokens: RECALLED_TOKENS };
    let say = |line: &Remembered| match line.speaker.as_str() {
        _ if !line.through.is_empty() => {
            format!("{}{}", heard_from(pack, &state.locale, &line.through), line.text)
        }
        "player" if chinese => format!("客人说：{}", line.text),
        "player" => format!("The guest said: {}", line.text),
        who if who == npc && chinese => format!("你说：{}", line.text),
        who if who == npc => format!("You said: {}", line.text),
        who => format!("{}: {}", pack.display_name(&state.locale, who), line.text),
    };
    let facts =
        if chinese { "客人说起过自己：" } else { "The guest told you of themselves: " };
    let facts = (!told.is_empty()).then(|| format!("({facts}{told})"));
    let fits = fitting(pack, state, npc);
    let noted = pack_notes(memory, &numbers, notes, say, |summary| fits(&summary.text));
    let thoughts = thoughts(memory, &numbers, player, chinese, &fits);
    facts.into_iter().chain(thoughts).chain(noted).collect()
}

/// What the character made of it: the last stretch that was summed up, where no line of it is quoted anyway, and a reflection that
/// stands on what is recalled, or speaks of what is said now.
fn thoughts(
    memory: &Memory,
    numbers: &[u32],
    player: &str,
    chinese: bool,
    fits: &impl Fn(&str) -> bool,
) -> Vec<String> {
    let quoted = |one: &Summary| numbers.iter().any(|line| (one.from..=one.until).contains(line));
    let last = memory.summaries().last().filter(|one| !quoted(one) && fits(&one.text));
    let before = if chinese { "之前：" } else { "Before that: " };
    let asked: BTreeSet<String> =
        words(player).into_iter().filter(|w| w.chars().count() > 1).collect();
    let touches = |one: &&Reflection| {
        one.evidence.iter().any(|line| numbers.contains(line))
            || words(&one.text).iter().filter(|word| asked.contains(*word)).count() > 1
    };
    let mut reflections = memory.reflections().iter().rev().filter(|one| fits(&one.text));
    let thought = reflections.find(touches);
    let think = if chinese { "你想过：" } else { "You have thought: " };
    let last = last.map(|one| format!("({before}{})", one.text));
    last.into_iter().chain(thought.map(|one| format!("({think}{})", one.text))).collect()
}

/// The lines of longer ago that fit what is said now, by words and, with its vector, by meaning; the best first.
fn found(
    state: &State,
    npc: &str,
    memory: &Memory,
    player: &str,
    vector: Option<&[f32]>,
    fit: impl Fn(&Remembered) -> bool,
) -> Vec<u32> {
    let query = Query { text: player, asker: "player", asked: npc, now: state.day(), vector };
    memory.recall(&query, RECALLED, fit)
}

/// What the character is reminded of by the player's words, as numbers of lines: of longer ago, and nothing that is locked.
pub(super) fn reminded(
    pack: &Pack,
    state: &State,
    npc: &str,
    player: &str,
    vector: Option<&[f32]>,
) -> Vec<u32> {
    let Some(memory) = state.memories.get(npc) else { return Vec::new() };
    let locked = state.locked_tells(pack, Some(npc));
    let avoided = Avoided::of(pack, state);
    let oldest = oldest(recent(memory, player));
    found(state, npc, memory, player, vector, |line| {
        let lower = line.text.to_lowercase();
        is_past(line, oldest)
            && !locked.iter().any(|tell| lower.contains(tell.as_str()))
            && !avoided.is_in(&line.text)
    })
}

/// Whether a line is no part of the talk that stands in the prompt word for word: it is older, or was told elsewhere.
fn is_past(line: &Remembered, oldest: u32) -> bool {
    line.turn < oldest || !line.through.is_empty()
}

/// Through whom something came, in words: 'You heard from Ona, who had it from Piet, who was there with the guest: '.
fn heard_from(pack: &Pack, locale: &str, through: &[String]) -> String {
    let chinese = is_chinese(locale);
    let name = |npc: &String| pack.display_name(locale, npc).to_owned();
    let mut words = String::new();
    for (at, npc) in through.iter().enumerate() {
        let before = at.checked_sub(1).and_then(|before| through.get(before)).map(name);
        let part = match (npc.as_str(), before, chinese) {
            ("player", None, false) => "Of the guest: ".to_owned(),
            ("player", Some(_), false) => ", who was there with the guest".to_owned(),
            (_, None, false) => format!("You heard from {}", name(npc)),
            (_, Some(_), false) => format!(", who had it from {}", name(npc)),
            ("player", None, true) => "关于客人：".to_owned(),
            ("player", Some(before), true) => format!("，{before}当时就在客人跟前"),
            (_, None, true) => format!("你听{}说", name(npc)),
            (_, Some(before), true) => format!("，{before}是听{}说的", name(npc)),
        };
        words.push_str(&part);
    }
    words.push_str(if chinese { "：" } else { ": " });
    words
}

/// The turn of the first of these lines.
fn oldest(recent: &[Remembered]) -> u32 {
    recent.first().map_or(0, |line| line.turn)
}

/// The lore that the player's line touches, the closest first. What it would give away is left out.
fn lore(pack: &Pack, state: &State, npc: &str, player: &str, locked: &[String]) -> Vec<String> {
    let lower = player.to_lowercase();
    let known = pack.lore(&state.locale).iter().filter(|lore| lore.known_to(npc, state));
    let mut touched: Vec<(usize, &str)> = known
        .map(|lore| (lore.touched_by(&lower), lore.text.as_str()))
        .filter(|(keys, _)| *keys > 0)
        .collect();
    touched.sort_by_key(|(keys, _)| std::cmp::Reverse(*keys));
    let texts = touched.into_iter().map(|(_, text)| pack.say(state, text).into_owned());
    let fit = texts.filter(|text| {
        let lower = text.to_lowercase();
        !locked.iter().any(|tell| lower.contains(tell.as_str()))
    });
    fit.take(LORE).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Session, Value};
    use std::path::Path;
    use std::sync::Arc;

    fn prompt(session: &Session, pack: &Pack, npc: &str, player: &str) -> String {
        let mut beat = pack.beat("quay").unwrap().clone();
        beat.speaker = npc.into();
        let request =
            compose_request(pack, session.state(), &beat, player, &Reminded::default(), None);
        request.messages.iter().map(|message| format!("{}\n", message.text)).collect()
    }

    #[test]
    fn a_prompt_has_the_scene_the_lore_that_is_asked_for_and_what_is_known_by_now() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packs/ferry");
        let pack = Arc::new(Pack::load(&folder).unwrap());
        let mut session = Session::resume(pack.clone(), []);
        session.open("en", 1, &mut |_| {});
        let before = prompt(&session, &pack, "marta", "Tell me of the rocks");
        assert!(before.contains("The last ferry, the Patience, goes"), "{before}");
        assert!(before.contains("Gulls on the bollards.") && before.contains("before 22:15"));
        assert!(before.contains("You know of it: Nine rocks"));
        assert!(before.contains("High water is at four.") && !before.contains("no accident"));
        assert!(!prompt(&session, &pack, "marta", "Good evening").contains("Nine rocks"));
        session.state.facts.insert("dreamt".into(), Value::Bool(true));
        assert!(!prompt(&session, &pack, "marta", "Tell me of the rocks").contains("Nine rocks"));
        session.state.ever_made.insert("quay.ask_wreck".into(), 1);
        assert!(prompt(&session, &pack, "marta", "").contains("Tobin told you that the wreck"));
        assert!(!prompt(&session, &pack, "tobin", "").contains("no accident"));
        session.state.begun.insert("boat".into(), 1);
        assert!(prompt(&session, &pack, "tobin", "").contains("The wreck was no accident."));
    }

    #[test]
    fn hearsay_has_its_whole_way_in_both_languages() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/packs/ferry");
        let pack = Pack::load(&folder).unwrap();
        let way = |locale: &str, through: &[&str]| {
            let through: Vec<String> = through.iter().map(|npc| (*npc).to_owned()).collect();
            heard_from(&pack, locale, &through)
        };
        assert_eq!(way("en", &["tobin"]), "You heard from Tobin: ");
        let all = ["tobin", "marta", "player"];
        assert_eq!(
            way("en", &all),
            "You heard from Tobin, who had it from Marta, who was there with the guest: "
        );
        let (tobin, marta) = (pack.display_name("zh", "tobin"), pack.display_name("zh", "marta"));
        let wanted = format!("你听{tobin}说，{tobin}是听{marta}说的，{marta}当时就在客人跟前：");
        assert_eq!(way("zh", &all), wanted);
    }
}
