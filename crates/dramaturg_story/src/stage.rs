//! A session on a thread of its own: the caller sends words and polls cues, and never waits.

mod save;

use crate::cue::Cue;
use crate::forget::Erasure;
use crate::{Autonomy, Ear, Event, Pack, Performer, Session};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use dramaturg_journal::Turn;
use dramaturg_llm::{LanguageModel, ModelSlot, SlotState};
use dramaturg_mind::action::Repertoire;
use save::Save;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How often an idle play looks whether another model is there to be warmed.
const GLANCE: Duration = Duration::from_millis(250);

/// So long a player is quiet before characters begin to think of themselves: what comes next was made ready by then.
const READING: Duration = Duration::from_millis(1500);

/// A model that did not answer in time is not asked for so many turns: nobody waits for it again and again.
const REST_TURNS: u32 = 2;

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
    /// Content notes of the pack that the player does not want to meet, as [`Stage::avoid`] says; none leaves them as they are in the
    /// save.
    pub avoid: Option<BTreeSet<String>>,
    /// The model. While the slot is empty or loading, authored lines are spoken.
    pub model: ModelSlot,
    /// The sense for what the player's lines mean; without one they are understood by their words.
    pub ear: Option<Arc<Ear>>,
    /// Whether, and how much, characters think by themselves while the player reads.
    pub autonomy: Autonomy,
}

enum Command {
    Say(Option<String>, String),
    Typing(String),
    SaveAs(PathBuf),
    LoadFrom(PathBuf),
    RollBack(u32),
    Forget(String),
    Avoid(BTreeSet<String>),
    ReplacePack(Arc<Pack>),
    Equip(Repertoire),
    Autonomy(Autonomy),
}

/// What the game answers to a [`Cue::Call`], and to which.
type Answered = (u64, Result<serde_json::Value, String>);

/// How long a play waits for the game to carry out an action.
const CARRIED_OUT: Duration = Duration::from_secs(10);

/// The handle of a running play. Dropping it ends the play after the turn that is being performed; [`Stage::close`]
/// also waits for that.
pub struct Stage {
    commands: Sender<Command>,
    cues: Receiver<Cue>,
    results: Sender<Answered>,
    thread: Option<JoinHandle<()>>,
}

impl Stage {
    /// Starts a play. Never blocks: the save file is opened on the play's own thread.
    pub fn raise(settings: StageSettings) -> Self {
        let (commands, inbox) = crossbeam_channel::unbounded();
        let (cues_out, cues) = crossbeam_channel::unbounded();
        let (results, answered) = crossbeam_channel::unbounded();
        let notices = cues_out.clone();
        let started = std::thread::Builder::new()
            .name("dramaturg-stage".into())
            .spawn(move || run(settings, &inbox, &cues_out, answered));
        if let Err(error) = &started {
            let _ = notices.send(Cue::Notice(format!("the play can't start: {error}")));
        }
        Self { commands, cues, results, thread: started.ok() }
    }
    /// Ends the play and waits until its save is one whole file: a program that exits without this leaves a part of
    /// it in SQLite's file beside it. Not for a frame.
    pub fn close(mut self) {
        let thread = self.thread.take();
        drop(self);
        // A thread that panicked has nothing left to save.
        let _ = thread.map(JoinHandle::join);
    }
    /// The player speaks.
    pub fn say(&self, text: impl Into<String>) {
        let _ = self.commands.send(Command::Say(None, text.into()));
    }
    /// The player speaks aside, so that only that character hears it; see [`Session::player_whispers`].
    pub fn whisper(&self, to: impl Into<String>, text: impl Into<String>) {
        let _ = self.commands.send(Command::Say(Some(to.into()), text.into()));
    }
    /// The player is typing, and this is what stands so far: the model evaluates it ahead, nothing else happens.
    pub fn typing(&self, text: impl Into<String>) {
        let _ = self.commands.send(Command::Typing(text.into()));
    }
    /// Copies the play to another file. Answered by [`Cue::Saved`] or a notice.
    pub fn save_as(&self, path: PathBuf) {
        let _ = self.commands.send(Command::SaveAs(path));
    }
    /// Goes on from a copy of that file, which itself stays as it is. Answered by [`Cue::Opened`] or a notice.
    pub fn load_from(&self, path: PathBuf) {
        let _ = self.commands.send(Command::LoadFrom(path));
    }
    /// Goes to the player's turn `turn` (0 is the opening): back, or forward again. What came after it is kept until the
    /// player says something new. Answered by [`Cue::Opened`].
    pub fn roll_back_to(&self, turn: u32) {
        let _ = self.commands.send(Command::RollBack(turn));
    }
    /// Erases a person, `player` or a character's id, from this play and its file for good. Answered by [`Cue::Opened`] or a
    /// notice. Copies that were saved stay as they are.
    pub fn forget(&self, who: impl Into<String>) {
        let _ = self.commands.send(Command::Forget(who.into()));
    }
    /// From the next turn on the play keeps these content notes of the pack ([`Pack::content_notes`]) from the player, and no
    /// others.
    pub fn avoid(&self, notes: impl IntoIterator<Item = String>) {
        let _ = self.commands.send(Command::Avoid(notes.into_iter().collect()));
    }
    /// Takes a changed story from the next turn on.
    pub fn replace_pack(&self, pack: Arc<Pack>) {
        let _ = self.commands.send(Command::ReplacePack(pack));
    }
    /// Gives the characters something to do in the game's world. Each [`Cue::Call`] is to be [answered](Self::answer).
    pub fn equip(&self, repertoire: Repertoire) {
        let _ = self.commands.send(Command::Equip(repertoire));
    }
    /// From now on characters think by themselves while the player reads, or do not.
    pub fn set_autonomy(&self, autonomy: Autonomy) {
        let _ = self.commands.send(Command::Autonomy(autonomy));
    }
    /// What came of a call; an error is a sentence for the model.
    pub fn answer(&self, number: u64, result: Result<serde_json::Value, String>) {
        let _ = self.results.send((number, result));
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

fn run(
    settings: StageSettings,
    inbox: &Receiver<Command>,
    cues: &Sender<Cue>,
    answered: Receiver<Answered>,
) {
    let Some(save) = Save::open(settings.save.as_deref(), cues) else { return };
    let mut play = Play {
        session: Session::resume(settings.pack.clone(), []),
        settings,
        save,
        cues,
        warmed_for: None,
        resting: 0,
        quiet_since: Instant::now(),
        answered,
        repertoire: None,
    };
    play.resume();
    loop {
        match inbox.recv_timeout(GLANCE) {
            Ok(command) => {
                play.obey(command);
                play.quiet_since = Instant::now();
            }
            Err(RecvTimeoutError::Timeout) => play.idle(),
            Err(RecvTimeoutError::Disconnected) => return play.save.finish(),
        }
    }
}

struct Play<'c> {
    settings: StageSettings,
    session: Session,
    save: Save,
    cues: &'c Sender<Cue>,
    /// The model whose cache holds what comes next, by its address.
    warmed_for: Option<Arc<dyn LanguageModel>>,
    /// Turns for which a model that was too slow is left alone.
    resting: u32,
    /// Since when the player has neither said nor typed anything.
    quiet_since: Instant,
    answered: Receiver<Answered>,
    /// What the game gave the characters to do.
    repertoire: Option<Repertoire>,
}

/// Has the game carry out a call, and waits for what comes of it.
fn performer(cues: Sender<Cue>, answered: Receiver<Answered>) -> Performer {
    let mut number = 0;
    Box::new(move |npc, call| {
        number += 1;
        let _ = cues.send(Cue::Call { number, npc: npc.to_owned(), call: call.clone() });
        let until = Instant::now() + CARRIED_OUT;
        loop {
            match answered.recv_deadline(until) {
                Ok((of, result)) if of == number => return result,
                // What came too late for an earlier one.
                Ok(_) => {}
                Err(_) => return Err(format!("'{}' was not carried out in time", call.name)),
            }
        }
    })
}

impl Play<'_> {
    fn perform(&self, cue: Cue) {
        let _ = self.cues.send(cue);
    }

    /// Goes on from what the journal holds, or raises the curtain.
    fn resume(&mut self) {
        let past = self.save.entries(self.cues);
        self.session = Session::resume(self.settings.pack.clone(), &past);
        self.repertoire.clone().into_iter().for_each(|repertoire| self.equip(repertoire));
        self.settings.ear.iter().for_each(|ear| self.session.listen(ear.clone()));
        self.session.set_autonomy(self.settings.autonomy);
        self.avoid();
        let mut opened = self.session.opened(!past.is_empty());
        if let Cue::Opened { turn, newest, .. } = &mut opened {
            *newest = self.save.newest().max(*turn);
        }
        self.perform(opened);
        if past.is_empty() {
            let cues = self.cues;
            let events = self
                .session
                .open(&self.settings.locale, self.settings.seed, &mut |cue| drop(cues.send(cue)));
            self.save.append(events, cues);
        } else if let Some(ending) = self.session.state().ended.clone() {
            self.perform(Cue::Ended { ending });
        }
        self.warm(true, "");
    }

    fn avoid(&mut self) {
        self.settings.avoid.clone().into_iter().for_each(|notes| self.session.avoid(notes));
    }

    fn equip(&mut self, repertoire: Repertoire) {
        let performer = performer(self.cues.clone(), self.answered.clone());
        self.session.equip(repertoire.clone(), performer);
        self.repertoire = Some(repertoire);
    }

    /// Lets the model evaluate the next prompt while the player reads and types.
    fn warm(&mut self, again: bool, typed: &str) {
        let model = self.settings.model.model();
        let same = match (&model, &self.warmed_for) {
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            (None, None) => true,
            _ => false,
        };
        if again || !same {
            self.session.prick_up();
            if let Some(model) = &model {
                self.session.warm(model.as_ref(), typed);
            }
            self.warmed_for = model;
        }
    }

    /// Nobody asks for anything at the moment.
    fn idle(&mut self) {
        self.warm(false, "");
        self.session.read_on();
        // A model that is too slow to be waited for is good enough for what nobody waits for; one that loads is worth waiting for.
        let loads = self.settings.model.state() == SlotState::Loading;
        if self.quiet_since.elapsed() >= READING && !loads {
            self.session.muse(self.settings.model.model().as_deref());
        }
    }

    fn obey(&mut self, command: Command) {
        let cues = self.cues;
        match command {
            Command::Say(to, text) => {
                let model = self.settings.model.model().filter(|_| self.resting == 0);
                self.resting = self.resting.saturating_sub(1);
                // The turn is on disk before it is reported as over.
                let mut over = None;
                let mut play = |cue| match cue {
                    Cue::TurnEnded { .. } => over = Some(cue),
                    cue => drop(cues.send(cue)),
                };
                let model = model.as_deref();
                let events = match &to {
                    Some(to) => self.session.player_whispers(to, &text, model, &mut play),
                    None => self.session.player_says(&text, model, &mut play),
                };
                self.save.append(events, cues);
                if let Some(Cue::TurnEnded { report, .. }) = &over
                    && report.timed_out
                {
                    self.resting = REST_TURNS;
                }
                over.into_iter().for_each(|cue| self.perform(cue));
                self.warm(true, "");
            }
            Command::SaveAs(path) => {
                let saved = self.save.copy_to(&path);
                self.perform(match saved {
                    Ok(()) => Cue::Saved(path),
                    Err(error) => Cue::Notice(error.to_string()),
                });
            }
            Command::LoadFrom(path) => match self.save.load(&path) {
                Ok(()) => self.resume(),
                Err(error) => {
                    self.perform(Cue::Notice(format!("{error}. The play goes on as it was.")));
                }
            },
            Command::RollBack(turn) => match self.save.go_to(Turn(turn)) {
                Ok(()) => self.resume(),
                Err(error) => self.perform(Cue::Notice(error.to_string())),
            },
            Command::Forget(who) => {
                let erasure = Erasure::of(self.session.state(), &self.settings.pack, &who);
                match self.save.redact(|event| erasure.redacted(event)) {
                    Ok(_) => self.resume(),
                    Err(error) => self.perform(Cue::Notice(error.to_string())),
                }
            }
            Command::Avoid(notes) => {
                self.settings.avoid = Some(notes);
                self.avoid();
            }
            Command::Typing(text) => self.warm(true, &text),
            Command::Equip(repertoire) => self.equip(repertoire),
            Command::Autonomy(autonomy) => {
                self.settings.autonomy = autonomy;
                self.session.set_autonomy(autonomy);
            }
            Command::ReplacePack(pack) => {
                self.settings.pack = pack.clone();
                self.session.replace_pack(pack);
                self.avoid();
                self.warm(true, "");
            }
        }
    }
}

/// What the save file must be able to hold.
type Journal = dramaturg_journal::Journal<Event>;
