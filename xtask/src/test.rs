//! `cargo xtask test`: set-up, and every check that a change must pass.

use crate::error::{Error, Result};
use crate::models::catalogue::Catalogue;
use crate::models::fetch::Fetcher;
use crate::packages::{self, Purpose};
use crate::run::{Steps, cargo, root, run, run_for_summary};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The model that tests run on.
pub const TEST_MODEL: &str = "smollm2-135m";

/// Sets up and checks everything; the steps' times come last.
pub fn test(arguments: &[String]) -> Result<()> {
    let mut with_model = true;
    for argument in arguments {
        match argument.as_str() {
            "--no-model-tests" => with_model = false,
            _ => return Err(Error::Usage(format!("`{argument}` is no flag of test"))),
        }
    }
    let mut steps = Steps::default();
    // Without these every later failure would be a riddle.
    if steps.step("system packages", || packages::install(Purpose::Test)).is_none() {
        return steps.finish();
    }
    let mut model = None;
    if with_model {
        model = steps.step("test model", || {
            let fetcher = Fetcher::from_environment()?;
            Ok(fetcher.fetch(Catalogue::load(&fetcher.folder)?.find(TEST_MODEL)?)?)
        });
        if model.is_none() {
            eprintln!("xtask: --no-model-tests leaves out the tests that need a model");
            return steps.finish();
        }
    } else {
        eprintln!("xtask: the tests that need a model test nothing");
    }
    let quiet = |words: &[&str]| {
        let mut command = cargo(words);
        command.stdin(Stdio::null());
        if let Some(model) = &model {
            command.env("DRAMATURG_TEST_MODEL", model);
        }
        command
    };
    steps.step("format", || run(&mut quiet(&["fmt", "--all", "--check"])));
    steps.step("clippy", || {
        run(&mut quiet(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"]))
    });
    // One command for all packages and their tests: each choice of packages has features of its
    // own, and llama.cpp would be built for each.
    steps.step("build", || run(&mut quiet(&["build", "--workspace", "--bins", "--tests"])));
    steps.step("replays", replays);
    steps.step("doc tests", || run(&mut quiet(&["test", "--workspace", "--doc"])));
    let mut summary = None;
    steps.step("tests", || {
        let nextest = quiet(&["nextest", "--version"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .is_ok_and(|status| status.success());
        let words: &[&str] = if nextest {
            &["nextest", "run", "--workspace"]
        } else {
            &["test", "--workspace", "--lib", "--bins", "--tests"]
        };
        let mut command = quiet(words);
        command.env("DRAMATURG_E2E", "1");
        let (done, said) = run_for_summary(&mut command);
        summary = said;
        done
    });
    let done = steps.finish();
    if let Some(summary) = summary {
        println!("\n{summary}");
    }
    done
}

/// Plays the recorded dialogues again; the same bytes must come out.
fn replays() -> Result<()> {
    let folder = root().join("tests").join("replays");
    let mut journals: Vec<PathBuf> = match std::fs::read_dir(&folder) {
        Ok(entries) => entries.flatten().map(|entry| entry.path()).collect(),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(Error::file(&folder, error)),
    };
    journals.retain(|path| path.extension().is_some_and(|ending| ending == "journal"));
    journals.sort();
    if journals.is_empty() {
        println!("there are none in {}", folder.display());
        return Ok(());
    }
    let mut command = match built("dramaturg") {
        Some(program) => Command::new(program),
        // Slower: features of its own.
        None => cargo(["run", "--quiet", "--package", "dramaturg_cli", "--"]),
    };
    run(command.arg("replay").args(&journals).current_dir(root()).stdin(Stdio::null()))
}

/// A program of the workspace that stands beside this one, where Cargo put both.
fn built(name: &str) -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let program = own.parent().map(|dir: &Path| dir.join(name))?;
    let program = program.with_extension(std::env::consts::EXE_EXTENSION);
    program.is_file().then_some(program)
}
