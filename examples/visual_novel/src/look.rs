//! The palette and what is alike on every screen.

use bevy::prelude::*;
use bevy::render::renderer::RenderAdapterInfo;
use bevy::winit::{UpdateMode, WinitSettings};
use std::time::Duration;
use wgpu_types::DeviceType;

pub const INK: Color = Color::srgb(0.078, 0.09, 0.11);
pub const PAPER: Color = Color::srgb(0.957, 0.925, 0.863);
pub const FOG: Color = Color::srgb(0.624, 0.69, 0.722);
pub const LAMP: Color = Color::srgb(0.949, 0.706, 0.361);
pub const BOX: Color = Color::srgba(0.055, 0.066, 0.085, 0.9);

/// Height in logical pixels for which all sizes are given.
const HEIGHT: f32 = 720.0;

pub struct LookPlugin;

impl Plugin for LookPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(Startup, |mut commands: Commands| {
            commands.spawn(Camera2d);
        })
        .add_systems(Startup, pace)
        .add_systems(Update, (scale, cover, light_up));
    }
}

/// A picture that fills the window and keeps its proportions.
#[derive(Component)]
pub struct Cover {
    /// Width over height.
    pub aspect: f32,
}

/// Text that can be pressed.
#[derive(Component)]
#[require(Button)]
pub struct Pressable;

/// Whether the processor draws, for want of a graphics card.
pub fn is_drawn_in_software(adapter: Option<&RenderAdapterInfo>) -> bool {
    adapter.is_some_and(|adapter| adapter.device_type == DeviceType::Cpu)
}

/// A screen without vertical sync gets 60 frames a second and no more. Where the processor draws because there is no
/// graphics card, 20 have to do: the model needs the cores.
fn pace(adapter: Option<Res<RenderAdapterInfo>>, mut settings: ResMut<WinitSettings>) {
    let software = is_drawn_in_software(adapter.as_deref());
    let frame = Duration::from_millis(if software { 50 } else { 16 });
    settings.focused_mode = UpdateMode::reactive(frame);
    settings.unfocused_mode = UpdateMode::reactive_low_power(frame.max(Duration::from_millis(50)));
}

fn scale(windows: Query<&Window, Changed<Window>>, mut scale: ResMut<UiScale>) {
    for window in &windows {
        // A narrow window shrinks less: text has to stay readable on a phone's screen.
        let fit = (window.height() / HEIGHT).min(window.width() / 760.0);
        let wanted = fit.clamp(0.7, 2.5);
        if (scale.0 - wanted).abs() > 0.005 {
            scale.0 = wanted;
        }
    }
}

fn cover(windows: Query<&Window>, scale: Res<UiScale>, mut covers: Query<(&Cover, &mut Node)>) {
    let Ok(window) = windows.single() else { return };
    let (width, height) = (window.width() / scale.0, window.height() / scale.0);
    for (cover, mut node) in &mut covers {
        let wide = width.max(height * cover.aspect);
        let tall = wide / cover.aspect;
        let wanted = (px(wide), px(tall), px((width - wide) / 2.0), px((height - tall) / 2.0));
        if (node.width, node.height, node.left, node.top) != wanted {
            (node.width, node.height, node.left, node.top) = wanted;
        }
    }
}

fn light_up(
    pressed: Query<(&Interaction, &Children), (Changed<Interaction>, With<Pressable>)>,
    mut texts: Query<&mut TextColor>,
) {
    for (interaction, children) in &pressed {
        let color = match interaction {
            Interaction::None => PAPER.with_alpha(0.72),
            Interaction::Hovered | Interaction::Pressed => LAMP,
        };
        for child in children {
            if let Ok(mut text) = texts.get_mut(*child) {
                text.0 = color;
            }
        }
    }
}
