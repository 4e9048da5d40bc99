//! Emotion as one vector: pleasure, arousal, dominance (Mehrabian 1996), in thousandths so that it folds to the same
//! bits on every machine.

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
}

/// How a character feels: moved by authored effects and by the emotion of its own lines, drawn back to its temperament
/// by time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mood {
    temperament: Pad,
    now: Pad,
}

impl Mood {
    /// A mood at rest.
    pub fn new(temperament: Pad) -> Self {
        Self { temperament, now: temperament }
    }
    /// Where it is.
    pub fn now(&self) -> Pad {
        self.now
    }
    /// An authored push.
    pub fn push(&mut self, by: Pad) {
        self.now = self.now.map(by, |a, b| a + b);
    }
    /// A line spoken with this emotion pulls a quarter of the way towards it; neutral pulls nowhere.
    pub fn feel(&mut self, emotion: Emotion) {
        if emotion != Emotion::Neutral {
            self.now = self.now.map(emotion.pad(), |a, b| a + (b - a) / 4);
        }
    }
    /// One turn passes: an eighth of the way back to the temperament.
    pub fn decay(&mut self) {
        self.now = self.now.map(self.temperament, |a, b| a + (b - a) / 8);
    }
    /// The face that this mood has when no line says otherwise.
    pub fn face(&self) -> Emotion {
        let distance = |e: Emotion| {
            let p = e.pad();
            let d = |a: i16, b: i16| (i32::from(a) - i32::from(b)).pow(2);
            d(p.pleasure, self.now.pleasure)
                + d(p.arousal, self.now.arousal)
                + d(p.dominance, self.now.dominance)
        };
        Emotion::ALL.into_iter().min_by_key(|e| distance(*e)).unwrap_or_default()
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
            for _ in 0..100 { mood.decay(); }
            prop_assert!((mood.now().pleasure - 100).abs() < 8);
        }
    }
}
