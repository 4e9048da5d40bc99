//! Erasing a person from a play.

use crate::{Event, Pack, State};
use dramaturg_llm::Answer;
use dramaturg_mind::action::{Outcome, Step};
use dramaturg_mind::{FactKind, Memory, Promised, Reflection, Summary};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// Whom to erase, and by which names they are spoken of.
pub(crate) struct Erasure {
    who: String,
    names: Vec<String>,
    /// Matters of gossip about them.
    matters: Vec<String>,
    /// Who remembers a line of theirs or about them: what they thought may hold it in other words.
    hearers: BTreeSet<String>,
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
        let mut erasure = Self { who: who.to_owned(), names, matters, hearers: BTreeSet::new() };
        let heard = |memory: &Memory| {
            memory.lines().iter().any(|line| {
                line.speaker == who
                    || line.through.iter().any(|one| one == who)
                    || erasure.tells(&line.text)
            })
        };
        let hearers = state.memories.iter().filter(|(npc, memory)| {
            let told = |matter: &String| state.heard_through(matter, npc).is_some();
            *npc == who || heard(memory) || erasure.matters.iter().any(told)
        });
        erasure.hearers = hearers.map(|(npc, _)| npc.clone()).collect();
        erasure
    }

    fn tells(&self, text: &str) -> bool {
        let lower = text.to_lowercase();
        self.names.iter().any(|name| lower.contains(name.as_str()))
    }

    fn is_told_by(&self, step: &Step) -> bool {
        self.tells(&step.call.arguments.to_string()) || self.tells(&format!("{:?}", step.outcome))
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
            Event::Sensed(_) if player => Some(Event::Sensed(Vec::new())),
            Event::Recalled { npc, .. } if player => {
                Some(Event::Recalled { npc: npc.clone(), lines: Vec::new() })
            }
            Event::Consulted { npc, .. } if player => {
                Some(Event::Consulted { npc: npc.clone(), passages: Vec::new() })
            }
            // A thought stands on many lines, in other words than theirs, and counts them: it can be thought anew without them.
            Event::SummedUp { npc, summary }
                if self.hearers.contains(npc) || self.tells(&summary.text) =>
            {
                let (npc, summary) =
                    (npc.clone(), Summary { text: String::new(), from: 0, until: 0 });
                Some(Event::SummedUp { npc, summary })
            }
            Event::Reflected { npc, reflection }
                if self.hearers.contains(npc) || self.tells(&reflection.text) =>
            {
                let reflection =
                    Reflection { text: String::new(), evidence: Vec::new(), day: reflection.day };
                Some(Event::Reflected { npc: npc.clone(), reflection })
            }
            Event::Promised { by, to, promise, promised }
                if player || *by == self.who || self.tells(&promised.what) =>
            {
                let (by, to, promise) = (by.clone(), to.clone(), promise.clone());
                let promised = Promised { what: String::new(), due: promised.due };
                Some(Event::Promised { by, to, promise, promised })
            }
            Event::Called { npc, step } if player || self.is_told_by(step) => {
                Some(Event::Called { npc: npc.clone(), step: bare(step) })
            }
            Event::Answered { request, answer } => {
                let text = match answer {
                    Answer::Text { text, .. } | Answer::Failed { text, .. } => text.clone(),
                    Answer::Calls { text, calls, .. } => format!("{text} {calls:?}"),
                    Answer::Scores(_) => return None,
                };
                (player || self.tells(&text)).then(|| {
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
            // What is felt about a person is a trace of what they did; and but for what a character reached by itself, all is felt
            // because of what the player did.
            Event::Appraised { npc, about, because, .. }
                if *about == self.who
                    || *npc == self.who
                    || (player && !because.starts_with("goal ")) =>
            {
                let (npc, about) = (npc.clone(), String::new());
                Some(Event::Appraised { npc, about, because: String::new(), felt: Vec::new() })
            }
            _ => None,
        }
        .filter(|redacted| redacted != event)
    }
}

/// A step without what was filled in and what came of it.
fn bare(step: &Step) -> Step {
    let mut step = step.clone();
    step.call.arguments = Json::Object(Default::default());
    step.outcome = match step.outcome {
        Outcome::Done(_) => Outcome::Done(Json::Null),
        Outcome::Failed(_) => Outcome::Failed(String::new()),
        Outcome::Refused(_) => Outcome::Refused(String::new()),
    };
    step
}
