//! Characters who answer free speech, in a story that still arrives where its author meant it to.
//!
//! # Ten lines to a character who answers
//!
//! ```no_run
//! use bevy_app::prelude::*;
//! use bevy_dramaturg::prelude::*;
//! use bevy_ecs::prelude::*;
//!
//! fn enter(mut commands: Commands) {
//!     commands.spawn(Persona::new("Marta", "You are Marta, who keeps a tavern in a harbour town. You are dry and kind."));
//! }
//! fn greet(new: Query<Entity, Added<Play>>, mut player: MessageWriter<PlayerSays>) {
//!     player.write_batch(new.iter().map(|marta| PlayerSays::to(marta, "Good evening. Cold out there.")));
//! }
//! fn listen(mut spoken: MessageReader<NpcSpeaks>) {
//!     spoken.read().filter_map(NpcSpeaks::line).for_each(|line| println!("{line}"));
//! }
//! App::new().add_plugins(DramaturgPlugins).add_systems(Startup, enter).add_systems(Update, (greet, listen)).run();
//! ```
//!
//! # Ten lines to a character who acts
//!
//! An action is a type: its fields are what the model fills in, its attributes what the planner and the rules go by. A
//! character does it because the model called it, or because a plan needs it; either way an observer carries it out.
//!
//! ```
//! use bevy_dramaturg::prelude::*;
//! use bevy_ecs::prelude::*;
//! # use bevy_app::App;
//!
//! /// Pours the guest a drink.
//! #[derive(NpcAction, serde::Deserialize, schemars::JsonSchema)]
//! #[action(requires("ale" >= 1), effects("ale" -= 1, "guest.served" = true), limit(3, minutes = 60))]
//! struct Pour { cups: u8 }
//!
//! fn pour(mut act: On<Act<Pour>>) {
//!     let cups = act.action.cups + 1;
//!     act.done_with(serde_json::json!({"cups": cups}));
//! }
//! App::new().add_plugins(DramaturgPlugins).add_npc_action::<Pour>().add_observer(pour);
//! ```
//!
//! # What is what
//!
//! | you spawn or write | and get |
//! |---|---|
//! | [`Persona`] | a character; alone, it is somebody to talk to |
//! | [`Story`] | an authored story, played as an entity; its cast appear as [`Persona`]s of their own |
//! | [`PlayerSays`], [`PlayerWhispers`], [`PlayerTypes`], [`SavePlay`], [`LoadPlay`], [`RollBackPlay`], [`ForgetPerson`] | what the player does |
//! | [`ContentSettings`] | what the player does not want to meet: kept out of all plays |
//! | [`IdleThinking`] | whether characters sum up and reflect while the player reads |
//! | [`ActiveModel`] | the language model, changed while the game runs; none is fine too |
//!
//! | you read | when |
//! |---|---|
//! | [`NpcSpeaks`] | a line begins, grows, ends |
//! | [`NpcActs`] | a character does something of its own will (also an [`EntityEvent`](bevy_ecs::event::EntityEvent): observe it on the character) |
//! | [`BeatReached`], [`StoryEnded`], [`TurnEnded`], [`PlayOpened`], [`PlaySaved`], [`Notice`] | as they say |
//! | [`ModelChanged`], [`ModelNews`] | another model plays; another tier of a policy speaks |
//!
//! On each character: [`Mood`], [`Memory`] and [`Planner`], kept as the play goes on.
//!
//! # A town
//!
//! [`town::AttentionPlugin`] is for characters by the thousand: each lives by a [`Schedule`](routine::Schedule), which costs nothing while
//! nobody looks; whoever is near says something in passing, and anybody can be talked to.
//!
//! # What runs when
//!
//! [`DramaturgSystems`] names the sets. `Perform` runs in `PreUpdate` and turns what the play did into messages;
//! `Begin` and `Send` run in `PostUpdate` and carry the player's words to the play. No system waits: plays and models
//! have threads of their own, a frame only polls channels, and takes at most [`CUES_A_FRAME`] cues from each play.
//!
//! # Bevy versions
//!
//! | bevy | bevy_dramaturg |
//! |---|---|
//! | 0.19 | 0.1 |

pub mod action;
mod autonomy;
mod content;
mod message;
mod mind;
mod model;
mod pack;
mod play;
mod story;
pub mod town;

pub use action::{Act, NpcAction, NpcActionApp, NpcActions};
pub use autonomy::IdleThinking;
pub use content::ContentSettings;
pub use message::{
    BeatReached, ForgetPerson, LoadPlay, Notice, NpcActs, NpcSpeaks, PlayOpened, PlaySaved,
    PlayerSays, PlayerTypes, PlayerWhispers, RollBackPlay, SavePlay, Speech, StoryEnded, TurnEnded,
};
pub use mind::{Memory, MemoryLine, Mood, NpcId, Persona, Planner};
pub use model::{ActiveModel, ModelChanged, ModelNews};
pub use pack::{StoryPack, StoryPackError};
pub use play::{CUES_A_FRAME, Play};
pub use story::{Cast, CastOf, Story};

pub use dramaturg_llm as llm;
pub use dramaturg_mind::{Bark, Barks, attention, routine};
pub use dramaturg_story as engine;

use bevy_app::{App, Last, Plugin, PostUpdate, PreUpdate, plugin_group};
use bevy_ecs::prelude::*;

/// What most games use.
pub mod prelude {
    pub use crate::{
        Act, ActiveModel, BeatReached, ContentSettings, DramaturgPlugins, DramaturgSystems,
        LoadPlay, Memory, Mood, Notice, NpcAction, NpcActionApp, NpcActs, NpcSpeaks, Persona,
        Planner, Play, PlayOpened, PlayerSays, PlayerTypes, SavePlay, Speech, Story, StoryEnded,
        StoryPack, TurnEnded,
    };
}

plugin_group! {
    /// Everything: characters, stories, and story packs as assets where the app has an asset server.
    pub struct DramaturgPlugins {
        pack:::StoryPackPlugin,
        :DramaturgPlugin,
    }
}

/// When the plugin's systems run, in this order within a frame.
#[derive(SystemSet, Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DramaturgSystems {
    /// In `PreUpdate`, before `Perform`: townsfolk go on with their lives, with [`AttentionPlugin`](town::AttentionPlugin).
    Attend,
    /// In `PreUpdate`: what plays did since the last frame becomes messages and components.
    Perform,
    /// In `PostUpdate`: new stories and characters get their plays; changed packs reach them.
    Begin,
    /// In `PostUpdate`, after `Begin`: the player's words and wishes go to the plays.
    Send,
}

/// Characters and stories, without the asset loader.
#[derive(Clone, Copy, Debug, Default)]
pub struct DramaturgPlugin;

impl Plugin for DramaturgPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<ActiveModel>()
            .init_resource::<NpcActions>()
            .init_resource::<ContentSettings>()
            .init_resource::<IdleThinking>()
            .add_message::<PlayerSays>()
            .add_message::<PlayerWhispers>()
            .add_message::<PlayerTypes>()
            .add_message::<SavePlay>()
            .add_message::<LoadPlay>()
            .add_message::<RollBackPlay>()
            .add_message::<ForgetPerson>()
            .add_message::<NpcSpeaks>()
            .add_message::<NpcActs>()
            .add_message::<BeatReached>()
            .add_message::<StoryEnded>()
            .add_message::<TurnEnded>()
            .add_message::<PlayOpened>()
            .add_message::<PlaySaved>()
            .add_message::<Notice>()
            .add_message::<ModelChanged>()
            .add_message::<ModelNews>()
            .register_type::<Persona>()
            .register_type::<Mood>()
            .register_type::<Memory>()
            .register_type::<Planner>()
            .configure_sets(PostUpdate, (DramaturgSystems::Begin, DramaturgSystems::Send).chain())
            .add_systems(PreUpdate, (play::perform, model::watch).in_set(DramaturgSystems::Perform))
            .add_systems(
                PostUpdate,
                (story::begin_stories, story::begin_conversations)
                    .chain()
                    .in_set(DramaturgSystems::Begin),
            )
            .add_systems(
                PostUpdate,
                (content::tell, autonomy::tell, play::send).chain().in_set(DramaturgSystems::Send),
            )
            .add_systems(Last, model::close);
    }
}
