//! Runs the `dramaturg` program and looks at what it printed and recorded.

use dramaturg_journal::{JournalReader, Stored};
use dramaturg_story::{Event, Value};
use dramaturg_tests::{tells, told, workspace};
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longest run of the program in these tests.
const PATIENCE: Duration = Duration::from_secs(100);

/// Moves that end the story in English, word for word as the author wrote them.
pub const MOVES: &str = "Good evening, I'm from the harbour office\nWhose coat is that?\nNo, I came alone.\n\
    I can't show you that.\nDid he really drown?\nI have to report this.\nTake your hour.\nI'm from the office too.\n\
    Here is my report.\nI'm sorry.\n";

/// Off topic, often enough to be steered to the end.
pub fn small_talk() -> Vec<u8> {
    (0..120).map(|n| format!("My cousin owns {n} green umbrellas\n")).collect::<String>().into()
}

/// The program, without what this machine's environment says of models and proxies.
pub fn dramaturg() -> Command {
    let here = std::env::current_exe().expect("this test has a path");
    let folder = here.ancestors().nth(2).expect("tests lie in target/PROFILE/deps");
    let program = folder.join(format!("dramaturg{}", std::env::consts::EXE_SUFFIX));
    assert!(
        program.exists(),
        "there is no {}: run `cargo build -p dramaturg_cli`",
        program.display()
    );
    let mut command = Command::new(program);
    command.current_dir(workspace()).stdin(Stdio::null());
    for (name, _) in std::env::vars_os() {
        let name_text = name.to_string_lossy().to_lowercase();
        if name_text.starts_with("dramaturg_") || name_text.ends_with("_proxy") {
            command.env_remove(&name);
        }
    }
    command
}

/// The test model, where there is one.
pub fn test_model() -> Option<PathBuf> {
    let model = std::env::var_os("DRAMATURG_TEST_MODEL").map(PathBuf::from);
    if model.is_none() {
        eprintln!("DRAMATURG_TEST_MODEL is not set: nothing was tested");
    }
    model
}

/// A play to be run.
pub struct Game {
    command: Command,
    locale: String,
    dir: TempDir,
}

/// A play that is over.
pub struct Played {
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
    locale: String,
    record: PathBuf,
    // Holds the record.
    _dir: TempDir,
}

impl Game {
    pub fn new(locale: &str, script: &[u8]) -> Self {
        let dir = tempfile::tempdir().unwrap();
        std::fs::write(dir.path().join("script"), script).unwrap();
        let mut command = dramaturg();
        command.args(["play", "--json", "--locale", locale, "--script"]);
        command.arg(dir.path().join("script"));
        // Whether one lies on the machine must make no difference, and hundreds of lines take their time with one.
        command.args(["--embedder", "none"]);
        Self { command, locale: locale.into(), dir }
    }
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.command.arg(arg);
        self
    }
    pub fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }
    pub fn folder(&self) -> &Path {
        self.dir.path()
    }
    pub fn play(self) -> Played {
        let record = self.dir.path().join("play.journal");
        self.play_into(record)
    }
    /// Plays with that record.
    pub fn play_into(mut self, record: PathBuf) -> Played {
        self.command.arg("--record").arg(&record);
        let (status, stdout, stderr) = run(self.command, self.dir.path());
        Played { status, stdout, stderr, locale: self.locale, record, _dir: self.dir }
    }
}

/// Runs to the end; what it printed goes through files, so that no pipe fills up.
pub fn run(mut command: Command, dir: &Path) -> (ExitStatus, String, String) {
    let (out, err) = (dir.join("stdout"), dir.join("stderr"));
    command.stdout(File::create(&out).unwrap()).stderr(File::create(&err).unwrap());
    let status = finish(command.spawn().unwrap());
    // What is printed is valid UTF-8, whatever was typed.
    let read = |path| String::from_utf8(std::fs::read(path).unwrap()).unwrap();
    (status, read(out), read(err))
}

/// Waits for a child, not for ever.
pub fn finish(mut child: Child) -> ExitStatus {
    let began = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if began.elapsed() > PATIENCE {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("the play hangs");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

impl Played {
    pub fn json(&self) -> serde_json::Value {
        let last = self.stdout.lines().last().unwrap_or_default();
        serde_json::from_str(last).unwrap_or_else(|e| panic!("{e}: {last}\n{}", self.stderr))
    }

    /// What holds for every play: it ends, it tells nothing too early, it prints nothing but text, it replays.
    pub fn check(&self) -> &Self {
        self.check_ending();
        self.check_secret();
        replays(&self.record);
        self
    }

    pub fn check_ending(&self) {
        assert!(!self.stderr.contains("panicked"), "{}", self.stderr);
        assert!(self.status.success(), "{}\n{}", self.status, self.stderr);
        let json = self.json();
        assert!(json["ending"].is_string(), "no ending: {json}\n{}", self.stderr);
        assert_eq!(json["leaks"], 0, "{json}");
        let raw = self.stdout.chars().find(|c| c.is_control() && *c != '\n');
        assert_eq!(raw, None, "a control character was printed");
    }

    /// Reads the journal by itself: no word of the secret before the truth is told, on paper or on the screen.
    fn check_secret(&self) {
        let tells = tells(&self.locale).unwrap();
        assert!(tells.len() > 5);
        let entries = entries(&self.record);
        let truth = entries.iter().position(|stored| is_truth(&stored.entry));
        let (before, after) = entries.split_at(truth.unwrap_or(entries.len()));
        for stored in before {
            if let Event::Spoke { text, .. } = &stored.entry {
                assert_eq!(told(text, &tells), None, "{text}");
            }
        }
        let reveal = after.iter().find_map(|stored| match &stored.entry {
            Event::Spoke { text, .. } => self.stdout.find(text.as_str()),
            _ => None,
        });
        let screen = &self.stdout[..reveal.unwrap_or(self.stdout.len())];
        // The player's own lines are shown as they were typed.
        for line in screen.lines().filter(|line| !line.starts_with("> ")) {
            assert_eq!(told(line, &tells), None, "{line}");
        }
    }

    /// A message for people, on stderr.
    pub fn says(&self, message: &str) -> &Self {
        assert!(self.stderr.contains(message), "no '{message}' in:\n{}", self.stderr);
        self
    }

    /// The key is nowhere: not printed, not in any byte of the record.
    pub fn hides(&self, key: &str) -> &Self {
        assert!(!self.stdout.contains(key) && !self.stderr.contains(key));
        for file in std::fs::read_dir(self.record.parent().unwrap()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            assert!(!bytes.windows(key.len()).any(|window| window == key.as_bytes()));
        }
        self
    }

    pub fn entries(&self) -> Vec<Stored<Event>> {
        entries(&self.record)
    }
}

fn is_truth(event: &Event) -> bool {
    *event == Event::FactSet("truth_told".into(), Value::Bool(true))
}

pub fn entries(record: &Path) -> Vec<Stored<Event>> {
    let reader = JournalReader::<Event>::open(record).unwrap_or_else(|e| panic!("{e}"));
    reader.entries().unwrap_or_else(|e| panic!("{e}"))
}

/// The record passes `dramaturg replay`, as one file without anything beside it.
pub fn replays(record: &Path) {
    let dir = tempfile::tempdir().unwrap();
    let mut command = dramaturg();
    command.arg("replay").arg(record);
    let (status, stdout, stderr) = run(command, dir.path());
    assert!(status.success(), "{stdout}{stderr}");
}
