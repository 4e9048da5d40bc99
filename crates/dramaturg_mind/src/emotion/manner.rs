//! How what is felt shows: voice, words, and what one is willing to do.

use super::affect::Affect;
use crate::{Emotion, Pad};
use serde::{Deserialize, Serialize};

/// How a character sounds: the octants of Mehrabian's space, and nothing in particular. For a voice, and for the prompt.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoiceStyle {
    /// As always.
    #[default]
    Plain,
    /// Pleased, stirred, sure of itself (Mehrabian's *exuberant*).
    Bright,
    /// Pleased, stirred, leaning on others (*dependent*).
    Warm,
    /// Pleased, quiet, sure of itself (*relaxed*).
    Calm,
    /// Pleased, quiet, giving way (*docile*).
    Soft,
    /// Displeased, stirred, sure of itself (*hostile*).
    Sharp,
    /// Displeased, stirred, giving way (*anxious*).
    Shaky,
    /// Displeased, quiet, sure of itself (*disdainful*).
    Cold,
    /// Displeased, quiet, giving way (*bored*).
    Flat,
}

/// What is less pleasant or unpleasant than this does not show: in Gebhard's table nothing lies nearer.
const NOTHING: i16 = 150;

impl VoiceStyle {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Plain,
        Self::Bright,
        Self::Warm,
        Self::Calm,
        Self::Soft,
        Self::Sharp,
        Self::Shaky,
        Self::Cold,
        Self::Flat,
    ];

    /// The style of a place in the space of moods, as it is seen from where the character is at rest.
    pub fn of(pad: Pad) -> Self {
        let Pad { pleasure, arousal, dominance } = pad;
        if pleasure.abs() < NOTHING {
            return Self::Plain;
        }
        match (pleasure >= 0, arousal >= 0, dominance >= 0) {
            (true, true, true) => Self::Bright,
            (true, true, false) => Self::Warm,
            (true, false, true) => Self::Calm,
            (true, false, false) => Self::Soft,
            (false, true, true) => Self::Sharp,
            (false, true, false) => Self::Shaky,
            (false, false, true) => Self::Cold,
            (false, false, false) => Self::Flat,
        }
    }

    /// Its name in directives and reports.
    pub fn label(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Bright => "bright",
            Self::Warm => "warm",
            Self::Calm => "calm",
            Self::Soft => "soft",
            Self::Sharp => "sharp",
            Self::Shaky => "shaky",
            Self::Cold => "cold",
            Self::Flat => "flat",
        }
    }

    /// What one does who sounds so, for a prompt, in English or Chinese; nothing for a plain voice. A model that is told
    /// numbers says them; one that is told what to do does it.
    pub fn behaviour(self, chinese: bool) -> &'static str {
        match (self, chinese) {
            (Self::Plain, _) => "",
            (Self::Bright, false) => "You are in high spirits: you speak readily and lightly.",
            (Self::Bright, true) => "你兴致很高：话说得爽快、轻松。",
            (Self::Warm, false) => "You have warmed to the guest: you use kind words.",
            (Self::Warm, true) => "你对客人生出好感：话里带着暖意。",
            (Self::Calm, false) => "You are at ease: you take your time and speak evenly.",
            (Self::Calm, true) => "你心里踏实：不慌不忙，语气平稳。",
            (Self::Soft, false) => "You are gentle and give way: you speak softly.",
            (Self::Soft, true) => "你温和、肯让步：说话轻声细语。",
            (Self::Sharp, false) => {
                "You are angry: you answer in short hard words, without courtesy."
            }
            (Self::Sharp, true) => "你正恼火：话又短又硬，不讲客套。",
            (Self::Shaky, false) => {
                "You are uneasy: you break off, begin again, and would rather speak of something else."
            }
            (Self::Shaky, true) => "你心里不安：说话吞吞吐吐，想岔开话题。",
            (Self::Cold, false) => {
                "You are displeased and keep your distance: you say only what is needed."
            }
            (Self::Cold, true) => "你不高兴，拒人千里：只说非说不可的。",
            (Self::Flat, false) => "You are low: you say little, slowly, without interest.",
            (Self::Flat, true) => "你心情低落：话少，慢，没有兴致。",
        }
    }
}

/// An attitude from which one bears a grudge, or trusts: thousandths.
const GRUDGE: i16 = -150;
const TRUST: i16 = 300;

/// What one does who bears a grudge against the guest or trusts them.
pub(super) fn bearing(attitude: i16, chinese: bool) -> &'static str {
    match (attitude, chinese) {
        (..=GRUDGE, false) => "You have not forgiven the guest, and offer nothing of yourself.",
        (..=GRUDGE, true) => "你还没原谅这位客人，不肯主动给什么。",
        (TRUST.., false) => "You trust the guest, and speak openly of what you may tell.",
        (TRUST.., true) => "你信任这位客人，能说的就坦率地说。",
        _ => "",
    }
}

/// What it takes to do something: whoever is not in the mood for it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stance {
    /// Done for the player's good.
    Kind,
    /// Done against the player.
    Harsh,
    /// Needs courage.
    Bold,
}

impl Stance {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Kind, Self::Harsh, Self::Bold];
}

/// How strong anger or fear is that decides what one does: thousandths.
const DECIDES: u16 = 400;

impl Affect {
    /// How the character sounds. Who is sullen by nature sounds as always; it is the change that is heard.
    pub(crate) fn voice(&self) -> VoiceStyle {
        VoiceStyle::of(self.change())
    }

    /// What the character does as it feels so, for a prompt: a sentence or two, or nothing.
    pub(crate) fn behaviour(&self, to: &str, chinese: bool) -> String {
        let parts =
            [self.voice().behaviour(chinese), bearing(self.attitude(to), chinese)].into_iter();
        let parts: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
        parts.join(if chinese { "" } else { " " })
    }

    /// Whether it is willing to do something of that kind with regard to somebody.
    pub(crate) fn is_willing(&self, stance: Stance, to: &str) -> bool {
        let pad = self.mood();
        let attitude = self.attitude(to);
        let shows = |face: Emotion| {
            self.felt().iter().any(|f| f.emotion.face() == face && f.intensity >= DECIDES)
        };
        match stance {
            Stance::Kind => attitude > GRUDGE && pad.pleasure > -400 && !shows(Emotion::Angry),
            Stance::Harsh => shows(Emotion::Angry) || (attitude < TRUST && pad.pleasure < 300),
            Stance::Bold => pad.dominance > -300 && !shows(Emotion::Afraid),
        }
    }
}
