//! What can be reached: beats, storylets, moves, endings; and that an ending can be reached from everywhere.

use super::Inspection;
use super::code::Code;
use super::diagnostic::Diagnostic;
use super::outlook::{each_effect, lists};
use crate::fact::Effect;
use crate::pack::Place;
use crate::{Beat, Pack};
use std::collections::{BTreeMap, BTreeSet};

/// The place of a declared thing; the nearest above it that has one.
pub(super) fn place(pack: &Pack, name: &str) -> Place {
    let mut name = name;
    loop {
        if let Some(place) = pack.place(name) {
            return place.clone();
        }
        match name.rsplit_once('/') {
            Some((above, _)) => name = above,
            None => return Place::default(),
        }
    }
}

/// Beats that a beat's effects enter.
fn enters(beat: &Beat) -> BTreeSet<&str> {
    let mut entered = BTreeSet::new();
    for list in lists(beat) {
        each_effect(list, &mut |effect| {
            if let Effect::Enter(beat) = effect {
                entered.insert(beat.as_str());
            }
        });
    }
    entered
}

/// Beats that can begin as far as nobody looks at conditions.
fn linked(pack: &Pack) -> BTreeSet<String> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut open = vec![pack.start.clone()];
    let mut everywhere =
        pack.scenes.values().map(|scene| scene.on_enter.as_slice()).collect::<Vec<_>>();
    let actions = pack.cast.values().flat_map(|c| c.actions());
    everywhere.extend(actions.map(|action| action.effects.as_slice()));
    for list in everywhere {
        each_effect(list, &mut |effect| {
            if let Effect::Enter(beat) = effect {
                open.push(beat.clone());
            }
        });
    }
    open.extend(pack.beats.iter().filter(|b| b.is_storylet()).map(|b| b.id.clone()));
    while let Some(id) = open.pop() {
        let Some(beat) = pack.beat(&id).filter(|_| !seen.contains(&id)) else { continue };
        seen.insert(id);
        open.extend(beat.next.iter().cloned());
        open.extend(enters(beat).into_iter().map(str::to_owned));
    }
    seen
}

/// So many beats that were not come to are named.
const TOLD: usize = 8;

pub(super) fn beats(of: &Inspection, out: &mut Vec<Diagnostic>) {
    let pack = of.pack;
    let linked = linked(pack);
    let mut unseen = Vec::new();
    for beat in &pack.beats {
        let id = &beat.id;
        if of.explored.begun.contains_key(id) {
            continue;
        }
        if !of.is_whole && linked.contains(id) {
            unseen.push(id.clone());
            continue;
        }
        let place = place(pack, &format!("beat {id}"));
        if beat.is_storylet() {
            let message = format!("the storylet '{id}' can never begin");
            let found = Diagnostic::at(of.sources, Code::UnreachableStorylet, &place, message)
                .label("never begins")
                .note(format!("in no quiet turn of any state does `{}` hold and no storylet of a higher salience begin", beat.when.source()))
                .help("look at its `when`, at the salience of others, and at the `patience` of the beats where it should come");
            out.push(found);
            continue;
        }
        let message = format!("the beat '{id}' can never begin");
        let mut found = Diagnostic::at(of.sources, Code::UnreachableBeat, &place, message)
            .label("never begins");
        for why in unreached(of, beat) {
            found = found.note(why);
        }
        out.push(found.help(
            "put it into the `next` of a beat that comes before it, `Enter` it, or take it out",
        ));
    }
    if !unseen.is_empty() {
        let (count, first) = (unseen.len(), unseen[..unseen.len().min(TOLD)].join(", "));
        let more = if count > TOLD { ", …" } else { "" };
        of.bounded_note(format!("beats not come to so far: {count} ({first}{more})"), out);
    }
}

/// Why a beat does not begin.
fn unreached(of: &Inspection, beat: &Beat) -> Vec<String> {
    let pack = of.pack;
    let before = pack.beats.iter().filter(|b| b.next.contains(&beat.id) && b.id != beat.id);
    let mut why: Vec<String> = Vec::new();
    for before in before {
        let id = &before.id;
        if !of.explored.begun.contains_key(id) {
            why.push(format!("it follows '{id}', which can't be reached either"));
            continue;
        }
        let ends =
            pack.endings.iter().find(|e| e.when.as_ref().is_some_and(|w| w.source() == "true"));
        if let Some(ending) = ends {
            why.push(format!(
                "when '{id}' is over the story ends with '{}', whose `when` always holds",
                ending.id
            ));
            continue;
        }
        let ahead = before.next.iter().take_while(|next| **next != beat.id);
        let always = ahead.filter_map(|next| pack.beat(next)).find(|b| b.when.source() == "true");
        match always {
            Some(first) => why.push(format!(
                "in `next` of '{id}' it stands behind '{}', which can always begin",
                first.id
            )),
            None if beat.when.source() == "true" => {
                why.push(format!("in `next` of '{id}' it stands behind others, one of which can always begin"));
            }
            None => why.push(format!(
                "it follows '{id}', but whenever that is over `{}` does not hold, or another that stands before it can begin",
                beat.when.source()
            )),
        }
    }
    let entering = pack.beats.iter().filter(|b| enters(b).contains(beat.id.as_str()));
    why.extend(
        entering.map(|b| format!("an effect of '{}' enters it, but never comes about", b.id)),
    );
    if why.is_empty() {
        why.push("no beat has it in `next`, and no effect enters it".into());
    }
    why
}

pub(super) fn moves(of: &Inspection, out: &mut Vec<Diagnostic>) {
    if !of.is_whole {
        return;
    }
    for beat in of.pack.beats.iter().filter(|b| of.explored.begun.contains_key(&b.id)) {
        for a_move in &beat.moves {
            let name = (beat.id.clone(), a_move.id.clone());
            if of.explored.made.contains(&name) {
                continue;
            }
            let place = place(of.pack, &format!("beat {}/move {}", beat.id, a_move.id));
            let (message, why) = if of.explored.refused.contains(&name) {
                let why =
                    format!("whenever it is open, `{}` does not hold", a_move.requires.source());
                (format!("the move '{}' is always refused", a_move.id), why)
            } else {
                let when = a_move.only_when.as_ref().map_or("true", |when| when.source());
                (
                    format!("the move '{}' is never open", a_move.id),
                    format!("while '{}' is open, `{when}` does not hold", beat.id),
                )
            };
            out.push(
                Diagnostic::at(of.sources, Code::DeadMove, &place, message)
                    .label("never made")
                    .note(why)
                    .help("look at what its conditions ask for, or take it out"),
            );
        }
    }
    for (npc, character) in &of.pack.cast {
        for action in character.actions() {
            if of.explored.acted.contains(&(npc.clone(), action.id.clone())) {
                continue;
            }
            let place = place(of.pack, &format!("cast {npc}/action {}", action.id));
            let message = format!("{npc} never does '{}'", action.id);
            out.push(
                Diagnostic::at(of.sources, Code::DeadAction, &place, message)
                    .label("never done")
                    .note("it is no step of a plan for any goal, in any state")
                    .help("give a goal that needs it, look at its `when` and its effects, or take it out"),
            );
        }
    }
}

pub(super) fn endings(of: &Inspection, out: &mut Vec<Diagnostic>) {
    let (pack, explored) = (of.pack, of.explored);
    let mut unfit: BTreeMap<&str, u32> = BTreeMap::new();
    for (state, (ending, fits)) in &explored.over {
        let nearest = unfit.get(ending.as_str()).map_or(u32::MAX, |other| of.paths.far(*other));
        if !fits && of.paths.far(*state) < nearest {
            unfit.insert(ending, *state);
        }
    }
    for (ending, state) in &unfit {
        let at = place(pack, &format!("ending {ending}"));
        let when = pack.endings.iter().find(|e| e.id == *ending).and_then(|e| e.when.as_ref());
        let when = when.map_or("true", |when| when.source());
        out.push(
            Diagnostic::at(of.sources, Code::UnfitEnding, &at, format!("the story can end with '{ending}' though it does not fit"))
                .label("spoken because no ending fits")
                .note(format!("no beat follows there, no ending's `when` holds, and the last ending stands in: `{when}` is false"))
                .path(of.paths.to_state(*state))
                .help("add an ending without `when`, or let every way to the end, `on_forced` too, set what an ending asks for"),
        );
    }
    no_way_out(of, out);
    if !of.is_whole {
        return;
    }
    let elsewhere = explored.ended_elsewhere.iter();
    let reached: BTreeSet<&str> = explored
        .over
        .values()
        .map(|(ending, _)| ending)
        .chain(elsewhere)
        .map(String::as_str)
        .collect();
    for ending in pack.endings.iter().filter(|e| !reached.contains(e.id.as_str())) {
        let at = place(pack, &format!("ending {}", ending.id));
        let why = match &ending.when {
            Some(when) => format!(
                "whenever a beat is over, `{}` does not hold, or an ending that is tried before it does",
                when.source()
            ),
            None => "wherever the story ends, another ending that is tried before it holds".into(),
        };
        out.push(
            Diagnostic::at(
                of.sources,
                Code::UnreachableEnding,
                &at,
                format!("the ending '{}' can never be reached", ending.id),
            )
            .label("never reached")
            .note(why)
            .help("look at its `when` and at the `priority` of those that are tried before it"),
        );
    }
}

/// States from which no ending that fits can be reached: one that was not gone on from is given the benefit of the doubt.
fn no_way_out(of: &Inspection, out: &mut Vec<Diagnostic>) {
    let explored = of.explored;
    let count = explored.beats.len();
    let mut before: Vec<Vec<u32>> = vec![Vec::new(); count];
    for step in &explored.steps {
        before[step.to as usize].push(step.from);
    }
    let mut good = vec![false; count];
    let fit = explored.over.iter().filter(|(_, (_, fits))| *fits).map(|(state, _)| *state);
    let unknown = (0..count as u32).filter(|state| !explored.closed[*state as usize]);
    let mut open: Vec<u32> = fit.chain(unknown).collect();
    open.iter().for_each(|state| good[*state as usize] = true);
    while let Some(state) = open.pop() {
        for from in &before[state as usize] {
            if !std::mem::replace(&mut good[*from as usize], true) {
                open.push(*from);
            }
        }
    }
    let stuck = (1..count as u32).filter(|s| !good[*s as usize] && !explored.over.contains_key(s));
    let Some(state) = stuck.min_by_key(|state| of.paths.far(*state)) else { return };
    let beat = explored.beats[state as usize];
    let id = of.pack.beats.get(usize::from(beat)).map_or("", |beat| beat.id.as_str());
    let at = place(of.pack, &format!("beat {id}"));
    out.push(
        Diagnostic::at(of.sources, Code::NoWayOut, &at, format!("from here on, in '{id}', no ending that fits can be reached"))
            .label("no way to an ending from this beat")
            .note("whatever is done and whatever chance brings, the story ends where no ending's `when` holds")
            .path(of.paths.to_state(state))
            .help("add an ending without `when`, or a move that opens the way again"),
    );
}
