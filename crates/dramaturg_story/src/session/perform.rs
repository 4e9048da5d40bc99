//! What is seen and heard: effects, lines, and what is drawn of several.

use super::Turn;
use crate::cue::Cue;
use crate::fact::{CLOCK, Effect, changed};
use crate::pack::{Line, RUNGS};
use crate::{Event, Value};
use dramaturg_mind::Emotion;

impl Turn<'_> {
    /// The clock goes on with each turn of the player.
    pub(super) fn pass_time(&mut self) {
        if self.pack.minutes_per_turn > 0 {
            let by = self.pack.minutes_per_turn;
            self.effects(&[Effect::Add(CLOCK.into(), by)]);
        }
    }

    pub(super) fn effects(&mut self, effects: &[Effect]) {
        for effect in effects {
            match effect {
                Effect::Mood(npc, by) => self.push(Event::MoodPushed(npc.clone(), *by)),
                Effect::Enter(beat) => self.entering = Some(beat.clone()),
                Effect::Choose(bag, ways) => {
                    let way = self.draw_way(bag, ways.len());
                    if let Some(way) = way.and_then(|i| ways.get(i)) {
                        self.effects(way);
                    }
                }
                effect => {
                    for (fact, value) in changed(effect, &self.pack.facts, &self.state.facts) {
                        self.set(fact, value);
                    }
                }
            }
        }
    }

    fn set(&mut self, fact: String, value: Value) {
        self.push(Event::FactSet(fact, value));
    }

    /// Draws what happens. In a rehearsal it is the caller who says what chance brings.
    fn draw_way(&mut self, bag: &str, of: usize) -> Option<usize> {
        let all: Vec<u32> = (0..u32::try_from(of).ok()?).collect();
        let Some(rehearsal) = &mut self.rehearsal else { return self.draw(bag, &all, of) };
        if of <= 1 {
            return (of == 1).then_some(0);
        }
        let of = all.len() as u32;
        let open = self.state.bags.get(bag).map_or(all, |bag| bag.open(of));
        let pick = rehearsal.choose(&open)?;
        self.push(Event::Drawn { bag: bag.to_owned(), pick, of });
        Some(pick as usize)
    }

    /// Draws one of those that are fit, of so many in the bag: each comes once before any comes again. It hangs on the
    /// seed, the bag's name and how often it was drawn from, so that a replay draws the same.
    fn draw(&mut self, bag: &str, fit: &[u32], of: usize) -> Option<usize> {
        if of <= 1 {
            return (of == 1).then_some(0);
        }
        let of = u32::try_from(of).ok()?;
        let open = self.state.bags.get(bag).cloned().unwrap_or_default();
        let drawable = open.open(of);
        let both: Vec<u32> = drawable.iter().copied().filter(|i| fit.contains(i)).collect();
        let from = match (both.is_empty(), fit.is_empty()) {
            (false, _) => both,
            (true, false) => fit.to_vec(),
            (true, true) => drawable,
        };
        if self.rehearsal.is_some() {
            // Which of the unheard lines is spoken makes no difference to the story.
            return from.first().map(|pick| *pick as usize);
        }
        let mut hasher = blake3::Hasher::new();
        hasher.update(&self.state.seed.to_le_bytes());
        hasher.update(&open.draws().to_le_bytes());
        hasher.update(bag.as_bytes());
        let bytes: [u8; 8] = hasher.finalize().as_bytes().first_chunk().copied()?;
        let pick = from[(u64::from_le_bytes(bytes) % from.len() as u64) as usize];
        self.push(Event::Drawn { bag: bag.to_owned(), pick, of });
        Some(pick as usize)
    }

    pub(super) fn perform(&mut self, line: &Line) {
        let Line { npc, emotion, text } = line.clone();
        let text = self.pack.say(self.state, &text).into_owned();
        if self.avoided().is_in(&text) {
            return;
        }
        let emotion = self.face_of(npc.as_deref(), emotion);
        if self.rehearsal.is_none() {
            let voice = self.voice_of(npc.as_deref());
            (self.cues)(Cue::LineBegan { npc: npc.clone(), emotion, voice });
            (self.cues)(Cue::Delta(text.clone()));
            (self.cues)(Cue::LineEnded { text: text.clone() });
        }
        self.push(Event::Spoke { npc, emotion, text, improvised: false });
    }

    /// Who leads the open beat.
    fn speaker(&self) -> String {
        self.pack.beat(&self.state.beat).map(|beat| beat.speaker.clone()).unwrap_or_default()
    }

    pub(super) fn perform_section(&mut self, section: &str) {
        let speaker = self.speaker();
        self.perform_by(section, &speaker);
    }

    /// The lines of a section, then one of its alternatives: rather one that was not heard since the beat began.
    pub(super) fn perform_by(&mut self, section: &str, speaker: &str) {
        let pack = self.pack.clone();
        if let Some(rehearsal) = &mut self.rehearsal {
            rehearsal.performs(section, speaker, self.state);
        }
        let (name, lines, bullets) = pack.prose(&self.state.locale).performed(section, self.state);
        let Some(fit) = self.fit(lines, bullets) else { return self.perform(&self.left_out()) };
        fit.lines.iter().for_each(|line| self.perform(line));
        let unheard: Vec<u32> = fit
            .bullets
            .iter()
            .copied()
            .filter(|i| !self.is_heard(&Line::of_bullet(&bullets[*i as usize], speaker).text))
            .collect();
        let is_shared = self.rehearsal.is_some() && unheard.len() > 1 && self.is_shared(bullets);
        let drawn = match &mut self.rehearsal {
            Some(rehearsal) if is_shared => rehearsal.choose(&unheard).map(|i| i as usize),
            // What is left out is not drawn, even where all the rest was heard.
            _ if unheard.is_empty() && fit.bullets.len() < bullets.len() => match fit.bullets[..] {
                [] => None,
                _ => self.draw(&name, &fit.bullets, bullets.len()),
            },
            _ => self.draw(&name, &unheard, bullets.len()),
        };
        if let Some(bullet) = drawn.and_then(|i| bullets.get(i)) {
            self.perform(&Line::of_bullet(bullet, speaker));
        }
    }

    /// Whether a beat that waits says some of that on its own rungs: which of it is heard here counts there.
    fn is_shared(&self, bullets: &[(Emotion, String)]) -> bool {
        let prose = self.pack.prose(&self.state.locale);
        let waiting = self.state.waiting.iter().filter(|waiting| !waiting.over);
        let mut rungs = waiting.flat_map(|w| RUNGS.map(|rung| format!("beat {}/{rung}", w.beat)));
        rungs.any(|section| {
            let (_, _, other) = prose.performed(&section, self.state);
            other.iter().any(|other| bullets.iter().any(|bullet| bullet.1 == other.1))
        })
    }

    pub(super) fn is_heard(&self, text: &str) -> bool {
        let said = self.pack.say(self.state, text);
        let since = self.state.history.get(self.state.since..).unwrap_or_default();
        since.iter().any(|line| line.speaker.as_deref() != Some("player") && line.text == said)
    }

    /// Whether all that a section could say was heard since the beat began.
    pub(super) fn is_exhausted(&self, section: &str) -> bool {
        let prose = self.pack.prose(&self.state.locale);
        let (_, lines, bullets) = prose.performed(section, self.state);
        let Some(fit) = self.fit(lines, bullets) else { return true };
        if fit.bullets.is_empty() {
            return fit.lines.first().is_some_and(|line| self.is_heard(&line.text));
        }
        let mut left = fit.bullets.iter().filter_map(|at| bullets.get(*at as usize));
        left.all(|bullet| self.is_heard(&Line::of_bullet(bullet, "").text))
    }
}
