//! What players say, from data files.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::Path;

/// How a player goes along by what is heard.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heard {
    /// What is no topic: words, or single Han characters.
    pub common: Vec<String>,
    pub when: Vec<When>,
    pub questions: Vec<String>,
    pub statements: Vec<String>,
    pub anything: Vec<String>,
}

/// What fits something in particular that was heard.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct When {
    pub hears: Vec<String>,
    pub says: Vec<String>,
}

/// Lines that only fit one story.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StoryLines {
    /// Paraphrases of each move, by `beat/move`.
    #[serde(default)]
    pub moves: BTreeMap<String, Vec<String>>,
    /// By beat.
    #[serde(default)]
    pub contradicts: BTreeMap<String, Vec<String>>,
    /// That the beat is over already; by beat.
    #[serde(default)]
    pub claims: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub fishes: Vec<String>,
}

/// All lines of one language of the play.
#[derive(Debug, Default)]
pub struct Lines {
    lists: BTreeMap<&'static str, Vec<String>>,
    /// Rude around a line that goes along, `{}`.
    pub rude: Vec<String>,
    pub heard: Heard,
    /// None where nobody wrote any for this story.
    pub story: Option<StoryLines>,
    /// Those of the other language.
    pub foreign: Option<StoryLines>,
}

const LISTS: [&str; 11] = [
    "yes",
    "no",
    "wanderer",
    "hostile",
    "jailbreaker",
    "silent",
    "contradictor",
    "beat-grabber",
    "secret-fisher",
    "other-language",
    "gibberish",
];

impl Lines {
    /// The lines of `folder` for a play of `story` in `locale`.
    pub fn load(folder: &Path, story: &str, locale: &str) -> Result<Self, String> {
        let other = if locale.starts_with("zh") { "en" } else { "zh" };
        let mut lines = Self {
            heard: parse(&folder.join(locale).join("heard.ron"))?,
            story: of_story(folder, story, locale)?,
            foreign: of_story(folder, story, other)?,
            ..Self::default()
        };
        for name in LISTS {
            let file = folder.join(locale).join(format!("{name}.txt"));
            let text = read(&file)?;
            let all = text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with("# "));
            let all: Vec<String> = all.map(Into::into).collect();
            if all.is_empty() {
                return Err(format!("{}: there is no line in it", file.display()));
            }
            lines.lists.insert(name, all);
        }
        if let Some(hostile) = lines.lists.get_mut("hostile") {
            lines.rude = hostile.extract_if(.., |line| line.contains("{}")).collect();
        }
        Ok(lines)
    }

    /// The lines of one list.
    pub fn list(&self, name: &str) -> &[String] {
        self.lists.get(name).map_or(&[], Vec::as_slice)
    }

    /// Every line that somebody may say as it stands, for a test.
    #[cfg(test)]
    pub fn all(&self) -> Vec<&String> {
        // A yes or no is said to who asks whether something was meant: nobody quotes a story by that.
        let but = ["gibberish", "yes", "no"];
        let lists = self.lists.iter().filter(|(name, _)| !but.contains(name));
        let heard = &self.heard;
        let heard = heard.when.iter().flat_map(|when| &when.says).chain(&heard.questions);
        let heard = heard.chain(&self.heard.statements).chain(&self.heard.anything);
        let story = self.story.iter().flat_map(|story| {
            let by_beat = story.moves.values().chain(story.contradicts.values());
            by_beat.chain(story.claims.values()).flatten().chain(&story.fishes)
        });
        lists.flat_map(|(_, lines)| lines).chain(heard).chain(story).collect()
    }
}

fn of_story(folder: &Path, story: &str, locale: &str) -> Result<Option<StoryLines>, String> {
    let file = folder.join(format!("{story}.{locale}.ron"));
    if file.exists() { parse(&file).map(Some) } else { Ok(None) }
}

fn read(file: &Path) -> Result<String, String> {
    std::fs::read_to_string(file).map_err(|error| {
        format!(
            "{}: {error}. The players' lines are in `assets/players`; --lines names another folder",
            file.display()
        )
    })
}

fn parse<T: for<'de> Deserialize<'de>>(file: &Path) -> Result<T, String> {
    ron::from_str(&read(file)?).map_err(|error| format!("{}:{error}", file.display()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use dramaturg_story::Pack;
    use std::collections::BTreeSet;

    fn assets(folder: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets").join(folder)
    }

    /// A line, as it is compared.
    struct Form<'l> {
        line: &'l str,
        letters: Vec<char>,
        words: BTreeSet<String>,
    }

    fn form(line: &str) -> Form<'_> {
        Form {
            line,
            letters: super::super::letters(line).chars().collect(),
            words: dramaturg_mind::words(line).into_iter().collect(),
        }
    }

    /// Letters to change, to add or to take away, to make one of the other (Levenshtein 1966).
    fn distance(a: &[char], b: &[char]) -> usize {
        let mut row: Vec<usize> = (0..=b.len()).collect();
        for (i, x) in a.iter().enumerate() {
            let mut diagonal = row[0];
            row[0] = i + 1;
            for (j, y) in b.iter().enumerate() {
                let changed = diagonal + usize::from(x != y);
                diagonal = row[j + 1];
                row[j + 1] = changed.min(row[j] + 1).min(diagonal + 1);
            }
        }
        row[b.len()]
    }

    /// The same words, or all but one letter in eight the same.
    fn nearly_equal(a: &Form<'_>, b: &Form<'_>) -> bool {
        let (x, y) = (&a.letters, &b.letters);
        let few = x.len().max(y.len()) / 8;
        x.len().abs_diff(y.len()) <= few && distance(x, y) <= few || a.words == b.words
    }

    #[test]
    fn near_is_told_from_far() {
        let near = |a, b| nearly_equal(&form(a), &form(b));
        assert!(near("Whose coat is that?", "whose  coat is thas"));
        assert!(near("那件外套是谁的", "那件外套，是谁的？"));
        assert!(near("Burn it", "It burn!"));
        assert!(!near("Whose coat is that?", "Whose boat is it then?"));
        assert!(!near("不行", "不去"));
    }

    /// What a player says must be more than a quotation, or the figures would only measure the author's examples.
    #[test]
    fn no_line_is_an_example_of_a_story() {
        let mut compared = 0;
        for folder in std::fs::read_dir(assets("stories")).unwrap() {
            let folder = folder.unwrap().path();
            if !folder.join("pack.ron").exists() {
                continue;
            }
            let pack = Pack::load(&folder).unwrap();
            for locale in &pack.locales {
                let lines = Lines::load(&assets("players"), &pack.id, locale).unwrap();
                // A line without letters says nothing; a template is never said as it stands.
                let said = lines.all().into_iter().filter(|line| !line.contains("{}"));
                let said: Vec<_> =
                    said.map(|line| form(line)).filter(|line| !line.letters.is_empty()).collect();
                let prose = pack.prose(locale);
                for beat in pack.beats() {
                    for a_move in &beat.moves {
                        let section = format!("beat {}/move {}", beat.id, a_move.id);
                        for (_, example) in prose.bullets(&section) {
                            let example = form(example);
                            compared += said.len();
                            if let Some(near) =
                                said.iter().find(|line| nearly_equal(line, &example))
                            {
                                panic!(
                                    "{section} in {locale}: \"{}\" is nearly \"{}\"",
                                    near.line, example.line
                                );
                            }
                        }
                    }
                }
            }
        }
        assert!(compared > 100_000, "only {compared} pairs were compared");
    }

    #[test]
    fn each_move_has_paraphrases() {
        let pack = Pack::load(&assets("stories/lantern")).unwrap();
        for locale in &pack.locales {
            let lines = Lines::load(&assets("players"), &pack.id, locale).unwrap();
            let story = lines.story.unwrap();
            let mut known = BTreeSet::new();
            for beat in pack.beats() {
                assert!(
                    story.claims.contains_key(&beat.id) && story.contradicts.contains_key(&beat.id)
                );
                for a_move in &beat.moves {
                    let id = format!("{}/{}", beat.id, a_move.id);
                    let paraphrases = story.moves.get(&id).map_or(0, Vec::len);
                    assert!(paraphrases >= 5, "{locale}: {id} has {paraphrases} paraphrases");
                    known.insert(id);
                }
            }
            assert!(story.moves.keys().all(|id| known.contains(id)), "a paraphrase of no move");
        }
    }
}
