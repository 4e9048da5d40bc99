//! The box in which words appear: who speaks, the line as it is typed, what is still to be read.

use crate::Screen;
use crate::controls::{Controls, Wish};
use crate::fonts::Face;
use crate::look::{Backdrop, FOG, INK, LAMP, PAPER, Reading};
use crate::menu::Pressable;
use crate::overlay::{Overlay, stage_is_clear};
use crate::words::{Language, Word};
use bevy::prelude::*;
use bevy::text::LineHeight;
use bevy_dramaturg_ui::{
    Dialogue, DialogueSystems, ReadOn, ShownWords, SpeakerName, StepBack, StepForward, WhileMore,
    WhileOver, WhileSpoken, WordsToCome,
};

pub struct DialoguePlugin;

impl Plugin for DialoguePlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(OnEnter(Screen::Stage), open).add_systems(
            Update,
            (
                turn_page.run_if(stage_is_clear).before(DialogueSystems),
                (quote, slant, blink, hide).after(DialogueSystems),
            )
                .run_if(in_state(Screen::Stage)),
        );
    }
}

/// Whether the player is writing a line.
pub fn typing(dialogues: &Query<&Dialogue>) -> bool {
    dialogues.iter().any(|dialogue| dialogue.typing)
}

/// All that can be hidden to look at the picture.
#[derive(Component)]
pub struct Words;
#[derive(Component)]
struct SaidText;
#[derive(Component)]
struct SaidPlate;
#[derive(Component)]
struct Marker;
/// Where the player's line is spawned.
#[derive(Component)]
pub struct InputPlace;

const TEXT: f32 = 27.0;

fn open(mut commands: Commands) {
    let column = Node {
        position_type: PositionType::Absolute,
        bottom: px(0),
        width: percent(100),
        padding: UiRect::bottom(px(22)),
        flex_direction: FlexDirection::Column,
        align_items: AlignItems::Center,
        row_gap: px(26),
        ..default()
    };
    commands
        .spawn((DespawnOnExit(Screen::Stage), Words, column, Name::new("dialogue")))
        .with_children(|column| {
            column.spawn((
                Node {
                    width: percent(90),
                    max_width: px(1040),
                    justify_content: JustifyContent::FlexEnd,
                    ..default()
                },
                children![(
                    SaidPlate,
                    Node {
                        max_width: percent(72),
                        padding: UiRect::axes(px(18), px(5)),
                        border_radius: BorderRadius::all(px(15)),
                        ..default()
                    },
                    Backdrop { alpha: 0.9 },
                    Visibility::Hidden,
                    children![(
                        SaidText,
                        Text::default(),
                        Face::italic(22.0).read(),
                        TextColor(FOG)
                    )],
                )],
            ));
            column.spawn(frame()).with_children(|frame| {
                frame.spawn(name_plate());
                frame
                    .spawn((
                        Text::default(),
                        Face::upright(TEXT).read(),
                        LineHeight::RelativeToFont(1.42),
                        Node { width: percent(100), min_height: px(84), ..default() },
                    ))
                    .with_children(|text| {
                        let span = || (TextSpan::default(), Face::upright(TEXT).read());
                        text.spawn((ShownWords, span(), TextColor(PAPER), Reading(PAPER)));
                        // The rest of the line takes its room already, so that no word jumps while it is typed.
                        text.spawn((WordsToCome, span(), TextColor(Color::NONE)));
                    });
                // There is more to read: a small lozenge, whatever the font has.
                frame.spawn((
                    (Marker, WhileMore),
                    Node {
                        position_type: PositionType::Absolute,
                        right: px(28),
                        bottom: px(22),
                        width: px(11),
                        height: px(11),
                        ..default()
                    },
                    BackgroundColor(LAMP),
                    UiTransform::from_rotation(Rot2::degrees(45.0)),
                    Visibility::Hidden,
                ));
                frame.spawn((
                    WhileOver,
                    Word::TheEnd,
                    Face::italic(24.0),
                    TextColor(LAMP),
                    TextLayout::justify(Justify::Center),
                    Node {
                        position_type: PositionType::Absolute,
                        width: percent(100),
                        bottom: px(14),
                        ..default()
                    },
                    Visibility::Hidden,
                ));
                frame
                    .spawn((InputPlace, Node { width: percent(100), height: px(40), ..default() }));
            });
        });
}

fn frame() -> impl Bundle {
    (
        Node {
            width: percent(92),
            max_width: px(1080),
            min_height: px(186),
            padding: UiRect { left: px(38), right: px(38), top: px(26), bottom: px(14) },
            flex_direction: FlexDirection::Column,
            justify_content: JustifyContent::SpaceBetween,
            row_gap: px(8),
            border: px(1).all(),
            border_radius: BorderRadius::all(px(16)),
            ..default()
        },
        Backdrop { alpha: 0.9 },
        BorderColor::all(LAMP.with_alpha(0.28)),
    )
}

fn name_plate() -> impl Bundle {
    (
        WhileSpoken,
        Node {
            position_type: PositionType::Absolute,
            top: px(-21),
            left: px(32),
            padding: UiRect::axes(px(16), px(3)),
            border: px(1).all(),
            border_radius: BorderRadius::all(px(9)),
            ..default()
        },
        BackgroundColor(INK),
        BorderColor::all(LAMP.with_alpha(0.45)),
        Visibility::Hidden,
        children![(SpeakerName, Text::default(), Face::italic(23.0), TextColor(LAMP))],
    )
}

fn turn_page(
    controls: Res<Controls>,
    mouse: Res<ButtonInput<MouseButton>>,
    pressed: Query<&Interaction, With<Pressable>>,
    mut dialogues: Query<&mut Dialogue>,
    mut backs: MessageWriter<StepBack>,
    mut forwards: MessageWriter<StepForward>,
    mut screen: ResMut<NextState<Screen>>,
) {
    if controls.wants(Wish::Back) {
        backs.write(StepBack);
    }
    if controls.wants(Wish::Forward) {
        forwards.write(StepForward);
    }
    // A click on a button is for the button.
    let on_button = pressed.iter().any(|interaction| *interaction != Interaction::None);
    let click = mouse.just_pressed(MouseButton::Left) && !on_button;
    if !click && !controls.wants(Wish::Accept) {
        return;
    }
    for mut dialogue in &mut dialogues {
        if dialogue.read_on() == ReadOn::Over {
            screen.set(Screen::Title);
        }
    }
}

/// What the player said stands over the box.
fn quote(
    dialogues: Query<&Dialogue>,
    language: Res<Language>,
    mut said: Single<&mut Text, With<SaidText>>,
    mut plate: Single<&mut Visibility, With<SaidPlate>>,
) {
    let text = dialogues.iter().next().map_or("", Dialogue::said);
    let quoted = match *language {
        _ if text.is_empty() => String::new(),
        Language::English => format!("“{}”", shorten(text)),
        Language::Chinese => format!("「{}」", shorten(text)),
    };
    if said.0 != quoted {
        said.0 = quoted;
    }
    let seen = if text.is_empty() { Visibility::Hidden } else { Visibility::Inherited };
    plate.set_if_neq(seen);
}

/// What is told, not spoken, is set in italics.
fn slant(
    dialogues: Query<&Dialogue>,
    mut faces: Query<&mut Face, Or<(With<ShownWords>, With<WordsToCome>)>>,
) {
    let page = dialogues.iter().next().and_then(Dialogue::page);
    let told = page.is_some_and(|page| page.npc.is_none());
    let wanted = if told { Face::italic(TEXT) } else { Face::upright(TEXT) }.read();
    for mut face in &mut faces {
        face.set_if_neq(wanted);
    }
}

fn blink(time: Res<Time>, mut markers: Query<&mut BackgroundColor, With<Marker>>) {
    let lit = (time.elapsed_secs() * 2.2).sin() > -0.4;
    for mut color in &mut markers {
        color.set_if_neq(BackgroundColor(if lit { LAMP } else { LAMP.with_alpha(0.0) }));
    }
}

fn hide(overlay: Res<State<Overlay>>, mut words: Query<&mut Visibility, With<Words>>) {
    let hidden = matches!(overlay.get(), Overlay::Hidden | Overlay::Suggestions);
    for mut seen in &mut words {
        seen.set_if_neq(if hidden { Visibility::Hidden } else { Visibility::Inherited });
    }
}

/// A long line of the player's is shown by its beginning.
fn shorten(text: &str) -> String {
    const MOST: usize = 90;
    if text.chars().count() <= MOST {
        return text.to_owned();
    }
    text.chars().take(MOST).chain(['…']).collect()
}
