//! The palette and what is alike on every screen.

use crate::preferences::Preferences;
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
        .add_systems(Update, (scale, cover, contrast));
    }
}

/// A picture that fills the window and keeps its proportions.
#[derive(Component)]
pub struct Cover {
    /// Width over height.
    pub aspect: f32,
}

/// What words stand on: nearly opaque, and wholly so where the player asks for contrast.
#[derive(Component)]
#[require(BackgroundColor)]
pub struct Backdrop {
    pub alpha: f32,
}

/// Words of the story: as light as can be where the player asks for contrast.
#[derive(Component)]
pub struct Reading(pub Color);

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

fn contrast(
    preferences: Res<Preferences>,
    mut backdrops: Query<(Ref<Backdrop>, &mut BackgroundColor, Option<&mut BorderColor>)>,
    mut words: Query<(Ref<Reading>, &mut TextColor)>,
) {
    let strong = preferences.contrast;
    for (backdrop, mut color, border) in &mut backdrops {
        if !backdrop.is_added() && !preferences.is_changed() {
            continue;
        }
        color.0 = if strong { Color::BLACK } else { BOX.with_alpha(backdrop.alpha) };
        if let Some(mut border) = border {
            *border = BorderColor::all(if strong { Color::WHITE } else { LAMP.with_alpha(0.3) });
        }
    }
    for (reading, mut color) in &mut words {
        if reading.is_added() || preferences.is_changed() {
            color.0 = if strong { Color::WHITE } else { reading.0 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_black_and_white_and_goes_back() {
        let mut app = App::new();
        app.insert_resource(Preferences::default()).add_systems(Update, contrast);
        let sheet = app.world_mut().spawn((Backdrop { alpha: 0.5 }, BorderColor::all(FOG))).id();
        let words = app.world_mut().spawn((Reading(PAPER), TextColor(PAPER))).id();
        let colors = |app: &mut App, contrast: bool| {
            app.world_mut().resource_mut::<Preferences>().contrast = contrast;
            app.update();
            let world = app.world();
            let border = world.get::<BorderColor>(sheet).unwrap().top;
            let under = world.get::<BackgroundColor>(sheet).unwrap().0;
            (under, border, world.get::<TextColor>(words).unwrap().0)
        };
        let usual = (BOX.with_alpha(0.5), LAMP.with_alpha(0.3), PAPER);
        assert_eq!(colors(&mut app, false), usual);
        assert_eq!(colors(&mut app, true), (Color::BLACK, Color::WHITE, Color::WHITE));
        assert_eq!(colors(&mut app, false), usual);
    }
}
