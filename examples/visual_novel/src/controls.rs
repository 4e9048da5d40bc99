//! What the player wants, whichever of keyboard, mouse and gamepad says so.

use crate::dialogue::typing;
use bevy::prelude::*;
use gilrs::{Axis, Button as Pad, EventType, Gilrs};
use std::collections::HashSet;

pub struct ControlsPlugin;

impl Plugin for ControlsPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Controls>()
            .add_systems(Startup, find_pads)
            .add_systems(PreUpdate, read.after(bevy::input::InputSystems));
    }
}

/// Something that the player wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Wish {
    Up,
    Down,
    Left,
    Right,
    /// Choose, or read on.
    Accept,
    /// Close, or open the menu.
    Cancel,
    Preferences,
    History,
    Saves,
    Hide,
    QuickSave,
    QuickLoad,
    Auto,
    Skip,
    Chronicle,
    People,
    FullScreen,
    Suggest,
    Back,
    Forward,
}

/// What was wished for in this frame.
#[derive(Resource, Default)]
pub struct Controls(HashSet<Wish>);

impl Controls {
    pub fn wants(&self, wish: Wish) -> bool {
        self.0.contains(&wish)
    }
}

/// Keys. Back and forward by keys and wheel are the plugin's.
const KEYS: [(KeyCode, Wish); 20] = [
    (KeyCode::ArrowUp, Wish::Up),
    (KeyCode::ArrowDown, Wish::Down),
    (KeyCode::ArrowLeft, Wish::Left),
    (KeyCode::ArrowRight, Wish::Right),
    (KeyCode::Enter, Wish::Accept),
    (KeyCode::NumpadEnter, Wish::Accept),
    (KeyCode::Space, Wish::Accept),
    (KeyCode::Escape, Wish::Cancel),
    (KeyCode::F1, Wish::Preferences),
    (KeyCode::F2, Wish::History),
    (KeyCode::F3, Wish::Saves),
    (KeyCode::F4, Wish::Hide),
    (KeyCode::F5, Wish::QuickSave),
    (KeyCode::F6, Wish::Auto),
    (KeyCode::F7, Wish::Skip),
    (KeyCode::F8, Wish::Chronicle),
    (KeyCode::F9, Wish::QuickLoad),
    (KeyCode::F10, Wish::People),
    (KeyCode::F11, Wish::FullScreen),
    (KeyCode::Tab, Wish::Suggest),
];

const PADS: [(Pad, Wish); 14] = [
    (Pad::DPadUp, Wish::Up),
    (Pad::DPadDown, Wish::Down),
    (Pad::DPadLeft, Wish::Left),
    (Pad::DPadRight, Wish::Right),
    (Pad::South, Wish::Accept),
    (Pad::East, Wish::Cancel),
    (Pad::West, Wish::Suggest),
    (Pad::North, Wish::History),
    (Pad::Start, Wish::Cancel),
    (Pad::Select, Wish::Hide),
    (Pad::LeftTrigger, Wish::Back),
    (Pad::RightTrigger, Wish::Forward),
    (Pad::RightTrigger2, Wish::Skip),
    (Pad::LeftTrigger2, Wish::Auto),
];

/// Gamepads, where the system has any.
struct Pads {
    gilrs: Gilrs,
    /// Where the stick points, so that holding it wishes once.
    stick: Option<Wish>,
}

fn find_pads(world: &mut World) {
    match Gilrs::new() {
        Ok(gilrs) => world.insert_non_send(Pads { gilrs, stick: None }),
        Err(error) => info!("no gamepads here: {error}"),
    }
}

/// How far a stick is pushed before it counts.
const PUSHED: f32 = 0.6;

fn read(
    keyboard: Res<ButtonInput<KeyCode>>,
    mouse: Res<ButtonInput<MouseButton>>,
    dialogues: Query<&bevy_dramaturg_ui::Dialogue>,
    pads: Option<NonSendMut<Pads>>,
    mut controls: ResMut<Controls>,
) {
    let wishes = &mut controls.0;
    wishes.clear();
    let types = typing(&dialogues);
    let pressed = KEYS.iter().filter(|(key, _)| keyboard.just_pressed(*key));
    // A space in a line is a space.
    let meant = pressed.filter(|(key, _)| *key != KeyCode::Space || !types);
    wishes.extend(meant.map(|(_, wish)| *wish));
    if mouse.just_pressed(MouseButton::Middle) {
        wishes.insert(Wish::Hide);
    }
    if mouse.just_pressed(MouseButton::Right) {
        wishes.insert(Wish::Cancel);
    }
    let Some(mut pads) = pads else { return };
    while let Some(event) = pads.gilrs.next_event() {
        match event.event {
            EventType::ButtonPressed(button, _) => {
                let wish = PADS.iter().find(|(pad, _)| *pad == button).map(|(_, wish)| *wish);
                wishes.extend(wish);
            }
            EventType::AxisChanged(axis, value, _) => {
                let pointed = match axis {
                    Axis::LeftStickX if value > PUSHED => Some(Wish::Right),
                    Axis::LeftStickX if value < -PUSHED => Some(Wish::Left),
                    Axis::LeftStickY if value > PUSHED => Some(Wish::Up),
                    Axis::LeftStickY if value < -PUSHED => Some(Wish::Down),
                    _ => None,
                };
                if pointed != pads.stick && matches!(axis, Axis::LeftStickX | Axis::LeftStickY) {
                    pads.stick = pointed;
                    wishes.extend(pointed);
                }
            }
            _ => {}
        }
    }
}
