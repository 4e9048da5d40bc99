//! One play of one player, from the curtain to the ending.

use super::dice::seed_of_run;
use super::lines::Lines;
use super::player::{Intent, Kind, Player, Scene};
use super::watch::{Leak, Watch, Watched};
use dramaturg_llm::LanguageModel;
use dramaturg_story::{Ablation, Ear, Event, Pack, ReadBy, Reading, Session, State};
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// What all runs have in common.
pub struct Setting {
    pub pack: Arc<Pack>,
    /// By language.
    pub lines: BTreeMap<String, Lines>,
    pub model: Option<Arc<dyn LanguageModel>>,
    pub ear: Option<Arc<Ear>>,
    pub seed: u64,
    /// Turns after which a run is given up.
    pub turn_limit: u32,
}

/// One run, by its name. The same task gives the same run.
#[derive(Clone, Debug)]
pub struct Task {
    pub ablation: Option<Ablation>,
    pub locale: String,
    pub kind: Kind,
    pub number: u32,
}

/// A move that a line did not make, and that was granted.
#[derive(Clone, Debug)]
pub struct WrongGrant {
    pub text: String,
    /// `beat/move`
    pub granted: String,
    pub by: ReadBy,
}

/// What became of a run.
#[derive(Debug, Default)]
pub struct Run {
    pub seed: u64,
    pub turns: u32,
    /// None where the run never ended.
    pub ending: Option<String>,
    /// Each beat that was reached, in order, and whether by a move.
    pub beats: Vec<(String, bool)>,
    pub leaks: Vec<Leak>,
    /// Lines that were answered with an authored way of turning aside anything whatever.
    pub ignored: u32,
    /// Requests to the model.
    pub calls: u32,
    /// Lines that meant a certain move; those of them that were taken for none, and for another one.
    pub meant: u32,
    pub missed: Vec<(String, String)>,
    pub mistaken: u32,
    /// Lines that meant no move.
    pub idle: u32,
    pub wrong: Vec<WrongGrant>,
    /// Turns from the last line that meant nothing to the beat's end: when a move ended it, and when the ladder did.
    pub recovery_earned: Vec<u32>,
    pub recovery_forced: Vec<u32>,
    /// The engine panicked.
    pub panicked: bool,
    pub events: Vec<Vec<Event>>,
}

impl Run {
    /// Every beat was reached by a move, and there is an ending.
    pub fn is_earned(&self) -> bool {
        self.ending.is_some() && self.forced() == 0
    }
    /// Beats that the ladder ended.
    pub fn forced(&self) -> usize {
        self.beats.iter().filter(|(_, earned)| !earned).count()
    }

    /// Compares what was meant with what it was taken for.
    fn note_reading(&mut self, text: &str, intent: &Intent, beat: &str, events: &[Event]) {
        let Some((reading, by)) = events.iter().find_map(|event| match event {
            Event::Read { reading, by } => Some((reading, *by)),
            _ => None,
        }) else {
            return;
        };
        let improvised =
            events.iter().any(|event| matches!(event, Event::Spoke { improvised: true, .. }));
        // Who asks back whether that was meant has taken it up.
        let asked = events.iter().any(|event| matches!(event, Event::AskedBack(_)));
        if *reading == Reading::OffTopic && !improvised && !asked {
            self.ignored += 1;
        }
        match (intent, reading) {
            (Intent::Move(meant), reading) => {
                self.meant += 1;
                match reading {
                    Reading::Move(granted) if granted == meant => {}
                    Reading::Move(_) => self.mistaken += 1,
                    _ => self.missed.push((format!("{beat}/{meant}"), text.to_owned())),
                }
            }
            (Intent::Nothing, Reading::Move(granted)) => self.wrong.push(WrongGrant {
                text: text.to_owned(),
                granted: format!("{beat}/{granted}"),
                by,
            }),
            _ => {}
        }
    }
}

impl Setting {
    /// Plays it. A panic of the engine ends the run, not the measurement.
    pub fn play(&self, task: &Task) -> Run {
        let seed = seed_of_run(self.seed, task.kind.name(), &task.locale, task.number);
        catch_unwind(AssertUnwindSafe(|| self.play_out(task, seed))).unwrap_or_else(|_| Run {
            seed,
            panicked: true,
            ..Run::default()
        })
    }

    fn play_out(&self, task: &Task, seed: u64) -> Run {
        let mut run = Run { seed, ..Run::default() };
        let Some(lines) = self.lines.get(&task.locale) else { return run };
        let at = (&*self.pack, task.locale.as_str());
        let mut player = Player::new(task.kind, lines, at, seed, self.model.clone());
        let watched = self.model.clone().map(Watched::new);
        let mut watch = Watch::new(&self.pack);
        let mut session = Session::resume(self.pack.clone(), []);
        self.ear.iter().for_each(|ear| session.listen(ear.clone()));
        if let Some(ablation) = task.ablation {
            session.ablate(ablation);
        }
        let opening = session.open(&task.locale, seed, &mut |_| {});
        watch.events(&opening);
        run.events.push(opening);
        // Where the last line stands that meant nothing, as long as its beat is open.
        let mut idle_at = None;
        let mut heard = session.state().history.len();
        while session.state().ended.is_none() && run.turns < self.turn_limit {
            run.turns += 1;
            let said = player.says(&self.scene(session.state(), heard, &task.locale));
            let beat = session.state().beat.clone();
            let model = watched.as_ref().map(|watched| watched as &dyn LanguageModel);
            let before = session.state().history.len();
            let events = session.player_says(&said.text, model, &mut |_| {});
            let asked = watched.as_ref().map(Watched::take).unwrap_or_default();
            run.calls += asked.len() as u32;
            watch.prompts(&said.text, &asked);
            watch.events(&events);
            // The player's own line is in the history, too, unless it is empty.
            let own = usize::from(
                session
                    .state()
                    .history
                    .get(before)
                    .is_some_and(|line| line.speaker.as_deref() == Some("player")),
            );
            heard = session.state().history.len().saturating_sub(before + own);
            if said.intent == Intent::Nothing {
                run.idle += 1;
                idle_at = Some(run.turns);
            }
            run.note_reading(&said.text, &said.intent, &beat, &events);
            for event in &events {
                // What passes by itself is nobody's: neither earned nor ended by the ladder.
                let passes = |id: &str| self.pack.beat(id).is_some_and(|beat| beat.passes());
                if let Event::BeatReached { beat, earned } = event
                    && !passes(beat)
                {
                    run.beats.push((beat.clone(), *earned));
                    if let Some(at) = idle_at.take() {
                        let recovery = if *earned {
                            &mut run.recovery_earned
                        } else {
                            &mut run.recovery_forced
                        };
                        recovery.push(run.turns - at);
                    }
                }
            }
            run.events.push(events);
        }
        run.ending.clone_from(&session.state().ended);
        run.leaks = watch.leaks;
        run
    }

    fn scene<'s>(&'s self, state: &'s State, new: usize, locale: &'s str) -> Scene<'s> {
        let open = self
            .pack
            .beat(&state.beat)
            .map(|beat| beat.open_moves(state).map(|a_move| a_move.id.as_str()).collect());
        Scene {
            history: &state.history,
            new,
            present: state.present.iter().map(|npc| self.pack.display_name(locale, npc)).collect(),
            beat: &state.beat,
            open: open.unwrap_or_default(),
            asked: state.asked(),
            invited: state.is_invited(),
        }
    }
}
