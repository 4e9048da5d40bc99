//! What the terminal promises, whatever is typed and whatever breaks: the story ends, nothing locked gets out, nothing
//! that was written is lost, and a person is told what happened.
//!
//! Runs the built program: `cargo build -p dramaturg_cli` first.

#![allow(clippy::unwrap_used, reason = "a test that can't go on fails")]

#[path = "terminal/faults.rs"]
mod faults;
#[path = "terminal/files.rs"]
mod files;
#[path = "terminal/game.rs"]
mod game;
#[path = "terminal/hostile.rs"]
mod hostile;
#[path = "terminal/kill.rs"]
mod kill;
#[path = "terminal/lines.rs"]
mod lines;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
#[path = "terminal/processor.rs"]
mod processor;
#[path = "terminal/prompts.rs"]
mod prompts;
#[path = "terminal/server.rs"]
mod server;
