//! How far characters do by themselves what nobody asked of them: one switch for all of it.

/// How far characters think, and begin to talk, by themselves while nothing is asked of them. What they tell each other out of the
/// player's hearing is the story's, and goes on in any case.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Autonomy {
    /// Not at all. What they thought before is kept.
    #[default]
    Off,
    /// At most `thoughts` within any `turns` turns of the player, all characters together; they begin to talk as often as the
    /// pack's `company` lets them.
    Idle {
        /// How many thoughts.
        thoughts: u32,
        /// Within how many turns.
        turns: u32,
    },
}

impl Autonomy {
    /// The usual measure: two thoughts in five turns.
    pub const USUAL: Self = Self::Idle { thoughts: 2, turns: 5 };
    /// The usual measure, or none: one switch.
    pub fn idle(on: bool) -> Self {
        if on { Self::USUAL } else { Self::Off }
    }
}
