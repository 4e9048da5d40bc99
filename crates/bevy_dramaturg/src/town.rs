//! Many characters with lives of their own, of whom a few have the player's attention.

mod bark;
mod crowd;
mod look;
mod meet;
mod stir;

use crate::DramaturgSystems;
use crate::attention::{Attention, AttentionRules};
use crate::routine::{Life, Moment, Schedule, Spot, Stretch};
use bevy_app::prelude::*;
use bevy_ecs::prelude::*;
use dramaturg_mind::{Barks, Emotion, Heard};
use std::path::PathBuf;

pub use crowd::BUDGET_A_FRAME;

/// Townsfolk: characters who live by a [`Schedule`] and get as much of a mind as the player can notice. Added beside
/// [`DramaturgPlugins`](crate::DramaturgPlugins) by the games that want it; the others pay nothing for it.
///
/// The game inserts a [`Town`], keeps its time and the player's place up to date, and spawns [`Townsfolk`] with a
/// [`Persona`](crate::Persona) each. Whoever is near enough gets a [`Presence`], which says where they are and what they do; who stands out most speaks
/// up ([`NpcBarks`]), and the first of them have a [`Play`](crate::Play) and are ready to talk. The player may turn to any one of
/// all, [`PlayerApproaches`], who then stands still and has a play until [`PlayerLeaves`].
///
/// In each frame it looks at [`BUDGET_A_FRAME`] of those who are near and changes a few of them; who is dormant is not looked at, however many they
/// are. It runs in [`DramaturgSystems::Attend`].
#[derive(Clone, Copy, Debug, Default)]
pub struct AttentionPlugin;

impl Plugin for AttentionPlugin {
    fn build(&self, app: &mut App) {
        app.init_resource::<crowd::Crowd>()
            .add_message::<PlayerApproaches>()
            .add_message::<PlayerLeaves>()
            .add_message::<AttentionChanged>()
            .add_message::<NpcBarks>()
            .add_observer(crowd::settle_in)
            .add_observer(crowd::move_out)
            .configure_sets(PreUpdate, DramaturgSystems::Attend.before(DramaturgSystems::Perform))
            .add_systems(
                PreUpdate,
                (meet::meet, look::look, look::apply, stir::stir, bark::speak_up)
                    .chain()
                    .run_if(resource_exists::<Town>)
                    .in_set(DramaturgSystems::Attend),
            );
    }
}

/// The town's time, the player's place in it, and how attention is given.
#[derive(Resource, Clone, Debug)]
pub struct Town {
    now: Moment,
    /// What is less than a second yet.
    rest: f64,
    /// Where the player is.
    pub player: Spot,
    /// How far the player sees, in decimetres; not into places that are [indoors](crate::routine::Place::indoors).
    pub sees: u32,
    /// How levels are given.
    pub rules: AttentionRules,
    /// What is said in passing.
    pub barks: Barks,
    /// Seconds of story time, at the least and at the most, from one bark of somebody to the next.
    pub barks_every: (u32, u32),
    /// Seeds who says what when.
    pub seed: u64,
    /// A folder in which the talks of townsfolk are kept, a file for each id, so that they can be put away and gone on with. Without it a play in
    /// which something was said is kept in memory, with its thread.
    pub saves: Option<PathBuf>,
}

impl Town {
    /// A town at a moment, in which the player is at the origin and sees 50 metres.
    pub fn new(now: Moment) -> Self {
        Self {
            now,
            rest: 0.0,
            player: Spot::default(),
            sees: 500,
            rules: AttentionRules::default(),
            barks: Barks::default(),
            barks_every: (300, 1_200),
            seed: 1,
            saves: None,
        }
    }
    /// What time it is.
    pub fn now(&self) -> Moment {
        self.now
    }
    /// So many seconds of story time pass. Time never goes back: what is negative or no number counts as none.
    pub fn pass(&mut self, seconds: f64) {
        // A day at the most: what a frame may make up for.
        self.rest += if seconds > 0.0 { seconds.min(86_400.0) } else { 0.0 };
        let whole = self.rest.floor();
        self.rest -= whole;
        self.now = self.now.after(whole as i64);
    }
}

/// Somebody of the town: a day, and a life that is lived by it. Give the entity a [`Persona`](crate::Persona) too, so that it can be talked to.
#[derive(Component, Clone, Debug)]
pub struct Townsfolk {
    schedule: Schedule,
    life: Life,
    role: String,
    weight: u16,
    talked: Option<Moment>,
    addressed: bool,
}

impl Townsfolk {
    /// Somebody with that day.
    pub fn new(schedule: Schedule, life: Life) -> Self {
        Self { schedule, life, role: String::new(), weight: 0, talked: None, addressed: false }
    }
    /// With a role, for barks: whose line it is, and who is near.
    #[must_use]
    pub fn with_role(mut self, role: impl Into<String>) -> Self {
        self.role = role.into();
        self
    }
    /// With a weight in the story, from 0 to 1000: the more of it, the sooner they have the player's attention.
    #[must_use]
    pub fn with_weight(mut self, weight: u16) -> Self {
        self.weight = weight;
        self
    }
    /// The day.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }
    /// The life: what changes, to be saved with the game.
    pub fn life(&self) -> &Life {
        &self.life
    }
    /// The role.
    pub fn role(&self) -> &str {
        &self.role
    }
    /// What they do at a moment, dormant or not.
    pub fn stretch(&self, now: Moment) -> Stretch {
        self.life.stretch(&self.schedule, now)
    }
    /// Bytes that it takes, beside what all share.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() - size_of::<Schedule>() - size_of::<Life>()
            + self.schedule.bytes()
            + self.life.bytes()
            + self.role.capacity()
    }
}

/// On townsfolk who are not dormant: where they are, what they do, and how much of the player's attention they have. It changes when what they do
/// does; where they are in between is computed.
#[derive(Component, Clone, Debug)]
pub struct Presence {
    level: Attention,
    since: Moment,
    stretch: Stretch,
    /// When `stretch` is over, or a need ends it.
    due: Moment,
    barks_at: Moment,
    heard: Heard,
}

impl Presence {
    /// How much of a mind they have.
    pub fn level(&self) -> Attention {
        self.level
    }
    /// What they do.
    pub fn stretch(&self) -> &Stretch {
        &self.stretch
    }
    /// Where they are, in decimetres.
    pub fn spot(&self, now: Moment) -> Spot {
        self.stretch.spot(now)
    }
}

/// The player turns to somebody of the town, who stands still and has a play. In.
#[derive(Message, Clone, Copy, Debug)]
pub struct PlayerApproaches {
    /// Who.
    pub npc: Entity,
}

/// The player turns away again, and whoever it was goes back to what they have to do. In.
#[derive(Message, Clone, Copy, Debug)]
pub struct PlayerLeaves {
    /// From whom.
    pub npc: Entity,
}

/// Somebody has more or less of the player's attention. Out.
#[derive(Message, Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionChanged {
    /// Who.
    pub npc: Entity,
    /// What it was.
    pub from: Attention,
    /// What it is.
    pub to: Attention,
}

/// Somebody says something in passing. Out.
#[derive(Message, Clone, Debug, PartialEq, Eq)]
pub struct NpcBarks {
    /// Who.
    pub npc: Entity,
    /// The words, in the language in which the character is described.
    pub text: String,
    /// The face to it.
    pub face: Emotion,
}
