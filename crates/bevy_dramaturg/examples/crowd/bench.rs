//! What the plugin costs the main thread.

use crate::{Arguments, VILLAGES, people, town};
use bevy_app::prelude::*;
use bevy_dramaturg::attention::{Attention, Tier};
use bevy_dramaturg::llm::SlotState;
use bevy_dramaturg::prelude::*;
use bevy_dramaturg::town::{AttentionPlugin, NpcBarks, Presence, Town, Townsfolk};
use bevy_ecs::prelude::*;
use bevy_ecs::schedule::{ScheduleLabel, SingleThreadedExecutor};
use cpu_time::ThreadTime;
use std::error::Error;
use std::time::{Duration, Instant};

const FRAME: Duration = Duration::from_micros(16_667);
/// A minute of the story a second.
const SECONDS_A_FRAME: f64 = 1.0;

/// When the plugin's systems of this frame began, and how long those of each frame took: by the clock on the wall, and by the
/// processor's time of the thread, which does not count while others have the core.
#[derive(Resource, Default)]
struct Clock {
    began: Option<(Instant, Duration)>,
    spent: [Duration; 2],
    frames: [Vec<Duration>; 2],
}

fn begin(mut clock: ResMut<Clock>) {
    clock.began = Some((Instant::now(), ThreadTime::now().as_duration()));
}

fn end(mut clock: ResMut<Clock>) {
    if let Some((wall, thread)) = clock.began.take() {
        clock.spent[0] += wall.elapsed();
        clock.spent[1] += ThreadTime::now().as_duration().saturating_sub(thread);
    }
}

/// Whether the player speaks to everybody who is ready to talk.
#[derive(Resource, Default)]
struct Talking(bool);

/// Something to say to everybody who waits for it.
fn talk(
    talking: Res<Talking>,
    mut waiting: Local<Vec<(Entity, u32)>>,
    mut says: MessageWriter<PlayerSays>,
    mut over: MessageReader<TurnEnded>,
    ready: Query<&Presence, With<Play>>,
) {
    waiting.extend(over.read().map(|turn| (turn.play, turn.turn)));
    if !talking.0 {
        return;
    }
    let lines = ["How is business?", "Is it always this foggy?", "Tell me about your mother."];
    for (play, turn) in waiting.drain(..) {
        if ready.get(play).is_ok_and(|is| is.level() == Attention::Speaking) {
            let line = lines[turn as usize % lines.len()];
            says.write(PlayerSays::to(play, line));
        }
    }
}

#[derive(Resource, Default)]
struct Streamed {
    deltas: usize,
    barks: usize,
}

fn count(
    mut streamed: ResMut<Streamed>,
    mut spoken: MessageReader<NpcSpeaks>,
    mut barks: MessageReader<NpcBarks>,
) {
    let deltas = spoken.read().filter(|spoken| matches!(spoken.speech, Speech::Delta(_)));
    streamed.deltas += deltas.count();
    streamed.barks += barks.read().count();
}

/// Runs frames of several apps, in turn, and returns how long the work of each took.
fn frames<const N: usize>(mut apps: [&mut App; N], count: usize) -> [Vec<Duration>; N] {
    let mut all = [const { Vec::new() }; N];
    for _ in 0..count {
        for (app, times) in apps.iter_mut().zip(&mut all) {
            if let Some(mut town) = app.world_mut().get_resource_mut::<Town>() {
                town.pass(SECONDS_A_FRAME);
            }
            let began = Instant::now();
            app.update();
            let worked = began.elapsed();
            std::thread::sleep((FRAME / N as u32).saturating_sub(worked));
            if let Some(mut clock) = app.world_mut().get_resource_mut::<Clock>() {
                let [wall, thread] = std::mem::take(&mut clock.spent);
                clock.frames[0].push(wall);
                clock.frames[1].push(thread);
            }
            times.push(worked);
        }
    }
    all
}

fn percentile(times: &mut [Duration], share: f64) -> f64 {
    times.sort();
    let index = ((times.len() as f64 - 1.0) * share).round() as usize;
    times.get(index).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

/// What the plugin took in each frame since it was last asked.
fn spent(app: &mut App) -> [Vec<Duration>; 2] {
    let clock = app.world_mut().get_resource_mut::<Clock>();
    clock.map_or_else(Default::default, |mut clock| std::mem::take(&mut clock.frames))
}

/// Percentiles in milliseconds.
fn figures(times: &mut [Duration]) -> serde_json::Value {
    let [p50, p99, max] = [0.5, 0.99, 1.0].map(|share| percentile(times, share));
    serde_json::json!({"p50": p50, "p99": p99, "max": max})
}

/// The people, and the plugin if it is wanted.
fn crowd(arguments: &Arguments, dormant: usize, plugin: bool) -> Result<App, Box<dyn Error>> {
    let (mut town, plan) = town(arguments)?;
    // All places are taken, wherever people happen to stand.
    town.rules.speaking = Tier { enter: 0, leave: 0, ..town.rules.speaking };
    town.rules.aware = Tier { enter: 0, leave: 0, ..town.rules.aware };
    let mut app = App::new();
    app.add_plugins(TaskPoolPlugin::default());
    if plugin {
        app.add_plugins((DramaturgPlugins, AttentionPlugin))
            .insert_resource(ActiveModel::new(arguments.model()))
            .insert_resource(town)
            .init_resource::<Clock>()
            .init_resource::<Streamed>()
            .init_resource::<Talking>()
            .add_systems(PreUpdate, begin.before(DramaturgSystems::Attend))
            .add_systems(PreUpdate, end.after(DramaturgSystems::Perform))
            .add_systems(PostUpdate, begin.before(DramaturgSystems::Begin))
            .add_systems(PostUpdate, end.after(DramaturgSystems::Send))
            .add_systems(Update, (talk, count));
        // One after the other on this thread, so that all that they take is counted.
        for schedule in [PreUpdate.intern(), PostUpdate.intern()] {
            app.edit_schedule(schedule, |schedule| {
                schedule.set_executor(SingleThreadedExecutor::new());
            });
        }
    }
    for number in 0..arguments.npcs {
        app.world_mut().spawn(people::somebody(&plan, number, arguments.begins(), false)?);
    }
    for number in 0..dormant {
        app.world_mut().spawn(people::villager(&plan, number, VILLAGES, arguments.begins())?);
    }
    while app.world().get_resource::<ActiveModel>().is_some_and(|m| m.state() == SlotState::Loading)
    {
        frames([&mut app], 1);
    }
    Ok(app)
}

/// How many have each level, from the highest: speaking, aware, background.
fn levels(app: &mut App) -> [usize; 3] {
    let mut all = [0; 3];
    for presence in app.world_mut().query::<&Presence>().iter(app.world()) {
        let index = match presence.level() {
            Attention::Speaking => 0,
            Attention::Aware => 1,
            Attention::Background | Attention::Dormant => 2,
        };
        all[index] += 1;
    }
    all
}

/// Bytes of memory that the program has, where the system tells.
fn resident() -> Option<usize> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    pages.split_whitespace().nth(1)?.parse::<usize>().ok().map(|pages| pages * 4_096)
}

/// Bytes of a dormant mind: what the program grew by, for each of many.
fn bytes_a_mind(arguments: &Arguments) -> Result<Option<usize>, Box<dyn Error>> {
    let (town, plan) = town(arguments)?;
    let mut app = App::new();
    app.add_plugins((TaskPoolPlugin::default(), DramaturgPlugins, AttentionPlugin))
        .insert_resource(town);
    let before = resident();
    let count = 10_000;
    for number in 0..count {
        app.world_mut().spawn(people::somebody(&plan, number, arguments.begins(), false)?);
    }
    let after = resident();
    let of_folk: usize =
        app.world_mut().query::<&Townsfolk>().iter(app.world()).map(Townsfolk::bytes).sum();
    println!("a dormant mind: {} bytes of schedule, needs and role", of_folk / count);
    Ok(before.zip(after).map(|(before, after)| after.saturating_sub(before) / count))
}

pub fn run(arguments: &Arguments) -> Result<(), Box<dyn Error>> {
    let a_mind = bytes_a_mind(arguments)?;
    let mut empty = crowd(arguments, 0, false)?;
    let mut app = crowd(arguments, 0, true)?;
    // All wake, and plays are opened.
    frames([&mut empty, &mut app], 300);
    spent(&mut app);
    let [mut without, mut silent] = frames([&mut empty, &mut app], arguments.frames);
    let [mut wall, mut thread] = spent(&mut app);
    let silent_figures = serde_json::json!({
        "plugin_main_thread_ms": figures(&mut wall),
        "plugin_processor_ms": figures(&mut thread),
    });
    app.world_mut().resource_mut::<Talking>().0 = true;
    frames([&mut empty, &mut app], 60);
    spent(&mut app);
    app.insert_resource(Streamed::default());
    let [without_too, mut with] = frames([&mut empty, &mut app], arguments.frames);
    without.extend(without_too);
    let [mut plugin, mut processor] = spent(&mut app);
    let Streamed { deltas, barks } = *app.world().resource::<Streamed>();
    let [speaking, aware, background] = levels(&mut app);
    let [p50, p99, max] = [0.5, 0.99, 1.0].map(|share| percentile(&mut plugin, share));
    let processor = figures(&mut processor);
    // Frames are kept at 60 a second, so what counts is by how much the longest of a hundred grew.
    let frame = FRAME.as_secs_f64() * 1e3;
    let late = |times: &mut Vec<Duration>| percentile(times, 0.99).max(frame);
    let ratio = late(&mut with) / late(&mut without);
    println!(
        "{} characters ({speaking} speaking, {aware} aware, {background} in the background), {deltas} pieces of speech, {barks} barks: \
         the plugin takes {p50:.3} ms a frame (p99 {p99:.3}, max {max:.3})",
        arguments.npcs
    );
    let p99s = [&mut without, &mut silent, &mut with].map(|times| percentile(times, 0.99));
    let [without, silent, while_speaking] = p99s;
    println!(
        "work of a frame, p99: {without:.3} ms without the plugin, {silent:.3} ms while nobody speaks, {while_speaking:.3} ms while all do"
    );
    let dormant = if arguments.dormant > 0 { Some(dormant(arguments)?) } else { None };
    if let Some(bytes) = a_mind {
        println!(
            "memory of a dormant mind, with its persona and its place in the book of haunts: {bytes} bytes"
        );
    }
    if arguments.json {
        let figures = serde_json::json!({
            "npcs": arguments.npcs,
            "speaking": speaking,
            "aware": aware,
            "background": background,
            "frames": arguments.frames,
            "deltas": deltas,
            "barks": barks,
            "plugin_main_thread_ms": {"p50": p50, "p99": p99, "max": max},
            "plugin_processor_ms": processor,
            "silent": silent_figures,
            "frame_p99_ms": {"without": without, "silent": silent, "speaking": while_speaking},
            "frame_ratio": ratio,
            "bytes_a_mind": a_mind,
            "dormant": dormant,
        });
        println!("{figures}");
    }
    Ok(())
}

/// The same town with and without many who are far away, frame by frame in turn: what the plugin takes, in milliseconds.
fn dormant(arguments: &Arguments) -> Result<serde_json::Value, Box<dyn Error>> {
    let mut alone = crowd(arguments, 0, true)?;
    let mut beside = crowd(arguments, arguments.dormant, true)?;
    frames([&mut alone, &mut beside], 300);
    spent(&mut alone);
    spent(&mut beside);
    frames([&mut alone, &mut beside], arguments.frames);
    let awake = levels(&mut beside).iter().sum::<usize>();
    let [[_, mut alone], [_, mut beside]] = [spent(&mut alone), spent(&mut beside)];
    let (alone, beside) = (figures(&mut alone), figures(&mut beside));
    println!(
        "with {} dormant ones beside ({awake} awake), processor's time: {beside}; without them: {alone}",
        arguments.dormant
    );
    Ok(serde_json::json!({
        "count": arguments.dormant,
        "plugin_processor_ms": beside,
        "without_them_ms": alone,
    }))
}
