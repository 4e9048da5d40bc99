//! People as one sees them from above, and what they say over their heads.

use crate::Arguments;
use crate::square::{Face, Ground, INK, PAPER, on_ground};
use crate::talk::Talk;
use bevy::prelude::*;
use bevy_dramaturg::attention::Attention;
use bevy_dramaturg::town::{NpcBarks, Presence, Town, Townsfolk};
use std::collections::HashMap;

pub struct FiguresPlugin;

impl Plugin for FiguresPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Figures>()
            .add_systems(Update, (come, go, step, speak, float, point).chain());
    }
}

/// The figure of each who is not dormant.
#[derive(Resource, Default)]
pub struct Figures(HashMap<Entity, Entity>);

/// Somebody's figure.
#[derive(Component)]
struct Figure {
    npc: Entity,
    /// By how much it stands beside the spot, so that nobody stands in another.
    beside: Vec2,
}

/// Words over somebody's head.
#[derive(Component)]
struct Bubble {
    npc: Entity,
    fades: Timer,
}

const SIZE: f32 = 10.0;
/// So many bubbles at once can be read.
const BUBBLES: usize = 8;

pub fn colour(role: &str) -> Color {
    let (r, g, b) = match role {
        "trader" => (0.78, 0.33, 0.24),
        "shopper" => (0.55, 0.35, 0.55),
        "crafter" => (0.36, 0.40, 0.52),
        "farmer" => (0.62, 0.52, 0.27),
        "child" => (0.92, 0.76, 0.32),
        "elder" => (0.62, 0.60, 0.58),
        "guard" => (0.20, 0.34, 0.62),
        _ => (0.12, 0.12, 0.14),
    };
    Color::srgb(r, g, b)
}

/// Somebody is near enough to be seen.
fn come(
    mut commands: Commands,
    mut figures: ResMut<Figures>,
    ground: Single<Entity, With<Ground>>,
    new: Query<(Entity, &Townsfolk), Added<Presence>>,
) {
    for (npc, folk) in &new {
        let bits = npc.to_bits().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let share = |shift: u32| ((bits >> shift) & 0xff) as f32 / 255.0 - 0.5;
        let figure = commands
            .spawn((
                Figure { npc, beside: Vec2::new(share(40) * 36.0, share(52) * 15.0) },
                Node {
                    position_type: PositionType::Absolute,
                    width: px(SIZE),
                    height: px(SIZE + 2.0),
                    border: UiRect::all(px(1)),
                    border_radius: BorderRadius::MAX,
                    justify_content: JustifyContent::Center,
                    ..default()
                },
                BackgroundColor(colour(folk.role())),
                BorderColor::all(INK.with_alpha(0.7)),
                UiTransform::default(),
                Visibility::Hidden,
                ZIndex(1),
                ChildOf(*ground),
                children![(
                    Node {
                        width: px(5),
                        height: px(5),
                        border_radius: BorderRadius::MAX,
                        ..default()
                    },
                    BackgroundColor(Color::srgb(0.90, 0.76, 0.63)),
                )],
            ))
            .id();
        if let Some(old) = figures.0.insert(npc, figure) {
            commands.entity(old).try_despawn();
        }
    }
}

/// Somebody is dormant again.
fn go(
    mut commands: Commands,
    mut figures: ResMut<Figures>,
    mut gone: RemovedComponents<Presence>,
    present: Query<&Presence>,
) {
    for npc in gone.read().filter(|npc| !present.contains(*npc)) {
        if let Some(figure) = figures.0.remove(&npc) {
            commands.entity(figure).try_despawn();
        }
    }
}

fn step(
    town: Res<Town>,
    talk: Res<Talk>,
    people: Query<(&Presence, &Townsfolk)>,
    mut figures: Query<(&Figure, &mut UiTransform, &mut Visibility, &mut BorderColor, &mut Node)>,
) {
    for (figure, mut transform, mut visibility, mut border, mut node) in &mut figures {
        let Ok((presence, folk)) = people.get(figure.npc) else { continue };
        if folk.schedule().plan().hides(presence.stretch()) {
            visibility.set_if_neq(Visibility::Hidden);
            continue;
        }
        visibility.set_if_neq(Visibility::Inherited);
        let corner = on_ground(presence.spot(town.now())) + figure.beside - SIZE / 2.0;
        let moved = Val2::px(corner.x, corner.y);
        if transform.translation != moved {
            transform.translation = moved;
        }
        let (ring, width) = match presence.level() {
            _ if talk.with() == Some(figure.npc) => (Color::WHITE, 2.0),
            Attention::Speaking => (crate::square::LAMP, 2.0),
            Attention::Aware => (PAPER.with_alpha(0.9), 1.0),
            _ => (INK.with_alpha(0.7), 1.0),
        };
        border.set_if_neq(BorderColor::all(ring));
        let width = UiRect::all(px(width));
        if node.border != width {
            node.border = width;
        }
    }
}

fn speak(
    mut commands: Commands,
    mut barks: MessageReader<NpcBarks>,
    face: Res<Face>,
    arguments: Res<Arguments>,
    figures: Res<Figures>,
    shown: Query<&InheritedVisibility>,
    bubbles: Query<&Bubble>,
    ground: Single<Entity, With<Ground>>,
) {
    let mut count = bubbles.iter().count();
    for bark in barks.read() {
        let figure = figures.0.get(&bark.npc);
        let seen = figure.is_some_and(|figure| shown.get(*figure).is_ok_and(|seen| seen.get()));
        if !seen || count >= BUBBLES || bubbles.iter().any(|bubble| bubble.npc == bark.npc) {
            continue;
        }
        count += 1;
        let reading = if arguments.chinese { 0.16 } else { 0.06 };
        let seconds = 2.0 + bark.text.chars().count() as f32 * reading;
        commands.spawn((
            Bubble { npc: bark.npc, fades: Timer::from_seconds(seconds, TimerMode::Once) },
            Node {
                position_type: PositionType::Absolute,
                padding: UiRect::axes(px(7), px(2)),
                border_radius: BorderRadius::all(px(8)),
                max_width: px(200),
                ..default()
            },
            BackgroundColor(PAPER.with_alpha(0.94)),
            UiTransform::default(),
            Visibility::Hidden,
            ZIndex(6),
            ChildOf(*ground),
            children![(Text::new(&bark.text), face.size(13.0), TextColor(INK))],
        ));
    }
}

/// Bubbles go with their people, and away after a while.
fn float(
    mut commands: Commands,
    time: Res<Time>,
    figures: Res<Figures>,
    heads: Query<&UiTransform, (With<Figure>, Without<Bubble>)>,
    mut bubbles: Query<(Entity, &mut Bubble, &ComputedNode, &mut UiTransform, &mut Visibility)>,
) {
    let mut taken: Vec<Rect> = Vec::new();
    for (entity, mut bubble, node, mut transform, mut visibility) in &mut bubbles {
        let head = figures.0.get(&bubble.npc).and_then(|figure| heads.get(*figure).ok());
        let (Some(head), false) = (head, bubble.fades.tick(time.delta()).is_finished()) else {
            commands.entity(entity).try_despawn();
            continue;
        };
        let (Val::Px(x), Val::Px(y)) = (head.translation.x, head.translation.y) else { continue };
        let size = node.size() * node.inverse_scale_factor();
        let wide = crate::ground::HALF.0 as f32 * 2.0 * crate::square::METRE;
        let left = (x + SIZE / 2.0 - size.x / 2.0).clamp(2.0, (wide - size.x - 2.0).max(2.0));
        let mut top = y - size.y - 3.0;
        // Where another bubble is, this one is above it.
        let at = |top: f32| Rect::from_corners(Vec2::new(left, top), Vec2::new(left, top) + size);
        while let Some(other) = taken.iter().find(|other| !other.intersect(at(top)).is_empty()) {
            top = other.min.y - size.y - 2.0;
        }
        taken.push(at(top));
        transform.translation = Val2::px(left, top.max(0.0));
        // Before it is laid out nobody knows how wide it is.
        visibility.set_if_neq(if size.x > 0.0 {
            Visibility::Inherited
        } else {
            Visibility::Hidden
        });
    }
}

/// A click on somebody, or near enough, begins a talk.
fn point(
    window: Single<&Window>,
    buttons: Res<ButtonInput<MouseButton>>,
    mut talk: ResMut<Talk>,
    figures: Query<(&Figure, &UiTransform, &InheritedVisibility)>,
) {
    if !buttons.just_pressed(MouseButton::Left) || talk.with().is_some() {
        return;
    }
    let Some(cursor) = window.cursor_position() else { return };
    // The ground begins below the line on top.
    let cursor = cursor - Vec2::new(0.0, 30.0);
    let near = figures.iter().filter(|(.., seen)| seen.get()).filter_map(|(figure, at, _)| {
        let (Val::Px(x), Val::Px(y)) = (at.translation.x, at.translation.y) else { return None };
        let distance = (Vec2::new(x, y) + SIZE / 2.0).distance(cursor);
        (distance < 14.0).then_some((distance, figure.npc))
    });
    if let Some((_, npc)) = near.min_by(|a, b| a.0.total_cmp(&b.0)) {
        talk.begin(npc);
    }
}
