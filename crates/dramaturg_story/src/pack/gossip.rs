//! Whether what a pack says of gossip fits together.

use super::Pack;
use super::logic::{HEARD, Matter, Tie};
use super::names::nearest;
use super::part::Part;
use super::tree::Spot;
use crate::PackError;
use std::collections::BTreeSet;

const PLAYER: &str = "player";
/// The most that something can matter.
const MOST: u8 = 10;

/// Checks one file against the whole pack.
///
/// # Errors
/// Where somebody, a move or a secret is not there, a matter has no words or nobody who knows of it, a number is out of its
/// bounds, or two characters have one alias.
pub(super) fn check(pack: &Pack, part: &Part) -> Result<(), PackError> {
    let check = Check { pack, part };
    let (gossip, root) = (&part.logic.gossip, part.root().get("gossip"));
    for (name, matter) in &gossip.matters {
        check.matter(name, matter, root.get("matters"))?;
    }
    for (index, tie) in gossip.ties.iter().enumerate() {
        check.tie(tie, root.get("ties").nth(index))?;
    }
    if let Some(sayings) = &gossip.sayings {
        check.importance(sayings.importance, root.get("sayings").is_in_some().get("importance"))?;
        check.hops(sayings.hops, root.get("sayings").is_in_some().get("hops"))?;
    }
    for (npc, character) in &part.logic.cast {
        for alias in &character.aliases {
            check.alias(npc, alias, part.root().get("cast").get(npc).get("aliases"))?;
        }
    }
    Ok(())
}

/// Notes of each matter whether a condition asks who has heard of it.
pub(super) fn note_readers(pack: &mut Pack) {
    let names = pack.conditions.iter().flat_map(|written| written.condition.names());
    let read: BTreeSet<String> = names
        .filter_map(|name| name.strip_prefix(HEARD)?.rsplit_once('.'))
        .map(|(matter, _)| matter.to_owned())
        .collect();
    for (name, matter) in &mut pack.gossip.matters {
        matter.is_read = read.contains(name);
    }
}

struct Check<'p> {
    pack: &'p Pack,
    part: &'p Part,
}

impl Check<'_> {
    fn fail(&self, at: usize, message: String, help: &str) -> Result<(), PackError> {
        Err(self.part.written.error(at, message, help))
    }

    fn npc(&self, npc: &str, at: usize) -> Result<(), PackError> {
        if self.pack.cast.contains_key(npc) {
            return Ok(());
        }
        self.fail(at, format!("there is no character '{npc}'"), &nearest(npc, self.pack.cast()))
    }

    fn matter(&self, name: &str, matter: &Matter, matters: Spot) -> Result<(), PackError> {
        let spot = matters.get(name);
        for (at, npc) in spot.get("knows").names() {
            self.npc(npc, at)?;
        }
        for made in &matter.after {
            self.a_move(made, spot.get("after").text_at(made))?;
        }
        if !matter.about.is_empty() && matter.about != PLAYER {
            self.npc(&matter.about, spot.get("about").at())?;
        }
        if matter.after.is_empty() && matter.knows.is_empty() {
            let message = format!("nobody knows of '{name}', so nobody tells it");
            let help = "say after which moves it is known, `after: [\"inn.show_ring\"]`, or who `knows` it when";
            return self.fail(matters.name_at(name), message, help);
        }
        if let Some(secret) = &matter.secret
            && !self.pack.secrets.contains_key(secret)
        {
            let help = nearest(secret, self.pack.secrets.keys().map(String::as_str));
            let at = spot.get("secret").is_in_some().at();
            return self.fail(at, format!("there is no secret '{secret}'"), &help);
        }
        self.importance(matter.importance, spot.get("importance"))?;
        self.hops(matter.hops, spot.get("hops"))?;
        let section = format!("gossip {name}");
        let first = self.pack.locales.first().map(String::as_str).unwrap_or_default();
        if !self.pack.prose(first).can_perform(&section) {
            let message = format!("'{name}' has no words");
            let help =
                format!("write '# {section}' and under it a list item, as who tells it says it");
            return self.fail(matters.name_at(name), message, &help);
        }
        Ok(())
    }

    fn a_move(&self, made: &str, at: usize) -> Result<(), PackError> {
        let beats = self.pack.beats();
        let is = |(beat, id): (&str, &str)| {
            self.pack.beat(beat).is_some_and(|beat| beat.moves.iter().any(|m| m.id == id))
        };
        if made.split_once('.').is_some_and(is) {
            return Ok(());
        }
        let all: Vec<String> = beats
            .iter()
            .flat_map(|beat| beat.moves.iter().map(|m| format!("{}.{}", beat.id, m.id)))
            .collect();
        let help = nearest(made, all.iter().map(String::as_str));
        self.fail(at, format!("there is no move '{made}'"), &help)
    }

    fn tie(&self, tie: &Tie, spot: Spot) -> Result<(), PackError> {
        self.npc(&tie.who, spot.get("who").at())?;
        tie.tells.iter().try_for_each(|npc| self.npc(npc, spot.get("tells").text_at(npc)))?;
        if tie.tells.is_empty() || tie.tells.contains(&tie.who) {
            let message = format!("'{}' tells nobody else", tie.who);
            let at =
                if tie.tells.is_empty() { spot.at() } else { spot.get("tells").text_at(&tie.who) };
            return self.fail(at, message, "name those who are told in `tells`");
        }
        if tie.after < 0 {
            let message = format!("{} minutes lie in the past", tie.after);
            return self.fail(spot.get("after").at(), message, "write 0 or more");
        }
        // Up to three more than the most are never reached.
        self.within(tie.least, MOST + 3, spot.get("least"), "`least` is from 0 to 13")
    }

    fn importance(&self, importance: u8, spot: Spot) -> Result<(), PackError> {
        self.within(importance, MOST, spot, "importance is from 0 to 10")
    }

    fn within(&self, number: u8, most: u8, spot: Spot, help: &str) -> Result<(), PackError> {
        if number <= most {
            return Ok(());
        }
        self.fail(spot.at(), format!("{number} is more than anything matters"), help)
    }

    fn hops(&self, hops: u8, spot: Spot) -> Result<(), PackError> {
        if hops > 0 {
            return Ok(());
        }
        let help = "write 1 where only those tell it who know of it first";
        self.fail(spot.at(), "what is told on 0 times is not told".into(), help)
    }

    fn alias(&self, npc: &str, alias: &str, spot: Spot) -> Result<(), PackError> {
        let lower = alias.to_lowercase();
        if lower.trim().is_empty() {
            return self.fail(spot.text_at(alias), "an alias has no letters".into(), "take it out");
        }
        let same = |other: &&str| {
            *other != npc
                && self.pack.names_of(other).iter().any(|name| name.to_lowercase() == lower)
        };
        let Some(other) = self.pack.cast().find(same) else { return Ok(()) };
        let message = format!("'{alias}' is a name of '{other}', too");
        self.fail(spot.text_at(alias), message, "who is called by it could be either: take one out")
    }
}
