//! The `dramaturg` program: begin a `new` story, `check` and `graph` it, `play` it in the terminal, `replay` recorded
//! sessions, let simulated players play (`simulate`), `import` other games and character cards, see to the `model`s and read the `ledger` of what they cost.
//!
//! Exit status: 0 all well, 1 a check or a replay failed, a model was not fetched or a simulated play did not end well, 2
//! wrong use or unreadable input.

mod bench;
mod check;
mod ear;
mod import;
mod labelled;
mod ledger;
mod model;
// Shared with xtask, which may use no crate of the workspace; the folder's own docs say more.
#[path = "../../../xtask/src/models/mod.rs"]
mod models;
mod new;
mod play;
mod replay;
mod simulate;

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
    /// Look a story over: what can't be reached, where it gets stuck, what comes out too early, what is missing.
    Check(check::Check),
    /// Draw a story, with how many of its states are in each beat.
    Graph(check::Graph),
    /// Begin a new story.
    New(new::New),
    /// Make a story pack of another game, or of a character card.
    #[command(subcommand)]
    Import(import::Import),
    /// Write a character of a pack as a card.
    #[command(subcommand)]
    Export(import::Export),
    /// Play recorded sessions again, without a model, and compare entry by entry.
    Replay(replay::Replay),
    /// Simulated players play the story, and what became of it is counted.
    Simulate(simulate::Simulate),
    /// Measure.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// What was asked of models under a policy, and what it cost: by day, server, kind of work and character.
    Ledger(ledger::Show),
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
    dramaturg_llm::answer_probe();
    let done = match Arguments::parse().command {
        Task::Play(play) => play.run(),
        Task::Check(check) => check.run(),
        Task::Graph(graph) => graph.run(),
        Task::New(new) => new.run(),
        Task::Import(import) => import.run(),
        Task::Export(export) => export.run(),
        Task::Replay(replay) => replay.run(),
        Task::Simulate(simulate) => simulate.run(),
        Task::Bench(bench) => bench.run(),
        Task::Ledger(ledger) => ledger.run(),
        Task::Model(model) => model.run(),
    };
    done.unwrap_or_else(|message| {
        eprintln!("{message}");
        ExitCode::from(2)
    })
}
