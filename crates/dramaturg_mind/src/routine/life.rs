//! What changes of a person: needs, and a detour from the schedule.

use super::drift::FULL;
use super::errand;
use super::moment::{Moment, Spot};
use super::plan::TownPlan;
use super::schedule::{Doing, Schedule, Stretch};
use super::wish::Wish;
use crate::planner::Goal;
use crate::world::{Comparison, Facts, Requirement, Value};
use serde::{Deserialize, Serialize};

/// So many kinds of days are told apart before it is taken that no two are alike.
const DAYS: usize = 64;

/// A person's life, as far as it is not written in the schedule. It is the same whether it was looked at each second or not
/// for a year: [`Self::live`] goes from decision to decision, and all else is computed for the moment that is asked about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Life {
    /// The beginning of a minute; up to it all is decided.
    pub(super) settled: Moment,
    /// Needs at that moment, in millionths.
    pub(super) levels: Box<[u32]>,
    /// What is done instead of the schedule, without a gap, from before `settled` or from then on.
    pub(super) detour: Option<Box<[Stretch]>>,
}

impl Life {
    /// A life in which all needs are met at `now`.
    pub fn new(plan: &TownPlan, now: Moment) -> Self {
        let levels = vec![FULL as u32; plan.needs().len()].into();
        Self { settled: now.floor(), levels, detour: None }
    }
    /// With a need at so many percent at the moment with which the life began. Nothing for a need that the plan does not have.
    #[must_use]
    pub fn with(mut self, plan: &TownPlan, need: &str, percent: u8) -> Self {
        let index = plan.needs().iter().position(|n| n.name == need);
        if let Some(level) = index.and_then(|index| self.levels.get_mut(index)) {
            *level = u32::from(percent.min(100)) * (FULL as u32 / 100);
        }
        self
    }

    /// What is done at a moment. Like all that is asked of a life: of what was [lived](Self::live), only the last minute is kept.
    pub fn stretch(&self, schedule: &Schedule, now: Moment) -> Stretch {
        let detour = self.detour.as_deref().unwrap_or_default();
        let during = |stretch: &&Stretch| stretch.begins <= now && now < stretch.ends;
        if let Some(stretch) = detour.iter().find(during) {
            return *stretch;
        }
        schedule.stretch(now)
    }
    /// Where somebody is at a moment.
    pub fn spot(&self, schedule: &Schedule, now: Moment) -> Spot {
        self.stretch(schedule, now).spot(now)
    }
    /// How well a need is met at a moment, in percent; none if the plan has no such need.
    pub fn percent(&self, schedule: &Schedule, need: &str, now: Moment) -> Option<u8> {
        let index = schedule.plan().needs().iter().position(|n| n.name == need)?;
        Some(percent(self.level(schedule, index, now)))
    }
    /// Names of the needs that are wanting at a moment, the most wanting first.
    pub fn wants<'s>(&self, schedule: &'s Schedule, now: Moment) -> Vec<&'s str> {
        let mut all: Vec<(u32, &str)> = Vec::new();
        for (index, need) in schedule.plan().needs().iter().enumerate() {
            let level = self.level(schedule, index, now);
            if i64::from(level) < need.threshold() {
                all.push((level, &need.name));
            }
        }
        all.sort();
        all.into_iter().map(|(_, name)| name).collect()
    }
    /// What a prompt says of a moment: the time, and what the plan has [told](super::Activity::told) in a language of what is done and
    /// wanting.
    pub fn told(&self, schedule: &Schedule, now: Moment, locale: &str) -> String {
        let plan = schedule.plan();
        let clock = format!("{:02}:{:02}", now.hour(), now.minute());
        let chinese = locale.starts_with("zh");
        let time = if chinese { format!("现在是{clock}。") } else { format!("It is {clock}.") };
        let does = self.stretch(schedule, now).doing.activity().and_then(|id| plan.activity(id));
        let wants = self.wants(schedule, now);
        let wants = wants.iter().filter_map(|name| plan.needs().iter().find(|n| n.name == *name));
        let told = does.map(|does| &does.told).into_iter().chain(wants.map(|need| &need.told));
        let said = told.filter_map(|told| told.get(locale)).cloned();
        let all: Vec<String> = std::iter::once(time).chain(said).collect();
        all.join(if chinese { "" } else { " " })
    }
    /// The needs as facts, in percent: `need.food` and so on.
    pub fn facts(&self, schedule: &Schedule, now: Moment) -> Facts {
        let needs = schedule.plan().needs().iter().enumerate();
        let fact = |(index, need): (usize, &super::Need)| {
            let percent = i32::from(percent(self.level(schedule, index, now)));
            (need.fact(), Value::Number(percent))
        };
        needs.map(fact).collect()
    }
    /// A goal for each need that is wanting at a moment, the more urgent the higher its priority (up to 100).
    pub fn goals(&self, schedule: &Schedule, now: Moment) -> Vec<Goal<Vec<Requirement>>> {
        let needs = schedule.plan().needs().iter().enumerate();
        let wanting = needs.filter_map(|(index, need)| {
            let level = self.level(schedule, index, now);
            (i64::from(level) < need.threshold()).then(|| Goal {
                id: need.name.clone(),
                when: vec![asked(need.fact(), Comparison::Below, need.wanting_below)],
                desire: vec![asked(need.fact(), Comparison::AtLeast, need.content_from)],
                priority: 100 - i16::from(percent(level)),
            })
        });
        wanting.collect()
    }

    /// Lives up to `now`: whenever a need began to be wanting at a time that may be left, the planner was asked for an errand, and
    /// it was done. A life that is not looked at needs no call; when it is met again, one call makes up for all. How often it
    /// was called makes no difference to what comes of it.
    pub fn live(&mut self, schedule: &Schedule, now: Moment) {
        let mut decided: Vec<(u32, Box<[u32]>, Moment)> = Vec::new();
        while let Some(wish) = self.next_wish(schedule, now) {
            let Wish { at, needs } = wish;
            self.settle(schedule, at);
            // The same hour and the same needs: what came since then comes again, as often as there is time.
            let hour = at.second_of_day();
            let before = decided.iter().find(|(h, levels, _)| *h == hour && *levels == self.levels);
            if let Some((_, _, before)) = before {
                let round = at.since(*before);
                self.settled = at.after(now.since(at) / round * round);
                decided.clear();
            } else if decided.len() < DAYS {
                decided.push((hour, self.levels.clone(), at));
            }
            self.decide(schedule, &needs);
        }
        self.settle(schedule, now.floor());
    }
    /// At `settled`, when those needs began to be wanting.
    fn decide(&mut self, schedule: &Schedule, needs: &[usize]) {
        let at = self.settled;
        let from = self.stretch(schedule, at).spot(at);
        let errand =
            needs.iter().find_map(|need| errand::for_need(self, schedule, *need, from, at));
        if let Some(errand) = errand {
            self.detour = Some(errand.into());
        }
    }
    /// When something changes next, at the latest: what is done ends, or a need makes somebody leave it. For whoever shows a life.
    pub fn changes_at(&self, schedule: &Schedule, now: Moment) -> Moment {
        let ends = self.stretch(schedule, now).ends;
        let wish = self.next_wish(schedule, ends);
        wish.map_or(ends, |wish| wish.at.min(ends))
    }

    /// Somebody stands still to talk, from `now` on until they are [released](Self::release).
    pub fn hold(&mut self, schedule: &Schedule, now: Moment) {
        self.live(schedule, now);
        let stretch = self.stretch(schedule, now);
        if stretch.doing == Doing::Talking {
            return;
        }
        let here = stretch.spot(now);
        let talk = Stretch {
            begins: now,
            ends: Moment::NEVER,
            from: here,
            to: here,
            doing: Doing::Talking,
        };
        self.detour = Some(self.lived(schedule, now).into_iter().chain([talk]).collect());
    }
    /// The talk is over: back to what the schedule has. Nothing where there was none.
    pub fn release(&mut self, schedule: &Schedule, now: Moment) {
        self.live(schedule, now);
        let stretch = self.stretch(schedule, now);
        if stretch.doing != Doing::Talking {
            return;
        }
        let back = errand::way_back(schedule, stretch.spot(now), now);
        self.detour = Some(self.lived(schedule, now).into_iter().chain(back).collect());
    }
    /// Whether somebody stands and talks.
    pub fn is_held(&self) -> bool {
        self.detour.as_deref().and_then(<[_]>::last).is_some_and(|last| last.ends == Moment::NEVER)
    }
    /// What was done in the minute that is not over yet.
    fn lived(&self, schedule: &Schedule, now: Moment) -> Vec<Stretch> {
        let mut lived = Vec::new();
        let mut at = self.settled;
        while at < now {
            let stretch = self.stretch(schedule, at).cut(now);
            at = stretch.ends;
            lived.push(stretch);
        }
        lived
    }

    /// A need at a moment, in millionths.
    pub(super) fn level(&self, schedule: &Schedule, need: usize, now: Moment) -> u32 {
        let mut level = self.levels.get(need).copied().unwrap_or(0);
        let mut at = self.settled;
        for stretch in self.detour.as_deref().unwrap_or_default() {
            let (begins, ends) = (stretch.begins.max(at), stretch.ends.min(now));
            if begins < ends {
                let rate = schedule.plan().rate(stretch.doing.activity(), need);
                let minutes = begins.minutes_to(ends);
                level = super::drift::Drift::steady(rate, minutes).of(level);
                at = ends;
            }
        }
        schedule.drift(need, at, now).of(level)
    }
    /// Makes `at`, the beginning of a minute, the moment up to which all is decided.
    fn settle(&mut self, schedule: &Schedule, at: Moment) {
        if at <= self.settled {
            return;
        }
        self.levels = (0..self.levels.len()).map(|need| self.level(schedule, need, at)).collect();
        self.settled = at;
        if self.detour.as_deref().is_some_and(|d| d.last().is_none_or(|last| last.ends <= at)) {
            self.detour = None;
        }
    }
    /// Bytes that it takes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>()
            + size_of_val(&*self.levels)
            + self.detour.as_deref().map_or(0, size_of_val)
    }
}

fn percent(level: u32) -> u8 {
    (i64::from(level) * 100 / FULL) as u8
}

fn asked(fact: String, is: Comparison, percent: u8) -> Requirement {
    Requirement { fact, is, value: Value::Number(percent.into()) }
}
