//! Everything that was said, in a panel; a line that is chosen is gone back to.

use crate::fonts::Face;
use crate::look::{FOG, LAMP, PAPER};
use crate::menu::{FirstFocus, MenuSystems, Pressable, Pressed, Unlit};
use crate::overlay::{Overlay, heading, list, panel, sheet};
use crate::words::{Language, Word};
use bevy::prelude::*;
use bevy::text::LineHeight;
use bevy_dramaturg::RollBackPlay;
use bevy_dramaturg::prelude::*;
use bevy_dramaturg_ui::{Dialogue, History, HistoryEntry, Speaker};

pub struct HistoryPlugin;

impl Plugin for HistoryPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(OnEnter(Overlay::History), open)
            .add_systems(Update, jump.after(MenuSystems).run_if(in_state(Overlay::History)));
    }
}

/// Older lines are in the save file; a panel of all of them would take long to lay out.
const SHOWN: usize = 200;

/// Goes back to this turn.
#[derive(Component)]
struct To(u32);

fn open(mut commands: Commands, plays: Query<(&History, &Dialogue)>, language: Res<Language>) {
    let Some((history, dialogue)) = plays.iter().next() else { return };
    // A line that the player has not turned to yet is no history.
    let until = history.lines().len().saturating_sub(dialogue.unread());
    let from = until.saturating_sub(SHOWN);
    commands.spawn(panel(Overlay::History)).with_children(|panel| {
        panel.spawn(sheet()).with_children(|sheet| {
            sheet.spawn(heading(Word::History));
            sheet.spawn((Word::HistoryHelp, Face::upright(16.0), TextColor(FOG)));
            // The end first: that is what the player looks for.
            sheet.spawn((list(), ScrollPosition(Vec2::new(0.0, 1.0e6)))).with_children(|list| {
                for (at, line) in history.lines()[from..until].iter().enumerate() {
                    let mut row = list.spawn(entry(line, *language));
                    if from + at + 1 == until {
                        row.insert(FirstFocus);
                    }
                }
            });
        });
    });
}

fn entry(line: &HistoryEntry, language: Language) -> impl Bundle {
    let (name, color, face, to) = match &line.speaker {
        Speaker::Narrator => (String::new(), FOG, Face::italic(21.0), line.turn),
        // To say something else, one goes to before it was said.
        Speaker::Player => {
            let you = language.say(Word::You).to_owned();
            (you, LAMP.with_alpha(0.8), Face::italic(22.0), line.turn.saturating_sub(1))
        }
        Speaker::Npc(name) => (name.clone(), PAPER, Face::upright(22.0), line.turn),
    };
    (
        To(to),
        Pressable,
        Unlit(color),
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
                Text::new(line.text.clone()),
                face.read(),
                LineHeight::RelativeToFont(1.35),
                TextColor(color),
                // A width of its own, or a long line would get the height of a short one.
                Node { width: percent(80), flex_shrink: 1.0, ..default() },
            ),
        ],
    )
}

fn jump(
    rows: Query<&To>,
    plays: Query<(Entity, &Play)>,
    mut pressed: MessageReader<Pressed>,
    mut rolls: MessageWriter<RollBackPlay>,
    mut overlay: ResMut<NextState<Overlay>>,
) {
    for Pressed(entity) in pressed.read() {
        let (Ok(To(turn)), Ok((play, now))) = (rows.get(*entity), plays.single()) else { continue };
        if *turn < now.turn() {
            rolls.write(RollBackPlay { play, turn: *turn });
        }
        overlay.set(Overlay::None);
    }
}
