//! What the stage looked like when it was last the player's turn: for the pictures of saved plays.

use crate::Screen;
use crate::overlay::stage_is_clear;
use bevy::prelude::*;
use bevy::render::view::screenshot::{Screenshot, ScreenshotCaptured};
use bevy::tasks::IoTaskPool;
use bevy_dramaturg_ui::Dialogue;
use std::path::PathBuf;

pub struct StagePicturePlugin;

impl Plugin for StagePicturePlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<StagePicture>()
            .add_systems(Update, take.run_if(in_state(Screen::Stage)).run_if(stage_is_clear));
    }
}

/// The last picture.
#[derive(Resource, Default)]
pub struct StagePicture(Option<Image>);

/// Width and height of what is kept.
const SIZE: (u32, u32) = (248, 140);

fn take(mut commands: Commands, dialogues: Query<&Dialogue>, mut before: Local<bool>) {
    let now = dialogues.iter().any(|dialogue| dialogue.is_players_turn() || dialogue.is_over());
    if std::mem::replace(&mut *before, now) || !now {
        return;
    }
    commands.spawn(Screenshot::primary_window()).observe(
        |captured: On<ScreenshotCaptured>, mut picture: ResMut<StagePicture>| {
            picture.0 = Some(captured.image.clone());
        },
    );
}

impl StagePicture {
    /// Writes it, small, in the background. Without one nothing is written.
    pub fn write(&self, path: PathBuf) {
        let Some(image) = self.0.clone() else { return };
        let work = async move {
            let done =
                image.try_into_dynamic().map_err(|error| error.to_string()).and_then(|large| {
                    let small = large.thumbnail(SIZE.0, SIZE.1).to_rgb8();
                    small.save(&path).map_err(|error| error.to_string())
                });
            if let Err(error) = done {
                warn!("the picture of a saved play can't be kept: {error}");
            }
        };
        IoTaskPool::get().spawn(work).detach();
    }
}
