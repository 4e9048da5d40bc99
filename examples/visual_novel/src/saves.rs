//! Where plays are kept: an autosave at each turn, a quick save, and six slots with pictures.

use crate::Arguments;
use crate::Screen;
use crate::controls::{Controls, Wish};
use crate::overlay::{Overlay, Tell};
use crate::words::{Language, Word};
use bevy::prelude::*;
use bevy_dramaturg::PlaySaved;
use bevy_dramaturg::prelude::*;
use bevy_dramaturg_ui::ReadLines;
use std::path::{Path, PathBuf};

pub struct SavesPlugin;

impl Plugin for SavesPlugin {
    fn build(&self, app: &mut App) {
        app.add_message::<Tell>()
            .init_resource::<SaveFolder>()
            .init_resource::<ToLoad>()
            .add_systems(Startup, recall)
            .add_systems(Update, (quick, load_asked, remember).run_if(in_state(Screen::Stage)))
            .add_systems(OnExit(Screen::Stage), close_panel);
    }
}

pub const SLOTS: usize = 6;

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
    pub fn quick(&self) -> PathBuf {
        self.0.join("quick.journal")
    }
    pub fn slot(&self, number: usize) -> PathBuf {
        self.0.join(format!("slot{}.journal", number + 1))
    }
    pub fn preferences(&self) -> PathBuf {
        self.0.join("preferences.ron")
    }
    pub fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
    /// Writes a file of this folder, whole or not at all.
    pub fn write(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        std::fs::create_dir_all(&self.0)?;
        let part = self.0.join(format!("{name}.part"));
        std::fs::write(&part, bytes)?;
        std::fs::rename(&part, self.0.join(name))
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

/// The picture of a saved play, beside it.
pub fn picture_of(journal: &Path) -> PathBuf {
    journal.with_extension("png")
}

/// A saved play that shall be on the stage as soon as there is a play: chosen on the title screen.
#[derive(Resource, Default)]
pub struct ToLoad(pub Option<PathBuf>);

fn load_asked(
    mut asked: ResMut<ToLoad>,
    plays: Query<Entity, With<Play>>,
    mut opened: MessageReader<PlayOpened>,
    mut loads: MessageWriter<LoadPlay>,
) {
    // A play that has not opened yet would only be told afterwards what it holds.
    if opened.read().count() == 0 {
        return;
    }
    if let (Ok(play), Some(path)) = (plays.single(), asked.0.take()) {
        loads.write(LoadPlay { play, path });
    }
}

fn quick(
    controls: Res<Controls>,
    folder: Res<SaveFolder>,
    language: Res<Language>,
    plays: Query<Entity, With<Play>>,
    mut saves: MessageWriter<SavePlay>,
    mut loads: MessageWriter<LoadPlay>,
    mut tell: MessageWriter<Tell>,
) {
    let Ok(play) = plays.single() else { return };
    if controls.wants(Wish::QuickSave) {
        saves.write(SavePlay { play, path: folder.quick() });
    } else if controls.wants(Wish::QuickLoad) {
        if folder.quick().exists() {
            loads.write(LoadPlay { play, path: folder.quick() });
        } else {
            tell.write(Tell(language.say(Word::Empty).to_owned()));
        }
    }
}

const READ: &str = "read.bin";

fn recall(folder: Res<SaveFolder>, mut read: ResMut<ReadLines>) {
    match ReadLines::load(&folder.file(READ)) {
        Ok(lines) => *read = lines,
        Err(error) => warn!("{error}"),
    }
}

/// What was read is kept at each turn, and with each save.
fn remember(
    folder: Res<SaveFolder>,
    mut turns: MessageReader<TurnEnded>,
    mut saved: MessageReader<PlaySaved>,
    mut read: ResMut<ReadLines>,
) {
    if turns.read().count() + saved.read().count() == 0 {
        return;
    }
    if let Err(error) = read.save(&folder.file(READ)) {
        warn!("{error}");
    }
}

fn close_panel(mut overlay: ResMut<NextState<Overlay>>) {
    overlay.set(Overlay::None);
}
