//! Who speaks: `define e = Character("Eileen")`.

use super::expr::string;
use super::flat::Script;
use super::say::{Say, Who};
use std::collections::BTreeMap;

/// How a speaker of the script is told in a pack.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Role {
    /// Narration.
    Nobody,
    /// The player's own words: narration in quotes.
    Player,
    /// A character with its id.
    Npc(String),
}

#[derive(Default)]
pub(super) struct Cast {
    roles: BTreeMap<String, Role>,
    quoted: BTreeMap<String, String>,
    /// Names by id, in the order of first mention.
    pub(super) names: Vec<(String, String)>,
    /// The tag of images by which a character is shown.
    images: BTreeMap<String, String>,
    pub(super) undefined: Vec<String>,
}

/// How a player's character is called.
const PLAYERS: [&str; 22] = [
    "me",
    "i",
    "you",
    "myself",
    "yourself",
    "player",
    "mc",
    "protagonist",
    "hero",
    "heroine",
    "pov",
    "main character",
    "我",
    "主角",
    "玩家",
    "你",
    "僕",
    "俺",
    "私",
    "自分",
    "나",
    "я",
];

impl Cast {
    pub(super) fn of(script: &Script, player: Option<&str>) -> Self {
        let mut cast = Self::default();
        let mut ids = crate::graph::Ids::default();
        for (_, variable, value) in &script.defaults {
            let Some(arguments) = character(value) else { continue };
            let name = name(arguments);
            let lower = name.as_deref().unwrap_or_default().to_lowercase();
            let is_player = match player {
                Some(player) => player == variable,
                None => {
                    PLAYERS.contains(&lower.as_str())
                        || PLAYERS.contains(&variable.to_lowercase().as_str())
                        || lower.starts_with('[')
                }
            };
            let role = match name.filter(|name| !name.trim().is_empty()) {
                _ if is_player => Role::Player,
                None => Role::Nobody,
                Some(name) => {
                    let id = ids.fresh(variable);
                    cast.names.push((id.clone(), name));
                    Role::Npc(id)
                }
            };
            let tag = arguments
                .split("image")
                .nth(1)
                .and_then(|rest| string(rest.trim_start_matches([' ', '='])));
            let tag = tag.map(|(tag, _)| tag).unwrap_or_else(|| variable.clone());
            if let Role::Npc(id) = &role {
                cast.images.insert(tag, id.clone());
                cast.images.entry(lower).or_insert_with(|| id.clone());
            }
            cast.roles.insert(variable.clone(), role);
        }
        for step in &script.steps {
            let super::flat::Step::Say(Say { who, .. }, _) = step else { continue };
            match who {
                Who::Named(variable) if !cast.roles.contains_key(variable) => {
                    let is_narrator = matches!(
                        variable.as_str(),
                        "narrator" | "nvl_narrator" | "centered" | "vcentered"
                    );
                    let is_player = player.map_or_else(
                        || PLAYERS.contains(&variable.to_lowercase().as_str()),
                        |player| player == variable,
                    );
                    let role = if is_narrator {
                        Role::Nobody
                    } else if is_player {
                        Role::Player
                    } else {
                        let id = ids.fresh(variable);
                        cast.names.push((id.clone(), variable.clone()));
                        cast.undefined.push(variable.clone());
                        Role::Npc(id)
                    };
                    cast.roles.insert(variable.clone(), role);
                }
                Who::Quoted(name) if !cast.quoted.contains_key(name) => {
                    let known =
                        cast.names.iter().find(|(_, known)| known == name).map(|n| n.0.clone());
                    let id = known.unwrap_or_else(|| {
                        let id = ids.fresh(name);
                        cast.names.push((id.clone(), name.clone()));
                        id
                    });
                    cast.quoted.insert(name.clone(), id);
                }
                _ => {}
            }
        }
        cast
    }

    pub(super) fn role(&self, who: &Who) -> Role {
        match who {
            Who::Nobody => Role::Nobody,
            Who::Named(variable) => self.roles.get(variable).cloned().unwrap_or(Role::Nobody),
            Who::Quoted(name) if PLAYERS.contains(&name.to_lowercase().as_str()) => Role::Player,
            Who::Quoted(name) => {
                self.quoted.get(name).map_or(Role::Nobody, |id| Role::Npc(id.clone()))
            }
        }
    }
    /// The character that is shown by an image, such as `sylvie green smile`.
    pub(super) fn shown(&self, image: &str) -> Option<&str> {
        let tag = image.split_whitespace().next()?;
        self.images.get(tag).or_else(|| self.images.get(&tag.to_lowercase())).map(String::as_str)
    }
}

/// What stands in the brackets of a character's making.
fn character(value: &str) -> Option<&str> {
    let (before, rest) = value.split_once("Character(")?;
    let is_call = before.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ' '));
    is_call.then_some(rest)
}

fn name(arguments: &str) -> Option<String> {
    let first = arguments.trim();
    let first =
        first.strip_prefix("name").map_or(first, |rest| rest.trim_start_matches([' ', '=']));
    let first = first.trim_start_matches("_(").trim_start_matches("__(").trim();
    let (name, _) = string(first)?;
    let shown = super::text::clean(&name, &|_| None, &mut Vec::new());
    // A name that is filled in while the game runs: most often the player's own.
    Some(if name.trim_start().starts_with('[') { name } else { shown })
}
