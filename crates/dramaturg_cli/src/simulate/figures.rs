//! The figures of a player: counts that can be added up, and what they say.

use super::run::Run;
use super::watch::Place;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// A share with its 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Share {
    pub part: u32,
    pub of: u32,
}

impl Share {
    /// None where nothing was counted.
    pub fn value(self) -> Option<f64> {
        (self.of > 0).then(|| f64::from(self.part) / f64::from(self.of))
    }

    /// The score interval (Wilson 1927): it holds for few runs and for shares near 0 and 1.
    pub fn interval(self) -> Option<(f64, f64)> {
        const Z: f64 = 1.959_964;
        let (share, n) = (self.value()?, f64::from(self.of));
        let middle = share + Z * Z / (2.0 * n);
        let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        let whole = 1.0 + Z * Z / n;
        Some((((middle - spread) / whole).max(0.0), ((middle + spread) / whole).min(1.0)))
    }
}

/// Median and 90th percentile (nearest rank).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spread {
    pub median: u32,
    pub p90: u32,
    pub count: usize,
}

impl Spread {
    fn of(values: &[u32]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_unstable();
        let at =
            |percent: usize| sorted.get((sorted.len() * percent).div_ceil(100).max(1) - 1).copied();
        Some(Self { median: at(50)?, p90: at(90)?, count: sorted.len() })
    }

    fn json(of: Option<Self>) -> Value {
        of.map_or(Value::Null, |s| json!({"median": s.median, "p90": s.p90, "n": s.count}))
    }
}

/// What was counted over some runs. Adding up needs no order.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    pub runs: u32,
    reached: u32,
    earned_runs: u32,
    earned_beats: u32,
    forced_beats: u32,
    /// Turns of the runs that ended.
    turns_to_end: u64,
    /// Turns of all runs.
    turns: u32,
    pub leaks_in_prompts: u32,
    pub leaks_in_lines: u32,
    /// What the player said first.
    pub leaks_echoed: u32,
    ignored: u32,
    calls: u32,
    meant: u32,
    mistaken: u32,
    idle: u32,
    recovery_earned: Vec<u32>,
    recovery_forced: Vec<u32>,
    pub panics: u32,
    endings: BTreeMap<String, u32>,
    /// Which lines were taken for which move, how often.
    pub wrong: BTreeMap<(String, String), u32>,
    /// Which lines were not taken for their move, how often.
    pub missed: BTreeMap<(String, String), u32>,
}

impl Tally {
    pub fn add(&mut self, run: &Run) {
        let beats = run.beats.len() as u32;
        let forced = run.forced() as u32;
        let at = |place| run.leaks.iter().filter(|leak| leak.place == place).count() as u32;
        self.runs += 1;
        self.reached += u32::from(run.ending.is_some());
        self.earned_runs += u32::from(run.is_earned());
        self.earned_beats += beats - forced;
        self.forced_beats += forced;
        self.turns += run.turns;
        if let Some(ending) = &run.ending {
            self.turns_to_end += u64::from(run.turns);
            *self.endings.entry(ending.clone()).or_default() += 1;
        }
        self.leaks_in_prompts += at(Place::Prompt);
        self.leaks_in_lines += at(Place::Line);
        self.leaks_echoed += at(Place::Echo);
        self.ignored += run.ignored;
        self.calls += run.calls;
        self.meant += run.meant;
        self.mistaken += run.mistaken;
        self.idle += run.idle;
        self.recovery_earned.extend(&run.recovery_earned);
        self.recovery_forced.extend(&run.recovery_forced);
        self.panics += u32::from(run.panicked);
        for wrong in &run.wrong {
            let by = format!("{} ({:?})", wrong.granted, wrong.by);
            *self.wrong.entry((wrong.text.clone(), by)).or_default() += 1;
        }
        for (meant, text) in &run.missed {
            *self.missed.entry((text.clone(), meant.clone())).or_default() += 1;
        }
    }

    pub fn merge(&mut self, other: &Self) {
        self.runs += other.runs;
        self.reached += other.reached;
        self.earned_runs += other.earned_runs;
        self.earned_beats += other.earned_beats;
        self.forced_beats += other.forced_beats;
        self.turns_to_end += other.turns_to_end;
        self.turns += other.turns;
        self.leaks_in_prompts += other.leaks_in_prompts;
        self.leaks_in_lines += other.leaks_in_lines;
        self.leaks_echoed += other.leaks_echoed;
        self.ignored += other.ignored;
        self.calls += other.calls;
        self.meant += other.meant;
        self.mistaken += other.mistaken;
        self.idle += other.idle;
        self.recovery_earned.extend(&other.recovery_earned);
        self.recovery_forced.extend(&other.recovery_forced);
        self.panics += other.panics;
        let sum = |into: &mut BTreeMap<_, u32>, from: &BTreeMap<(String, String), u32>| {
            from.iter().for_each(|(key, n)| *into.entry(key.clone()).or_default() += n);
        };
        sum(&mut self.wrong, &other.wrong);
        sum(&mut self.missed, &other.missed);
        other.endings.iter().for_each(|(id, n)| *self.endings.entry(id.clone()).or_default() += n);
    }

    /// Runs that end in an authored ending.
    pub fn reach(&self) -> Share {
        Share { part: self.reached, of: self.runs }
    }
    /// … all of whose beats were reached by moves.
    pub fn earned(&self) -> Share {
        Share { part: self.earned_runs, of: self.runs }
    }
    /// … at least one of whose beats the ladder's last rung ended.
    pub fn forced(&self) -> Share {
        Share { part: self.reached - self.earned_runs, of: self.runs }
    }
    /// Beats that were reached by moves, of all that were reached.
    pub fn earned_beats(&self) -> Share {
        Share { part: self.earned_beats, of: self.earned_beats + self.forced_beats }
    }
    pub fn ignored(&self) -> Share {
        Share { part: self.ignored, of: self.turns }
    }
    /// Moves granted to lines that meant none.
    pub fn false_grants(&self) -> Share {
        Share { part: self.wrong.values().sum(), of: self.idle }
    }
    /// Lines that meant a certain move and were taken for none.
    pub fn missed(&self) -> Share {
        Share { part: self.missed.values().sum(), of: self.meant }
    }
    /// … and were taken for another one.
    pub fn mistaken(&self) -> Share {
        Share { part: self.mistaken, of: self.meant }
    }
    /// Turns to the ending, on average.
    pub fn turns(&self) -> Option<f64> {
        (self.reached > 0).then(|| self.turns_to_end as f64 / f64::from(self.reached))
    }
    pub fn turns_ratio(&self, menu: Option<&Self>) -> Option<f64> {
        Some(self.turns()? / menu?.turns()?)
    }
    pub fn calls_per_turn(&self) -> Option<f64> {
        (self.turns > 0).then(|| f64::from(self.calls) / f64::from(self.turns))
    }
    pub fn recovery(&self) -> Option<Spread> {
        Spread::of(&self.recovery_earned)
    }
    pub fn recovery_forced(&self) -> Option<Spread> {
        Spread::of(&self.recovery_forced)
    }
    /// Everything locked that got out; what the player said first counts as well.
    pub fn leaks(&self) -> u32 {
        self.leaks_in_prompts + self.leaks_in_lines + self.leaks_echoed
    }

    /// For programs; `menu` played the same.
    pub fn json(&self, menu: Option<&Self>) -> Value {
        let interval =
            |share: Share| share.interval().map(|(a, b)| json!([rounded(a), rounded(b)]));
        let value = |share: Share| share.value().map(rounded);
        json!({
            "runs": self.runs,
            "reach": value(self.reach()), "reach_95": interval(self.reach()),
            "earned": value(self.earned()), "earned_95": interval(self.earned()),
            "forced": value(self.forced()), "forced_95": interval(self.forced()),
            "earned_beats": value(self.earned_beats()),
            "earned_beats_95": interval(self.earned_beats()),
            "forced_beats": self.forced_beats,
            "turns": self.turns().map(rounded),
            "turns_ratio": self.turns_ratio(menu).map(rounded),
            "leaks": self.leaks(),
            "leaks_in_prompts": self.leaks_in_prompts,
            "leaks_in_lines": self.leaks_in_lines,
            "leaks_echoed": self.leaks_echoed,
            "ignored": value(self.ignored()), "ignored_95": interval(self.ignored()),
            "calls_per_turn": self.calls_per_turn().map(rounded),
            "recovery": Spread::json(self.recovery()),
            "recovery_forced": Spread::json(self.recovery_forced()),
            "false_grants": self.false_grants().part, "idle_lines": self.idle,
            "false_grant": value(self.false_grants()),
            "false_grant_95": interval(self.false_grants()),
            "meant_moves": self.meant,
            "missed": value(self.missed()), "missed_95": interval(self.missed()),
            "mistaken": value(self.mistaken()), "mistaken_95": interval(self.mistaken()),
            "panics": self.panics,
            "endings": self.endings,
        })
    }
}

/// Four digits are enough for people and plots.
fn rounded(value: f64) -> f64 {
    (value * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_is_wilsons() {
        // Newcombe 1998, table I: 81 of 263.
        let (low, high) = Share { part: 81, of: 263 }.interval().unwrap();
        assert!((low - 0.2553).abs() < 1e-4 && (high - 0.3662).abs() < 1e-4, "{low} {high}");
        let (low, high) = Share { part: 0, of: 20 }.interval().unwrap();
        assert!(low < 1e-9 && (high - 0.1611).abs() < 1e-4, "{high}");
        assert_eq!(Share { part: 0, of: 0 }.interval(), None);
    }

    #[test]
    fn spreads_are_of_what_was_seen() {
        assert_eq!(Spread::of(&[]), None);
        let spread = Spread::of(&[9, 1, 2, 3, 4, 5, 6, 7, 8, 10]);
        assert_eq!(spread, Some(Spread { median: 5, p90: 9, count: 10 }));
        assert_eq!(Spread::of(&[7]), Some(Spread { median: 7, p90: 7, count: 1 }));
    }

    #[test]
    fn earned_and_forced_are_the_two_parts_of_reach() {
        let run = |ending: Option<&str>, beats: &[bool]| Run {
            turns: 4,
            ending: ending.map(Into::into),
            beats: beats.iter().map(|earned| ("a".into(), *earned)).collect(),
            ..Run::default()
        };
        let mut tally = Tally::default();
        tally.add(&run(Some("x"), &[true, true]));
        tally.add(&run(Some("x"), &[true, false]));
        let mut other = Tally::default();
        other.add(&run(None, &[true]));
        tally.merge(&other);
        assert_eq!(tally.reach(), Share { part: 2, of: 3 });
        assert_eq!((tally.earned().part, tally.forced().part), (1, 1));
        assert_eq!(tally.earned_beats(), Share { part: 4, of: 5 });
        assert_eq!(tally.turns(), Some(4.0));
    }
}
