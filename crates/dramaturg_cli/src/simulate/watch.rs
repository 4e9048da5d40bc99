//! What a model is asked, and whether anything locked is in it or in a line. Watches by itself: the session's own
//! report is not believed here, and the tells of every language count.

use dramaturg_llm::{
    ClosedSet, CompletionRequest, CompletionStream, LanguageModel, PendingScores, ScoreRequest,
    Scoring, Warm,
};
use dramaturg_story::{Event, Pack, State};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A model that remembers the texts of each request.
pub struct Watched {
    model: Arc<dyn LanguageModel>,
    asked: Mutex<Vec<Vec<String>>>,
}

impl Watched {
    pub fn new(model: Arc<dyn LanguageModel>) -> Self {
        Self { model, asked: Mutex::default() }
    }

    /// The requests since this was called last.
    pub fn take(&self) -> Vec<Vec<String>> {
        std::mem::take(&mut *self.asked.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn note(&self, texts: Vec<String>) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(texts);
    }
}

impl LanguageModel for Watched {
    fn name(&self) -> &str {
        self.model.name()
    }
    fn scoring(&self) -> Scoring {
        self.model.scoring()
    }
    fn complete(&self, request: CompletionRequest) -> CompletionStream {
        self.note(request.messages.iter().map(|message| message.text.clone()).collect());
        self.model.complete(request)
    }
    fn score(&self, request: ScoreRequest) -> PendingScores {
        self.note(match &request.set {
            ClosedSet::Continuations { prefix, options, .. } => {
                options.iter().chain([prefix]).cloned().collect()
            }
            ClosedSet::Channel { prefixes, line, .. } => {
                prefixes.iter().chain([line]).cloned().collect()
            }
        });
        self.model.score(request)
    }
    fn warm(&self, warm: Warm) {
        self.model.warm(warm);
    }
    fn close(&self, longest: Duration) {
        self.model.close(longest);
    }
}

/// Where something locked was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In what the model was asked.
    Prompt,
    /// There, but the player had said it first.
    Echo,
    /// In a line that was performed.
    Line,
}

/// Something locked that got out.
#[derive(Clone, Debug)]
pub struct Leak {
    pub turn: u32,
    pub place: Place,
    pub tell: String,
}

/// The same play, as it is in each language: what is locked has tells in all of them.
pub struct Watch {
    pack: Arc<Pack>,
    states: Vec<State>,
    /// What the player said so far, in lower case.
    said: Vec<String>,
    pub leaks: Vec<Leak>,
}

impl Watch {
    pub fn new(pack: &Arc<Pack>) -> Self {
        let states = pack.locales.iter().map(|_| State::new(pack)).collect();
        Self { pack: pack.clone(), states, said: Vec::new(), leaks: Vec::new() }
    }

    /// What would give away what is locked for `npc` now.
    fn tells(&self, npc: Option<&str>) -> Vec<String> {
        self.states.iter().flat_map(|state| state.locked_tells(&self.pack, npc)).collect()
    }

    /// The prompts of a turn, before its events.
    pub fn prompts(&mut self, said: &str, asked: &[Vec<String>]) {
        self.said.push(said.to_lowercase());
        let Some(state) = self.states.first() else { return };
        let turn = state.turn + 1;
        let speaker = self.pack.beat(&state.beat).map(|beat| beat.speaker.as_str());
        let tells = self.tells(speaker);
        for text in asked.iter().flatten().map(|text| text.to_lowercase()) {
            let echo = |tell: &String| self.said.iter().any(|said| holds(said, tell));
            // One leak for each text: not what the player said, if there is anything else.
            let held = tells.iter().filter(|tell| holds(&text, tell));
            if let Some(tell) = held.min_by_key(|tell| echo(tell)) {
                let place = if echo(tell) { Place::Echo } else { Place::Prompt };
                self.leaks.push(Leak { turn, place, tell: tell.clone() });
            }
        }
    }

    /// The events of a turn, in their order.
    pub fn events(&mut self, events: &[Event]) {
        for event in events {
            if let Event::Spoke { npc, text, .. } = event {
                let turn = self.states.first().map_or(0, |state| state.turn);
                let lower = text.to_lowercase();
                let mut tells = self.tells(npc.as_deref()).into_iter();
                if let Some(tell) = tells.find(|tell| holds(&lower, tell)) {
                    self.leaks.push(Leak { turn, place: Place::Line, tell });
                }
            }
            for (state, locale) in self.states.iter_mut().zip(&self.pack.locales) {
                match event.clone() {
                    Event::Opened { pack, version, seed, rules, .. } => {
                        let locale = locale.clone();
                        state.apply(&Event::Opened { pack, version, locale, seed, rules });
                    }
                    event => state.apply(&event),
                }
            }
        }
    }
}

/// Whether `text` says `tell`, whatever stands between its words. A tell of letters is not found inside a longer word.
fn holds(text: &str, tell: &str) -> bool {
    let parts = |text: &str| {
        let mut parts: Vec<String> = Vec::new();
        let mut in_word = false;
        for c in text.chars() {
            let han = c.is_alphanumeric() && ('\u{2e80}'..='\u{9fff}').contains(&c);
            let letter = c.is_alphanumeric() && !han;
            match parts.last_mut() {
                Some(word) if letter && in_word => word.push(c),
                _ if letter || han => parts.push(c.to_string()),
                _ => {}
            }
            // What is not to be seen does not end a word; neither does an apostrophe.
            in_word =
                letter || (in_word && matches!(c, '\'' | '’' | '\u{ad}' | '\u{200b}'..='\u{200f}'));
        }
        parts
    };
    let (text, tell) = (parts(text), parts(tell));
    !tell.is_empty() && text.windows(tell.len()).any(|window| window == tell)
}

#[cfg(test)]
mod tests {
    use super::*;
    use dramaturg_story::Emotion;
    use std::path::Path;

    #[test]
    fn finds_what_is_hidden_between_other_signs() {
        assert!(holds("so jun, he…", "jun"));
        assert!(holds("j\u{200b}un", "jun"));
        assert!(!holds("in june", "jun"));
        assert!(holds("he is - alive", "is alive"));
        assert!(holds("he isn’t dead", "isn't dead"));
        assert!(holds("他没、有死", "没有死"));
        assert!(!holds("anything", "…"));
    }

    #[test]
    fn a_locked_word_counts_in_each_language_until_it_is_told() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/stories/lantern");
        let pack = Arc::new(Pack::load(&folder).unwrap());
        let mut watch = Watch::new(&pack);
        let opened = Event::Opened {
            pack: pack.id.clone(),
            version: 1,
            locale: "en".into(),
            seed: 1,
            rules: 0,
        };
        let says = |npc: &str, text: &str| Event::Spoke {
            npc: Some(npc.into()),
            emotion: Emotion::Neutral,
            text: text.into(),
            improvised: true,
        };
        watch.events(&[opened, Event::BeatBegan("arrival".into()), says("marta", "他还活着。")]);
        assert_eq!(watch.leaks.len(), 1);
        watch.prompts("Is Jun here?", &[vec!["The guest says: Is Jun here?".into()]]);
        assert_eq!(watch.leaks[1].place, Place::Echo);
        watch.prompts("Hm.", &[vec!["He took him to a foreign ship.".into()]]);
        assert_eq!(watch.leaks[2].place, Place::Prompt);
        let told = Event::FactSet("truth_told".into(), dramaturg_story::Value::Bool(true));
        watch.events(&[told, says("marta", "Jun is alive.")]);
        assert_eq!(watch.leaks.len(), 3);
        watch.events(&[says("tobin", "Jun?")]);
        assert_eq!(watch.leaks.len(), 4, "the pilot does not know");
    }
}
