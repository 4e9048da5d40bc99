//! The save file of a running play, and what could not be written to it yet.

use super::Journal;
use crate::{Cue, Event};
use crossbeam_channel::Sender;
use dramaturg_journal::{JournalError, JournalReader, Stored, Turn};
use std::path::Path;

pub(super) struct Save {
    journal: Journal,
    unsaved: Vec<Vec<Event>>,
}

impl Save {
    /// Opens the file; where that can't be, says why and keeps the play in memory.
    pub(super) fn open(path: Option<&Path>, cues: &Sender<Cue>) -> Option<Self> {
        let opened = path.map_or_else(Journal::in_memory, Journal::open_or_create);
        let journal = opened.or_else(|error: JournalError| {
            let _ = cues.send(Cue::Notice(format!("{error}. This play is not saved.")));
            Journal::in_memory()
        });
        journal.ok().map(|journal| Self { journal, unsaved: Vec::new() })
    }

    /// What happened so far.
    pub(super) fn entries(&self, cues: &Sender<Cue>) -> Vec<Event> {
        let entries = self.journal.entries().unwrap_or_else(|error| {
            let _ = cues.send(Cue::Notice(error.to_string()));
            Vec::new()
        });
        entries.into_iter().map(|stored| stored.entry).collect()
    }

    /// A turn that can't be written is kept and tried again with the next one.
    pub(super) fn append(&mut self, events: Vec<Event>, cues: &Sender<Cue>) {
        if events.is_empty() {
            return;
        }
        self.unsaved.push(events);
        if let Err(error) = self.flush() {
            let _ = cues.send(Cue::Notice(format!(
                "{error}. The play goes on; saving is tried again after the next turn."
            )));
        }
    }

    fn flush(&mut self) -> Result<(), JournalError> {
        while let Some(turn) = self.unsaved.first() {
            self.journal.append_turn(turn)?;
            self.unsaved.remove(0);
        }
        Ok(())
    }

    /// A last try to write what could not be written; nobody listens any more.
    pub(super) fn finish(mut self) {
        if let Err(error) = self.flush() {
            tracing::error!("{error}");
        }
    }

    pub(super) fn copy_to(&mut self, path: &Path) -> Result<(), JournalError> {
        self.flush()?;
        self.journal.copy_to(path)
    }

    /// Makes this file hold what `from` holds, whole or not at all.
    pub(super) fn load(&mut self, from: &Path) -> Result<(), JournalError> {
        let entries: Vec<Stored<Event>> = JournalReader::open(from)?.entries()?;
        let turns: Vec<Vec<Event>> = entries
            .chunk_by(|a, b| a.turn == b.turn)
            .map(|turn| turn.iter().map(|stored| stored.entry.clone()).collect())
            .collect();
        self.journal.replace(&turns)?;
        self.unsaved.clear();
        Ok(())
    }

    pub(super) fn roll_back_to(&mut self, turn: Turn) -> Result<(), JournalError> {
        self.flush()?;
        self.journal.truncate_to(Some(turn))
    }
}
