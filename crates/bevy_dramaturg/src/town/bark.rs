//! Who is aware speaks up now and then.

use super::crowd::{BARKS, Crowd};
use super::{NpcBarks, Presence, Town, Townsfolk};
use crate::attention::Attention;
use crate::mind::{Mood, Persona};
use crate::routine::{Doing, Moment};
use crate::story::locale_of;
use bevy_ecs::prelude::*;
use dramaturg_mind::Situation;
use std::cmp::Reverse;

/// Who is within so many decimetres is near.
const NEAR: u32 = 60;
/// So many of the last lines are not said by others either, if it can be helped.
const LATELY: usize = 10;

impl Crowd {
    /// Enters when somebody speaks up next.
    pub(super) fn bark_after(&mut self, npc: Entity, town: &Town) -> Moment {
        let (least, most) = town.barks_every;
        let span = u64::from(most.saturating_sub(least)) + 1;
        let wait = u64::from(least.max(1)) + seed(npc, town) % span;
        let at = town.now().after(i64::try_from(wait).unwrap_or(i64::MAX));
        self.barks.push(Reverse((at, npc)));
        at
    }
}

/// Of the town, who, and when.
fn seed(npc: Entity, town: &Town) -> u64 {
    let parts = [town.seed, npc.to_bits(), town.now().seconds() as u64];
    parts.into_iter().fold(0xcbf2_9ce4_8422_2325, |sum: u64, part| {
        let mixed = (sum ^ part).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        mixed ^ (mixed >> 29)
    })
}

type Folk<'a> = (&'a Townsfolk, &'a mut Presence, Option<&'a Persona>, Option<&'a Mood>);

pub(super) fn speak_up(
    town: Res<Town>,
    mut crowd: ResMut<Crowd>,
    mut told: MessageWriter<NpcBarks>,
    mut all: Query<Folk>,
) {
    for _ in 0..BARKS {
        let due = crowd.barks.peek().map(|Reverse(turn)| *turn);
        let Some((at, npc)) = due.filter(|(at, _)| *at <= town.now()) else { break };
        crowd.barks.pop();
        let current =
            all.get(npc).is_ok_and(|(_, is, ..)| is.barks_at == at && is.level >= Attention::Aware);
        if !current {
            continue;
        }
        let near = roles_near(npc, &crowd, &town, &all);
        let next = crowd.bark_after(npc, &town);
        let Ok((folk, mut presence, persona, mood)) = all.get_mut(npc) else { continue };
        presence.barks_at = next;
        let (now, doing) = (town.now(), presence.stretch.doing);
        if doing == Doing::Talking {
            continue;
        }
        let face = mood.map(|mood| mood.face).unwrap_or_default();
        let near: Vec<&str> = near.iter().map(String::as_str).collect();
        let situation = Situation {
            activity: doing.name(folk.schedule.plan()),
            hour: now.hour(),
            face,
            role: &folk.role,
            near: &near,
            wants: &folk.life.wants(&folk.schedule, now),
            lately: crowd.lately.make_contiguous(),
        };
        let chosen = town.barks.choose(&situation, &mut presence.heard, seed(npc, &town));
        if let Some(bark) = chosen {
            let line = presence.heard.last();
            let locale = locale_of(persona.map_or("", |persona| &persona.description));
            told.write(NpcBarks { npc, text: bark.text(locale).to_owned(), face });
            crowd.lately.extend(line);
            if crowd.lately.len() > LATELY {
                crowd.lately.pop_front();
            }
        }
    }
}

/// Roles of the others who are near and aware.
fn roles_near(npc: Entity, crowd: &Crowd, town: &Town, all: &Query<Folk>) -> Vec<String> {
    let now = town.now();
    let Ok((_, here, ..)) = all.get(npc) else { return Vec::new() };
    let here = here.spot(now);
    let others = crowd.aware.iter().filter(|who| **who != npc);
    let near = others.filter_map(|who| all.get(*who).ok());
    let near = near.filter(|(_, is, ..)| is.spot(now).distance(here) <= NEAR);
    near.map(|(folk, ..)| folk.role.clone()).collect()
}
