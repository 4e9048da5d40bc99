//! Story packs as assets, with hot reload.

use crate::{DramaturgSystems, Notice, Story};
use bevy_app::{App, Plugin, PostUpdate};
use bevy_asset::io::Reader;
use bevy_asset::{
    Asset, AssetApp, AssetLoadFailedEvent, AssetLoader, AssetPath, AssetServer, LoadContext,
    ReadAssetBytesError,
};
use bevy_ecs::prelude::*;
use bevy_reflect::TypePath;
use dramaturg_story::{Pack, PackError};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A story pack, loaded from its `pack.ron`: `assets.load::<StoryPack>("stories/lantern/pack.ron")`. With Bevy's
/// `file_watcher` a changed file reaches the running play at the next turn; one with an error is reported and leaves
/// the play as it is.
#[derive(Asset, TypePath, Clone, Debug)]
pub struct StoryPack(pub Arc<Pack>);

/// Why a pack can't be loaded.
#[derive(Debug, thiserror::Error)]
pub enum StoryPackError {
    /// Something is wrong in it; says where and what to do.
    #[error("{0}")]
    Pack(#[from] PackError),
    /// A file can't be read.
    #[error("a file of the pack can't be read: {0}")]
    Read(#[from] ReadAssetBytesError),
    /// `pack.ron` can't be read.
    #[error("pack.ron can't be read: {0}")]
    Io(#[from] std::io::Error),
    /// A file is not text.
    #[error("{0} is not UTF-8 text; save it as UTF-8")]
    NotText(String),
}

#[derive(Default, TypePath)]
struct StoryPackLoader;

fn text(bytes: Vec<u8>, file: &impl std::fmt::Display) -> Result<String, StoryPackError> {
    String::from_utf8(bytes).map_err(|_| StoryPackError::NotText(file.to_string()))
}

impl AssetLoader for StoryPackLoader {
    type Asset = StoryPack;
    type Settings = ();
    type Error = StoryPackError;

    async fn load(
        &self,
        reader: &mut dyn Reader,
        (): &(),
        context: &mut LoadContext<'_>,
    ) -> Result<StoryPack, StoryPackError> {
        let mut bytes = Vec::new();
        reader.read_to_end(&mut bytes).await?;
        let path = context.path().clone_owned();
        let logic = text(bytes, &path)?;
        let folder = path.path().parent().unwrap_or(path.path()).to_owned();
        let mut files = BTreeMap::new();
        for file in Pack::files(&folder, &logic)? {
            let asset = AssetPath::from_path_buf(folder.join(&file)).with_source(path.source());
            let bytes = context.read_asset_bytes(asset.clone_owned()).await?;
            files.insert(file, text(bytes, &asset)?);
        }
        let mut pack = Pack::from_files(&folder, &logic, &files)?;
        for file in pack.documents().collect::<Vec<_>>() {
            let asset = AssetPath::from_path_buf(folder.join(&file)).with_source(path.source());
            // A document more or less is no reason not to play.
            match context.read_asset_bytes(asset).await {
                Ok(bytes) => pack.shelve([(file, bytes)]),
                Err(error) => {
                    tracing::warn!("{}: the document is left out: {error}", file.display())
                }
            }
        }
        Ok(StoryPack(Arc::new(pack)))
    }
}

/// Loads story packs. Does nothing in an app without an asset server, where only conversations can be had.
#[derive(Clone, Copy, Debug, Default)]
pub struct StoryPackPlugin;

impl Plugin for StoryPackPlugin {
    fn build(&self, app: &mut App) {
        if app.world().contains_resource::<AssetServer>() {
            app.init_asset::<StoryPack>()
                .init_asset_loader::<StoryPackLoader>()
                .add_systems(PostUpdate, report.in_set(DramaturgSystems::Begin));
        }
    }
}

/// A writer sees what is wrong with a pack in the game, too.
fn report(
    mut failures: MessageReader<AssetLoadFailedEvent<StoryPack>>,
    stories: Query<(Entity, &Story)>,
    mut notices: MessageWriter<Notice>,
) {
    for failure in failures.read() {
        for (play, story) in &stories {
            if story.pack.id() == failure.id {
                notices.write(Notice { play, text: failure.error.to_string() });
            }
        }
    }
}
