//! Programs that are started, and surely ended.

use super::Step;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

/// What the test needs, with the Debian package of each.
const NEEDED: [(&str, &str); 4] = [
    ("Xvfb", "xvfb"),
    ("xdotool", "xdotool"),
    ("import", "imagemagick"),
    ("convert", "imagemagick"),
];

/// Whether all that is needed is there.
pub fn all_there() -> Step {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = |name: &str| std::env::split_paths(&path).any(|dir| dir.join(name).is_file());
    match NEEDED.iter().find(|(name, _)| !there(name)) {
        None => Ok(()),
        Some((name, package)) => {
            Err(format!("{name} is missing: apt-get install {package} (or `cargo xtask test`)"))
        }
    }
}

/// The game, built beside this test.
pub fn game() -> Step<PathBuf> {
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let folder = own.parent().and_then(|deps| deps.parent());
    let name = format!("visual_novel{}", std::env::consts::EXE_SUFFIX);
    let game = folder.map(|folder| folder.join(name)).unwrap_or_default();
    if !game.is_file() {
        return Err(format!("{} is missing: cargo build --workspace --bins", game.display()));
    }
    match newer_source(&game) {
        Some(source) => Err(format!(
            "{} is older than {}, and would be tested as it was: cargo build --workspace --bins",
            game.display(),
            source.display()
        )),
        None => Ok(game),
    }
}

/// A source that was changed since the program was built, by the list that Cargo keeps beside it. Tests are built without
/// the programs of other packages.
fn newer_source(program: &Path) -> Option<PathBuf> {
    let written = |file: &Path| std::fs::metadata(file).and_then(|data| data.modified()).ok();
    let built = written(program)?;
    let list = std::fs::read_to_string(program.with_extension("d")).ok()?;
    let (_, sources) = list.split_once(": ")?;
    let mut sources = sources.split_whitespace().map(PathBuf::from);
    sources.find(|source| written(source).is_some_and(|source| source > built))
}

/// A program that is killed with this value, also when a test panics.
pub struct Kept {
    pub child: Child,
}

impl Kept {
    pub fn start(command: &mut Command) -> Step<Self> {
        let child = command.spawn().map_err(|error| format!("{command:?}: {error}"))?;
        Ok(Self { child })
    }
    /// Fails when it has ended by itself.
    pub fn lives(&mut self) -> Step {
        match self.child.try_wait() {
            Ok(None) => Ok(()),
            Ok(Some(status)) => Err(format!("it ended by itself: {status}")),
            Err(error) => Err(error.to_string()),
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // SIGKILL on Unix. It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What a short program writes.
pub fn output(command: &mut Command) -> Step<Vec<u8>> {
    let shown = format!("{command:?}");
    let done = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output()
        .map_err(|error| format!("{shown}: {error}"))?;
    if done.status.success() {
        return Ok(done.stdout);
    }
    let why = String::from_utf8_lossy(&done.stderr);
    Err(format!("{shown}: {}: {}", done.status, why.trim()))
}
