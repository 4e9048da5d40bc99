//! Effects of one step that disagree.

use super::Inspection;
use super::code::Code;
use super::diagnostic::Diagnostic;
use super::reach::place;
use crate::fact::Effect;
use crate::pack::Place;

/// What an effect settles: of what, as what.
#[derive(Clone, PartialEq, Eq)]
struct Claim {
    name: String,
    what: String,
    /// How it is written, and how it begins.
    written: String,
    begins: String,
}

fn claim(effect: &Effect) -> Option<Claim> {
    let of = |name: String, what: String, kind: &str, inner: &str, rest: &str| Claim {
        name,
        what,
        written: format!("{kind}(\"{inner}\"{rest})"),
        begins: format!("{kind}(\"{inner}\""),
    };
    match effect {
        Effect::Set(fact, value) => {
            let rest = match value {
                crate::Value::Bool(truth) => format!(", Bool({truth})"),
                crate::Value::Number(number) => format!(", Number({number})"),
                crate::Value::Enum(word) => format!(", Enum(\"{word}\")"),
            };
            Some(of(format!("'{fact}'"), value.to_string(), "Set", fact, &rest))
        }
        Effect::Start(timer) => {
            Some(of(format!("the timer '{timer}'"), "started".into(), "Start", timer, ""))
        }
        Effect::Stop(timer) => {
            Some(of(format!("the timer '{timer}'"), "stopped".into(), "Stop", timer, ""))
        }
        Effect::Enter(beat) => Some(of("the sub-story".into(), beat.clone(), "Enter", beat, "")),
        _ => None,
    }
}

/// Two claims of a list that disagree. Chance takes one of several lists, so these don't disagree with each other.
fn disagree(effects: &[Effect], before: &[Claim]) -> (Vec<Claim>, Option<(Claim, Claim)>) {
    let mut claims = before.to_vec();
    for effect in effects {
        if let Effect::Choose(_, ways) = effect {
            let mut chosen = Vec::new();
            for way in ways {
                let (all, found) = disagree(way, &claims);
                if found.is_some() {
                    return (claims, found);
                }
                chosen.extend(all.into_iter().skip(claims.len()));
            }
            claims.extend(chosen);
        } else if let Some(claim) = claim(effect) {
            let other =
                claims.iter().find(|other| other.name == claim.name && other.what != claim.what);
            if let Some(other) = other {
                let found = (other.clone(), claim);
                return (claims, Some(found));
            }
            claims.push(claim);
        }
    }
    (claims, None)
}

pub(super) fn disagreements(of: &Inspection, out: &mut Vec<Diagnostic>) {
    let pack = of.pack;
    let mut look = |owner: String, field: &str, effects: &[Effect]| {
        let (_, Some((first, second))) = disagree(effects, &[]) else { return };
        let at = place(pack, &owner);
        let list = of.sources.find(&at, field).unwrap_or(at);
        let find = |from: &Place, claim: &Claim| {
            let whole = of.sources.find(from, &claim.written);
            whole.or_else(|| of.sources.find(from, &claim.begins)).unwrap_or_else(|| from.clone())
        };
        let first_at = find(&list, &first);
        let after = Place { column: first_at.column + 1, ..first_at.clone() };
        let second_at = find(&after, &second);
        let message = format!("two effects of one step disagree about {}", first.name);
        let mut found = Diagnostic::at(of.sources, Code::Disagreement, &second_at, message)
            .label(format!("{} here", second.what))
            .related(of.sources, &first_at, format!("{} here", first.what))
            .note(format!(
                "both are in `{field}` of '{owner}': the last one counts, the first is for nothing"
            ))
            .help("take one out; `Choose` takes one of several by chance");
        found.width = second.written.chars().count();
        if let Some(related) = found.related.first_mut() {
            related.width = first.written.chars().count();
        }
        out.push(found);
    };
    for beat in &pack.beats {
        let owner = format!("beat {}", beat.id);
        look(owner.clone(), "on_begin", &beat.on_begin);
        look(owner.clone(), "on_forced", &beat.on_forced);
        for a_move in &beat.moves {
            look(format!("{owner}/move {}", a_move.id), "effects", &a_move.effects);
        }
    }
    for (name, scene) in &pack.scenes {
        look(format!("scene {name}"), "on_enter", &scene.on_enter);
    }
    for (npc, character) in &pack.cast {
        for action in character.actions() {
            look(format!("cast {npc}/action {}", action.id), "effects", &action.effects);
        }
    }
}
