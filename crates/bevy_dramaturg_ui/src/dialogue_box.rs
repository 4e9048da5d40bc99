//! The texts and nodes that show a dialogue; the game makes them, in its own style.

use crate::dialogue::Dialogue;
use bevy::prelude::*;
use bevy_dramaturg::prelude::*;

/// The words of the line that are shown.
#[derive(Component, Clone, Copy, Debug, Default)]
#[require(TextSpan)]
pub struct ShownWords;

/// The words that are to come, after the shown ones and without colour: the line takes its room already, so that no
/// word jumps while it is typed.
#[derive(Component, Clone, Copy, Debug, Default)]
#[require(TextSpan)]
pub struct WordsToCome;

/// The name of who speaks.
#[derive(Component, Clone, Copy, Debug, Default)]
#[require(Text)]
pub struct SpeakerName;

/// Seen while a character speaks, not the narrator.
#[derive(Component, Clone, Copy, Debug, Default)]
#[require(Visibility)]
pub struct WhileSpoken;

/// Seen while there is another page.
#[derive(Component, Clone, Copy, Debug, Default)]
#[require(Visibility)]
pub struct WhileMore;

/// Seen when it is the player's turn.
#[derive(Component, Clone, Copy, Debug, Default)]
#[require(Visibility)]
pub struct WhilePlayersTurn;

/// Seen when the story is over.
#[derive(Component, Clone, Copy, Debug, Default)]
#[require(Visibility)]
pub struct WhileOver;

type Seen<'w, 's, T> = Query<'w, 's, &'static mut Visibility, With<T>>;

pub(crate) fn show(
    dialogues: Query<&Dialogue>,
    personas: Query<&Persona>,
    mut spans: ParamSet<(
        Query<&mut TextSpan, With<ShownWords>>,
        Query<&mut TextSpan, With<WordsToCome>>,
    )>,
    mut names: Query<&mut Text, With<SpeakerName>>,
    mut seen: ParamSet<(
        Seen<WhileSpoken>,
        Seen<WhileMore>,
        Seen<WhilePlayersTurn>,
        Seen<WhileOver>,
    )>,
) {
    let Some(dialogue) = dialogues.iter().next() else { return };
    let (shown, hidden) = dialogue.words();
    for mut span in &mut spans.p0() {
        if span.0 != shown {
            shown.clone_into(&mut span.0);
        }
    }
    for mut span in &mut spans.p1() {
        if span.0 != hidden {
            hidden.clone_into(&mut span.0);
        }
    }
    let who = dialogue.page().and_then(|page| personas.get(page.npc?).ok());
    for mut name in &mut names {
        if let Some(persona) = who
            && name.0 != persona.name
        {
            name.0.clone_from(&persona.name);
        }
    }
    let set = |mut seen: Mut<Visibility>, yes: bool| {
        seen.set_if_neq(if yes { Visibility::Inherited } else { Visibility::Hidden });
    };
    let more = dialogue.has_more() || dialogue.is_over();
    seen.p0().iter_mut().for_each(|seen| set(seen, who.is_some()));
    seen.p1().iter_mut().for_each(|seen| set(seen, more));
    seen.p2().iter_mut().for_each(|seen| set(seen, dialogue.is_players_turn()));
    seen.p3().iter_mut().for_each(|seen| set(seen, dialogue.is_over()));
}
