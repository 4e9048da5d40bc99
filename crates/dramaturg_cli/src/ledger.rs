//! `dramaturg ledger`: what the models were asked and what it cost, and the account at the end of a play.

use dramaturg_llm::Ledger;
use dramaturg_llm::router::{Sum, date};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

#[derive(clap::Args)]
pub struct Show {
    /// A ledger's file, or a folder of them; by default the folder that plays with a policy write to.
    path: Option<PathBuf>,
    /// Print one JSON object as the last line.
    #[arg(long)]
    json: bool,
}

impl Show {
    pub fn run(self) -> Result<ExitCode, String> {
        let path = self.path.map_or_else(folder, Ok)?;
        let (ledger, damaged) = Ledger::read(&path).map_err(|error| error.to_string())?;
        print!("{}", ledger.summary());
        if damaged > 0 {
            println!("{damaged} lines can't be read; they are in no sum");
        }
        if self.json {
            let mut sums = sums(&ledger);
            sums["damaged_lines"] = damaged.into();
            println!("{sums}");
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Where ledgers are kept: `DRAMATURG_LEDGER`, or `dramaturg/ledger` among the user's states of programs.
pub fn folder() -> Result<PathBuf, String> {
    let variable = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    if let Some(folder) = variable("DRAMATURG_LEDGER") {
        return Ok(folder);
    }
    let states = variable("XDG_STATE_HOME")
        .or_else(|| if cfg!(windows) { variable("LOCALAPPDATA") } else { None })
        .or_else(|| variable("HOME").map(|home| home.join(".local/state")));
    let none = "no folder for the ledger: name one with --ledger, or set DRAMATURG_LEDGER or HOME";
    Ok(states.ok_or(none)?.join("dramaturg").join("ledger"))
}

/// A ledger's sums for programs. Costs are millionths of the currency of the prices, times are means.
pub fn sums(ledger: &Ledger) -> Value {
    let named = |sums: &mut dyn Iterator<Item = (String, Sum)>| {
        Value::Object(sums.map(|(name, of)| (name, sum(&of))).collect::<Map<_, _>>())
    };
    let texts = |sums: &std::collections::BTreeMap<String, Sum>| {
        named(&mut sums.iter().map(|(name, of)| (name.clone(), *of)))
    };
    let kind = |kind| match serde_json::to_value(kind) {
        Ok(Value::String(name)) => name,
        _ => String::new(),
    };
    json!({
        "total": sum(&ledger.total()),
        "days": named(&mut ledger.days().iter().map(|(day, of)| (date(*day), *of))),
        "tiers": texts(ledger.tiers()),
        "endpoints": texts(ledger.endpoints()),
        "kinds": named(&mut ledger.kinds().iter().map(|(of, sum)| (kind(of), *sum))),
        "characters": texts(ledger.characters()),
    })
}

fn sum(of: &Sum) -> Value {
    let mean = |time: Duration, count: u64| time.as_millis().checked_div(u128::from(count));
    json!({
        "requests": of.entries, "unanswered": of.unanswered, "estimated": of.estimated,
        "prompt_tokens": of.prompt, "cached_tokens": of.cached, "completion_tokens": of.completion,
        "cost_millionths": of.cost,
        "first_word_ms": mean(of.first_word, of.spoken), "whole_ms": mean(of.whole, of.entries),
    })
}
