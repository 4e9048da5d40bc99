//! A town square of a thousand people who live by their schedules, say something in passing, and any one of whom can be talked to.
//!
//! `cargo run --release -p bevy_dramaturg --example crowd` opens a window; `-- --bench --npcs 1000 --json` runs frames without one, at 60 a
//! second, and prints the time that the plugin's systems took on the main thread, and the ratio of the frame times to
//! those of the same app without it. `--dormant 10000` adds as many who are far away, and says what they cost. With `--model-file FILE` a real
//! model answers.

mod bench;
mod figures;
mod graph;
mod ground;
mod people;
mod square;
mod talk;

use bevy_dramaturg::llm::ModelChoice;
use bevy_dramaturg::routine::{Moment, TownPlan};
use bevy_dramaturg::town::Town;
use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

/// What was asked for.
#[derive(bevy_ecs::resource::Resource, Clone, Debug)]
pub struct Arguments {
    bench: bool,
    json: bool,
    npcs: usize,
    dormant: usize,
    frames: usize,
    hour: u8,
    chinese: bool,
    model: Option<PathBuf>,
}

const USAGE: &str =
    "--bench --npcs N --dormant N --frames N --hour 0..23 --locale en|zh --model-file FILE --json";

impl Arguments {
    fn read() -> Result<Self, String> {
        let mut arguments = Self {
            bench: false,
            json: false,
            npcs: 1_000,
            dormant: 0,
            frames: 600,
            hour: 11,
            chinese: false,
            model: None,
        };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            let number = |text: String| text.parse().map_err(|_| format!("{text} is no number"));
            match word.as_str() {
                "--bench" => arguments.bench = true,
                "--json" => arguments.json = true,
                "--npcs" => arguments.npcs = number(value()?)?,
                "--dormant" => arguments.dormant = number(value()?)?,
                "--frames" => arguments.frames = number(value()?)?,
                "--hour" => arguments.hour = number(value()?)?.min(23) as u8,
                "--locale" => arguments.chinese = value()? == "zh",
                "--model-file" => arguments.model = Some(value()?.into()),
                _ => return Err(format!("{word}: {USAGE}")),
            }
        }
        Ok(arguments)
    }
    fn model(&self) -> ModelChoice {
        self.model.clone().map_or(ModelChoice::None, ModelChoice::File)
    }
    fn begins(&self) -> Moment {
        Moment::at(0, self.hour, 50)
    }
}

/// Villages, for those who are far away.
const VILLAGES: usize = 100;

/// The town as it is before anybody looks.
fn town(arguments: &Arguments) -> Result<(Town, Arc<TownPlan>), Box<dyn Error>> {
    let mut town = Town::new(arguments.begins());
    town.barks = ron::from_str(include_str!("barks.ron"))?;
    town.barks_every = (900, 3_600);
    town.sees = 700;
    let plan = ground::plan(&ground::pieces(), VILLAGES)?;
    Ok((town, Arc::new(plan)))
}

fn main() -> Result<(), Box<dyn Error>> {
    let arguments = Arguments::read().unwrap_or_else(|usage| {
        eprintln!("{usage}");
        std::process::exit(2)
    });
    if arguments.bench { bench::run(&arguments) } else { square::open(arguments) }
}
