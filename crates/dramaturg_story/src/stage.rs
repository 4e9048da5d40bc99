//! A session on a thread of its own: the caller sends words and polls cues, and never waits.

use crate::cue::Cue;
use crate::{Event, Pack, Session};
use crossbeam_channel::{Receiver, Sender};
use dramaturg_journal::{Journal, JournalError};
use dramaturg_llm::{LanguageModel, Local, LocalSettings, Remote, RemoteSettings};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// Which model plays.
#[derive(Clone)]
pub enum ModelChoice {
    /// None: authored lines only.
    None,
    /// A GGUF file, run here.
    File(PathBuf),
    /// A server.
    Remote(RemoteSettings),
    /// One that the caller made.
    Given(Arc<dyn LanguageModel>),
}

/// What a stage needs.
#[derive(Clone)]
pub struct StageSettings {
    /// The story.
    pub pack: Arc<Pack>,
    /// The language, for a new play.
    pub locale: String,
    /// The seed, for a new play.
    pub seed: u64,
    /// The save file: continued if it is there. None keeps the play in memory.
    pub save: Option<PathBuf>,
    /// The model.
    pub model: ModelChoice,
}

enum Command {
    Say(String),
    SaveAs(PathBuf),
    ReplacePack(Arc<Pack>),
}

/// The handle of a running play. Dropping it ends the play after the turn that is being performed.
pub struct Stage {
    commands: Sender<Command>,
    cues: Receiver<Cue>,
}

impl Stage {
    /// Starts a play. Never blocks: the model and the save file are opened on the play's own thread.
    pub fn raise(settings: StageSettings) -> Self {
        let (commands, inbox) = crossbeam_channel::unbounded();
        let (cues_out, cues) = crossbeam_channel::unbounded();
        let notices = cues_out.clone();
        let started = std::thread::Builder::new()
            .name("dramaturg-stage".into())
            .spawn(move || run(settings, &inbox, &cues_out));
        if let Err(error) = started {
            let _ = notices.send(Cue::Notice(format!("the play can't start: {error}")));
        }
        Self { commands, cues }
    }
    /// The player speaks.
    pub fn say(&self, text: impl Into<String>) {
        let _ = self.commands.send(Command::Say(text.into()));
    }
    /// Copies the save file. Answered by a notice.
    pub fn save_as(&self, path: PathBuf) {
        let _ = self.commands.send(Command::SaveAs(path));
    }
    /// Takes a changed story from the next turn on.
    pub fn replace_pack(&self, pack: Arc<Pack>) {
        let _ = self.commands.send(Command::ReplacePack(pack));
    }
    /// The next cue, if there is one.
    pub fn try_cue(&self) -> Option<Cue> {
        self.cues.try_recv().ok()
    }
    /// The next cue, waiting for it. Not for a frame.
    pub fn wait_cue(&self, longest: Duration) -> Option<Cue> {
        self.cues.recv_timeout(longest).ok()
    }
}

fn open_model(choice: ModelChoice, cues: &Sender<Cue>) -> Option<Arc<dyn LanguageModel>> {
    let opened: Result<Arc<dyn LanguageModel>, String> = match choice {
        ModelChoice::None => return None,
        ModelChoice::Given(model) => return Some(model),
        ModelChoice::File(path) => Local::open(&path, LocalSettings::default())
            .map(|m| Arc::new(m) as _)
            .map_err(|e| e.to_string()),
        ModelChoice::Remote(settings) => {
            Remote::new(settings).map(|m| Arc::new(m) as _).map_err(|e| e.to_string())
        }
    };
    opened
        .map_err(|error| {
            let _ =
                cues.send(Cue::Notice(format!("{error}. The story plays with authored lines.")));
        })
        .ok()
}

/// The save file, and what could not be written to it yet.
struct Save {
    journal: Journal<Event>,
    unsaved: Vec<Vec<Event>>,
}

impl Save {
    fn open(path: Option<&PathBuf>, cues: &Sender<Cue>) -> Option<Self> {
        let opened = path.map_or_else(Journal::in_memory, |path| Journal::open_or_create(path));
        let journal = opened.or_else(|error: JournalError| {
            let _ = cues.send(Cue::Notice(format!("{error}. This play is not saved.")));
            Journal::in_memory()
        });
        journal.ok().map(|journal| Self { journal, unsaved: Vec::new() })
    }

    /// A turn that can't be written is kept and tried again with the next one.
    fn append(&mut self, events: Vec<Event>, cues: &Sender<Cue>) {
        if events.is_empty() {
            return;
        }
        self.unsaved.push(events);
        while let Some(turn) = self.unsaved.first() {
            match self.journal.append_turn(turn) {
                Ok(_) => {
                    self.unsaved.remove(0);
                }
                Err(error) => {
                    let _ = cues.send(Cue::Notice(format!(
                        "{error}. The play goes on; saving is tried again after the next turn."
                    )));
                    return;
                }
            }
        }
    }
}

fn run(settings: StageSettings, inbox: &Receiver<Command>, cues: &Sender<Cue>) {
    let Some(mut save) = Save::open(settings.save.as_ref(), cues) else { return };
    let past = save.journal.entries().unwrap_or_default();
    let mut session = Session::resume(settings.pack, past.iter().map(|stored| &stored.entry));
    let history = session.state().history.clone();
    let _ = cues.send(Cue::Opened { resumed: !past.is_empty(), history });
    let mut perform = |cue| {
        let _ = cues.send(cue);
    };
    if past.is_empty() {
        let events = session.open(&settings.locale, settings.seed, &mut perform);
        save.append(events, cues);
    } else if let Some(ending) = session.state().ended.clone() {
        perform(Cue::Ended { ending });
    }
    // The opening is on stage while the model loads.
    let model = open_model(settings.model, cues);
    for command in inbox {
        match command {
            Command::Say(text) => {
                // The turn is on disk before it is reported as over.
                let mut over = None;
                let events = session.player_says(&text, model.as_deref(), &mut |cue| match cue {
                    Cue::TurnEnded { .. } => over = Some(cue),
                    cue => perform(cue),
                });
                save.append(events, cues);
                over.into_iter().for_each(&mut perform);
            }
            Command::SaveAs(path) => {
                let notice = match save.journal.copy_to(&path) {
                    Ok(()) => format!("Saved to {}", path.display()),
                    Err(error) => error.to_string(),
                };
                perform(Cue::Notice(notice));
            }
            Command::ReplacePack(pack) => session.replace_pack(pack),
        }
    }
}
