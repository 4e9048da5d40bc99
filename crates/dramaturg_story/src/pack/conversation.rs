//! A pack of one character and no story, for games that only want somebody to talk to.

use super::complete::fill_ways;
use super::{Beat, Character, Pack, Prose};
use dramaturg_mind::{Pad, Persona};
use std::collections::BTreeMap;

pub(super) fn pack(id: &str, persona: &Persona) -> Pack {
    // What the character falls back on when no model plays is there in both languages.
    let prose = |locale: &str| {
        let mut prose = Prose::default();
        let cast = format!("cast {id}");
        prose.set_name(&cast, &persona.name);
        prose.set_text(&cast, &persona.description);
        fill_ways(&mut prose, id, locale);
        (locale.to_owned(), prose)
    };
    Pack {
        id: format!("conversation:{id}"),
        version: 1,
        start: "talk".into(),
        locales: vec!["en".into(), "zh".into()],
        cast: BTreeMap::from([(id.to_owned(), Character::on_stage(id, Pad::default()))]),
        beats: vec![Beat::endless("talk", id)],
        prose: BTreeMap::from([prose("en"), prose("zh")]),
        ..Pack::default()
    }
}
