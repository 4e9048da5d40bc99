//! The menu of the stage, and the row of small buttons over it.

use crate::Screen;
use crate::controls::{Controls, Wish};
use crate::dialogue::Words;
use crate::fonts::Face;
use crate::look::PAPER;
use crate::menu::{MenuSystems, Pressable, Pressed, Unlit};
use crate::overlay::{Overlay, heading, panel, sheet};
use crate::preferences::{Preferences, Setting};
use crate::words::{Language, Word};
use bevy::prelude::*;
use bevy_dramaturg_ui::StepBack;

pub struct PausePlugin;

impl Plugin for PausePlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(OnEnter(Screen::Stage), spawn_row)
            .add_systems(OnEnter(Overlay::Pause), open)
            .add_systems(Update, press.after(MenuSystems));
    }
}

#[derive(Component, Clone, Copy)]
enum Choice {
    Panel(Overlay),
    Resume,
    Title,
    Back,
    Switch(Setting),
}

fn open(mut commands: Commands) {
    let choices = [
        (Choice::Resume, Word::Resume),
        (Choice::Panel(Overlay::History), Word::History),
        (Choice::Panel(Overlay::Saves), Word::Saves),
        (Choice::Panel(Overlay::Preferences), Word::Preferences),
        (Choice::Panel(Overlay::Chronicle), Word::Chronicle),
        (Choice::Panel(Overlay::People), Word::People),
        (Choice::Panel(Overlay::About), Word::About),
        (Choice::Title, Word::ToTitle),
    ];
    commands.spawn(panel(Overlay::Pause)).with_children(|panel| {
        panel.spawn(sheet()).with_children(|sheet| {
            sheet.spawn(heading(Word::QuickMenu));
            for (choice, word) in choices {
                sheet.spawn((
                    choice,
                    Pressable,
                    Node { padding: UiRect::axes(px(2), px(5)), ..default() },
                    children![(word, Face::upright(26.0), TextColor(PAPER.with_alpha(0.72)))],
                ));
            }
        });
    });
}

/// What a mouse reaches without opening anything.
fn spawn_row(mut commands: Commands) {
    let choices = [
        (Choice::Back, Word::QuickBack),
        (Choice::Panel(Overlay::History), Word::QuickHistory),
        (Choice::Panel(Overlay::Suggestions), Word::QuickSuggest),
        (Choice::Switch(Setting::Auto), Word::QuickAuto),
        (Choice::Switch(Setting::Skip), Word::QuickSkip),
        (Choice::Panel(Overlay::Saves), Word::QuickSave),
        (Choice::Panel(Overlay::Pause), Word::QuickMenu),
    ];
    let row = Node {
        position_type: PositionType::Absolute,
        top: px(6),
        left: px(12),
        column_gap: px(6),
        ..default()
    };
    commands.spawn((DespawnOnExit(Screen::Stage), Words, row, GlobalZIndex(10))).with_children(
        |row| {
            for (choice, word) in choices {
                row.spawn((
                    choice,
                    Pressable,
                    Unlit(PAPER.with_alpha(0.5)),
                    Node { padding: UiRect::axes(px(6), px(3)), ..default() },
                    children![(word, Face::upright(16.0), TextColor(PAPER.with_alpha(0.5)))],
                ));
            }
        },
    );
}

fn press(
    choices: Query<&Choice>,
    language: Res<Language>,
    controls: Res<Controls>,
    mut pressed: MessageReader<Pressed>,
    mut overlay: ResMut<NextState<Overlay>>,
    mut screen: ResMut<NextState<Screen>>,
    mut preferences: ResMut<Preferences>,
    mut backs: MessageWriter<StepBack>,
) {
    if controls.wants(Wish::Cancel) {
        return;
    }
    for Pressed(entity) in pressed.read() {
        match choices.get(*entity) {
            Ok(Choice::Panel(panel)) => overlay.set(*panel),
            Ok(Choice::Resume) => overlay.set(Overlay::None),
            Ok(Choice::Title) => screen.set(Screen::Title),
            Ok(Choice::Back) => {
                backs.write(StepBack);
            }
            Ok(Choice::Switch(setting)) => preferences.adjust(*setting, 1, *language),
            Err(_) => {}
        }
    }
}
