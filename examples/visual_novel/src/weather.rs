//! What lies over the picture of a place: fog that drifts, the light of the lamp, and the night that grows deeper.

use crate::Screen;
use crate::preferences::Preferences;
use bevy::asset::RenderAssetUsages;
use bevy::prelude::*;
use bevy::render::render_resource::{Extent3d, TextureDimension, TextureFormat};
use bevy_dramaturg::prelude::*;
use bevy_dramaturg_ui::Motion;

pub struct WeatherPlugin;

impl Plugin for WeatherPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Hour>()
            .add_systems(OnEnter(Screen::Stage), spawn)
            .add_systems(OnEnter(Screen::Title), spawn)
            .add_systems(Update, (read_clock, drift, dim));
    }
}

/// Minutes of story time since noon, where the story has a clock.
#[derive(Resource, Default)]
struct Hour(Option<f32>);

/// A bank of fog.
#[derive(Component)]
struct Fog {
    /// Widths of the window in a minute.
    speed: f32,
    offset: f32,
    density: f32,
}

/// The night and the lamp.
#[derive(Component)]
enum Light {
    Night,
    Lamp,
}

fn spawn(mut commands: Commands, screen: Res<State<Screen>>, mut images: ResMut<Assets<Image>>) {
    let on = *screen.get();
    let cloud = images.add(cloud());
    let whole = || Node {
        position_type: PositionType::Absolute,
        width: percent(100),
        height: percent(100),
        overflow: Overflow::clip(),
        ..default()
    };
    commands.spawn((DespawnOnExit(on), whole(), GlobalZIndex(-1), Pickable::IGNORE)).with_children(
        |sky| {
            for (light, color) in [
                (Light::Night, Color::srgba(0.02, 0.04, 0.10, 0.0)),
                (Light::Lamp, Color::srgba(0.95, 0.62, 0.25, 0.0)),
            ] {
                sky.spawn((light, whole(), BackgroundColor(color), Pickable::IGNORE));
            }
            for (speed, offset, density, top) in [(0.9, 0.0, 0.55, 30.0), (-0.6, 0.4, 0.4, 48.0)] {
                sky.spawn((
                    Fog { speed, offset, density },
                    Node {
                        position_type: PositionType::Absolute,
                        width: percent(200),
                        height: percent(60),
                        top: percent(top),
                        ..default()
                    },
                    ImageNode { image: cloud.clone(), color: Color::NONE, ..default() },
                    Pickable::IGNORE,
                ));
            }
        },
    );
}

/// Soft noise that fits itself at the sides: the same picture may follow it.
fn cloud() -> Image {
    const SIZE: (u32, u32) = (256, 64);
    let mut bytes = Vec::with_capacity((SIZE.0 * SIZE.1 * 4) as usize);
    let turn = std::f32::consts::TAU;
    for y in 0..SIZE.1 {
        for x in 0..SIZE.0 {
            let (u, v) = (x as f32 / SIZE.0 as f32 * turn * 2.0, y as f32 / SIZE.1 as f32);
            let waves = (u + 3.0 * v).sin()
                + (2.0 * u - 5.0 * v + 1.3).sin() * 0.6
                + (4.0 * u + 9.0 * v + 0.7).sin() * 0.35;
            let fades = (v * std::f32::consts::PI).sin();
            let alpha = ((waves / 4.0 + 0.5) * fades * 90.0).clamp(0.0, 255.0) as u8;
            bytes.extend([196, 208, 214, alpha]);
        }
    }
    let size = Extent3d { width: SIZE.0, height: SIZE.1, depth_or_array_layers: 1 };
    let (kind, format) = (TextureDimension::D2, TextureFormat::Rgba8UnormSrgb);
    Image::new(size, kind, bytes, format, RenderAssetUsages::RENDER_WORLD)
}

fn read_clock(mut turns: MessageReader<TurnEnded>, mut hour: ResMut<Hour>) {
    for turn in turns.read() {
        let clock = turn.report.facts.iter().find(|(name, _)| name == "clock");
        if let Some((_, value)) = clock {
            hour.0 = value.parse::<f32>().ok();
        }
    }
}

/// Outside there is fog to the knees; within, a little of it at the door.
fn drift(
    time: Res<Time>,
    motion: Res<Motion>,
    preferences: Res<Preferences>,
    screen: Res<State<Screen>>,
    plays: Query<&Play>,
    mut banks: Query<(&Fog, &mut ImageNode, &mut Node)>,
) {
    let place = plays.iter().next().map_or("", Play::background);
    let outside = *screen.get() == Screen::Title || matches!(place, "quay" | "bay");
    let now = if motion.reduced { 0.0 } else { time.elapsed_secs() / 60.0 };
    for (fog, mut image, mut node) in &mut banks {
        let density = match (preferences.weather, outside) {
            (false, _) => 0.0,
            (true, true) => fog.density,
            (true, false) => fog.density * 0.12,
        };
        let color = Color::WHITE.with_alpha(density);
        if image.color != color {
            image.color = color;
        }
        let left = -100.0 * (fog.offset + now * fog.speed).rem_euclid(1.0);
        // Half a pixel more or less is not seen.
        if !matches!(node.left, Val::Percent(before) if (before - left).abs() < 0.04) {
            node.left = Val::Percent(left);
        }
    }
}

fn dim(
    time: Res<Time>,
    motion: Res<Motion>,
    preferences: Res<Preferences>,
    hour: Res<Hour>,
    plays: Query<&Play>,
    mut lights: Query<(&Light, &mut BackgroundColor)>,
) {
    let inside = plays.iter().any(|play| !matches!(play.background(), "quay" | "bay"));
    // From ten in the evening to midnight it grows darker by a quarter.
    let late = hour.0.map_or(0.0, |minutes| ((minutes - 21.0 * 60.0) / 180.0).clamp(0.0, 1.0));
    for (light, mut color) in &mut lights {
        let alpha = match light {
            _ if !preferences.weather => 0.0,
            Light::Night => late * if inside { 0.14 } else { 0.28 },
            Light::Lamp if !inside => 0.0,
            Light::Lamp if motion.reduced => 0.035,
            Light::Lamp => {
                let t = time.elapsed_secs();
                0.035 + 0.012 * (t * 1.9).sin() + 0.008 * (t * 5.3).sin()
            }
        };
        if (color.0.alpha() - alpha).abs() > 0.002 {
            color.0.set_alpha(alpha);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preferences::Setting;
    use crate::words::Language;
    use std::time::Duration;

    /// The fog's density and place, and the dark of the night, half a minute after the title is shown at midnight.
    fn shown(weather: bool, reduced: bool) -> (f32, Val, f32) {
        let mut preferences = Preferences::default();
        if !weather {
            preferences.adjust(Setting::Weather, 1, Language::English);
        }
        let mut app = App::new();
        let mut time = Time::<()>::default();
        time.advance_by(Duration::from_secs(30));
        app.insert_resource(time)
            .insert_resource(Motion { reduced })
            .insert_resource(preferences)
            .insert_resource(State::new(Screen::Title))
            .insert_resource(Hour(Some(24.0 * 60.0)))
            .add_systems(Update, (drift, dim));
        let world = app.world_mut();
        let bank = (Fog { speed: 0.9, offset: 0.1, density: 0.5 }, ImageNode::default());
        let bank = world.spawn((bank, Node::default())).id();
        let night = (Light::Night, BackgroundColor(Color::srgba(0.0, 0.0, 0.1, 0.0)));
        let night = world.spawn(night).id();
        app.update();
        let world = app.world();
        let density = world.get::<ImageNode>(bank).unwrap().color.alpha();
        let dark = world.get::<BackgroundColor>(night).unwrap().0.alpha();
        (density, world.get::<Node>(bank).unwrap().left, dark)
    }

    #[test]
    fn fog_and_night_are_there_and_can_be_switched_off() {
        let (density, _, dark) = shown(true, false);
        assert!(density > 0.1 && dark > 0.1, "{density} {dark}");
        let (density, _, dark) = shown(false, false);
        assert_eq!((density, dark), (0.0, 0.0));
    }

    #[test]
    fn with_less_motion_the_fog_stands_still() {
        assert_eq!(shown(true, true).1, percent(-10));
        assert_ne!(shown(true, false).1, percent(-10));
    }
}
