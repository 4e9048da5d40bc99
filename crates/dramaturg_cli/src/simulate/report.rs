//! The report: figures in tables, what was granted wrongly, the worst runs in short. For people.

use super::figures::{Share, Tally};
use super::player::Kind;
use super::watch::Place;
use super::worst::{Kept, Worst};
use super::{Tallies, ablation_name};
use dramaturg_story::{Ablation, Event, Pack, Reading};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Wrong grants and missed moves that are listed for each language.
const LISTED: usize = 12;
/// Turns of a worst run that are told.
const TURNS: usize = 12;
/// Characters of a line that are told.
const LINE: usize = 90;

/// Everything that is told.
pub struct Report<'r> {
    pub command: String,
    pub pack: &'r Pack,
    pub model: Option<&'r str>,
    pub seed: u64,
    /// Of each player in each language.
    pub runs: u32,
    pub turn_limit: u32,
    /// The cooperative player had paraphrases.
    pub paraphrased: bool,
    pub locales: &'r [String],
    pub kinds: &'r [Kind],
    pub ablations: &'r [Ablation],
    pub tallies: &'r Tallies,
    pub worst: &'r Worst,
    pub saved: &'r [PathBuf],
}

impl Report<'_> {
    /// The figures of one player; over all languages where none is named.
    pub fn tally(&self, ablation: Option<Ablation>, locale: Option<&str>, kind: Kind) -> Tally {
        let mut sum = Tally::default();
        for ((without, told_in, player), tally) in self.tallies {
            let here = locale.is_none_or(|locale| locale == told_in);
            if *without == ablation && here && *player == kind {
                sum.merge(tally);
            }
        }
        sum
    }

    /// The whole report, in Markdown.
    pub fn markdown(&self) -> String {
        let mut out = String::new();
        let title = self.locales.first().map_or("", |locale| self.pack.title(locale));
        // Writing to a string can't fail.
        let _ = writeln!(out, "# Simulated players: {title}\n\n```sh\n{}\n```\n", self.command);
        let _ = writeln!(
            out,
            "Pack `{}` version {} ({}), {}, {} runs of each player in each language, seed {}, given up after {} turns.\n",
            self.pack.id,
            self.pack.version,
            &self.pack.digest[..self.pack.digest.len().min(12)],
            self.model.map_or("without a model".to_owned(), |model| format!("model `{model}`")),
            self.runs,
            self.seed,
            self.turn_limit
        );
        let by = if self.paraphrased {
            "from paraphrase data: it knows which moves are open, and says one in words that are no example of the story"
        } else {
            "by what is heard: nobody wrote paraphrases for this story"
        };
        let _ = writeln!(out, "The cooperative player plays {by}.\n");
        for locale in self.locales {
            self.table(&mut out, None, locale);
            self.wrong_grants(&mut out, locale);
            self.missed_moves(&mut out, locale);
        }
        self.without_parts(&mut out);
        self.worst_runs(&mut out);
        out.push_str(LEGEND);
        out
    }

    fn table(&self, out: &mut String, ablation: Option<Ablation>, locale: &str) {
        let _ = writeln!(out, "## In {locale}\n\n{HEAD}");
        let menu = self.tally(ablation, Some(locale), Kind::Menu);
        for kind in self.kinds {
            let tally = self.tally(ablation, Some(locale), *kind);
            let spread = |spread: Option<super::figures::Spread>| {
                spread.map_or("–".into(), |s| format!("{} / {}", s.median, s.p90))
            };
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                kind.name(),
                percent(tally.reach()),
                percent_within(tally.earned()),
                percent_within(tally.forced()),
                percent_within(tally.earned_beats()),
                number(tally.turns()),
                number(tally.turns_ratio(Some(&menu))),
                leaks(&tally),
                spread(tally.recovery()),
                spread(tally.recovery_forced()),
                percent(tally.ignored()),
                number(tally.calls_per_turn()),
                percent_within(tally.false_grants()),
                missed(&tally),
            );
        }
        out.push('\n');
    }

    /// What was granted though it meant nothing, in one language.
    fn wrong_grants(&self, out: &mut String, locale: &str) {
        let lines = self.over_players(locale, |tally| &tally.wrong);
        if lines.is_empty() {
            return;
        }
        let _ = writeln!(out, "Granted in {locale}, though the line meant no move:\n");
        for (kind, (text, granted), times) in lines {
            let _ = writeln!(out, "- {times} × {}: “{}” as {granted}", kind.name(), short(&text));
        }
        out.push('\n');
    }

    /// Moves that were meant and not granted, in one language, by those who go along.
    fn missed_moves(&self, out: &mut String, locale: &str) {
        let lines = self.over_players(locale, |tally| &tally.missed);
        let lines: Vec<_> = lines
            .into_iter()
            .filter(|(kind, ..)| matches!(kind, Kind::Menu | Kind::Cooperative))
            .collect();
        if lines.is_empty() {
            return;
        }
        let _ = writeln!(out, "Meant in {locale}, and taken for no move, most often:\n");
        for (kind, (text, meant), times) in lines {
            let _ = writeln!(out, "- {times} × {}: “{}” for {meant}", kind.name(), short(&text));
        }
        out.push('\n');
    }

    /// The most frequent of these lines.
    fn over_players(
        &self,
        locale: &str,
        of: impl Fn(&Tally) -> &BTreeMap<(String, String), u32>,
    ) -> Vec<(Kind, (String, String), u32)> {
        let mut lines = Vec::new();
        for kind in self.kinds {
            let tally = self.tally(None, Some(locale), *kind);
            lines.extend(of(&tally).iter().map(|(line, times)| (*kind, line.clone(), *times)));
        }
        lines.sort_by_key(|(kind, line, times)| (std::cmp::Reverse(*times), *kind, line.clone()));
        lines.truncate(LISTED);
        lines
    }

    /// What each part of the director is worth: the same players without it, over all languages.
    fn without_parts(&self, out: &mut String) {
        if self.ablations.is_empty() {
            return;
        }
        let _ = writeln!(out, "## Without a part\n\nOver all languages.");
        if self.model.is_none() {
            let without = "Without a model nothing is improvised: no-guard and secrets-in-prompt change nothing.";
            let _ = writeln!(out, "{without}");
        }
        let _ = writeln!(out, "\n{SHORT_HEAD}");
        for kind in self.kinds {
            for ablation in [None].into_iter().chain(self.ablations.iter().copied().map(Some)) {
                let tally = self.tally(ablation, None, *kind);
                let _ = writeln!(
                    out,
                    "| {} | {} | {} | {} | {} | {} | {} | {} | {} |",
                    kind.name(),
                    ablation.map_or("–", ablation_name),
                    percent(tally.reach()),
                    percent(tally.earned()),
                    percent(tally.forced()),
                    number(tally.turns()),
                    leaks(&tally),
                    percent(tally.false_grants()),
                    missed(&tally),
                );
            }
        }
        out.push('\n');
    }

    fn worst_runs(&self, out: &mut String) {
        let _ = writeln!(out, "## The worst runs\n");
        for (rank, kept) in self.worst.kept.iter().enumerate() {
            let Kept { task, run, .. } = kept;
            let _ = writeln!(
                out,
                "### {}. {} in {}, run {} (its seed {})\n",
                rank + 1,
                task.kind.name(),
                task.locale,
                task.number,
                run.seed
            );
            let ending = run.ending.as_deref().unwrap_or("no ending");
            let _ = writeln!(
                out,
                "{} turns, {ending}, {} of {} beats forced, {} leaks{}. Again: `--players {} --locale {} --seed {} --only {}`.\n",
                run.turns,
                run.forced(),
                run.beats.len(),
                run.leaks.len(),
                if run.panicked { ", the engine panicked" } else { "" },
                task.kind.name(),
                task.locale,
                self.seed,
                task.number
            );
            for leak in &run.leaks {
                let place = match leak.place {
                    Place::Prompt => "a prompt",
                    Place::Echo => "a prompt, after the player said it",
                    Place::Line => "a line",
                };
                let _ = writeln!(out, "- turn {}: “{}” was in {place}", leak.turn, leak.tell);
            }
            if let Some(file) = self.saved.get(rank) {
                let _ = writeln!(out, "Journal: `{}`\n", file.display());
            }
            transcript(out, &run.events);
        }
    }
}

/// The first turns and the last, one line each: what was said, what it was taken for, what came back.
fn transcript(out: &mut String, events: &[Vec<Event>]) {
    let told: Vec<String> =
        events.iter().enumerate().filter_map(|(n, turn)| told(n, turn)).collect();
    out.push_str("```text\n");
    let half = TURNS / 2;
    for (n, line) in told.iter().enumerate() {
        if told.len() <= TURNS || n < half || n >= told.len() - half {
            let _ = writeln!(out, "{line}");
        } else if n == half {
            let _ = writeln!(out, "  … {} turns …", told.len() - TURNS);
        }
    }
    out.push_str("```\n\n");
}

fn told(number: usize, turn: &[Event]) -> Option<String> {
    let mut said = None;
    let (mut read, mut answer, mut reached) = (String::new(), String::new(), String::new());
    for event in turn {
        match event {
            Event::PlayerSaid { text, .. } => said = Some(short(text)),
            Event::Read { reading, by } => {
                let what = match reading {
                    Reading::Move(id) => id.clone(),
                    other => format!("{other:?}"),
                };
                read = format!("{what} by {by:?}");
            }
            Event::Spoke { npc: Some(npc), text, .. } if answer.is_empty() => {
                answer = format!("{npc}: {}", short(text));
            }
            Event::BeatReached { beat, earned } => {
                let how = if *earned { "earned" } else { "forced" };
                let _ = write!(reached, " [{beat} {how}]");
            }
            Event::Ended(ending) => {
                let _ = write!(reached, " *{ending}*");
            }
            _ => {}
        }
    }
    said.map(|said| format!("{number} > {said}\n    {read}{reached}\n    {answer}"))
}

fn short(text: &str) -> String {
    let mut short: String = text.chars().take(LINE).filter(|c| *c != '`').collect();
    if text.chars().count() > LINE {
        short.push('…');
    }
    short
}

fn number(value: Option<f64>) -> String {
    value.map_or("–".into(), |value| format!("{value:.2}"))
}

fn percent(share: Share) -> String {
    share.value().map_or("–".into(), |value| format!("{:.1} %", value * 100.0))
}

fn percent_within(share: Share) -> String {
    match share.interval() {
        Some((low, high)) => {
            format!("{} ({:.0}–{:.0})", percent(share), low * 100.0, high * 100.0)
        }
        None => "–".into(),
    }
}

fn leaks(tally: &Tally) -> String {
    match (tally.leaks_in_prompts, tally.leaks_in_lines, tally.leaks_echoed) {
        (0, 0, 0) => "0".into(),
        (prompts, lines, echoed) => format!("{prompts} + {lines} + {echoed}"),
    }
}

fn missed(tally: &Tally) -> String {
    match tally.missed().value() {
        Some(_) => format!("{} + {}", percent(tally.missed()), percent(tally.mistaken())),
        None => "–".into(),
    }
}

const HEAD: &str = "\
| player | reach | earned | forced | beats earned | turns | × menu | leaks | recovery, earned | recovery, forced | ignored | calls a turn | false grants | missed + mistaken |
|---|---|---|---|---|---|---|---|---|---|---|---|---|---|";
const SHORT_HEAD: &str = "\
| player | without | reach | earned | forced | turns | leaks | false grants | missed + mistaken |
|---|---|---|---|---|---|---|---|---|";
const LEGEND: &str = "\
## What the columns are

- **reach**: runs that end in an authored ending. **earned**: those of them all of whose beats were reached by the player's moves;
  **forced**: those in which the ladder's last rung ended at least one beat. Forced reach is structural: it proves nothing about quality.
- **beats earned**: of all beats that were reached, those reached by a move.
- **turns**: to the ending, on average over the runs that have one; **× menu**: over the turns of the menu in the same language.
- **leaks**: texts with something locked in them: in prompts + in lines + in prompts after the player had said it. Checked by the tells of all
  languages, not by the session's own report.
- **recovery**: turns from the last line that meant nothing to the end of its beat, median / 90th percentile, over beats that a move ended and
  over those that the ladder did.
- **ignored**: turns answered by an authored way of turning aside anything whatever.
- **false grants**: lines that meant no move and were granted one. **missed + mistaken**: lines that meant a certain move and were taken for
  none + for another one; the players who mean none have none.
- In brackets: the 95 % interval (Wilson).
";
