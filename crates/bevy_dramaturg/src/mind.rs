//! What can be seen of a character: who it is, how it feels, what it remembers, what it is about to do.

use bevy_ecs::prelude::*;
use bevy_reflect::Reflect;
use bevy_reflect::prelude::ReflectDefault;
use dramaturg_story::emotion::{Felt, VoiceStyle};
use dramaturg_story::{Emotion, MindReport};

/// A character's id in its pack, such as `marta`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Reflect)]
pub struct NpcId(pub String);

/// A character. Spawned alone it is somebody to talk to; spawned with [`CastOf`](crate::CastOf) a story it is the one of that story's cast
/// with the same id.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Reflect)]
#[reflect(Component, Default, Debug, Clone)]
#[require(Mood, Memory, Planner)]
pub struct Persona {
    /// The id.
    pub id: NpcId,
    /// The name that is shown.
    pub name: String,
    /// Who it is, in the second person, 30 to 80 words: "You are Marta…".
    pub description: String,
}

impl Persona {
    /// A character; its id is its name in lower case.
    pub fn new(name: impl Into<String>, description: impl Into<String>) -> Self {
        let name = name.into();
        Self { id: NpcId(name.to_lowercase()), name, description: description.into() }
    }
}

/// How a character feels: pleasure, arousal and dominance (Mehrabian 1996), each from -1 to 1. Written by the play.
#[derive(Component, Clone, Debug, Default, PartialEq, Reflect)]
#[reflect(Component, Default, Debug, Clone)]
pub struct Mood {
    /// Displeasure to pleasure.
    pub pleasure: f32,
    /// Calm to excited.
    pub arousal: f32,
    /// Led to leading.
    pub dominance: f32,
    /// The face of this mood while the character says nothing.
    #[reflect(ignore)]
    pub face: Emotion,
    /// How the character sounds; plain without a personality.
    #[reflect(ignore)]
    pub voice: VoiceStyle,
    /// The emotions that it feels, the strongest first; none without a personality.
    #[reflect(ignore)]
    pub felt: Vec<Felt>,
}

/// One line that a character heard or said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Reflect)]
pub struct MemoryLine {
    /// In which turn.
    pub turn: u32,
    /// A character's id, or `player`.
    pub speaker: String,
    /// The words.
    pub text: String,
}

/// What a character heard and said, oldest first. Written by the play.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Reflect)]
#[reflect(Component, Default, Debug, Clone)]
pub struct Memory {
    /// All lines.
    pub lines: Vec<MemoryLine>,
}

/// What a character is about to do of its own will. Written by the play.
#[derive(Component, Clone, Debug, Default, PartialEq, Eq, Reflect)]
#[reflect(Component, Default, Debug, Clone)]
pub struct Planner {
    /// Whether it is on the stage.
    pub present: bool,
    /// The goal that it pursues now.
    pub goal: Option<String>,
    /// The actions that lead there, the next one first.
    pub steps: Vec<String>,
}

/// Brings a character's components up to date; `anew` where the play is at another place than before.
pub(crate) fn show(
    report: MindReport,
    anew: bool,
    mood: &mut Mood,
    memory: &mut Memory,
    planner: &mut Planner,
) {
    let unit = |thousandths: i16| f32::from(thousandths) / 1000.0;
    *mood = Mood {
        pleasure: unit(report.mood.pleasure),
        arousal: unit(report.mood.arousal),
        dominance: unit(report.mood.dominance),
        face: report.face,
        voice: report.voice,
        felt: report.felt,
    };
    if anew {
        memory.lines.clear();
    }
    memory.lines.extend(report.heard.into_iter().map(|line| MemoryLine {
        turn: line.turn,
        speaker: line.speaker,
        text: line.text,
    }));
    planner.present = report.present;
    let plan = report.plan;
    planner.goal = plan.as_ref().map(|plan| plan.goal.clone());
    planner.steps = plan.map(|plan| plan.steps).unwrap_or_default();
}
