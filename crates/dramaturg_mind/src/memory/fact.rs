//! Facts that people tell of themselves, taken from their words by a few careful rules: a sentence that is a question, a
//! negation or a supposition tells nothing.

use super::Remembered;
use super::date::Day;
use serde::{Deserialize, Serialize};

/// What kind of thing is told. One of a kind holds at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum FactKind {
    /// The name.
    Name,
    /// What they are: a trade, a role.
    Trade,
    /// Where they come from.
    Origin,
    /// Where they live.
    Home,
    /// How old they are.
    Age,
    /// Somebody near to them: 'sister', '妹妹'.
    Kin(String),
}

/// A fact about a person, with the line in which it was told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalFact {
    /// Whom it is about.
    pub about: String,
    /// What kind of thing.
    pub kind: FactKind,
    /// What was told, in their words.
    pub value: String,
    /// Number of the line that tells it.
    pub line: u32,
    /// The turn of that line.
    pub turn: u32,
    /// From when on it is known.
    pub since: Day,
    /// The line that told otherwise later.
    pub superseded_by: Option<u32>,
}

impl PersonalFact {
    pub(super) fn new(told: &Remembered, kind: FactKind, value: String, line: u32) -> Self {
        let about = told.speaker.clone();
        Self { about, kind, value, line, turn: told.turn, since: told.day, superseded_by: None }
    }
}

/// All facts that were told, those that hold no more among them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonalFacts(Vec<PersonalFact>);

impl PersonalFacts {
    /// All of them, in the order in which they were told.
    pub fn all(&self) -> &[PersonalFact] {
        &self.0
    }
    /// What holds of a person now, in the order in which it was told.
    pub fn about<'f>(&'f self, person: &'f str) -> impl Iterator<Item = &'f PersonalFact> {
        self.0.iter().filter(move |fact| fact.about == person && fact.superseded_by.is_none())
    }
    /// Takes a fact in; another of its kind that held until now is superseded. The same told again changes nothing.
    pub(super) fn learn(&mut self, fact: PersonalFact) {
        let same = |old: &&mut PersonalFact| {
            old.superseded_by.is_none() && old.about == fact.about && old.kind == fact.kind
        };
        if let Some(old) = self.0.iter_mut().find(same) {
            if old.value.to_lowercase() == fact.value.to_lowercase() {
                return;
            }
            old.superseded_by = Some(fact.line);
        }
        self.0.push(fact);
    }
    pub(super) fn forget(&mut self, gone: impl Fn(&PersonalFact) -> bool) {
        self.0.retain(|fact| !gone(fact));
    }
}

/// The most words of what is told.
const LONGEST: usize = 14;
const TRADES: [&str; 60] = [
    "actor",
    "apprentice",
    "architect",
    "artist",
    "baker",
    "barber",
    "builder",
    "butcher",
    "captain",
    "carpenter",
    "clerk",
    "cook",
    "courier",
    "dancer",
    "detective",
    "doctor",
    "driver",
    "engineer",
    "farmer",
    "fisher",
    "fisherman",
    "gardener",
    "guard",
    "healer",
    "hunter",
    "inspector",
    "journalist",
    "judge",
    "keeper",
    "knight",
    "lawyer",
    "librarian",
    "mason",
    "mechanic",
    "merchant",
    "miner",
    "musician",
    "nurse",
    "painter",
    "photographer",
    "pilot",
    "poet",
    "priest",
    "reporter",
    "sailor",
    "scholar",
    "scientist",
    "secretary",
    "singer",
    "smith",
    "soldier",
    "student",
    "surgeon",
    "tailor",
    "teacher",
    "trader",
    "traveller",
    "weaver",
    "widow",
    "writer",
];
const KIN: [&str; 24] = [
    "sister",
    "brother",
    "mother",
    "father",
    "mum",
    "mom",
    "dad",
    "son",
    "daughter",
    "wife",
    "husband",
    "aunt",
    "uncle",
    "cousin",
    "grandmother",
    "grandfather",
    "friend",
    "dog",
    "cat",
    "boyfriend",
    "girlfriend",
    "partner",
    "boss",
    "neighbour",
];
const KIN_UNSPACED: [&str; 24] = [
    "妹妹", "姐姐", "哥哥", "弟弟", "妈妈", "爸爸", "母亲", "父亲", "儿子", "女儿", "妻子", "丈夫",
    "老婆", "老公", "奶奶", "爷爷", "外婆", "外公", "叔叔", "阿姨", "朋友", "老师", "狗", "猫",
];

/// The facts that a line tells of its speaker.
pub fn personal_facts(text: &str) -> Vec<(FactKind, String)> {
    let sentences = text.split_inclusive(['.', '!', '?', ';', '\n', '。', '！', '？', '；']);
    let told = sentences.filter(|sentence| !sentence.contains(['?', '？', '"', '“', '「']));
    told.flat_map(|sentence| {
        let sentence = sentence.trim_end_matches(['.', '!', ';', '\n', '。', '！', '；', ' ']);
        let mut facts = english(sentence);
        facts.extend(unspaced(sentence));
        facts
    })
    .collect()
}

fn english(sentence: &str) -> Vec<(FactKind, String)> {
    let even = sentence.replace('’', "'");
    let words: Vec<&str> = even.split_whitespace().collect();
    let lower: Vec<String> = words
        .iter()
        .map(|word| word.trim_matches(|c: char| !c.is_alphanumeric() && c != '\'').to_lowercase())
        .collect();
    let doubtful = [
        "if", "suppose", "imagine", "pretend", "unless", "wish", "not", "never", "isn't", "no",
        "say", "says", "said",
    ];
    if lower.iter().any(|word| doubtful.contains(&word.as_str()) || word.ends_with("n't")) {
        return Vec::new();
    }
    let find = |pattern: &[&str]| {
        let at = lower.windows(pattern.len()).position(|window| window.iter().eq(pattern))?;
        Some(at + pattern.len())
    };
    let plain = |at: usize| {
        words.get(at).map(|w| w.trim_matches(|c: char| !c.is_alphanumeric()).to_owned())
    };
    // Names and places: the words from there on that begin with a capital, three at most.
    let capitals = |at: usize| {
        let run = words.iter().skip(at).take(3);
        let mut name: Vec<&str> = Vec::new();
        for word in run {
            if !word.starts_with(char::is_uppercase) {
                break;
            }
            name.push(word.trim_matches(|c: char| !c.is_alphanumeric()));
            if word.ends_with([',', ':']) {
                break;
            }
        }
        (!name.is_empty()).then(|| name.join(" "))
    };
    let mut facts = Vec::new();
    let named = find(&["my", "name", "is"])
        .or_else(|| find(&["my", "name's"]))
        .or_else(|| find(&["call", "me"]));
    if let Some(name) =
        named.and_then(|at| capitals(at).or_else(|| plain(at).filter(|_| at + 1 == words.len())))
    {
        facts.push((FactKind::Name, name));
    }
    let being = [&["i'm"][..], &["i", "am"]].into_iter().find_map(find);
    if let Some(at) = being {
        let article = lower.get(at).is_some_and(|word| ["a", "an", "the"].contains(&word.as_str()));
        let trade =
            (at + 1..words.len().min(at + 4)).find(|at| TRADES.contains(&lower[*at].as_str()));
        if let Some(trade) = trade.filter(|_| article) {
            facts.push((FactKind::Trade, lower[at + 1..=trade].join(" ")));
        }
        let old = lower
            .get(at)
            .and_then(|age| age.parse::<u32>().ok())
            .filter(|age| (1..130).contains(age));
        let years = lower.get(at + 1).is_none_or(|word| word.starts_with("year"));
        if let Some(age) = old.filter(|_| years) {
            facts.push((FactKind::Age, age.to_string()));
        }
    }
    let work =
        [&["i", "work", "as", "a"][..], &["i", "work", "as", "an"]].into_iter().find_map(find);
    if let Some(trade) = work.and_then(plain) {
        facts.push((FactKind::Trade, trade.to_lowercase()));
    }
    let from = [&["i'm", "from"][..], &["i", "am", "from"], &["i", "come", "from"]]
        .into_iter()
        .find_map(find);
    if let Some(place) = from.and_then(|at| capitals(at).or_else(|| rest(&words, at))) {
        facts.push((FactKind::Origin, place));
    }
    let home = [&["i", "live", "in"][..], &["i", "live", "on"], &["i", "live", "at"]]
        .into_iter()
        .find_map(find);
    if let Some(place) = home.and_then(|at| capitals(at).or_else(|| rest(&words, at))) {
        facts.push((FactKind::Home, place));
    }
    // 'My sister keeps bees', 'my brother's name is Jun'.
    for at in 0..lower.len().saturating_sub(2) {
        let kin = lower[at + 1].trim_end_matches("'s");
        if lower[at] == "my"
            && KIN.contains(&kin)
            && let Some(told) = rest(&words, at + 1)
        {
            facts.push((FactKind::Kin(kin.to_owned()), format!("my {told}")));
        }
    }
    facts
}

/// The words from there to the end or a comma.
fn rest(words: &[&str], at: usize) -> Option<String> {
    let words = words.get(at..)?;
    let end = words.iter().position(|word| word.ends_with(',')).map_or(words.len(), |at| at + 1);
    let told = words[..end.min(LONGEST)].join(" ");
    let told = told.trim_end_matches(|c: char| !c.is_alphanumeric());
    (!told.is_empty()).then(|| told.to_owned())
}

fn unspaced(sentence: &str) -> Vec<(FactKind, String)> {
    let doubtful = ["如果", "假如", "要是", "假装", "不", "没", "吗", "是不是", "谁", "说我"];
    if !sentence.contains('我') || doubtful.iter().any(|word| sentence.contains(word)) {
        return Vec::new();
    }
    let clause = |text: &str| {
        let end = text.find(['，', '、', ',', ' ', '：']).unwrap_or(text.len());
        let told: String = text[..end].chars().take(2 * LONGEST).collect();
        (!told.is_empty()).then_some(told)
    };
    let after = |pattern: &str| sentence.split_once(pattern).and_then(|(_, text)| clause(text));
    let mut facts = Vec::new();
    let name = ["我叫做", "我叫", "我的名字是", "我名叫"].iter().find_map(|p| after(p));
    // '我叫他过来' calls somebody; a name is short.
    if let Some(name) =
        name.filter(|name| name.chars().count() <= 5 && !name.starts_with(['他', '她', '你', '人']))
    {
        facts.push((FactKind::Name, name));
    }
    for (pattern, kind) in [
        ("我是一名", FactKind::Trade),
        ("我是一个", FactKind::Trade),
        ("我是个", FactKind::Trade),
        ("我是做", FactKind::Trade),
        ("我来自", FactKind::Origin),
        ("我是从", FactKind::Origin),
        ("我住在", FactKind::Home),
    ] {
        if let Some(value) = after(pattern) {
            facts.push((kind, value.trim_end_matches("来的").to_owned()));
        }
    }
    let age = sentence.split_once("我今年").or_else(|| sentence.split_once('我')).and_then(
        |(_, text)| {
            let (age, _) = text.split_once('岁')?;
            (!age.is_empty()
                && age.chars().all(|c| c.is_ascii_digit() || "一二三四五六七八九十".contains(c)))
            .then(|| age.to_owned())
        },
    );
    facts.extend(age.map(|age| (FactKind::Age, age)));
    for kin in KIN_UNSPACED {
        let told = [
            format!("我{kin}"),
            format!("我的{kin}"),
            format!("我有一个{kin}"),
            format!("我有一只{kin}"),
        ];
        if let Some(value) = told.iter().find_map(|pattern| after(pattern)) {
            facts.push((FactKind::Kin(kin.to_owned()), format!("我{kin}{value}")));
        }
    }
    facts
}
