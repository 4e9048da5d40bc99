//! Saving and loading: an autosave at each turn, a quick save, and four slots.

use crate::fonts::Face;
use crate::look::{FOG, LAMP, PAPER, Pressable};
use crate::overlay::{Overlay, heading, panel, sheet};
use crate::words::{Language, Word};
use crate::{Arguments, Screen};
use bevy::prelude::*;
use bevy::tasks::{IoTaskPool, Task, block_on, poll_once};
use bevy_dramaturg::prelude::*;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

pub struct SavesPlugin;

impl Plugin for SavesPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<SaveFolder>()
            .add_systems(OnEnter(Overlay::Saves), open)
            .add_systems(Update, quick.run_if(in_state(Screen::Stage)))
            .add_systems(Update, (fill, press).run_if(in_state(Overlay::Saves)));
    }
}

const SLOTS: usize = 4;

/// Where the plays of this player are.
#[derive(Resource, Clone, Debug)]
pub struct SaveFolder(PathBuf);

impl FromWorld for SaveFolder {
    fn from_world(world: &mut World) -> Self {
        let chosen = world.resource::<Arguments>().saves.clone();
        let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/share"));
        let data = || {
            let named = ["XDG_DATA_HOME", "LOCALAPPDATA"].iter().find_map(std::env::var_os);
            named.map(PathBuf::from).or_else(home).unwrap_or_else(std::env::temp_dir)
        };
        Self(chosen.unwrap_or_else(|| data().join("dramaturg").join("lantern")))
    }
}

impl SaveFolder {
    /// The play that goes on by itself at each turn.
    pub fn autosave(&self) -> PathBuf {
        self.0.join("autosave.journal")
    }
    fn quick(&self) -> PathBuf {
        self.0.join("quick.journal")
    }
    fn slot(&self, number: usize) -> PathBuf {
        self.0.join(format!("slot{}.journal", number + 1))
    }
    /// A new play begins, the old one is kept beside it.
    pub fn set_autosave_aside(&self) {
        for ending in ["", "-wal", "-shm"] {
            let name = |stem: &str| self.0.join(format!("{stem}.journal{ending}"));
            match std::fs::rename(name("autosave"), name("before")) {
                Ok(()) => {}
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    // What belonged to an older play must not be taken for a part of this one.
                    let _ = std::fs::remove_file(name("before"));
                }
                Err(error) => warn!("the last play can't be set aside: {error}"),
            }
        }
    }
}

fn quick(
    keyboard: Res<ButtonInput<KeyCode>>,
    folder: Res<SaveFolder>,
    plays: Query<Entity, With<Play>>,
    mut saves: MessageWriter<SavePlay>,
    mut loads: MessageWriter<LoadPlay>,
) {
    let Ok(play) = plays.single() else { return };
    if keyboard.just_pressed(KeyCode::F5) {
        saves.write(SavePlay { play, path: folder.quick() });
    } else if keyboard.just_pressed(KeyCode::F9) {
        loads.write(LoadPlay { play, path: folder.quick() });
    }
}

/// What a slot holds.
struct Held {
    minutes_ago: u64,
    line: String,
}

/// Text that says what a slot holds, read in the background.
#[derive(Component)]
struct SlotText(Task<Option<Held>>);

#[derive(Component, Clone)]
enum Choice {
    Save(PathBuf),
    Load(PathBuf),
}

fn open(mut commands: Commands, folder: Res<SaveFolder>, language: Res<Language>) {
    let quick = (folder.quick(), "F5".to_owned());
    let slots = (0..SLOTS).map(|slot| (folder.slot(slot), (slot + 1).to_string()));
    let slots: Vec<(PathBuf, String)> = [quick].into_iter().chain(slots).collect();
    let language = *language;
    commands.spawn((panel(Word::Saves), DespawnOnExit(Overlay::Saves))).with_children(|panel| {
        panel.spawn(sheet()).with_children(|sheet| {
            sheet.spawn(heading(Word::Saves));
            for (path, name) in slots {
                sheet.spawn(row(path, name, language));
            }
        });
    });
}

fn row(path: PathBuf, name: String, language: Language) -> impl Bundle {
    let read = path.clone();
    let task = IoTaskPool::get().spawn(async move { look_into(&read) });
    let button = |choice: Choice, word: Word| {
        (
            choice,
            Pressable,
            Node { padding: UiRect::axes(px(8), px(4)), flex_shrink: 0.0, ..default() },
            children![(
                Text::new(language.say(word)),
                Face::upright(20.0),
                TextColor(PAPER.with_alpha(0.72)),
            )],
        )
    };
    (
        Node {
            column_gap: px(16),
            align_items: AlignItems::Center,
            padding: UiRect::vertical(px(12)),
            border: UiRect::bottom(px(1)),
            ..default()
        },
        BorderColor::all(FOG.with_alpha(0.18)),
        children![
            (
                Text::new(name),
                Face::italic(24.0),
                TextColor(LAMP),
                Node { width: px(36), flex_shrink: 0.0, ..default() },
            ),
            (
                SlotText(task),
                Text::new("…"),
                Face::upright(19.0),
                TextColor(FOG),
                Node { flex_grow: 1.0, flex_shrink: 1.0, max_width: px(560), ..default() },
            ),
            button(Choice::Save(path.clone()), Word::Save),
            button(Choice::Load(path), Word::Load),
        ],
    )
}

/// Reads the last words of a saved play.
fn look_into(path: &Path) -> Option<Held> {
    let written = std::fs::metadata(path).ok()?.modified().ok()?;
    let minutes_ago = SystemTime::now().duration_since(written).map_or(0, |age| age.as_secs() / 60);
    let line = bevy_dramaturg::engine::last_line(path).unwrap_or_else(|error| error.to_string());
    Some(Held { minutes_ago, line: line.chars().take(80).collect() })
}

fn fill(
    language: Res<Language>,
    mut texts: Query<(Entity, &mut SlotText, &mut Text)>,
    mut commands: Commands,
) {
    for (entity, mut slot, mut text) in &mut texts {
        let Some(held) = block_on(poll_once(&mut slot.0)) else { continue };
        text.0 = held.map_or(language.say(Word::Empty).to_owned(), |held| {
            format!("{}   {}", age(held.minutes_ago, *language), held.line)
        });
        commands.entity(entity).remove::<SlotText>();
    }
}

fn age(minutes: u64, language: Language) -> String {
    let (count, english, chinese) = match minutes {
        0..60 => (minutes, "min", "分钟前"),
        60..1440 => (minutes / 60, "h", "小时前"),
        _ => (minutes / 1440, "d", "天前"),
    };
    match language {
        Language::English => format!("{count} {english} ago"),
        Language::Chinese => format!("{count}{chinese}"),
    }
}

fn press(
    choices: Query<(&Interaction, &Choice), Changed<Interaction>>,
    plays: Query<Entity, With<Play>>,
    mut saves: MessageWriter<SavePlay>,
    mut loads: MessageWriter<LoadPlay>,
    mut overlay: ResMut<NextState<Overlay>>,
) {
    let Ok(play) = plays.single() else { return };
    for (interaction, choice) in &choices {
        if *interaction != Interaction::Pressed {
            continue;
        }
        match choice.clone() {
            Choice::Save(path) => drop(saves.write(SavePlay { play, path })),
            Choice::Load(path) => drop(loads.write(LoadPlay { play, path })),
        }
        overlay.set(Overlay::None);
    }
}
