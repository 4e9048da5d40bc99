//! The `dramaturg` program: begin a `new` story, `check` and `graph` it, `play` it in the terminal, `replay` recorded
//! sessions, let simulated players play (`simulate`), `import` other games and character cards, see to the `model`s and read
//! the `ledger` of what they cost. `doctor` tells what is here and what is missing.
//!
//! Exit status: 0 all well, 1 a check or a replay failed, a model was not fetched or a simulated play did not end well, 2
//! wrong use or unreadable input.

mod bench;
mod check;
mod completions;
mod doctor;
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

/// Shown below the help.
const EXIT: &str = "\
Exit status, of every command:
  0  all well
  1  the check or the replay failed, a model was not fetched, a simulated play did not end well, something is broken
  2  wrong use, or something can't be read

With --json the last line is one JSON object. Colours of this help respect NO_COLOR; nothing else is coloured.";

/// Shown below the help of `simulate`.
const SIMULATE: &str = "\
Examples:
  dramaturg simulate my_story --no-model                  all players, in all languages
  dramaturg simulate my_story --players wanderer,hostile --runs 100 --locale en --seed 7
  dramaturg simulate my_story --model qwen2.5-coder-1.5b --json

Exit status: 0 every run came to an ending and nothing leaked, 1 one did not, 2 wrong use or unreadable input.";

#[derive(Parser)]
#[command(
    version,
    about = "Plays stories in which the player says anything, and plays them again.",
    after_help = EXIT
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
    #[command(after_help = SIMULATE)]
    Simulate(simulate::Simulate),
    /// Measure.
    #[command(subcommand)]
    Bench(bench::Bench),
    /// What was asked of models under a policy, and what it cost: by day, server, kind of work and character.
    Ledger(ledger::Show),
    /// The catalogue of models: what there is, fetching and removing.
    #[command(subcommand)]
    Model(model::Model),
    /// What is here, what of it works, and what to do about the rest.
    Doctor(doctor::Doctor),
    /// Print the completions of a shell.
    Completions(completions::Completions),
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
        Task::Doctor(doctor) => doctor.run(),
        Task::Completions(completions) => completions.run(),
    };
    done.unwrap_or_else(|message| {
        eprintln!("{message}");
        ExitCode::from(2)
    })
}
