//! The server that the environment names.

use super::{Finding, Standing};
use dramaturg_llm::{ModelError, Ping, RemoteSettings};
use std::time::Duration;

/// How long a server may take to say which models it has.
const PATIENCE: Duration = Duration::from_secs(3);
/// So many names of models are told.
const TOLD: usize = 8;

/// Asks it which models it has.
pub fn look() -> Vec<Finding> {
    let Some(settings) = RemoteSettings::from_env() else {
        let help = "set DRAMATURG_BASE_URL (http://127.0.0.1:8080/v1), DRAMATURG_REMOTE_MODEL and, where it wants one, \
                    DRAMATURG_API_KEY";
        return vec![Finding::new(Standing::Without, "server", "none is named").help(help)];
    };
    match settings.ping(PATIENCE) {
        Ok(pings) => pings.into_iter().map(finding).collect(),
        // The sentence says what to do.
        Err(error) => vec![Finding::new(Standing::Broken, "server", error.to_string())],
    }
}

fn finding(ping: Ping) -> Finding {
    let about = format!("server {}", ping.server);
    let models = match ping.models {
        Ok(models) => models,
        Err(error) => {
            let found = match error {
                ModelError::TimedOut => format!("no answer within {} s", PATIENCE.as_secs()),
                ModelError::Unreachable(why) | ModelError::Garbage(why) => why,
                other => other.to_string(),
            };
            let help = "see that it runs and that DRAMATURG_BASE_URL is its address up to and without /chat/completions; \
                        without that variable the story plays with a local model or authored lines";
            return Finding::new(Standing::Broken, about, found).help(help);
        }
    };
    if models.is_empty() || models.contains(&ping.model) {
        return Finding::new(
            Standing::Well,
            about,
            format!("it answers, and is asked for {}", ping.model),
        );
    }
    let more = if models.len() > TOLD { ", …" } else { "" };
    let named: Vec<_> = models.into_iter().take(TOLD).collect();
    // Some servers take any name.
    let found = format!("it answers, but names no model '{}'", ping.model);
    Finding::new(Standing::Without, about, found).help(format!(
        "it has {}{more}: set DRAMATURG_REMOTE_MODEL to one of them",
        named.join(", ")
    ))
}
