//! The kinds of mistakes, with a number for each by which it can be looked up.

use super::diagnostic::Severity;
use std::fmt;

/// A kind of mistake.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Code {
    /// The pack can't be read.
    Unreadable,
    /// A line is spoken by somebody who is not in the cast.
    NoSpeaker,
    /// A heading belongs to nothing.
    StrayHeading,
    /// A comparison with something that never is.
    NeverEqual,
    /// A beat can never begin.
    UnreachableBeat,
    /// No ending that fits can be reached from some state.
    NoWayOut,
    /// The story can end where no ending fits.
    UnfitEnding,
    /// A silent player goes in a circle, or needs more turns than promised.
    SilentCircle,
    /// An authored line gives away what is locked.
    Leak,
    /// Two effects of one step disagree.
    Disagreement,
    /// An example is closer to another move.
    Neighbours,
    /// One example of two moves.
    SameWords,
    /// A language lacks something.
    Untranslated,
    /// A storylet can never begin.
    UnreachableStorylet,
    /// An ending can never be reached.
    UnreachableEnding,
    /// A move can never be made.
    DeadMove,
    /// A secret is never unlocked.
    DeadSecret,
    /// A fact is of no use.
    IdleFact,
    /// Not everything was looked at.
    Bounded,
    /// A character never does what it could.
    DeadAction,
    /// What a player has switched off is met all the same, or nothing is left in its place.
    Unavoidable,
    /// An example that the pack's policy turns aside.
    TurnedAside,
    /// A document of the library can't be read.
    LeftOut,
}

/// All of them: the first is DR0001.
const ALL: [Code; 23] = [
    Code::Unreadable,
    Code::NoSpeaker,
    Code::StrayHeading,
    Code::NeverEqual,
    Code::UnreachableBeat,
    Code::NoWayOut,
    Code::UnfitEnding,
    Code::SilentCircle,
    Code::Leak,
    Code::Disagreement,
    Code::Neighbours,
    Code::SameWords,
    Code::Untranslated,
    Code::UnreachableStorylet,
    Code::UnreachableEnding,
    Code::DeadMove,
    Code::DeadSecret,
    Code::IdleFact,
    Code::Bounded,
    Code::DeadAction,
    Code::Unavoidable,
    Code::TurnedAside,
    Code::LeftOut,
];

impl Code {
    /// All kinds, by their numbers.
    pub fn all() -> &'static [Self] {
        &ALL
    }
    /// The kind of a number such as `DR0005`, in whatever case.
    pub fn from_number(number: &str) -> Option<Self> {
        let wanted = number.trim().to_uppercase();
        ALL.into_iter().find(|code| code.to_string() == wanted)
    }
    /// How bad it is.
    pub fn severity(self) -> Severity {
        match self {
            Self::StrayHeading
            | Self::Neighbours
            | Self::Untranslated
            | Self::UnreachableStorylet
            | Self::UnreachableEnding
            | Self::DeadMove
            | Self::DeadSecret
            | Self::IdleFact
            | Self::Bounded
            | Self::DeadAction
            | Self::Unavoidable
            | Self::TurnedAside
            | Self::LeftOut => Severity::Warning,
            Self::Unreadable
            | Self::NoSpeaker
            | Self::NeverEqual
            | Self::UnreachableBeat
            | Self::NoWayOut
            | Self::UnfitEnding
            | Self::SilentCircle
            | Self::Leak
            | Self::Disagreement
            | Self::SameWords => Severity::Error,
        }
    }
    /// What it means and what to do about it, with an example.
    pub fn explain(self) -> &'static str {
        let text = include_str!("explain.md");
        let heading = format!("# {self}\n");
        let from = text.find(&heading).map(|at| at + heading.len()).unwrap_or_default();
        let rest = &text[from..];
        rest.find("\n# DR").map_or(rest, |end| &rest[..end]).trim_end()
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = ALL.iter().position(|code| code == self).unwrap_or_default() + 1;
        write!(f, "DR{number:04}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_a_number_and_an_explanation_with_an_example() {
        for code in Code::all() {
            assert_eq!(Code::from_number(&code.to_string().to_lowercase()), Some(*code));
            let text = code.explain();
            assert!(text.len() > 150 && text.contains("\n    "), "{code}: {text}");
            assert!(!text.contains("# DR"), "{code}: {text}");
        }
        assert_eq!(Code::from_number("DR0099"), None);
        assert!(Code::SilentCircle.explain().contains("goes in a circle"));
    }
}
