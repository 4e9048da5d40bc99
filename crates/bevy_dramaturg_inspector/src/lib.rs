//! Why did the character say that? A window over the game, on F12: the last turn's interpretation with its odds, what
//! the director asked for, the exact prompt with its tokens, where the time went, the facts and the minds.
//!
//! ```no_run
//! use bevy::prelude::*;
//! App::new()
//!     .add_plugins((MinimalPlugins, bevy_dramaturg::DramaturgPlugins, bevy_dramaturg_inspector::InspectorPlugin))
//!     .run();
//! ```
//!
//! While it is closed it keeps the last turn's report and the moods of the turns before it, and does nothing else.

mod curve;
mod panel;

use bevy::prelude::*;
use bevy_dramaturg::engine::TurnReport;
use bevy_dramaturg::{ModelChanged, TurnEnded};
use bevy_egui::egui::{self, FontData, FontDefinitions, FontFamily};
use bevy_egui::{EguiContexts, EguiPlugin, EguiPrimaryContextPass};
use std::sync::Arc;

/// Adds the inspector; egui too, if the game has not.
#[derive(Clone, Copy, Debug, Default)]
pub struct InspectorPlugin;

/// A font for the inspector's texts. egui's own has no Chinese.
#[derive(Resource, Clone, Debug)]
pub struct InspectorFont(pub Handle<Font>);

/// The inspector's state.
#[derive(Resource, Default)]
pub struct Inspector {
    /// Whether it is shown.
    pub open: bool,
    last: Option<(u32, Arc<TurnReport>)>,
    moods: curve::Moods,
    model: String,
}

impl Plugin for InspectorPlugin {
    fn build(&self, app: &mut App) {
        if !app.is_plugin_added::<EguiPlugin>() {
            app.add_plugins(EguiPlugin::default());
        }
        app.init_resource::<Inspector>()
            .add_systems(Update, (toggle, keep))
            .add_systems(EguiPrimaryContextPass, (fonts, show).chain().run_if(is_open));
    }
}

fn is_open(inspector: Res<Inspector>) -> bool {
    inspector.open
}

fn toggle(keyboard: Option<Res<ButtonInput<KeyCode>>>, mut inspector: ResMut<Inspector>) {
    if keyboard.is_some_and(|keyboard| keyboard.just_pressed(KeyCode::F12)) {
        inspector.open = !inspector.open;
    }
}

fn keep(
    mut turns: MessageReader<TurnEnded>,
    mut models: MessageReader<ModelChanged>,
    mut inspector: ResMut<Inspector>,
) {
    for turn in turns.read() {
        inspector.moods.note(turn.turn, &turn.report.minds);
        inspector.last = Some((turn.turn, turn.report.clone()));
    }
    if let Some(ModelChanged(state)) = models.read().last() {
        inspector.model = panel::model(state);
    }
}

/// Gives egui the game's font, once.
fn fonts(
    font: Option<Res<InspectorFont>>,
    loaded: Option<Res<Assets<Font>>>,
    mut contexts: EguiContexts,
    mut done: Local<bool>,
) -> Result {
    if *done {
        return Ok(());
    }
    let Some(font) = font.zip(loaded).and_then(|(font, fonts)| fonts.get(&font.0).cloned()) else {
        return Ok(());
    };
    let mut definitions = FontDefinitions::default();
    let data = FontData::from_owned(font.data.data().to_vec());
    definitions.font_data.insert("game".into(), Arc::new(data));
    for family in [FontFamily::Proportional, FontFamily::Monospace] {
        definitions.families.entry(family).or_default().push("game".into());
    }
    contexts.ctx_mut()?.set_fonts(definitions);
    *done = true;
    Ok(())
}

fn show(mut contexts: EguiContexts, inspector: Res<Inspector>) -> Result {
    let context = contexts.ctx_mut()?;
    egui::Window::new("Dramaturg").default_width(420.0).default_height(430.0).vscroll(true).show(
        context,
        |ui| match &inspector.last {
            Some((turn, report)) => {
                panel::turn(ui, *turn, report, &inspector.model, &inspector.moods);
            }
            None => {
                ui.label(format!("No turn yet. Model: {}", inspector.model));
            }
        },
    );
    Ok(())
}
