//! Authored lines that hold the tell of a secret, and whether one is spoken while that is locked for who speaks it.

use crate::director::contains_word;
use crate::{Line, Pack, State};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A line that was spoken too early.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Leak {
    pub(super) secret: String,
    pub(super) tell: String,
    pub(super) locale: String,
    pub(super) section: String,
    pub(super) text: String,
    /// Who speaks it; none for narration.
    pub(super) npc: Option<String>,
}

/// The tells of all secrets, and the sections that hold one.
#[derive(Default)]
pub(super) struct Tells {
    /// Secret and tell, in lower case.
    tells: Vec<(String, String)>,
    sections: BTreeMap<String, BTreeSet<String>>,
    watched: Arc<BTreeSet<String>>,
    /// Of each secret, the names that its conditions read.
    names: BTreeMap<String, BTreeSet<String>>,
}

impl Tells {
    pub(super) fn new(pack: &Pack) -> Self {
        let mut all = Self::default();
        for (id, secret) in &pack.secrets {
            let conditions = secret.knows.values().chain([&secret.unlocked_when]);
            let names = conditions.flat_map(|c| c.names()).map(str::to_owned).collect();
            all.names.insert(id.clone(), names);
            for locale in &pack.locales {
                let bullets = pack.prose(locale).bullets(&format!("secret {id}/tells"));
                all.tells.extend(bullets.iter().map(|(_, tell)| (id.clone(), tell.to_lowercase())));
            }
        }
        all.tells.sort();
        all.tells.dedup();
        for locale in &pack.locales {
            for (section, _, lines, bullets) in pack.prose(locale).spoken() {
                if !is_performed(section) {
                    continue;
                }
                let texts = lines.iter().map(|line| &line.text).chain(bullets.iter().map(|b| &b.1));
                for text in texts {
                    let held: Vec<String> = all.in_text(text).map(|t| t.0.to_owned()).collect();
                    if !held.is_empty() {
                        all.sections.entry(section.to_owned()).or_default().extend(held);
                    }
                }
            }
        }
        all.watched = Arc::new(all.sections.keys().cloned().collect());
        all
    }

    /// The secrets and tells in a text.
    fn in_text<'t>(&'t self, text: &str) -> impl Iterator<Item = (&'t str, &'t str)> {
        let lower = text.to_lowercase();
        let held = self.tells.iter().filter(move |(_, tell)| contains_word(&lower, tell));
        held.map(|(secret, tell)| (secret.as_str(), tell.as_str()))
    }
    /// The sections that hold a tell.
    pub(super) fn watched(&self) -> Arc<BTreeSet<String>> {
        self.watched.clone()
    }
    fn of_sections(&self, is_meant: impl Fn(&str) -> bool) -> impl Iterator<Item = &String> {
        let sections = self.sections.iter().filter(move |(section, _)| is_meant(section));
        sections
            .flat_map(|(_, secrets)| secrets)
            .filter_map(|secret| self.names.get(secret))
            .flatten()
    }
    /// The names that unlock what stands in a beat's lines.
    pub(super) fn names_in(&self, beat: &str) -> impl Iterator<Item = &String> {
        let prefix = format!("beat {beat}/");
        self.of_sections(move |section| section.starts_with(&prefix))
    }
    /// The names that unlock what stands in lines that are not a beat's.
    pub(super) fn names_anywhere(&self) -> BTreeSet<String> {
        self.of_sections(|section| !section.starts_with("beat ")).cloned().collect()
    }
    /// Sections of a character's ways of turning aside that hold a tell.
    pub(super) fn ways(&self, npc: &str) -> impl Iterator<Item = &String> {
        let prefix = format!("cast {npc}/");
        self.watched.iter().filter(move |section| section.starts_with(&prefix))
    }

    /// The lines of a section that give away, in that state, what is locked for their speakers: in every language.
    pub(super) fn leaks(
        &self,
        pack: &Pack,
        state: &State,
        section: &str,
        speaker: &str,
    ) -> Vec<Leak> {
        let mut leaks = Vec::new();
        for locale in &pack.locales {
            let (_, lines, bullets) = pack.prose(locale).performed(section, state);
            let bullets = bullets.iter().map(|bullet| Line::of_bullet(bullet, speaker));
            for line in lines.iter().cloned().chain(bullets) {
                for (secret, tell) in self.in_text(&line.text) {
                    // Of what the player has switched off nothing is said, whatever is written.
                    let off = pack
                        .secrets
                        .get(secret)
                        .is_some_and(|s| s.content.iter().any(|note| state.avoids(note)));
                    let open = pack
                        .secrets
                        .get(secret)
                        .is_none_or(|s| s.is_open(line.npc.as_deref(), state));
                    if !open && !off {
                        leaks.push(Leak {
                            secret: secret.into(),
                            tell: tell.into(),
                            locale: locale.clone(),
                            section: section.into(),
                            text: line.text.clone(),
                            npc: line.npc.clone(),
                        });
                    }
                }
            }
        }
        leaks
    }
}

/// Whether the lines of a section are spoken aloud.
pub(super) fn is_performed(section: &str) -> bool {
    let Some((owner, part)) = section.split_once('/') else {
        return section.starts_with("action ") || section.starts_with("ending ");
    };
    let last = part.rsplit('/').next().unwrap_or_default();
    match owner.split(' ').next() {
        Some("beat") if part.starts_with("move ") => {
            matches!(last, "reply" | "refuse" | "ask" | "invite")
        }
        Some("beat") => true,
        Some("scene") => part == "open",
        Some("cast") => part.starts_with("deflect") || part == "silence",
        _ => false,
    }
}
