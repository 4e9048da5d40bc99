//! What the player might say, for those who are stuck or do not like to type.

use crate::Screen;
use crate::controls::{Controls, Wish};
use crate::fonts::Face;
use crate::look::{Backdrop, FOG, LAMP, PAPER};
use crate::menu::{MenuSystems, Pressable, Pressed};
use crate::overlay::{Overlay, Panel};
use crate::preferences::Preferences;
use crate::words::Word;
use bevy::prelude::*;
use bevy_dramaturg::prelude::*;
use bevy_dramaturg_ui::Dialogue;

pub struct SuggestionsPlugin;

impl Plugin for SuggestionsPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(OnEnter(Overlay::Suggestions), open)
            .add_systems(Update, (offer, by_number.after(offer)).run_if(in_state(Screen::Stage)))
            .add_systems(
                Update,
                say.after(MenuSystems).after(by_number).run_if(in_state(Overlay::Suggestions)),
            );
    }
}

/// Says this.
#[derive(Component)]
struct Says(String);

/// What can be said lies over the lower part of the stage, and leaves the faces to be seen.
fn open(
    mut commands: Commands,
    plays: Query<(&Play, &Dialogue)>,
    mut overlay: ResMut<NextState<Overlay>>,
) {
    let Some((play, dialogue)) = plays.iter().next() else { return };
    if !dialogue.is_players_turn() || play.suggestions().is_empty() {
        overlay.set(Overlay::None);
        return;
    }
    let frame = Node {
        position_type: PositionType::Absolute,
        bottom: px(0),
        width: percent(100),
        padding: UiRect::bottom(px(22)),
        justify_content: JustifyContent::Center,
        ..default()
    };
    let sheet = Node {
        width: percent(92),
        max_width: px(1080),
        min_height: px(186),
        padding: UiRect::axes(px(38), px(20)),
        flex_direction: FlexDirection::Column,
        row_gap: px(6),
        border: px(1).all(),
        border_radius: BorderRadius::all(px(16)),
        ..default()
    };
    commands
        .spawn((Panel, DespawnOnExit(Overlay::Suggestions), frame, GlobalZIndex(15)))
        .with_children(|frame| {
            frame
                .spawn((Backdrop { alpha: 1.0 }, BorderColor::all(LAMP.with_alpha(0.3)), sheet))
                .with_children(|sheet| {
                    sheet.spawn((Word::Suggestions, Face::italic(22.0), TextColor(LAMP)));
                    for (at, suggestion) in play.suggestions().iter().take(9).enumerate() {
                        sheet.spawn((
                            Says(suggestion.text.clone()),
                            Pressable,
                            Node { column_gap: px(14), ..default() },
                            children![
                                (
                                    Text::new((at + 1).to_string()),
                                    Face::italic(20.0),
                                    TextColor(LAMP.with_alpha(0.8)),
                                ),
                                (
                                    Text::new(suggestion.text.clone()),
                                    Face::upright(24.0).read(),
                                    TextColor(PAPER.with_alpha(0.72)),
                                ),
                            ],
                        ));
                    }
                    sheet.spawn((Word::SuggestionsHelp, Face::upright(16.0), TextColor(FOG)));
                });
        });
}

/// Who does not type is offered what can be said at each turn.
fn offer(
    preferences: Res<Preferences>,
    controls: Res<Controls>,
    overlay: Res<State<Overlay>>,
    plays: Query<(&Play, &Dialogue)>,
    mut offered: Local<Option<u32>>,
    mut next: ResMut<NextState<Overlay>>,
) {
    let Some((play, dialogue)) = plays.iter().next() else { return };
    if !dialogue.is_players_turn() {
        *offered = None;
        return;
    }
    let again = controls.wants(Wish::Accept) && !dialogue.typing;
    if preferences.menu_only
        && *overlay.get() == Overlay::None
        && (*offered != Some(play.turn()) || again)
    {
        *offered = Some(play.turn());
        next.set(Overlay::Suggestions);
    }
}

const NUMBERS: [KeyCode; 9] = [
    KeyCode::Digit1,
    KeyCode::Digit2,
    KeyCode::Digit3,
    KeyCode::Digit4,
    KeyCode::Digit5,
    KeyCode::Digit6,
    KeyCode::Digit7,
    KeyCode::Digit8,
    KeyCode::Digit9,
];

fn by_number(
    keyboard: Res<ButtonInput<KeyCode>>,
    rows: Query<(Entity, &Says)>,
    plays: Query<&Play>,
    mut pressed: MessageWriter<Pressed>,
) {
    let Some(at) = NUMBERS.iter().position(|key| keyboard.just_pressed(*key)) else { return };
    let Some(wanted) = plays.iter().next().and_then(|play| play.suggestions().get(at)) else {
        return;
    };
    let row = rows.iter().find(|(_, says)| says.0 == wanted.text);
    if let Some((row, _)) = row {
        pressed.write(Pressed(row));
    }
}

fn say(
    rows: Query<&Says>,
    mut plays: Query<(Entity, &mut Dialogue), With<Play>>,
    mut pressed: MessageReader<Pressed>,
    mut says: MessageWriter<PlayerSays>,
    mut overlay: ResMut<NextState<Overlay>>,
) {
    for Pressed(entity) in pressed.read() {
        let (Ok(Says(text)), Ok((play, mut dialogue))) = (rows.get(*entity), plays.single_mut())
        else {
            continue;
        };
        if dialogue.is_players_turn() {
            dialogue.player_said(text);
            says.write(PlayerSays::to(play, text.clone()));
        }
        overlay.set(Overlay::None);
    }
}
