//! The title screen.

use crate::fonts::Face;
use crate::look::{Cover, INK, PAPER};
use crate::menu::{FirstFocus, MenuSystems, Pressable, Pressed};
use crate::overlay::Overlay;
use crate::preferences::Preferences;
use crate::saves::SaveFolder;
use crate::words::{Language, Word};
use crate::{Arguments, Screen};
use bevy::prelude::*;

pub struct TitlePlugin;

impl Plugin for TitlePlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(OnEnter(Screen::Title), open).add_systems(
            Update,
            (straight_in, press.after(MenuSystems)).run_if(in_state(Screen::Title)),
        );
    }
}

#[derive(Component, Clone, Copy)]
enum Choice {
    Begin,
    Continue,
    Panel(Overlay),
    Language,
    Quit,
}

fn open(mut commands: Commands, assets: Res<AssetServer>, folder: Res<SaveFolder>) {
    let resumes = folder.autosave().exists();
    commands
        .spawn((
            DespawnOnExit(Screen::Title),
            Node { width: percent(100), height: percent(100), ..default() },
            Name::new("title"),
        ))
        .with_children(|title| {
            title.spawn((
                Cover { aspect: 16.0 / 9.0 },
                GlobalZIndex(-2),
                Node { position_type: PositionType::Absolute, ..default() },
                ImageNode::new(assets.load("art/backgrounds/quay.svg")),
            ));
            let column = Node {
                position_type: PositionType::Absolute,
                left: percent(8),
                top: percent(8),
                max_width: percent(84),
                flex_direction: FlexDirection::Column,
                row_gap: px(6),
                ..default()
            };
            title.spawn(column).with_children(|column| {
                column.spawn((Word::Title, Face::upright(60.0), TextColor(PAPER), Soft));
                let pale = TextColor(PAPER.with_alpha(0.85));
                column.spawn((Word::Subtitle, Face::italic(25.0), pale, Soft));
                column.spawn(Node { height: px(20), ..default() });
                let mut choices = vec![
                    (Choice::Begin, Word::Begin),
                    (Choice::Panel(Overlay::Saves), Word::LoadGame),
                    (Choice::Panel(Overlay::Preferences), Word::Preferences),
                    (Choice::Panel(Overlay::Chronicle), Word::Chronicle),
                    (Choice::Panel(Overlay::About), Word::About),
                    (Choice::Language, Word::OtherLanguage),
                    (Choice::Quit, Word::Quit),
                ];
                if resumes {
                    choices.insert(0, (Choice::Continue, Word::Continue));
                }
                for (at, (choice, word)) in choices.into_iter().enumerate() {
                    let mut row = column.spawn((
                        choice,
                        Pressable,
                        Node { padding: UiRect::axes(px(2), px(3)), ..default() },
                        children![(
                            word,
                            Face::upright(27.0),
                            TextColor(PAPER.with_alpha(0.72)),
                            Soft,
                        )],
                    ));
                    if at == 0 {
                        row.insert(FirstFocus);
                    }
                }
            });
            title.spawn((
                Node {
                    position_type: PositionType::Absolute,
                    left: percent(8),
                    bottom: px(14),
                    ..default()
                },
                children![(
                    Word::KeysTitle,
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
    choices: Query<&Choice>,
    folder: Res<SaveFolder>,
    language: Res<Language>,
    mut pressed: MessageReader<Pressed>,
    mut preferences: ResMut<Preferences>,
    mut overlay: ResMut<NextState<Overlay>>,
    mut screen: ResMut<NextState<Screen>>,
    mut exit: MessageWriter<AppExit>,
) {
    for Pressed(entity) in pressed.read() {
        match choices.get(*entity) {
            Ok(Choice::Begin) => {
                folder.set_autosave_aside();
                screen.set(Screen::Stage);
            }
            Ok(Choice::Continue) => screen.set(Screen::Stage),
            Ok(Choice::Panel(panel)) => overlay.set(*panel),
            Ok(Choice::Language) => preferences.language = Some(language.other()),
            Ok(Choice::Quit) => {
                exit.write(AppExit::Success);
            }
            Err(_) => {}
        }
    }
}
