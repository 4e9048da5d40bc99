//! How long frames take, and how much of it is the plugin's: two graphs of the last frames.

use crate::Arguments;
use crate::square::{Face, LAMP, PAPER};
use bevy::prelude::*;
use bevy_dramaturg::DramaturgSystems;
use bevy_dramaturg::attention::Attention;
use bevy_dramaturg::town::{Presence, Townsfolk};
use std::collections::VecDeque;
use std::time::Instant;

pub struct GraphPlugin;

impl Plugin for GraphPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Times>()
            .add_systems(Startup, build)
            .add_systems(PreUpdate, begin.before(DramaturgSystems::Attend))
            .add_systems(PreUpdate, end.after(DramaturgSystems::Perform))
            .add_systems(PostUpdate, begin.before(DramaturgSystems::Begin))
            .add_systems(PostUpdate, end.after(DramaturgSystems::Send))
            .add_systems(Last, (keep, draw, tell).chain());
    }
}

/// So many of the last frames are shown.
const FRAMES: usize = 150;
const TALL: f32 = 22.0;
/// Milliseconds at the top, of which the smallest is taken that nearly all frames are below.
const TOPS: [f32; 7] = [1.0, 2.0, 5.0, 20.0, 50.0, 100.0, 500.0];

#[derive(Resource, Default)]
struct Times {
    began: Option<Instant>,
    spent: f32,
    /// Milliseconds of a frame, and of the plugin in it.
    last: VecDeque<[f32; 2]>,
    /// Milliseconds at the top of each graph.
    tops: [f32; 2],
}

impl Times {
    /// What so many of the last frames are below.
    fn share(&self, series: usize, share: f32) -> f32 {
        let mut all: Vec<f32> = self.last.iter().map(|frame| frame[series]).collect();
        all.sort_by(f32::total_cmp);
        let index = (all.len().saturating_sub(1)) as f32 * share;
        all.get(index as usize).copied().unwrap_or(0.0)
    }
}

#[derive(Component)]
struct Bar {
    frame: usize,
    series: usize,
}

#[derive(Component)]
struct Figures;

fn begin(mut times: ResMut<Times>) {
    times.began = Some(Instant::now());
}

fn end(mut times: ResMut<Times>) {
    if let Some(began) = times.began.take() {
        times.spent += began.elapsed().as_secs_f32() * 1e3;
    }
}

fn keep(time: Res<Time<Real>>, mut times: ResMut<Times>) {
    let spent = std::mem::take(&mut times.spent);
    times.last.push_back([time.delta_secs() * 1e3, spent]);
    if times.last.len() > FRAMES {
        times.last.pop_front();
    }
}

fn build(mut commands: Commands, face: Res<Face>) {
    for (series, colour) in [PAPER.with_alpha(0.55), LAMP].into_iter().enumerate() {
        let graph = Node {
            position_type: PositionType::Absolute,
            right: px(12.0 + series as f32 * (FRAMES as f32 + 14.0)),
            top: px(4),
            width: px(FRAMES as f32),
            height: px(TALL),
            ..default()
        };
        commands.spawn((graph, BackgroundColor(Color::BLACK.with_alpha(0.4)))).with_children(
            |graph| {
                for frame in 0..FRAMES {
                    graph.spawn((
                        Bar { frame, series },
                        Node {
                            position_type: PositionType::Absolute,
                            left: px(frame as f32),
                            bottom: px(0),
                            width: px(1),
                            height: px(TALL),
                            ..default()
                        },
                        BackgroundColor(colour),
                        UiTransform::from_scale(Vec2::new(1.0, 0.0)),
                    ));
                }
            },
        );
    }
    commands.spawn((
        Figures,
        Text::default(),
        face.size(13.0),
        TextColor(PAPER.with_alpha(0.85)),
        Node {
            position_type: PositionType::Absolute,
            right: px(FRAMES as f32 * 2.0 + 40.0),
            top: px(6),
            ..default()
        },
    ));
}

fn draw(times: Res<Times>, mut bars: Query<(&Bar, &mut UiTransform)>) {
    let missing = FRAMES - times.last.len().min(FRAMES);
    for (bar, mut transform) in &mut bars {
        let frame = bar.frame.checked_sub(missing).and_then(|frame| times.last.get(frame));
        let share = frame
            .map_or(0.0, |frame| (frame[bar.series] / times.tops[bar.series].max(0.1)).min(1.0));
        // Scaled about its middle, a bar is moved down to its foot.
        transform.scale = Vec2::new(1.0, share);
        transform.translation = Val2::px(0.0, TALL * (1.0 - share) / 2.0);
    }
}

fn tell(
    time: Res<Time>,
    arguments: Res<Arguments>,
    mut times: ResMut<Times>,
    people: Query<&Presence>,
    all: Query<(), With<Townsfolk>>,
    mut since: Local<f32>,
    mut shown: Query<&mut Text, With<Figures>>,
) {
    *since += time.delta_secs();
    if *since < 0.5 {
        return;
    }
    *since = 0.0;
    for series in 0..2 {
        let most = times.share(series, 0.97);
        let top = TOPS.into_iter().find(|top| most <= *top).unwrap_or(most);
        times.tops[series] = top;
    }
    let count = |level| people.iter().filter(|is| is.level() == level).count();
    let (speaking, aware) = (count(Attention::Speaking), count(Attention::Aware));
    let awake = people.iter().count();
    let dormant = all.iter().count() - awake;
    let background = awake - speaking - aware;
    let people = if arguments.chinese {
        format!("可谈 {speaking} · 搭话 {aware} · 背景 {background} · 休眠 {dormant}")
    } else {
        format!("{speaking} speaking · {aware} aware · {background} background · {dormant} dormant")
    };
    let [plugin, frame] = if arguments.chinese { ["插件", "帧"] } else { ["plugin", "frame"] };
    let text = format!(
        "{people}     {plugin} {:.2} ms, p99 {:.2} (to {})     {frame} {:.0} ms (to {})",
        times.share(1, 0.5),
        times.share(1, 0.99),
        times.tops[1],
        times.share(0, 0.5),
        times.tops[0],
    );
    for mut shown in &mut shown {
        shown.0.clone_from(&text);
    }
}
