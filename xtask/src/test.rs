//! `cargo xtask test`: set-up, and every check that a change must pass.

use crate::error::{Error, Result};
use crate::models::catalogue::Catalogue;
use crate::models::fetch::Fetcher;
use crate::packages::{self, Purpose};
use crate::play::EMBEDDER;
use crate::run::{Steps, cargo, root, run, run_for_summary, shown};
use crate::server::{self, Server};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The model that tests run on.
pub const TEST_MODEL: &str = "smollm2-135m";

/// Sets up and checks everything; the steps' times come last.
pub fn test(arguments: &[String]) -> Result<()> {
    let (mut with_model, mut with_server) = (true, true);
    for argument in arguments {
        match argument.as_str() {
            "--no-model-tests" => with_model = false,
            "--no-server-tests" => with_server = false,
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
    let embedder = model.as_ref().and_then(|_| {
        steps.step("embedder", || {
            let fetcher = Fetcher::from_environment()?;
            Ok(fetcher.fetch(Catalogue::load(&fetcher.folder)?.find(EMBEDDER)?)?)
        })
    });
    let server = match &model {
        Some(model) if with_server => {
            let models = model.parent().unwrap_or(Path::new("."));
            steps.step("test server", || server::prepare(models))
        }
        _ => Some(Server::Absent("it was not asked for".to_owned())),
    };
    let quiet = |words: &[&str]| {
        let mut command = cargo(words);
        command.stdin(Stdio::null());
        if let Some(model) = &model {
            command.env("DRAMATURG_TEST_MODEL", model);
        }
        if let Some(embedder) = &embedder {
            command.env("DRAMATURG_TEST_EMBEDDER", embedder);
        }
        if let Some(Server::Ready(python)) = &server {
            command.env("DRAMATURG_TEST_PYTHON", python);
        }
        // llama.cpp's threads wait for each other by spinning: on a machine with other work, the one that is waited
        // for can't run then, and a test takes ten times as long.
        command.env("OMP_WAIT_POLICY", "passive");
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
    steps.step("stories", stories);
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
    if let Some(Server::Absent(why)) = &server {
        println!("SKIPPED: the tests against a real server, since {why}");
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

/// The shipped stories are looked over by the checker; what is too large for a few seconds is looked at in part.
fn stories() -> Result<()> {
    let folder = root().join("assets").join("stories");
    let entries = std::fs::read_dir(&folder).map_err(|error| Error::file(&folder, error))?;
    let mut stories: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    stories.retain(|story| story.join("pack.ron").is_file());
    stories.sort();
    for story in stories {
        let mut command = match built("dramaturg") {
            Some(program) => Command::new(program),
            None => cargo(["run", "--quiet", "--package", "dramaturg_cli", "--"]),
        };
        command.args(["check", "--json", "--seconds", "10"]).arg(&story);
        // Warnings are for who writes the story; the last line says how many.
        let said = command.current_dir(root()).stdin(Stdio::null()).stderr(Stdio::null()).output();
        let said = said.map_err(|source| Error::Start { program: "dramaturg".into(), source })?;
        let text = String::from_utf8_lossy(&said.stdout).into_owned();
        if !said.status.success() {
            println!("{text}");
            return Err(Error::Failed { command: shown(&command), status: said.status });
        }
        let name = story.file_name().unwrap_or_default().to_string_lossy().into_owned();
        println!("{name}: no error");
    }
    Ok(())
}

/// A program of the workspace that stands beside this one, where Cargo put both.
fn built(name: &str) -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let program = own.parent().map(|dir: &Path| dir.join(name))?;
    let program = program.with_extension(std::env::consts::EXE_EXTENSION);
    program.is_file().then_some(program)
}
