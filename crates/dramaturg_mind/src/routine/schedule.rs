//! One person's day: who is where, doing what, by the minute.

use super::drift::Drift;
use super::moment::{DAY, MINUTE, Moment, Spot};
use super::plan::{ActivityId, PlaceId, TownPlan};
use serde::{Deserialize, Serialize};
use std::num::NonZeroU32;
use std::sync::Arc;

const MINUTES: u16 = 24 * 60;

/// What somebody does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Doing {
    /// An activity, at its place.
    Active(ActivityId),
    /// Going from one place to another.
    Walking,
    /// Nothing: it is too early for what comes next.
    Waiting,
    /// Standing with the player.
    Talking,
}

impl Doing {
    pub(super) fn activity(self) -> Option<ActivityId> {
        match self {
            Self::Active(id) => Some(id),
            Self::Walking | Self::Waiting | Self::Talking => None,
        }
    }
    /// As barks name it: the activity's name, `walking`, `waiting`, `talking`.
    pub fn name(self, plan: &TownPlan) -> &str {
        match self {
            Self::Active(id) => plan.activity(id).map_or("", |activity| activity.name.as_str()),
            Self::Walking => "walking",
            Self::Waiting => "waiting",
            Self::Talking => "talking",
        }
    }
}

/// Some time of each day at one place. Minutes are those of the day, from 0 to 1439; `until` is not part of it, and is
/// below `from` where it goes on over midnight. A stay from a minute until the same one is a whole day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stay {
    /// The first minute.
    pub from: u16,
    /// The minute in which it is over.
    pub until: u16,
    /// Where.
    pub place: PlaceId,
    /// Doing what.
    pub activity: ActivityId,
}

impl Stay {
    /// A stay by hours and minutes and by names.
    ///
    /// # Errors
    /// Which name the plan does not have.
    pub fn named(
        plan: &TownPlan,
        (from_hour, from_minute): (u16, u16),
        (until_hour, until_minute): (u16, u16),
        place: &str,
        activity: &str,
    ) -> Result<Self, ScheduleError> {
        let unknown = |name: &str| ScheduleError::Unknown(name.into());
        Ok(Self {
            from: from_hour.saturating_mul(60).saturating_add(from_minute),
            until: until_hour.saturating_mul(60).saturating_add(until_minute),
            place: plan.place_named(place).ok_or_else(|| unknown(place))?,
            activity: plan.activity_named(activity).ok_or_else(|| unknown(activity))?,
        })
    }
    fn minutes(&self) -> u16 {
        match (self.until + MINUTES - self.from) % MINUTES {
            0 => MINUTES,
            some => some,
        }
    }
}

/// Why a day can't be lived so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Nothing is in it.
    #[error("a schedule needs one stay at least: where is somebody who has nothing to do?")]
    Empty,
    /// Nobody walks so slowly.
    #[error("a pace of 0 decimetres a minute leads nowhere: 800 is a person's walk")]
    NoPace,
    /// No such place or activity.
    #[error("the town's plan has neither a place nor an activity named '{0}'")]
    Unknown(String),
    /// A number of another plan.
    #[error("a stay from {0} names a place or an activity that this town's plan does not have")]
    Foreign(Clock),
    /// No minute of a day.
    #[error("{0} is no minute of a day: minutes go from 0 to 1439")]
    NoMinute(u16),
    /// In two places at once.
    #[error(
        "the stay from {first} lasts until {until}, but the next one begins at {second}: end the first one earlier"
    )]
    Overlap {
        /// When the first one begins.
        first: Clock,
        /// When it ends.
        until: Clock,
        /// When the next one begins.
        second: Clock,
    },
    /// The walk between two stays takes longer than there is time.
    #[error(
        "from '{from}' to '{to}' it is a walk of {takes} s, but {until} to {next} leaves {has} s: begin the next stay later"
    )]
    TooFar {
        /// The first place.
        from: String,
        /// The next place.
        to: String,
        /// When the first stay ends.
        until: Clock,
        /// When the next one begins.
        next: Clock,
        /// The walk, in seconds.
        takes: u32,
        /// The time between, in seconds.
        has: u32,
    },
}

/// A minute of the day, shown as people write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Clock(u16);

impl std::fmt::Display for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60 % 24, self.0 % 60)
    }
}

/// One thing that somebody does, from beginning to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// When it begins.
    pub begins: Moment,
    /// When it is over; [`Moment::NEVER`] while nobody knows.
    pub ends: Moment,
    /// Where it begins.
    pub from: Spot,
    /// Where it ends: the same spot, but for a walk.
    pub to: Spot,
    /// What is done.
    pub doing: Doing,
}

impl Stretch {
    /// Where somebody is at a moment of it.
    pub fn spot(&self, now: Moment) -> Spot {
        self.from.toward(self.to, now.since(self.begins), self.ends.since(self.begins))
    }
    /// The part of it that is before `end`.
    pub(super) fn cut(self, end: Moment) -> Self {
        if end >= self.ends {
            return self;
        }
        Self { to: self.spot(end), ends: end, ..self }
    }
}

/// A leg of the day. What goes on over midnight is two legs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Leg {
    /// The second of the day from which on it counts.
    at: u32,
    /// The second of the day in which it really began: below 0 where that was yesterday.
    begun: i32,
    /// How long it is in all, in seconds.
    length: u32,
    from: PlaceId,
    pub(super) to: PlaceId,
    pub(super) doing: Doing,
}

/// A day that can be lived: each day is the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    plan: Arc<TownPlan>,
    pace: NonZeroU32,
    legs: Box<[Leg]>,
}

impl Schedule {
    /// A day of stays, in any order. Between two of them somebody walks, at a pace of so many decimetres of ground a minute of
    /// story time, and waits at the next place until it is time.
    ///
    /// # Errors
    /// [`ScheduleError`] says which stays overlap, or are too far from each other.
    pub fn new(
        plan: Arc<TownPlan>,
        decimetres_a_minute: u32,
        stays: &[Stay],
    ) -> Result<Self, ScheduleError> {
        let pace = NonZeroU32::new(decimetres_a_minute).ok_or(ScheduleError::NoPace)?;
        let mut stays = stays.to_vec();
        for stay in &stays {
            if let Some(minute) = [stay.from, stay.until].into_iter().find(|m| *m >= MINUTES) {
                return Err(ScheduleError::NoMinute(minute));
            }
            if plan.place(stay.place).is_none() || plan.activity(stay.activity).is_none() {
                return Err(ScheduleError::Foreign(Clock(stay.from)));
            }
        }
        stays.sort_by_key(|stay| stay.from);
        let mut legs = Vec::with_capacity(stays.len() * 3 + 1);
        for (index, stay) in stays.iter().enumerate() {
            let next = stays.get(index + 1).or(stays.first()).ok_or(ScheduleError::Empty)?;
            day_part(&plan, pace, stay, next, stays.len() == 1, &mut legs)?;
        }
        if legs.is_empty() {
            return Err(ScheduleError::Empty);
        }
        legs.sort_by_key(|leg| leg.at);
        // What was going on at midnight is the first leg of the day.
        if legs.first().is_none_or(|first| first.at > 0)
            && let Some(last) = legs.last().copied()
        {
            legs.insert(0, Leg { at: 0, begun: last.begun - DAY as i32, ..last });
        }
        Ok(Self { plan, pace, legs: legs.into() })
    }

    /// The town in which it is lived.
    pub fn plan(&self) -> &Arc<TownPlan> {
        &self.plan
    }
    /// What is done at that moment: found by halving.
    pub fn stretch(&self, now: Moment) -> Stretch {
        self.stretch_of(now, self.leg(now))
    }
    fn stretch_of(&self, now: Moment, leg: &Leg) -> Stretch {
        let begins = now.midnight().after(i64::from(leg.begun));
        Stretch {
            begins,
            ends: begins.after(i64::from(leg.length)),
            from: self.plan.spot(leg.from),
            to: self.plan.spot(leg.to),
            doing: leg.doing,
        }
    }
    /// Where somebody is at that moment, or is going.
    pub fn place(&self, now: Moment) -> PlaceId {
        self.leg(now).to
    }
    pub(super) fn leg(&self, now: Moment) -> &Leg {
        let after = self.legs.partition_point(|leg| leg.at <= now.second_of_day());
        // The first leg is at 0, and there is one.
        &self.legs[after.saturating_sub(1)]
    }
    /// What was done between two moments, and for how many seconds, in the order of the day. It costs the same for a year as for an hour.
    pub fn done(&self, from: Moment, to: Moment) -> Vec<(Doing, i64)> {
        let mut done: Vec<(Doing, i64)> = Vec::new();
        for (leg, length) in self.lengths() {
            let until = |moment: Moment| {
                let today = i64::from(moment.second_of_day()) - i64::from(leg.at);
                moment.day().saturating_mul(length).saturating_add(today.clamp(0, length))
            };
            let seconds = until(to).saturating_sub(until(from));
            if seconds <= 0 {
                continue;
            }
            match done.iter_mut().find(|(doing, _)| *doing == leg.doing) {
                Some((_, sum)) => *sum = sum.saturating_add(seconds),
                None => done.push((leg.doing, seconds)),
            }
        }
        done
    }
    /// The legs of a day with how long each lasts within it, in seconds.
    fn lengths(&self) -> impl Iterator<Item = (&Leg, i64)> {
        let ends = self.legs.iter().skip(1).map(|leg| i64::from(leg.at)).chain([DAY]);
        self.legs.iter().zip(ends).map(|(leg, end)| (leg, end - i64::from(leg.at)))
    }
    /// All of a day, by seconds of the day: from, until, where from, where to. For whoever keeps a book of who is where.
    pub(super) fn ways(&self) -> impl Iterator<Item = (i64, i64, Spot, Spot)> {
        let spot = |place| self.plan.spot(place);
        self.lengths().map(move |(leg, length)| {
            (i64::from(leg.at), i64::from(leg.at) + length, spot(leg.from), spot(leg.to))
        })
    }
    /// How long a walk takes, in seconds.
    pub(super) fn walk(&self, from: Spot, to: Spot) -> i64 {
        walk(self.pace, from, to)
    }
    /// What the minutes that begin in `from..to` do to a need.
    pub(super) fn drift(&self, need: usize, from: Moment, to: Moment) -> Drift {
        if to <= from {
            return Drift::STILL;
        }
        let days = to.day() - from.day();
        let (morning, night) = (Moment::new(0), Moment::new(DAY));
        let today = |moment: Moment| Moment::new(i64::from(moment.second_of_day()));
        if days == 0 {
            return self.day_drift(need, today(from), today(to));
        }
        let whole = self.day_drift(need, morning, night).times((days - 1) as u64);
        self.day_drift(need, today(from), night).then(whole).then(self.day_drift(
            need,
            morning,
            today(to),
        ))
    }
    fn day_drift(&self, need: usize, from: Moment, to: Moment) -> Drift {
        let mut all = Drift::STILL;
        for (leg, length) in self.lengths() {
            let begins = Moment::new(i64::from(leg.at)).max(from);
            let minutes = begins.minutes_to(Moment::new(i64::from(leg.at) + length).min(to));
            if minutes > 0 {
                let rate = self.plan.rate(leg.doing.activity(), need);
                all = all.then(Drift::steady(rate, minutes));
            }
        }
        all
    }
    /// Bytes that it takes, beside the plan that all share.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + size_of_val(&*self.legs)
    }
}

fn walk(pace: NonZeroU32, from: Spot, to: Spot) -> i64 {
    let seconds = u64::from(from.distance(to)) * MINUTE as u64;
    seconds.div_ceil(u64::from(pace.get())) as i64
}

/// Adds a stay and what is between it and the next one.
fn day_part(
    plan: &TownPlan,
    pace: NonZeroU32,
    stay: &Stay,
    next: &Stay,
    alone: bool,
    legs: &mut Vec<Leg>,
) -> Result<(), ScheduleError> {
    let minutes = stay.minutes();
    let to_next = match (next.from + MINUTES - stay.from) % MINUTES {
        0 if alone => MINUTES,
        some => some,
    };
    if to_next < minutes {
        return Err(ScheduleError::Overlap {
            first: Clock(stay.from),
            until: Clock(stay.until),
            second: Clock(next.from),
        });
    }
    let between = u32::from(to_next - minutes) * 60;
    let takes = walk(pace, plan.spot(stay.place), plan.spot(next.place));
    let takes = u32::try_from(takes).unwrap_or(u32::MAX);
    if takes > between {
        let name = |place| plan.place(place).map_or(String::new(), |place| place.name.clone());
        return Err(ScheduleError::TooFar {
            from: name(stay.place),
            to: name(next.place),
            until: Clock(stay.until),
            next: Clock(next.from),
            takes,
            has: between,
        });
    }
    let begins = u32::from(stay.from) * 60;
    let mut add = |at: u32, length: u32, from, doing| {
        let at = at % DAY as u32;
        if length > 0 {
            let to = if doing == Doing::Active(stay.activity) { stay.place } else { next.place };
            legs.push(Leg { at, begun: at as i32, length, from, to, doing });
        }
    };
    let stays = u32::from(minutes) * 60;
    add(begins, stays, stay.place, Doing::Active(stay.activity));
    add(begins + stays, takes, stay.place, Doing::Walking);
    add(begins + stays + takes, between - takes, next.place, Doing::Waiting);
    Ok(())
}
