//! That all can be spoken: what a language lacks is taken from the first one, what that lacks from the engine's own
//! lines, and what can't be made up is asked for.

use super::Pack;
use super::prose::{Prose, Section};
use super::tree::Place;
use crate::PackError;
use std::path::Path;

/// The ways in which a character turns something aside.
const WAYS: [&str; 5] =
    ["deflect", "deflect_secret", "deflect_hostile", "deflect_world", "silence"];
/// The rungs of the ladder by which a beat is steered.
pub(crate) const RUNGS: [&str; 4] = ["hint", "ask", "event", "authored"];

type Lines = &'static [&'static str];

/// What is spoken where the writer wrote nothing: English, then Chinese.
const DEFAULTS: [(&str, [Lines; 2]); 9] = [
    (
        "deflect",
        [
            &["Let me think about that.", "Go on.", "I see.", "Tell me more of it.", "Maybe so."],
            &["让我想想。", "你接着说。", "这样啊。", "再说说看。", "也许吧。"],
        ],
    ),
    ("deflect_secret", [&["I'd rather not talk of that."], &["这个我不想谈。"]]),
    ("deflect_hostile", [&["There's no call for that.", "Easy now."], &["话别说得这么难听。"]]),
    ("deflect_world", [&["I don't follow you.", "Say it in plain words."], &["我听不懂。"]]),
    ("silence", [&["Take your time.", "I'm listening."], &["不急。", "我听着呢。"]]),
    (
        "hint",
        [
            &[
                "There was something else I wanted to come to.",
                "We've talked of everything but the one thing.",
                "I've something on my mind, and it isn't this.",
                "Be that as it may. You didn't come for that.",
            ],
            &[
                "其实我还有件别的事想说。",
                "我们什么都聊了，就是没聊正事。",
                "我心里有件事，不是这件。",
                "先不说这个。你不是为这个来的。",
            ],
        ],
    ),
    (
        "ask",
        [
            &[
                "Well? What do you say?",
                "So what is it to be?",
                "I'd like an answer, one way or the other.",
            ],
            &["那么，你怎么说？", "你到底怎么打算？", "好歹给我一个答复。"],
        ],
    ),
    (
        "event",
        [
            &[
                "> Something falls in the next room, and nobody gets up.",
                "> It has grown late.",
                "> A door goes, not far away.",
            ],
            &[
                "> 隔壁有什么东西掉在地上，没有人起身。",
                "> 时候不早了。",
                "> 不远处有一扇门响了一声。",
            ],
        ],
    ),
    (
        "authored",
        [
            &[
                "> The moment passes, and things take their own course.",
                "> It is decided without you.",
                "> What had to come comes.",
            ],
            &[
                "> 时机过去了，事情自己往前走了。",
                "> 没有你，事情也定了下来。",
                "> 该来的还是来了。",
            ],
        ],
    ),
];

/// The engine's own lines for that, in English where the language is not known.
pub(super) fn defaults(name: &str, locale: &str) -> Lines {
    let language = usize::from(super::is_chinese(locale));
    DEFAULTS.iter().find(|d| d.0 == name).map_or(&[], |d| d.1[language])
}

/// Gives a character the engine's own lines where it has none.
pub(super) fn fill_ways(prose: &mut Prose, npc: &str, locale: &str) {
    for way in WAYS {
        let section = format!("cast {npc}/{way}");
        if prose.bullets(&section).is_empty() {
            prose.add_bullets(&section, defaults(way, locale));
        }
    }
}

/// Something that is written in the first language and not in another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The section, such as `beat coat/hint`; of a Fluent message, its id.
    pub section: String,
    /// Where the first language says it.
    pub place: Place,
}

/// Takes what `prose` lacks from the first language's; says what that was.
pub(super) fn fall_back(prose: &mut Prose, first: &Prose) -> Vec<Missing> {
    let mut missing = Vec::new();
    for (text, notes) in &first.notes {
        prose.notes.entry(text.clone()).or_insert_with(|| notes.clone());
    }
    for (path, place) in first.sections() {
        let Some(from) = first.sections.get(path) else { continue };
        let into = prose.sections.entry(path.to_owned()).or_default();
        if take(into, from) {
            missing.push(Missing { section: path.into(), place: place.clone() });
        }
    }
    for (path, variants) in &first.variants {
        let own = prose.variants.entry(path.clone()).or_default();
        for variant in variants {
            if !own.iter().any(|v| v.when.source().trim() == variant.when.source().trim()) {
                own.push(variant.clone());
                let section = format!("{path} when {}", variant.when.source());
                missing.push(Missing { section, place: variant.place.clone() });
            }
        }
    }
    missing
}

/// What is spoken counts as one: lines and alternatives.
fn take(into: &mut Section, from: &Section) -> bool {
    let mut took = false;
    for (field, text) in &from.fields {
        if !into.fields.contains_key(field) {
            into.fields.insert(field.clone(), text.clone());
            took = true;
        }
    }
    if into.lines.is_empty() && into.bullets.is_empty() {
        took |= !from.lines.is_empty() || !from.bullets.is_empty();
        into.lines.clone_from(&from.lines);
        into.bullets.clone_from(&from.bullets);
    }
    if into.text.is_empty() && !from.text.is_empty() {
        into.text.clone_from(&from.text);
        took = true;
    }
    took
}

/// Gives each beat its ladder and each character its ways where the writer wrote none.
pub(super) fn fill(prose: &mut Prose, pack: &Pack, locale: &str) {
    for npc in pack.cast() {
        fill_ways(prose, npc, locale);
    }
    for beat in &pack.beats {
        for rung in RUNGS {
            let section = format!("beat {}/{rung}", beat.id);
            if !prose.can_perform(&section) {
                prose.add_bullets(&section, defaults(rung, locale));
            }
        }
    }
}

/// What nobody but the writer can write.
pub(super) fn check(prose: &Prose, pack: &Pack, folder: &Path) -> Result<(), PackError> {
    let missing = |section: &str, what: &str| {
        // The nearest heading above it that is there.
        let above = prose.sections().filter(|(path, _)| section.starts_with(path));
        let above = above.max_by_key(|(path, _)| path.len());
        let nowhere = Place { file: folder.into(), line: 1, column: 1 };
        let (path, place) = above.unwrap_or(("", &nowhere));
        let depth = path.matches('/').count() + usize::from(!path.is_empty());
        let heading = path.rsplit('/').next().unwrap_or_default();
        let message = format!("'# {section}' has no {what}");
        let help = format!("add the heading with its {what}; the story can't be spoken without it");
        PackError {
            text: format!("{} {heading}", "#".repeat(depth)).trim().to_owned(),
            ..PackError::at(&place.file, "", place.line, place.column, message, help)
        }
    };
    // What is left out is filled in; a heading with nothing under it is a mistake.
    let ladders = pack.beats.iter().flat_map(|beat| RUNGS.map(|r| format!("beat {}/{r}", beat.id)));
    let ways = pack.cast().flat_map(|npc| WAYS.map(|way| format!("cast {npc}/{way}")));
    let is_written = |section: &String| prose.sections.contains_key(section);
    if let Some(empty) = ladders.filter(is_written).find(|section| !prose.can_perform(section)) {
        return Err(missing(&empty, "lines"));
    }
    if let Some(empty) = ways.filter(is_written).find(|way| prose.bullets(way).is_empty()) {
        return Err(missing(&empty, "lines"));
    }
    for beat in &pack.beats {
        for a_move in &beat.moves {
            let at = format!("beat {}/move {}", beat.id, a_move.id);
            let reply = format!("{at}/reply");
            if !prose.can_perform(&reply) {
                return Err(missing(&reply, "lines"));
            }
            if prose.bullets(&at).is_empty() {
                return Err(missing(&at, "example utterances"));
            }
        }
    }
    for secret in pack.secrets.keys() {
        let section = format!("secret {secret}/tells");
        let secret = &pack.secrets[secret];
        // What is known from the start needs no tells: nothing can be given away.
        if secret.unlocked_when.source() != "true" && prose.bullets(&section).is_empty() {
            return Err(missing(&section, "tells"));
        }
    }
    for ending in &pack.endings {
        let section = format!("ending {}", ending.id);
        if !prose.can_perform(&section) {
            return Err(missing(&section, "lines"));
        }
    }
    Ok(())
}

/// All texts that may be spoken or stand in a prompt.
pub(super) fn texts(prose: &Prose) -> Vec<String> {
    let sections =
        prose.sections.values().chain(prose.variants.values().flatten().map(|v| &v.section));
    let mut texts = Vec::new();
    for section in sections {
        texts.extend(section.lines.iter().map(|line| line.text.clone()));
        texts.extend(section.bullets.iter().map(|b| crate::Line::of_bullet(b, "").text));
        texts.extend(section.text.iter().cloned());
        texts.push(section.text.join(" "));
        texts.extend(section.fields.values().cloned());
    }
    texts
}
