//! Whatever can be chosen: by mouse, by keys, by gamepad.

use crate::Screen;
use crate::controls::{Controls, Wish};
use crate::look::{LAMP, PAPER};
use crate::overlay::{Overlay, Panel};
use bevy::input::mouse::{MouseMotion, MouseScrollUnit, MouseWheel};
use bevy::prelude::*;
use bevy::ui::UiGlobalTransform;

pub struct MenuPlugin;

impl Plugin for MenuPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Focus>()
            .add_message::<Pressed>()
            .add_message::<Adjusted>()
            .add_systems(
                Update,
                (by_mouse, by_keys, light_up, scroll, follow_focus).chain().in_set(MenuSystems),
            );
    }
}

/// Runs before whoever reads [`Pressed`].
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MenuSystems;

/// Can be chosen. The texts among its children light up.
#[derive(Component, Default)]
#[require(Button)]
pub struct Pressable;

/// Left and right change it.
#[derive(Component)]
pub struct Adjusts;

/// Has the focus when its panel opens.
#[derive(Component)]
pub struct FirstFocus;

/// The colour of a choice that is not lit; paper where there is none.
#[derive(Component, Clone, Copy)]
pub struct Unlit(pub Color);

/// A list that is longer than its place.
#[derive(Component)]
pub struct Scroll;

/// Was chosen.
#[derive(Message)]
pub struct Pressed(pub Entity);

/// Was changed by one step.
#[derive(Message)]
pub struct Adjusted {
    pub entity: Entity,
    pub by: i32,
}

/// What would be chosen.
#[derive(Resource, Default)]
struct Focus {
    on: Option<Entity>,
    /// A key moved it last: then lists follow it.
    by_keys: bool,
}

fn by_mouse(
    mut focus: ResMut<Focus>,
    touched: Query<(Entity, &Interaction), (Changed<Interaction>, With<Pressable>)>,
    mut moved: MessageReader<MouseMotion>,
    mut has_mouse: Local<bool>,
    mut pressed: MessageWriter<Pressed>,
) {
    // A pointer that merely lies somewhere chooses nothing.
    *has_mouse |= moved.read().count() > 0;
    for (entity, interaction) in &touched {
        match interaction {
            Interaction::None => {}
            Interaction::Hovered if !*has_mouse => {}
            Interaction::Hovered => *focus = Focus { on: Some(entity), by_keys: false },
            Interaction::Pressed => {
                pressed.write(Pressed(entity));
            }
        }
    }
}

type Choices<'w, 's> = Query<
    'w,
    's,
    (
        Entity,
        &'static ComputedNode,
        &'static UiGlobalTransform,
        &'static InheritedVisibility,
        Has<FirstFocus>,
    ),
    With<Pressable>,
>;

fn by_keys(
    controls: Res<Controls>,
    screen: Res<State<Screen>>,
    overlay: Res<State<Overlay>>,
    panels: Query<Entity, With<Panel>>,
    parents: Query<&ChildOf>,
    choices: Choices,
    adjusts: Query<(), With<Adjusts>>,
    touched: Query<&Interaction>,
    mut focus: ResMut<Focus>,
    mut pressed: MessageWriter<Pressed>,
    mut adjusted: MessageWriter<Adjusted>,
) {
    let panel = panels.iter().next();
    // On the stage the keys belong to the player's line.
    if panel.is_none() && (*screen.get() == Screen::Stage || *overlay.get() != Overlay::None) {
        // What lies under the mouse stays lit.
        let hovered = |on| touched.get(on).is_ok_and(|i| *i != Interaction::None);
        focus.on = focus.on.filter(|on| hovered(*on));
        return;
    }
    let open: Vec<(Entity, Vec2, bool)> = choices
        .iter()
        .filter(|(entity, node, _, visible, _)| {
            let inside =
                panel.is_none_or(|panel| parents.iter_ancestors(*entity).any(|p| p == panel));
            inside && visible.get() && node.size().x > 0.0
        })
        .map(|(entity, _, place, _, first)| (entity, place.translation, first))
        .collect();
    let at = focus.on.and_then(|on| open.iter().find(|(entity, ..)| *entity == on)).copied();
    let Some((on, here, _)) = at else {
        let top = |a: &&(Entity, Vec2, bool), b: &&(Entity, Vec2, bool)| {
            (!a.2, a.1.y, a.1.x)
                .partial_cmp(&(!b.2, b.1.y, b.1.x))
                .unwrap_or(std::cmp::Ordering::Equal)
        };
        if let Some((first, ..)) = open.iter().min_by(top) {
            *focus = Focus { on: Some(*first), by_keys: true };
        }
        return;
    };
    let sideways = i32::from(controls.wants(Wish::Right)) - i32::from(controls.wants(Wish::Left));
    if sideways != 0 && adjusts.contains(on) {
        adjusted.write(Adjusted { entity: on, by: sideways });
        return;
    }
    let down = i32::from(controls.wants(Wish::Down)) - i32::from(controls.wants(Wish::Up));
    let way = Vec2::new(sideways as f32, down as f32);
    if way != Vec2::ZERO {
        let distance = |place: Vec2| {
            let to = place - here;
            let along = to.dot(way);
            (along > 1.0).then(|| along + 3.0 * to.dot(way.perp()).abs())
        };
        let next = open.iter().filter_map(|(e, place, _)| Some((*e, distance(*place)?)));
        if let Some((next, _)) = next.min_by(|a, b| a.1.total_cmp(&b.1)) {
            *focus = Focus { on: Some(next), by_keys: true };
        }
    } else if controls.wants(Wish::Accept) {
        pressed.write(Pressed(on));
    }
}

fn light_up(
    focus: Res<Focus>,
    choices: Query<(Entity, &Children, Option<&Unlit>), With<Pressable>>,
    mut texts: Query<&mut TextColor>,
) {
    for (entity, children, unlit) in &choices {
        let dim = unlit.map_or(PAPER.with_alpha(0.72), |unlit| unlit.0);
        let color = if focus.on == Some(entity) { LAMP } else { dim };
        for child in children {
            if let Ok(mut text) = texts.get_mut(*child) {
                text.set_if_neq(TextColor(color));
            }
        }
    }
}

/// Pixels of one notch of a wheel, and of one press of a key.
const NOTCH: f32 = 60.0;

fn scroll(
    mut wheel: MessageReader<MouseWheel>,
    keyboard: Res<ButtonInput<KeyCode>>,
    mut lists: Query<(&mut ScrollPosition, &ComputedNode), With<Scroll>>,
) {
    let turned: f32 = wheel
        .read()
        .map(|event| match event.unit {
            MouseScrollUnit::Line => event.y * NOTCH,
            MouseScrollUnit::Pixel => event.y,
        })
        .sum();
    let pressed = [(KeyCode::PageUp, 6.0 * NOTCH), (KeyCode::PageDown, -6.0 * NOTCH)];
    let keys: f32 =
        pressed.iter().filter(|(key, _)| keyboard.just_pressed(*key)).map(|(_, by)| by).sum();
    for (mut position, node) in &mut lists {
        let hidden = (node.content_size().y - node.size().y).max(0.0) * node.inverse_scale_factor();
        let wanted = (position.y - turned - keys).clamp(0.0, hidden);
        if (position.y - wanted).abs() > 0.1 && node.size().y > 0.0 {
            position.y = wanted;
        }
    }
}

/// A list shows what the keys have come to.
fn follow_focus(
    focus: Res<Focus>,
    places: Query<(&ComputedNode, &UiGlobalTransform)>,
    parents: Query<&ChildOf>,
    mut lists: Query<&mut ScrollPosition, With<Scroll>>,
) {
    let Some(on) = focus.on.filter(|_| focus.by_keys && focus.is_changed()) else { return };
    let Some(list) = parents.iter_ancestors(on).find(|parent| lists.contains(*parent)) else {
        return;
    };
    let (Ok(item), Ok(frame)) = (places.get(on), places.get(list)) else { return };
    let (top, bottom) = edges(item);
    let (first, last) = edges(frame);
    let by = if top < first { top - first } else { (bottom - last).max(0.0) };
    if let Ok(mut position) = lists.get_mut(list)
        && by.abs() > 0.5
    {
        position.y += by * frame.0.inverse_scale_factor();
    }
}

fn edges((node, place): (&ComputedNode, &UiGlobalTransform)) -> (f32, f32) {
    let half = node.size().y / 2.0;
    (place.translation.y - half, place.translation.y + half)
}
