//! Games of other makes become story packs, and character cards come and go.
//!
//! [`renpy`], [`ink`] and [`yarn`] read a game and give a [`Draft`]: the files of a pack, and all that could not be
//! carried over, each with its file and line. [`card`] is for one character. What is read is data: no line of a game's
//! code is run but by the runtimes of Ink and Yarn Spinner, which can do nothing but tell a story.
//!
//! ```no_run
//! use dramaturg_import::{Options, renpy};
//! use std::path::Path;
//! let draft = renpy(Path::new("my_game"), &Options::default())?;
//! for left in &draft.left_out { println!("{left}"); }
//! draft.write(Path::new("my_pack"))?;
//! # Ok::<(), dramaturg_import::ImportError>(())
//! ```

pub mod card;
mod draft;
mod error;
mod graph;
mod renpy;
mod side_by_side;

pub use draft::{Draft, Figures, LeftOut, Played};
pub use error::ImportError;
pub use renpy::renpy;

/// How a game is read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The pack's id; the name of the game's folder or file where it is empty.
    pub id: String,
    /// The language in which the game is written, such as `en`; guessed from its letters where none is given.
    pub locale: Option<String>,
    /// The variable of the character who is the player, such as `m`; guessed from its name where none is given.
    pub player: Option<String>,
}
