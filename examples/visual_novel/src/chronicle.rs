//! What was found of the story, over all plays: moments and endings. The map fills as it is played.

use crate::Arguments;
use crate::fonts::Face;
use crate::look::{FOG, LAMP, PAPER};
use crate::overlay::{Overlay, Tell, heading, list, panel, sheet};
use crate::saves::SaveFolder;
use crate::scene::pack_of;
use crate::words::{Language, Word};
use bevy::prelude::*;
use bevy_dramaturg::engine::Pack;
use bevy_dramaturg::prelude::*;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

pub struct ChroniclePlugin;

impl Plugin for ChroniclePlugin {
    fn build(&self, app: &mut App) {
        let file = app.world_mut().get_resource_or_init::<SaveFolder>().file(FILE);
        let text = std::fs::read_to_string(file).unwrap_or_default();
        // A file that can't be read is no loss of a play: the map fills again.
        app.insert_resource(ron::from_str::<Found>(&text).unwrap_or_default())
            .add_systems(Startup, load_pack)
            .add_systems(Update, note)
            .add_systems(OnEnter(Overlay::Chronicle), open);
    }
}

/// What was found.
#[derive(Resource, Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Found {
    beats: BTreeSet<String>,
    endings: BTreeSet<String>,
}

const FILE: &str = "found.ron";

/// The pack, also where no play runs.
#[derive(Resource)]
struct Map(Handle<StoryPack>);

fn load_pack(mut commands: Commands, assets: Res<AssetServer>, arguments: Res<Arguments>) {
    commands.insert_resource(Map(pack_of(&assets, &arguments)));
}

fn note(
    plays: Query<&Play>,
    folder: Res<SaveFolder>,
    mut ended: MessageReader<StoryEnded>,
    mut turns: MessageReader<TurnEnded>,
    mut reached: MessageReader<BeatReached>,
    mut found: ResMut<Found>,
    mut tell: MessageWriter<Tell>,
) {
    let beats = turns
        .read()
        .map(|turn| turn.report.beat.clone())
        .chain(reached.read().map(|r| r.beat.clone()));
    let beats: Vec<String> = beats.chain(plays.iter().map(|play| play.beat().to_owned())).collect();
    let endings: Vec<String> = ended.read().map(|ended| ended.ending.clone()).collect();
    let known = |found: &Found| {
        beats.iter().all(|beat| beat.is_empty() || found.beats.contains(beat))
            && endings.iter().all(|ending| found.endings.contains(ending))
    };
    if known(&found) {
        return;
    }
    found.beats.extend(beats.into_iter().filter(|beat| !beat.is_empty()));
    found.endings.extend(endings);
    let text = ron::ser::to_string_pretty(&*found, ron::ser::PrettyConfig::default());
    if let Err(error) = folder.write(FILE, text.unwrap_or_default().as_bytes()) {
        tell.write(Tell(format!("What was found can't be kept: {error}")));
    }
}

fn open(
    mut commands: Commands,
    map: Res<Map>,
    packs: Res<Assets<StoryPack>>,
    found: Res<Found>,
    plays: Query<&Play>,
    assets: Res<AssetServer>,
    language: Res<Language>,
) {
    let pack = packs.get(&map.0).map(|pack| pack.0.clone());
    let here = plays.iter().next().map(|play| play.beat().to_owned());
    commands.spawn(panel(Overlay::Chronicle)).with_children(|panel| {
        panel.spawn(sheet()).with_children(|sheet| {
            sheet.spawn(heading(Word::Chronicle));
            let Some(pack) = pack else { return };
            sheet.spawn(list()).with_children(|list| {
                endings(list, &pack, &found, &assets, *language);
                moments(list, &pack, &found, here.as_deref(), *language);
            });
        });
    });
}

fn endings(
    list: &mut ChildSpawnerCommands,
    pack: &Pack,
    found: &Found,
    assets: &AssetServer,
    language: Language,
) {
    let count = pack.endings().iter().filter(|ending| found.endings.contains(&ending.id)).count();
    let of = format!("{}  {count} / {}", language.say(Word::Endings), pack.endings().len());
    list.spawn((Text::new(of), Face::italic(22.0), TextColor(LAMP)));
    list.spawn(Node {
        column_gap: px(16),
        row_gap: px(10),
        flex_wrap: FlexWrap::Wrap,
        flex_shrink: 0.0,
        ..default()
    })
    .with_children(|row| {
        for ending in pack.endings() {
            let seen = found.endings.contains(&ending.id);
            let section = format!("ending {}", ending.id);
            let title = pack.title_of(language.locale(), &section);
            let title = if seen { title } else { language.say(Word::Unknown) };
            let picture = match ending.id.as_str() {
                "home" => "bay",
                "report" => "quay",
                _ => "tavern",
            };
            let image = if seen {
                ImageNode::new(assets.load(format!("art/backgrounds/{picture}.svg")))
            } else {
                ImageNode { color: Color::NONE, ..default() }
            };
            row.spawn((
                Node {
                    flex_direction: FlexDirection::Column,
                    row_gap: px(4),
                    width: px(230),
                    ..default()
                },
                children![
                    (
                        Node { width: px(230), height: px(129), ..default() },
                        image,
                        BackgroundColor(FOG.with_alpha(0.08)),
                    ),
                    (Text::new(title), Face::upright(19.0), TextColor(PAPER)),
                ],
            ));
        }
    });
}

fn moments(
    list: &mut ChildSpawnerCommands,
    pack: &Pack,
    found: &Found,
    here: Option<&str>,
    language: Language,
) {
    let count = pack.beats().iter().filter(|beat| found.beats.contains(&beat.id)).count();
    let of = format!("{}  {count} / {}", language.say(Word::Beats), pack.beats().len());
    list.spawn((Text::new(of), Face::italic(22.0), TextColor(LAMP)));
    list.spawn(Node {
        column_gap: px(10),
        row_gap: px(8),
        flex_wrap: FlexWrap::Wrap,
        flex_shrink: 0.0,
        ..default()
    })
    .with_children(|row| {
        for beat in pack.beats() {
            let seen = found.beats.contains(&beat.id);
            let section = format!("beat {}", beat.id);
            let title = pack.title_of(language.locale(), &section);
            let title = if seen { title } else { language.say(Word::Unknown) };
            let is_here = here == Some(beat.id.as_str());
            let color = match (is_here, seen) {
                (true, _) => LAMP,
                (_, true) => PAPER,
                _ => FOG.with_alpha(0.4),
            };
            row.spawn((
                Node {
                    padding: UiRect::axes(px(12), px(5)),
                    border: px(1).all(),
                    border_radius: BorderRadius::all(px(9)),
                    ..default()
                },
                BorderColor::all(color.with_alpha(if is_here { 0.9 } else { 0.3 })),
                children![(Text::new(title), Face::upright(18.0), TextColor(color))],
            ));
        }
    });
}
