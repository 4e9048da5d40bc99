//! One interface to language models, wherever they run.
//!
//! A [`LanguageModel`] does two things: it [completes](LanguageModel::complete) a conversation, streaming the
//! words as they come, and it [scores](LanguageModel::score) a closed set, which is how a small model is asked to
//! judge. Nothing here blocks its caller: each call returns a channel to poll. A [`ModelSlot`] holds the model that
//! plays now, and lets it change while the game runs.
//!
//! | backend | runs | scoring |
//! |---|---|---|
//! | [`Local`] | llama.cpp on a thread of its own | both directions |
//! | [`Remote`] | any OpenAI-compatible server, or a fleet of them | where a server tells log-probabilities |
//! | [`Recorded`] | nowhere: answers come from a journal | as recorded |
//! | [`Router`] | several of these, by a policy and a budget | where one of them does |
//!
//! [`Local`] computes on the processor. The features `cuda`, `vulkan` and `metal` build llama.cpp for a graphics card, with
//! that vendor's tools; [`LocalSettings::gpu_layers`] says how much of a model goes there.
//!
//! ```
//! use dramaturg_llm::{Answer, CompletionRequest, LanguageModel, Message, Recorded, StreamEvent};
//! use std::time::Duration;
//!
//! let request = CompletionRequest::new(vec![Message::user("Who keeps the light?")]);
//! let model = Recorded::new([(request.hash(), Answer::Text { lead: None, text: "My brother did.".into() })]);
//! let stream = model.complete(request);
//! assert!(matches!(stream.next(Duration::from_secs(1)), StreamEvent::Text(t) if t == "My brother did."));
//! ```

mod fields;
mod local;
mod model;
mod recorded;
mod remote;
mod request;
pub mod router;
mod schema;
mod slot;

pub use local::{
    Adapter, AdapterFault, CacheFigures, Embedder, Local, LocalError, LocalFigures, LocalSettings,
    MemoryLimit, MemoryPlan, Purpose, Smaller, answer_probe, processor_libraries,
    processor_variant,
};
pub use model::{
    CompletionStream, LanguageModel, ModelError, PendingScores, ScoreSender, Scoring, StreamEvent,
    ToolCall, ToolError, Usage, channel,
};
pub use recorded::{Answer, Recorded};
pub use remote::{
    BreakerSettings, BreakerState, Capabilities, EndpointSettings, EndpointState, Key, Limits,
    PendingEmbeddings, Ping, Remote, RemoteError, RemoteSettings, Retry, Timeouts,
};
pub use request::{
    AdapterId, ClosedSet, CompletionRequest, DoneBy, Dry, Kind, Message, Priority, RequestHash,
    Role, Sampling, ScoreRequest, Tool, Warm, Work,
};
pub use router::{
    Ledger, LedgerEntry, Moment, Policy, PolicyError, Price, Router, RouterError, RouterSettings,
};
pub use schema::{fits_schema, schema_of};
pub use slot::{ModelChoice, ModelSlot, SlotState};
