//! The language model of the game.

use bevy_app::AppExit;
use bevy_ecs::prelude::*;
use dramaturg_llm::router::News;
use dramaturg_llm::{ModelChoice, ModelSlot, RemoteSettings, Router, RouterSettings, SlotState};
use dramaturg_story::Ear;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// A line is short: one thread embeds it in some milliseconds, and the others are the game's.
const EAR_THREADS: u32 = 1;

/// The model that all plays ask. It can be changed at any time; while none is ready, authored lines are spoken.
///
/// The default takes what the environment names: `DRAMATURG_POLICY`, a policy's file (with its ledger in the folder
/// `DRAMATURG_LEDGER`, where that is set), `DRAMATURG_MODEL`, a GGUF file, or `DRAMATURG_BASE_URL`, an OpenAI-compatible
/// server (with `DRAMATURG_REMOTE_MODEL` and `DRAMATURG_API_KEY`); else there is no model.
///
/// Several models by a policy, within a budget:
///
/// ```no_run
/// use bevy_dramaturg::llm::{ModelChoice, RouterSettings};
/// use bevy_dramaturg::{ActiveModel, ModelNews, prelude::*};
/// use bevy_app::prelude::*;
/// use bevy_ecs::prelude::*;
///
/// fn told(mut news: MessageReader<ModelNews>) {
///     news.read().for_each(|ModelNews(news)| println!("{news}"));
/// }
/// let policy = RouterSettings { ledger: Some("saves/ledger".into()), ..RouterSettings::new("assets/policies/mine.ron") };
/// App::new()
///     .insert_resource(ActiveModel::new(ModelChoice::Policy(policy)))
///     .add_plugins(DramaturgPlugins)
///     .add_systems(Update, told)
///     .run();
/// ```
///
/// Beside it an embedding model may hear how the player's lines are meant, so that they are understood though no example has
/// their words: [`ActiveModel::hearing_by`], or `DRAMATURG_EMBEDDER`, a GGUF file.
#[derive(Resource, Clone)]
pub struct ActiveModel {
    slot: ModelSlot,
    ear: Option<Arc<Ear>>,
}

impl Default for ActiveModel {
    fn default() -> Self {
        let policy = std::env::var_os("DRAMATURG_POLICY").map(|policy| {
            let ledger = std::env::var_os("DRAMATURG_LEDGER").map(Into::into);
            ModelChoice::Policy(RouterSettings { ledger, ..RouterSettings::new(policy) })
        });
        let file =
            || std::env::var_os("DRAMATURG_MODEL").map(|file| ModelChoice::File(file.into()));
        let server = || RemoteSettings::from_env().map(ModelChoice::Remote);
        let model = Self::new(policy.or_else(file).or_else(server).unwrap_or_default());
        match std::env::var_os("DRAMATURG_EMBEDDER") {
            Some(embedder) => model.hearing_by(embedder.into()),
            None => model,
        }
    }
}

impl ActiveModel {
    /// Begins with this model. Returns at once; a file is opened in the background.
    pub fn new(choice: ModelChoice) -> Self {
        let model = Self { slot: ModelSlot::default(), ear: None };
        model.change(choice);
        model
    }
    /// Has plays that begin from now on hear by this embedding model, a GGUF file. Returns at once; it is opened in the
    /// background, and until then, or where it can't be, lines are understood by their words.
    #[must_use]
    pub fn hearing_by(mut self, embedder: PathBuf) -> Self {
        self.ear = Some(Ear::open(embedder, EAR_THREADS));
        self
    }
    /// Another model from the next turn on.
    pub fn change(&self, choice: ModelChoice) {
        self.slot.fill(choice);
    }
    /// What is known of it.
    pub fn state(&self) -> SlotState {
        self.slot.state()
    }
    /// The router, while a policy plays: for its ledger and for [`Router::new_session`].
    pub fn router(&self) -> Option<Arc<Router>> {
        self.slot.router()
    }
    pub(crate) fn ear(&self) -> Option<Arc<Ear>> {
        self.ear.clone()
    }
    pub(crate) fn slot(&self) -> ModelSlot {
        self.slot.clone()
    }
}

/// Something that people should know of the models of a [`ModelChoice::Policy`]: another tier speaks, one can't be
/// opened, the ledger can't be written. Out.
#[derive(Message, Clone, Debug, PartialEq)]
pub struct ModelNews(pub News);

/// Another model plays, or none. Out. Which tier of a policy speaks is in [`ModelNews`].
#[derive(Message, Clone, Debug, PartialEq, Eq)]
pub struct ModelChanged(pub SlotState);

/// The longest that a game which ends waits for its model to stop.
const LAST_BREATH: Duration = Duration::from_secs(3);

/// In the last frame: a model that computes while the program is torn down around it may crash it.
pub(crate) fn close(model: Res<ActiveModel>, mut exit: MessageReader<AppExit>) {
    if exit.read().next().is_some() {
        model.slot.close(LAST_BREATH);
    }
}

pub(crate) fn watch(
    model: Res<ActiveModel>,
    mut before: Local<Option<SlotState>>,
    mut changed: MessageWriter<ModelChanged>,
    mut told: MessageWriter<ModelNews>,
) {
    if let Some(router) = model.router() {
        for news in router.news() {
            tracing::info!("{news}");
            told.write(ModelNews(news));
        }
    }
    let now = model.state();
    if before.as_ref() != Some(&now) {
        if let SlotState::Failed(why) = &now {
            tracing::warn!("{why}; the story plays with authored lines");
        }
        changed.write(ModelChanged(now.clone()));
        *before = Some(now);
    }
}
