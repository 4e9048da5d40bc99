//! One play: takes what the player says, returns what is performed, turn by turn.

mod request;
mod speech;

use crate::cue::{Cue, MindReport, TurnReport};
use crate::director::{Reading, clean, contains_word, hypotheses, interpret};
use crate::fact::{Effect, changed};
use crate::pack::Line;
use crate::{Event, Pack, State};
use dramaturg_llm::{Answer, LanguageModel, ModelError, Scoring, Warm};
use dramaturg_mind::{ActionKind, Plan};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

/// What the player gets for an opening, a turn, an action: performed through `cues`, kept as events.
pub struct Session {
    pack: Arc<Pack>,
    state: State,
}

/// A turn in the making.
struct Turn<'t> {
    pack: Arc<Pack>,
    state: &'t mut State,
    events: Vec<Event>,
    cues: &'t mut dyn FnMut(Cue),
    report: TurnReport,
    began: Instant,
    plans: BTreeMap<String, Plan>,
    /// How many lines each character remembered when the turn began.
    before: BTreeMap<String, usize>,
}

impl Session {
    /// A play continued from its events; from the beginning when there are none.
    pub fn resume<'e>(pack: Arc<Pack>, events: impl IntoIterator<Item = &'e Event>) -> Self {
        let mut state = State::new(&pack);
        events.into_iter().for_each(|event| state.apply(event));
        Self { pack, state }
    }
    /// What is true now.
    pub fn state(&self) -> &State {
        &self.state
    }
    /// Takes another version of the story from the next turn on.
    pub fn replace_pack(&mut self, pack: Arc<Pack>) {
        for (fact, kind) in &pack.facts {
            self.state.facts.entry(fact.clone()).or_insert_with(|| kind.initial());
        }
        self.pack = pack;
    }

    fn turn<'t>(&'t mut self, cues: &'t mut dyn FnMut(Cue)) -> Turn<'t> {
        let remembered =
            |(npc, memory): (&String, &dramaturg_mind::Memory)| (npc.clone(), memory.lines().len());
        Turn {
            before: self.state.memories.iter().map(remembered).collect(),
            pack: self.pack.clone(),
            state: &mut self.state,
            events: Vec::new(),
            cues,
            report: TurnReport::default(),
            began: Instant::now(),
            plans: BTreeMap::new(),
        }
    }

    /// The first cue of a play that begins here.
    pub fn opened(&self, resumed: bool) -> Cue {
        Cue::Opened {
            resumed,
            history: self.state.history.clone(),
            beat: self.state.beat.clone(),
            locale: self.state.locale.clone(),
            ended: self.state.ended.clone(),
            minds: minds(&self.state, &BTreeMap::new(), &BTreeMap::new()),
        }
    }

    /// What the model will be asked when the player speaks next, whatever is said; `typed` is what stands in the line
    /// so far.
    pub fn warm(&self, model: &dyn LanguageModel, typed: &str) {
        let Some(beat) = self.pack.beat(&self.state.beat) else { return };
        if self.state.ended.is_some() {
            return;
        }
        let prefixes = match model.scoring() {
            Scoring::Both => hypotheses(&self.pack, &self.state, beat),
            Scoring::No => Vec::new(),
        };
        let messages = request::compose_request(&self.pack, &self.state, beat, "").messages;
        model.warm(Warm { messages, typed: typed.to_owned(), prefixes });
    }

    /// Raises the curtain: the first beat's opening. Returns the events of turn 0.
    pub fn open(&mut self, locale: &str, seed: u64, cues: &mut dyn FnMut(Cue)) -> Vec<Event> {
        let mut turn = self.turn(cues);
        let pack = turn.pack.clone();
        turn.push(Event::Opened {
            pack: pack.id.clone(),
            version: pack.version,
            locale: locale.into(),
            seed,
        });
        turn.begin_beat(&pack.start);
        turn.finish()
    }

    /// Plays one turn. Returns its events; none when the story is over.
    pub fn player_says(
        &mut self,
        text: &str,
        model: Option<&dyn LanguageModel>,
        cues: &mut dyn FnMut(Cue),
    ) -> Vec<Event> {
        let mut turn = self.turn(cues);
        if turn.state.ended.is_some() {
            return turn.finish();
        }
        let text = clean(text);
        turn.push(Event::PlayerSaid { text: text.clone(), model: model.is_some() });
        let read = interpret(&turn.pack, turn.state, &text, model);
        turn.report.interpreted_ms = turn.began.elapsed().as_millis() as u64;
        // A model that was too slow to understand is not asked to speak in the same turn.
        let late = matches!(
            read.answered,
            Some(Event::Answered {
                answer: Answer::Failed { error: ModelError::TimedOut, .. },
                ..
            })
        );
        turn.report.timed_out = late;
        let model = model.filter(|_| !late);
        turn.events.extend(read.answered);
        turn.report.interpretation = read.odds;
        turn.report.chosen = format!("{:?}", read.reading);
        turn.report.by = format!("{:?}", read.by);
        turn.push(Event::Read { reading: read.reading.clone(), by: read.by });
        turn.answer(&read.reading, &text, model);
        if turn.state.ended.is_none() {
            turn.act();
        }
        turn.finish()
    }
}

impl Turn<'_> {
    fn push(&mut self, event: Event) {
        if let Event::Spoke { npc, text, .. } = &event {
            let locked = self.state.locked_tells(&self.pack, npc.as_deref());
            self.watch(&locked, text);
        }
        self.state.apply(&event);
        self.events.push(event);
    }

    /// Notes a text that holds something locked.
    fn watch(&mut self, locked: &[String], text: &str) {
        let lower = text.to_lowercase();
        if locked.iter().any(|tell| contains_word(&lower, tell)) {
            tracing::error!("a locked fact got out: \"{text}\"");
            self.report.leaks.push(text.to_owned());
        }
    }

    fn effects(&mut self, effects: &[Effect]) {
        for effect in effects {
            if let Effect::Mood(npc, by) = effect {
                self.push(Event::MoodPushed(npc.clone(), *by));
            } else if let Some((fact, value)) = changed(effect, &self.pack.facts, &self.state.facts)
            {
                self.push(Event::FactSet(fact, value));
            }
        }
    }

    fn perform(&mut self, line: &Line) {
        (self.cues)(Cue::LineBegan { npc: line.npc.clone(), emotion: line.emotion });
        (self.cues)(Cue::Delta(line.text.clone()));
        (self.cues)(Cue::LineEnded { text: line.text.clone() });
        let Line { npc, emotion, text } = line.clone();
        self.push(Event::Spoke { npc, emotion, text, improvised: false });
    }

    fn perform_section(&mut self, section: &str) {
        let lines = self.pack.clone().prose(&self.state.locale).lines(section).to_vec();
        lines.iter().for_each(|line| self.perform(line));
    }

    /// The player is answered first, then steered.
    fn answer(&mut self, reading: &Reading, text: &str, model: Option<&dyn LanguageModel>) {
        let pack = self.pack.clone();
        let Some(beat) = pack.beat(&self.state.beat.clone()).cloned() else {
            self.end();
            return;
        };
        if let Reading::Move(id) = reading
            && let Some(a_move) = beat.moves.iter().find(|m| m.id == *id)
        {
            self.effects(&a_move.effects);
            self.report.directive = format!("play the reply of move '{id}'");
            self.perform_section(&format!("beat {}/move {id}/reply", beat.id));
            if a_move.done {
                self.reached(&beat.id, true);
                return;
            }
            // What the player does is progress, but only once: else a story could be held up for ever.
            if self.state.made.get(id) == Some(&1) {
                return;
            }
        } else if *reading == Reading::OffTopic {
            self.improvise(&beat, text, model);
        } else {
            self.deflect(&beat.speaker, reading);
        }
        if !beat.is_steered() {
            return;
        }
        let climbed = self.state.unproductive + 1;
        self.push(Event::Climbed(climbed));
        let Some(rung) = climbed.checked_sub(u32::from(beat.patience)) else { return };
        let rungs = ["hint", "ask", "event", "authored"];
        let name = rungs[(rung as usize).min(rungs.len() - 1)];
        self.report.directive.push_str(&format!("; steer with the rung '{name}'"));
        if name == "authored" {
            self.effects(&beat.on_forced);
        }
        self.perform_section(&format!("beat {}/{name}", beat.id));
        if name == "authored" {
            self.reached(&beat.id, false);
        }
    }

    /// An authored way of turning something aside, another one each time.
    fn deflect(&mut self, npc: &str, reading: &Reading) {
        let way = match reading {
            Reading::Secret => "deflect_secret",
            Reading::Hostile => "deflect_hostile",
            Reading::OutOfWorld => "deflect_world",
            Reading::Silence => "silence",
            Reading::Move(_) | Reading::OffTopic => "deflect",
        };
        let ways = self.pack.prose(&self.state.locale).bullets(&format!("cast {npc}/{way}"));
        if ways.is_empty() {
            return;
        }
        let pick = (self.state.seed as usize).wrapping_add(self.state.turn as usize) % ways.len();
        let (emotion, text) = ways[pick].clone();
        self.report.directive = format!("turn it aside: {way}");
        self.perform(&Line { npc: Some(npc.to_owned()), emotion, text });
    }

    fn reached(&mut self, beat: &str, earned: bool) {
        self.push(Event::BeatReached { beat: beat.into(), earned });
        (self.cues)(Cue::BeatReached { beat: beat.into(), earned });
        let pack = self.pack.clone();
        let next = pack.beat(beat).map(|b| b.next.clone()).unwrap_or_default();
        if next.is_empty() || pack.endings.iter().any(|ending| self.state.holds(&ending.when)) {
            self.end();
            return;
        }
        let ready = next.iter().find(|id| pack.beat(id).is_some_and(|b| self.state.holds(&b.when)));
        // Where no condition holds the first one follows: a story is never stuck.
        if let Some(id) = ready.or(next.first()) {
            self.begin_beat(id);
        }
    }

    fn begin_beat(&mut self, id: &str) {
        self.push(Event::BeatBegan(id.into()));
        let speaker = self.pack.beat(id).map(|b| b.speaker.clone());
        if let Some(npc) = speaker.filter(|npc| !self.state.present.contains(npc)) {
            let actions = self.pack.cast.get(&npc).map(|c| c.planner().actions).unwrap_or_default();
            match actions.iter().find(|action| action.kind == ActionKind::Enter) {
                Some(action) => self.carry_out(&npc, action),
                None => self.acted(&npc, "enter", ActionKind::Enter),
            }
        }
        self.perform_section(&format!("beat {id}/open"));
    }

    /// The ending whose condition holds; the last one where none does.
    fn end(&mut self) {
        let pack = self.pack.clone();
        let held = pack.endings.iter().find(|ending| self.state.holds(&ending.when));
        if let Some(ending) = held.or(pack.endings.last()) {
            self.perform_section(&format!("ending {}", ending.id));
            self.push(Event::Ended(ending.id.clone()));
            (self.cues)(Cue::Ended { ending: ending.id.clone() });
        }
    }

    /// A character follows its own goal: one validated step of its plan.
    fn act(&mut self) {
        let pack = self.pack.clone();
        for (npc, character) in &pack.cast {
            let planner = character.planner();
            let plan = planner.plan(
                &*self.state,
                |world, condition| world.holds(condition),
                |world, action| {
                    let mut after = world.clone();
                    if possible(world, npc, action.kind) {
                        let event = Event::Acted {
                            npc: npc.clone(),
                            action: action.id.clone(),
                            kind: action.kind,
                        };
                        after.apply(&event);
                        for effect in &action.effects {
                            if let Some((fact, value)) = changed(effect, &pack.facts, &after.facts)
                            {
                                after.facts.insert(fact, value);
                            }
                        }
                    }
                    after
                },
            );
            let first = plan.as_ref().and_then(|plan| plan.steps.first());
            let action = first.and_then(|id| planner.actions.iter().find(|a| a.id == *id)).cloned();
            if let Some(plan) = plan {
                self.plans.insert(npc.clone(), plan);
            }
            if let Some(action) =
                action.filter(|a| possible(self.state, npc, a.kind) && self.state.holds(&a.when))
            {
                self.carry_out(npc, &action);
                return;
            }
        }
    }

    fn carry_out(&mut self, npc: &str, action: &dramaturg_mind::Action<crate::Condition, Effect>) {
        self.acted(npc, &action.id, action.kind);
        self.effects(&action.effects);
        self.perform_section(&format!("action {}", action.id));
    }

    fn acted(&mut self, npc: &str, action: &str, kind: ActionKind) {
        self.push(Event::Acted { npc: npc.into(), action: action.into(), kind });
        (self.cues)(Cue::Acted { npc: npc.into(), action: action.into(), kind });
    }

    fn finish(mut self) -> Vec<Event> {
        let report = &mut self.report;
        report.total_ms = self.began.elapsed().as_millis() as u64;
        report.facts = self.state.facts.iter().map(|(k, v)| (k.clone(), v.to_string())).collect();
        report.minds = minds(self.state, &self.before, &self.plans);
        report.beat.clone_from(&self.state.beat);
        let report = Box::new(std::mem::take(report));
        (self.cues)(Cue::TurnEnded { turn: self.state.turn, report });
        self.events
    }
}

/// The characters as they are now; `before` says how many of their memories were reported already.
fn minds(
    state: &State,
    before: &BTreeMap<String, usize>,
    plans: &BTreeMap<String, Plan>,
) -> Vec<MindReport> {
    let mind = |(npc, mood): (&String, &dramaturg_mind::Mood)| {
        let lines = state.memories.get(npc).map(|memory| memory.lines()).unwrap_or_default();
        let known = before.get(npc).copied().unwrap_or_default().min(lines.len());
        MindReport {
            npc: npc.clone(),
            mood: mood.now(),
            face: mood.face(),
            present: state.present.contains(npc),
            heard: lines[known..].to_vec(),
            plan: plans.get(npc).cloned(),
        }
    };
    state.moods.iter().map(mind).collect()
}

/// Whether the stage allows it: nobody comes twice, nobody speaks from outside.
fn possible(state: &State, npc: &str, kind: ActionKind) -> bool {
    state.present.contains(npc) != (kind == ActionKind::Enter)
}
