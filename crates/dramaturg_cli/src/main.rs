//! The `dramaturg` program: `play` a story in the terminal, `replay` recorded sessions, see to the `model`s.
//!
//! Exit status: 0 all well, 1 a replay failed or a model was not fetched, 2 wrong use or unreadable input.

mod bench;
mod model;
// Shared with xtask, which may use no crate of the workspace; the folder's own docs say more.
#[path = "../../../xtask/src/models/mod.rs"]
mod models;
mod play;
mod replay;

use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Parser)]
#[command(
    version,
    about = "Plays stories in which the player says anything, and plays them again."
)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Play in the terminal.
    Play(play::Play),
    /// Play recorded sessions again, without a model, and compare entry by entry.
    Replay(replay::Replay),
    /// Measure.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// The catalogue of models: what there is, fetching and removing.
    #[command(subcommand)]
    Model(model::Model),
}

/// The story that is played unless another is named.
const STORY: &str = "assets/stories/lantern";

/// The folder of a story pack.
#[derive(clap::Args)]
struct Story {
    /// The folder of the story pack.
    #[arg(long, default_value = STORY)]
    story: PathBuf,
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Task::Play(play) => play.run(),
        Task::Replay(replay) => replay.run(),
        Task::Bench(bench) => bench.run(),
        Task::Model(model) => model.run(),
    };
    done.unwrap_or_else(|message| {
        eprintln!("{message}");
        ExitCode::from(2)
    })
}
