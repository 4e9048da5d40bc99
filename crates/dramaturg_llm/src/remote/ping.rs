//! Whether servers answer at all, for whoever sets a game up.

use super::endpoint::Endpoint;
use super::failure::Failure;
use super::pool::Pool;
use super::{RemoteError, RemoteSettings};
use crate::ModelError;
use serde_json::Value;
use std::time::Duration;

/// A longer list of models is not read.
const LONGEST: usize = 1 << 20;

/// What a server said to the question which models it has.
#[derive(Clone, Debug, PartialEq)]
pub struct Ping {
    /// Host, port and path.
    pub server: String,
    /// The model that it would be asked for.
    pub model: String,
    /// The names of its models, where it tells them; without any, it is there and does not tell. Else why it does not
    /// answer. No text holds a key.
    pub models: Result<Vec<String>, ModelError>,
}

impl RemoteSettings {
    /// Asks each server which models it has, which costs nothing. Waits for `longest` at the most. Not for a frame.
    ///
    /// # Errors
    /// As [`Remote::new`](crate::Remote::new): nothing was sent then.
    pub fn ping(self, longest: Duration) -> Result<Vec<Ping>, RemoteError> {
        let pool = Pool::new(self)?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let until = tokio::time::Instant::now() + longest;
            let mut pings = Vec::new();
            for endpoint in &pool.endpoints {
                let answer = tokio::time::timeout_at(until, models(endpoint)).await;
                let answer = answer.unwrap_or(Err(ModelError::TimedOut));
                pings.push(Ping {
                    server: endpoint.name.clone(),
                    model: endpoint.settings.model.clone(),
                    models: answer.map_err(|error| endpoint.without_key(error)),
                });
            }
            Ok(pings)
        })
    }
}

async fn models(endpoint: &Endpoint) -> Result<Vec<String>, ModelError> {
    let mut response = endpoint.get("models").await.map_err(|failure| failure.error)?;
    let mut body = Vec::new();
    while let Some(piece) =
        response.chunk().await.map_err(|error| Failure::of_transport(&error).error)?
    {
        if body.len() + piece.len() > LONGEST {
            return Ok(Vec::new());
        }
        body.extend_from_slice(&piece);
    }
    let json: Value = serde_json::from_slice(&body)
        .map_err(|_| ModelError::Garbage("its list of models is no JSON".into()))?;
    let all = json["data"].as_array().into_iter().flatten();
    Ok(all.filter_map(|model| Some(endpoint.clean(model["id"].as_str()?))).collect())
}
