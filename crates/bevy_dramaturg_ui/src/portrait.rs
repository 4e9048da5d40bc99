//! Faces: which one is shown, when it blinks, how it breathes.

use crate::dialogue::Dialogue;
use bevy::prelude::*;
use bevy_dramaturg::engine::Emotion;
use bevy_dramaturg::prelude::*;

/// How much may move. A player who gets dizzy wants less.
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Motion {
    /// Nothing moves by itself: no breath, no blinking, no gliding.
    pub reduced: bool,
}

/// A character's picture.
#[derive(Component, Clone, Debug)]
#[require(ImageNode, UiTransform)]
pub struct Portrait {
    /// Who it is.
    pub npc: Entity,
    /// A picture for each face; where one is missing, the first.
    pub faces: Vec<(Emotion, Handle<Image>)>,
    /// The picture with closed eyes, for those faces that may blink.
    pub blink: Option<Handle<Image>>,
    /// 0 gone, 1 there. Written by the game.
    pub shown: f32,
    /// So that not all breathe at once; any number.
    pub phase: f32,
}

/// Seconds between two blinks, and how long the eyes are closed.
const BLINKS_S: f32 = 4.3;
const CLOSED_S: f32 = 0.14;

impl Portrait {
    fn face(&self, emotion: Emotion) -> Option<&Handle<Image>> {
        let found = self.faces.iter().find(|(e, _)| *e == emotion).or(self.faces.first());
        found.map(|(_, image)| image)
    }
    /// Whether the eyes are closed at this moment. Who thinks looks down for longer.
    fn is_blinking(&self, now_s: f32, thinks: bool) -> bool {
        let (every, closed) = if thinks { (2.6, 0.5) } else { (BLINKS_S, CLOSED_S) };
        // Two beats that do not fit each other: no two pauses are alike.
        let first = (now_s + self.phase * 1.7).rem_euclid(every) < closed;
        let second = (now_s + self.phase).rem_euclid(every * 2.7) < closed;
        first || second
    }
}

/// The face of who speaks follows the line, everybody else's the mood.
pub(crate) fn face(
    time: Res<Time>,
    motion: Res<Motion>,
    dialogues: Query<&Dialogue>,
    moods: Query<&Mood>,
    mut portraits: Query<(&Portrait, &mut ImageNode)>,
) {
    let dialogue = dialogues.iter().next();
    let thinks = dialogue.is_some_and(Dialogue::is_thinking);
    for (portrait, mut image) in &mut portraits {
        let speaks = dialogue.and_then(Dialogue::speaker).filter(|(npc, _)| *npc == portrait.npc);
        let mood = || moods.get(portrait.npc).map_or(Emotion::Neutral, |mood| mood.face);
        let emotion = speaks.map_or_else(mood, |(_, emotion)| emotion);
        let open = portrait.face(emotion);
        // Only a calm face has closed eyes drawn for it.
        let may_blink = matches!(emotion, Emotion::Neutral | Emotion::Tender) && !motion.reduced;
        let closed = portrait.blink.as_ref().filter(|_| {
            may_blink && portrait.is_blinking(time.elapsed_secs(), thinks && speaks.is_some())
        });
        if let Some(wanted) = closed.or(open)
            && image.image != *wanted
        {
            image.image = wanted.clone();
        }
    }
}

/// Everybody breathes; who looks for words draws a deeper breath and leans a little.
pub(crate) fn breathe(
    time: Res<Time>,
    motion: Res<Motion>,
    dialogues: Query<&Dialogue>,
    mut figures: Query<(&Portrait, &mut UiTransform)>,
) {
    let dialogue = dialogues.iter().next();
    let thinks = dialogue.is_some_and(Dialogue::is_thinking);
    let speaker = dialogue.and_then(Dialogue::speaker).map(|(npc, _)| npc);
    for (portrait, mut transform) in &mut figures {
        let asked = thinks && speaker == Some(portrait.npc);
        let y = if motion.reduced {
            4.0
        } else {
            let (depth, lean) = if asked { (3.2, 6.0) } else { (1.6, 0.0) };
            let breath = (time.elapsed_secs() * 1.1 + portrait.phase).sin() * depth;
            let gone = 1.0 - portrait.shown.clamp(0.0, 1.0);
            4.0 + breath + lean + 14.0 * gone * gone
        };
        transform.set_if_neq(UiTransform { translation: Val2::px(0.0, y), ..*transform });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eyes_are_open_most_of_the_time_and_close_now_and_then() {
        let portrait = Portrait {
            npc: Entity::PLACEHOLDER,
            faces: Vec::new(),
            blink: None,
            shown: 1.0,
            phase: 3.0,
        };
        let closed =
            |thinks| (0..2_000).filter(|i| portrait.is_blinking(*i as f32 * 0.03, thinks)).count();
        assert!((30..200).contains(&closed(false)), "{}", closed(false));
        assert!(closed(true) > closed(false));
    }
}
