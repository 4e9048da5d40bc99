//! Music and sound, computed while they play: plucked notes, the stove, the water, the bell buoy. Without a sound device
//! the game is silent and says so in the log.

use crate::Screen;
use crate::preferences::Preferences;
use bevy::prelude::*;
use bevy_dramaturg::PlaySaved;
use bevy_dramaturg::prelude::*;
use rodio::{OutputStreamBuilder, Source};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub struct SoundPlugin;

impl Plugin for SoundPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Desk>().add_systems(Startup, open).add_systems(Update, (mix, ring));
    }
}

/// What the sound hears from the game.
#[derive(Default)]
struct Mix {
    /// Of ten.
    music: AtomicU32,
    /// Of ten.
    sounds: AtomicU32,
    /// 1 by the water, 0 within.
    outside: AtomicU32,
    /// How often a chime was asked for.
    chimes: AtomicU32,
}

#[derive(Resource, Default)]
struct Desk(Arc<Mix>);

/// The device is opened on a thread of its own: some systems take their time for it.
fn open(desk: Res<Desk>) {
    let mix = desk.0.clone();
    let started = std::thread::Builder::new().name("sound".into()).spawn(move || {
        match OutputStreamBuilder::open_default_stream() {
            Ok(mut stream) => {
                stream.log_on_drop(false);
                stream.mixer().add(Shore::new(mix));
                // The stream plays as long as it is held; it ends with the program.
                loop {
                    std::thread::park();
                }
            }
            Err(error) => info!("no sound device ({error}): the game is silent"),
        }
    });
    if let Err(error) = started {
        warn!("no thread for sound: {error}");
    }
}

fn mix(
    preferences: Res<Preferences>,
    screen: Res<State<Screen>>,
    plays: Query<&Play>,
    desk: Res<Desk>,
) {
    desk.0.music.store(preferences.music.into(), Ordering::Relaxed);
    desk.0.sounds.store(preferences.sounds.into(), Ordering::Relaxed);
    let within = plays.iter().any(|play| !matches!(play.background(), "quay" | "bay"));
    let outside = *screen.get() == Screen::Title || !within;
    desk.0.outside.store(outside.into(), Ordering::Relaxed);
}

fn ring(
    mut ended: MessageReader<StoryEnded>,
    mut saved: MessageReader<PlaySaved>,
    desk: Res<Desk>,
) {
    let chimes = ended.read().count() + saved.read().count();
    desk.0.chimes.fetch_add(chimes as u32, Ordering::Relaxed);
}

const RATE: u32 = 32_000;
/// D minor pentatonic over two octaves, in hertz.
const NOTES: [f32; 10] =
    [146.83, 174.61, 196.0, 220.0, 261.63, 293.66, 349.23, 392.0, 440.0, 523.25];

/// A tone that dies away.
struct Tone {
    phase: f32,
    step: f32,
    level: f32,
    decay: f32,
}

impl Tone {
    fn new(hertz: f32, level: f32, seconds: f32) -> Self {
        let step = hertz * std::f32::consts::TAU / RATE as f32;
        Self { phase: 0.0, step, level, decay: (-1.0 / (seconds * RATE as f32)).exp() }
    }
    fn next(&mut self) -> f32 {
        self.phase = (self.phase + self.step) % std::f32::consts::TAU;
        self.level *= self.decay;
        // The overtone dies with the square of the level: a string, not a whistle.
        (self.phase.sin() + 0.4 * self.level * (2.0 * self.phase).sin()) * self.level
    }
}

/// All that is heard.
struct Shore {
    mix: Arc<Mix>,
    seed: u32,
    at: u64,
    music: Vec<Tone>,
    bells: Vec<Tone>,
    next_note: u64,
    next_bell: u64,
    rumble: f32,
    hiss: f32,
    crackle: f32,
    /// Follows `outside` slowly.
    outside: f32,
    chimes: u32,
}

impl Shore {
    fn new(mix: Arc<Mix>) -> Self {
        Self {
            mix,
            seed: 0x9e37_79b9,
            at: 0,
            music: Vec::new(),
            bells: Vec::new(),
            next_note: u64::from(RATE),
            next_bell: u64::from(RATE) * 3,
            rumble: 0.0,
            hiss: 0.0,
            crackle: 0.0,
            outside: 1.0,
            chimes: 0,
        }
    }
    /// From -1 to 1.
    fn noise(&mut self) -> f32 {
        self.seed ^= self.seed << 13;
        self.seed ^= self.seed >> 17;
        self.seed ^= self.seed << 5;
        self.seed as f32 / (u32::MAX / 2) as f32 - 1.0
    }
    fn pick(&mut self, of: u32) -> u32 {
        let _ = self.noise();
        self.seed % of.max(1)
    }
    fn note(&mut self) {
        let note = self.pick(NOTES.len() as u32) as usize;
        self.music.push(Tone::new(NOTES[note], 0.16, 1.4));
        if self.pick(3) == 0 {
            self.music.push(Tone::new(NOTES[note % 5] / 2.0, 0.14, 2.6));
        }
        let rest = 26 + self.pick(40);
        self.next_note = self.at + u64::from(RATE) * u64::from(rest) / 20;
    }
    fn bell(&mut self, level: f32) {
        for (ratio, share) in [(1.0, 1.0), (2.76, 0.5), (5.4, 0.25)] {
            self.bells.push(Tone::new(311.0 * ratio, level * share, 1.6 / ratio));
        }
    }
}

impl Iterator for Shore {
    type Item = f32;

    fn next(&mut self) -> Option<f32> {
        self.at += 1;
        if self.at.is_multiple_of(512) {
            self.music.retain(|tone| tone.level > 0.001);
            self.bells.retain(|tone| tone.level > 0.001);
            let chimes = self.mix.chimes.load(Ordering::Relaxed);
            if chimes != std::mem::replace(&mut self.chimes, chimes) {
                self.bell(0.18);
            }
        }
        if self.at >= self.next_note {
            self.note();
        }
        if self.at >= self.next_bell {
            let level = 0.02 + 0.06 * self.outside;
            self.bell(level);
            let rest = 7 + self.pick(6);
            self.next_bell = self.at + u64::from(RATE) * u64::from(rest);
        }
        let target = self.mix.outside.load(Ordering::Relaxed) as f32;
        self.outside += (target - self.outside) * 0.00003;
        let noise = self.noise();
        self.rumble += (noise - self.rumble) * 0.02;
        self.hiss += (noise - self.hiss) * 0.2;
        if noise > 0.9996 {
            self.crackle = 0.5;
        }
        self.crackle *= 0.992;
        let swell = 0.55 + 0.45 * (self.at as f32 / RATE as f32 * 0.7).sin();
        let water = (self.rumble * 0.9 + self.hiss * 0.10) * swell * self.outside;
        let stove = (self.rumble * 0.25 + self.crackle * noise * 0.12) * (1.0 - self.outside);
        let bells: f32 = self.bells.iter_mut().map(Tone::next).sum();
        let music: f32 = self.music.iter_mut().map(Tone::next).sum();
        let share = |of_ten: &AtomicU32| of_ten.load(Ordering::Relaxed) as f32 / 10.0;
        let sum =
            music * share(&self.mix.music) + (water + stove + bells) * share(&self.mix.sounds);
        Some(sum.clamp(-1.0, 1.0))
    }
}

impl Source for Shore {
    fn current_span_len(&self) -> Option<usize> {
        None
    }
    fn channels(&self) -> u16 {
        1
    }
    fn sample_rate(&self) -> u32 {
        RATE
    }
    fn total_duration(&self) -> Option<Duration> {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The loudness of ten seconds, by the two volumes.
    fn loudness(music: u32, sounds: u32) -> f32 {
        let mix = Arc::new(Mix::default());
        mix.music.store(music, Ordering::Relaxed);
        mix.sounds.store(sounds, Ordering::Relaxed);
        mix.outside.store(1, Ordering::Relaxed);
        let samples = Shore::new(mix).take(10 * RATE as usize);
        (samples.map(|sample| sample * sample).sum::<f32>() / (10.0 * RATE as f32)).sqrt()
    }

    #[test]
    fn the_volumes_are_heard_and_nothing_is_silence() {
        assert_eq!(loudness(0, 0), 0.0);
        let (music, sounds) = (loudness(10, 0), loudness(0, 10));
        assert!(music > 0.005 && sounds > 0.005, "{music} {sounds}");
        assert!(loudness(5, 0) < music && loudness(0, 5) < sounds);
        assert!(loudness(10, 10) < 0.7);
    }
}
