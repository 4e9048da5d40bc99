//! When a need makes somebody leave what they do.

use super::life::Life;
use super::moment::{MINUTE, Moment};
use super::schedule::{Doing, Schedule};

/// The beginning of a minute in which needs begin to be wanting.
pub(super) struct Wish {
    pub at: Moment,
    /// Which, by their numbers.
    pub needs: Vec<usize>,
}

impl Life {
    /// The next minute after what is decided, up to `until`, in which a need begins to be wanting during something that may be left,
    /// or is wanting when that begins. It is found leg by leg; once two midnights are alike, all are.
    pub(super) fn next_wish(&self, schedule: &Schedule, until: Moment) -> Option<Wish> {
        let plan = schedule.plan();
        let detour = self.detour.as_deref().and_then(<[_]>::last);
        let mut at = detour.map_or(self.settled, |last| last.ends.max(self.settled));
        if at > until || at == Moment::NEVER || plan.needs().is_empty() {
            return None;
        }
        let all = 0..plan.needs().len();
        let mut levels: Vec<u32> = all.clone().map(|need| self.level(schedule, need, at)).collect();
        let mut midnight: Option<Vec<u32>> = None;
        while at <= until {
            let stretch = schedule.stretch(at);
            let ends = stretch.ends.min(at.midnight().after(super::moment::DAY));
            let first = at.ceil();
            let rate = |need| plan.rate(stretch.doing.activity(), need);
            if may_be_left(schedule, stretch.doing) {
                let wants = all.clone().filter_map(|need| {
                    let threshold = plan.needs().get(need)?.threshold();
                    let level = i64::from(*levels.get(need)?);
                    let minutes = match rate(need) {
                        _ if level < threshold => {
                            let begins = first.after(-MINUTE) < stretch.begins;
                            if begins && first > self.settled { 0 } else { return None }
                        }
                        falls if falls < 0 => (level - threshold) / -falls + 1,
                        _ => return None,
                    };
                    let wanted = first.after(minutes * MINUTE);
                    (wanted < ends && wanted <= until).then_some((wanted, need))
                });
                let wants: Vec<_> = wants.collect();
                if let Some(at) = wants.iter().map(|(at, _)| *at).min() {
                    let needs = wants.iter().filter(|(then, _)| *then == at);
                    return Some(Wish { at, needs: needs.map(|(_, need)| *need).collect() });
                }
            }
            let minutes = at.minutes_to(ends);
            for (need, level) in levels.iter_mut().enumerate() {
                *level = super::drift::Drift::steady(rate(need), minutes).of(*level);
            }
            if ends.second_of_day() == 0 {
                if midnight.as_ref() == Some(&levels) {
                    return None;
                }
                midnight = Some(levels.clone());
            }
            at = ends;
        }
        None
    }
}

fn may_be_left(schedule: &Schedule, doing: Doing) -> bool {
    let activity = doing.activity().and_then(|id| schedule.plan().activity(id));
    activity.is_some_and(|activity| activity.may_be_left)
}
