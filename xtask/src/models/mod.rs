//! The models: which there are, where they come from, and what of them is here.
//!
//! Two programs share this folder, so that there is one implementation: xtask, which builds in seconds and so uses no crate
//! of the workspace, and `dramaturg`, which declares the folder as a module of its own with `#[path]`. It uses nothing of
//! the crate around it, and is called `mod.rs` so that its modules are found from both places. Its tests run in both.

pub mod cache;
pub mod catalogue;
pub mod error;
pub mod fetch;
pub mod listing;
pub mod served;

use std::time::Duration;

/// Whether a program of this name is on PATH.
pub fn has(program: &str) -> bool {
    let name = format!("{program}{}", std::env::consts::EXE_SUFFIX);
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(&name).is_file()))
}

/// A time for people.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    if seconds < 60 {
        format!("{:.1} s", time.as_secs_f64())
    } else {
        format!("{}:{:02} min", seconds / 60, seconds % 60)
    }
}

/// A size for people.
pub fn size(bytes: u64) -> String {
    let megabytes = bytes as f64 / 1e6;
    if megabytes < 10.0 { format!("{megabytes:.1} MB") } else { format!("{megabytes:.0} MB") }
}
