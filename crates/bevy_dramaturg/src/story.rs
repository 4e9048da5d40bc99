//! Stories and characters get their plays.

use crate::action::NpcActions;
use crate::autonomy::IdleThinking;
use crate::content::ContentSettings;
use crate::mind::{NpcId, Persona};
use crate::model::ActiveModel;
use crate::pack::StoryPack;
use crate::play::Play;
use crate::town::Townsfolk;
use bevy_asset::{AssetEvent, Assets, Handle};
use bevy_ecs::prelude::*;
use bevy_ecs::system::SystemParam;
use dramaturg_story::{Pack, Stage, StageSettings};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;

/// An authored story, played as an entity. Despawn it to end the play.
#[derive(Component, Clone, Debug)]
pub struct Story {
    /// The pack.
    pub pack: Handle<StoryPack>,
    /// The language of a new play, such as `en`.
    pub locale: String,
    /// Seeds every draw of a new play.
    pub seed: u64,
    /// The file that is written at each turn, and continued if it is there. None keeps the play in memory.
    pub save: Option<PathBuf>,
}

impl Story {
    /// A story in English, kept in memory.
    pub fn new(pack: Handle<StoryPack>) -> Self {
        Self { pack, locale: "en".into(), seed: 1, save: None }
    }
    /// In another language.
    #[must_use]
    pub fn with_locale(mut self, locale: impl Into<String>) -> Self {
        self.locale = locale.into();
        self
    }
    /// With other draws.
    #[must_use]
    pub fn with_seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }
    /// Kept in a file.
    #[must_use]
    pub fn with_save(mut self, path: impl Into<PathBuf>) -> Self {
        self.save = Some(path.into());
        self
    }
}

/// Puts a character into a story's cast. The plugin spawns the characters that the game has not.
#[derive(Component, Clone, Debug)]
#[relationship(relationship_target = Cast)]
pub struct CastOf(pub Entity);

/// The characters of a story; despawned with it.
#[derive(Component, Clone, Debug, Default)]
#[relationship_target(relationship = CastOf, linked_spawn)]
pub struct Cast(Vec<Entity>);

/// Begins plays whose packs have been loaded, and hands changed packs to those that run.
pub(crate) fn begin_stories(
    mut commands: Commands,
    packs: Option<Res<Assets<StoryPack>>>,
    changes: Option<MessageReader<AssetEvent<StoryPack>>>,
    model: Res<ActiveModel>,
    actions: Res<NpcActions>,
    content: Res<ContentSettings>,
    thinking: Res<IdleThinking>,
    stories: Query<(Entity, &Story, Option<&Play>, Option<&Cast>)>,
    personas: Query<&Persona>,
) {
    let Some(packs) = packs else { return };
    let changed: Vec<_> =
        changes.map(|mut changes| changes.read().copied().collect()).unwrap_or_default();
    for (entity, story, play, cast) in &stories {
        let Some(StoryPack(pack)) = packs.get(&story.pack) else { continue };
        if let Some(play) = play {
            if changed.iter().any(
                |change| matches!(change, AssetEvent::Modified { id } if *id == story.pack.id()),
            ) {
                tracing::info!("the story '{}' changed; the next turn is played on it", pack.id);
                play.replace_pack(pack.clone());
            }
            continue;
        }
        let members = cast.map(|cast| cast.0.as_slice()).unwrap_or_default();
        let mut npcs: HashMap<NpcId, Entity> = members
            .iter()
            .filter_map(|member| Some((personas.get(*member).ok()?.id.clone(), *member)))
            .collect();
        for id in pack.cast() {
            let persona = pack.persona(&story.locale, id);
            let id = NpcId(id.to_owned());
            npcs.entry(id.clone()).or_insert_with(|| {
                let persona = Persona { id, name: persona.name, description: persona.description };
                commands.spawn((persona, CastOf(entity))).id()
            });
        }
        let settings = StageSettings {
            pack: pack.clone(),
            locale: story.locale.clone(),
            seed: story.seed,
            save: story.save.clone(),
            avoid: content.all().cloned(),
            model: model.slot(),
            ear: model.ear(),
            autonomy: thinking.0,
        };
        commands.entity(entity).insert(Play::new(raise(settings, &actions), pack.clone(), npcs));
    }
}

/// A character without a story is somebody to talk to. Townsfolk are only while they have the attention for it.
pub(crate) fn begin_conversations(
    mut commands: Commands,
    conversations: Conversations,
    alone: Query<
        (Entity, &Persona),
        (Added<Persona>, Without<CastOf>, Without<Play>, Without<Townsfolk>),
    >,
) {
    for (entity, persona) in &alone {
        commands.entity(entity).insert(conversations.begin(entity, persona, "", None));
    }
}

/// What a play needs in which one character is talked to.
#[derive(SystemParam)]
pub(crate) struct Conversations<'w> {
    model: Res<'w, ActiveModel>,
    actions: Res<'w, NpcActions>,
    content: Res<'w, ContentSettings>,
    thinking: Res<'w, IdleThinking>,
}

impl Conversations<'_> {
    /// Begins one, with a sentence or two of what is so at the moment, or goes on with the one that was saved.
    pub(crate) fn begin(
        &self,
        entity: Entity,
        persona: &Persona,
        moment: &str,
        save: Option<PathBuf>,
    ) -> Play {
        let NpcId(id) = &persona.id;
        let described = dramaturg_story::Persona {
            name: persona.name.clone(),
            description: format!("{} {moment}", persona.description).trim_end().to_owned(),
        };
        let pack = Arc::new(Pack::conversation(id, &described));
        let settings = StageSettings {
            pack: pack.clone(),
            locale: locale_of(&persona.description).into(),
            seed: 1,
            save,
            avoid: self.content.all().cloned(),
            model: self.model.slot(),
            ear: self.model.ear(),
            autonomy: self.thinking.0,
        };
        let npcs = HashMap::from([(persona.id.clone(), entity)]);
        Play::new(raise(settings, &self.actions), pack, npcs)
    }
}

/// Begins a play in which characters can do what the game knows by now.
fn raise(settings: StageSettings, actions: &NpcActions) -> Stage {
    let stage = Stage::raise(settings);
    if !actions.repertoire().is_empty() {
        stage.equip(actions.repertoire().clone());
    }
    stage
}

/// A character speaks the language in which it is described.
pub(crate) fn locale_of(description: &str) -> &'static str {
    let chinese = description.chars().any(|c| ('\u{3400}'..='\u{9fff}').contains(&c));
    if chinese { "zh" } else { "en" }
}
