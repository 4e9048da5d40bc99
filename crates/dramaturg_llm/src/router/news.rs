//! What a router has to tell people besides its ledger.

use super::why::Why;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// So much is kept for who asks late.
const MOST: usize = 64;

/// Where news wait for who asks: behind a lock of its own, so that a frame may ask.
#[derive(Clone, Debug, Default)]
pub(super) struct Newsstand(Arc<Mutex<VecDeque<News>>>);

impl Newsstand {
    /// Who never asks gets the latest.
    pub(super) fn put(&self, news: News) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() == MOST {
            all.pop_front();
        }
        all.push_back(news);
    }
    pub(super) fn take(&self) -> Vec<News> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).drain(..).collect()
    }
}

/// Something that a person should know of a router.
#[derive(Clone, Debug, PartialEq)]
pub enum News {
    /// Another tier than before speaks.
    Speaks {
        /// Which.
        tier: String,
        /// Which spoke before.
        before: String,
        /// Why it was asked.
        why: Why,
    },
    /// A tier's model can't be opened; the tier is passed over.
    NotOpened {
        /// Which tier.
        tier: String,
        /// Why, and what to do about it.
        why: String,
    },
    /// The ledger's file has damaged lines, or can't be written any more.
    Ledger(String),
}

impl fmt::Display for News {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Speaks { tier, before, why } => {
                write!(f, "'{tier}' speaks now, after '{before}' ({why})")
            }
            Self::NotOpened { tier, why } => {
                write!(f, "the tier '{tier}' is passed over: {why}")
            }
            Self::Ledger(what) => f.write_str(what),
        }
    }
}
