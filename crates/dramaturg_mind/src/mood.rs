//! Emotion as one vector: pleasure, arousal, dominance (Mehrabian 1996), in thousandths so that it folds to the same
//! bits on every machine.

use crate::emotion::{Affect, Felt, Personality, Stance, VoiceStyle};
use serde::{Deserialize, Serialize};

/// A point of the PAD space; each axis from -1000 to 1000.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pad {
    /// Displeasure to pleasure.
    pub pleasure: i16,
    /// Calm to excited.
    pub arousal: i16,
    /// Led to leading.
    pub dominance: i16,
}

impl Pad {
    /// A point; axes are clamped to -1000..=1000.
    pub fn new(pleasure: i16, arousal: i16, dominance: i16) -> Self {
        let axis = |v: i16| v.clamp(-1000, 1000);
        Self { pleasure: axis(pleasure), arousal: axis(arousal), dominance: axis(dominance) }
    }
    fn map(self, other: Self, f: impl Fn(i32, i32) -> i32) -> Self {
        let axis = |a: i16, b: i16| f(i32::from(a), i32::from(b)).clamp(-1000, 1000) as i16;
        Self {
            pleasure: axis(self.pleasure, other.pleasure),
            arousal: axis(self.arousal, other.arousal),
            dominance: axis(self.dominance, other.dominance),
        }
    }
}

/// What a face can show. The model labels its lines with one of these, writers too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "the names say it")]
pub enum Emotion {
    #[default]
    Neutral,
    Glad,
    Sad,
    Angry,
    Afraid,
    Surprised,
    Tender,
}

impl Emotion {
    /// All of them, in the order of their labels.
    pub const ALL: [Self; 7] = [
        Self::Neutral,
        Self::Glad,
        Self::Sad,
        Self::Angry,
        Self::Afraid,
        Self::Surprised,
        Self::Tender,
    ];
    /// The label in packs, prompts and file names.
    pub fn label(self) -> &'static str {
        match self {
            Self::Neutral => "neutral",
            Self::Glad => "glad",
            Self::Sad => "sad",
            Self::Angry => "angry",
            Self::Afraid => "afraid",
            Self::Surprised => "surprised",
            Self::Tender => "tender",
        }
    }
    /// The emotion of a label.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|e| e.label() == label)
    }
    /// Where the emotion lies in PAD space (after the ALMA mapping, Gebhard 2005).
    fn pad(self) -> Pad {
        match self {
            Self::Neutral => Pad::new(0, 0, 0),
            Self::Glad => Pad::new(400, 200, 150),
            Self::Sad => Pad::new(-400, -200, -500),
            Self::Angry => Pad::new(-510, 590, 250),
            Self::Afraid => Pad::new(-640, 600, -430),
            Self::Surprised => Pad::new(100, 600, -150),
            Self::Tender => Pad::new(500, -100, -100),
        }
    }
    /// The face that lies nearest.
    pub(crate) fn nearest(to: Pad) -> Self {
        let distance = |e: Self| {
            let p = e.pad();
            let d = |a: i16, b: i16| (i32::from(a) - i32::from(b)).pow(2);
            d(p.pleasure, to.pleasure) + d(p.arousal, to.arousal) + d(p.dominance, to.dominance)
        };
        Self::ALL.into_iter().min_by_key(|e| distance(*e)).unwrap_or_default()
    }
}

/// How a character feels: moved by authored effects and by the emotion of its own lines, drawn back to its temperament
/// by time. One that has a [`Personality`] also has emotions and attitudes of what it meets ([`crate::emotion`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mood(Layers);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Layers {
    Mood { temperament: Pad, now: Pad },
    Affect(Box<Affect>),
}

impl Default for Mood {
    fn default() -> Self {
        Self::new(Pad::default())
    }
}

impl Mood {
    /// A mood at rest.
    pub fn new(temperament: Pad) -> Self {
        Self(Layers::Mood { temperament, now: temperament })
    }
    /// The feelings of a character with that personality, at rest.
    pub fn of(personality: Personality) -> Self {
        Self(Layers::Affect(Box::new(Affect::new(personality))))
    }
    fn affect(&self) -> Option<&Affect> {
        match &self.0 {
            Layers::Mood { .. } => None,
            Layers::Affect(affect) => Some(affect),
        }
    }
    /// Where it is.
    pub fn now(&self) -> Pad {
        match &self.0 {
            Layers::Mood { now, .. } => *now,
            Layers::Affect(affect) => affect.mood(),
        }
    }
    /// An authored push.
    pub fn push(&mut self, by: Pad) {
        match &mut self.0 {
            Layers::Mood { now, .. } => *now = now.map(by, |a, b| a + b),
            Layers::Affect(affect) => affect.push(by),
        }
    }
    /// A line spoken with this emotion pulls a quarter of the way towards it; neutral pulls nowhere. With a personality the
    /// face tells of an emotion, which is the weaker where a model chose it (`improvised`).
    pub fn feel(&mut self, emotion: Emotion, improvised: bool) {
        match &mut self.0 {
            Layers::Mood { now, .. } if emotion != Emotion::Neutral => {
                *now = now.map(emotion.pad(), |a, b| a + (b - a) / 4);
            }
            Layers::Mood { .. } => {}
            Layers::Affect(affect) => affect.spoke(emotion, improvised),
        }
    }
    /// One turn passes: an eighth of the way back to the temperament. With a personality, those minutes of the story pass.
    pub fn decay(&mut self, minutes: u32) {
        match &mut self.0 {
            Layers::Mood { temperament, now } => {
                *now = now.map(*temperament, |a, b| a + (b - a) / 8);
            }
            Layers::Affect(affect) => affect.pass(minutes),
        }
    }
    /// The story's clock goes on by minutes. Nothing where there is no personality: such a mood goes by turns.
    pub fn pass(&mut self, minutes: u32) {
        if let Layers::Affect(affect) = &mut self.0 {
            affect.pass(minutes);
        }
    }
    /// Emotions begin, about somebody (or nobody, if empty), strong as they are given. Nothing without a personality.
    pub fn appraise(&mut self, about: &str, felt: &[Felt]) {
        if let Layers::Affect(affect) = &mut self.0 {
            affect.feel(about, felt);
        }
    }

    /// The personality, if it has one.
    pub fn personality(&self) -> Option<&Personality> {
        self.affect().map(Affect::personality)
    }
    /// The emotions that are felt now, the strongest first.
    pub fn felt(&self) -> Vec<Felt> {
        self.affect().map(Affect::felt).unwrap_or_default()
    }
    /// The attitude towards somebody, from -1000 (a grudge) to 1000.
    pub fn attitude(&self, to: &str) -> i16 {
        self.affect().map_or(0, |affect| affect.attitude(to))
    }
    /// How the character sounds; plain without a personality.
    pub fn voice(&self) -> VoiceStyle {
        self.affect().map(Affect::voice).unwrap_or_default()
    }
    /// What the character does as it feels so, for a prompt: a sentence or two in English or Chinese, or nothing.
    pub fn behaviour(&self, to: &str, chinese: bool) -> String {
        self.affect().map(|affect| affect.behaviour(to, chinese)).unwrap_or_default()
    }
    /// Whether the character is willing to do something of that kind with regard to somebody; always without a personality.
    pub fn is_willing(&self, stance: Stance, to: &str) -> bool {
        self.affect().is_none_or(|affect| affect.is_willing(stance, to))
    }
    /// The face that this mood has when no line says otherwise.
    pub fn face(&self) -> Emotion {
        match &self.0 {
            Layers::Mood { now, .. } => Emotion::nearest(*now),
            Layers::Affect(affect) => affect.face(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_mood_stays_in_its_space_and_comes_to_rest(
            pushes in prop::collection::vec((-3000i16..3000, -3000i16..3000, -3000i16..3000), 0..30)
        ) {
            let mut mood = Mood::new(Pad::new(100, -50, 200));
            for (p, a, d) in pushes {
                mood.push(Pad { pleasure: p, arousal: a, dominance: d });
                prop_assert!(mood.now().pleasure.abs() <= 1000);
            }
            for _ in 0..100 { mood.decay(1); }
            prop_assert!((mood.now().pleasure - 100).abs() < 8);
        }
    }
}
