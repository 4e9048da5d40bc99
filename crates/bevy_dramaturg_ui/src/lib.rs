//! What a visual novel needs, on `bevy_ui`: how a line is typed out, what was said, faces, and the way back.
//!
//! Nothing here decides how it looks. A game puts these components on the entity of its
//! [`Story`](bevy_dramaturg::Story) and on nodes and texts of its own:
//!
//! | on the story | what it holds |
//! |---|---|
//! | [`Dialogue`] | the pages of this turn, how much of the line is shown, whose turn it is |
//! | [`History`] | all lines with their turns |
//! | [`Rollback`] | lets the wheel and keys go back and forward |
//!
//! | on your texts and pictures | what is kept up to date |
//! |---|---|
//! | [`ShownWords`], [`WordsToCome`] | the spans of the line that is typed |
//! | [`SpeakerName`] | the name of who speaks |
//! | [`WhilePlayersTurn`], [`WhileMore`], [`WhileSpoken`], [`WhileOver`] | whether a node is seen |
//! | [`Portrait`] | the face, which changes at the word that carries the emotion; blinking and breath |
//!
//! | resource | what it settles |
//! |---|---|
//! | [`Pace`] | speed of the words, turning pages by itself, skipping what was read |
//! | [`ReadLines`] | what this player has read in any play; a game keeps it in a file |
//! | [`Motion`] | how much may move |
//!
//! ```no_run
//! use bevy::prelude::*;
//! use bevy_dramaturg::prelude::*;
//! use bevy_dramaturg_ui::*;
//!
//! fn begin(mut commands: Commands, assets: Res<AssetServer>) {
//!     let story = Story::new(assets.load("stories/lantern/pack.ron"));
//!     commands.spawn((story, Dialogue::default(), History::default(), Rollback));
//!     commands.spawn((Node::default(), Text::default(), children![
//!         (ShownWords, TextSpan::default()),
//!         (WordsToCome, TextSpan::default(), TextColor(Color::NONE)),
//!     ]));
//! }
//! fn read_on(keys: Res<ButtonInput<KeyCode>>, mut dialogues: Query<&mut Dialogue>) {
//!     if keys.just_pressed(KeyCode::Space) {
//!         dialogues.iter_mut().for_each(|mut dialogue| drop(dialogue.read_on()));
//!     }
//! }
//! App::new()
//!     .add_plugins((DefaultPlugins, DramaturgPlugins, DramaturgUiPlugin))
//!     .add_systems(Startup, begin)
//!     .add_systems(Update, read_on.before(DialogueSystems))
//!     .run();
//! ```

mod dialogue;
mod dialogue_box;
mod history;
mod pace;
mod portrait;
mod read_lines;
mod rollback;
mod turning_point;

pub use dialogue::{Dialogue, Page, ReadOn};
pub use dialogue_box::{
    ShownWords, SpeakerName, WhileMore, WhileOver, WhilePlayersTurn, WhileSpoken, WordsToCome,
};
pub use history::{History, HistoryEntry, Speaker};
pub use pace::{Pace, Skip};
pub use portrait::{Motion, Portrait};
pub use read_lines::{ReadLines, ReadLinesError};
pub use rollback::{Rollback, StepBack, StepForward};

use bevy::prelude::*;

/// The systems that hear, type and show; in `Update`.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DialogueSystems;

/// Keeps dialogues, histories, portraits and the way back up to date.
#[derive(Clone, Copy, Debug, Default)]
pub struct DramaturgUiPlugin;

impl Plugin for DramaturgUiPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Pace>()
            .init_resource::<ReadLines>()
            .init_resource::<Motion>()
            .add_message::<StepBack>()
            .add_message::<StepForward>()
            .add_systems(
                Update,
                (
                    rollback::step,
                    dialogue::hear,
                    history::keep,
                    dialogue::type_out,
                    dialogue_box::show,
                    (portrait::face, portrait::breathe),
                )
                    .chain()
                    .in_set(DialogueSystems),
            );
    }
}
