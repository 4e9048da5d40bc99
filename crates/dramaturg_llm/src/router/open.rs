//! From a policy's file to a router: tiers are opened one after the other, and asked as soon as they are there.

use super::book::Book;
use super::desk::{Desk, Stand};
use super::error::RouterError;
use super::news::News;
use super::place::{KnownModels, Place, beside};
use super::policy::{Policy, Tier};
use super::{Ledger, Moment, Router};
use crate::{LanguageModel, Local, Remote};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::time::Duration;

/// What a router is made of.
#[derive(Clone)]
pub struct RouterSettings {
    /// The policy's file.
    pub policy: PathBuf,
    /// The folder of the ledger: a file for each day, which is added to while the game runs and read at its start, so
    /// that the day's budget goes on. None keeps the ledger in memory. One program at a time may use a folder.
    pub ledger: Option<PathBuf>,
    /// The catalogue, for what the policy does not say itself.
    pub known: Arc<dyn KnownModels>,
    /// Models for tiers that run [`Place::Given`], by the tier's name.
    pub given: BTreeMap<String, Arc<dyn LanguageModel>>,
    /// Time; usually [`Moment::system`].
    pub clock: fn() -> Moment,
}

impl RouterSettings {
    /// A policy, without a catalogue, and with a ledger in memory.
    pub fn new(policy: impl Into<PathBuf>) -> Self {
        Self {
            policy: policy.into(),
            ledger: None,
            known: Arc::new(()),
            given: BTreeMap::new(),
            clock: Moment::system,
        }
    }
}

impl Router {
    /// Reads the policy, and begins to open its tiers on a thread of its own, in their order. Returns before they are
    /// open: [`Self::wait`] waits for that. A tier that can't be opened is passed over; the ledger says why, and
    /// [`Self::news`] says it once.
    ///
    /// # Errors
    /// What is wrong with the policy, or with the ledger's folder. No text of it holds a key.
    pub fn open(settings: RouterSettings) -> Result<Self, RouterError> {
        let mut policy = Policy::load(&settings.policy)?;
        for tier in &mut policy.tiers {
            let facts = settings.known.facts(&tier.model);
            tier.complete(facts);
        }
        let (mut book, mut ledger, mut damaged) = (None, Ledger::default(), 0);
        if let Some(folder) = &settings.ledger {
            let opened = Book::open(folder, (settings.clock)().day)?;
            (book, ledger, damaged) = (Some(opened.0), opened.1, opened.2);
        }
        let stands = policy.tiers.iter().map(|_| Stand::Opening).collect();
        let tiers = policy.tiers.clone();
        let mut desk = Desk::new(policy, stands, ledger);
        desk.unwritten = book.is_some().then(Vec::new);
        if damaged > 0 {
            let what = "of today's ledger can't be read; what they cost is not counted";
            desk.news.put(News::Ledger(format!("{damaged} lines {what}")));
        }
        let router = Self::start(desk, book, Arc::new(settings.clock))?;
        let (desk, opened) = (Arc::downgrade(&router.desk), Arc::downgrade(&router.opened));
        std::thread::Builder::new()
            .name("dramaturg-open-tiers".into())
            .spawn(move || open_all(&tiers, &settings, &desk, &opened))?;
        Ok(router)
    }

    /// Waits until a tier can be asked, or none ever will be; `longest` at the most. Not for a frame.
    ///
    /// # Errors
    /// When no tier could be opened: why, for each.
    pub fn wait_for_first(&self, longest: Duration) -> Result<(), String> {
        self.wait_while(longest, |stands| {
            let there = stands.iter().any(|stand| matches!(stand, Stand::There(_)));
            !there && stands.iter().any(|stand| matches!(stand, Stand::Opening))
        });
        let desk = self.desk();
        let hopeless = |stand: &Stand| matches!(stand, Stand::Failed(_) | Stand::NotThere);
        if !desk.stands.iter().all(hopeless) {
            return Ok(());
        }
        let why = desk.policy.tiers.iter().zip(&desk.stands).map(|(tier, stand)| match stand {
            Stand::Failed(why) => format!("{}: {why}", tier.name),
            _ => format!("{}: there is no model for it", tier.name),
        });
        Err(format!("no tier of the policy can be opened: {}", why.collect::<Vec<_>>().join("; ")))
    }

    /// Waits until each tier can be asked or never will be; `longest` at the most. Not for a frame.
    pub fn wait(&self, longest: Duration) {
        self.wait_while(longest, |stands| {
            stands.iter().any(|stand| matches!(stand, Stand::Opening))
        });
    }

    fn wait_while(&self, longest: Duration, waits: impl Fn(&[Stand]) -> bool) {
        let desk = self.opened.wait_timeout_while(self.desk(), longest, |desk| waits(&desk.stands));
        drop(desk.unwrap_or_else(PoisonError::into_inner));
    }
}

fn open_all(
    tiers: &[Tier],
    settings: &RouterSettings,
    desk: &Weak<Mutex<Desk>>,
    opened: &Weak<Condvar>,
) {
    for (at, tier) in tiers.iter().enumerate() {
        // Who has dropped or closed the router needs no more models.
        let wanted = desk
            .upgrade()
            .is_some_and(|desk| !desk.lock().unwrap_or_else(PoisonError::into_inner).closed);
        if !wanted {
            return;
        }
        let stand = match open(tier, settings) {
            Ok(Some(model)) => Stand::There(model),
            Ok(None) => Stand::NotThere,
            Err(why) => {
                tracing::warn!("the tier '{}' is passed over: {why}", tier.name);
                Stand::Failed(why)
            }
        };
        let Some(desk) = desk.upgrade() else { return };
        let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
        if let Stand::Failed(why) = &stand {
            desk.news.put(News::NotOpened { tier: tier.name.clone(), why: why.clone() });
        }
        match stand {
            Stand::There(model) if desk.closed => {
                drop(desk);
                model.close(Duration::ZERO);
            }
            stand => desk.stands[at] = stand,
        }
        opened.upgrade().into_iter().for_each(|opened| opened.notify_all());
    }
}

fn open(tier: &Tier, settings: &RouterSettings) -> Result<Option<Arc<dyn LanguageModel>>, String> {
    match &tier.runs {
        Place::Local(here) => {
            let file = match &here.file {
                Some(file) => beside(&settings.policy, Path::new(file)),
                None => settings.known.file(&tier.model)?,
            };
            let model = Local::open(&file, here.settings()).map_err(|error| error.to_string())?;
            Ok(Some(Arc::new(model)))
        }
        Place::Remote(servers) => {
            let model = Remote::new(servers.settings(&tier.model)).map_err(|e| e.to_string())?;
            Ok(Some(Arc::new(model)))
        }
        Place::Given => Ok(settings.given.get(&tier.name).cloned()),
        Place::Nowhere => Ok(None),
    }
}
