//! What happens moves those who have a personality: each appraises it for itself, and what it feels is an event.

use super::Turn;
use crate::condition::Condition;
use crate::director::Reading;
use crate::fact::{Effect, FactKind};
use crate::pack::Character;
use crate::{Beat, Event, Move, Pack, Promise, Value};
use dramaturg_mind::emotion::{
    Address, Appraisal, Degree, Fortune, Likelihood, Stance, VoiceStyle, address,
};
use dramaturg_mind::{Emotion, Goal, Settled};

const PLAYER: &str = "player";

/// A goal that a character had when the turn began.
pub(super) struct Wanted {
    npc: String,
    goal: Goal<Condition>,
}

impl Turn<'_> {
    /// Something happened that may move somebody.
    pub(super) fn feel(&mut self, event: &Event) {
        match event {
            Event::Read { reading, .. } => self.feel_reading(reading),
            Event::PromiseSettled { number, how } => {
                if let Some(promise) = self.state.promises.get(*number).cloned() {
                    self.feel_promise(&promise, *how);
                }
            }
            _ => {}
        }
    }

    /// What the player's words mean to whom they are said, and the move that they make to all who are there.
    fn feel_reading(&mut self, reading: &Reading) {
        let pack = self.pack.clone();
        let Some(beat) = pack.beat(&self.state.beat) else { return };
        let a_move = match reading {
            Reading::Move(id) => beat.moves.iter().find(|m| m.id == *id),
            _ => None,
        };
        // What is refused does nothing.
        let a_move = a_move.filter(|a_move| self.state.holds(&a_move.requires));
        let hearing = self.who_feels().into_iter().filter(|npc| self.state.hears(npc));
        for npc in hearing.collect::<Vec<_>>() {
            if let Some((because, appraisal)) = self.meaning(&pack, beat, &npc, a_move, reading) {
                self.appraise(&npc, &because, appraisal);
            }
        }
    }

    /// Who is there and has a personality.
    fn who_feels(&self) -> Vec<String> {
        let moods = self.state.moods.iter().filter(|(_, mood)| mood.personality().is_some());
        let here = moods.filter(|(npc, _)| self.state.present.contains(*npc));
        here.map(|(npc, _)| npc.clone()).collect()
    }

    /// What a reading means to a character: as it is written, else by what the move does to the two of them, else by the
    /// words that are said to it.
    fn meaning(
        &self,
        pack: &Pack,
        beat: &Beat,
        npc: &str,
        a_move: Option<&Move>,
        reading: &Reading,
    ) -> Option<(String, Appraisal)> {
        if let Some(a_move) = a_move {
            let because = format!("move {}", a_move.id);
            if let Some(written) = a_move.appraise.get(npc) {
                return Some((because, written.clone()));
            }
            if let Some(derived) = of_effects(pack, npc, &a_move.effects) {
                return Some((because, derived));
            }
        }
        if self.answerer(beat) != npc {
            return None;
        }
        if let Some(address) = self.addressed(reading) {
            return Some((format!("line {}", address.label()), address.appraisal()));
        }
        of_reading(reading).map(|appraisal| (format!("reading {reading:?}"), appraisal))
    }

    /// How the player's line treats whom it is said to: once a turn, however many moves are in it.
    fn addressed(&self, reading: &Reading) -> Option<Address> {
        let read = self.events.iter().filter(|event| matches!(event, Event::Read { .. })).count();
        let said =
            self.state.history.iter().rev().find(|line| {
                line.speaker.as_deref() == Some(PLAYER) && line.turn == self.state.turn
            });
        let address = said.filter(|_| read == 1).and_then(|line| address(&line.text));
        match (reading, address) {
            (Reading::Hostile, Some(Address::Threat)) => Some(Address::Threat),
            (Reading::Hostile, _) => Some(Address::Insult),
            (Reading::Move(_) | Reading::OffTopic | Reading::Repetition, address) => address,
            _ => None,
        }
    }

    /// A promise that somebody made to somebody was kept or broken.
    fn feel_promise(&mut self, promise: &Promise, how: Settled) {
        let Some(id) = &promise.id else { return };
        let because = format!("promise {id}");
        let (to_receiver, to_maker) = match how {
            Settled::Kept => (Appraisal::of(500, 500), Appraisal::of(0, 300)),
            Settled::Broken => (Appraisal::of(-500, -700), Appraisal::of(0, -400)),
            Settled::Lapsed => return,
        };
        if promise.by == PLAYER {
            self.appraise(&promise.to, &because, to_receiver);
        } else {
            self.appraise(&promise.by, &because, Appraisal { own: true, ..to_maker });
        }
    }

    /// What those who feel want now and do not have.
    pub(super) fn wanted(&self) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for npc in self.who_feels() {
            let goals = self.pack.cast.get(&npc).map(Character::goals).unwrap_or_default();
            let open = goals.iter().filter(|goal| is_open(self, goal));
            wanted.extend(open.map(|goal| Wanted { npc: npc.clone(), goal: goal.clone() }));
        }
        wanted
    }

    /// Those who got what they wanted are glad of it; grateful, where it was the player's doing.
    pub(super) fn feel_goals(&mut self, wanted: &[Wanted]) {
        for Wanted { npc, goal } in wanted {
            if !self.state.holds(&goal.desire) {
                continue;
            }
            let good = 300 + 50 * i32::from(goal.priority.clamp(0, 10));
            let done = |event: &Event| matches!(event, Event::Acted { npc: who, .. } if who == npc);
            let moved =
                |event: &Event| matches!(event, Event::Read { reading: Reading::Move(_), .. });
            let own = self.events.iter().any(done);
            let appraisal = match (own, self.events.iter().any(moved)) {
                (true, _) => Appraisal { own, ..Appraisal::of(good, good / 2) },
                (false, true) => Appraisal::of(good, good / 2),
                (false, false) => Appraisal { realised: Some(true), ..Appraisal::of(good, 0) },
            };
            self.appraise(npc, &format!("goal {}", goal.id), appraisal);
        }
    }

    /// A character appraises something: what it feels is an event. Luck of a third is felt about them, not about the player.
    fn appraise(&mut self, npc: &str, because: &str, mut appraisal: Appraisal) {
        let third = appraisal.fortune.take_if(|fortune| fortune.who != PLAYER);
        if let Some(fortune) = third {
            let who = fortune.who.clone();
            // A liking that is written is for the luck, unless something attracts or repels besides.
            let liking = appraisal.liking;
            let luck = Appraisal { fortune: Some(fortune), liking, ..Appraisal::default() };
            self.appraise_about(npc, &who, because, &luck);
        }
        let about = if appraisal.own { "" } else { PLAYER };
        self.appraise_about(npc, about, because, &appraisal);
    }

    fn appraise_about(&mut self, npc: &str, about: &str, because: &str, appraisal: &Appraisal) {
        let liking = self.liking(npc, about);
        let Some(personality) = self.state.moods.get(npc).and_then(|mood| mood.personality())
        else {
            return;
        };
        let felt = appraisal.emotions(personality, liking);
        if !felt.is_empty() {
            let (npc, about) = (npc.to_owned(), about.to_owned());
            self.push(Event::Appraised { npc, about, because: because.to_owned(), felt });
        }
    }

    /// How a character stands with somebody, in thousandths: the pack's relationship, and what is left of what was felt.
    pub(super) fn liking(&self, npc: &str, to: &str) -> i16 {
        let relation = format!("{npc}.{to}");
        let written = match (self.pack.facts.get(&relation), self.state.facts.get(&relation)) {
            (Some(FactKind::Number { min, max, .. }), Some(Value::Number(n))) => {
                let most = i64::from(if *n >= 0 { *max } else { *min }).abs().max(1);
                i64::from(*n) * 1000 / most
            }
            _ => 0,
        };
        let left = self.state.moods.get(npc).map_or(0, |mood| mood.attitude(to));
        (written + i64::from(left)).clamp(-1000, 1000) as i16
    }

    /// What a character with goals is not in the mood for. A rehearsal has no moods: there, all that it could be is tried.
    pub(super) fn unwilling(
        &mut self,
        npc: &str,
        character: &Character,
        goals: &[Goal<Condition>],
    ) -> Vec<Stance> {
        let actions = character.actions();
        let takes = |stance: &Stance| actions.iter().any(|action| action.stance == Some(*stance));
        let stances: Vec<Stance> = Stance::ALL.into_iter().filter(takes).collect();
        if stances.is_empty() || !goals.iter().any(|goal| is_open(self, goal)) {
            return Vec::new();
        }
        if let Some(rehearsal) = &mut self.rehearsal {
            let all: Vec<u32> = (0..1 << stances.len()).collect();
            let chosen = rehearsal.choose(&all).unwrap_or_default();
            let bit = |(index, _): &(usize, Stance)| chosen & (1 << index) != 0;
            return stances.into_iter().enumerate().filter(bit).map(|(_, s)| s).collect();
        }
        let Some(mood) = self.state.moods.get(npc) else { return Vec::new() };
        stances.into_iter().filter(|stance| !mood.is_willing(*stance, PLAYER)).collect()
    }

    /// How a speaker sounds.
    pub(super) fn voice_of(&self, npc: Option<&str>) -> VoiceStyle {
        let mood = npc.and_then(|npc| self.state.moods.get(npc));
        mood.map(|mood| mood.voice()).unwrap_or_default()
    }

    /// The face of an authored line: where the writer gives it none, what a character with a personality feels shows.
    pub(super) fn face_of(&self, npc: Option<&str>, written: Emotion) -> Emotion {
        let mood = npc.and_then(|npc| self.state.moods.get(npc));
        match mood.filter(|mood| mood.personality().is_some()) {
            Some(mood) if written == Emotion::Neutral => mood.face(),
            _ => written,
        }
    }
}

fn is_open(turn: &Turn, goal: &Goal<Condition>) -> bool {
    turn.state.holds(&goal.when) && !turn.state.holds(&goal.desire)
}

/// Four steps of a quarter of the whole are as much as can be meant.
const STEPS: i64 = 4;

/// What a move means to a character by what it does to how the two stand with one another.
fn of_effects(pack: &Pack, npc: &str, effects: &[Effect]) -> Option<Appraisal> {
    let relation = format!("{npc}.{PLAYER}");
    let Some(FactKind::Number { min, max, .. }) = pack.facts.get(&relation) else { return None };
    let by: i64 = effects
        .iter()
        .map(|effect| match effect {
            Effect::Add(fact, by) if *fact == relation => i64::from(*by),
            _ => 0,
        })
        .sum();
    let whole = (i64::from(*max) - i64::from(*min)).max(1);
    let praise = (by * 1000 * STEPS / whole).clamp(-1000, 1000) as i32;
    (praise != 0).then(|| Appraisal::of(praise / 2, praise))
}

/// What a reading means that is no move: as far as it is anything to whom it is said.
fn of_reading(reading: &Reading) -> Option<Appraisal> {
    let degree = Degree::of_thousandths;
    match reading {
        Reading::Sexual => Some(Appraisal::of(-400, -600)),
        Reading::Contradiction => Some(Appraisal::of(0, -250)),
        // They ask for what is hidden, and may find it.
        Reading::Secret => Some(Appraisal {
            desirability: degree(-400),
            likelihood: Some(Likelihood::of_thousandths(500)),
            ..Appraisal::default()
        }),
        Reading::SelfHarm => Some(Appraisal {
            fortune: Some(Fortune {
                who: PLAYER.into(),
                desirability: degree(-900),
                deservingness: degree(-500),
            }),
            liking: Some(degree(600)),
            ..Appraisal::default()
        }),
        _ => None,
    }
}
