//! A crowd of characters without a window, and what they cost the main thread.
//!
//! `cargo run --release --example crowd -- --bench --npcs 8 --json` runs frames at 60 a second, once without the plugin
//! and once with it while every character is spoken to again and again, and prints the time that the plugin's systems
//! took in a frame and the ratio of the frame times. With `--model-file FILE` a real model answers.

use bevy_app::prelude::*;
use bevy_dramaturg::llm::{ModelChoice, SlotState};
use bevy_dramaturg::prelude::*;
use bevy_ecs::prelude::*;
use std::path::PathBuf;
use std::time::{Duration, Instant};

const FRAME: Duration = Duration::from_micros(16_667);

struct Arguments {
    npcs: usize,
    frames: usize,
    json: bool,
    model: Option<PathBuf>,
}

impl Arguments {
    fn read() -> Result<Self, String> {
        let mut arguments = Self { npcs: 8, frames: 600, json: false, model: None };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or(format!("{word} needs a value"));
            let number = |text: String| text.parse().map_err(|_| format!("{text} is no number"));
            match word.as_str() {
                "--bench" => {}
                "--json" => arguments.json = true,
                "--npcs" => arguments.npcs = number(value()?)?,
                "--frames" => arguments.frames = number(value()?)?,
                "--model-file" => arguments.model = Some(value()?.into()),
                _ => {
                    return Err(format!(
                        "{word}: --bench --npcs N --frames N --model-file FILE --json"
                    ));
                }
            }
        }
        Ok(arguments)
    }
}

/// When the plugin's systems of this frame began, and how long those of each frame took.
#[derive(Resource, Default)]
struct Clock {
    began: Option<Instant>,
    spent: Duration,
    frames: Vec<Duration>,
}

fn begin(mut clock: ResMut<Clock>) {
    clock.began = Some(Instant::now());
}

fn end(mut clock: ResMut<Clock>) {
    if let Some(began) = clock.began.take() {
        clock.spent += began.elapsed();
    }
}

/// Something to say to everybody who waits for it.
fn talk(
    talking: Res<Talking>,
    mut waiting: Local<Vec<(Entity, u32)>>,
    mut says: MessageWriter<PlayerSays>,
    mut over: MessageReader<TurnEnded>,
) {
    waiting.extend(over.read().map(|turn| (turn.play, turn.turn)));
    if !talking.0 {
        return;
    }
    let lines = ["How is business?", "Is it always this foggy?", "Tell me about your mother."];
    for (play, turn) in waiting.drain(..) {
        let line = lines[turn as usize % lines.len()];
        says.write(PlayerSays::to(play, line));
    }
}

/// Whether the player speaks to everybody.
#[derive(Resource, Default)]
struct Talking(bool);

#[derive(Resource, Default)]
struct Streamed(usize);

fn count(mut streamed: ResMut<Streamed>, mut spoken: MessageReader<NpcSpeaks>) {
    let deltas = spoken.read().filter(|spoken| matches!(spoken.speech, Speech::Delta(_)));
    streamed.0 += deltas.count();
}

/// Runs frames and returns how long the work of each took.
fn frames(app: &mut App, count: usize) -> Vec<Duration> {
    (0..count)
        .map(|_| {
            let began = Instant::now();
            app.update();
            let worked = began.elapsed();
            std::thread::sleep(FRAME.saturating_sub(worked));
            if let Some(mut clock) = app.world_mut().get_resource_mut::<Clock>() {
                let spent = std::mem::take(&mut clock.spent);
                clock.frames.push(spent);
            }
            worked
        })
        .collect()
}

fn percentile(times: &mut [Duration], share: f64) -> f64 {
    times.sort();
    let index = ((times.len() as f64 - 1.0) * share).round() as usize;
    times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

fn crowd(arguments: &Arguments) -> App {
    let mut app = App::new();
    let model = arguments.model.clone().map_or(ModelChoice::None, ModelChoice::File);
    app.add_plugins((TaskPoolPlugin::default(), DramaturgPlugins))
        .insert_resource(ActiveModel::new(model))
        .init_resource::<Clock>()
        .init_resource::<Streamed>()
        .init_resource::<Talking>()
        .add_systems(PreUpdate, begin.before(DramaturgSystems::Perform))
        .add_systems(PreUpdate, end.after(DramaturgSystems::Perform))
        .add_systems(PostUpdate, begin.before(DramaturgSystems::Begin))
        .add_systems(PostUpdate, end.after(DramaturgSystems::Send))
        .add_systems(Update, (talk, count));
    for number in 0..arguments.npcs {
        let marta = "You keep a tavern in a harbour town. You are tired, dry and kind.";
        app.world_mut().spawn(Persona::new(format!("Marta{number}"), marta));
    }
    while app.world().resource::<ActiveModel>().state() == SlotState::Loading {
        frames(&mut app, 1);
    }
    app
}

fn main() {
    let arguments = Arguments::read().unwrap_or_else(|usage| {
        eprintln!("{usage}");
        std::process::exit(2)
    });
    let mut empty = App::new();
    empty.add_plugins(TaskPoolPlugin::default());
    frames(&mut empty, 60);
    let mut without = frames(&mut empty, arguments.frames);
    let mut app = crowd(&arguments);
    frames(&mut app, 60);
    let mut silent = frames(&mut app, arguments.frames);
    app.world_mut().resource_mut::<Talking>().0 = true;
    frames(&mut app, 60);
    app.world_mut().resource_mut::<Clock>().frames.clear();
    let mut with = frames(&mut app, arguments.frames);
    let deltas = app.world().resource::<Streamed>().0;
    let mut plugin = std::mem::take(&mut app.world_mut().resource_mut::<Clock>().frames);
    let [p50, p99, max] = [0.5, 0.99, 1.0].map(|share| percentile(&mut plugin, share));
    // Frames are kept at 60 a second, so what counts is by how much the longest of a hundred grew.
    let frame = FRAME.as_secs_f64() * 1e3;
    let late = |times: &mut Vec<Duration>| percentile(times, 0.99).max(frame);
    let ratio = late(&mut with) / late(&mut without);
    println!(
        "{} characters, {deltas} pieces of speech: the plugin takes {p50:.3} ms a frame (p99 {p99:.3}, max {max:.3})",
        arguments.npcs
    );
    let p99s = [&mut without, &mut silent, &mut with].map(|times| percentile(times, 0.99));
    let [without, silent, speaking] = p99s;
    println!(
        "work of a frame, p99: {without:.3} ms without the plugin, {silent:.3} ms while nobody speaks, {speaking:.3} ms while all do"
    );
    if arguments.json {
        println!(
            "{{\"npcs\":{},\"frames\":{},\"deltas\":{deltas},\"plugin_main_thread_ms\":{{\"p50\":{p50:.4},\"p99\":{p99:.4},\"max\":{max:.4}}},\"frame_p99_ms\":{{\"without\":{without:.4},\"silent\":{silent:.4},\"speaking\":{speaking:.4}}},\"frame_ratio\":{ratio:.4}}}",
            arguments.npcs, arguments.frames
        );
    }
}
