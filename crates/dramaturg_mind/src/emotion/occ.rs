//! The emotions of OCC, and where each lies.

use crate::{Emotion, Pad};
use serde::{Deserialize, Serialize};

/// An emotion of OCC, with love, hate, liking and disliking as ALMA has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Occ {
    Admiration,
    Anger,
    Disliking,
    Disappointment,
    Distress,
    Fear,
    FearsConfirmed,
    Gloating,
    Gratification,
    Gratitude,
    HappyFor,
    Hate,
    Hope,
    Joy,
    Liking,
    Love,
    Pity,
    Pride,
    Relief,
    Remorse,
    Reproach,
    Resentment,
    Satisfaction,
    Shame,
}

impl Occ {
    /// All of them, in the order of the table.
    pub const ALL: [Self; 24] = [
        Self::Admiration,
        Self::Anger,
        Self::Disliking,
        Self::Disappointment,
        Self::Distress,
        Self::Fear,
        Self::FearsConfirmed,
        Self::Gloating,
        Self::Gratification,
        Self::Gratitude,
        Self::HappyFor,
        Self::Hate,
        Self::Hope,
        Self::Joy,
        Self::Liking,
        Self::Love,
        Self::Pity,
        Self::Pride,
        Self::Relief,
        Self::Remorse,
        Self::Reproach,
        Self::Resentment,
        Self::Satisfaction,
        Self::Shame,
    ];

    /// Its place in the space of pleasure, arousal and dominance: Gebhard 2005, table 2, in thousandths.
    pub fn pad(self) -> Pad {
        let (pleasure, arousal, dominance) = match self {
            Self::Admiration => (500, 300, -200),
            Self::Anger => (-510, 590, 250),
            Self::Disliking => (-400, 200, 100),
            Self::Disappointment => (-300, 100, -400),
            Self::Distress | Self::Pity => (-400, -200, -500),
            Self::Fear => (-640, 600, -430),
            Self::FearsConfirmed => (-500, -300, -700),
            Self::Gloating => (300, -300, -100),
            Self::Gratification => (600, 500, 400),
            Self::Gratitude => (400, 200, -300),
            Self::HappyFor => (400, 200, 200),
            Self::Hate => (-600, 600, 300),
            Self::Hope => (200, 200, -100),
            Self::Joy => (400, 200, 100),
            Self::Liking => (400, 160, -240),
            Self::Love => (300, 100, 200),
            Self::Pride => (400, 300, 300),
            Self::Relief => (200, -300, 400),
            Self::Remorse | Self::Shame => (-300, 100, -600),
            Self::Reproach => (-300, -100, 400),
            Self::Resentment => (-200, -300, -200),
            Self::Satisfaction => (300, -200, 400),
        };
        Pad { pleasure, arousal, dominance }
    }

    /// Whether it is good to feel.
    pub fn is_pleasant(self) -> bool {
        self.pad().pleasure > 0
    }

    /// The face that shows it.
    pub fn face(self) -> Emotion {
        match self {
            Self::Admiration
            | Self::Gloating
            | Self::Gratification
            | Self::HappyFor
            | Self::Hope
            | Self::Joy
            | Self::Pride
            | Self::Relief
            | Self::Satisfaction => Emotion::Glad,
            Self::Gratitude | Self::Liking | Self::Love => Emotion::Tender,
            Self::Anger | Self::Disliking | Self::Hate | Self::Reproach | Self::Resentment => {
                Emotion::Angry
            }
            Self::Fear => Emotion::Afraid,
            Self::Disappointment
            | Self::Distress
            | Self::FearsConfirmed
            | Self::Pity
            | Self::Remorse
            | Self::Shame => Emotion::Sad,
        }
    }

    /// What a face tells of who makes it; none for what has no good or bad in it.
    pub fn of_face(face: Emotion) -> Option<Self> {
        match face {
            Emotion::Neutral | Emotion::Surprised => None,
            Emotion::Glad => Some(Self::Joy),
            Emotion::Sad => Some(Self::Distress),
            Emotion::Angry => Some(Self::Anger),
            Emotion::Afraid => Some(Self::Fear),
            Emotion::Tender => Some(Self::Liking),
        }
    }

    /// Its name in reports: `fears_confirmed`.
    pub fn label(self) -> &'static str {
        match self {
            Self::Admiration => "admiration",
            Self::Anger => "anger",
            Self::Disliking => "disliking",
            Self::Disappointment => "disappointment",
            Self::Distress => "distress",
            Self::Fear => "fear",
            Self::FearsConfirmed => "fears_confirmed",
            Self::Gloating => "gloating",
            Self::Gratification => "gratification",
            Self::Gratitude => "gratitude",
            Self::HappyFor => "happy_for",
            Self::Hate => "hate",
            Self::Hope => "hope",
            Self::Joy => "joy",
            Self::Liking => "liking",
            Self::Love => "love",
            Self::Pity => "pity",
            Self::Pride => "pride",
            Self::Relief => "relief",
            Self::Remorse => "remorse",
            Self::Reproach => "reproach",
            Self::Resentment => "resentment",
            Self::Satisfaction => "satisfaction",
            Self::Shame => "shame",
        }
    }

    /// Which way it turns the attitude towards whom it is about: 1, -1, or 0 where it is about nobody.
    pub(super) fn turns(self) -> i64 {
        match self {
            Self::Admiration | Self::Gratitude | Self::HappyFor | Self::Liking | Self::Love => 1,
            Self::Anger
            | Self::Disliking
            | Self::Gloating
            | Self::Hate
            | Self::Reproach
            | Self::Resentment => -1,
            _ => 0,
        }
    }
}

/// An emotion and how strong it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Felt {
    /// Which.
    pub emotion: Occ,
    /// From 0 to 1000.
    pub intensity: u16,
}
