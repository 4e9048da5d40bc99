//! The player turns to somebody, and away again.

use super::crowd::Crowd;
use super::{PlayerApproaches, PlayerLeaves, Presence, Town, Townsfolk};
use bevy_ecs::prelude::*;

pub(super) fn meet(
    town: Res<Town>,
    mut crowd: ResMut<Crowd>,
    mut approaches: MessageReader<PlayerApproaches>,
    mut leaves: MessageReader<PlayerLeaves>,
    mut all: Query<(&mut Townsfolk, Option<&mut Presence>)>,
) {
    let now = town.now();
    for PlayerLeaves { npc } in leaves.read() {
        let Ok((mut folk, presence)) = all.get_mut(*npc) else { continue };
        if !folk.addressed {
            continue;
        }
        let Townsfolk { schedule, life, .. } = &mut *folk;
        life.release(schedule, now);
        if let Some(mut presence) = presence {
            presence.go_on(life, schedule, now);
            crowd.stir_at(*npc, presence.due);
        }
        (folk.addressed, folk.talked) = (false, Some(now));
    }
    for PlayerApproaches { npc } in approaches.read() {
        let Ok((mut folk, presence)) = all.get_mut(*npc) else {
            tracing::warn!("{npc} has no Townsfolk: a persona alone has its play already");
            continue;
        };
        let Townsfolk { schedule, life, .. } = &mut *folk;
        life.hold(schedule, now);
        if let Some(mut presence) = presence {
            presence.go_on(life, schedule, now);
        }
        folk.addressed = true;
        // All are looked at in this frame, so that who is turned to has a place as soon as another's was taken away.
        crowd.round.at_once = true;
        crowd.round.runs = false;
        if !crowd.awake.contains_key(npc) {
            crowd.sought.insert(*npc);
        }
    }
}
