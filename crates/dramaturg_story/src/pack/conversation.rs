//! A pack of one character and no story, for games that only want somebody to talk to.

use super::{Beat, Character, Pack, Prose};
use crate::condition::Condition;
use dramaturg_mind::{Pad, Persona};
use std::collections::BTreeMap;

/// What the character falls back on, in both languages, when no model plays.
const WAYS: [(&str, [&[&str]; 2]); 5] = [
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
];

pub(super) fn pack(id: &str, persona: &Persona) -> Pack {
    let prose = |language: usize| {
        let mut prose = Prose::default();
        let cast = format!("cast {id}");
        prose.set_name(&cast, &persona.name);
        prose.set_text(&cast, &persona.description);
        for (way, lines) in WAYS {
            prose.add_bullets(&format!("{cast}/{way}"), lines[language]);
        }
        prose
    };
    Pack {
        id: format!("conversation:{id}"),
        version: 1,
        start: "talk".into(),
        background: String::new(),
        locales: vec!["en".into(), "zh".into()],
        facts: BTreeMap::new(),
        cast: BTreeMap::from([(id.to_owned(), Character::on_stage(id, Pad::default()))]),
        secrets: BTreeMap::new(),
        beats: vec![Beat::endless("talk", id, Condition::always())],
        endings: Vec::new(),
        prose: BTreeMap::from([("en".to_owned(), prose(0)), ("zh".to_owned(), prose(1))]),
        digest: String::new(),
    }
}
