//! The way back through what was said, and forward again.

use crate::dialogue::Dialogue;
use bevy::input::mouse::{MouseScrollUnit, MouseWheel};
use bevy::prelude::*;
use bevy_dramaturg::RollBackPlay;
use bevy_dramaturg::prelude::*;

/// On the entity of a story with a [`Dialogue`]: a turn of the mouse wheel, `PageUp` and `PageDown` go back and forward, page by
/// page and over the player's turns. What came after is kept until the player says something new.
#[derive(Component, Clone, Copy, Debug, Default)]
pub struct Rollback;

/// One step back, whatever the player did for it: a button, a gamepad. In.
#[derive(Message, Clone, Copy, Debug)]
pub struct StepBack;

/// One step forward. In.
#[derive(Message, Clone, Copy, Debug)]
pub struct StepForward;

/// Pixels of a touch pad that make a step.
const STEP: f32 = 60.0;

pub(crate) fn step(
    mut dialogues: Query<(Entity, &mut Dialogue, &Play), With<Rollback>>,
    keyboard: Option<Res<ButtonInput<KeyCode>>>,
    mut wheel: MessageReader<MouseWheel>,
    mut backs: MessageReader<StepBack>,
    mut forwards: MessageReader<StepForward>,
    mut turned: Local<f32>,
    mut rolls: MessageWriter<RollBackPlay>,
) {
    let pressed = |key| keyboard.as_ref().is_some_and(|keyboard| keyboard.just_pressed(key));
    let keys = i32::from(pressed(KeyCode::PageDown)) - i32::from(pressed(KeyCode::PageUp));
    for event in wheel.read() {
        *turned -= match event.unit {
            MouseScrollUnit::Line => event.y,
            MouseScrollUnit::Pixel => event.y / STEP,
        };
    }
    let whole = turned.trunc();
    *turned -= whole;
    let asked = forwards.read().count() as i32 - backs.read().count() as i32;
    // A wheel that was spun goes one step a frame at the most: a play that is asked for many turns at once answers late.
    let steps = (keys + asked + whole as i32).signum();
    for (entity, mut dialogue, play) in &mut dialogues {
        if dialogue.paused || dialogue.is_thinking() {
            continue;
        }
        let to = match steps {
            -1 if !dialogue.page_back() => play.turn().checked_sub(1),
            1 if !dialogue.page_forward() => {
                Some(play.turn() + 1).filter(|t| *t <= play.newest_turn())
            }
            _ => None,
        };
        if let Some(turn) = to {
            rolls.write(RollBackPlay { play: entity, turn });
        }
    }
}
