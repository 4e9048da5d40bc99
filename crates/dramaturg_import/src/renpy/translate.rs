//! Translations: `tl/LANGUAGE/*.rpy`.

use super::say::{Say, raw, say, unescaped};
use super::source::Line;
use md5::{Digest, Md5};
use std::collections::{BTreeMap, BTreeSet};

/// What one language says for what the game says.
#[derive(Clone, Debug, Default)]
pub(super) struct Language {
    /// By the number that Ren'Py gives a line.
    by_id: BTreeMap<String, String>,
    /// By the original's code, where the number does not fit any more.
    by_code: BTreeMap<String, String>,
    texts: BTreeMap<String, String>,
}

impl Language {
    /// Takes the block `translate LANGUAGE id:`. `source` is the file's text, which has the originals in comments.
    pub(super) fn add(&mut self, id: &str, head: usize, block: &[Line], source: &[&str]) {
        if id == "strings" {
            let mut old = None;
            for line in block {
                let text = |keyword: &str| {
                    let (text, _) = raw(line.text.strip_prefix(keyword)?.trim())?;
                    Some(unescaped(&text))
                };
                if let Some(text) = text("old") {
                    old = Some(text);
                } else if let (Some(text), Some(old)) = (text("new"), old.take())
                    && !text.trim().is_empty()
                {
                    self.texts.insert(old, text);
                }
            }
            return;
        }
        let says: Vec<Say> = block.iter().filter_map(|line| say(&line.text)).flatten().collect();
        let said: Vec<&str> =
            says.iter().map(|say| say.text.as_str()).filter(|t| !t.trim().is_empty()).collect();
        let said = said.join(" ");
        if said.is_empty() {
            return;
        }
        let last = block.last().map_or(head, |line| line.number);
        let comments = source.get(head..last.saturating_sub(1)).unwrap_or_default();
        let originals = comments.iter().filter_map(|line| line.trim().strip_prefix('#'));
        if let Some(original) = originals.filter_map(|code| say(code.trim())).flatten().next() {
            self.by_code.entry(original.code).or_insert_with(|| said.clone());
        }
        self.by_id.insert(id.to_owned(), said);
    }
    pub(super) fn line(&self, id: &str, code: &str) -> Option<&str> {
        self.by_id.get(id).or_else(|| self.by_code.get(code)).map(String::as_str)
    }
    pub(super) fn text(&self, text: &str) -> Option<&str> {
        self.texts.get(text).map(String::as_str)
    }
}

/// Gives lines the numbers by which translations call them.
#[derive(Default)]
pub(super) struct Numbers(BTreeSet<String>);

impl Numbers {
    pub(super) fn of(&mut self, label: &str, code: &str) -> String {
        let digest = Md5::digest(format!("{code}\r\n").as_bytes());
        let digest: String = digest.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        let base = match label {
            "" => digest,
            label => format!("{}_{digest}", label.replace('.', "_")),
        };
        let numbered = (1..).map(|number| format!("{base}_{number}"));
        let id = std::iter::once(base.clone()).chain(numbered).find(|id| !self.0.contains(id));
        let id = id.unwrap_or(base);
        self.0.insert(id.clone());
        id
    }
}

/// The code of a language that a game's folder is named after.
pub(super) fn locale(folder: &str) -> String {
    let known = [
        ("schinese", "zh"),
        ("simplified_chinese", "zh"),
        ("chinese", "zh"),
        ("chinese_simplified", "zh"),
        ("zh_cn", "zh"),
        ("tchinese", "zh-TW"),
        ("traditional_chinese", "zh-TW"),
        ("zh_tw", "zh-TW"),
        ("japanese", "ja"),
        ("korean", "ko"),
        ("english", "en"),
        ("french", "fr"),
        ("german", "de"),
        ("spanish", "es"),
        ("italian", "it"),
        ("portuguese", "pt"),
        ("brazilian", "pt-BR"),
        ("brazilian_portuguese", "pt-BR"),
        ("russian", "ru"),
        ("ukrainian", "uk"),
        ("polish", "pl"),
        ("czech", "cs"),
        ("danish", "da"),
        ("dutch", "nl"),
        ("swedish", "sv"),
        ("finnish", "fi"),
        ("turkish", "tr"),
        ("malay", "ms"),
        ("indonesian", "id"),
        ("vietnamese", "vi"),
        ("thai", "th"),
        ("arabic", "ar"),
        ("greek", "el"),
        ("hungarian", "hu"),
        ("romanian", "ro"),
    ];
    let lower = folder.to_lowercase();
    let found = known.into_iter().find(|(name, _)| *name == lower);
    found.map_or_else(
        || lower.chars().filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_')).collect(),
        |(_, code)| code.to_owned(),
    )
}

/// The language of a script, by its letters.
pub(super) fn guess<'t>(texts: impl Iterator<Item = &'t str>) -> &'static str {
    let (mut kana, mut han, mut hangul, mut cyrillic, mut all) = (0, 0, 0, 0, 0_usize);
    for c in texts.flat_map(str::chars).filter(|c| c.is_alphabetic()).take(20_000) {
        all += 1;
        match u32::from(c) {
            0x3040..=0x30ff => kana += 1,
            0x4e00..=0x9fff => han += 1,
            0xac00..=0xd7af => hangul += 1,
            0x0400..=0x04ff => cyrillic += 1,
            _ => {}
        }
    }
    // A Han character tells as much as several letters, and names stay in Latin ones.
    let many = |count: usize| count * 6 > all;
    match () {
        () if kana > 0 && many(kana + han) => "ja",
        () if many(han) => "zh",
        () if many(hangul) => "ko",
        () if many(cyrillic) => "ru",
        () => "en",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_numbered_as_renpy_does() {
        // The numbers in a translation that Ren'Py itself wrote.
        let mut numbers = Numbers::default();
        let code = "\"I've had a lot of other thoughts on my mind...thoughts that culminate in a question.\"";
        assert_eq!(numbers.of("start", code), "start_622654e3");
        assert_eq!(numbers.of("start", code), "start_622654e3_1");
        assert_eq!(numbers.of("rightaway", "m \"Good...\""), "rightaway_f5f51c33");
    }

    #[test]
    fn a_script_says_its_language() {
        assert_eq!(guess(["Hello there"].into_iter()), "en");
        assert_eq!(guess(["你好，Sylvie"].into_iter()), "zh");
        assert_eq!(guess(["今日はいい天気ですね"].into_iter()), "ja");
    }
}
