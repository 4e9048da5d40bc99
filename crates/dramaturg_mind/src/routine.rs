//! Lives that cost nothing while nobody looks: needs that decay, a day's schedule, and where somebody is at any moment.
//!
//! A [`TownPlan`] holds what a town's people share: places, activities, needs. A [`Schedule`] is one person's day, checked
//! when it is made, so that none overlaps or asks for a walk that can't be made in time. A [`Life`] is what changes: how
//! well the needs are met, and a detour from the schedule while there is one. Where somebody is, what they do and how hungry
//! they are is computed for the moment that is asked about, never counted up: a year of sleep costs what a minute
//! costs, and nobody can tell afterwards. A need that runs low is a [`Goal`](crate::Goal); the [planner](crate::plan) finds the errand
//! that meets it.
//!
//! All of it is arithmetic of integers over the story's time.
//!
//! ```
//! use dramaturg_mind::routine::{Activity, Life, Moment, Need, Place, Schedule, Spot, Stay, TownPlan};
//! use std::sync::Arc;
//!
//! let town = TownPlan::new(
//!     vec![Place::new("home", Spot::metres(0, 0)), Place::new("mill", Spot::metres(300, 400))],
//!     vec![Activity::new("sleep"), Activity::new("grind")],
//!     vec![Need::new("food", 600)],
//! )?;
//! let town = Arc::new(town);
//! let stay = |from, until, place, activity| Stay::named(&town, from, until, place, activity);
//! let day = [stay((8, 0), (17, 0), "mill", "grind")?, stay((18, 0), (7, 30), "home", "sleep")?];
//! // 500 metres at 50 metres a minute: ten minutes.
//! let schedule = Schedule::new(town.clone(), 500, &day)?;
//! let now = Moment::at(40, 7, 35);
//! assert_eq!(schedule.stretch(now).spot(now), Spot::metres(150, 200));
//! let life = Life::new(&town, Moment::at(40, 0, 0));
//! assert_eq!(life.percent(&schedule, "food", Moment::at(40, 5, 0)), Some(50));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod drift;
mod errand;
mod haunts;
mod life;
mod moment;
mod plan;
mod schedule;
mod wish;

pub use haunts::{Cell, Haunts};
pub use life::Life;
pub use moment::{Moment, Spot};
pub use plan::{Activity, ActivityId, Need, Place, PlaceId, TownPlan, TownPlanError};
pub use schedule::{Doing, Schedule, ScheduleError, Stay, Stretch};

#[cfg(test)]
mod tests;
