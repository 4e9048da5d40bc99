//! What lies over the stage: at most one panel, and short notices.

use crate::fonts::Face;
use crate::look::{BOX, LAMP, PAPER};
use crate::words::{Language, Word, translate};
use crate::{Screen, dialogue::Dialogue};
use bevy::prelude::*;
use bevy_dramaturg::llm::SlotState;
use bevy_dramaturg::{ActiveModel, ModelChanged, Notice, PlaySaved};

pub struct OverlayPlugin;

impl Plugin for OverlayPlugin {
    fn build(&self, app: &mut App) {
        app.init_state::<Overlay>()
            .add_systems(Startup, (spawn_notice, spawn_model_line))
            .add_systems(
                Update,
                (translate, notices, fade, model_line, keys.run_if(in_state(Screen::Stage))),
            );
    }
}

/// The open panel.
#[derive(States, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Overlay {
    #[default]
    None,
    History,
    Saves,
}

/// The frame of a panel; what it shows is spawned into the second node.
pub fn panel(heading: Word) -> impl Bundle {
    (
        Node {
            position_type: PositionType::Absolute,
            width: percent(100),
            height: percent(100),
            justify_content: JustifyContent::Center,
            align_items: AlignItems::Center,
            ..default()
        },
        BackgroundColor(Color::srgba(0.03, 0.04, 0.05, 0.72)),
        GlobalZIndex(20),
        Name::new(format!("panel {heading:?}")),
    )
}

/// The sheet on which a panel's content lies.
pub fn sheet() -> impl Bundle {
    (
        Node {
            width: percent(84),
            max_width: px(900),
            height: percent(84),
            padding: UiRect::axes(px(36), px(28)),
            flex_direction: FlexDirection::Column,
            row_gap: px(14),
            border: px(1).all(),
            border_radius: BorderRadius::all(px(14)),
            ..default()
        },
        BackgroundColor(BOX.with_alpha(0.985)),
        BorderColor::all(LAMP.with_alpha(0.3)),
    )
}

/// A heading of a panel, and how to close it.
pub fn heading(word: Word) -> impl Bundle {
    (
        Node {
            justify_content: JustifyContent::SpaceBetween,
            align_items: AlignItems::Baseline,
            ..default()
        },
        children![
            (word, Face::italic(30.0), TextColor(LAMP)),
            (Word::Close, Face::upright(16.0), TextColor(PAPER.with_alpha(0.5))),
        ],
    )
}

fn keys(
    keyboard: Res<ButtonInput<KeyCode>>,
    overlay: Res<State<Overlay>>,
    mut next: ResMut<NextState<Overlay>>,
    mut screen: ResMut<NextState<Screen>>,
) {
    let toggle = |panel: Overlay| if *overlay.get() == panel { Overlay::None } else { panel };
    if keyboard.just_pressed(KeyCode::F2) {
        next.set(toggle(Overlay::History));
    } else if keyboard.just_pressed(KeyCode::F3) {
        next.set(toggle(Overlay::Saves));
    } else if keyboard.just_pressed(KeyCode::Escape) {
        if *overlay.get() == Overlay::None {
            screen.set(Screen::Title);
        } else {
            next.set(Overlay::None);
        }
    }
}

#[derive(Component)]
struct NoticeLine {
    left_s: f32,
}

/// How long a notice can be read.
const NOTICE_S: f32 = 6.0;

fn spawn_notice(mut commands: Commands) {
    commands.spawn((
        Node {
            position_type: PositionType::Absolute,
            top: px(14),
            left: percent(15),
            width: percent(70),
            justify_content: JustifyContent::Center,
            ..default()
        },
        GlobalZIndex(30),
        children![(
            NoticeLine { left_s: 0.0 },
            Text::default(),
            Face::upright(18.0),
            TextColor(PAPER.with_alpha(0.0)),
            TextLayout::justify(Justify::Center),
        )],
    ));
}

/// Who speaks the words, in a corner.
#[derive(Component)]
struct ModelLine;

fn spawn_model_line(mut commands: Commands) {
    commands.spawn((
        Node { position_type: PositionType::Absolute, top: px(10), right: px(16), ..default() },
        GlobalZIndex(10),
        children![(
            ModelLine,
            Text::default(),
            Face::italic(16.0),
            TextColor(PAPER.with_alpha(0.5)),
        )],
    ));
}

fn model_line(
    model: Res<ActiveModel>,
    language: Res<Language>,
    mut line: Single<&mut Text, With<ModelLine>>,
) {
    let wanted = match model.state() {
        SlotState::Empty | SlotState::Failed(_) => language.say(Word::NoModel).to_owned(),
        SlotState::Loading => language.say(Word::Loading).to_owned(),
        SlotState::Ready { name } => name,
    };
    if line.0 != wanted {
        line.0 = wanted;
    }
}

fn notices(
    language: Res<Language>,
    mut notices: MessageReader<Notice>,
    mut saved: MessageReader<PlaySaved>,
    mut models: MessageReader<ModelChanged>,
    mut line: Single<(&mut NoticeLine, &mut Text), Without<ModelLine>>,
) {
    let mut show = |text: String| {
        line.1.0 = text;
        line.0.left_s = NOTICE_S;
    };
    notices.read().for_each(|notice| show(notice.text.clone()));
    saved.read().for_each(|_| show(language.say(Word::Saved).to_owned()));
    for ModelChanged(state) in models.read() {
        if let SlotState::Failed(why) = state {
            show(why.clone());
        }
    }
}

fn fade(time: Res<Time>, mut line: Single<(&mut NoticeLine, &mut TextColor)>) {
    if line.0.left_s > 0.0 {
        line.0.left_s -= time.delta_secs();
        let alpha = line.0.left_s.clamp(0.0, 1.0);
        line.1.0.set_alpha(alpha);
    }
}

/// The player can speak and turn pages only when no panel is open.
pub fn stage_is_clear(overlay: Res<State<Overlay>>, dialogue: Option<Res<Dialogue>>) -> bool {
    *overlay.get() == Overlay::None && dialogue.is_some()
}
