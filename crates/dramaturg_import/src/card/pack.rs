//! A card as a pack, and back.

use super::{Map, Path, PathBuf, SIDE, Value, harmless, left};
use crate::draft::Figures;
use crate::graph::id_of;
use crate::{Draft, LeftOut};
use dramaturg_story::Pack;
use std::fmt::Write;

/// The most entries of lore that a pack gets.
const MOST_ENTRIES: usize = 2_000;

/// What the pack takes of a card.
struct Fields {
    name: String,
    who: String,
    scenario: String,
    greetings: Vec<String>,
    /// Title, keys, text, and the number of the entry.
    lore: Vec<(String, String, String, usize)>,
}

fn string<'v>(data: &'v Value, field: &str) -> &'v str {
    data.get(field).and_then(Value::as_str).unwrap_or_default()
}

/// A text of a card as one line of a pack: names put in, marks of the pack's language made harmless.
fn plain(text: &str, name: &str) -> String {
    let text = text.replace("{{char}}", name).replace("{{Char}}", name).replace("<BOT>", name);
    let text = text
        .replace("{{user}}", "the player")
        .replace("{{User}}", "the player")
        .replace("<USER>", "the player");
    let mut out = String::new();
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        for c in word.chars().filter(|c| !c.is_control()) {
            match c {
                '{' => out.push_str("{\"{\"}"),
                '}' => out.push_str("{\"}\"}"),
                c => out.push(c),
            }
        }
    }
    out.trim_start_matches(['#', '>', '-', ' ']).to_owned()
}

fn fields(card: &Value, fallback: &str) -> (Fields, Vec<LeftOut>) {
    let data = card.get("data").unwrap_or(&Value::Null);
    let mut out = Vec::new();
    let name = plain(string(data, "name"), "");
    let name = if name.is_empty() { fallback.to_owned() } else { name };
    let mut safe = |field: &str, text: &str| match harmless(text) {
        Some(mark) => {
            out.push(left(
                field,
                &format!("it has a script in it ('{mark}') and is not taken over"),
            ));
            String::new()
        }
        None => plain(text, &name),
    };
    let who: Vec<String> =
        ["description", "personality"].iter().map(|f| safe(f, string(data, f))).collect();
    let who: Vec<String> = who.into_iter().filter(|text| !text.is_empty()).collect();
    let scenario = safe("scenario", string(data, "scenario"));
    let alternates = data.get("alternate_greetings").and_then(Value::as_array);
    let alternates = alternates.into_iter().flatten().filter_map(Value::as_str);
    let greetings = std::iter::once(string(data, "first_mes")).chain(alternates);
    let greetings: Vec<String> =
        greetings.map(|text| safe("greeting", text)).filter(|t| !t.is_empty()).collect();
    let entries =
        data.get("character_book").and_then(|book| book.get("entries")).and_then(Value::as_array);
    let mut lore = Vec::new();
    for (number, entry) in entries.into_iter().flatten().enumerate().take(MOST_ENTRIES) {
        let keys = entry.get("keys").and_then(Value::as_array);
        let keys: Vec<String> = keys
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .map(|k| plain(&k.replace(',', " "), &name))
            .filter(|k| !k.is_empty())
            .collect();
        let title = [string(entry, "name"), string(entry, "comment")]
            .into_iter()
            .find(|t| !t.trim().is_empty());
        let title =
            plain(title.unwrap_or_else(|| keys.first().map_or("lore", String::as_str)), &name);
        let text = safe(&format!("lore '{title}'"), string(entry, "content"));
        if entry.get("enabled") != Some(&Value::Bool(false)) && !keys.is_empty() && !text.is_empty()
        {
            lore.push((title, keys.join(", "), text, number));
        }
    }
    let unused = entries.map_or(0, Vec::len) - lore.len();
    if unused > 0 {
        out.push(left(
            "character_book",
            &format!(
                "{unused} entries without keys or text, or switched off, stay in the card alone"
            ),
        ));
    }
    for field in [
        "system_prompt",
        "post_history_instructions",
        "mes_example",
        "creator_notes",
        "extensions",
        "assets",
        "group_only_greetings",
    ] {
        let is_empty = match data.get(field) {
            None | Some(Value::Null) => true,
            Some(Value::String(text)) => text.trim().is_empty(),
            Some(Value::Array(list)) => list.is_empty(),
            Some(Value::Object(map)) => map.is_empty(),
            Some(_) => false,
        };
        if !is_empty {
            out.push(left(field, "stays in the card alone; the pack has no place for it"));
        }
    }
    (Fields { name, who: who.join(" "), scenario, greetings, lore }, out)
}

pub(super) fn draft(card: &Value, file: &str) -> Draft {
    let (Fields { name, who, scenario, greetings, lore }, left_out) = fields(card, file);
    let npc = id_of(&name);
    let lore_files: Vec<String> =
        lore.iter().map(|(_, _, _, number)| format!("lore/entry_{number}.md")).collect();
    let listed: Vec<String> = lore_files.iter().map(|file| format!("\"{file}\"")).collect();
    let mut files = std::collections::BTreeMap::new();
    let logic = format!(
        "// A talk with one character: give it a story by adding beats.\n(\n    dramaturg: 1, id: \"{npc}\", version: 1, start: \"talk\", locales: [\"en\"], lore: [{}],\n    cast: {{ \"{npc}\": () }},\n    beats: [(id: \"talk\", speaker: \"{npc}\", patience: 250, moves: [(id: \"goodbye\", done: true)])],\n    endings: [(id: \"parted\")],\n)\n",
        listed.join(", ")
    );
    let mut words = format!("# story\ntitle: {name}\n");
    if !scenario.is_empty() {
        let _ = writeln!(words, "The scene: {scenario}");
    }
    let _ = writeln!(
        words,
        "\n# cast {npc}\nname: {name}\nYou are {name}. {who}\n\n# beat talk\n## open"
    );
    for greeting in &greetings {
        let _ = writeln!(words, "- (neutral) {greeting}");
    }
    if greetings.is_empty() {
        words.push_str("> …\n");
    }
    let _ = write!(
        words,
        "## move goodbye\nsays: The player takes leave\n- Goodbye.\n- I have to go.\n- See you later.\n- Farewell.\n- I'm leaving now.\n### reply\n{npc} (neutral): Goodbye, then.\n\n# ending parted\n> You part.\n"
    );
    files.insert(PathBuf::from("pack.ron"), logic);
    files.insert(Path::new("en").join("story.md"), words);
    for ((title, keys, text, _), file) in lore.iter().zip(&lore_files) {
        files.insert(
            Path::new("en").join(file),
            format!("---\ntitle: {title}\nkeys: {keys}\n---\n{text}\n"),
        );
    }
    files.insert(PathBuf::from(SIDE), serde_json::to_string_pretty(card).unwrap_or_default());
    let figures = Figures { lines: greetings.len(), endings: 1, ..Figures::default() };
    let method = format!(
        "A character card: {name}, {} greetings, {} entries of lore. The card is kept as {SIDE}.",
        greetings.len(),
        lore.len()
    );
    Draft { files, left_out, figures, method, played: None }
}

/// The card of a character: what the pack says otherwise than the card that it came from, and the rest as it came.
pub(super) fn card(pack: &Pack, npc: &str, before: Option<Value>) -> Value {
    let is_new = before.is_none();
    let mut card = before.unwrap_or_else(|| {
        serde_json::json!({"spec": "chara_card_v2", "spec_version": "2.0", "data": {
            "name": "", "description": "", "personality": "", "scenario": "", "first_mes": "", "mes_example": "",
            "creator_notes": "", "system_prompt": "", "post_history_instructions": "", "alternate_greetings": [],
            "tags": [], "creator": "", "character_version": "", "extensions": {},
        }})
    });
    let (was, _) = fields(&card, npc);
    let locale = pack.locales.first().map(String::as_str).unwrap_or_default();
    let prose = pack.prose(locale);
    let name = pack.display_name(locale, npc).to_owned();
    let opening =
        pack.beat(&pack.start).map(|beat| format!("beat {}/open", beat.id)).unwrap_or_default();
    let mut greetings: Vec<String> =
        prose.bullets(&opening).iter().map(|(_, text)| text.clone()).collect();
    let spoken = prose.lines(&opening).iter().filter(|line| line.npc.as_deref() == Some(npc));
    greetings.splice(0..0, spoken.map(|line| line.text.clone()));
    let Some(data) = card.get_mut("data").and_then(Value::as_object_mut) else { return card };
    let set = |data: &mut Map<String, Value>, field: &str, value: Value| {
        data.insert(field.to_owned(), value);
    };
    if name != was.name {
        set(data, "name", name.clone().into());
    }
    let who = prose.text(&format!("cast {npc}"));
    if who.trim() != format!("You are {}. {}", was.name, was.who).trim() {
        set(data, "description", who.into());
        set(data, "personality", "".into());
    }
    let setting = prose.text("story");
    let had = if was.scenario.is_empty() {
        String::new()
    } else {
        format!("The scene: {}", was.scenario)
    };
    if setting != had {
        set(data, "scenario", setting.into());
    }
    if greetings != was.greetings && !greetings.is_empty() {
        set(data, "first_mes", greetings.remove(0).into());
        set(data, "alternate_greetings", greetings.into());
    }
    let lore: Vec<(String, String, String)> = pack
        .lore(locale)
        .iter()
        .map(|entry| (entry.title.clone(), entry.keys.join(", "), entry.text.clone()))
        .collect();
    let had: Vec<(String, String, String)> =
        was.lore.iter().map(|(t, k, x, _)| (t.clone(), k.to_lowercase(), x.clone())).collect();
    let now: Vec<(String, String, String)> =
        lore.iter().map(|(t, k, x)| (t.clone(), k.to_lowercase(), x.clone())).collect();
    if now != had || (is_new && !lore.is_empty()) {
        book(data, &was, &lore);
    }
    card
}

/// Changed entries of lore, each at its old place; new ones after them.
fn book(data: &mut Map<String, Value>, was: &Fields, lore: &[(String, String, String)]) {
    let book = data
        .entry("character_book")
        .or_insert_with(|| serde_json::json!({"extensions": {}, "entries": []}));
    let Some(entries) = book.get_mut("entries").and_then(Value::as_array_mut) else { return };
    for (title, keys, text) in lore {
        let keys: Vec<Value> = keys.split(", ").map(|key| key.to_owned().into()).collect();
        let old = was.lore.iter().find(|(had, ..)| had == title);
        match old.and_then(|(_, had_keys, had_text, number)| {
            Some((had_keys, had_text, entries.get_mut(*number)?))
        }) {
            Some((_, had_text, entry)) => {
                if had_text != text {
                    entry["content"] = text.clone().into();
                }
            }
            None => {
                let order = entries.len();
                entries.push(serde_json::json!({"keys": keys, "content": text, "name": title, "extensions": {},
                    "enabled": true, "insertion_order": order}));
            }
        }
    }
}
