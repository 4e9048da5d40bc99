//! The stage: the room, who stands in it, and the faces.

use crate::Screen;
use crate::dialogue::Dialogue;
use crate::look::Cover;
use crate::saves::SaveFolder;
use crate::words::Language;
use crate::{Arguments, asset_folder};
use bevy::prelude::*;
use bevy_dramaturg::engine::{ActionKind, Emotion};
use bevy_dramaturg::prelude::*;
use std::path::Path;

pub struct ScenePlugin;

impl Plugin for ScenePlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(OnEnter(Screen::Stage), raise)
            .add_systems(Update, (dress, stand, breathe).chain().run_if(in_state(Screen::Stage)));
    }
}

/// Where portraits are spawned: behind the words, before the room.
#[derive(Component)]
struct Boards;

/// A character's picture.
#[derive(Component)]
pub struct Portrait {
    npc: Entity,
    /// Its character's id: who comes first in the alphabet stands on the right, and looks to the left.
    id: String,
    faces: Vec<(Emotion, Handle<Image>)>,
    /// 0 gone, 1 there.
    shown: f32,
    phase: f32,
}

fn raise(
    mut commands: Commands,
    assets: Res<AssetServer>,
    arguments: Res<Arguments>,
    folder: Res<SaveFolder>,
    language: Res<Language>,
) {
    // A pack outside the asset folder is named by its whole path.
    let path = arguments.story.canonicalize().unwrap_or_else(|_| arguments.story.clone());
    let path = path.strip_prefix(asset_folder()).map_or(path.clone(), Path::to_owned);
    let pack = assets.load_builder().override_unapproved().load::<StoryPack>(path.join("pack.ron"));
    let story = Story::new(pack)
        .with_locale(language.locale())
        .with_seed(arguments.seed)
        .with_save(folder.autosave());
    commands.spawn((story, DespawnOnExit(Screen::Stage)));
    commands
        .spawn((
            DespawnOnExit(Screen::Stage),
            Node { width: percent(100), height: percent(100), ..default() },
            GlobalZIndex(-1),
        ))
        .with_children(|stage| {
            stage.spawn((
                Cover { aspect: 16.0 / 9.0 },
                Node { position_type: PositionType::Absolute, ..default() },
                ImageNode::new(assets.load("art/backgrounds/tavern.svg")),
            ));
            stage.spawn((
                Boards,
                Node {
                    position_type: PositionType::Absolute,
                    width: percent(100),
                    height: percent(100),
                    ..default()
                },
            ));
            stage.spawn((
                Node {
                    position_type: PositionType::Absolute,
                    width: percent(100),
                    height: percent(46),
                    bottom: px(0),
                    ..default()
                },
                BackgroundGradient::from(LinearGradient::to_top(vec![
                    ColorStop::percent(Color::srgba(0.02, 0.03, 0.04, 0.86), 0.0),
                    ColorStop::percent(Color::srgba(0.02, 0.03, 0.04, 0.0), 100.0),
                ])),
            ));
        });
}

/// A picture for each character of the cast.
fn dress(
    mut commands: Commands,
    assets: Res<AssetServer>,
    boards: Query<Entity, With<Boards>>,
    plays: Query<&Play>,
    cast: Query<(Entity, &Persona), Added<Persona>>,
) {
    let Ok(boards) = boards.single() else { return };
    for (npc, persona) in &cast {
        let id = &persona.id.0;
        let name = plays.iter().next().map_or(id.as_str(), |play| play.pack().portrait(id));
        let face = |emotion: Emotion| {
            (emotion, assets.load(format!("art/portraits/{name}/{}.svg", emotion.label())))
        };
        let faces: Vec<_> = Emotion::ALL.into_iter().map(face).collect();
        let image = faces[0].1.clone();
        let portrait =
            Portrait { npc, id: id.clone(), faces, shown: 0.0, phase: npc.index_u32() as f32 };
        commands.spawn((
            portrait,
            ChildOf(boards),
            ImageNode { image, color: Color::WHITE.with_alpha(0.0), ..default() },
            Node {
                position_type: PositionType::Absolute,
                bottom: px(0),
                height: vh(92),
                aspect_ratio: Some(0.75),
                ..default()
            },
            UiTransform::default(),
        ));
    }
}

/// Puts everybody in place: one in the middle of the right half, two side by side.
fn stand(
    time: Res<Time>,
    planners: Query<&Planner>,
    dialogue: Option<Res<Dialogue>>,
    mut acts: MessageReader<NpcActs>,
    mut portraits: Query<(&mut Portrait, &mut ImageNode, &mut Node)>,
    mut entered: Local<Vec<(Entity, bool)>>,
) {
    for act in acts.read() {
        entered.retain(|(npc, _)| *npc != act.npc);
        match act.kind {
            ActionKind::Enter => entered.push((act.npc, true)),
            ActionKind::Leave => entered.push((act.npc, false)),
            ActionKind::BringUp => {}
        }
    }
    let here = |npc: Entity| {
        let acted = entered.iter().find(|(who, _)| *who == npc).map(|(_, here)| *here);
        acted.unwrap_or_else(|| planners.get(npc).is_ok_and(|planner| planner.present))
    };
    let mut present: Vec<(String, Entity)> = portraits
        .iter()
        .filter(|(portrait, ..)| here(portrait.npc))
        .map(|(portrait, ..)| (portrait.id.clone(), portrait.npc))
        .collect();
    present.sort();
    for (mut portrait, mut image, mut node) in &mut portraits {
        let place = present.iter().position(|(_, npc)| *npc == portrait.npc);
        let step = time.delta_secs() * if place.is_some() { 1.8 } else { -1.8 };
        portrait.shown = (portrait.shown + step).clamp(0.0, 1.0);
        if let Some(place) = place {
            // Centre of the figure, in hundredths of the window's width.
            let centre = if present.len() == 1 { 62.0 } else { 72.0 - 34.0 * place as f32 };
            let left = Val::Percent(centre - 19.5);
            if node.left != left {
                node.left = left;
            }
        }
        let speaks = dialogue.as_ref().and_then(|d| d.speaker());
        let lit = if speaks.is_none_or(|(npc, _)| npc == portrait.npc) { 1.0 } else { 0.62 };
        let before = image.color.to_srgba().red;
        let light = before + (lit - before) * (time.delta_secs() * 6.0).min(1.0);
        let wanted = Color::srgba(light, light, light, ease(portrait.shown));
        if image.color != wanted {
            image.color = wanted;
        }
        if let Some((npc, emotion)) = speaks
            && npc == portrait.npc
            && let Some((_, face)) = portrait.faces.iter().find(|(e, _)| *e == emotion)
            && image.image != *face
        {
            image.image = face.clone();
        }
    }
}

fn ease(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}

/// A figure that waits for its words breathes in and leans a little.
fn breathe(
    time: Res<Time>,
    dialogue: Option<Res<Dialogue>>,
    mut figures: Query<(&Portrait, &mut UiTransform)>,
) {
    let thinks = dialogue.is_some_and(|dialogue| dialogue.is_thinking());
    for (portrait, mut transform) in &mut figures {
        let slow = (time.elapsed_secs() * 1.1 + portrait.phase).sin();
        let lean = if thinks { 6.0 } else { 0.0 };
        let rise = 14.0 * (1.0 - ease(portrait.shown));
        let y = 4.0 + slow * 1.6 + rise + lean;
        transform.translation = Val2::px(0.0, y);
    }
}
