//! What the window shows of one turn.

use crate::curve::Moods;
use bevy_dramaturg::engine::{MindReport, SlotState, TurnReport};
use bevy_egui::egui::{CollapsingHeader, Grid, ProgressBar, RichText, Ui};

pub(crate) fn model(state: &SlotState) -> String {
    match state {
        SlotState::Empty => "none, authored lines are spoken".into(),
        SlotState::Loading => "loading".into(),
        SlotState::Ready { name } => name.clone(),
        SlotState::Failed(why) => why.clone(),
    }
}

pub(crate) fn turn(ui: &mut Ui, number: u32, report: &TurnReport, model: &str, moods: &Moods) {
    ui.label(RichText::new(format!("Turn {number} · beat {} · model: {model}", report.beat)));
    section(ui, "Interpretation", |ui| {
        ui.label(format!("{} (by {})", report.chosen, report.by));
        for (reading, thousandths) in &report.interpretation {
            let share = f32::from(*thousandths) / 1000.0;
            let text = format!("{reading}  {:.0} %", share * 100.0);
            ui.add(ProgressBar::new(share).text(text));
        }
    });
    section(ui, "Directive", |ui| {
        ui.label(if report.directive.is_empty() { "none" } else { &report.directive });
    });
    if !report.told.is_empty() {
        section(ui, "Gossip", |ui| report.told.iter().for_each(|told| drop(ui.label(told))));
    }
    section(ui, "Time", |ui| times(ui, report));
    section(ui, "Prompt", |ui| prompt(ui, report));
    section(ui, "Facts", |ui| {
        Grid::new("facts").striped(true).num_columns(2).show(ui, |ui| {
            for (fact, value) in &report.facts {
                ui.label(fact);
                ui.monospace(value);
                ui.end_row();
            }
        });
    });
    section(ui, "Thoughts", |ui| {
        if report.thoughts.is_empty() {
            ui.label("none since the last turn");
        }
        report.thoughts.iter().for_each(|thought| drop(ui.label(thought)));
    });
    section(ui, "Minds", |ui| report.minds.iter().for_each(|mind| self::mind(ui, mind, moods)));
}

fn section(ui: &mut Ui, name: &str, content: impl FnOnce(&mut Ui)) {
    CollapsingHeader::new(name).default_open(true).show(ui, content);
}

fn times(ui: &mut Ui, report: &TurnReport) {
    let first = report.first_token_ms.map_or("no model's words".into(), |ms| format!("{ms} ms"));
    Grid::new("times").num_columns(2).show(ui, |ui| {
        for (what, value) in [
            ("understood after", format!("{} ms", report.interpreted_ms)),
            ("first word after", first),
            ("turn over after", format!("{} ms", report.total_ms)),
        ] {
            ui.label(what);
            ui.monospace(value);
            ui.end_row();
        }
    });
}

fn prompt(ui: &mut Ui, report: &TurnReport) {
    if report.prompt.is_empty() {
        ui.label("only authored lines were spoken");
        return;
    }
    let counted = match report.cached_tokens {
        Some(cached) => format!("{} tokens, {cached} of them cached", report.prompt_tokens),
        None => format!("about {} tokens", report.prompt_tokens),
    };
    ui.label(counted);
    for passage in &report.passages {
        ui.label(format!("from {}: {}", passage.source(), passage.text));
    }
    for message in &report.prompt {
        ui.label(RichText::new(format!("{:?}", message.role)).strong());
        ui.monospace(&message.text);
    }
}

fn mind(ui: &mut Ui, mind: &MindReport, moods: &Moods) {
    let place = if mind.present { "on stage" } else { "away" };
    let mood = mind.mood;
    ui.label(format!(
        "{} ({place}): {} · pleasure {} arousal {} dominance {}",
        mind.npc,
        mind.face.label(),
        mood.pleasure,
        mood.arousal,
        mood.dominance
    ));
    if !mind.felt.is_empty() {
        let felt = mind.felt.iter().map(|f| format!("{} {}", f.emotion.label(), f.intensity));
        let felt: Vec<String> = felt.collect();
        ui.label(format!("   feels {}; voice {}", felt.join(", "), mind.voice.label()));
    }
    moods.draw(ui, &mind.npc);
    if let Some(plan) = &mind.plan {
        ui.label(format!("   wants {}: {}", plan.goal, plan.steps.join(" ► ")));
    }
}
