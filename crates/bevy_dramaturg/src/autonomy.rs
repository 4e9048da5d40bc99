//! Whether characters think by themselves while the player reads.

use crate::play::Play;
use bevy_ecs::prelude::*;
use dramaturg_story::Autonomy;

/// How far characters of all plays think while nothing is asked of them: they sum up what was long ago, reflect, and begin to talk
/// where their story's `company` lets them. Off until it is switched on; a change reaches all plays at once. What they thought is kept in their saves.
///
/// ```
/// use bevy_dramaturg::IdleThinking;
/// use bevy_dramaturg::engine::Autonomy;
/// assert_eq!(IdleThinking::default().0, Autonomy::Off);
/// let usual = IdleThinking(Autonomy::idle(true));
/// assert_eq!(usual.0, Autonomy::Idle { thoughts: 2, turns: 5 });
/// ```
#[derive(Resource, Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IdleThinking(pub Autonomy);

/// Tells a change to all plays.
pub(crate) fn tell(thinking: Res<IdleThinking>, plays: Query<&Play>) {
    if thinking.is_changed() && !thinking.is_added() {
        plays.iter().for_each(|play| play.stage().set_autonomy(thinking.0));
    }
}
