//! One play: takes what the player says, returns what is performed, turn by turn.

mod ablation;
mod answer;
mod call;
mod content;
mod course;
mod feel;
mod floor;
mod gossip;
#[cfg(test)]
pub(crate) mod law;
mod musing;
mod perform;
mod promise;
mod reading;
pub(crate) mod rehearsal;
mod request;
mod senses;
mod speech;
mod start;
mod will;

pub use ablation::Ablation;
pub(crate) use course::ROUNDS;
pub(crate) use senses::HeardThen;

use crate::cue::{Cue, MindReport, Suggestion, TurnReport};
use crate::director::{clean, contains_word, hypotheses, interpret, suggest};
use crate::event::RULES;
use crate::{Event, Pack, State};
pub use call::Performer;
use dramaturg_llm::{Answer, LanguageModel, ModelError, Scoring, ToolCall, ToolError, Warm};
use dramaturg_mind::Plan;
use dramaturg_mind::action::Repertoire;
pub use musing::Autonomy;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

/// What the player gets for an opening, a turn, an action: performed through `cues`, kept as events.
pub struct Session {
    pack: Arc<Pack>,
    state: State,
    ablation: Option<Ablation>,
    repertoire: Repertoire,
    performer: Option<Performer>,
    senses: senses::Senses,
    musing: musing::Musing,
    /// What the player does not want to meet, from the next turn on.
    avoid: BTreeSet<String>,
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
    ablation: Option<Ablation>,
    /// The sub-story that an effect asked for.
    entering: Option<String>,
    /// The move that the player's line comes near, without being taken for it.
    near: Option<String>,
    /// Who speaks to the player's line, in their order; the beat's speaker where nobody is named.
    floor: Vec<dramaturg_mind::Bid>,
    /// Whether the story went to another scene.
    scene_began: bool,
    /// What the turn hears by.
    heard: senses::Heard,
    /// Whether the player's turn brought nothing: no progress, no steering, nothing done by anybody.
    quiet: bool,
    /// Who carries out what characters do in the game's world.
    performer: Option<&'t mut Performer>,
    /// What the model called in the answer that is being spoken.
    calling: Vec<Result<ToolCall, ToolError>>,
    /// How many lines each character remembered when the turn began.
    before: BTreeMap<String, usize>,
    /// In a rehearsal nothing is shown, watched or kept but what it notes.
    rehearsal: Option<&'t mut rehearsal::Rehearsal>,
}

impl Session {
    /// A play continued from its events; from the beginning when there are none.
    pub fn resume<'e>(pack: Arc<Pack>, events: impl IntoIterator<Item = &'e Event>) -> Self {
        let mut state = State::new(&pack);
        events.into_iter().for_each(|event| state.apply(event));
        let repertoire = state.repertoire.clone();
        let avoid = state.avoided.clone();
        let senses = senses::Senses::default();
        let musing = musing::Musing::default();
        let mut session = Self {
            pack,
            state,
            ablation: None,
            repertoire,
            performer: None,
            senses,
            musing,
            avoid,
        };
        session.set_autonomy(Autonomy::idle(session.state.autonomous));
        session
    }
    /// What is true now.
    pub fn state(&self) -> &State {
        &self.state
    }
    /// Gives the characters something to do in the game's world; `performer` does it, and says what came of it. It is
    /// journaled with the next turn, so that a replay needs neither.
    pub fn equip(&mut self, repertoire: Repertoire, performer: Performer) {
        self.repertoire = repertoire;
        self.performer = Some(performer);
    }
    pub(crate) fn repertoire(&self) -> Option<Repertoire> {
        (!self.repertoire.is_empty()).then(|| self.repertoire.clone())
    }
    /// From the next turn on, the first one too, the play keeps from the player what these content notes of the pack name; those of
    /// which there is none in the pack are passed over. It is journaled, so that a replay keeps it too.
    pub fn avoid(&mut self, notes: impl IntoIterator<Item = String>) {
        self.avoid = notes.into_iter().filter(|note| self.pack.content.contains(note)).collect();
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
            ablation: self.ablation,
            entering: None,
            near: None,
            floor: Vec::new(),
            scene_began: false,
            heard: senses::Heard::default(),
            quiet: false,
            performer: self.performer.as_mut(),
            calling: Vec::new(),
            rehearsal: None,
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
            background: self.pack.background_of(&self.state.scene).to_owned(),
            minds: minds(&self.state, &BTreeMap::new(), &BTreeMap::new()),
            turn: self.state.turn,
            newest: self.state.turn,
            suggestions: self.suggestions(),
        }
    }

    /// What is to be journaled of [`Self::avoid`].
    fn avoids_anew(&self) -> Option<Event> {
        (self.avoid != self.state.avoided).then(|| Event::Avoids(self.avoid.clone()))
    }

    /// What is to be journaled of [`Self::set_autonomy`]: whether characters begin to talk by themselves.
    fn autonomous_anew(&self) -> Option<Event> {
        // In a pack without company nobody does.
        let on = self.musing.autonomy() != Autonomy::Off && self.pack.company.is_some();
        (on != self.state.autonomous).then_some(Event::Autonomous(on))
    }

    /// What the player might say now: an example of each open move, with nothing locked in it.
    pub fn suggestions(&self) -> Vec<Suggestion> {
        suggest(&self.pack, &self.state)
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
        let none = senses::Reminded::default();
        let request =
            request::compose_request(&self.pack, &self.state, beat, "", &none, self.ablation);
        let (messages, adapter) = (request.messages, request.adapter);
        model.warm(Warm { messages, typed: typed.to_owned(), adapter, prefixes });
    }

    /// Raises the curtain: the first beat's opening. Returns the events of turn 0.
    pub fn open(&mut self, locale: &str, seed: u64, cues: &mut dyn FnMut(Cue)) -> Vec<Event> {
        self.open_by(RULES, locale, seed, cues)
    }

    /// The same by the rules of an older journal.
    pub(crate) fn open_by(
        &mut self,
        rules: u16,
        locale: &str,
        seed: u64,
        cues: &mut dyn FnMut(Cue),
    ) -> Vec<Event> {
        let (avoid, autonomous) = (self.avoids_anew(), self.autonomous_anew());
        let mut turn = self.turn(cues);
        let pack = turn.pack.clone();
        turn.push(Event::Opened {
            pack: pack.id.clone(),
            version: pack.version,
            locale: locale.into(),
            seed,
            rules,
        });
        avoid.into_iter().chain(autonomous).for_each(|input| turn.push(input));
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
        self.player_speaks(None, text, model, cues)
    }

    /// The player speaks aside: `to` alone hears it, and answers so that nobody else does. Where that character is not there it is
    /// said, and heard by nobody, so nothing comes of it: no turn is played, and a notice says so.
    pub fn player_whispers(
        &mut self,
        to: &str,
        text: &str,
        model: Option<&dyn LanguageModel>,
        cues: &mut dyn FnMut(Cue),
    ) -> Vec<Event> {
        if !self.state.present.contains(to) {
            let name = self.pack.display_name(&self.state.locale, to);
            cues(Cue::Notice(format!("{name} is not here")));
            return self.turn(cues).finish();
        }
        self.player_speaks(Some(to), text, model, cues)
    }

    pub(crate) fn player_speaks(
        &mut self,
        to: Option<&str>,
        text: &str,
        model: Option<&dyn LanguageModel>,
        cues: &mut dyn FnMut(Cue),
    ) -> Vec<Event> {
        let (avoid, autonomous) = (self.avoids_anew(), self.autonomous_anew());
        let equipped = (self.repertoire != self.state.repertoire).then(|| self.repertoire.clone());
        let heard = self.heard();
        let thoughts = self.thought_meanwhile();
        let mut turn = self.turn(cues);
        turn.heard = heard;
        if turn.state.ended.is_some() {
            return turn.finish();
        }
        let text = clean(text);
        let (model_there, to) = (model.is_some(), to.map(str::to_owned));
        turn.push(Event::PlayerSaid { text: text.clone(), model: model_there, to });
        avoid.into_iter().chain(autonomous).for_each(|input| turn.push(input));
        thoughts.into_iter().for_each(|thought| turn.think(thought));
        turn.pass_time();
        turn.give_floor(&text);
        turn.equip(equipped);
        turn.settle_promises();
        turn.hear_promise(None, &text);
        let mut read = interpret(&turn.pack, turn.state, &text, turn.heard.hearing(), model);
        if turn.ablation == Some(Ablation::RandomDirector) {
            read.readings = vec![ablation::drawn_reading(&turn.pack, turn.state)];
        }
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
        turn.near = read.near;
        turn.events.extend(read.likened);
        turn.events.extend(read.answered);
        turn.report.interpretation = read.odds;
        let chosen: Vec<_> = read.readings.iter().map(|reading| format!("{reading:?}")).collect();
        turn.report.chosen = chosen.join(", ");
        turn.report.by = format!("{:?}", read.by);
        let readings: Vec<_> =
            read.readings.into_iter().map(|reading| (reading, read.by)).collect();
        let wanted = turn.wanted();
        turn.play(&readings, &text, model);
        turn.feel_goals(&wanted);
        turn.finish()
    }
}

impl Turn<'_> {
    fn push(&mut self, event: Event) {
        if let Some(rehearsal) = &mut self.rehearsal {
            self.state.apply(&event);
            rehearsal.note(event);
            return;
        }
        if let Event::Spoke { npc, text, .. } = &event {
            let locked = self.state.locked_tells(&self.pack, npc.as_deref());
            self.watch(&locked, text);
        }
        self.state.apply(&event);
        let spoken = match &event {
            Event::Spoke { npc: Some(npc), text, .. } => Some((npc.clone(), text.clone())),
            _ => None,
        };
        let moving = matches!(event, Event::Read { .. } | Event::PromiseSettled { .. });
        let moving = moving.then(|| event.clone());
        self.events.push(event);
        if let Some((npc, text)) = spoken {
            self.hear_promise(Some(&npc), &text);
        }
        if let Some(event) = moving {
            self.feel(&event);
        }
    }

    /// A character has thought something while nobody waited.
    fn think(&mut self, thought: Event) {
        self.report.thoughts.extend(match &thought {
            Event::SummedUp { npc, summary } => Some(format!("{npc} sums up: {}", summary.text)),
            Event::Reflected { npc, reflection } => {
                Some(format!("{npc} thinks: {}", reflection.text))
            }
            _ => None,
        });
        self.push(thought);
    }

    /// Notes a text that holds something locked.
    fn watch(&mut self, locked: &[String], text: &str) {
        let lower = text.to_lowercase();
        if locked.iter().any(|tell| contains_word(&lower, tell)) {
            tracing::error!("a locked fact got out: \"{text}\"");
            self.report.leaks.push(text.to_owned());
        }
    }

    fn finish(mut self) -> Vec<Event> {
        let report = &mut self.report;
        report.total_ms = self.began.elapsed().as_millis() as u64;
        report.facts = self.state.facts.iter().map(|(k, v)| (k.clone(), v.to_string())).collect();
        let quests = self.pack.quests(self.state);
        let quests =
            quests.into_iter().map(|(q, status)| (format!("quest.{q}"), format!("{status:?}")));
        report.facts.extend(quests);
        report.minds = minds(self.state, &self.before, &self.plans);
        report.beat.clone_from(&self.state.beat);
        if self.rehearsal.is_none() {
            report.suggestions = suggest(&self.pack, self.state);
        }
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
            voice: mood.voice(),
            felt: mood.felt(),
            present: state.present.contains(npc),
            heard: lines[known..].to_vec(),
            plan: plans.get(npc).cloned(),
        }
    };
    state.moods.iter().map(mind).collect()
}
