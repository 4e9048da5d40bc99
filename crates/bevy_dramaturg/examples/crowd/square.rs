//! The window: the square, its time of day, and the player who walks about in it.

use crate::figures::{FiguresPlugin, colour};
use crate::graph::GraphPlugin;
use crate::ground::{HALF, Kind, Piece, SQUARE, pieces};
use crate::people::{self, role_name};
use crate::talk::{Talk, TalkPlugin};
use crate::{Arguments, town};
use bevy::asset::AssetPlugin;
use bevy::prelude::*;
use bevy::window::{PresentMode, WindowResolution};
use bevy_dramaturg::prelude::*;
use bevy_dramaturg::routine::{Moment, Spot};
use bevy_dramaturg::town::{AttentionPlugin, Town};
use std::path::PathBuf;

pub const INK: Color = Color::srgb(0.13, 0.12, 0.11);
pub const PAPER: Color = Color::srgb(0.95, 0.92, 0.85);
pub const LAMP: Color = Color::srgb(0.95, 0.71, 0.36);
const GRASS: Color = Color::srgb(0.42, 0.49, 0.33);
const FAINT: Color = Color::srgba(0.95, 0.92, 0.85, 0.4);
const PAVING: Color = Color::srgb(0.72, 0.67, 0.57);

/// Logical pixels of a metre; the window shows the whole town.
pub const METRE: f32 = 5.0;
/// Seconds of story time in a second.
const SPEED: f64 = 60.0;

/// The node on which all stands; its origin is the town's north-western corner.
#[derive(Component)]
pub struct Ground;

/// The player's mark.
#[derive(Component)]
struct You;

/// What makes it night.
#[derive(Component)]
struct Shade;

#[derive(Component)]
struct ClockFace;

/// The face for what is written.
#[derive(Resource, Clone)]
pub struct Face(pub Handle<Font>);

impl Face {
    pub fn size(&self, px: f32) -> TextFont {
        // A Garamond's letters are small for their size.
        TextFont { font: self.0.clone().into(), font_size: FontSize::Px(px * 1.12), ..default() }
    }
}

/// Where a spot is on the ground, in pixels.
pub fn on_ground(spot: Spot) -> Vec2 {
    let (x, y) = (spot.x as f32 / 10.0, spot.y as f32 / 10.0);
    Vec2::new((x + HALF.0 as f32) * METRE, (y + HALF.1 as f32) * METRE)
}

pub fn open(arguments: Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let (mut town, plan) = town(&arguments)?;
    town.player = Spot::metres(0, 9);
    let size = (HALF.0 as f32 * 2.0 * METRE, HALF.1 as f32 * 2.0 * METRE + 60.0);
    let window = Window {
        title: "The square".into(),
        name: Some("dramaturg.crowd".into()),
        resolution: WindowResolution::new(size.0 as u32, size.1 as u32),
        present_mode: PresentMode::AutoVsync,
        ..default()
    };
    let folk: Result<Vec<_>, _> = (0..arguments.npcs)
        .map(|number| people::somebody(&plan, number, arguments.begins(), arguments.chinese))
        .collect();
    let folk = folk?;
    let assets = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../assets");
    let mut app = App::new();
    app.add_plugins(
        DefaultPlugins
            .set(WindowPlugin { primary_window: Some(window), ..default() })
            .set(AssetPlugin { file_path: assets.to_string_lossy().into_owned(), ..default() }),
    )
    .add_plugins((DramaturgPlugins, AttentionPlugin))
    .insert_resource(ActiveModel::new(arguments.model()))
    .insert_resource(ClearColor(INK))
    .insert_resource(town)
    .insert_resource(arguments)
    .add_plugins((FiguresPlugin, TalkPlugin, GraphPlugin))
    .add_systems(PreStartup, load_face)
    .add_systems(Startup, draw)
    .add_systems(Update, (pass, walk, darken));
    app.world_mut().spawn_batch(folk);
    app.run();
    Ok(())
}

fn load_face(mut commands: Commands, assets: Res<AssetServer>, arguments: Res<Arguments>) {
    let file = if arguments.chinese { "fonts/wenkai.ttf" } else { "fonts/eb-garamond.otf" };
    commands.insert_resource(Face(assets.load(file)));
}

fn draw(mut commands: Commands, face: Res<Face>, arguments: Res<Arguments>) {
    commands.spawn(Camera2d);
    let (wide, tall) = (HALF.0 as f32 * 2.0 * METRE, HALF.1 as f32 * 2.0 * METRE);
    let ground = commands
        .spawn((
            Ground,
            Node {
                position_type: PositionType::Absolute,
                top: px(30),
                width: px(wide),
                height: px(tall),
                overflow: Overflow::clip(),
                ..default()
            },
            BackgroundColor(GRASS),
        ))
        .id();
    commands.entity(ground).with_children(|ground| {
        let (w, h) = SQUARE;
        // Streets lead out of the square between the houses.
        for (x, y, wide, tall) in [
            (0, 0, 240, 9),
            (0, 0, 9, 132),
            (0, -38, 240, 7),
            (0, 38, 240, 7),
            (-66, 0, 9, 84),
            (66, 0, 9, 84),
        ] {
            ground.spawn(slab((x, y), (wide, tall), PAVING.darker(0.09), 0.0));
        }
        ground.spawn(slab((0, 0), (w * 2, h * 2), PAVING, 6.0));
        ground.spawn(slab((0, 0), (34, 34), PAVING.darker(0.04), 90.0));
        for piece in pieces() {
            put(ground, &piece, &face, arguments.chinese);
        }
        ground.spawn((
            You,
            Node {
                position_type: PositionType::Absolute,
                width: px(18),
                height: px(18),
                border: UiRect::all(px(3)),
                border_radius: BorderRadius::MAX,
                ..default()
            },
            BorderColor::all(LAMP),
            UiTransform::default(),
            ZIndex(3),
        ));
        ground.spawn((
            Shade,
            Node {
                position_type: PositionType::Absolute,
                width: percent(100),
                height: percent(100),
                ..default()
            },
            BackgroundColor(Color::NONE),
            ZIndex(5),
        ));
    });
    commands.spawn((
        ClockFace,
        Text::default(),
        face.size(17.0),
        TextColor(PAPER),
        Node { position_type: PositionType::Absolute, left: px(14), top: px(4), ..default() },
    ));
    let help = if arguments.chinese {
        "方向键走动 · 点一个人说话"
    } else {
        "Arrow keys walk · click somebody to talk"
    };
    commands.spawn((
        Text::new(help),
        face.size(15.0),
        TextColor(PAPER.with_alpha(0.6)),
        Node { position_type: PositionType::Absolute, left: px(14), bottom: px(5), ..default() },
    ));
    legend(&mut commands, &face, arguments.chinese);
}

/// Which colour is whose, and what the rings mean.
fn legend(commands: &mut Commands, face: &Face, chinese: bool) {
    let row = Node {
        position_type: PositionType::Absolute,
        right: px(14),
        bottom: px(5),
        column_gap: px(5),
        align_items: AlignItems::Center,
        ..default()
    };
    let roles = people::ROLES.map(|(role, ..)| (role_name(role, chinese), colour(role), FAINT));
    let rings =
        if chinese { ["可以交谈", "会搭话"] } else { ["ready to talk", "speaks up"] };
    let rings = [(rings[0], INK, LAMP), (rings[1], INK, PAPER)];
    commands.spawn(row).with_children(|row| {
        for (name, fill, ring) in roles.into_iter().chain(rings) {
            row.spawn((
                Node {
                    width: px(10),
                    height: px(10),
                    margin: UiRect::left(px(9)),
                    border: UiRect::all(px(if ring == FAINT { 1 } else { 2 })),
                    border_radius: BorderRadius::MAX,
                    ..default()
                },
                BackgroundColor(fill),
                BorderColor::all(ring),
            ));
            row.spawn((Text::new(name), face.size(13.0), TextColor(PAPER.with_alpha(0.75))));
        }
    });
}

/// A rectangle of the ground, by its middle and size in metres.
fn slab(at: (i32, i32), size: (i32, i32), colour: Color, round: f32) -> impl Bundle {
    let corner =
        on_ground(Spot::metres(at.0, at.1)) - Vec2::new(size.0 as f32, size.1 as f32) * METRE / 2.0;
    (
        Node {
            position_type: PositionType::Absolute,
            left: px(corner.x),
            top: px(corner.y),
            width: px(size.0 as f32 * METRE),
            height: px(size.1 as f32 * METRE),
            border_radius: BorderRadius::all(px(round)),
            align_items: AlignItems::Center,
            justify_content: JustifyContent::Center,
            ..default()
        },
        BackgroundColor(colour),
    )
}

const ROOFS: [Color; 4] = [
    Color::srgb(0.55, 0.32, 0.25),
    Color::srgb(0.49, 0.36, 0.27),
    Color::srgb(0.60, 0.39, 0.28),
    Color::srgb(0.44, 0.35, 0.33),
];
const AWNINGS: [Color; 4] = [
    Color::srgb(0.72, 0.30, 0.27),
    Color::srgb(0.83, 0.66, 0.30),
    Color::srgb(0.30, 0.47, 0.55),
    Color::srgb(0.45, 0.53, 0.33),
];

/// Puts a piece on the map.
fn put(ground: &mut ChildSpawnerCommands, piece: &Piece, face: &Face, chinese: bool) {
    let pick = (piece.at.0 * 7 + piece.at.1 * 3).unsigned_abs() as usize;
    let (colour, round) = match piece.kind {
        Kind::House => (ROOFS[pick % 4], 2.0),
        Kind::Workshop => (Color::srgb(0.38, 0.36, 0.40), 3.0),
        Kind::Stall => (AWNINGS[pick % 4], 3.0),
        Kind::Bench => (Color::srgb(0.40, 0.29, 0.20), 2.0),
        Kind::Field => (Color::srgb(0.56, 0.55, 0.30), 2.0),
        Kind::Landmark if piece.size.0 == 0 => return,
        Kind::Landmark => match piece.name.as_str() {
            "well" => (Color::srgb(0.36, 0.42, 0.47), 90.0),
            "fountain steps" => (Color::srgb(0.46, 0.62, 0.70), 90.0),
            "linden" => (Color::srgb(0.30, 0.45, 0.24), 90.0),
            "tavern yard" => (Color::srgb(0.58, 0.47, 0.36), 4.0),
            _ => (Color::srgb(0.80, 0.49, 0.27), 3.0),
        },
    };
    let mut slab = ground.spawn(slab(piece.at, piece.size, colour, round));
    // A ridge makes a roof of it.
    if piece.kind == Kind::House {
        slab.with_child((
            Node {
                position_type: PositionType::Absolute,
                top: percent(47),
                width: percent(100),
                height: px(3),
                ..default()
            },
            BackgroundColor(colour.darker(0.08)),
        ));
    }
    let name = match piece.name.as_str() {
        "bakery" => ("bakery", "面包房"),
        "smithy" => ("smithy", "铁匠铺"),
        "carpenter" => ("carpenter", "木匠铺"),
        "weaver" => ("weaver", "织坊"),
        "school" => ("school", "学堂"),
        "chapel" => ("chapel", "礼拜堂"),
        "cooper" => ("cooper", "桶匠铺"),
        "tavern" => ("tavern", "酒馆"),
        "pies west" | "pies east" => ("pies", "馅饼"),
        _ => return,
    };
    let size = if name.0 == "pies" { 11.0 } else { 15.0 };
    let text = Text::new(if chinese { name.1 } else { name.0 });
    slab.with_child((text, face.size(size), TextColor(PAPER), ZIndex(1)));
}

fn pass(
    time: Res<Time>,
    mut town: ResMut<Town>,
    arguments: Res<Arguments>,
    mut clock: Query<&mut Text, With<ClockFace>>,
) {
    town.pass(time.delta_secs_f64() * SPEED);
    let now = town.now();
    let (day, hour, minute) = (now.day() + 1, now.hour(), now.minute());
    let shown = if arguments.chinese {
        format!("第{day}天  {hour:02}:{minute:02}")
    } else {
        format!("day {day}  {hour:02}:{minute:02}")
    };
    for mut clock in &mut clock {
        clock.set_if_neq(Text(shown.clone()));
    }
}

/// The player walks 14 metres a second.
fn walk(
    time: Res<Time>,
    keys: Res<ButtonInput<KeyCode>>,
    talk: Res<Talk>,
    mut town: ResMut<Town>,
    mut you: Query<&mut UiTransform, With<You>>,
) {
    let held = |key| i32::from(keys.pressed(key));
    let step = IVec2::new(
        held(KeyCode::ArrowRight) - held(KeyCode::ArrowLeft),
        held(KeyCode::ArrowDown) - held(KeyCode::ArrowUp),
    );
    if talk.with().is_none() && step != IVec2::ZERO {
        let by = (time.delta_secs() * 140.0).round() as i32;
        let (x, y) = (HALF.0 * 10 - 20, HALF.1 * 10 - 20);
        town.player = Spot {
            x: (town.player.x + step.x * by).clamp(-x, x),
            y: (town.player.y + step.y * by).clamp(-y, y),
        };
    }
    let at = on_ground(town.player) - Vec2::splat(9.0);
    for mut you in &mut you {
        you.translation = Val2::px(at.x, at.y);
    }
}

/// How dark it is, from 0 to 1.
fn darkness(now: Moment) -> f32 {
    let hour = now.second_of_day() as f32 / 3600.0;
    let day = ((hour - 13.0).abs() - 6.5) / 2.5;
    day.clamp(0.0, 1.0)
}

fn darken(town: Res<Town>, mut shades: Query<&mut BackgroundColor, With<Shade>>) {
    let colour = Color::srgba(0.05, 0.06, 0.17, 0.62 * darkness(town.now()));
    for mut shade in &mut shades {
        shade.set_if_neq(BackgroundColor(colour));
    }
}
