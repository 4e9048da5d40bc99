//! How fast lines are told.

use bevy::prelude::*;

/// How fast lines are told, and when pages turn by themselves.
#[derive(Resource, Clone, Debug, PartialEq)]
pub struct Pace {
    /// Latin letters a second.
    pub latin: f32,
    /// Chinese and Japanese characters a second: they take longer to read and say more.
    pub han: f32,
    /// The whole line at once.
    pub at_once: bool,
    /// How many letters long the rest at a full stop is.
    pub stop: f32,
    /// Turns pages by itself, so many seconds after the time that it takes to read them.
    pub auto_s: Option<f32>,
    /// Hurries on.
    pub skip: Skip,
}

impl Default for Pace {
    fn default() -> Self {
        Self { latin: 46.0, han: 17.0, at_once: false, stop: 9.0, auto_s: None, skip: Skip::Off }
    }
}

/// What is hurried through.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Skip {
    /// Nothing.
    #[default]
    Off,
    /// What this player has read before, in any play.
    Read,
    /// Everything.
    All,
}

impl Pace {
    /// Characters a second for this one.
    pub(crate) fn speed(&self, next: char) -> f32 {
        let speed = if is_wide(next) { self.han } else { self.latin };
        speed.max(0.5)
    }
    /// Seconds that a page is shown before it turns by itself.
    pub(crate) fn reading_s(&self, text: &str) -> Option<f32> {
        let read: f32 = text.chars().map(|c| 1.0 / if is_wide(c) { 9.0 } else { 26.0 }).sum();
        self.auto_s.map(|extra| extra.max(0.0) + read)
    }
}

fn is_wide(c: char) -> bool {
    c > '\u{2e7f}'
}

/// A full stop in either script.
pub(crate) fn is_stop(c: char) -> bool {
    matches!(c, '.' | '!' | '?' | '。' | '！' | '？' | '…')
}
