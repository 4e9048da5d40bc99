//! Several at one table: who answers the player, who chimes in, who cuts in.

use super::Turn;
use crate::director::{Reading, contains_word};
use crate::pack::{Line, is_chinese};
use crate::{Beat, Event};
use dramaturg_llm::LanguageModel;
use dramaturg_mind::{Because, Bid, Listener, floor};

/// Lines of its own by which it is known what somebody spoke of, and lines back through which silence counts.
const OWN: usize = 12;
const BACK: usize = 40;

/// What a model is asked for who adds something to what another answers.
const CHIME: [&str; 2] = [
    "(You are there, too. Add one short sentence of your own to that.)",
    "（你也在场。你也插一句短话。）",
];

impl Turn<'_> {
    /// Decides who speaks to the player's line. In a pack without a `company` it is the beat's speaker, unless the player speaks
    /// aside to another.
    pub(super) fn give_floor(&mut self, text: &str) {
        let pack = self.pack.clone();
        let Some(beat) = pack.beat(&self.state.beat).filter(|beat| !beat.speaker.is_empty()) else {
            return;
        };
        if let Some(npc) = self.state.aside.clone() {
            let because = Because::Addressed;
            self.floor = vec![Bid { npc, weight: 0, because, relevance: 0, cuts_in: false }];
            return;
        }
        let Some(company) = pack.company else { return };
        let there: Vec<&str> =
            pack.cast().filter(|npc| self.state.present.contains(*npc)).collect();
        let names: Vec<Vec<&str>> = there.iter().map(|npc| pack.names_of(npc)).collect();
        let known: Vec<Vec<String>> = there.iter().map(|npc| self.known_to(npc)).collect();
        let known: Vec<Vec<&str>> =
            known.iter().map(|texts| texts.iter().map(String::as_str).collect()).collect();
        let listeners: Vec<Listener> = there
            .iter()
            .enumerate()
            .map(|(at, npc)| Listener {
                id: npc,
                names: &names[at],
                knows: &known[at],
                outgoing: self.outgoing(npc),
                silent: self.silent_for(npc),
                leads: beat.speaker == *npc,
                asked: self.has_asked(npc),
            })
            .collect();
        self.floor = floor(text, &listeners, usize::from(company.chime));
    }

    /// Reserved to outgoing, in thousandths; 0 without a personality.
    pub(super) fn outgoing(&self, npc: &str) -> i32 {
        let mood = self.state.moods.get(npc);
        mood.and_then(|mood| mood.personality()).map_or(0, |own| own.outgoing())
    }

    /// What somebody knows by now, said and heard a short while ago, and wants: as words to compare with.
    fn known_to(&self, npc: &str) -> Vec<String> {
        let (pack, state) = (&self.pack, &*self.state);
        let prose = pack.prose(&state.locale);
        let open = pack.secrets.iter().filter(|(_, secret)| secret.is_open(Some(npc), state));
        let open = open.map(|(id, _)| {
            let own = prose.text(&format!("secret {id}/{npc}"));
            if own.is_empty() { prose.text(&format!("secret {id}")) } else { own }
        });
        let lore = pack.lore(&state.locale).iter().filter(|lore| lore.known_to(npc, state));
        let lore = lore.map(|lore| lore.text.clone());
        let memory = state.memories.get(npc).map(|memory| memory.lines()).unwrap_or_default();
        let own =
            memory.iter().rev().filter(|line| line.speaker == npc || !line.through.is_empty());
        let own = own.take(OWN).map(|line| line.text.clone());
        let goals = pack.cast.get(npc).map(|c| c.goals()).unwrap_or_default().iter();
        let goals =
            goals.filter(|goal| state.holds(&goal.when)).map(|goal| goal.id.replace('_', " "));
        open.chain(lore).chain(own).chain(goals).collect()
    }

    fn silent_for(&self, npc: &str) -> u32 {
        let lines = self.state.history.iter().rev().take(BACK);
        let others = lines.take_while(|line| line.speaker.as_deref() != Some(npc));
        let spoken =
            others.filter(|line| line.speaker.as_deref().is_some_and(|who| who != "player"));
        u32::try_from(spoken.count()).unwrap_or(u32::MAX)
    }

    /// Whether it was the last to speak before the player did, and asked something.
    fn has_asked(&self, npc: &str) -> bool {
        let mut lines = self.state.history.iter().rev();
        let last = lines.find(|line| line.speaker.as_deref().is_some_and(|who| who != "player"));
        last.is_some_and(|line| {
            line.speaker.as_deref() == Some(npc) && line.text.trim_end().ends_with(['?', '？'])
        })
    }

    /// To whom the player's line is said: who answers it.
    pub(super) fn answerer<'b>(&'b self, beat: &'b Beat) -> &'b str {
        let main = self.floor.iter().find(|bid| !bid.cuts_in);
        main.map_or(beat.speaker.as_str(), |bid| bid.npc.as_str())
    }

    /// Those who have the floor speak, one after the other.
    pub(super) fn converse(&mut self, beat: &Beat, text: &str, model: Option<&dyn LanguageModel>) {
        let order = self.floor.clone();
        if order.is_empty() {
            return self.improvise(beat, text, model);
        }
        let main = self.answerer(beat).to_owned();
        for bid in order {
            let own = beat.led_by(&bid.npc);
            if bid.npc == main {
                self.improvise(&own, text, model);
            } else {
                self.chime(&own, text, &bid, model);
            }
            self.direct(&format!("{} has the floor: {}", bid.npc, bid.because.label()));
        }
    }

    /// Somebody adds something, or cuts in; with nothing to say, it is silent.
    fn chime(&mut self, own: &Beat, text: &str, bid: &Bid, model: Option<&dyn LanguageModel>) {
        let ask = CHIME[usize::from(is_chinese(&self.state.locale))];
        if self.speak_freely(own, text, Some(ask), model) {
            return;
        }
        let ways: &[&str] = if bid.cuts_in { &["interrupt", "chime"] } else { &["chime"] };
        let line =
            ways.iter().find_map(|way| self.own_way(&bid.npc, &format!("cast {}/{way}", bid.npc)));
        line.into_iter().for_each(|line| self.perform(&line));
    }

    /// An alternative of a section that somebody may say now: nothing that is locked for them, nothing that was said since the beat
    /// began, another one each time.
    pub(super) fn own_way(&self, npc: &str, section: &str) -> Option<Line> {
        let (_, lines, bullets) =
            self.pack.prose(&self.state.locale).performed(section, self.state);
        let fit = self.fit(lines, bullets)?;
        let locked = self.state.locked_tells(&self.pack, Some(npc));
        let lines = fit.lines.into_iter().cloned();
        let bullets = fit.bullets.iter().filter_map(|at| bullets.get(*at as usize));
        let all = lines.chain(bullets.map(|bullet| Line::of_bullet(bullet, npc)));
        let open: Vec<Line> = all
            .filter(|line| {
                let lower = self.pack.say(self.state, &line.text).to_lowercase();
                !locked.iter().any(|tell| contains_word(&lower, tell)) && !self.is_heard(&line.text)
            })
            .collect();
        let pick = (self.state.seed as usize).wrapping_add(self.state.turn as usize);
        open.get(pick.checked_rem(open.len())?).cloned()
    }

    /// Turns the player's line aside, by whom it is said to.
    pub(super) fn turn_aside(&mut self, beat: &Beat, reading: &Reading) {
        let npc = self.answerer(beat).to_owned();
        self.deflect(&npc, reading);
    }

    /// Whoever hears that a move is made knows of the matters of gossip that begin with it.
    pub(super) fn witness(&mut self, beat: &str, id: &str) {
        let pack = self.pack.clone();
        let made = format!("{beat}.{id}");
        for (name, matter) in &pack.gossip.matters {
            if !matter.after.contains(&made) {
                continue;
            }
            let hearing = pack.cast().filter(|npc| self.state.hears(npc));
            for npc in hearing.map(str::to_owned).collect::<Vec<_>>() {
                self.comes_to_know(name, &npc);
            }
        }
    }

    /// From now on somebody knows of a matter, unless they did before.
    pub(super) fn comes_to_know(&mut self, matter: &str, npc: &str) {
        let fact = crate::pack::heard(matter, npc);
        if self.state.facts.get(&fact) == Some(&crate::Value::Bool(false)) {
            self.push(Event::FactSet(fact, crate::Value::Bool(true)));
        }
    }
}
