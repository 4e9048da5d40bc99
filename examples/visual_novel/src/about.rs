//! Who made what, and under which licences.

use crate::fonts::Face;
use crate::look::{FOG, LAMP, PAPER};
use crate::menu::{Pressable, Unlit};
use crate::overlay::{Overlay, heading, list, panel, sheet};
use crate::words::{Language, Word};
use bevy::prelude::*;

pub struct AboutPlugin;

impl Plugin for AboutPlugin {
    fn build(&self, app: &mut App) {
        app.add_systems(OnEnter(Overlay::About), open);
    }
}

/// What stands beside the files, so that it can't say something else than they do.
const ART: &str = include_str!("../../../assets/art/LICENCE.md");
const FONTS: &str = include_str!("../../../assets/fonts/LICENCE.md");

fn open(mut commands: Commands, language: Res<Language>) {
    let first = match *language {
        Language::English => format!(
            "The Lantern at Saltreach, version {}. A visual novel made with Dramaturg and Bevy; the program and the story \
             are free under MIT or Apache-2.0. Characters answer in their own words where a language model is there, and \
             with authored lines where none is. All sound is computed while you play.",
            env!("CARGO_PKG_VERSION")
        ),
        Language::Chinese => format!(
            "《盐埠的灯笼》，版本 {}。用 Dramaturg 和 Bevy 做的视觉小说；程序与故事可按 MIT 或 Apache-2.0 自由使用。\
             有语言模型时，人物用自己的话回答；没有时，说写好的台词。所有声音都是边玩边算出来的。",
            env!("CARGO_PKG_VERSION")
        ),
    };
    commands.spawn(panel(Overlay::About)).with_children(|panel| {
        panel.spawn(sheet()).with_children(|sheet| {
            sheet.spawn(heading(Word::About));
            sheet.spawn(list()).with_children(|list| {
                let mut paragraph = |text: String, face: Face, color: Color| {
                    list.spawn((
                        Pressable,
                        Unlit(color),
                        Node { width: percent(98), flex_shrink: 0.0, ..default() },
                        children![(Text::new(text), face.read(), TextColor(color))],
                    ));
                };
                paragraph(first, Face::upright(20.0), PAPER);
                for part in ART.split("\n\n").chain(FONTS.split("\n\n")) {
                    let heads = part.trim_start().starts_with('#');
                    let text = plain(part);
                    if heads {
                        paragraph(text, Face::italic(20.0), LAMP.with_alpha(0.8));
                    } else if !text.is_empty() {
                        paragraph(text, Face::upright(16.0), FOG);
                    }
                }
            });
        });
    });
}

/// Markdown without its signs; a row of a table becomes a line.
fn plain(part: &str) -> String {
    let is_rule = |line: &&str| !line.chars().all(|c| matches!(c, '|' | '-' | ' '));
    let rows = part.lines().filter(is_rule).map(|line| {
        let line = line.trim_start_matches('#').trim().trim_matches('|').replace('`', "");
        line.replace(" | ", " · ").trim().to_owned()
    });
    let table = part.contains("| ---");
    rows.collect::<Vec<_>>().join(if table { "\n" } else { " " })
}
