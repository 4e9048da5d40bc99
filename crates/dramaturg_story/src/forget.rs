//! Erasing a person from a play.

use crate::{Event, Pack, State};
use dramaturg_llm::Answer;
use dramaturg_mind::{FactKind, Promised};

/// Whom to erase, and by which names they are spoken of.
pub(crate) struct Erasure {
    who: String,
    names: Vec<String>,
    /// Matters of gossip about them.
    matters: Vec<String>,
}

impl Erasure {
    pub(crate) fn of(state: &State, pack: &Pack, who: &str) -> Self {
        let told = state.memories.values().flat_map(|memory| memory.facts().all());
        let told = told.filter(|fact| fact.about == who && fact.kind == FactKind::Name);
        let mut names: Vec<String> = told.map(|fact| fact.value.to_lowercase()).collect();
        if who != "player" {
            let shown = pack.locales.iter().map(|locale| pack.display_name(locale, who));
            names.extend(shown.map(|name| name.to_lowercase()));
        }
        names.retain(|name| !name.is_empty());
        let matters = pack.gossip.matters.iter().filter(|(_, matter)| matter.about == who);
        let matters = matters.map(|(name, _)| name.clone()).collect();
        Self { who: who.to_owned(), names, matters }
    }

    fn tells(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        self.names.iter().any(|name| lower.contains(name.as_str()))
    }

    /// The event without what is erased; none where nothing is. The words of the player are erased for the player, and with
    /// them all that a model wrote, since it may repeat them.
    pub(crate) fn redacted(&self, event: &Event) -> Option<Event> {
        let player = self.who == "player";
        match event {
            Event::PlayerSaid { text, model, to } if player || self.tells(text) => {
                let (text, to) = (String::new(), to.clone());
                Some(Event::PlayerSaid { text, model: *model, to })
            }
            // What was told of somebody, or by them, is erased with its way.
            Event::Told { by, to, matter, text, through, at }
                if through.contains(&self.who)
                    || self.matters.contains(matter)
                    || *to == self.who
                    || *by == self.who
                    || self.tells(text) =>
            {
                let (by, to, matter, at) = (by.clone(), to.clone(), matter.clone(), *at);
                Some(Event::Told { by, to, matter, text: String::new(), through: Vec::new(), at })
            }
            // What the words of the player meant goes with them.
            Event::Likened(_) if player => Some(Event::Likened(Vec::new())),
            Event::Answered { request, answer } => {
                let text = match answer {
                    Answer::Text { text, .. } | Answer::Failed { text, .. } => text.as_str(),
                    _ => return None,
                };
                (player || self.tells(text)).then(|| {
                    let answer = Answer::Text { lead: None, text: String::new() };
                    Event::Answered { request: *request, answer }
                })
            }
            Event::Spoke { npc, emotion, text, improvised }
                if (player && *improvised)
                    || npc.as_deref() == Some(self.who.as_str())
                    || self.tells(text) =>
            {
                let (npc, text) = (npc.clone(), String::new());
                Some(Event::Spoke { npc, emotion: *emotion, text, improvised: *improvised })
            }
            Event::Promised { by, to, promise, promised }
                if *by == self.who || self.tells(&promised.what) =>
            {
                let promised = Promised { what: String::new(), due: promised.due };
                let (by, to, promise) = (by.clone(), to.clone(), promise.clone());
                Some(Event::Promised { by, to, promise, promised })
            }
            // What is felt about a person is a trace of what they did.
            Event::Appraised { npc, about, .. } if *about == self.who || *npc == self.who => {
                let (npc, about) = (npc.clone(), String::new());
                Some(Event::Appraised { npc, about, because: String::new(), felt: Vec::new() })
            }
            _ => None,
        }
        .filter(|redacted| redacted != event)
    }
}
