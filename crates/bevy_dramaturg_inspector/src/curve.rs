//! How moods went over the last turns, drawn as lines.

use bevy_dramaturg::engine::{MindReport, Pad};
use bevy_egui::egui::{Color32, Sense, Shape, Stroke, Ui, vec2};
use std::collections::{BTreeMap, VecDeque};

/// So many turns are kept.
const TURNS: usize = 120;
const HEIGHT: f32 = 60.0;

/// The moods of each character after the last turns.
#[derive(Default)]
pub(crate) struct Moods(BTreeMap<String, VecDeque<(u32, Pad)>>);

impl Moods {
    /// A turn is over. What was rolled back before it is forgotten.
    pub(crate) fn note(&mut self, turn: u32, minds: &[MindReport]) {
        for mind in minds {
            let line = self.0.entry(mind.npc.clone()).or_default();
            line.retain(|(before, _)| *before < turn);
            line.push_back((turn, mind.mood));
            if line.len() > TURNS {
                line.pop_front();
            }
        }
    }

    /// Pleasure in green, arousal in orange, dominance in blue, from -1 to 1; nothing before the second turn.
    pub(crate) fn draw(&self, ui: &mut Ui, npc: &str) {
        let Some(line) = self.0.get(npc).filter(|line| line.len() > 1) else { return };
        let size = vec2(ui.available_width(), HEIGHT);
        let (response, painter) = ui.allocate_painter(size, Sense::hover());
        let frame = response.rect;
        let grey = Stroke::new(1.0, Color32::from_gray(90));
        painter.hline(frame.x_range(), frame.center().y, grey);
        let step = frame.width() / (line.len() - 1) as f32;
        let axes: [(Color32, fn(&Pad) -> i16); 3] = [
            (Color32::from_rgb(60, 180, 120), |pad| pad.pleasure),
            (Color32::from_rgb(220, 120, 60), |pad| pad.arousal),
            (Color32::from_rgb(90, 140, 230), |pad| pad.dominance),
        ];
        for (colour, axis) in axes {
            let at = |(index, (_, pad)): (usize, &(u32, Pad))| {
                let up = f32::from(axis(pad)) / 1000.0 * HEIGHT / 2.0;
                frame.left_center() + vec2(index as f32 * step, -up)
            };
            let points = line.iter().enumerate().map(at).collect();
            painter.add(Shape::line(points, Stroke::new(1.5, colour)));
        }
        response.on_hover_text("pleasure green, arousal orange, dominance blue");
    }
}
