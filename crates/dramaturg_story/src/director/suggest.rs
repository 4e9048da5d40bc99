//! What the player might say now: the open moves, in the author's own words.

use super::avoid::Avoided;
use super::rules::contains_word;
use crate::cue::Suggestion;
use crate::{Move, Pack, State};

/// Of so many first examples of a move one is offered: authors write the best ones first.
const CHOICE: usize = 3;

/// An example of each move that is open and would succeed, with nothing in it that is locked or was said already; which
/// one changes from turn to turn.
pub(crate) fn suggest(pack: &Pack, state: &State) -> Vec<Suggestion> {
    let Some(beat) = pack.beat(&state.beat) else { return Vec::new() };
    if state.ended.is_some() {
        return Vec::new();
    }
    let prose = pack.prose(&state.locale);
    let locked = state.locked_tells(pack, Some(&beat.speaker));
    let avoided = Avoided::of(pack, state);
    let said = |text: &str| {
        let player = |speaker: &Option<String>| speaker.as_deref() == Some("player");
        state.history.iter().any(|line| player(&line.speaker) && line.text == text)
    };
    let fit = |text: &&str| {
        let lower = text.to_lowercase();
        !locked.iter().any(|tell| contains_word(&lower, tell)) && !avoided.leaves_out(prose, text)
    };
    let succeeds = |a_move: &&Move| state.holds(&a_move.requires);
    let offer = |Move { id, .. }: &Move| {
        let section = format!("beat {}/move {id}", beat.id);
        let all: Vec<&str> =
            prose.bullets(&section).iter().map(|b| b.1.as_str()).filter(fit).take(CHOICE).collect();
        let fresh: Vec<&str> = all.iter().copied().filter(|text| !said(text)).collect();
        let from = if fresh.is_empty() { &all } else { &fresh };
        let pick = state.turn as usize % from.len().max(1);
        let text = pack.say(state, from.get(pick)?).into_owned();
        Some(Suggestion { makes: id.to_owned(), text })
    };
    beat.open_moves(state).filter(succeeds).filter_map(offer).collect()
}
