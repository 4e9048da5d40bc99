//! How moods went in a play: one point for each turn, as a table or a picture.

use crate::{Event, Pack, State};
use dramaturg_journal::Stored;
use dramaturg_mind::emotion::Felt;
use dramaturg_mind::{Emotion, Pad};
use std::collections::BTreeMap;
use std::fmt::Write;

/// How a character felt when a turn was over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MoodPoint {
    /// The player's turn; 0 is the opening.
    pub turn: u32,
    /// Minutes of the story's clock; turns in a story without one.
    pub minute: i32,
    /// The mood.
    pub mood: Pad,
    /// The face.
    pub face: Emotion,
    /// The strongest emotion, if one is felt.
    pub felt: Option<Felt>,
    /// The attitude towards the player, from -1000 to 1000.
    pub attitude: i16,
}

/// The moods of all characters over a play.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct MoodCurves(BTreeMap<String, Vec<MoodPoint>>);

impl MoodCurves {
    /// Those of a recorded play.
    pub fn of(pack: &Pack, recorded: &[Stored<Event>]) -> Self {
        let mut state = State::new(pack);
        let mut curves = Self::default();
        for turn in recorded.chunk_by(|a, b| a.turn == b.turn) {
            turn.iter().for_each(|stored| state.apply(&stored.entry));
            curves.add(turn[0].turn.0, &state);
        }
        curves
    }

    fn add(&mut self, turn: u32, state: &State) {
        for (npc, mood) in &state.moods {
            self.0.entry(npc.clone()).or_default().push(MoodPoint {
                turn,
                minute: state.minute(),
                mood: mood.now(),
                face: mood.face(),
                felt: mood.felt().first().copied(),
                attitude: mood.attitude("player"),
            });
        }
    }

    /// Each character's points, in the order of turns.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &[MoodPoint])> {
        self.0.iter().map(|(npc, points)| (npc.as_str(), points.as_slice()))
    }

    /// A table of comma-separated values: one line for each character and turn; moods and attitudes from -1 to 1.
    pub fn csv(&self) -> String {
        let mut out = String::from(
            "npc,turn,minute,pleasure,arousal,dominance,attitude,face,emotion,intensity\n",
        );
        for (npc, points) in self.iter() {
            for point in points {
                let [p, a, d] = axes(point.mood).map(unit);
                let (emotion, intensity) = match point.felt {
                    Some(felt) => (felt.emotion.label(), f32::from(felt.intensity) / 1000.0),
                    None => ("", 0.0),
                };
                let _ = writeln!(
                    out,
                    "{},{},{},{p:.3},{a:.3},{d:.3},{:.3},{},{emotion},{intensity:.3}",
                    quoted(npc),
                    point.turn,
                    point.minute,
                    unit(point.attitude),
                    point.face.label(),
                );
            }
        }
        out
    }

    /// A picture in SVG: a panel for each character, with pleasure, arousal and dominance over the turns.
    pub fn svg(&self) -> String {
        let height = (self.0.len() as u32 * PANEL).max(PANEL);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {height}\" font-family=\"sans-serif\" font-size=\"12\">\n\
             <rect width=\"{WIDTH}\" height=\"{height}\" fill=\"#fff\"/>\n"
        );
        for ((npc, points), number) in self.iter().zip(0..) {
            panel(&mut out, npc, points, number * PANEL);
        }
        out.push_str("</svg>\n");
        out
    }
}

const WIDTH: u32 = 720;
const PANEL: u32 = 180;
/// Room at each side of a panel.
const MARGIN: u32 = 30;
const LINES: [(&str, &str); 3] =
    [("pleasure", "#0a7d4f"), ("arousal", "#c8501e"), ("dominance", "#2f5fb3")];

fn panel(out: &mut String, npc: &str, points: &[MoodPoint], top: u32) {
    let (left, right) = (MARGIN, WIDTH - MARGIN);
    let middle = top + PANEL / 2;
    let half = PANEL / 2 - MARGIN;
    let _ = writeln!(
        out,
        "<text x=\"{left}\" y=\"{}\" font-weight=\"bold\">{}</text>\n\
         <path d=\"M{left} {middle}H{right}\" stroke=\"#999\"/>\n\
         <path d=\"M{left} {}V{}\" stroke=\"#999\"/>",
        top + 18,
        escaped(npc),
        middle - half,
        middle + half,
    );
    let (first, last) = match points {
        [first, .., last] => (first.turn, last.turn),
        _ => (0, 1),
    };
    let span = f64::from(last.saturating_sub(first).max(1));
    let x = |turn: u32| f64::from(left) + f64::from(turn - first) * f64::from(right - left) / span;
    let y = |axis: i16| f64::from(middle) - f64::from(axis) * f64::from(half) / 1000.0;
    for (axis, (name, colour)) in LINES.iter().enumerate() {
        let path: Vec<String> = points
            .iter()
            .map(|point| format!("{:.1},{:.1}", x(point.turn), y(axes(point.mood)[axis])))
            .collect();
        let _ = writeln!(
            out,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.5\"><title>{name}</title></polyline>\n\
             <text x=\"{}\" y=\"{}\" fill=\"{colour}\">{name}</text>",
            path.join(" "),
            left + 120 + 80 * axis as u32,
            top + 18,
        );
    }
}

fn axes(mood: Pad) -> [i16; 3] {
    [mood.pleasure, mood.arousal, mood.dominance]
}

fn unit(thousandths: i16) -> f32 {
    f32::from(thousandths) / 1000.0
}

/// A value that may hold the marks of the table.
fn quoted(text: &str) -> String {
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
