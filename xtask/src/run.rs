//! Running other programs, and how long each step took.

use crate::error::{Error, Result};
use crate::models::clock;
use std::io::{BufRead, BufReader, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The root of the workspace.
pub fn root() -> PathBuf {
    // Cargo names the crate's place of today; the compiled-in one is right unless the checkout moved.
    let here = std::env::var_os("CARGO_MANIFEST_DIR")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    here.parent().map(Path::to_owned).unwrap_or(here)
}

/// Cargo in the workspace's root, as if the user had called it.
pub fn cargo<I: IntoIterator<Item = S>, S: AsRef<std::ffi::OsStr>>(arguments: I) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(root());
    // What `cargo run` tells this program about itself must not reach the builds that it starts:
    // build scripts that watch such a variable would run again.
    for (name, _) in std::env::vars_os() {
        let Some(text) = name.to_str() else { continue };
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
    command
}

/// A command line for people.
pub fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_stem().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

/// Runs a command whose output the user sees.
pub fn run(command: &mut Command) -> Result<()> {
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.status().map_err(|source| Error::Start { program, source })?;
    if status.success() { Ok(()) } else { Err(Error::Failed { command: shown(command), status }) }
}

/// Runs a test runner whose output the user sees, and returns the summary that it printed.
pub fn run_for_summary(command: &mut Command) -> (Result<()>, Option<String>) {
    // A pipe would make Cargo and the runner drop their colours.
    if std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none() {
        command.env("CARGO_TERM_COLOR", "always");
    }
    let program = command.get_program().to_string_lossy().into_owned();
    let start = |source| Error::Start { program, source };
    let mut child = match command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() {
        Ok(child) => child,
        Err(source) => return (Err(start(source)), None),
    };
    // nextest reports on stderr, `cargo test` on stdout.
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let summary = std::thread::scope(|scope| {
        let out = scope.spawn(|| out.and_then(|pipe| pass_on(pipe, std::io::stdout())));
        let err = err.and_then(|pipe| pass_on(pipe, std::io::stderr()));
        err.or_else(|| out.join().ok().flatten())
    });
    let done = match child.wait() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Error::Failed { command: shown(command), status }),
        Err(source) => Err(start(source)),
    };
    (done, summary)
}

/// Copies lines and returns the last that sums up a run of tests.
fn pass_on(from: impl std::io::Read, mut to: impl Write) -> Option<String> {
    let mut summary = None;
    for line in BufReader::new(from).split(b'\n') {
        let Ok(line) = line else { break };
        // A closed terminal is no reason to stop the tests.
        let _ = to.write_all(&line).and_then(|()| to.write_all(b"\n"));
        let text = String::from_utf8_lossy(&line);
        if text.contains("tests run:") || text.contains("test result:") {
            summary = Some(text.into_owned());
        }
    }
    summary
}

/// The steps of a command: names, outcomes and times.
#[derive(Debug, Default)]
pub struct Steps(Vec<(String, bool, Duration)>);

impl Steps {
    /// Does one step; a failure is shown at once and kept for the end.
    pub fn step<T>(&mut self, name: &str, job: impl FnOnce() -> Result<T>) -> Option<T> {
        println!("\n== {name}");
        let begin = Instant::now();
        let done = job();
        if let Err(error) = &done {
            eprintln!("xtask: {name}: {error}");
        }
        self.0.push((name.to_owned(), done.is_ok(), begin.elapsed()));
        done.ok()
    }

    /// Prints what took how long; an error names the steps that failed.
    pub fn finish(self) -> Result<()> {
        let width = self.0.iter().map(|(name, ..)| name.chars().count()).max().unwrap_or(0);
        println!();
        for (name, done, time) in &self.0 {
            let outcome = if *done { "ok" } else { "FAILED" };
            println!("{name:width$}  {outcome:6}  {:>8}", clock(*time));
        }
        let whole = self.0.iter().map(|(.., time)| *time).sum();
        println!("{:width$}  {:6}  {:>8}", "all", "", clock(whole));
        let failed: Vec<_> =
            self.0.iter().filter(|(_, done, _)| !done).map(|(name, ..)| name.as_str()).collect();
        if failed.is_empty() { Ok(()) } else { Err(Error::Checks(failed.join(", "))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_runners_summary_is_kept() {
        let text = "a\n     Summary [   0.1s] 3 tests run: 3 passed, 0 skipped\nb\n";
        let mut copy = Vec::new();
        let summary = pass_on(text.as_bytes(), &mut copy).unwrap();
        assert!(summary.ends_with("3 passed, 0 skipped"));
        assert_eq!(copy, text.as_bytes());
    }

    #[test]
    fn a_failed_step_fails_the_whole_and_the_others_still_run() {
        let mut steps = Steps::default();
        assert!(steps.step("one", || Err::<(), _>(Error::Checks("it".to_owned()))).is_none());
        assert_eq!(steps.step("two", || Ok(2)), Some(2));
        let error = steps.finish().unwrap_err().to_string();
        assert_eq!(error, "failed: one");
    }
}
