//! The panel of saved plays: picture, time, last line.

use crate::Screen;
use crate::fonts::Face;
use crate::look::{FOG, LAMP, PAPER};
use crate::menu::{FirstFocus, MenuSystems, Pressable, Pressed};
use crate::overlay::{Overlay, heading, list, panel, sheet};
use crate::saves::{SLOTS, SaveFolder, ToLoad, picture_of};
use crate::stage_picture::StagePicture;
use crate::words::Word;
use bevy::asset::RenderAssetUsages;
use bevy::image::{CompressedImageFormats, ImageSampler, ImageType};
use bevy::prelude::*;
use bevy::tasks::{IoTaskPool, Task, block_on, poll_once};
use bevy_dramaturg::PlaySaved;
use bevy_dramaturg::prelude::*;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub struct SlotsPlugin;

impl Plugin for SlotsPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(OnEnter(Overlay::Saves), open)
            .add_systems(Update, (fill, press.after(MenuSystems)).run_if(in_state(Overlay::Saves)))
            .add_systems(Update, keep_picture);
    }
}

/// What a slot holds.
struct Held {
    when: String,
    line: String,
    picture: Option<Image>,
    /// Whether it can be gone on with.
    sound: bool,
}

/// A slot that is looked into in the background.
#[derive(Component)]
struct Looking(Task<Option<Held>>);

#[derive(Component, Clone)]
enum Choice {
    Save(PathBuf),
    Load(PathBuf),
}

fn open(mut commands: Commands, folder: Res<SaveFolder>, screen: Res<State<Screen>>) {
    let on_stage = *screen.get() == Screen::Stage;
    let slots = (0..SLOTS).map(|slot| (folder.slot(slot), Some(slot + 1)));
    let slots: Vec<_> = [(folder.quick(), None)].into_iter().chain(slots).collect();
    commands.spawn(panel(Overlay::Saves)).with_children(|panel| {
        panel.spawn(sheet()).with_children(|sheet| {
            sheet.spawn(heading(Word::Saves));
            sheet.spawn(list()).with_children(|list| {
                for (at, (path, number)) in slots.into_iter().enumerate() {
                    let mut row = list.spawn(row());
                    row.with_children(|row| slot(row, path, number, on_stage, at == 1));
                }
            });
        });
    });
}

fn row() -> impl Bundle {
    (
        Node {
            column_gap: px(16),
            align_items: AlignItems::Center,
            padding: UiRect::vertical(px(6)),
            border: UiRect::bottom(px(1)),
            flex_shrink: 0.0,
            ..default()
        },
        BorderColor::all(FOG.with_alpha(0.18)),
    )
}

fn slot(
    row: &mut ChildSpawnerCommands,
    path: PathBuf,
    number: Option<usize>,
    on_stage: bool,
    first: bool,
) {
    let read = path.clone();
    let task = IoTaskPool::get().spawn(async move { look_into(&read) });
    row.spawn((
        Looking(task),
        Node {
            column_gap: px(16),
            align_items: AlignItems::Center,
            flex_grow: 1.0,
            flex_basis: px(0),
            ..default()
        },
        children![
            (
                Node { width: px(124), height: px(70), flex_shrink: 0.0, ..default() },
                ImageNode { color: Color::NONE, ..default() },
                BackgroundColor(FOG.with_alpha(0.08)),
            ),
            (
                Node {
                    flex_direction: FlexDirection::Column,
                    flex_shrink: 1.0,
                    flex_grow: 1.0,
                    flex_basis: px(0),
                    ..default()
                },
                children![
                    (Text::new("…"), Face::italic(17.0), TextColor(LAMP.with_alpha(0.8))),
                    (Text::default(), Face::upright(19.0), TextColor(FOG)),
                ],
            ),
        ],
    ));
    let name = number.map_or("F5".to_owned(), |number| number.to_string());
    row.spawn((
        Text::new(name),
        Face::italic(24.0),
        TextColor(LAMP),
        Node { width: px(32), flex_shrink: 0.0, ..default() },
    ));
    let mut button = |choice: Choice, word: Word, focus: bool| {
        let mut button = row.spawn((
            choice,
            Pressable,
            Node { padding: UiRect::axes(px(6), px(4)), flex_shrink: 0.0, ..default() },
            children![(word, Face::upright(20.0), TextColor(PAPER.with_alpha(0.72)))],
        ));
        if focus {
            button.insert(FirstFocus);
        }
    };
    if on_stage {
        button(Choice::Save(path.clone()), Word::Save, first);
    }
    button(Choice::Load(path), Word::Load, first && !on_stage);
}

/// Reads what a saved play holds.
fn look_into(path: &Path) -> Option<Held> {
    let written = std::fs::metadata(path).ok()?.modified().ok()?;
    let when = date(written);
    let picture = std::fs::read(picture_of(path)).ok().and_then(|bytes| picture(&bytes));
    let said = bevy_dramaturg::engine::last_line(path);
    let sound = said.is_ok();
    let line = said.unwrap_or_else(|error| error.to_string());
    Some(Held { when, line: line.chars().take(96).collect(), picture, sound })
}

/// A day and a time, by the clock on the player's wall.
fn date(written: SystemTime) -> String {
    let zoned =
        jiff::Timestamp::try_from(written).map(|at| at.to_zoned(jiff::tz::TimeZone::system()));
    zoned.map(|at| at.strftime("%Y-%m-%d  %H:%M").to_string()).unwrap_or_default()
}

fn picture(bytes: &[u8]) -> Option<Image> {
    let (kind, sampler) = (ImageType::Extension("png"), ImageSampler::linear());
    let usage = RenderAssetUsages::RENDER_WORLD;
    Image::from_buffer(bytes, kind, CompressedImageFormats::NONE, true, sampler, usage).ok()
}

fn fill(
    mut commands: Commands,
    mut slots: Query<(Entity, &mut Looking, &Children)>,
    children: Query<&Children>,
    mut frames: Query<&mut ImageNode>,
    mut texts: Query<&mut Text>,
    mut images: ResMut<Assets<Image>>,
) {
    for (entity, mut looking, parts) in &mut slots {
        let Some(held) = block_on(poll_once(&mut looking.0)) else { continue };
        let (frame, column) = (parts[0], parts[1]);
        let lines: Vec<Entity> = children.get(column).into_iter().flatten().copied().collect();
        match held {
            None => {
                commands.entity(lines[0]).insert(Word::Empty);
            }
            Some(held) => {
                if !held.sound {
                    commands.entity(lines[1]).insert(TextColor(LAMP));
                }
                for (line, text) in lines.iter().zip([held.when, held.line]) {
                    if let Ok(mut shown) = texts.get_mut(*line) {
                        shown.0 = text;
                    }
                }
                if let (Ok(mut node), Some(picture)) = (frames.get_mut(frame), held.picture) {
                    *node = ImageNode::new(images.add(picture));
                }
            }
        }
        commands.entity(entity).remove::<Looking>();
    }
}

fn press(
    choices: Query<&Choice>,
    folder: Res<SaveFolder>,
    plays: Query<Entity, With<Play>>,
    mut pressed: MessageReader<Pressed>,
    mut saves: MessageWriter<SavePlay>,
    mut loads: MessageWriter<LoadPlay>,
    mut asked: ResMut<ToLoad>,
    mut overlay: ResMut<NextState<Overlay>>,
    mut screen: ResMut<NextState<Screen>>,
) {
    for Pressed(entity) in pressed.read() {
        let Ok(choice) = choices.get(*entity) else { continue };
        match (choice.clone(), plays.single()) {
            (Choice::Save(path), Ok(play)) => {
                saves.write(SavePlay { play, path });
            }
            (Choice::Load(path), _) if !path.exists() => continue,
            (Choice::Load(path), Ok(play)) => {
                loads.write(LoadPlay { play, path });
            }
            (Choice::Load(path), Err(_)) => {
                folder.set_autosave_aside();
                asked.0 = Some(path);
                screen.set(Screen::Stage);
            }
            (Choice::Save(_), Err(_)) => {}
        }
        overlay.set(Overlay::None);
    }
}

/// Beside each copy of the play its picture.
fn keep_picture(mut saved: MessageReader<PlaySaved>, picture: Res<StagePicture>) {
    for saved in saved.read() {
        picture.write(picture_of(&saved.path));
    }
}
