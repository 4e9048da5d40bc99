//! A moment of a story that is made up, to see how a line would be taken in it.

use super::interpret::{Interpretation, interpret};
use super::likened::SENSE_NAMES;
use super::meaning::{Ear, Hearing};
use super::rules::clean;
use super::signals::NAMES;
use crate::event::RULES;
use crate::{Facts, Pack, State};
use dramaturg_llm::LanguageModel;

/// Where the story stands when a line is tried.
#[derive(Clone, Debug)]
pub struct Situation {
    /// The language.
    pub locale: String,
    /// The open beat.
    pub beat: String,
    /// Facts that differ from how the story begins.
    pub facts: Facts,
}

impl Situation {
    fn state(&self, pack: &Pack) -> State {
        let mut state = State::new(pack);
        state.rules = RULES;
        state.locale.clone_from(&self.locale);
        state.beat.clone_from(&self.beat);
        state.facts.extend(self.facts.clone());
        state
    }

    /// How `line` is taken: by its words, by what it means where there is an ear, and by the model where there is one.
    pub fn read(
        &self,
        pack: &Pack,
        line: &str,
        ear: Option<&Ear>,
        model: Option<&dyn LanguageModel>,
    ) -> Interpretation {
        let hearing = ear.map_or(Hearing::Words, Hearing::Ear);
        interpret(pack, &self.state(pack), &clean(line), hearing, model)
    }

    /// The moves that are open.
    pub fn open_moves(&self, pack: &Pack) -> Vec<String> {
        let state = self.state(pack);
        let open = pack.beat(&self.beat).into_iter().flat_map(|beat| beat.open_moves(&state));
        open.map(|a_move| a_move.id.clone()).collect()
    }
}

impl Interpretation {
    /// The moves that are granted, in order.
    pub fn moves(&self) -> impl Iterator<Item = &str> {
        self.readings.iter().filter_map(|reading| match reading {
            crate::Reading::Move(id) => Some(id.as_str()),
            _ => None,
        })
    }
    /// Names of the signs by what a line means, in their order.
    pub fn sense_names() -> &'static [&'static str] {
        &SENSE_NAMES
    }
    /// Names of the signs, in their order.
    pub fn sign_names() -> &'static [&'static str] {
        &NAMES
    }
}
