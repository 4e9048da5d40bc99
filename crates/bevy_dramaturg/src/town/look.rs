//! Who is near, what they are to the player, and which level they get: a round of it takes some frames.

use super::crowd::{BUDGET_A_FRAME, CHANGES, Crowd, ROUND};
use super::{AttentionChanged, Presence, Town, Townsfolk};
use crate::attention::{Attention, Candidate, Sight};
use crate::mind::Persona;
use crate::play::Play;
use crate::routine::{Cell, Moment};
use crate::story::{CastOf, Conversations, locale_of};
use bevy_ecs::prelude::*;
use dramaturg_mind::Heard;

/// Looks at some of those who are near; gives levels when all were looked at.
pub(super) fn look(
    town: Res<Town>,
    mut crowd: ResMut<Crowd>,
    folk: Query<(&Townsfolk, Option<&Presence>)>,
) {
    let Crowd { haunts, awake, sought, round, changes, .. } = &mut *crowd;
    round.age = round.age.saturating_add(1);
    let now = town.now();
    if !round.runs {
        let due = round.age >= ROUND && changes.is_empty();
        if !due && !round.at_once {
            return;
        }
        changes.clear();
        round.todo = awake.keys().copied().collect();
        round.cells = Cell::near(town.player, town.rules.sleeps_beyond);
        round.found = std::mem::take(sought);
        round.todo.extend(&round.found);
        round.seen.clear();
        (round.age, round.runs) = (0, true);
    }
    let mut left = if round.at_once { usize::MAX } else { BUDGET_A_FRAME };
    while left > 0 {
        left -= 1;
        if let Some(npc) = round.todo.pop() {
            let Ok((folk, presence)) = folk.get(npc) else { continue };
            round.seen.push(candidate(npc, folk, presence, &town));
        } else if let Some(cell) = round.cells.pop() {
            let dormant = haunts.at(cell, now).filter(|npc| !awake.contains_key(npc));
            let new = dormant.filter(|npc| round.found.insert(*npc));
            round.todo.extend(new);
        } else {
            break;
        }
    }
    if !round.todo.is_empty() || !round.cells.is_empty() {
        return;
    }
    (round.runs, round.at_once) = (false, false);
    let level = |npc: &Entity| awake.get(npc).copied().unwrap_or_default();
    let given = town.rules.assign(now, &round.seen);
    // Who goes down makes room for who goes up.
    let (up, down): (Vec<_>, Vec<_>) = given.into_iter().partition(|(npc, to)| *to > level(npc));
    changes.extend(down.into_iter().chain(up));
}

fn candidate(
    npc: Entity,
    folk: &Townsfolk,
    presence: Option<&Presence>,
    town: &Town,
) -> Candidate<Entity> {
    let now = town.now();
    let stretch = presence.map_or_else(|| folk.stretch(now), |is| is.stretch);
    let distance = stretch.spot(now).distance(town.player);
    let talked = folk.talked.map(|then| now.since(then) / 60);
    let sight = Sight {
        distance,
        visible: distance <= town.sees && !folk.schedule.plan().hides(&stretch),
        weight: folk.weight,
        talked: talked.map(|minutes| u32::try_from(minutes).unwrap_or(u32::MAX)),
        addressed: folk.addressed,
    };
    let (is, since) = presence.map_or_else(Default::default, |is| (is.level, is.since));
    Candidate { who: npc, sight, is, since }
}

type Folk<'a> = (
    &'a mut Townsfolk,
    Option<&'a mut Presence>,
    Option<&'a Persona>,
    Option<&'a Play>,
    Has<CastOf>,
);

/// Gives some of the levels that were decided.
pub(super) fn apply(
    mut commands: Commands,
    town: Res<Town>,
    mut crowd: ResMut<Crowd>,
    conversations: Conversations,
    mut told: MessageWriter<AttentionChanged>,
    mut all: Query<Folk>,
) {
    for _ in 0..CHANGES {
        let Some((npc, to)) = crowd.changes.pop_front() else { break };
        let from = crowd.level(npc);
        let Ok((mut folk, presence, persona, play, of_story)) = all.get_mut(npc) else { continue };
        if from == to {
            continue;
        }
        match presence {
            Some(mut presence) if to > Attention::Dormant => {
                presence.level = to;
                presence.since = town.now();
                if to >= Attention::Aware && from < Attention::Aware {
                    presence.barks_at = crowd.bark_after(npc, &town);
                }
            }
            Some(_) => {
                commands.entity(npc).remove::<Presence>();
            }
            None => {
                let presence = crowd.wake(npc, &mut folk, to, &town);
                commands.entity(npc).insert(presence);
            }
        }
        crowd.set_level(npc, to);
        told.write(AttentionChanged { npc, from, to });
        let speaks = to == Attention::Speaking;
        match (play, persona) {
            // Whoever is of a story's cast speaks in its play.
            (None, Some(persona)) if speaks && !of_story => {
                let moment =
                    folk.life.told(&folk.schedule, town.now(), locale_of(&persona.description));
                let save = town.saves.as_deref().map(|folder| folder.join(file_of(&persona.id.0)));
                let play = conversations.begin(npc, persona, &moment, save);
                commands.entity(npc).insert(play);
                // A thread and a pack are enough for one frame.
                break;
            }
            // What was said is on disk, or nothing was.
            (Some(play), _) if !speaks && (town.saves.is_some() || play.turn() == 0) => {
                commands.entity(npc).remove::<Play>();
            }
            _ => {}
        }
    }
}

/// The file of a character's talks: what is neither a letter nor a digit of its id is a line.
fn file_of(id: &str) -> String {
    let kept = |c: char| if c.is_alphanumeric() { c } else { '_' };
    format!("{}.journal", id.chars().map(kept).collect::<String>())
}

impl Crowd {
    /// Somebody is met again: what they missed is made up for.
    fn wake(
        &mut self,
        npc: Entity,
        folk: &mut Townsfolk,
        level: Attention,
        town: &Town,
    ) -> Presence {
        let now = town.now();
        folk.life.live(&folk.schedule, now);
        let mut presence = Presence {
            level,
            since: now,
            stretch: folk.stretch(now),
            due: folk.life.changes_at(&folk.schedule, now),
            barks_at: Moment::NEVER,
            heard: Heard::default(),
        };
        self.stir_at(npc, presence.due);
        if level >= Attention::Aware {
            presence.barks_at = self.bark_after(npc, town);
        }
        presence
    }
}
