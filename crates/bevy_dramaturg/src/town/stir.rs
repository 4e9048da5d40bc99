//! Whoever is awake does something else when its time has come: a queue by time, so that nobody is asked in between.

use super::crowd::{Crowd, STIRS};
use super::{Presence, Town, Townsfolk};
use crate::routine::Moment;
use bevy_ecs::prelude::*;
use std::cmp::Reverse;

impl Crowd {
    pub(super) fn stir_at(&mut self, npc: Entity, due: Moment) {
        if due < Moment::NEVER {
            self.stirs.push(Reverse((due, npc)));
        }
    }
}

pub(super) fn stir(
    town: Res<Town>,
    mut crowd: ResMut<Crowd>,
    mut folk: Query<(&mut Townsfolk, &mut Presence)>,
) {
    for _ in 0..STIRS {
        let due = crowd.stirs.peek().map(|Reverse(turn)| *turn);
        let Some((due, npc)) = due.filter(|(due, _)| *due <= town.now()) else { break };
        crowd.stirs.pop();
        let Ok((mut folk, mut presence)) = folk.get_mut(npc) else { continue };
        // An entry of before somebody was dormant, or stood and talked.
        if presence.due != due {
            continue;
        }
        let Townsfolk { schedule, life, .. } = &mut *folk;
        presence.go_on(life, schedule, town.now());
        crowd.stir_at(npc, presence.due);
    }
}

impl Presence {
    /// Shows what somebody does now.
    pub(super) fn go_on(
        &mut self,
        life: &mut crate::routine::Life,
        schedule: &crate::routine::Schedule,
        now: Moment,
    ) {
        life.live(schedule, now);
        self.stretch = life.stretch(schedule, now);
        self.due = life.changes_at(schedule, now);
    }
}
