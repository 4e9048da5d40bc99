//! A talk with one of the thousand, in a box with a line to type in.

use crate::Arguments;
use crate::people::role_name;
use crate::square::{Face, INK, LAMP, PAPER};
use bevy::input_focus::{FocusCause, InputFocus};
use bevy::prelude::*;
use bevy::text::{EditableText, TextCursorStyle};
use bevy_dramaturg::prelude::*;
use bevy_dramaturg::town::{PlayerApproaches, PlayerLeaves, Town, Townsfolk};

pub struct TalkPlugin;

impl Plugin for TalkPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<Talk>()
            .add_systems(Startup, build)
            .add_systems(Update, (turn_to, say, hear, show).chain());
    }
}

/// With whom the player talks, and what was said.
#[derive(Resource, Default)]
pub struct Talk {
    with: Option<Entity>,
    wanted: Option<Entity>,
    lines: Vec<String>,
    growing: String,
}

impl Talk {
    pub fn with(&self) -> Option<Entity> {
        self.with
    }
    pub fn begin(&mut self, npc: Entity) {
        self.wanted = Some(npc);
    }
}

#[derive(Component)]
struct Panel;
#[derive(Component)]
struct Title;
#[derive(Component)]
struct Lines;
#[derive(Component)]
struct Typed;

/// So many of the last lines are shown.
const SHOWN: usize = 5;

fn build(mut commands: Commands, face: Res<Face>) {
    let style = TextCursorStyle { color: LAMP, ..default() };
    commands
        .spawn((
            Panel,
            Node {
                position_type: PositionType::Absolute,
                left: percent(14),
                width: percent(72),
                bottom: px(38),
                padding: UiRect::all(px(14)),
                row_gap: px(7),
                flex_direction: FlexDirection::Column,
                border: UiRect::all(px(1)),
                border_radius: BorderRadius::all(px(10)),
                ..default()
            },
            BackgroundColor(INK.with_alpha(0.94)),
            BorderColor::all(LAMP.with_alpha(0.5)),
            Visibility::Hidden,
            GlobalZIndex(10),
        ))
        .with_children(|panel| {
            panel.spawn((Title, Text::default(), face.size(17.0), TextColor(LAMP)));
            panel.spawn((
                Lines,
                Text::default(),
                face.size(16.0),
                TextColor(PAPER),
                Node { min_height: px(100), ..default() },
            ));
            panel
                .spawn(Node { column_gap: px(8), width: percent(100), ..default() })
                .with_children(|row| {
                    row.spawn((Text::new(">"), face.size(16.0), TextColor(LAMP)));
                    row.spawn((
                        Typed,
                        EditableText { max_characters: Some(500), ..default() },
                        TextLayout::no_wrap(),
                        face.size(16.0),
                        TextColor(PAPER),
                        style,
                        Node { flex_grow: 1.0, height: px(24), ..default() },
                    ));
                });
        });
}

/// Somebody was clicked, or Escape was pressed.
fn turn_to(
    keys: Res<ButtonInput<KeyCode>>,
    mut talk: ResMut<Talk>,
    mut focus: ResMut<InputFocus>,
    mut approaches: MessageWriter<PlayerApproaches>,
    mut leaves: MessageWriter<PlayerLeaves>,
    mut typed: Query<(Entity, &mut EditableText), With<Typed>>,
) {
    let Ok((line, mut text)) = typed.single_mut() else { return };
    if let Some(npc) = talk.wanted.take() {
        *talk = Talk { with: Some(npc), ..Talk::default() };
        approaches.write(PlayerApproaches { npc });
        text.editor.set_text("");
        focus.set(line, FocusCause::Navigated);
    }
    if keys.just_pressed(KeyCode::Escape)
        && let Some(npc) = talk.with.take()
    {
        leaves.write(PlayerLeaves { npc });
        focus.clear();
    }
}

/// Enter says what is typed, once whoever it is to is ready.
fn say(
    keys: Res<ButtonInput<KeyCode>>,
    arguments: Res<Arguments>,
    mut talk: ResMut<Talk>,
    mut entered: Local<bool>,
    ready: Query<(), With<Play>>,
    mut typed: Query<&mut EditableText, With<Typed>>,
    mut says: MessageWriter<PlayerSays>,
) {
    // Letters of this frame reach the line at its end: the whole of it is there in the next one.
    let enter = keys.any_just_pressed([KeyCode::Enter, KeyCode::NumpadEnter]);
    if !std::mem::replace(&mut *entered, enter) {
        return;
    }
    let (Some(npc), Ok(mut line)) = (talk.with, typed.single_mut()) else { return };
    let text = line.value().to_string().trim().to_owned();
    if text.is_empty() || line.is_composing() || ready.get(npc).is_err() {
        return;
    }
    line.editor.set_text("");
    let you = if arguments.chinese { "你" } else { "You" };
    talk.lines.push(format!("{you}: {text}"));
    says.write(PlayerSays::to(npc, text));
}

fn hear(mut talk: ResMut<Talk>, mut spoken: MessageReader<NpcSpeaks>, names: Query<&Persona>) {
    for spoken in spoken.read() {
        if Some(spoken.play) != talk.with {
            continue;
        }
        match &spoken.speech {
            Speech::Began { .. } => talk.growing.clear(),
            Speech::Delta(more) => talk.growing.push_str(more),
            Speech::Ended { text } if text.is_empty() => talk.growing.clear(),
            Speech::Ended { text } => {
                let name = spoken.npc.and_then(|npc| names.get(npc).ok());
                let line = match name {
                    Some(persona) => format!("{}: {text}", persona.name),
                    None => text.clone(),
                };
                talk.lines.push(line);
                talk.growing.clear();
            }
        }
    }
}

fn show(
    talk: Res<Talk>,
    town: Res<Town>,
    arguments: Res<Arguments>,
    people: Query<(&Persona, &Townsfolk, Has<Play>)>,
    mut panels: Query<&mut Visibility, With<Panel>>,
    mut titles: Query<&mut Text, (With<Title>, Without<Lines>)>,
    mut lines: Query<&mut Text, (With<Lines>, Without<Title>)>,
) {
    let shown = if talk.with.is_some() { Visibility::Inherited } else { Visibility::Hidden };
    for mut panel in &mut panels {
        panel.set_if_neq(shown);
    }
    let Some(Ok((persona, folk, ready))) = talk.with.map(|npc| people.get(npc)) else { return };
    let chinese = arguments.chinese;
    let wants = folk.life().wants(folk.schedule(), town.now());
    let wants = match (wants.is_empty(), chinese) {
        (true, _) => String::new(),
        (false, false) => format!(" · wants {}", wants.join(", ")),
        (false, true) => {
            let han = |need: &&str| match *need {
                "food" => "饿了",
                "rest" => "困了",
                _ => "闷了",
            };
            format!(" · {}", wants.iter().map(han).collect::<Vec<_>>().join("、"))
        }
    };
    let leave = match (ready, chinese) {
        (false, false) => "turns to you…",
        (false, true) => "转过身来……",
        (true, false) => "Esc leaves",
        (true, true) => "Esc 离开",
    };
    let title =
        format!("{} · {}{wants}      {leave}", persona.name, role_name(folk.role(), chinese));
    for mut text in &mut titles {
        text.set_if_neq(Text(title.clone()));
    }
    let mut all: Vec<&str> = talk.lines.iter().map(String::as_str).collect();
    if !talk.growing.is_empty() {
        all.push(&talk.growing);
    }
    if all.is_empty() {
        all.push(if chinese {
            "（打字，回车说出来）"
        } else {
            "(Type something; Enter says it.)"
        });
    }
    let last = all.split_off(all.len().saturating_sub(SHOWN)).join("\n");
    for mut text in &mut lines {
        text.set_if_neq(Text(last.clone()));
    }
}
