//! What the characters remember of the player, and how the player has it erased.

use crate::fonts::Face;
use crate::look::{FOG, LAMP, PAPER};
use crate::menu::{MenuSystems, Pressable, Pressed, Unlit};
use crate::overlay::{Overlay, heading, list, panel, sheet};
use crate::words::Word;
use bevy::prelude::*;
use bevy_dramaturg::ForgetPerson;
use bevy_dramaturg::prelude::*;

pub struct PeoplePlugin;

impl Plugin for PeoplePlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(OnEnter(Overlay::People), open)
            .add_systems(Update, forget.after(MenuSystems).run_if(in_state(Overlay::People)));
    }
}

/// One thing that a character remembers of the player.
struct Remembered {
    turn: u32,
    text: String,
}

/// Erases what was remembered, when it is chosen for the second time.
#[derive(Component, Default)]
struct ForgetMe {
    asked: bool,
}

/// The one place that knows how memories are kept.
fn of_player(memory: &Memory) -> Vec<Remembered> {
    let lines = memory.lines.iter().filter(|line| line.speaker == "player");
    lines.map(|line| Remembered { turn: line.turn, text: line.text.clone() }).collect()
}

fn open(mut commands: Commands, characters: Query<(&Persona, &Memory, &Mood)>) {
    let mut people: Vec<_> = characters
        .iter()
        .map(|(persona, memory, mood)| (persona.name.clone(), of_player(memory), mood.clone()))
        .filter(|(_, remembered, _)| !remembered.is_empty())
        .collect();
    people.sort_by(|a, b| a.0.cmp(&b.0));
    commands.spawn(panel(Overlay::People)).with_children(|panel| {
        panel.spawn(sheet()).with_children(|sheet| {
            sheet.spawn(heading(Word::People));
            sheet.spawn((Word::PeopleHelp, Face::upright(16.0), TextColor(FOG)));
            if !people.is_empty() {
                sheet.spawn((
                    ForgetMe::default(),
                    Pressable,
                    Node { flex_shrink: 0.0, ..default() },
                    children![(Word::ForgetMe, Face::upright(18.0), TextColor(PAPER))],
                ));
            }
            sheet.spawn(list()).with_children(|list| {
                if people.is_empty() {
                    list.spawn((Word::NobodyRemembers, Face::italic(22.0), TextColor(FOG)));
                }
                for (name, remembered, _) in people {
                    list.spawn((Text::new(name), Face::italic(24.0), TextColor(LAMP)));
                    for one in remembered {
                        list.spawn((
                            // So that keys and gamepads scroll the list.
                            Pressable,
                            Unlit(PAPER.with_alpha(0.85)),
                            Node { column_gap: px(14), flex_shrink: 0.0, ..default() },
                            children![
                                (
                                    Text::new(one.turn.to_string()),
                                    Face::upright(17.0),
                                    TextColor(FOG),
                                    Node { width: px(30), flex_shrink: 0.0, ..default() },
                                ),
                                (
                                    Text::new(one.text),
                                    Face::upright(20.0).read(),
                                    TextColor(PAPER),
                                    Node { width: percent(88), ..default() },
                                ),
                            ],
                        ));
                    }
                }
            });
        });
    });
}

fn forget(
    mut choices: Query<(&mut ForgetMe, &Children)>,
    mut words: Query<&mut Word>,
    plays: Query<Entity, With<Play>>,
    mut pressed: MessageReader<Pressed>,
    mut forgets: MessageWriter<ForgetPerson>,
    mut overlay: ResMut<NextState<Overlay>>,
) {
    for Pressed(entity) in pressed.read() {
        let (Ok((mut choice, children)), Ok(play)) = (choices.get_mut(*entity), plays.single())
        else {
            continue;
        };
        if choice.asked {
            forgets.write(ForgetPerson { play, who: "player".into() });
            overlay.set(Overlay::None);
        }
        choice.asked = true;
        for child in children {
            if let Ok(mut word) = words.get_mut(*child) {
                *word = Word::ForgetMeSurely;
            }
        }
    }
}
