//! What a pack does about talk of some kinds: turned aside, cared for, or let pass.

use super::Reading;
use super::examples::Library;
use super::tones::{Tone, tone};
use crate::event::CAREFUL;
use crate::pack::Treatment;
use crate::{Pack, State};

/// What the pack says of a tone; none where it says nothing, or no pack can.
fn written(pack: &Pack, tone: Tone) -> Option<Treatment> {
    let policy = pack.policy();
    match tone {
        Tone::SelfHarm => policy.self_harm,
        Tone::Sexual => policy.sexual,
        Tone::Hostile => policy.insult,
        Tone::Gore => policy.gore,
        Tone::Hate => policy.hate,
        Tone::Foreign | Tone::Gibberish => None,
    }
}

/// What is done: what the pack says, or what is safe.
fn treatment(pack: &Pack, state: &State, tone: Tone) -> Treatment {
    let careful = state.rules >= CAREFUL;
    written(pack, tone).unwrap_or(match tone {
        Tone::SelfHarm if careful => Treatment::Care,
        Tone::Hate if !careful => Treatment::Allow,
        // Many a story is bloody.
        Tone::Gore => Treatment::Allow,
        _ => Treatment::TurnAside,
    })
}

/// Whether a tone has an answer of its own in this play.
pub(super) fn is_heeded(pack: &Pack, state: &State, tone: Tone) -> bool {
    treatment(pack, state, tone) != Treatment::Allow
}

/// Whether a tone makes no move even in the author's own words: where the pack itself says that it is turned aside. By the
/// engine's defaults the author's examples go before.
pub(super) fn is_barred(pack: &Pack, tone: Tone) -> bool {
    matches!(written(pack, tone), Some(Treatment::TurnAside | Treatment::Care))
}

/// Whether an example of a move is never taken for it, by the pack's own policy.
pub(crate) fn never_taken(pack: &Pack, locale: &str, example: &str) -> bool {
    let library = Library::of(pack, locale);
    let tone = tone(example, |word| library.number(word).is_some(), |tone| is_barred(pack, tone));
    tone.is_some_and(|tone| is_barred(pack, tone))
}

/// Whether the story waits in a turn that is read so: it is answered, and nothing else happens.
pub(crate) fn waits<'r>(
    pack: &Pack,
    state: &State,
    readings: impl IntoIterator<Item = &'r Reading>,
) -> bool {
    readings.into_iter().any(|reading| {
        let tone = match reading {
            Reading::SelfHarm => Tone::SelfHarm,
            Reading::Sexual => Tone::Sexual,
            Reading::Hostile => Tone::Hostile,
            Reading::Gore => Tone::Gore,
            Reading::Hate => Tone::Hate,
            _ => return false,
        };
        treatment(pack, state, tone) == Treatment::Care
    })
}
