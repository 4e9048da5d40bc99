//! From files to a pack: read, merged, its names resolved, checked, completed.

use super::complete::{self, Missing};
use super::fluent::{Fluent, Messages, missing as missing_messages};
use super::logic::{Beat, Character, Ending, Gossip, Logic, Move};
use super::lore::Lore;
use super::names::{Names, WrittenCondition, slots};
use super::part::Part;
use super::prose::Prose;
use super::tree::Place;
use super::{LOGIC, Pack, check, endings, feelings, gossip};
use crate::condition::Condition;
use crate::{PackError, State};
use dramaturg_mind::Pad;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// The language where nothing else is said.
const ENGLISH: &str = "en";

type Files = BTreeMap<PathBuf, String>;

/// The files that a pack is made of besides `pack.ron`.
pub(super) fn files(folder: &Path, logic: &str) -> Result<Vec<PathBuf>, PackError> {
    let part = Part::parse(&folder.join(LOGIC), logic)?;
    let locales = match part.logic.locales.as_slice() {
        [] => folders(folder, &part.logic),
        named => named.to_vec(),
    };
    let words = locales
        .iter()
        .flat_map(|locale| part.logic.words().map(move |file| Path::new(locale).join(file)));
    Ok(part.includes().chain(words).collect())
}

/// The folders with words in them, by name; English where the folder can't be looked into.
fn folders(folder: &Path, logic: &Logic) -> Vec<String> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let has_words = |path: &Path| logic.files.first().is_some_and(|file| path.join(file).is_file());
    let mut locales: Vec<String> = entries
        .filter(|entry| has_words(&entry.path()))
        .filter_map(|entry| entry.file_name().into_string().ok())
        .collect();
    locales.sort();
    if locales.is_empty() { vec![ENGLISH.into()] } else { locales }
}

/// The languages of which there are files.
fn locales(logic: &Logic, files: &Files) -> Vec<String> {
    if !logic.locales.is_empty() {
        return logic.locales.clone();
    }
    let first = logic.files.first().map(Path::new).unwrap_or(Path::new(""));
    let folder = |file: &PathBuf| {
        let mut parts = file.components();
        let folder = parts.next()?.as_os_str().to_str()?.to_owned();
        (parts.as_path() == first).then_some(folder)
    };
    let mut locales: Vec<String> = files.keys().filter_map(folder).collect();
    locales.dedup();
    if locales.is_empty() { vec![ENGLISH.into()] } else { locales }
}

/// The files of one language: name in the pack, where it is for errors, text.
struct Words<'f> {
    stories: Vec<(PathBuf, &'f str)>,
    lore: Vec<(PathBuf, &'f str)>,
    fluent: Vec<(PathBuf, &'f str)>,
}

impl<'f> Words<'f> {
    /// A file that another language than the first lacks is as one with nothing in it.
    fn of(
        folder: &Path,
        logic: &Logic,
        files: &'f Files,
        locale: &str,
        is_first: bool,
    ) -> Result<Self, PackError> {
        let some = files.keys().any(|file| file.starts_with(locale));
        let read = |names: &[String]| {
            let mut read = Vec::new();
            for name in names {
                let name = Path::new(locale).join(name);
                match files.get(&name) {
                    Some(text) => read.push((folder.join(&name), text.as_str())),
                    None if is_first || !some => return Err(missing(&folder.join(&name))),
                    None => {}
                }
            }
            Ok(read)
        };
        Ok(Self {
            stories: read(&logic.files)?,
            lore: read(&logic.lore)?,
            fluent: read(&logic.fluent)?,
        })
    }
    fn all(&self) -> impl Iterator<Item = &(PathBuf, &'f str)> {
        self.stories.iter().chain(&self.lore).chain(&self.fluent)
    }
    fn messages(&self) -> Vec<Messages<'_>> {
        self.fluent.iter().map(|(file, source)| Messages { file, source }).collect()
    }
}

fn missing(file: &Path) -> PackError {
    PackError::at(file, "", 1, 1, "the file is missing", "add it, or take it out of `files`")
}

/// A pack of the text of `pack.ron` and the files that [`files`] named.
pub(super) fn build(folder: &Path, logic: &str, files: &Files) -> Result<Pack, PackError> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(logic.as_bytes());
    let mut parts = vec![Part::parse(&folder.join(LOGIC), logic)?];
    for name in parts[0].includes().collect::<Vec<_>>() {
        let source = files.get(&name).ok_or_else(|| missing(&folder.join(&name)))?;
        hasher.update(source.as_bytes());
        parts.push(Part::parse_included(&folder.join(&name), source)?);
    }
    let head = &parts[0].logic;
    let folder_name = folder.file_name().and_then(|name| name.to_str()).unwrap_or("story");
    let mut pack = Pack {
        id: if head.id.is_empty() { folder_name.into() } else { head.id.clone() },
        version: head.version,
        start: head.start.clone(),
        background: head.background.clone(),
        locales: locales(head, files),
        minutes_per_turn: head.minutes_per_turn.max(0),
        threshold: head.threshold.share(),
        policy: head.policy,
        company: head.company,
        documents: head.library.clone(),
        ..Pack::default()
    };
    pack.content = parts.iter().flat_map(|part| part.logic.content.clone()).collect();
    let mut words = BTreeMap::new();
    for (index, locale) in pack.locales.iter().enumerate() {
        let of = Words::of(folder, head, files, locale, index == 0)?;
        let mut prose = Prose::default();
        of.stories.iter().try_for_each(|(file, source)| prose.read(file, source, &pack.content))?;
        for (_, source) in of.all() {
            hasher.update(source.as_bytes());
        }
        pack.prose.insert(locale.clone(), prose);
        words.insert(locale.clone(), of);
    }
    pack.digest = hasher.finalize().to_hex().to_string();

    pack.places = check::places(&parts)?;
    collect(&mut pack, &parts);
    let mut names = Names::of(&pack, &parts)?;
    pack.conditions = names.derive(&parts)?;
    resolve(&mut pack, &mut parts, &names)?;
    collect(&mut pack, &parts);
    endings::settle(&mut pack, &parts)?;
    pack.facts.clone_from(&names.facts);
    guard_moves(&mut pack);
    guard_storylets(&mut pack);

    parts.iter().try_for_each(|part| check::references(&pack, part))?;
    parts.iter().try_for_each(|part| feelings::check(&pack, part))?;
    parts.iter().try_for_each(|part| gossip::check(&pack, part))?;
    finish(&mut pack, &parts, folder, &words, &names)?;
    gossip::note_readers(&mut pack);
    pack.names = names;
    pack.numbers = pack.beats.iter().map(|beat| beat.id.clone()).zip(0..).collect();
    Ok(pack)
}

/// Puts together what the files say. Cast, beats, moves and endings that the logic leaves out are those of the prose.
fn collect(pack: &mut Pack, parts: &[Part]) {
    let prose = pack.locales.first().and_then(|first| pack.prose.get(first));
    let Some(prose) = prose.cloned() else { return };
    let logic = || parts.iter().map(|part| &part.logic);
    let place = |pack: &mut Pack, name: String, place: &Place| {
        pack.places.entry(name).or_insert_with(|| place.clone());
    };
    pack.secrets = logic().flat_map(|l| l.secrets.clone()).collect();
    pack.promises = logic().flat_map(|l| l.promises.clone()).collect();
    pack.gossip = Gossip::default();
    logic().for_each(|l| pack.gossip.add(&l.gossip));
    pack.scenes = logic().flat_map(|l| l.scenes.clone()).collect();
    pack.cast = logic().flat_map(|l| l.cast.clone()).collect();
    if pack.cast.is_empty() {
        for (npc, at) in prose.named("cast") {
            pack.cast.insert(npc.into(), Character::on_stage(npc, Pad::default()));
            place(pack, format!("cast {npc}"), at);
        }
    }
    for (npc, character) in &mut pack.cast {
        if character.portrait.is_empty() {
            character.portrait.clone_from(npc);
        }
    }
    let first_npc = prose.named("cast").map(|c| c.0).find(|npc| pack.cast.contains_key(*npc));
    let speaker = first_npc.or(pack.cast.keys().next().map(String::as_str));
    let speaker = speaker.unwrap_or_default().to_owned();

    let mut beats: Vec<Beat> = Vec::new();
    let mut storylets: Vec<Beat> = Vec::new();
    for part in parts {
        for (list, from, into) in [
            ("beats", &part.logic.beats, &mut beats),
            ("storylets", &part.logic.storylets, &mut storylets),
        ] {
            for (index, beat) in from.iter().enumerate() {
                let mut beat = beat.clone();
                if part.root().get(list).nth(index).get("moves").at() == 0 {
                    beat.moves = moves(pack, &prose, &beat.id);
                }
                into.push(beat);
            }
        }
    }
    if beats.is_empty() {
        for (id, at) in prose.named("beat").filter(|b| storylets.iter().all(|s| s.id != b.0)) {
            let mut beat = Beat::named(id, "");
            beat.moves = moves(pack, &prose, id);
            place(pack, format!("beat {id}"), at);
            beats.push(beat);
        }
    }
    if beats.iter().all(|beat| beat.next.is_empty()) {
        let ids: Vec<String> = beats.iter().skip(1).map(|beat| beat.id.clone()).collect();
        beats.iter_mut().zip(ids).for_each(|(beat, next)| beat.next = vec![next]);
    }
    if pack.start.is_empty() {
        pack.start = beats.first().map(|beat| beat.id.clone()).unwrap_or_default();
    }
    storylets.iter_mut().for_each(|beat| beat.storylet = true);
    pack.beats = beats.into_iter().chain(storylets).collect();
    for beat in pack.beats.iter_mut().filter(|beat| beat.speaker.is_empty()) {
        beat.speaker.clone_from(&speaker);
    }

    pack.endings = logic().flat_map(|l| l.endings.clone()).collect();
    if pack.endings.is_empty() {
        for (id, at) in prose.named("ending") {
            pack.endings.push(Ending { id: id.into(), when: None, priority: 0 });
            place(pack, format!("ending {id}"), at);
        }
    }
    pack.endings.sort_by_key(|ending| -i32::from(ending.priority));
}

/// The moves that the prose has of a beat: each ends it.
fn moves(pack: &mut Pack, prose: &Prose, beat: &str) -> Vec<Move> {
    let prefix = format!("beat {beat}/move ");
    let mut moves = Vec::new();
    for (path, at) in prose.sections() {
        if let Some(id) = path.strip_prefix(&prefix).filter(|id| !id.contains('/')) {
            moves.push(Move::named(id));
            pack.places.entry(path.to_owned()).or_insert_with(|| at.clone());
        }
    }
    moves
}

/// Replaces what is derived in all conditions, and notes them for whoever checks the pack.
fn resolve(pack: &mut Pack, parts: &mut [Part], names: &Names) -> Result<(), PackError> {
    let none = BTreeSet::new();
    for part in parts {
        let written = &part.written;
        for slot in slots(&mut part.logic, written.root()) {
            let place = written.place(slot.at);
            names.resolve(slot.condition, written, slot.at, &none)?;
            pack.conditions.push(WrittenCondition {
                owner: slot.owner,
                role: slot.role.into(),
                condition: slot.condition.clone(),
                place,
            });
        }
    }
    let mut in_prose = Vec::new();
    for prose in pack.prose.values_mut() {
        for (id, ending) in &mut prose.endings {
            let Some(when) = &mut ending.when else { continue };
            resolve_at(when, names, &ending.place, &ending.line)?;
            in_prose.push(WrittenCondition {
                owner: format!("ending {id}"),
                role: "when".into(),
                condition: when.clone(),
                place: ending.place.clone(),
            });
        }
        for (owner, variants) in &mut prose.variants {
            for variant in variants {
                resolve_at(&mut variant.when, names, &variant.place, &variant.heading)?;
                in_prose.push(WrittenCondition {
                    owner: owner.clone(),
                    role: "when".into(),
                    condition: variant.when.clone(),
                    place: variant.place.clone(),
                });
            }
        }
    }
    pack.conditions.extend(in_prose);
    Ok(())
}

/// Replaces what is derived in a condition that is not in a RON file.
pub(super) fn resolve_at(
    condition: &mut Condition,
    names: &Names,
    place: &Place,
    line: &str,
) -> Result<(), PackError> {
    let source = condition.source().to_owned();
    condition.resolve(names).map_err(|error| {
        let (near, message, help) = names.explain(error, &BTreeSet::new());
        let offset = near.and_then(|near| source.find(&near)).unwrap_or(0);
        let offset = source.get(..offset).unwrap_or_default().chars().count();
        PackError {
            text: line.chars().take(160).collect(),
            ..PackError::at(&place.file, "", place.line, place.column + offset, message, help)
        }
    })
}

/// Writes what `once` and `present` mean as conditions: whoever asks for a condition need not know of them.
fn guard_moves(pack: &mut Pack) {
    for beat in &mut pack.beats {
        for a_move in &mut beat.moves {
            if a_move.once {
                let not_yet =
                    Condition::of_name(format!("made.{}.{}", beat.id, a_move.id)).negated();
                a_move.only_when = Some(match a_move.only_when.take() {
                    Some(when) => when.and(not_yet),
                    None => not_yet,
                });
            }
            for npc in &a_move.present {
                let requires = std::mem::take(&mut a_move.requires);
                a_move.requires = requires.and(Condition::of_name(format!("here.{npc}")));
            }
        }
    }
}

/// Writes into a storylet's condition that it does not begin for who does not want to meet what is in it.
fn guard_storylets(pack: &mut Pack) {
    for beat in pack.beats.iter_mut().filter(|beat| beat.storylet) {
        for note in &beat.content {
            let wanted = Condition::of_name(format!("avoid.{note}")).negated();
            beat.when = std::mem::take(&mut beat.when).and(wanted);
        }
    }
}

/// Lore, Fluent, and all that is missing.
fn finish(
    pack: &mut Pack,
    parts: &[Part],
    folder: &Path,
    words: &BTreeMap<String, Words>,
    names: &Names,
) -> Result<(), PackError> {
    let fail = |field: &str, message: &str, help: &str| {
        let at = parts[0].root().name_at(field);
        Err(parts[0].written.error(at, message, help))
    };
    if pack.beats.iter().all(Beat::is_storylet) {
        return fail(
            "beats",
            "a story needs a beat",
            "add one to `beats`, or '# beat NAME' to the prose",
        );
    }
    if pack.endings.is_empty() {
        return fail("endings", "a story needs an ending", "add one to `endings`");
    }
    let Some(first) = pack.locales.first().cloned() else { return Ok(()) };
    let first_words = &words[&first];
    complete::check(pack.prose(&first), pack, &folder.join(&first))?;
    let mut first_prose = pack.prose(&first).clone();
    let initial = State::new(pack);
    for locale in pack.locales.clone() {
        let own = &words[&locale];
        let mut lore = Vec::new();
        for (file, source) in &own.lore {
            let mut entry = Lore::read(file, source)?;
            let line = source.lines().nth(entry.place.line - 1).unwrap_or_default();
            resolve_at(&mut entry.when, names, &entry.place.clone(), line)?;
            check::lore(pack, &entry, file, source)?;
            lore.push(entry);
        }
        let mut missing: Vec<Missing> = Vec::new();
        let mut prose = pack.prose.remove(&locale).unwrap_or_default();
        if locale == first {
            complete::fill(&mut prose, pack, &locale);
        } else {
            missing.extend(complete::fall_back(&mut prose, &first_prose));
            complete::fill(&mut prose, pack, &locale);
            missing.extend(missing_messages(&first_words.messages(), &own.messages()));
            for entry in pack.lore.get(&first).into_iter().flatten() {
                if !lore.iter().any(|own: &Lore| own.id == entry.id) {
                    let section = format!("lore {}", entry.id);
                    missing.push(Missing { section, place: entry.place.clone() });
                    lore.push(entry.clone());
                }
            }
        }
        let texts = complete::texts(&prose).into_iter().chain(lore.iter().map(|l| l.text.clone()));
        let fluent = Fluent::new(&locale, &first_words.messages(), &own.messages())?;
        let fluent = fluent.add(texts, &initial.facts).map_err(|(text, message)| {
            let sources = own.all().chain(first_words.all());
            not_fluent(sources, &text, &message)
        })?;
        for entry in &lore {
            pack.conditions.push(WrittenCondition {
                owner: format!("lore {}", entry.id),
                role: "when".into(),
                condition: entry.when.clone(),
                place: entry.place.clone(),
            });
        }
        if locale == first {
            first_prose.clone_from(&prose);
        }
        pack.prose.insert(locale.clone(), prose);
        pack.lore.insert(locale.clone(), lore);
        pack.fluent.insert(locale.clone(), fluent);
        pack.missing.insert(locale, missing);
    }
    Ok(())
}

/// The error for a text in which something can't be filled in, at the place where it is written.
fn not_fluent<'f>(
    mut sources: impl Iterator<Item = &'f (PathBuf, &'f str)>,
    text: &str,
    message: &str,
) -> PackError {
    let help = "between { and } stands a $name (with - for a dot) or a message of a Fluent file; a plain bracket is {\"{\"}";
    let found = sources.find_map(|(file, source)| {
        // A paragraph of several lines stands in none of them: the one with the bracket will do.
        let holds =
            |line: &&str| line.contains(text) || (line.contains('{') && text.contains(line.trim()));
        let line = source.lines().position(|line| holds(&line))?;
        let before = source.lines().nth(line)?.split(text).next().filter(|b| !b.contains('{'));
        let before = before.unwrap_or_default();
        Some(PackError::at(file, source, line + 1, before.chars().count() + 1, message, help))
    });
    found.unwrap_or_else(|| PackError::at("", text, 1, 1, message, help))
}
