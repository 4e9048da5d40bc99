//! How a line treats whom it is said to: insults, threats, thanks, praise and apologies, in English and Chinese, by their
//! words. For characters that feel; what a line does to the story is the director's to say.

use super::{Appraisal, Degree, Likelihood};

/// What is done to somebody by words alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Address {
    /// Threatens.
    Threat,
    /// Insults.
    Insult,
    /// Asks to be forgiven.
    Apology,
    /// Thanks.
    Thanks,
    /// Praises.
    Praise,
}

const WORDS: [(Address, &str); 5] = [
    (
        Address::Threat,
        "kill you|hurt you|burn this place|break your|smash your|ill make you|youll regret|youll be sorry|or else|\
         杀了你|打死你|弄死你|揍你|砸了|要你好看|你会后悔|不然有你好受",
    ),
    (
        Address::Insult,
        "idiot|moron|stupid|liar|worthless|bastard|scum|shut up|shut your mouth|damn you|go to hell|hate you|you filthy|\
         you old hag|coward|\
         蠢|傻子|废物|骗子|混蛋|王八|闭嘴|滚开|滚蛋|滚出去|贱人|恨你|老不死|胆小鬼",
    ),
    (
        Address::Apology,
        "im sorry|i am sorry|forgive me|i apologise|i apologize|my apologies|i was wrong|i shouldnt have|\
         对不起|对不住|抱歉|原谅我|是我不好|我错了|不该那么说",
    ),
    (
        Address::Thanks,
        "thank you|thanks|im grateful|i am grateful|much obliged|i owe you|\
         谢谢|多谢|感谢|有劳|劳烦你",
    ),
    (
        Address::Praise,
        "youre kind|you are kind|youre brave|you are brave|well done|good of you|kind of you|youre right to|i admire you|\
         you did well|i trust you|\
         你真好|你真勇敢|做得好|了不起|佩服你|你是好人|我相信你",
    ),
];

/// What stands before a phrase, at most so many words, and takes it back.
const NOT: [&str; 11] =
    ["not", "dont", "didnt", "wont", "never", "wouldnt", "cant", "isnt", "arent", "nobody", "no"];
const BEFORE: usize = 3;
const BEFORE_DENSE: usize = 2;
const NOT_DENSE: [char; 4] = ['不', '没', '别', '未'];

/// How a line treats whom it is said to: the gravest of it. Words in quotes are somebody else's.
pub fn address(line: &str) -> Option<Address> {
    if line.contains(['"', '“', '”', '「', '」']) {
        return None;
    }
    let bare: String = line.chars().filter(|c| !matches!(c, '\'' | '’')).collect();
    let bare = bare.to_lowercase();
    let mark = |c: char| !c.is_alphanumeric() && !c.is_whitespace();
    let clauses: Vec<Clause> = bare.split(mark).map(Clause::new).collect();
    let said = |phrases: &str| phrases.split('|').any(|p| clauses.iter().any(|c| c.says(p)));
    WORDS.iter().find(|(_, phrases)| said(phrases)).map(|(address, _)| *address)
}

/// What stands between two marks.
struct Clause {
    /// Its words, with a space around each.
    spaced: String,
    dense: String,
}

impl Clause {
    fn new(text: &str) -> Self {
        let words: Vec<&str> = text.split_whitespace().collect();
        Self { spaced: format!(" {} ", words.join(" ")), dense: words.concat() }
    }
    fn says(&self, phrase: &str) -> bool {
        if phrase.is_ascii() {
            let phrase = format!(" {phrase} ");
            return self.spaced.match_indices(&phrase).any(|(at, _)| {
                let before = self.spaced.get(..at).unwrap_or_default();
                !before.split_whitespace().rev().take(BEFORE).any(|word| NOT.contains(&word))
            });
        }
        self.dense.match_indices(phrase).any(|(at, _)| {
            let before = self.dense.get(..at).unwrap_or_default();
            !before.chars().rev().take(BEFORE_DENSE).any(|c| NOT_DENSE.contains(&c))
        })
    }
}

impl Address {
    /// What it means to whom it is said.
    pub fn appraisal(self) -> Appraisal {
        match self {
            Self::Threat => Appraisal {
                desirability: Degree::of_thousandths(-800),
                likelihood: Some(Likelihood::of_thousandths(700)),
                praiseworthiness: Degree::of_thousandths(-600),
                ..Appraisal::default()
            },
            Self::Insult => Appraisal::of(-400, -600),
            Self::Apology => Appraisal::of(200, 400),
            Self::Thanks => Appraisal::of(300, 300),
            Self::Praise => Appraisal::of(400, 300),
        }
    }
    /// Its name in journals.
    pub fn label(self) -> &'static str {
        match self {
            Self::Threat => "threat",
            Self::Insult => "insult",
            Self::Apology => "apology",
            Self::Thanks => "thanks",
            Self::Praise => "praise",
        }
    }
}
