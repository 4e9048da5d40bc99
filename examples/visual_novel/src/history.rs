//! Everything that was said, in a panel.

use crate::Screen;
use crate::fonts::Face;
use crate::look::{FOG, LAMP, PAPER};
use crate::overlay::{Overlay, heading, panel, sheet};
use crate::words::{Language, Word};
use bevy::input::mouse::{MouseScrollUnit, MouseWheel};
use bevy::prelude::*;
use bevy::text::LineHeight;
use bevy_dramaturg::prelude::*;

pub struct HistoryPlugin;

impl Plugin for HistoryPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<History>()
            .add_systems(Update, keep.run_if(in_state(Screen::Stage)))
            .add_systems(OnEnter(Overlay::History), open)
            .add_systems(Update, scroll.run_if(in_state(Overlay::History)));
    }
}

struct Said {
    /// The player, a character by name, or none for the narrator.
    who: Option<Who>,
    text: String,
}

enum Who {
    Player,
    Npc(String),
}

/// All lines of the play, oldest first.
#[derive(Resource, Default)]
struct History(Vec<Said>);

/// Older lines are in the save file; a panel of all of them would take long to lay out.
const SHOWN: usize = 200;

fn keep(
    mut history: ResMut<History>,
    mut opened: MessageReader<PlayOpened>,
    mut says: MessageReader<PlayerSays>,
    mut spoken: MessageReader<NpcSpeaks>,
    personas: Query<&Persona>,
    plays: Query<&Play>,
) {
    for PlayOpened { play, history: lines, .. } in opened.read() {
        let name = |id: &str| {
            let npc = plays.get(*play).ok().and_then(|play| play.npc(id));
            npc.and_then(|npc| personas.get(npc).ok()).map_or(id.to_owned(), |p| p.name.clone())
        };
        let who = |id: &Option<String>| match id.as_deref() {
            Some("player") => Some(Who::Player),
            Some(id) => Some(Who::Npc(name(id))),
            None => None,
        };
        let lines =
            lines.iter().map(|line| Said { who: who(&line.speaker), text: line.text.clone() });
        history.0 = lines.collect();
    }
    for says in says.read() {
        history.0.push(Said { who: Some(Who::Player), text: says.text.trim().to_owned() });
    }
    for spoken in spoken.read() {
        if let Some(text) = spoken.line() {
            let name = spoken.npc.and_then(|npc| personas.get(npc).ok()).map(|p| p.name.clone());
            history.0.push(Said { who: name.map(Who::Npc), text: text.to_owned() });
        }
    }
}

#[derive(Component)]
struct Scroll;

fn open(mut commands: Commands, history: Res<History>, language: Res<Language>) {
    commands.spawn((panel(Word::History), DespawnOnExit(Overlay::History))).with_children(
        |panel| {
            panel.spawn(sheet()).with_children(|sheet| {
                sheet.spawn(heading(Word::History));
                sheet
                    .spawn((
                        Scroll,
                        Node {
                            flex_direction: FlexDirection::Column,
                            row_gap: px(12),
                            overflow: Overflow::scroll_y(),
                            min_height: px(0),
                            flex_grow: 1.0,
                            ..default()
                        },
                        // The end first: that is what the player looks for.
                        ScrollPosition(Vec2::new(0.0, 1.0e6)),
                    ))
                    .with_children(|list| {
                        let from = history.0.len().saturating_sub(SHOWN);
                        for said in &history.0[from..] {
                            list.spawn(entry(said, *language));
                        }
                    });
            });
        },
    );
}

fn entry(said: &Said, language: Language) -> impl Bundle {
    let (name, color, face) = match &said.who {
        None => (String::new(), FOG, Face::italic(21.0)),
        Some(Who::Player) => {
            (language.say(Word::You).to_owned(), LAMP.with_alpha(0.9), Face::italic(22.0))
        }
        Some(Who::Npc(name)) => (name.clone(), PAPER, Face::upright(22.0)),
    };
    (
        Node { width: percent(100), column_gap: px(18), flex_shrink: 0.0, ..default() },
        children![
            (
                Text::new(name),
                Face::italic(19.0),
                TextColor(LAMP.with_alpha(0.7)),
                TextLayout::justify(Justify::Right),
                Node { width: px(92), flex_shrink: 0.0, ..default() },
            ),
            (
                Text::new(said.text.clone()),
                face,
                LineHeight::RelativeToFont(1.35),
                TextColor(color),
                // A width of its own, or a long line would get the height of a short one.
                Node { width: percent(82), flex_shrink: 1.0, ..default() },
            ),
        ],
    )
}

/// Pixels of one notch of a wheel, and of one press of a key.
const NOTCH: f32 = 60.0;

fn scroll(
    mut wheel: MessageReader<MouseWheel>,
    keyboard: Res<ButtonInput<KeyCode>>,
    mut lists: Query<(&mut ScrollPosition, &ComputedNode), With<Scroll>>,
) {
    let turned: f32 = wheel
        .read()
        .map(|event| match event.unit {
            MouseScrollUnit::Line => event.y * NOTCH,
            MouseScrollUnit::Pixel => event.y,
        })
        .sum();
    let pressed = [
        (KeyCode::ArrowUp, NOTCH),
        (KeyCode::ArrowDown, -NOTCH),
        (KeyCode::PageUp, 6.0 * NOTCH),
        (KeyCode::PageDown, -6.0 * NOTCH),
    ];
    let keys: f32 =
        pressed.iter().filter(|(key, _)| keyboard.just_pressed(*key)).map(|(_, by)| by).sum();
    for (mut position, node) in &mut lists {
        let hidden = (node.content_size().y - node.size().y).max(0.0) * node.inverse_scale_factor();
        let wanted = (position.y - turned - keys).clamp(0.0, hidden);
        if (position.y - wanted).abs() > 0.1 && node.size().y > 0.0 {
            position.y = wanted;
        }
    }
}
