//! Knowledge that is spoken too early, and knowledge that never comes out.

use super::Inspection;
use super::code::Code;
use super::diagnostic::Diagnostic;
use super::reach::place;
use crate::condition::Condition;
use crate::pack::Place;
use crate::{FactKind, Value};

pub(super) fn leaks(of: &Inspection, out: &mut Vec<Diagnostic>) {
    for (leak, steps) in &of.explored.leaks {
        let at = of.locate(&leak.locale, &leak.section, &leak.text);
        let who = leak.npc.as_deref().map_or("the narration".to_owned(), |npc| npc.to_owned());
        let tell = of.sources.line(&at).to_lowercase().find(&leak.tell).map(|byte| {
            let line = of.sources.line(&at);
            let column = line.get(..byte).unwrap_or_default().chars().count() + 1;
            Place { column, ..at.clone() }
        });
        let secret = of.pack.secrets.get(&leak.secret);
        let holds = match &leak.npc {
            Some(npc)
                if !secret
                    .is_some_and(|s| s.holders.contains(npc) || s.knows.contains_key(npc)) =>
            {
                format!("{npc} does not know of '{}'", leak.secret)
            }
            _ => format!(
                "`{}` does not hold there",
                secret.map_or("true", |s| s.unlocked_when.source())
            ),
        };
        let at_secret = place(of.pack, &format!("secret {}", leak.secret));
        let mut found = Diagnostic::at(
            of.sources,
            Code::Leak,
            tell.as_ref().unwrap_or(&at),
            format!("{who} gives away the secret '{}' while it is locked", leak.secret),
        )
        .label(format!("'{}' is one of its tells", leak.tell))
        .related(of.sources, &at_secret, "the secret")
        .note(holds)
        .help("say it otherwise, give it a heading with `when`, or let the effects of the move that tells it unlock it");
        found.width = leak.tell.chars().count();
        if let Some(step) = of.paths.nearest(steps) {
            found = found.path(of.paths.through(step));
        }
        out.push(found);
    }
}

pub(super) fn dead(of: &Inspection, out: &mut Vec<Diagnostic>) {
    if !of.is_whole {
        return;
    }
    for (id, secret) in &of.pack.secrets {
        let held = !secret.holders.is_empty() || secret.knows.is_empty();
        let opens = (held && may_hold(of, &secret.unlocked_when))
            || secret.knows.values().any(|when| may_hold(of, when));
        if opens {
            continue;
        }
        let at = place(of.pack, &format!("secret {id}"));
        out.push(
            Diagnostic::at(
                of.sources,
                Code::DeadSecret,
                &at,
                format!("the secret '{id}' is never unlocked"),
            )
            .label("nobody ever speaks of it")
            .note(format!("what `{}` asks for can't come about", secret.unlocked_when.source()))
            .help("look at `unlocked_when` and `knows`, and at what should set what they read"),
        );
    }
}

/// Whether a condition may hold at some time, as far as each name is looked at by itself.
fn may_hold(of: &Inspection, condition: &Condition) -> bool {
    let never = |name: &str| -> Option<Value> {
        let none = Some(Value::Number(0));
        if let Some(beat) = name.strip_prefix("seen.") {
            return none.filter(|_| !of.explored.begun.contains_key(beat));
        }
        if let Some(made) = name.strip_prefix("made.") {
            let (beat, id) = made.split_once('.')?;
            let made = (beat.to_owned(), id.to_owned());
            return none.filter(|_| !of.explored.made.contains(&made));
        }
        let kind =
            of.pack.facts.get(name).filter(|_| !of.explored.outlooks.written.contains(name))?;
        Some(match kind {
            FactKind::Bool(truth) => Value::Bool(*truth),
            FactKind::Number { initial, .. } => Value::Number(*initial),
            FactKind::Enum { initial, .. } => Value::Enum(initial.clone()),
        })
    };
    condition.settle(&never) != Ok(false)
}
