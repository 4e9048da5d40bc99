//! The model that plays now: none, one that is loading, or one that is ready. It can change while the game runs.

use crate::{LanguageModel, Local, LocalSettings, Remote, RemoteSettings, Router, RouterSettings};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Which model shall play.
#[derive(Clone, Default)]
pub enum ModelChoice {
    /// None: authored lines only.
    #[default]
    None,
    /// A GGUF file, run here.
    File(PathBuf),
    /// A GGUF file, run here in a way of one's own: with fewer threads, more cells.
    Tuned(PathBuf, LocalSettings),
    /// A server.
    Remote(RemoteSettings),
    /// Several of these behind one, by a policy. It can be asked as soon as one of its tiers can.
    Policy(RouterSettings),
    /// One that the caller made.
    Given(Arc<dyn LanguageModel>),
}

/// What is known of the model in a slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SlotState {
    /// No model was asked for.
    Empty,
    /// It is being opened.
    Loading,
    /// It can be asked.
    Ready {
        /// Its name.
        name: String,
    },
    /// It can't be used; the sentence says why and what to do.
    Failed(String),
}

#[derive(Default)]
enum Held {
    #[default]
    Nothing,
    Loading,
    Ready(Arc<dyn LanguageModel>),
    Routing(Arc<Router>),
    Failed(String),
}

#[derive(Default)]
struct Slot {
    /// Counts the fillings, so that a slow one that was overtaken is dropped.
    filling: u64,
    held: Held,
}

/// A place for the model that plays now, shared by all who ask it. Cloning shares the place.
///
/// ```
/// use dramaturg_llm::{ModelChoice, ModelSlot, SlotState};
/// use std::time::Duration;
/// let slot = ModelSlot::default();
/// assert_eq!(slot.state(), SlotState::Empty);
/// slot.fill(ModelChoice::File("no-such-model.gguf".into()));
/// assert!(matches!(slot.wait(Duration::from_secs(10)), SlotState::Failed(why) if why.contains("no-such-model")));
/// assert!(slot.model().is_none());
/// ```
#[derive(Clone, Default)]
pub struct ModelSlot(Arc<(Mutex<Slot>, Condvar)>);

/// Lets go of a model on a thread of its own: a local one waits for what it is just computing, and a frame must not.
fn aside(held: Held) {
    if matches!(held, Held::Ready(_) | Held::Routing(_)) {
        // Without a thread it is let go of here.
        let _ =
            std::thread::Builder::new().name("dramaturg-close".into()).spawn(move || drop(held));
    }
}

impl ModelSlot {
    /// A slot with this model in it.
    pub fn holding(model: Arc<dyn LanguageModel>) -> Self {
        let slot = Self::default();
        slot.lock().held = Held::Ready(model);
        slot
    }

    fn lock(&self) -> MutexGuard<'_, Slot> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts another model in. Returns at once: files are opened on a thread of their own, until then the slot is
    /// [`SlotState::Loading`] and the play goes on with authored lines.
    pub fn fill(&self, choice: ModelChoice) {
        let filling = {
            let mut slot = self.lock();
            slot.filling += 1;
            let held = match choice {
                ModelChoice::None => Held::Nothing,
                ModelChoice::Given(ref model) => Held::Ready(model.clone()),
                ModelChoice::File(_)
                | ModelChoice::Tuned(..)
                | ModelChoice::Remote(_)
                | ModelChoice::Policy(_) => Held::Loading,
            };
            aside(std::mem::replace(&mut slot.held, held));
            slot.filling
        };
        self.0.1.notify_all();
        if matches!(choice, ModelChoice::None | ModelChoice::Given(_)) {
            return;
        }
        let slot = self.clone();
        let opening = std::thread::Builder::new()
            .name("dramaturg-open".into())
            .spawn(move || slot.settle(filling, open(choice)));
        if let Err(error) = opening {
            self.settle(filling, Err(format!("no thread can be started: {error}")));
        }
    }

    fn settle(&self, filling: u64, opened: Result<Held, String>) {
        let mut slot = self.lock();
        if slot.filling == filling {
            slot.held = opened.unwrap_or_else(Held::Failed);
            self.0.1.notify_all();
        }
    }

    /// The model, when it is ready.
    pub fn model(&self) -> Option<Arc<dyn LanguageModel>> {
        match &self.lock().held {
            Held::Ready(model) => Some(model.clone()),
            Held::Routing(router) => Some(router.clone()),
            _ => None,
        }
    }

    /// The router, when one plays: for its ledger and its news.
    pub fn router(&self) -> Option<Arc<Router>> {
        match &self.lock().held {
            Held::Routing(router) => Some(router.clone()),
            _ => None,
        }
    }

    /// Takes the model out, stops its work and waits for that, `longest` at the most. For the end of a program.
    pub fn close(&self, longest: Duration) {
        let model = self.model();
        self.fill(ModelChoice::None);
        model.into_iter().for_each(|model| model.close(longest));
    }

    /// What is known of it.
    pub fn state(&self) -> SlotState {
        state(&self.lock().held)
    }

    /// Waits until it is loaded or `longest` is over. Not for a frame.
    pub fn wait(&self, longest: Duration) -> SlotState {
        let loading = |slot: &mut Slot| matches!(slot.held, Held::Loading);
        let waited = self.0.1.wait_timeout_while(self.lock(), longest, loading);
        let (slot, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state(&slot.held)
    }
}

fn state(held: &Held) -> SlotState {
    match held {
        Held::Nothing => SlotState::Empty,
        Held::Loading => SlotState::Loading,
        Held::Ready(model) => SlotState::Ready { name: model.name().to_owned() },
        Held::Routing(router) => SlotState::Ready { name: router.name().to_owned() },
        Held::Failed(why) => SlotState::Failed(why.clone()),
    }
}

fn open(choice: ModelChoice) -> Result<Held, String> {
    match choice {
        ModelChoice::File(path) => local(&path, LocalSettings::default()),
        ModelChoice::Tuned(path, settings) => local(&path, settings),
        ModelChoice::Remote(settings) => Remote::new(settings)
            .map(|model| Held::Ready(Arc::new(model)))
            .map_err(|e| e.to_string()),
        ModelChoice::Policy(settings) => {
            let router = Router::open(settings).map_err(|e| e.to_string())?;
            router.wait_for_first(Duration::from_secs(86_400))?;
            Ok(Held::Routing(Arc::new(router)))
        }
        ModelChoice::Given(model) => Ok(Held::Ready(model)),
        ModelChoice::None => Err("no model was chosen".into()),
    }
}

fn local(path: &Path, settings: LocalSettings) -> Result<Held, String> {
    Local::open(path, settings).map(|model| Held::Ready(Arc::new(model))).map_err(|e| e.to_string())
}
