//! Parts of the director that can be taken away, to measure what each of them is worth. No play uses this.

use super::Session;
use crate::director::Reading;
use crate::{Pack, State};

/// A part that is missing in a measurement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ablation {
    /// Nobody steers: a beat that the player does not end lasts for ever.
    NoLadder,
    /// What the model writes is spoken as it comes: nothing watches for what is locked, for echoes or the language.
    NoGuard,
    /// The prompt holds the secrets from the first turn on, and lines that name them.
    SecretsInPrompt,
    /// The player's words are not read: an open move, or none, is drawn by the seed.
    RandomDirector,
}

impl Session {
    /// Takes a part away from the next turn on. For measurements: what is recorded then does not replay.
    pub fn ablate(&mut self, ablation: Ablation) {
        self.ablation = Some(ablation);
    }
}

/// What a director reads who does not read: one of the open moves or none of them, each as likely.
pub(super) fn drawn_reading(pack: &Pack, state: &State) -> Reading {
    let Some(beat) = pack.beat(&state.beat) else { return Reading::OffTopic };
    let moves: Vec<_> = beat.open_moves(state).collect();
    // SplitMix64's finaliser (Steele, Lea & Flood 2014): neighbouring seeds and turns draw apart.
    let mut mixed =
        state.seed.wrapping_add(u64::from(state.turn).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let draw = (mixed ^ (mixed >> 31)) % (moves.len() as u64 + 1);
    moves.get(draw as usize).map_or(Reading::OffTopic, |drawn| Reading::Move(drawn.id.clone()))
}
