//! What characters tell each other without the player: who tells whom by the pack's ties, what is locked stays so, and each telling
//! is an event with the way that the matter came.

use super::Turn;
use crate::director::contains_word;
use crate::hearsay::{saying, turn_of};
use crate::pack::{Line, heard, is_chinese};
use crate::{Event, Pack, Tie, Value};
use dramaturg_llm::LanguageModel;
use dramaturg_mind::Emotion;

const PLAYER: &str = "player";
/// The most tellings that are caught up with in one turn, however long it was.
const MOST: usize = 64;
/// Lines back in a memory that may still be passed on.
const BACK: usize = 40;
/// How many thousandths of liking make a thing worth one more to tell.
const LIKING: i32 = 334;

/// The player's own words, told on: at first as they were said, then as what is told of them.
const SAYINGS: [[&str; 2]; 2] = [
    ["The guest said: \"{}\"", "They say the guest said something like \"{}\""],
    ["客人说：“{}”", "听说客人好像说过：“{}”"],
];
/// How a listener takes it who has no words of its own for that.
const HEARS: [[&str; 3]; 2] =
    [["You don't say.", "Well, well.", "Is that so?"], ["真的假的？", "有这种事。", "哎呀。"]];
/// What a model is asked for who tells another something in the player's hearing.
const TELL: [&str; 2] = [
    "(Turn to {to}, not to the guest, and tell in one short sentence of your own words: {text})",
    "（别对客人说，转过去对{to}说，用你自己的一句短话告诉对方：{text}）",
];

/// How two meet who tell each other something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Meeting {
    /// Out of the player's hearing.
    Apart,
    /// Before the player.
    Aloud,
}

/// Something that somebody knows and could tell.
#[derive(Clone)]
struct Known {
    matter: String,
    since: i32,
    /// Through whom it came; of what the player did, `player` alone.
    through: Vec<String>,
}

/// A telling that can take place.
struct Telling {
    at: i32,
    by: String,
    to: String,
    known: Known,
    line: Line,
    meeting: Meeting,
}

impl Known {
    /// How many told it until now.
    fn hops(&self) -> usize {
        self.through.iter().filter(|who| *who != PLAYER).count()
    }
}

impl Turn<'_> {
    /// Those tell each other what they know who can meet by now. In the player's hearing only where `aloud` says that nothing else
    /// happens, with the model that may word it.
    pub(super) fn gossip(&mut self, aloud: Option<Option<&dyn LanguageModel>>) {
        let pack = self.pack.clone();
        if pack.gossip.ties.is_empty() || self.state.ended.is_some() {
            return;
        }
        for (name, matter) in &pack.gossip.matters {
            for (npc, when) in &matter.knows {
                if self.state.holds(when) {
                    self.comes_to_know(name, npc);
                }
            }
        }
        if self.rehearsal.is_some() {
            return self.rehearse_gossip(&pack);
        }
        for _ in 0..MOST {
            let may_speak = aloud.is_some() && self.may_start();
            let Some(telling) = self.next_telling(&pack, may_speak) else { break };
            self.tell(telling, aloud.flatten());
        }
    }

    /// In a rehearsal there is no time, no liking and no wording: chance decides what is told of all that could be, as far as the
    /// story asks for it.
    fn rehearse_gossip(&mut self, pack: &Pack) {
        let read: Vec<&String> =
            pack.gossip.matters.iter().filter(|(_, m)| m.is_read).map(|(name, _)| name).collect();
        let mut told = !read.is_empty();
        while told {
            told = false;
            for (tie, to) in ties(pack) {
                for name in &read {
                    let fact = heard(name, to);
                    if !self.knows(name, &tie.who)
                        || self.knows(name, to)
                        || !self.may_tell(pack, tie, to, name)
                    {
                        continue;
                    }
                    let Some(rehearsal) = &mut self.rehearsal else { return };
                    if rehearsal.choose(&[0, 1]) == Some(1) {
                        self.push(Event::FactSet(fact, Value::Bool(true)));
                        told = true;
                    }
                }
            }
        }
    }

    fn knows(&self, matter: &str, npc: &str) -> bool {
        self.state.facts.get(&heard(matter, npc)) == Some(&Value::Bool(true))
    }

    /// Whether a tie carries one of the pack's matters now, whatever it is worth and whenever it came.
    fn may_tell(&self, pack: &Pack, tie: &Tie, to: &str, name: &str) -> bool {
        let Some(matter) = pack.gossip.matters.get(name) else { return false };
        matter.about != to
            && matter.about != tie.who
            && (!tie.between_scenes || self.scene_began)
            && self.state.holds(&tie.when)
            && self.state.holds(&matter.when)
            && self.meeting(tie, to, &matter.about).is_some()
            && matter.secret.as_ref().is_none_or(|secret| {
                let after = self.state_after(name, to);
                pack.secrets.get(secret).is_some_and(|secret| {
                    secret.is_open(Some(&tie.who), self.state) && secret.is_open(Some(to), &after)
                })
            })
    }

    /// What would be true if somebody had heard of it: the writer may let that unlock what is told with it.
    fn state_after(&self, name: &str, to: &str) -> crate::State {
        let mut after = self.state.without_past();
        after.facts.insert(heard(name, to), Value::Bool(true));
        after
    }

    /// How the two meet: both away, or both here. Of the player, and of who is here, nobody speaks aloud in their hearing.
    fn meeting(&self, tie: &Tie, to: &str, about: &str) -> Option<Meeting> {
        let here = |npc: &str| self.state.present.contains(npc);
        match (here(&tie.who), here(to)) {
            (false, false) => Some(Meeting::Apart),
            (true, true) if tie.aside => Some(Meeting::Apart),
            (true, true) if about != PLAYER && !here(about) => Some(Meeting::Aloud),
            _ => None,
        }
    }

    /// The telling whose time came first; of several the first tie, then the first matter by name.
    fn next_telling(&self, pack: &Pack, may_speak: bool) -> Option<Telling> {
        let now = self.state.minute();
        let mut next: Option<Telling> = None;
        for (tie, to) in ties(pack) {
            if (tie.between_scenes && !self.scene_began) || !self.state.holds(&tie.when) {
                continue;
            }
            for known in self.known_by(pack, &tie.who) {
                let at = known.since.saturating_add(tie.after);
                if at > now || next.as_ref().is_some_and(|next| next.at <= at) {
                    continue;
                }
                let telling = self.telling(pack, tie, to, known, at);
                if let Some(telling) = telling.filter(|t| may_speak || t.meeting == Meeting::Apart)
                {
                    next = Some(telling);
                }
            }
        }
        next
    }

    fn telling(&self, pack: &Pack, tie: &Tie, to: &str, known: Known, at: i32) -> Option<Telling> {
        let name = known.matter.as_str();
        let (importance, hops, about) = match (pack.gossip.matters.get(name), &pack.gossip.sayings)
        {
            (Some(matter), _) => (matter.importance, matter.hops, matter.about.as_str()),
            (None, Some(sayings)) => (self.importance_of(&tie.who, name)?, sayings.hops, PLAYER),
            (None, None) => return None,
        };
        let is_known = match turn_of(name) {
            Some(turn) => self.state.hearsay.heard(name, to).is_some() || self.has_heard(to, turn),
            None => self.knows(name, to) || !self.may_tell(pack, tie, to, name),
        };
        let worth = i32::from(importance) + i32::from(self.liking(&tie.who, to)) / LIKING;
        if is_known || known.hops() >= usize::from(hops) || worth < i32::from(tie.least) {
            return None;
        }
        let meeting = self.meeting(tie, to, about)?;
        let line = self.worded(pack, &tie.who, to, &known)?;
        let at = if meeting == Meeting::Aloud { self.state.minute() } else { at };
        Some(Telling { at, by: tie.who.clone(), to: to.to_owned(), known, line, meeting })
    }

    /// What somebody knows and could tell: the pack's matters, then what the player said and they heard of.
    fn known_by(&self, pack: &Pack, npc: &str) -> Vec<Known> {
        let hearsay = &self.state.hearsay;
        let mut all = Vec::new();
        for (name, matter) in &pack.gossip.matters {
            let Some(since) = hearsay.known_since(&heard(name, npc)) else { continue };
            let told = hearsay.heard(name, npc);
            let first = || match matter.knows.contains_key(npc) {
                true => Vec::new(),
                false => vec![PLAYER.to_owned()],
            };
            let through = told.map_or_else(first, |told| told.through.clone());
            let since = told.map_or(since, |told| told.at);
            all.push(Known { matter: name.clone(), since, through });
        }
        if pack.gossip.sayings.is_none() {
            return all;
        }
        let memory = self.state.memories.get(npc);
        for line in memory.map(|memory| memory.recent(BACK)).unwrap_or_default() {
            let at = hearsay.said_aloud_at(line.turn).filter(|_| line.speaker == PLAYER);
            if let Some(since) = at {
                let matter = saying(line.turn);
                all.push(Known { matter, since, through: vec![PLAYER.to_owned()] });
            }
        }
        let told = hearsay.of(npc).filter(|(matter, _)| turn_of(matter).is_some());
        all.extend(told.map(|(matter, heard)| Known {
            matter: matter.to_owned(),
            since: heard.at,
            through: heard.through.clone(),
        }));
        all
    }

    /// How much the player's words matter to who heard them, or as much as they must to be told on, where that was weighed before.
    fn importance_of(&self, npc: &str, matter: &str) -> Option<u8> {
        let sayings = self.pack.gossip.sayings?;
        if self.state.hearsay.heard(matter, npc).is_some() {
            return Some(sayings.importance);
        }
        let line = self.said(npc, turn_of(matter)?)?;
        Some(line.importance()).filter(|importance| *importance >= sayings.importance)
    }

    fn said(&self, npc: &str, turn: u32) -> Option<&dramaturg_mind::Remembered> {
        let lines = self.state.memories.get(npc)?.lines();
        lines.iter().rev().take(BACK).find(|line| line.turn == turn && line.speaker == PLAYER)
    }

    fn has_heard(&self, npc: &str, turn: u32) -> bool {
        let lines = self.state.memories.get(npc).map(|memory| memory.lines()).unwrap_or_default();
        let mut since = lines.iter().rev().take_while(|line| line.turn >= turn);
        since.any(|line| line.turn == turn && line.speaker == PLAYER)
    }

    /// The words in which somebody tells it: their own, else the author's of so many tellings, else the plain ones; the first
    /// without what is locked for either of the two or what the player has switched off. None where there are none.
    fn worded(&self, pack: &Pack, by: &str, to: &str, known: &Known) -> Option<Line> {
        let told_before = known.hops();
        let lines: Vec<Line> = match turn_of(&known.matter) {
            Some(turn) => vec![self.saying(by, turn, told_before, known)?],
            None => self.written(pack, by, &known.matter, told_before + 1),
        };
        let after = self.state_after(&known.matter, to);
        let mut locked = self.state.locked_tells(pack, Some(by));
        locked.extend(after.locked_tells(pack, Some(to)));
        let avoided = self.avoided();
        let prose = pack.prose(&self.state.locale);
        lines.into_iter().find_map(|line| {
            let text = pack.say(self.state, &line.text).into_owned();
            let lower = text.to_lowercase();
            let fit = !locked.iter().any(|tell| contains_word(&lower, tell))
                && !avoided.leaves_out(prose, &line.text);
            fit.then_some(Line { text, ..line })
        })
    }

    /// The author's words of a matter for who tells it, when it is told for that time.
    fn written(&self, pack: &Pack, by: &str, matter: &str, telling: usize) -> Vec<Line> {
        let prose = pack.prose(&self.state.locale);
        let own = format!("gossip {matter}/{by}");
        let distorted =
            (2..=telling).rev().map(|number| format!("gossip {matter}/telling {number}"));
        let mut sections = [own].into_iter().chain(distorted).chain([format!("gossip {matter}")]);
        let Some(section) = sections.find(|section| prose.can_perform(section)) else {
            return Vec::new();
        };
        let (_, lines, bullets) = prose.performed(&section, self.state);
        let bullets = bullets.iter().map(|bullet| Line::of_bullet(bullet, by));
        // Nobody tells in another's words.
        lines
            .iter()
            .cloned()
            .chain(bullets)
            .filter(|line| line.npc.as_deref() == Some(by))
            .collect()
    }

    /// What the player said, as it is told on.
    fn saying(&self, by: &str, turn: u32, told_before: usize, known: &Known) -> Option<Line> {
        let first = || {
            // Who was told passes on the words of who heard them.
            let heard = known.through.iter().rev().find(|who| *who != PLAYER);
            self.said(heard.map_or(by, String::as_str), turn).map(|line| line.text.clone())
        };
        let said = first()?;
        let words = SAYINGS[usize::from(is_chinese(&self.state.locale))];
        let text = words[usize::from(told_before > 0)].replace("{}", said.trim());
        Some(Line { npc: Some(by.to_owned()), emotion: Emotion::Neutral, text })
    }

    /// One tells the other, and it is so from now on.
    fn tell(&mut self, telling: Telling, model: Option<&dyn LanguageModel>) {
        let Telling { at, by, to, known, line, meeting } = telling;
        if turn_of(&known.matter).is_none() {
            self.comes_to_know(&known.matter, &to);
        }
        let mut text = line.text.clone();
        if meeting == Meeting::Aloud {
            let because = format!("tell {to} of {}", known.matter);
            self.push(Event::Approached { npc: by.clone(), because });
            text = self.tell_aloud(&by, &to, &line, model);
        }
        let mut through = vec![by.clone()];
        through.extend(known.through);
        self.report.told.push(format!("{by} told {to} of {}", known.matter));
        let (matter, listener) = (known.matter, to.clone());
        self.push(Event::Told { by, to, matter, text, through, at });
        if meeting == Meeting::Aloud {
            self.take_in(&listener);
        }
    }

    /// One tells it before the player: a model in its own words, or as it is written. Returns the words.
    fn tell_aloud(
        &mut self,
        by: &str,
        to: &str,
        line: &Line,
        model: Option<&dyn LanguageModel>,
    ) -> String {
        let pack = self.pack.clone();
        let name = pack.display_name(&self.state.locale, to);
        let ask = TELL[usize::from(is_chinese(&self.state.locale))];
        let ask = ask.replace("{to}", name).replace("{text}", &line.text);
        let own = pack.beat(&self.state.beat).map(|beat| beat.led_by(by).into_owned());
        if !own.is_some_and(|own| self.speak_freely(&own, "", Some(&ask), model)) {
            self.perform(line);
        }
        let mut lines = self.state.history.iter().rev();
        let told = lines.find(|line| line.speaker.as_deref() == Some(by));
        told.map_or_else(|| line.text.clone(), |line| line.text.clone())
    }

    /// The other takes it in.
    fn take_in(&mut self, npc: &str) {
        let hears = HEARS[usize::from(is_chinese(&self.state.locale))];
        let pick = (self.state.seed as usize).wrapping_add(self.state.turn as usize) % hears.len();
        let rule_made = || Line {
            npc: Some(npc.to_owned()),
            emotion: Emotion::Surprised,
            text: hears[pick].into(),
        };
        let reply = self.own_way(npc, &format!("cast {npc}/hears")).unwrap_or_else(rule_made);
        self.perform(&reply);
    }

    /// Whether characters may begin to talk by themselves now.
    pub(super) fn may_start(&self) -> bool {
        let budget = self.pack.company.map_or(0, |company| company.starts);
        self.rehearsal.is_none()
            && self.state.autonomous
            && self.state.ended.is_none()
            && self.state.starts < budget
    }
}

/// All ties, each with one of those who are told.
fn ties(pack: &Pack) -> impl Iterator<Item = (&Tie, &str)> {
    pack.gossip.ties.iter().flat_map(|tie| tie.tells.iter().map(move |to| (tie, to.as_str())))
}
