//! Who may be near a spot at a time of the day: looked up, not searched for among all.

use super::moment::{Moment, Spot};
use super::schedule::Schedule;
use std::collections::HashMap;

/// Side of a cell of the ground, in decimetres.
const CELL: i32 = 320;
const HOUR: i64 = 3600;

/// A square of the ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cell {
    x: i32,
    y: i32,
}

impl Cell {
    fn of(spot: Spot) -> Self {
        Self { x: spot.x.div_euclid(CELL), y: spot.y.div_euclid(CELL) }
    }
    /// All that have a part within so many decimetres of a spot, and some more. Nobody looks farther than 3.2 kilometres.
    pub fn near(spot: Spot, decimetres: u32) -> Vec<Self> {
        let reach = decimetres.min(100 * CELL as u32) as i32;
        let by = |at: i32, by: i32| at.saturating_add(by);
        let first = Self::of(Spot { x: by(spot.x, -reach), y: by(spot.y, -reach) });
        let last = Self::of(Spot { x: by(spot.x, reach), y: by(spot.y, reach) });
        let row = |x| (first.y..=last.y).map(move |y| Self { x, y });
        (first.x..=last.x).flat_map(row).collect()
    }
}

/// A book of who comes by where and when. Schedules are entered once; from then on it costs nothing, however many are in it, until
/// somebody asks who is near. It knows schedules, not lives: who is on an errand is looked for where the schedule has them.
#[derive(Clone, Debug)]
pub struct Haunts<W> {
    /// By the cell and the hour of the day.
    cells: HashMap<(Cell, u8), Vec<Visit<W>>>,
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
    /// Who by their schedule may be in a cell at a moment; somebody may come twice.
    pub fn at(&self, cell: Cell, now: Moment) -> impl Iterator<Item = W> {
        let second = now.second_of_day();
        let visits = self.cells.get(&(cell, now.hour())).into_iter().flatten();
        let now = visits.filter(move |visit| visit.from <= second && second < visit.until);
        now.map(|visit| visit.who)
    }
    /// All who by their schedule may be within so many decimetres of a spot at a moment, each once, in order; some of them are
    /// a little farther away.
    pub fn near(&self, spot: Spot, decimetres: u32, now: Moment) -> Vec<W> {
        let cells = Cell::near(spot, decimetres).into_iter();
        let mut all: Vec<W> = cells.flat_map(|cell| self.at(cell, now)).collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// The cells of a day, each with the seconds of the day for which it counts.
fn visits(schedule: &Schedule) -> Vec<((Cell, u8), u32, u32)> {
    let mut all = Vec::new();
    for (from, until, begin, end) in schedule.ways() {
        let mut ground = Vec::new();
        // Half a cell at a time, and whoever cuts a corner between two is near enough to either.
        let steps = i64::from(begin.distance(end) / (CELL as u32 / 2)) + 1;
        for step in 0..=steps {
            ground.push(Cell::of(begin.toward(end, step, steps)));
        }
        ground.dedup();
        for hour in from / HOUR..=(until - 1).max(from) / HOUR {
            for cell in &ground {
                all.push(((*cell, hour as u8), from as u32, until as u32));
            }
        }
    }
    all
}
