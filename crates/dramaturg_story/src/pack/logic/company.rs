//! Several at one table: who answers, who chimes in, who begins to talk by itself.

use serde::Deserialize;

/// How those who are present share the talk. In a pack that says nothing of it, a beat's speaker answers everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Company {
    /// How many may say something to one line of the player besides the one who answers.
    pub chime: u8,
    /// How often characters may begin to talk by themselves while one beat is open: with the player, or with one another in the
    /// player's hearing.
    pub starts: u8,
}

impl Default for Company {
    fn default() -> Self {
        Self { chime: 1, starts: 1 }
    }
}
