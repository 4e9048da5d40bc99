//! A running play on its entity: messages go to its stage, cues come back.

use crate::message::{
    BeatReached, ForgetPerson, LoadPlay, Notice, NpcActs, NpcSpeaks, PlayOpened, PlaySaved,
    PlayerSays, PlayerTypes, PlayerWhispers, RollBackPlay, SavePlay, Speech, StoryEnded, TurnEnded,
};
use crate::mind::{Memory, Mood, NpcId, Planner, show};
use bevy_ecs::prelude::*;
use bevy_ecs::system::SystemParam;
use dramaturg_story::{Cue, MindReport, Pack, Stage, Suggestion};
use std::collections::HashMap;
use std::sync::Arc;

/// The most that one play tells in one frame; what is left is told in the next.
pub const CUES_A_FRAME: usize = 64;

/// A play that runs: on the entity of a [`Story`](crate::Story), or of a [`Persona`](crate::Persona) that stands alone.
#[derive(Component)]
pub struct Play {
    stage: Stage,
    pack: Arc<Pack>,
    npcs: HashMap<NpcId, Entity>,
    speaker: Option<Entity>,
    background: String,
    beat: String,
    turn: u32,
    newest: u32,
    suggestions: Vec<Suggestion>,
}

impl Play {
    pub(crate) fn new(stage: Stage, pack: Arc<Pack>, npcs: HashMap<NpcId, Entity>) -> Self {
        let background = pack.background.clone();
        Self {
            stage,
            pack,
            npcs,
            speaker: None,
            background,
            beat: String::new(),
            turn: 0,
            newest: 0,
            suggestions: Vec::new(),
        }
    }
    pub(crate) fn replace_pack(&self, pack: Arc<Pack>) {
        self.stage.replace_pack(pack);
    }
    pub(crate) fn stage(&self) -> &Stage {
        &self.stage
    }
    /// The story that it began with.
    pub fn pack(&self) -> &Pack {
        &self.pack
    }
    /// Name of the background of the scene that the play is in; empty where its story names none.
    pub fn background(&self) -> &str {
        &self.background
    }
    /// The beat that is open; empty before the first.
    pub fn beat(&self) -> &str {
        &self.beat
    }
    /// The player's turn at which the play stands; 0 is the opening.
    pub fn turn(&self) -> u32 {
        self.turn
    }
    /// The last turn that is kept: later than [`Self::turn`] after [`RollBackPlay`], until something new is said.
    pub fn newest_turn(&self) -> u32 {
        self.newest
    }
    /// What the player might say now: an example of each open move. Said word for word, it makes that move.
    pub fn suggestions(&self) -> &[Suggestion] {
        &self.suggestions
    }
    /// The entity of a character, by its id.
    pub fn npc(&self, id: &str) -> Option<Entity> {
        self.npcs.get(&NpcId(id.to_owned())).copied()
    }
}

/// All that a play can tell.
#[derive(SystemParam)]
pub(crate) struct Told<'w> {
    opened: MessageWriter<'w, PlayOpened>,
    speaks: MessageWriter<'w, NpcSpeaks>,
    acts: MessageWriter<'w, NpcActs>,
    reached: MessageWriter<'w, BeatReached>,
    ended: MessageWriter<'w, StoryEnded>,
    turns: MessageWriter<'w, TurnEnded>,
    saved: MessageWriter<'w, PlaySaved>,
    notices: MessageWriter<'w, Notice>,
}

type Minds<'w, 's> = Query<'w, 's, (&'static mut Mood, &'static mut Memory, &'static mut Planner)>;

pub(crate) fn perform(
    mut commands: Commands,
    mut plays: Query<(Entity, &mut Play)>,
    mut minds: Minds,
    mut told: Told,
) {
    for (entity, mut play) in &mut plays {
        for _ in 0..CUES_A_FRAME {
            let Some(cue) = play.stage.try_cue() else { break };
            tell(cue, entity, &mut play, &mut commands, &mut minds, &mut told);
        }
    }
}

fn tell(
    cue: Cue,
    entity: Entity,
    play: &mut Play,
    commands: &mut Commands,
    minds: &mut Minds,
    told: &mut Told,
) {
    let speech = |npc, speech| NpcSpeaks { play: entity, npc, speech };
    match cue {
        Cue::Opened {
            resumed,
            history,
            beat,
            locale,
            ended,
            background,
            minds: reports,
            turn,
            newest,
            suggestions,
        } => {
            play.background = background;
            play.beat = beat;
            (play.turn, play.newest) = (turn, newest);
            play.suggestions = suggestions;
            show_all(reports, true, play, minds);
            told.opened.write(PlayOpened {
                play: entity,
                resumed,
                history,
                locale,
                ended,
                turn,
                newest,
            });
        }
        Cue::LineBegan { npc, emotion, voice } => {
            play.speaker = npc.and_then(|npc| play.npc(&npc));
            told.speaks.write(speech(play.speaker, Speech::Began { emotion, voice }));
        }
        Cue::Delta(text) => {
            told.speaks.write(speech(play.speaker, Speech::Delta(text)));
        }
        Cue::LineEnded { text } => {
            told.speaks.write(speech(play.speaker, Speech::Ended { text }));
        }
        Cue::Acted { npc, action, kind } => {
            if let Some(npc) = play.npc(&npc) {
                let acts = NpcActs { npc, play: entity, action, kind };
                told.acts.write(acts.clone());
                commands.trigger(acts);
            }
        }
        Cue::Call { number, npc, call } => {
            let npc = play.npc(&npc);
            commands.queue(move |world: &mut World| {
                crate::action::carry_out(world, entity, number, npc, call);
            });
        }
        Cue::SceneBegan { background, .. } => play.background = background,
        Cue::BeatReached { beat, earned } => {
            told.reached.write(BeatReached { play: entity, beat, earned });
        }
        Cue::Ended { ending } => {
            told.ended.write(StoryEnded { play: entity, ending });
        }
        Cue::TurnEnded { turn, report } => {
            show_all(report.minds.clone(), false, play, minds);
            play.beat.clone_from(&report.beat);
            play.suggestions.clone_from(&report.suggestions);
            (play.turn, play.newest) = (turn, turn);
            told.turns.write(TurnEnded { play: entity, turn, report: Arc::new(*report) });
        }
        Cue::Saved(path) => {
            told.saved.write(PlaySaved { play: entity, path });
        }
        Cue::Notice(text) => {
            tracing::warn!("{text}");
            told.notices.write(Notice { play: entity, text });
        }
    }
}

fn show_all(reports: Vec<MindReport>, anew: bool, play: &Play, minds: &mut Minds) {
    for report in reports {
        let Some(npc) = play.npc(&report.npc) else { continue };
        if let Ok((mut mood, mut memory, mut planner)) = minds.get_mut(npc) {
            show(report, anew, &mut mood, &mut memory, &mut planner);
        }
    }
}

pub(crate) fn send(
    plays: Query<&Play>,
    mut says: MessageReader<PlayerSays>,
    mut whispers: MessageReader<PlayerWhispers>,
    mut types: MessageReader<PlayerTypes>,
    mut saves: MessageReader<SavePlay>,
    mut loads: MessageReader<LoadPlay>,
    mut rolls: MessageReader<RollBackPlay>,
    mut forgets: MessageReader<ForgetPerson>,
) {
    let stage = |entity| plays.get(entity).ok().map(|play: &Play| &play.stage);
    for PlayerTypes { play, text } in types.read() {
        stage(*play).into_iter().for_each(|stage| stage.typing(text.clone()));
    }
    for PlayerSays { play, text } in says.read() {
        match stage(*play) {
            Some(stage) => stage.say(text.clone()),
            None => tracing::warn!(
                "{play} has no play: nobody heard the player; wait for PlayOpened before you send PlayerSays"
            ),
        }
    }
    for PlayerWhispers { play, to, text } in whispers.read() {
        stage(*play).into_iter().for_each(|stage| stage.whisper(to.clone(), text.clone()));
    }
    for SavePlay { play, path } in saves.read() {
        stage(*play).into_iter().for_each(|stage| stage.save_as(path.clone()));
    }
    for LoadPlay { play, path } in loads.read() {
        stage(*play).into_iter().for_each(|stage| stage.load_from(path.clone()));
    }
    for RollBackPlay { play, turn } in rolls.read() {
        stage(*play).into_iter().for_each(|stage| stage.roll_back_to(*turn));
    }
    for ForgetPerson { play, who } in forgets.read() {
        stage(*play).into_iter().for_each(|stage| stage.forget(who.clone()));
    }
}
