use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;

/// What can be journaled.
pub trait Entry: Serialize + DeserializeOwned + Clone {
    /// Names the kind of journal; a file of another schema is foreign.
    const SCHEMA: &'static str;
    /// Version of the entries' shape, stored with each.
    const VERSION: u32;
    /// A short name of the entry's kind, for people who look into the file.
    fn kind(&self) -> &'static str;
    /// The JSON of an older version in today's shape; none when it can't be read any more.
    fn upgrade(version: u32, json: serde_json::Value) -> Option<serde_json::Value> {
        (version == Self::VERSION).then_some(json)
    }
}

/// Number of a turn, from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Turn(pub u32);

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Place of an entry in the journal, from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Seq(pub u64);

/// An entry with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored<E> {
    /// Its place.
    pub seq: Seq,
    /// Its turn.
    pub turn: Turn,
    /// What happened.
    pub entry: E,
}
