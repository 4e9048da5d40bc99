//! Emotions, mood and attitudes of one character, as time goes on.

use super::decay::{ONE, left, share};
use super::point::Point;
use super::{Felt, Occ, Personality};
use crate::{Emotion, Pad};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Minutes in which emotions of full strength bring the mood half of the way to where they are: ALMA's mood change time.
const PULL: u32 = 10;
/// Minutes in which half of what parts the mood from the temperament is gone. ALMA takes 20 minutes for all of it, for an
/// agent that is watched without a break; a story's evening is longer.
const RETURN: u32 = 4 * 60;
/// A weaker emotion is over.
const LEAST: i64 = ONE / 20;
/// A weaker emotion does not show over the mood.
const SHOWS: u16 = 250;
/// How much of what is felt about somebody stays as an attitude.
const STAYS: i64 = ONE / 3;
/// How strong an emotion is that a spoken line's face tells of: the writer's word counts more than the model's.
const WRITTEN: u16 = 450;
const IMPROVISED: u16 = 350;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Active {
    emotion: Occ,
    /// In units of [`ONE`].
    intensity: i64,
}

/// The layers of a character that has a personality.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Affect {
    personality: Personality,
    mood: Point,
    active: Vec<Active>,
    /// Towards whom, from -1 to 1.
    attitudes: BTreeMap<String, i64>,
}

impl Affect {
    pub(crate) fn new(personality: Personality) -> Self {
        let mood = Point::of(personality.temperament());
        Self { personality, mood, active: Vec::new(), attitudes: BTreeMap::new() }
    }
    pub(crate) fn personality(&self) -> &Personality {
        &self.personality
    }
    /// The mood.
    pub(crate) fn mood(&self) -> Pad {
        self.mood.pad()
    }
    /// An authored push of the mood.
    pub(crate) fn push(&mut self, by: Pad) {
        self.mood = self.mood.plus(Point::of(by));
    }

    /// Emotions begin, strong as they are given; what is felt about somebody changes the attitude towards them.
    pub(crate) fn feel(&mut self, about: &str, felt: &[Felt]) {
        for felt in felt {
            let intensity = i64::from(felt.intensity.min(1000)) * ONE / 1000;
            self.add(felt.emotion, intensity);
            if !about.is_empty() {
                let attitude = self.attitudes.entry(about.to_owned()).or_default();
                let by = felt.emotion.turns() * share(intensity, STAYS);
                *attitude = (*attitude + by).clamp(-ONE, ONE);
            }
        }
    }

    fn add(&mut self, emotion: Occ, intensity: i64) {
        match self.active.iter_mut().find(|active| active.emotion == emotion) {
            // Twice the same is more than once, and never more than all.
            Some(active) => {
                active.intensity += intensity - share(active.intensity, intensity);
            }
            None if intensity >= LEAST => self.active.push(Active { emotion, intensity }),
            None => {}
        }
    }

    /// A line that the character spoke with that face. The face that it has anyway tells nothing new.
    pub(crate) fn spoke(&mut self, face: Emotion, improvised: bool) {
        if face == Emotion::Surprised {
            return self.push(Pad { arousal: 100, ..Pad::default() });
        }
        let Some(emotion) = Occ::of_face(face).filter(|_| face != self.face()) else { return };
        let intensity = if improvised { IMPROVISED } else { WRITTEN };
        let felt = self.personality.scale(Felt { emotion, intensity });
        self.feel("", &[felt]);
    }

    /// Where the emotions are, and how strong: ALMA's virtual emotion centre. Weighed by their strength, so that what is
    /// nearly over takes nothing from what has begun.
    fn centre(&self) -> (Point, i64) {
        let weighed = self.active.iter().map(|a| (Point::of(a.emotion.pad()), a.intensity));
        let all: i64 = self.active.iter().map(|a| a.intensity).sum();
        let squares: i64 = self.active.iter().map(|a| share(a.intensity, a.intensity)).sum();
        let strength = if all > 0 { (squares << 30) / all } else { 0 };
        (Point::middle(weighed), strength)
    }

    /// Time passes in the story.
    pub(crate) fn pass(&mut self, minutes: u32) {
        for attitude in self.attitudes.values_mut() {
            let half_life = self.personality.attitude_half_life(*attitude < 0);
            *attitude = share(*attitude, left(minutes, half_life));
        }
        self.attitudes.retain(|_, attitude| *attitude != 0);
        let mut minutes = minutes;
        // Emotions are over in some hours at the longest: what comes after needs no steps.
        while minutes > 0 && !self.active.is_empty() {
            self.pass_minute();
            minutes -= 1;
        }
        let rest = Point::of(self.personality.temperament());
        self.mood = self.mood.fading_to(rest, left(minutes, RETURN));
    }

    fn pass_minute(&mut self) {
        let (centre, strength) = self.centre();
        let step = share(ONE - left(1, PULL), strength);
        // A mood that is short of the emotions is pulled to them; one that is beyond them is pushed further on.
        self.mood = match self.mood.dot(centre) < centre.dot(centre) {
            true => self.mood.towards(centre, step),
            false => self.mood.plus(centre.scaled(step)),
        };
        let rest = Point::of(self.personality.temperament());
        self.mood = self.mood.fading_to(rest, left(1, RETURN));
        for active in &mut self.active {
            let half_life = self.personality.emotion_half_life(active.emotion);
            active.intensity = share(active.intensity, left(1, half_life));
        }
        self.active.retain(|active| active.intensity >= LEAST);
    }

    /// What is felt now, the strongest first.
    pub(crate) fn felt(&self) -> Vec<Felt> {
        let felt = self.active.iter().map(|active| Felt {
            emotion: active.emotion,
            intensity: (active.intensity * 1000 / ONE) as u16,
        });
        let mut felt: Vec<Felt> = felt.collect();
        felt.sort_by_key(|felt| (std::cmp::Reverse(felt.intensity), felt.emotion));
        felt
    }
    /// The emotion that shows over the mood, if one does.
    pub(crate) fn showing(&self) -> Option<Felt> {
        self.felt().first().copied().filter(|felt| felt.intensity >= SHOWS)
    }
    /// How far what others see is from the temperament: the mood, and the emotion that shows as far as it is strong.
    pub(crate) fn change(&self) -> Pad {
        let seen = self.showing().map_or(self.mood, |felt| {
            let strength = i64::from(felt.intensity) * ONE / 1000;
            self.mood.towards(Point::of(felt.emotion.pad()), strength)
        });
        seen.minus(Point::of(self.personality.temperament())).pad()
    }
    pub(crate) fn face(&self) -> Emotion {
        match self.showing() {
            Some(felt) => felt.emotion.face(),
            None => Emotion::nearest(self.mood.pad()),
        }
    }
    /// Towards somebody, from -1000 (a grudge) to 1000.
    pub(crate) fn attitude(&self, to: &str) -> i16 {
        self.attitudes.get(to).map_or(0, |attitude| (attitude * 1000 / ONE) as i16)
    }
}
