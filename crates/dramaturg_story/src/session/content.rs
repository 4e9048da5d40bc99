//! What is left out for a player who does not want to meet it.

use super::Turn;
use crate::director::Avoided;
use crate::pack::{Line, is_chinese};
use dramaturg_mind::Emotion;

/// Said where nothing else is left to be said.
const LEFT_OUT: [&str; 2] = ["Some of it is left untold.", "有些事，就略过不提了。"];

/// What of a section may be performed: its lines, and which of its alternatives.
pub(super) struct Fit<'s> {
    pub(super) lines: Vec<&'s Line>,
    pub(super) bullets: Vec<u32>,
}

impl Turn<'_> {
    pub(super) fn avoided(&self) -> Avoided {
        Avoided::of(&self.pack, self.state)
    }

    /// What of these may be performed; none where there was something and all of it is left out.
    pub(super) fn fit<'s>(
        &self,
        lines: &'s [Line],
        bullets: &[(Emotion, String)],
    ) -> Option<Fit<'s>> {
        let avoided = self.avoided();
        let prose = self.pack.prose(&self.state.locale);
        let lines_fit: Vec<&Line> =
            lines.iter().filter(|line| !avoided.leaves_out(prose, &line.text)).collect();
        let bullets_fit: Vec<u32> = bullets
            .iter()
            .zip(0..)
            .filter(|((_, text), _)| !avoided.leaves_out(prose, text))
            .map(|(_, at)| at)
            .collect();
        let all_out = lines_fit.is_empty() && bullets_fit.is_empty();
        let is_some = !lines.is_empty() || !bullets.is_empty();
        (!(all_out && is_some)).then_some(Fit { lines: lines_fit, bullets: bullets_fit })
    }

    /// Whether there is something to perform in a section, and all of it is left out.
    pub(super) fn is_left_out(&self, section: &str) -> bool {
        let prose = self.pack.prose(&self.state.locale);
        let (_, lines, bullets) = prose.performed(section, self.state);
        self.fit(lines, bullets).is_none()
    }

    /// The ways of turning something aside that may be spoken.
    pub(super) fn fit_ways(&self, mut ways: Vec<(Emotion, String)>) -> Vec<(Emotion, String)> {
        let avoided = self.avoided();
        let prose = self.pack.prose(&self.state.locale);
        ways.retain(|(_, text)| !avoided.leaves_out(prose, text));
        ways
    }

    /// The line for where all else is left out, in the language of the play or in English.
    pub(super) fn left_out(&self) -> Line {
        let text = LEFT_OUT[usize::from(is_chinese(&self.state.locale))].to_owned();
        Line { npc: None, emotion: Emotion::Neutral, text }
    }
}
