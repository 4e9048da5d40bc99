//! All that was said in a play.

use bevy::prelude::*;
use bevy_dramaturg::engine::Emotion;
use bevy_dramaturg::prelude::*;

/// Who said a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Speaker {
    /// The player.
    Player,
    /// A character, by its name.
    Npc(String),
    /// Nobody: it was told.
    Narrator,
}

/// A line of the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Who said it.
    pub speaker: Speaker,
    /// The words.
    pub text: String,
    /// The face to it.
    pub emotion: Emotion,
    /// The player's turn in which it was said, for [`RollBackPlay`](bevy_dramaturg::RollBackPlay); 0 is the opening.
    pub turn: u32,
}

/// All lines of the play, oldest first. On the entity of the story.
#[derive(Component, Clone, Debug, Default)]
pub struct History {
    lines: Vec<HistoryEntry>,
    face: Emotion,
}

impl History {
    /// All lines, oldest first.
    pub fn lines(&self) -> &[HistoryEntry] {
        &self.lines
    }
}

pub(crate) fn keep(
    mut histories: Query<(&mut History, Option<&Play>)>,
    mut opened: MessageReader<PlayOpened>,
    mut says: MessageReader<PlayerSays>,
    mut spoken: MessageReader<NpcSpeaks>,
    personas: Query<&Persona>,
) {
    for opened in opened.read() {
        let Ok((mut history, Some(play))) = histories.get_mut(opened.play) else { continue };
        let name = |id: &str| {
            let persona = play.npc(id).and_then(|npc| personas.get(npc).ok());
            persona.map_or_else(|| id.to_owned(), |persona| persona.name.clone())
        };
        let speaker = |id: &Option<String>| match id.as_deref() {
            Some("player") => Speaker::Player,
            Some(id) => Speaker::Npc(name(id)),
            None => Speaker::Narrator,
        };
        let lines = opened.history.iter().map(|line| HistoryEntry {
            speaker: speaker(&line.speaker),
            text: line.text.clone(),
            emotion: line.emotion,
            turn: line.turn,
        });
        history.lines = lines.collect();
    }
    for says in says.read() {
        let Ok((mut history, Some(play))) = histories.get_mut(says.play) else { continue };
        let text = says.text.trim().to_owned();
        let (speaker, emotion, turn) = (Speaker::Player, Emotion::Neutral, play.turn() + 1);
        if !text.is_empty() {
            history.lines.push(HistoryEntry { speaker, text, emotion, turn });
        }
    }
    for spoken in spoken.read() {
        let Ok((mut history, play)) = histories.get_mut(spoken.play) else { continue };
        if let Speech::Began { emotion, .. } = &spoken.speech {
            history.face = *emotion;
        }
        let Some(text) = spoken.line() else { continue };
        let persona = spoken.npc.and_then(|npc| personas.get(npc).ok());
        let speaker = persona.map_or(Speaker::Narrator, |p| Speaker::Npc(p.name.clone()));
        // What is said belongs to the player's turn before it, also when the turn is not over yet.
        let open = history.lines.last().map_or(0, |line| line.turn);
        let turn = open.max(play.map_or(0, Play::turn));
        let entry = HistoryEntry { speaker, text: text.to_owned(), emotion: history.face, turn };
        history.lines.push(entry);
    }
}
