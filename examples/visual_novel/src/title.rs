//! The title screen.

use crate::fonts::Face;
use crate::look::{Cover, INK, PAPER, Pressable};
use crate::saves::SaveFolder;
use crate::words::{Language, Word};
use crate::{Arguments, Screen};
use bevy::prelude::*;

pub struct TitlePlugin;

impl Plugin for TitlePlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(OnEnter(Screen::Title), open)
            .add_systems(Update, (straight_in, press).run_if(in_state(Screen::Title)));
    }
}

#[derive(Component, Clone, Copy)]
enum Choice {
    Begin,
    Continue,
    Language,
    Quit,
}

fn open(mut commands: Commands, assets: Res<AssetServer>, folder: Res<SaveFolder>) {
    commands
        .spawn((
            DespawnOnExit(Screen::Title),
            Node { width: percent(100), height: percent(100), ..default() },
            Name::new("title"),
        ))
        .with_children(|title| {
            title.spawn((
                Cover { aspect: 16.0 / 9.0 },
                Node { position_type: PositionType::Absolute, ..default() },
                ImageNode::new(assets.load("art/backgrounds/quay.svg")),
            ));
            title
                .spawn(Node {
                    position_type: PositionType::Absolute,
                    left: percent(8),
                    top: percent(13),
                    max_width: percent(84),
                    flex_direction: FlexDirection::Column,
                    row_gap: px(10),
                    ..default()
                })
                .with_children(|column| {
                    column.spawn((Word::Title, Face::upright(60.0), TextColor(PAPER), Soft));
                    column.spawn((
                        Word::Subtitle,
                        Face::italic(25.0),
                        TextColor(PAPER.with_alpha(0.85)),
                        Soft,
                    ));
                    column.spawn(Node { height: px(34), ..default() });
                    let mut choice = |choice: Choice, word: Word| {
                        column.spawn((
                            choice,
                            Pressable,
                            Node { padding: UiRect::axes(px(2), px(5)), ..default() },
                            children![(
                                word,
                                Face::upright(28.0),
                                TextColor(PAPER.with_alpha(0.72)),
                                Soft,
                            )],
                        ));
                    };
                    if folder.autosave().exists() {
                        choice(Choice::Continue, Word::Continue);
                    }
                    choice(Choice::Begin, Word::Begin);
                    choice(Choice::Language, Word::OtherLanguage);
                    choice(Choice::Quit, Word::Quit);
                });
            title.spawn((
                Node {
                    position_type: PositionType::Absolute,
                    left: percent(8),
                    bottom: px(18),
                    ..default()
                },
                children![(
                    Word::Keys,
                    Face::upright(15.0),
                    TextColor(PAPER.with_alpha(0.55)),
                    Soft,
                )],
            ));
        });
}

/// Text over a picture has a shadow.
#[derive(Component)]
#[require(TextShadow = shadow())]
struct Soft;

fn shadow() -> TextShadow {
    TextShadow { offset: Vec2::splat(1.5), color: INK.with_alpha(0.8) }
}

fn straight_in(
    arguments: Res<Arguments>,
    mut done: Local<bool>,
    mut screen: ResMut<NextState<Screen>>,
) {
    if arguments.straight_in && !*done {
        *done = true;
        screen.set(Screen::Stage);
    }
}

fn press(
    choices: Query<(&Interaction, &Choice), Changed<Interaction>>,
    keyboard: Res<ButtonInput<KeyCode>>,
    folder: Res<SaveFolder>,
    mut language: ResMut<Language>,
    mut screen: ResMut<NextState<Screen>>,
    mut exit: MessageWriter<AppExit>,
) {
    let pressed = choices.iter().find(|(interaction, _)| **interaction == Interaction::Pressed);
    let by_key = keyboard
        .just_pressed(KeyCode::Enter)
        .then(|| if folder.autosave().exists() { Choice::Continue } else { Choice::Begin });
    match pressed.map(|(_, choice)| *choice).or(by_key) {
        Some(Choice::Begin) => {
            folder.set_autosave_aside();
            screen.set(Screen::Stage);
        }
        Some(Choice::Continue) => screen.set(Screen::Stage),
        Some(Choice::Language) => *language = language.other(),
        Some(Choice::Quit) => {
            exit.write(AppExit::Success);
        }
        None => {}
    }
}
