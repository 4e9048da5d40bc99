//! The files of the pack.

use super::lower::{Beat, Ending, Move, Story};
use super::{Said, Words, ron};
use dramaturg_story::Emotion;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};

pub(super) fn files(story: &Story) -> BTreeMap<PathBuf, String> {
    let mut files = BTreeMap::from([(PathBuf::from("pack.ron"), logic(story))]);
    for locale in &story.game.locales {
        let own = locale == story.game.language();
        files.insert(Path::new(locale).join("story.md"), Page::new(story, locale, own).text());
    }
    files
}

fn logic(story: &Story) -> String {
    let game = &story.game;
    let mut out = format!("(\n    dramaturg: 1, id: {}, version: 1,", ron::text(&game.id));
    if let Some(first) = story.beats.first() {
        let _ = write!(out, " start: {},", ron::text(&first.id));
    }
    let locales = game.locales.iter().map(|locale| ron::text(locale));
    let _ = writeln!(out, " locales: {},", ron::list(locales));
    if !game.facts.is_empty() {
        out.push_str("    facts: {\n");
        for (name, kind) in &game.facts {
            let _ = writeln!(out, "        {}: {},", ron::text(name), ron::value(kind));
        }
        out.push_str("    },\n");
    }
    let used: BTreeSet<&String> = story.beats.iter().filter_map(|b| b.scene.as_ref()).collect();
    if !used.is_empty() {
        out.push_str("    scenes: {\n");
        for (name, background) in game.scenes.iter().filter(|(name, _)| used.contains(name)) {
            let background = ron::text(background);
            let _ = writeln!(out, "        {}: (background: {background}),", ron::text(name));
        }
        out.push_str("    },\n");
    }
    out.push_str("    cast: {\n");
    for character in &game.cast {
        // They come on when they lead a beat.
        let _ = writeln!(out, "        {}: (present: false),", ron::text(&character.id));
    }
    out.push_str("    },\n    beats: [\n");
    story.beats.iter().for_each(|beat| self::beat(beat, &mut out));
    out.push_str("    ],\n    endings: [\n");
    for Ending { id, is_last_resort, .. } in &story.endings {
        let when =
            if *is_last_resort { String::new() } else { format!(", when: \"ending is '{id}'\"") };
        let _ = writeln!(out, "        (id: {}{when}),", ron::text(id));
    }
    out.push_str("    ],\n)\n");
    out
}

fn beat(beat: &Beat, out: &mut String) {
    let mut line = format!("        (id: {}", ron::text(&beat.id));
    let mut say = |name: &str, value: String| line.push_str(&format!(", {name}: {value}"));
    if let Some(speaker) = &beat.speaker {
        say("speaker", ron::text(speaker));
    }
    if let Some(when) = &beat.when {
        say("when", ron::text(when));
    }
    if let Some(scene) = &beat.scene {
        say("scene", ron::text(scene));
    }
    if !beat.next.is_empty() {
        say("next", ron::list(beat.next.iter().map(|next| ron::text(next))));
    }
    if !beat.on_begin.is_empty() {
        say("on_begin", ron::value(&beat.on_begin));
    }
    if beat.moves.is_empty() {
        say("interlude", "true".into());
        let _ = writeln!(out, "{line}),");
        return;
    }
    // Who is not understood at once is shown what there is to choose.
    say("patience", "1".into());
    if !beat.on_forced.is_empty() {
        say("on_forced", ron::value(&beat.on_forced));
    }
    let _ = writeln!(out, "{line}, moves: [");
    for Move { id, when, once, effects, .. } in &beat.moves {
        let mut line = format!("            (id: {}, done: true", ron::text(id));
        if let Some(when) = when {
            let _ = write!(line, ", only_when: {}", ron::text(when));
        }
        if *once {
            line.push_str(", once: true");
        }
        if !effects.is_empty() {
            let _ = write!(line, ", effects: {}", ron::value(effects));
        }
        let _ = writeln!(out, "{line}),");
    }
    out.push_str("        ]),\n");
}

/// The words of one language.
struct Page<'s> {
    story: &'s Story,
    locale: &'s str,
    /// Whether it is the writer's language, which has all.
    own: bool,
    out: String,
}

impl<'s> Page<'s> {
    fn new(story: &'s Story, locale: &'s str, own: bool) -> Self {
        Self { story, locale, own, out: String::new() }
    }

    /// The text in this language, else in the writer's.
    fn word<'w>(&self, words: &'w Words) -> Option<&'w str> {
        words.get(self.locale).or_else(|| words.get(self.story.game.language()))
    }
    fn has(&self, words: &Words) -> bool {
        self.own || words.get(self.locale).is_some()
    }
    /// Whether any of that is in this language; what is not at all falls back on the writer's.
    fn speaks(&self, said: &[Said]) -> bool {
        self.own || said.iter().any(|s| matches!(s, Said::Line { text, .. } if self.has(text)))
    }

    fn text(mut self) -> String {
        let story = self.story;
        self.story_heading();
        for character in &story.game.cast {
            let name = self.word(&character.name).unwrap_or(&character.id).to_owned();
            let _ = writeln!(self.out, "\n# cast {}\nname: {name}", character.id);
            let title = self.word(&story.game.title).unwrap_or(&story.game.id).to_owned();
            let who = if self.locale.starts_with("zh") {
                format!("你是{name}，《{title}》里的人物。")
            } else {
                format!("You are {name}, a character of \"{title}\".")
            };
            let _ = writeln!(self.out, "{who}");
        }
        for beat in &story.beats {
            self.beat(beat);
        }
        for ending in &story.endings {
            let _ = writeln!(self.out, "\n# ending {}", ending.id);
            let lines = ending.said.iter().any(|said| matches!(said, Said::Line { .. }));
            if lines && self.speaks(&ending.said) {
                self.said(&ending.said);
            } else if !lines {
                let end = match self.locale {
                    zh if zh.starts_with("zh") => "完。",
                    "ja" => "おわり。",
                    _ => "The end.",
                };
                let _ = writeln!(self.out, "> {end}");
            }
        }
        self.out
    }

    fn story_heading(&mut self) {
        let game = &self.story.game;
        let title = self.word(&game.title).unwrap_or(&game.id).to_owned();
        let _ = writeln!(self.out, "# story\ntitle: {title}");
        // What the player reads first is where it takes place.
        let first = self.story.beats.first();
        let said = first.iter().flat_map(|beat| &beat.open);
        let narrated = said.filter_map(|said| match said {
            Said::Line { who: None, text, .. } => self.word(text),
            _ => None,
        });
        let setting: Vec<&str> = narrated.filter(|text| !text.contains('{')).take(2).collect();
        let setting: String = setting.join(" ").chars().take(400).collect();
        if !setting.is_empty() {
            // A paragraph that began like a list or a quotation would be one.
            let setting = setting.trim_start_matches(['-', '>', '#', ' ']).to_owned();
            let _ = writeln!(self.out, "{setting}");
        }
    }

    fn beat(&mut self, beat: &Beat) {
        let moves = beat.moves.iter().any(|m| self.has(&m.text));
        let parts = [&beat.open, &beat.authored];
        let replies = beat.moves.iter().any(|m| self.speaks(&m.reply));
        if !moves && !replies && !parts.iter().any(|said| !said.is_empty() && self.speaks(said)) {
            return;
        }
        if beat.moves.is_empty() && beat.open.is_empty() {
            return;
        }
        let _ = writeln!(self.out, "\n# beat {}", beat.id);
        if !beat.open.is_empty() && self.speaks(&beat.open) {
            let _ = writeln!(self.out, "## open");
            self.said(&beat.open);
        }
        for a_move in &beat.moves {
            self.a_move(a_move);
        }
        if !beat.moves.is_empty() && (self.own || moves) {
            self.ladder(beat);
        }
        if !beat.authored.is_empty() && self.speaks(&beat.authored) {
            let _ = writeln!(self.out, "## authored");
            self.said(&beat.authored);
        }
    }

    fn a_move(&mut self, a_move: &Move) {
        let (has_text, has_reply) = (self.has(&a_move.text), self.speaks(&a_move.reply));
        if !has_text && !has_reply {
            return;
        }
        let _ = writeln!(self.out, "## move {}", a_move.id);
        if has_text {
            let text = self.word(&a_move.text).unwrap_or("…").to_owned();
            let text = text.trim_start_matches(['-', '>', '#', ' ']);
            let text = if text.is_empty() { "…" } else { text };
            let says =
                if self.locale.starts_with("zh") { "玩家选择" } else { "The player chooses" };
            let _ = writeln!(self.out, "says: {says}: {text}");
            for example in examples(text, self.locale) {
                let _ = writeln!(self.out, "- {example}");
            }
        }
        if has_reply {
            let _ = writeln!(self.out, "### reply");
            self.said(&a_move.reply);
        }
    }

    /// What there is to choose, for who says something else.
    fn ladder(&mut self, beat: &Beat) {
        let open: Vec<&Move> = beat.moves.iter().filter(|m| m.when.is_none()).collect();
        let shown = if open.is_empty() { beat.moves.iter().collect() } else { open };
        let quote = if self.locale.starts_with("zh") || self.locale == "ja" {
            ["「", "」"]
        } else {
            ["\"", "\""]
        };
        let texts = shown.iter().filter_map(|m| self.word(&m.text));
        let texts: Vec<String> =
            texts.map(|text| format!("{}{text}{}", quote[0], quote[1])).collect();
        let _ = writeln!(self.out, "## hint\n- > {}", texts.join(" / "));
    }

    fn said(&mut self, said: &[Said]) {
        for said in said {
            match said {
                Said::Line { who, emotion, text } => {
                    let text = self.word(text).unwrap_or("…").to_owned();
                    let _ = match who {
                        Some(who) => {
                            writeln!(self.out, "{who} ({}): {text}", Emotion::label(*emotion))
                        }
                        None => writeln!(self.out, "> {text}"),
                    };
                }
                Said::Note(note) => {
                    let _ = writeln!(self.out, "[{note}]");
                }
            }
        }
    }
}

/// A choice's text as a player would say it: as it stands, and where it begins as a wish, in the first person.
fn examples(text: &str, locale: &str) -> Vec<String> {
    let mut examples = vec![text.to_owned()];
    let bare = text.trim_end_matches(['.', '!', '…', '。', '！']).trim();
    if locale == "en" {
        let lower = |text: &str| {
            let mut chars = text.chars();
            let first = chars.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
            format!("{first}{}", chars.as_str())
        };
        if let Some(rest) = bare.strip_prefix("To ") {
            examples.push(format!("I want to {rest}."));
            examples.push(format!("I'll {}.", lower(rest)));
        }
    }
    if bare != text && !bare.is_empty() {
        examples.push(bare.to_owned());
    }
    examples.dedup();
    examples
}
