//! The `dramaturg` program: `play` a story in the terminal, `replay` recorded sessions.

use clap::{Parser, Subcommand};
use dramaturg_journal::JournalReader;
use dramaturg_story::{Cue, Event, ModelChoice, Pack, Stage, StageSettings, replay};
use std::io::{BufRead, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Play in the terminal.
    Play {
        #[arg(long, default_value = "assets/stories/lantern")]
        story: PathBuf,
        #[arg(long, default_value = "en")]
        locale: String,
        #[arg(long)]
        model_file: Option<PathBuf>,
        #[arg(long)]
        no_model: bool,
        /// Player lines from a file, one each.
        #[arg(long)]
        script: Option<PathBuf>,
        /// Keep the session in this journal.
        #[arg(long)]
        record: Option<PathBuf>,
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Play recorded journals again, without a model, and compare.
    Replay {
        #[arg(long, default_value = "assets/stories/lantern")]
        story: PathBuf,
        #[arg(required = true)]
        journals: Vec<PathBuf>,
    },
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Task::Play { story, locale, model_file, no_model, script, record, seed } => {
            let model =
                model_file.filter(|_| !no_model).map_or(ModelChoice::None, ModelChoice::File);
            Pack::load(&story).map_err(|e| e.to_string()).and_then(|pack| {
                let pack = Arc::new(pack);
                let settings = StageSettings {
                    pack: pack.clone(),
                    locale: locale.clone(),
                    seed,
                    save: record,
                    model,
                };
                play(&pack, &locale, settings, script)
            })
        }
        Task::Replay { story, journals } => return replay_all(&story, &journals),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("{message}");
            ExitCode::from(2)
        }
    }
}

fn play(
    pack: &Pack,
    locale: &str,
    settings: StageSettings,
    script: Option<PathBuf>,
) -> Result<(), String> {
    let input: Box<dyn BufRead> = match script {
        Some(path) => {
            let file =
                std::fs::File::open(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            Box::new(std::io::BufReader::new(file))
        }
        None => Box::new(std::io::stdin().lock()),
    };
    let stage = Stage::raise(settings);
    if perform(&stage, pack, locale) {
        return Ok(());
    }
    // Bytes, not lines: broken UTF-8 is a player's right.
    for line in input.split(b'\n') {
        let line = line.map_err(|e| format!("can't read the player's line: {e}"))?;
        stage.say(String::from_utf8_lossy(&line).into_owned());
        if perform(&stage, pack, locale) {
            break;
        }
    }
    Ok(())
}

/// Prints until the turn is over; whether the story is, too.
fn perform(stage: &Stage, pack: &Pack, locale: &str) -> bool {
    let mut over = false;
    while let Some(cue) = stage.wait_cue(Duration::from_secs(120)) {
        match cue {
            Cue::Opened { history, .. } => {
                history.iter().for_each(|line| println!("  {}", line.text))
            }
            Cue::LineBegan { npc, emotion } => match npc {
                Some(npc) => {
                    print!("\n{} ({}): ", pack.display_name(locale, &npc), emotion.label())
                }
                None => print!("\n  "),
            },
            Cue::Delta(text) => print!("{text}"),
            Cue::LineEnded { .. } => println!(),
            Cue::Notice(text) => eprintln!("[{text}]"),
            Cue::Ended { ending } => {
                println!("\n*** {ending} ***");
                over = true;
            }
            Cue::TurnEnded { .. } => break,
            Cue::Acted { .. } | Cue::BeatReached { .. } => {}
        }
        let _ = std::io::stdout().flush();
    }
    over
}

fn replay_all(story: &std::path::Path, journals: &[PathBuf]) -> ExitCode {
    let pack = match Pack::load(story) {
        Ok(pack) => Arc::new(pack),
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let (mut passed, mut failed) = (0, 0);
    for path in journals {
        let entries = JournalReader::<Event>::open(path).and_then(|reader| reader.entries());
        match entries
            .map_err(|e| e.to_string())
            .and_then(|entries| replay(pack.clone(), &entries).map_err(|d| d.to_string()))
        {
            Ok(entries) => {
                passed += 1;
                println!("{}: {entries} entries, the same", path.display());
            }
            Err(message) => {
                failed += 1;
                println!("{}: {message}", path.display());
            }
        }
    }
    println!("{passed} passed, {failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
