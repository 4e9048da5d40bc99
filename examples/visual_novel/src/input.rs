//! The line in which the player says anything.

use crate::Screen;
use crate::dialogue::InputPlace;
use crate::fonts::Face;
use crate::look::{LAMP, PAPER};
use crate::overlay::{Overlay, stage_is_clear};
use crate::words::Word;
use bevy::input::keyboard::{Key, KeyboardInput};
use bevy::input_focus::{FocusCause, FocusedInput, InputFocus};
use bevy::prelude::*;
use bevy::text::{EditableText, TextCursorStyle, TextEdit};
use bevy_dramaturg::prelude::*;
use bevy_dramaturg_ui::{Dialogue, DialogueSystems};

pub struct InputPlugin;

impl Plugin for InputPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(
            Update,
            (
                place,
                tell,
                send.run_if(stage_is_clear).before(DialogueSystems),
                offer.after(DialogueSystems),
            )
                .run_if(in_state(Screen::Stage)),
        );
    }
}

/// The line itself.
#[derive(Component)]
pub struct InputLine;
/// The row around it.
#[derive(Component)]
struct Row;
/// What stands there while it is empty.
#[derive(Component)]
struct Placeholder;

/// More than a page; the story reads the first 2,000 characters.
const LONGEST: usize = 4_000;
const TEXT: f32 = 24.0;

fn place(mut commands: Commands, places: Query<Entity, Added<InputPlace>>) {
    for place in &places {
        commands.entity(place).with_children(|place| {
            place
                .spawn((
                    Row,
                    Node {
                        width: percent(100),
                        column_gap: px(12),
                        align_items: AlignItems::Center,
                        border: UiRect::top(px(1)),
                        padding: UiRect::top(px(6)),
                        ..default()
                    },
                    BorderColor::all(LAMP.with_alpha(0.25)),
                    Visibility::Hidden,
                ))
                .with_children(|row| {
                    row.spawn((Text::new("›"), Face::upright(TEXT).read(), TextColor(LAMP)));
                    row.spawn(Node { flex_grow: 1.0, height: px(34), ..default() }).with_children(
                        |field| {
                            field.spawn((
                                Placeholder,
                                Word::Placeholder,
                                Face::italic(TEXT).read(),
                                TextColor(PAPER.with_alpha(0.38)),
                                Node { position_type: PositionType::Absolute, ..default() },
                            ));
                            field
                                .spawn((
                                    InputLine,
                                    EditableText { max_characters: Some(LONGEST), ..default() },
                                    TextLayout::no_wrap(),
                                    Face::upright(TEXT).read(),
                                    TextColor(PAPER),
                                    TextCursorStyle {
                                        color: LAMP,
                                        selection_color: LAMP.with_alpha(0.35),
                                        ..default()
                                    },
                                    Node { width: percent(100), height: percent(100), ..default() },
                                ))
                                .observe(space_with_shift);
                        },
                    );
                });
        });
    }
}

/// The widget takes a space only without modifiers, and a fast typist still holds Shift from the capital before it.
fn space_with_shift(
    mut pressed: On<FocusedInput<KeyboardInput>>,
    keyboard: Res<ButtonInput<KeyCode>>,
    mut lines: Query<&mut EditableText, With<InputLine>>,
) {
    let shift = keyboard.any_pressed([KeyCode::ShiftLeft, KeyCode::ShiftRight]);
    let input = &pressed.input;
    if !shift || input.logical_key != Key::Space || !input.state.is_pressed() {
        return;
    }
    if let Ok(mut line) = lines.get_mut(pressed.focused_entity)
        && !line.is_composing()
    {
        line.queue_edit(TextEdit::Insert(" ".into()));
        pressed.propagate(false);
    }
}

/// Gives the line the keyboard, and shows it when it is the player's turn.
fn offer(
    mut dialogues: Query<&mut Dialogue>,
    overlay: Res<State<Overlay>>,
    mut focus: ResMut<InputFocus>,
    lines: Query<(Entity, &EditableText), With<InputLine>>,
    mut rows: Query<&mut Visibility, (With<Row>, Without<Placeholder>)>,
    mut placeholders: Query<&mut Visibility, (With<Placeholder>, Without<Row>)>,
) {
    let Ok((line, text)) = lines.single() else { return };
    let clear = *overlay.get() == Overlay::None;
    let typed = !text.value().to_string().trim().is_empty();
    let composing = text.is_composing();
    let (turn, open) = dialogues.iter_mut().next().map_or((false, false), |mut dialogue| {
        if dialogue.typing != typed {
            dialogue.typing = typed;
        }
        (dialogue.is_players_turn() && clear, !dialogue.is_over() && clear)
    });
    let visible = |yes: bool| if yes { Visibility::Inherited } else { Visibility::Hidden };
    // Who types ahead sees it.
    for mut row in &mut rows {
        row.set_if_neq(visible(turn || (open && typed)));
    }
    for mut placeholder in &mut placeholders {
        placeholder.set_if_neq(visible(turn && !typed && !composing));
    }
    match (open, focus.get()) {
        (true, now) if now != Some(line) => focus.set(line, FocusCause::Navigated),
        (false, Some(now)) if now == line => focus.clear(),
        _ => {}
    }
}

/// At each new word the model may evaluate what stands already.
fn tell(
    plays: Query<Entity, With<Play>>,
    lines: Query<&EditableText, (With<InputLine>, Changed<EditableText>)>,
    mut told: Local<usize>,
    mut types: MessageWriter<PlayerTypes>,
) {
    let (Ok(line), Ok(play)) = (lines.single(), plays.single()) else { return };
    let text = line.value().to_string();
    let words = text.split_whitespace().count();
    if std::mem::replace(&mut *told, words) != words && words > 1 {
        types.write(PlayerTypes { play, text });
    }
}

fn send(
    keyboard: Res<ButtonInput<KeyCode>>,
    mut plays: Query<(Entity, &mut Dialogue), With<Play>>,
    mut lines: Query<&mut EditableText, With<InputLine>>,
    mut says: MessageWriter<PlayerSays>,
    mut entered: Local<bool>,
) {
    // Letters typed in this frame reach the line at its end: the whole of it is there in the next one.
    let enter = keyboard.any_just_pressed([KeyCode::Enter, KeyCode::NumpadEnter]);
    if !std::mem::replace(&mut *entered, enter) {
        return;
    }
    let (Ok(mut line), Ok((play, mut dialogue))) = (lines.single_mut(), plays.single_mut()) else {
        return;
    };
    if !dialogue.is_players_turn() {
        return;
    }
    // Enter also ends a word of an input method: that is not yet the end of the sentence.
    if line.is_composing() {
        return;
    }
    let text = line.value().to_string();
    if text.trim().is_empty() {
        return;
    }
    // What was typed after Enter stays.
    line.editor.set_text("");
    dialogue.player_said(text.trim());
    says.write(PlayerSays::to(play, text));
}
