//! The stage: the room, who stands in it, and the faces.

use crate::Screen;
use crate::look::Cover;
use crate::saves::SaveFolder;
use crate::words::Language;
use crate::{Arguments, asset_folder};
use bevy::prelude::*;
use bevy_dramaturg::engine::{ActionKind, Emotion};
use bevy_dramaturg::prelude::*;
use bevy_dramaturg_ui::{Dialogue, History, Motion, Portrait, Rollback};
use std::path::Path;

pub struct ScenePlugin;

impl Plugin for ScenePlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(OnEnter(Screen::Stage), raise)
            .add_systems(Update, (furnish, dress, stand).chain().run_if(in_state(Screen::Stage)));
    }
}

/// Where portraits are spawned: behind the words, before the room.
#[derive(Component)]
struct Boards;

/// The picture of the place, and the name of the one that it shows.
#[derive(Component)]
struct Room(String);

/// A character's place on the stage, by its id: who comes first in the alphabet stands on the right, and looks to the
/// left.
#[derive(Component)]
struct Placed(String);

/// The story that was asked for.
pub fn pack_of(assets: &AssetServer, arguments: &Arguments) -> Handle<StoryPack> {
    // A pack outside the asset folder is named by its whole path.
    let path = arguments.story.canonicalize().unwrap_or_else(|_| arguments.story.clone());
    let path = path.strip_prefix(asset_folder()).map_or(path.clone(), Path::to_owned);
    assets.load_builder().override_unapproved().load::<StoryPack>(path.join("pack.ron"))
}

fn raise(
    mut commands: Commands,
    assets: Res<AssetServer>,
    arguments: Res<Arguments>,
    folder: Res<SaveFolder>,
    language: Res<Language>,
) {
    let pack = pack_of(&assets, &arguments);
    let story = Story::new(pack)
        .with_locale(language.locale())
        .with_seed(arguments.seed)
        .with_save(folder.autosave());
    commands.spawn((
        story,
        Dialogue::default(),
        History::default(),
        Rollback,
        DespawnOnExit(Screen::Stage),
    ));
    commands
        .spawn((
            DespawnOnExit(Screen::Stage),
            Node { width: percent(100), height: percent(100), ..default() },
            GlobalZIndex(-2),
        ))
        .with_children(|stage| {
            stage.spawn((
                Room(String::new()),
                Cover { aspect: 16.0 / 9.0 },
                Node { position_type: PositionType::Absolute, ..default() },
                ImageNode::default(),
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

/// Shows the place that the play is in. A story that names none is played in the tavern.
fn furnish(
    assets: Res<AssetServer>,
    plays: Query<&Play>,
    mut rooms: Query<(&mut Room, &mut ImageNode)>,
) {
    let Some(play) = plays.iter().next() else { return };
    let named = play.background();
    // What a pack names is a file's name and leads nowhere else.
    let plain = !named.is_empty() && named.chars().all(|c| c.is_alphanumeric() || "_-".contains(c));
    let wanted = if plain { named } else { "tavern" };
    for (mut room, mut image) in &mut rooms {
        if room.0 != wanted {
            wanted.clone_into(&mut room.0);
            image.image = assets.load(format!("art/backgrounds/{wanted}.svg"));
        }
    }
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
        let blink = Some(assets.load(format!("art/portraits/{name}/blink.svg")));
        let portrait = Portrait { npc, faces, blink, shown: 0.0, phase: npc.index_u32() as f32 };
        commands.spawn((
            portrait,
            Placed(id.clone()),
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
    motion: Res<Motion>,
    dialogues: Query<&Dialogue>,
    mut acts: MessageReader<NpcActs>,
    mut opened: MessageReader<PlayOpened>,
    mut portraits: Query<(&mut Portrait, &Placed, &mut ImageNode, &mut Node)>,
    mut entered: Local<Vec<(Entity, bool)>>,
) {
    // A play that was rolled back or loaded says itself who is there.
    if opened.read().count() > 0 {
        entered.clear();
    }
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
        .map(|(portrait, placed, ..)| (placed.0.clone(), portrait.npc))
        .collect();
    present.sort();
    for (mut portrait, _, mut image, mut node) in &mut portraits {
        let place = present.iter().position(|(_, npc)| *npc == portrait.npc);
        let speed = if motion.reduced { f32::MAX } else { 1.8 * time.delta_secs() };
        let step = if place.is_some() { speed } else { -speed };
        portrait.shown = (portrait.shown + step).clamp(0.0, 1.0);
        if let Some(place) = place {
            // Centre of the figure, in hundredths of the window's width.
            let centre = match present.len() {
                1 => 62.0,
                2 => 72.0 - 34.0 * place as f32,
                // From right to left over the same width, however many there are.
                many => 80.0 - 56.0 * place as f32 / (many - 1) as f32,
            };
            let left = Val::Percent(centre - 19.5);
            if node.left != left {
                node.left = left;
            }
        }
        let speaks = dialogues.iter().next().and_then(Dialogue::speaker);
        let lit = if speaks.is_none_or(|(npc, _)| npc == portrait.npc) { 1.0 } else { 0.62 };
        let before = image.color.to_srgba().red;
        let light = before + (lit - before) * (time.delta_secs() * 6.0).min(1.0);
        let wanted = Color::srgba(light, light, light, ease(portrait.shown));
        if image.color != wanted {
            image.color = wanted;
        }
    }
}

fn ease(t: f32) -> f32 {
    t * t * (3.0 - 2.0 * t)
}
