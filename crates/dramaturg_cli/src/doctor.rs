//! `dramaturg doctor`: what is here, what of it works, and what to do about the rest.

mod machine;
mod models;
mod server;

use crate::STORY;
use dramaturg_story::Pack;
use serde_json::{Value, json};
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Shown below the help.
const EXAMPLES: &str = "\
Examples:
  dramaturg doctor                              can the default story be played here, and with what?
  dramaturg doctor --story my_story --model qwen2.5-coder-1.5b
  DRAMATURG_BASE_URL=http://127.0.0.1:8080/v1 dramaturg doctor

Exit status: 0 a game can be played, 1 it can't, or something that was asked for is broken, 2 wrong use.";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Doctor {
    /// The folder of the story pack that shall be played; else the one that is played by default.
    #[arg(long)]
    story: Option<PathBuf>,
    /// A model of the catalogue that shall be here and fit.
    #[arg(long)]
    model: Option<String>,
    /// Do not start llama.cpp to see which of its code runs on this processor.
    #[arg(long)]
    quick: bool,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

/// How it stands with one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// It works.
    Well,
    /// It is not there, and nobody asked for it.
    Without,
    /// It was asked for and does not work, or nothing goes without it.
    Broken,
}

impl Standing {
    fn name(self) -> &'static str {
        match self {
            Self::Well => "ok",
            Self::Without => "-",
            Self::Broken => "BROKEN",
        }
    }
}

/// One thing that was looked at.
struct Finding {
    standing: Standing,
    /// What: `memory`, `model smollm2-135m`.
    about: String,
    found: String,
    /// What to do; empty where there is nothing to be done.
    help: String,
}

impl Finding {
    fn new(standing: Standing, about: impl Into<String>, found: impl Into<String>) -> Self {
        Self { standing, about: about.into(), found: found.into(), help: String::new() }
    }
    fn help(mut self, help: impl Into<String>) -> Self {
        self.help = help.into();
        self
    }
    fn json(&self) -> Value {
        json!({
            "about": self.about, "found": self.found, "help": self.help,
            "standing": match self.standing {
                Standing::Well => "ok",
                Standing::Without => "absent",
                Standing::Broken => "broken",
            },
        })
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<7} {}: {}", self.standing.name(), self.about, self.found)?;
        match self.help.as_str() {
            "" => Ok(()),
            help => write!(f, "\n        > {help}"),
        }
    }
}

impl Doctor {
    pub fn run(self) -> Result<ExitCode, String> {
        let version = env!("CARGO_PKG_VERSION");
        println!("dramaturg {version}\n");
        let machine = machine::Machine::of(!self.quick);
        let mut findings = machine.findings;
        let models = models::look(machine.free_bytes, self.model.as_deref());
        findings.extend(models.findings);
        let servers = server::look();
        let served = servers.iter().any(|server| server.standing == Standing::Well);
        findings.extend(servers);
        findings.push(story(self.story.as_deref()));
        findings.iter().for_each(|finding| println!("{finding}"));
        let broken = findings.iter().filter(|finding| finding.standing == Standing::Broken).count();
        let with = match models.playable.as_deref() {
            Some(model) => With::Model(model),
            None if served => With::Server,
            None => With::AuthoredLines,
        };
        println!("\n{}", summary(broken, self.story.as_deref(), &with));
        if self.json {
            let object = json!({
                "ok": broken == 0, "version": version, "cores": machine.cores,
                "processor_variant": machine.variant, "free_bytes": machine.free_bytes,
                "graphics": machine.graphics, "models": models.json,
                "embedder": models.embedder,
                "findings": findings.iter().map(Finding::json).collect::<Vec<_>>(),
            });
            println!("{object}");
        }
        Ok(if broken == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    }
}

/// What a play would be begun with.
enum With<'m> {
    Model(&'m str),
    Server,
    AuthoredLines,
}

/// What to do next.
fn summary(broken: usize, story: Option<&Path>, with: &With) -> String {
    let story = story.map_or_else(String::new, |story| format!(" --story {}", story.display()));
    match (broken, with) {
        (0, With::Model(model)) => {
            format!("A game can be played: dramaturg play{story} --model {model}")
        }
        (0, With::Server) => format!("A game can be played: dramaturg play{story}"),
        (0, With::AuthoredLines) => format!(
            "A game can be played with its authored lines: dramaturg play{story} --no-model"
        ),
        (1, _) => "One thing is broken; what to do stands below it.".into(),
        (many, _) => format!("{many} things are broken; what to do stands below each."),
    }
}

/// Whether there is a story.
fn story(named: Option<&Path>) -> Finding {
    let folder = named.unwrap_or(Path::new(STORY));
    let about = format!("story {}", folder.display());
    if !folder.join("pack.ron").is_file() {
        let help = "name a story's folder with --story, begin one with `dramaturg new my_story`, or start the program in \
                    the folder that has assets/stories";
        return Finding::new(Standing::Broken, about, "there is no pack.ron").help(help);
    }
    match Pack::load(folder) {
        Ok(pack) => {
            let beats = pack.beats().len();
            let found = format!("{beats} beats, told in {}", pack.locales.join(" and "));
            Finding::new(Standing::Well, about, found)
        }
        Err(error) => {
            let help = format!("dramaturg check {}", folder.display());
            Finding::new(Standing::Broken, about, error.to_string()).help(help)
        }
    }
}
