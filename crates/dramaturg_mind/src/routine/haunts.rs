//! Who may be near a spot at a time of the day: looked up, not searched for among all.

use super::moment::{Moment, Spot};
use super::schedule::Schedule;
use std::collections::HashMap;

/// Side of a cell of the ground, in decimetres.
const CELL: i32 = 320;
const HOUR: i64 = 3600;

/// A cell of the ground in an hour of the day.
type Cell = (i32, i32, u8);

/// A book of who comes by where and when. Schedules are entered once; from then on it costs nothing, however many are in it, until
/// somebody asks who is near. It knows schedules, not lives: who is on an errand is looked for where the schedule has them.
#[derive(Clone, Debug)]
pub struct Haunts<W> {
    cells: HashMap<Cell, Vec<Visit<W>>>,
}

impl<W> Default for Haunts<W> {
    fn default() -> Self {
        Self { cells: HashMap::new() }
    }
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct Visit<W> {
    /// Seconds of the day.
    from: u32,
    until: u32,
    who: W,
}

impl<W: Copy + Ord> Haunts<W> {
    /// Enters somebody's day.
    pub fn add(&mut self, who: W, schedule: &Schedule) {
        for (cell, from, until) in visits(schedule) {
            self.cells.entry(cell).or_default().push(Visit { from, until, who });
        }
    }
    /// Strikes somebody out, whose day was entered.
    pub fn remove(&mut self, who: W, schedule: &Schedule) {
        for (cell, ..) in visits(schedule) {
            if let Some(visits) = self.cells.get_mut(&cell) {
                visits.retain(|visit| visit.who != who);
            }
        }
    }
    /// All who by their schedule may be within so many decimetres of a spot at a moment, each once, in order; some of them are
    /// a little farther away.
    pub fn near(&self, spot: Spot, decimetres: u32, now: Moment) -> Vec<W> {
        let reach = i32::try_from(decimetres).unwrap_or(i32::MAX);
        let sides = |at: i32| {
            let cell = |at: i32| at.div_euclid(CELL);
            cell(at.saturating_sub(reach))..=cell(at.saturating_add(reach))
        };
        let second = now.second_of_day();
        let mut all = Vec::new();
        for x in sides(spot.x) {
            for y in sides(spot.y) {
                let visits = self.cells.get(&(x, y, now.hour())).into_iter().flatten();
                let now = visits.filter(|visit| visit.from <= second && second < visit.until);
                all.extend(now.map(|visit| visit.who));
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// The cells of a day, each with the seconds of the day for which it counts.
fn visits(schedule: &Schedule) -> Vec<(Cell, u32, u32)> {
    let mut all = Vec::new();
    for (from, until, begin, end) in schedule.ways() {
        let mut ground = Vec::new();
        // Half a cell at a time, and whoever cuts a corner between two is near enough to either.
        let steps = i64::from(begin.distance(end) / (CELL as u32 / 2)) + 1;
        for step in 0..=steps {
            let Spot { x, y } = begin.toward(end, step, steps);
            ground.push((x.div_euclid(CELL), y.div_euclid(CELL)));
        }
        ground.dedup();
        for hour in from / HOUR..=(until - 1).max(from) / HOUR {
            for (x, y) in &ground {
                all.push(((*x, *y, hour as u8), from as u32, until as u32));
            }
        }
    }
    all
}
