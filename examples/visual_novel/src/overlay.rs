//! What lies over the stage: at most one panel, and short notices.

use crate::Screen;
use crate::controls::{Controls, Wish};
use crate::fonts::Face;
use crate::look::{Backdrop, FOG, LAMP, PAPER};
use crate::menu::{MenuSystems, Scroll};
use crate::words::{Language, Word, translate};
use bevy::prelude::*;
use bevy_dramaturg::llm::SlotState;
use bevy_dramaturg::{ActiveModel, ModelChanged, Notice, PlaySaved};
use bevy_dramaturg_ui::{Dialogue, DialogueSystems};

pub struct OverlayPlugin;

impl Plugin for OverlayPlugin {
    fn build(&self, app: &mut App) {
        app.init_state::<Overlay>()
            .add_systems(Startup, (spawn_notice, spawn_model_line))
            .add_systems(
                Update,
                (
                    translate,
                    notices,
                    fade,
                    model_line,
                    keys.after(MenuSystems),
                    pause.before(DialogueSystems),
                ),
            );
    }
}

/// The open panel.
#[derive(States, Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Overlay {
    #[default]
    None,
    Pause,
    History,
    Saves,
    Preferences,
    Suggestions,
    Chronicle,
    People,
    About,
    /// No panel: the words are hidden, so that the picture can be looked at.
    Hidden,
}

/// The frame of a panel.
#[derive(Component)]
pub struct Panel;

/// The frame of a panel; what it shows is spawned into a [`sheet`] in it.
pub fn panel(overlay: Overlay) -> impl Bundle {
    (
        Panel,
        DespawnOnExit(overlay),
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
        Name::new(format!("panel {overlay:?}")),
    )
}

/// The sheet on which a panel's content lies.
pub fn sheet() -> impl Bundle {
    (
        Backdrop { alpha: 0.985 },
        Node {
            width: percent(92),
            max_width: px(980),
            height: percent(90),
            padding: UiRect::axes(px(34), px(24)),
            flex_direction: FlexDirection::Column,
            row_gap: px(10),
            border: px(1).all(),
            border_radius: BorderRadius::all(px(14)),
            ..default()
        },
        BorderColor::all(LAMP.with_alpha(0.3)),
    )
}

/// A heading of a panel, and how to close it.
pub fn heading(word: Word) -> impl Bundle {
    (
        Node {
            justify_content: JustifyContent::SpaceBetween,
            align_items: AlignItems::Baseline,
            column_gap: px(16),
            flex_shrink: 0.0,
            ..default()
        },
        children![
            (word, Face::italic(30.0), TextColor(LAMP)),
            (Word::Close, Face::upright(16.0), TextColor(FOG)),
        ],
    )
}

/// A list that is scrolled where it is too long.
pub fn list() -> impl Bundle {
    (
        Scroll,
        Node {
            flex_direction: FlexDirection::Column,
            row_gap: px(8),
            overflow: Overflow::scroll_y(),
            min_height: px(0),
            flex_grow: 1.0,
            flex_basis: px(0),
            ..default()
        },
    )
}

fn keys(
    controls: Res<Controls>,
    screen: Res<State<Screen>>,
    overlay: Res<State<Overlay>>,
    mut next: ResMut<NextState<Overlay>>,
) {
    let on_stage = *screen.get() == Screen::Stage;
    let panels = [
        (Wish::Preferences, Overlay::Preferences, true),
        (Wish::Saves, Overlay::Saves, true),
        (Wish::Chronicle, Overlay::Chronicle, true),
        (Wish::History, Overlay::History, on_stage),
        (Wish::People, Overlay::People, on_stage),
        (Wish::Suggest, Overlay::Suggestions, on_stage),
        (Wish::Hide, Overlay::Hidden, on_stage),
    ];
    let now = *overlay.get();
    let wished = panels.iter().find(|(wish, _, may)| *may && controls.wants(*wish));
    if let Some((_, panel, _)) = wished {
        next.set(if now == *panel { Overlay::None } else { *panel });
    } else if controls.wants(Wish::Cancel) {
        match now {
            Overlay::None if on_stage => next.set(Overlay::Pause),
            Overlay::None => {}
            _ => next.set(Overlay::None),
        }
    } else if now == Overlay::Hidden && controls.wants(Wish::Accept) {
        next.set(Overlay::None);
    }
}

/// Nothing is typed out under a panel. What can be said lies beside the words, not over them.
fn pause(overlay: Res<State<Overlay>>, mut dialogues: Query<&mut Dialogue>) {
    for mut dialogue in &mut dialogues {
        let paused = !matches!(overlay.get(), Overlay::None | Overlay::Suggestions);
        if dialogue.paused != paused {
            dialogue.paused = paused;
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
            top: px(36),
            left: percent(10),
            width: percent(80),
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

/// A sentence for the player that comes from the game, not from a play. In.
#[derive(Message)]
pub struct Tell(pub String);

fn notices(
    language: Res<Language>,
    mut notices: MessageReader<Notice>,
    mut told: MessageReader<Tell>,
    mut saved: MessageReader<PlaySaved>,
    mut models: MessageReader<ModelChanged>,
    mut line: Single<(&mut NoticeLine, &mut Text), Without<ModelLine>>,
) {
    let mut show = |text: String| {
        line.1.0 = text;
        line.0.left_s = NOTICE_S;
    };
    notices.read().for_each(|notice| show(notice.text.clone()));
    told.read().for_each(|Tell(text)| show(text.clone()));
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
pub fn stage_is_clear(overlay: Res<State<Overlay>>, dialogues: Query<(), With<Dialogue>>) -> bool {
    *overlay.get() == Overlay::None && !dialogues.is_empty()
}
