//! Promises made in talk: 'I will bring you the key tomorrow', '明天我把钥匙带给你'. Recognised by rules, in English and
//! Chinese, without a model; when they are due is counted on the story's clock.
//!
//! ```
//! let promise = dramaturg_mind::promise_in("I'll bring you the key tomorrow morning.", 22 * 60).unwrap();
//! assert_eq!(promise.what, "bring you the key tomorrow morning");
//! let due = promise.due.unwrap();
//! assert_eq!((due.from, due.until), (24 * 60 + 6 * 60, 24 * 60 + 12 * 60));
//! ```

mod chinese;
mod english;
mod time;

use serde::{Deserialize, Serialize};

/// When something is to be done, in minutes since midnight of the story's first day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Due {
    /// Not before.
    pub from: i32,
    /// Not after.
    pub until: i32,
}

/// A promise as it was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promised {
    /// What, in the words in which it was said.
    pub what: String,
    /// When; none where nothing was said of it.
    pub due: Option<Due>,
}

/// How a promise ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Settled {
    /// It was done in time.
    Kept,
    /// It was not.
    Broken,
    /// The time is over, and nobody can tell whether it was done.
    Lapsed,
}

/// The first promise in a line that is said at `now`, in minutes of the story's clock. Questions, conditions, denials and
/// what somebody else is said to have said are none.
pub fn promise_in(line: &str, now: i32) -> Option<Promised> {
    let sentence = |c: char| matches!(c, '.' | '!' | '?' | ';' | '\n' | '。' | '！' | '？' | '；');
    line.split_inclusive(sentence).find_map(|said| {
        if said.ends_with(['?', '？']) || said.contains(['"', '“', '”', '「', '」']) {
            return None;
        }
        let said = said.trim_end_matches(sentence).trim();
        if said.chars().any(|c| ('\u{3400}'..='\u{9fff}').contains(&c)) {
            chinese::promise(said, now)
        } else {
            english::promise(said, now)
        }
    })
}

#[cfg(test)]
mod tests;
