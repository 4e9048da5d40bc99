//! The panel in which preferences are chosen.

use crate::content::{self, ContentRow};
use crate::fonts::Face;
use crate::look::{FOG, PAPER};
use crate::menu::{Adjusted, Adjusts, MenuSystems, Pressable, Pressed};
use crate::models::Models;
use crate::overlay::{Overlay, heading, list, panel, sheet};
use crate::preferences::{Preferences, Setting};
use crate::words::{Language, Word};
use bevy::prelude::*;
use bevy_dramaturg::StoryPack;
use bevy_dramaturg::prelude::*;

pub struct SettingsPanelPlugin;

impl Plugin for SettingsPanelPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<LastTurn>()
            .add_systems(OnEnter(Overlay::Preferences), open)
            .add_systems(Update, note_turn)
            .add_systems(
                Update,
                (adjust, show, tell_model)
                    .chain()
                    .after(MenuSystems)
                    .run_if(in_state(Overlay::Preferences)),
            );
    }
}

/// What the last turn cost.
#[derive(Resource, Default)]
struct LastTurn {
    told: String,
}

#[derive(Component)]
struct Shown(Setting);
#[derive(Component)]
struct ModelRow;
#[derive(Component)]
struct ModelShown;
#[derive(Component)]
struct ModelTold;

fn open(mut commands: Commands, packs: Res<Assets<StoryPack>>) {
    commands.spawn(panel(Overlay::Preferences)).with_children(|panel| {
        panel.spawn(sheet()).with_children(|sheet| {
            sheet.spawn(heading(Word::Preferences));
            sheet.spawn(list()).with_children(|list| {
                for setting in Setting::ALL {
                    list.spawn((
                        setting,
                        row(),
                        children![label(setting.word()), (Shown(setting), value())],
                    ));
                }
                list.spawn((ModelRow, row(), children![label(Word::Model), (ModelShown, value())]));
                for note in content::notes(&packs) {
                    list.spawn((row(), content::texts(&note), ContentRow(note)));
                }
                list.spawn((ModelTold, Text::default(), Face::upright(17.0), TextColor(FOG)));
            });
        });
    });
}

fn row() -> impl Bundle {
    (
        Pressable,
        Adjusts,
        Node {
            justify_content: JustifyContent::SpaceBetween,
            column_gap: px(20),
            padding: UiRect::axes(px(4), px(2)),
            flex_shrink: 0.0,
            ..default()
        },
    )
}

fn label(word: Word) -> impl Bundle {
    (word, Face::upright(22.0), TextColor(PAPER.with_alpha(0.72)))
}

fn value() -> impl Bundle {
    (Text::default(), Face::upright(22.0), TextColor(PAPER.with_alpha(0.72)))
}

fn adjust(
    rows: Query<&Setting>,
    models_row: Query<(), With<ModelRow>>,
    language: Res<Language>,
    models: Res<Models>,
    mut preferences: ResMut<Preferences>,
    mut pressed: MessageReader<Pressed>,
    mut adjusted: MessageReader<Adjusted>,
) {
    let pressed = pressed.read().map(|Pressed(entity)| (*entity, 1));
    let adjusted = adjusted.read().map(|adjusted| (adjusted.entity, adjusted.by));
    for (entity, by) in pressed.chain(adjusted) {
        if let Ok(setting) = rows.get(entity) {
            preferences.adjust(*setting, by, *language);
        } else if models_row.contains(entity) {
            preferences.model = models.step(preferences.model.as_deref(), by);
        }
    }
}

fn show(
    preferences: Res<Preferences>,
    language: Res<Language>,
    models: Res<Models>,
    mut values: Query<(&Shown, &mut Text), Without<ModelShown>>,
    mut model: Query<&mut Text, With<ModelShown>>,
) {
    let arrows = |text: String| format!("‹ {text} ›");
    for (Shown(setting), mut text) in &mut values {
        let wanted = arrows(preferences.shown(*setting, *language));
        if text.0 != wanted {
            text.0 = wanted;
        }
    }
    let chosen = models.shown(preferences.model.as_deref());
    for mut text in &mut model {
        let wanted = arrows(chosen.map_or(language.say(Word::NoModel).to_owned(), str::to_owned));
        if text.0 != wanted {
            text.0 = wanted;
        }
    }
}

/// Speed and cost of the last turn, in words.
fn note_turn(
    mut turns: MessageReader<TurnEnded>,
    language: Res<Language>,
    mut last: ResMut<LastTurn>,
) {
    for turn in turns.read() {
        let report = &turn.report;
        let seconds = |ms: u64| ms as f64 / 1000.0;
        let cached = report.cached_tokens.unwrap_or_default();
        last.told = match (*language, report.first_token_ms) {
            (Language::English, Some(first)) => format!(
                "Last turn: first word after {:.1} s, all of it in {:.1} s; {} tokens read, {cached} of them known already.",
                seconds(first),
                seconds(report.total_ms),
                report.prompt_tokens,
            ),
            (Language::English, None) => {
                format!("Last turn: authored lines, {:.2} s.", seconds(report.total_ms))
            }
            (Language::Chinese, Some(first)) => format!(
                "上一轮：{:.1} 秒后第一个字，共 {:.1} 秒；读了 {} 个词元，其中 {cached} 个已在缓存。",
                seconds(first),
                seconds(report.total_ms),
                report.prompt_tokens,
            ),
            (Language::Chinese, None) => {
                format!("上一轮：写好的台词，{:.2} 秒。", seconds(report.total_ms))
            }
        };
    }
}

fn tell_model(
    last: Res<LastTurn>,
    model: Res<ActiveModel>,
    language: Res<Language>,
    mut texts: Query<&mut Text, With<ModelTold>>,
) {
    use bevy_dramaturg::llm::SlotState;
    let state = match model.state() {
        SlotState::Empty => language.say(Word::NoModel).to_owned(),
        SlotState::Loading => language.say(Word::Loading).to_owned(),
        SlotState::Failed(why) => why,
        SlotState::Ready { name } => name,
    };
    let spent = model.router().map(|router| crate::models::spent(&router)).unwrap_or_default();
    let wanted = [state, spent, last.told.clone()].join("   ");
    for mut text in &mut texts {
        if text.0 != wanted {
            text.0.clone_from(&wanted);
        }
    }
}
