//! The books that are kept of townsfolk, so that nobody has to be searched for.

use super::{Presence, Townsfolk};
use crate::attention::{Attention, Candidate};
use crate::routine::{Cell, Haunts, Moment};
use bevy_ecs::prelude::*;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

/// So many of those who are near are looked at in one frame.
pub const BUDGET_A_FRAME: usize = 128;

/// Frames from one round of looking at all to the next, at the least.
pub(super) const ROUND: u32 = 20;
/// So many levels change in one frame.
pub(super) const CHANGES: usize = 8;
/// So many people begin something else in one frame. What is left is done in the next ones.
pub(super) const STIRS: usize = 24;
/// So many lines are said in one frame.
pub(super) const BARKS: usize = 2;

/// Somebody whose turn comes at a moment. The earliest is on top.
pub(super) type Turns = BinaryHeap<Reverse<(Moment, Entity)>>;

#[derive(Resource, Default)]
pub(crate) struct Crowd {
    pub haunts: Haunts<Entity>,
    /// All who have a presence.
    pub awake: BTreeMap<Entity, Attention>,
    /// Those of them who speak up.
    pub aware: BTreeSet<Entity>,
    /// Who does something else from then on.
    pub stirs: Turns,
    /// Who might speak up then.
    pub barks: Turns,
    /// Numbers of the lines that were said last.
    pub lately: VecDeque<u16>,
    /// Who was turned to while dormant, wherever they are.
    pub sought: BTreeSet<Entity>,
    pub round: Round,
    /// Levels that are not given yet, those that go down first.
    pub changes: VecDeque<(Entity, Attention)>,
}

/// One look at all who are near, over some frames.
#[derive(Default)]
pub(super) struct Round {
    /// Whose turn it is to be looked at.
    pub todo: Vec<Entity>,
    /// Where there may be others, who are dormant.
    pub cells: Vec<Cell>,
    /// Who was found there.
    pub found: BTreeSet<Entity>,
    pub seen: Vec<Candidate<Entity>>,
    /// Frames since it began.
    pub age: u32,
    pub runs: bool,
    /// The player turned to somebody: it is not to be spread over frames.
    pub at_once: bool,
}

impl Crowd {
    pub fn level(&self, npc: Entity) -> Attention {
        self.awake.get(&npc).copied().unwrap_or_default()
    }
    pub fn set_level(&mut self, npc: Entity, level: Attention) {
        if level == Attention::Dormant {
            self.awake.remove(&npc);
        } else {
            self.awake.insert(npc, level);
        }
        if level >= Attention::Aware {
            self.aware.insert(npc);
        } else {
            self.aware.remove(&npc);
        }
    }
}

/// Somebody came to town: their day is entered in the book of haunts.
pub(super) fn settle_in(
    added: On<Add, Townsfolk>,
    mut crowd: ResMut<Crowd>,
    folk: Query<&Townsfolk>,
) {
    if let Ok(folk) = folk.get(added.entity) {
        crowd.haunts.add(added.entity, &folk.schedule);
    }
}

/// Somebody left it.
pub(super) fn move_out(
    removed: On<Remove, Townsfolk>,
    mut commands: Commands,
    mut crowd: ResMut<Crowd>,
    folk: Query<&Townsfolk>,
) {
    let npc = removed.entity;
    if let Ok(folk) = folk.get(npc) {
        crowd.haunts.remove(npc, &folk.schedule);
    }
    crowd.set_level(npc, Attention::Dormant);
    if let Ok(mut npc) = commands.get_entity(npc) {
        npc.try_remove::<Presence>();
    }
}
