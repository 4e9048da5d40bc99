//! Who finds the words: no model, the one that the program was started with, or another one that is on this machine.

use crate::Arguments;
use crate::look;
use crate::preferences::Preferences;
use bevy::prelude::*;
use bevy::render::renderer::RenderAdapterInfo;
use bevy_dramaturg::llm::{LocalSettings, ModelChoice, RemoteSettings, Router, Smaller};
use bevy_dramaturg::prelude::*;
use std::path::PathBuf;

pub struct ModelsPlugin;

impl Plugin for ModelsPlugin {
    fn build(&self, app: &mut App) {
        // Not earlier: what draws is known only when the renderer has begun.
        app.add_systems(PreStartup, |world: &mut World| {
            let models = Models::from_world(world);
            world.insert_resource(models);
        })
        .add_systems(Update, choose);
    }
}

/// What the player can choose from.
#[derive(Resource)]
pub struct Models(Vec<(String, ModelChoice)>);

/// The name under which authored lines alone are kept in the preferences.
const NONE: &str = "none";

/// What hears how a line is meant; it writes nothing.
const EMBEDDER: &str = "multilingual-e5-small";

/// The embedding model, where one is named or lies on this machine. A play without any model is for those who want to see what
/// words alone do.
pub fn embedder(arguments: &Arguments) -> Option<PathBuf> {
    let named = std::env::var_os("DRAMATURG_EMBEDDER").map(PathBuf::from);
    let cached = || Some(cache().join(format!("{EMBEDDER}.gguf"))).filter(|file| file.is_file());
    named.or_else(cached).filter(|_| !arguments.no_model)
}

#[derive(serde::Deserialize)]
struct Entry {
    id: String,
    file: String,
    bytes: Option<u64>,
}

impl FromWorld for Models {
    fn from_world(world: &mut World) -> Self {
        let software = look::is_drawn_in_software(world.get_resource::<RenderAdapterInfo>());
        let arguments = world.resource::<Arguments>();
        let entries = catalogue();
        let sized = |entry: &Entry| Some(Smaller { id: entry.id.clone(), bytes: entry.bytes? });
        let smaller: Vec<Smaller> = entries.iter().filter_map(sized).collect();
        // Where the processor draws, a model leaves a core to the picture: threads that wait for each other on busy cores
        // are slower than one.
        let local = |file: PathBuf| {
            let mut settings =
                LocalSettings { smaller: smaller.clone(), ..LocalSettings::default() };
            if software {
                settings.threads = settings.threads.saturating_sub(1).max(1);
            }
            ModelChoice::Tuned(file, settings)
        };
        let name = |file: &PathBuf| {
            let stem = file.file_stem().unwrap_or(file.as_os_str());
            stem.to_string_lossy().into_owned()
        };
        let mut models = Vec::new();
        let named = std::env::var_os("DRAMATURG_MODEL").map(PathBuf::from);
        if let Some(file) = arguments.model_file.clone().or(named) {
            models.push((name(&file), local(file)));
        }
        if let Some(remote) = RemoteSettings::from_env() {
            models.push(("server".into(), ModelChoice::Remote(remote)));
        }
        let writes = entries.iter().filter(|entry| entry.id != EMBEDDER);
        let cached = writes.map(|entry| cache().join(&entry.file));
        for file in cached.filter(|file| file.is_file()) {
            if models.iter().all(|(known, _)| *known != name(&file)) {
                models.push((name(&file), local(file)));
            }
        }
        Self(models)
    }
}

impl Models {
    /// The one that the program was started with, if any: models that merely lie about are offered, not taken.
    fn first(&self, arguments: &Arguments) -> Option<&str> {
        let env = ["DRAMATURG_MODEL", "DRAMATURG_BASE_URL"];
        let named =
            arguments.model_file.is_some() || env.iter().any(|v| std::env::var_os(v).is_some());
        self.0.first().filter(|_| named && !arguments.no_model).map(|(name, _)| name.as_str())
    }
    /// The next one, and none after the last.
    pub fn step(&self, now: Option<&str>, by: i32) -> Option<String> {
        let of = self.0.len() as i32 + 1;
        let at = self.0.iter().position(|(name, _)| Some(name.as_str()) == now);
        let at = at.map_or(0, |at| at as i32 + 1);
        let next = (at + by).rem_euclid(of);
        let model = usize::try_from(next - 1).ok().and_then(|next| self.0.get(next));
        Some(model.map_or(NONE, |(name, _)| name.as_str()).to_owned())
    }
    /// The name of what was chosen; none for authored lines.
    pub fn shown<'m>(&'m self, chosen: Option<&str>) -> Option<&'m str> {
        self.0.iter().map(|(name, _)| name.as_str()).find(|name| Some(*name) == chosen)
    }
}

/// Opens what is chosen, in the background; the story goes on with authored lines meanwhile.
fn choose(
    models: Res<Models>,
    arguments: Res<Arguments>,
    mut preferences: ResMut<Preferences>,
    model: Res<ActiveModel>,
    mut open: Local<Option<String>>,
) {
    // What is said on the command line counts for this time.
    if open.is_none() {
        let first = models.first(&arguments).map(str::to_owned);
        let kept = preferences.model.clone().filter(|_| !arguments.no_model);
        let wanted = first.or(kept).unwrap_or_else(|| NONE.into());
        preferences.bypass_change_detection().model = Some(wanted);
    }
    let wanted = preferences.model.clone().unwrap_or_else(|| NONE.into());
    if open.as_ref() == Some(&wanted) {
        return;
    }
    let choice =
        models.0.iter().find(|(name, _)| *name == wanted).map(|(_, choice)| choice.clone());
    model.change(choice.unwrap_or_default());
    *open = Some(wanted);
}

/// What a policy's models have cost in this session.
pub fn spent(router: &Router) -> String {
    let total = router.session().total();
    let millionths = total.cost;
    format!("{} requests, {}.{:06}", total.entries, millionths / 1_000_000, millionths % 1_000_000)
}

/// The models of the catalogue.
fn catalogue() -> Vec<Entry> {
    ron::from_str(include_str!("../../../assets/models.ron")).unwrap_or_else(|error| {
        warn!("the catalogue of models can't be read: {error}");
        Vec::new()
    })
}

/// Where `cargo xtask models` puts what it downloads.
fn cache() -> PathBuf {
    let variable = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let home = || variable("HOME").or_else(|| variable("USERPROFILE")).unwrap_or_default();
    let own = if cfg!(target_os = "macos") { "Library/Caches" } else { ".cache" };
    let base = variable("XDG_CACHE_HOME").or_else(|| variable("LOCALAPPDATA"));
    let usual = || base.unwrap_or_else(|| home().join(own)).join("dramaturg").join("models");
    variable("DRAMATURG_CACHE").unwrap_or_else(usual)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_choice_goes_round_by_way_of_no_model() {
        let file = |name: &str| (name.to_owned(), ModelChoice::File(name.into()));
        let models = Models(vec![file("small"), file("large")]);
        let mut now = None;
        let mut seen = Vec::new();
        for _ in 0..4 {
            now = models.step(now.as_deref(), 1);
            seen.push(now.clone().unwrap());
        }
        assert_eq!(seen, ["small", "large", NONE, "small"]);
        assert_eq!(models.step(Some("small"), -1).as_deref(), Some(NONE));
        assert_eq!(models.shown(Some(NONE)), None);
        assert!(!catalogue().is_empty());
    }
}
