//! Whether what a pack says of feelings fits together.

use super::Pack;
use super::logic::{Beat, Character, Move};
use super::names::nearest;
use super::part::Part;
use super::tree::Spot;
use crate::PackError;
use dramaturg_mind::emotion::Appraisal;

/// Checks one file against the whole pack.
///
/// # Errors
/// Where a personality and a temperament contradict one another, an appraisal says nothing or contradicts itself, or
/// somebody is to feel or to be in the mood who has no personality.
pub(super) fn check(pack: &Pack, part: &Part) -> Result<(), PackError> {
    let check = Check { pack, part };
    for (npc, character) in &part.logic.cast {
        check.character(npc, character, part.root().get("cast").get(npc))?;
    }
    let lists = [("beats", &part.logic.beats), ("storylets", &part.logic.storylets)];
    for (list, beats) in lists {
        for (index, beat) in beats.iter().enumerate() {
            check.beat(beat, part.root().get(list).nth(index))?;
        }
    }
    Ok(())
}

struct Check<'p> {
    pack: &'p Pack,
    part: &'p Part,
}

impl Check<'_> {
    fn fail(&self, at: usize, message: String, help: &str) -> Result<(), PackError> {
        Err(self.part.written.error(at, message, help))
    }

    fn character(&self, npc: &str, character: &Character, spot: Spot) -> Result<(), PackError> {
        if character.personality.is_some() && spot.get("temperament").at() != 0 {
            let message = format!("'{npc}' has a personality and a temperament");
            let help = "the temperament follows from the personality: take one of them out";
            return self.fail(spot.name_at("temperament"), message, help);
        }
        for (index, action) in character.actions().iter().enumerate() {
            if action.stance.is_some() && character.personality.is_none() {
                let at = spot.get("actions").nth(index).name_at("stance");
                let message = format!("'{npc}' is always in the mood: there is no personality");
                return self.fail(at, message, "give the character a `personality: ()`");
            }
        }
        Ok(())
    }

    fn beat(&self, beat: &Beat, spot: Spot) -> Result<(), PackError> {
        for (index, a_move) in beat.moves.iter().enumerate() {
            self.a_move(a_move, spot.get("moves").nth(index).get("appraise"))?;
        }
        Ok(())
    }

    fn a_move(&self, a_move: &Move, spot: Spot) -> Result<(), PackError> {
        for (npc, appraisal) in &a_move.appraise {
            let at = spot.name_at(npc);
            let Some(character) = self.pack.cast.get(npc) else {
                let message = format!("there is no character '{npc}'");
                return self.fail(at, message, &nearest(npc, self.pack.cast()));
            };
            if character.personality.is_none() {
                let message = format!("'{npc}' appraises nothing: there is no personality");
                return self.fail(at, message, "give the character a `personality: ()`");
            }
            if let Some(fault) = appraisal.fault() {
                let message = format!("what the move '{}' means to '{npc}': {fault}", a_move.id);
                return self.fail(at, message, "see 'Feelings' in the pack format");
            }
            self.fortune(appraisal, spot.get(npc).get("fortune"))?;
        }
        Ok(())
    }

    fn fortune(&self, appraisal: &Appraisal, spot: Spot) -> Result<(), PackError> {
        match &appraisal.fortune {
            Some(fortune) if !is_somebody(self.pack, &fortune.who) => {
                let known = self.pack.cast().chain(["player"]);
                let message = format!("there is no character '{}'", fortune.who);
                self.fail(spot.text_at(&fortune.who), message, &nearest(&fortune.who, known))
            }
            _ => Ok(()),
        }
    }
}

fn is_somebody(pack: &Pack, who: &str) -> bool {
    who == "player" || pack.cast.contains_key(who)
}
