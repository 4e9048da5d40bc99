//! The remote backend against servers that behave well, refuse, stall, lie or break off, and against a real one.
#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

#[path = "remote/answers.rs"]
mod answers;
#[path = "remote/fleet.rs"]
mod fleet;
#[path = "remote/json.rs"]
mod json;
#[path = "remote/ping.rs"]
mod ping;
#[path = "remote/real.rs"]
mod real;
#[path = "remote/refusals.rs"]
mod refusals;
#[path = "remote/secrecy.rs"]
mod secrecy;
#[path = "remote/streams.rs"]
mod streams;
#[path = "remote/support.rs"]
mod support;
#[path = "remote/tls.rs"]
mod tls;
