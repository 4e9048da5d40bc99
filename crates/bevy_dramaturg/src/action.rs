//! What characters can do in the game's world: types with `#[derive(NpcAction)]`, carried out by observers.

pub use dramaturg_mind::action::*;

use crate::Notice;
use crate::play::Play;
use bevy_app::App;
use bevy_ecs::prelude::*;
use dramaturg_llm::ToolCall;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A character does something. Observe it (on the character or everywhere), and do it; what you tell here is what the model
/// and the next step of a chain get. If nothing is told, it is done.
#[derive(EntityEvent, Debug)]
pub struct Act<A: NpcAction> {
    /// Who.
    #[event_target]
    pub npc: Entity,
    /// In which play.
    pub play: Entity,
    /// What, with its arguments. They fit the schema, the requirements hold, and this character may do it here and now.
    pub action: A,
    result: Result<Json, String>,
}

impl<A: NpcAction> Act<A> {
    /// It is done, and gives this: a later call of the same answer may use it as `$1.field`.
    pub fn done_with(&mut self, result: Json) {
        self.result = Ok(result);
    }
    /// It can't be done; the reason is a sentence for the model, and a plan takes another way.
    pub fn fail(&mut self, why: impl Into<String>) {
        self.result = Err(why.into());
    }
}

type Runner = fn(&mut World, Entity, Entity, Json) -> Result<Json, String>;

/// All actions of the game. Plays that begin later know them.
#[derive(Resource, Default)]
pub struct NpcActions {
    repertoire: Repertoire,
    runners: BTreeMap<String, Runner>,
}

impl NpcActions {
    /// Adds an action; one of the same name is replaced.
    pub fn add<A: NpcAction>(&mut self) {
        let definition = A::definition();
        self.runners.insert(definition.name.clone(), run::<A>);
        self.repertoire.add(definition);
    }
    /// What they are.
    pub fn repertoire(&self) -> &Repertoire {
        &self.repertoire
    }
}

/// Adds actions to an app.
pub trait NpcActionApp {
    /// Lets characters do `A`; an observer of [`Act<A>`] carries it out.
    fn add_npc_action<A: NpcAction>(&mut self) -> &mut Self;
}

impl NpcActionApp for App {
    fn add_npc_action<A: NpcAction>(&mut self) -> &mut Self {
        self.init_resource::<NpcActions>();
        self.world_mut().resource_mut::<NpcActions>().add::<A>();
        self
    }
}

fn run<A: NpcAction>(
    world: &mut World,
    play: Entity,
    npc: Entity,
    arguments: Json,
) -> Result<Json, String> {
    let action = serde_json::from_value(arguments).map_err(|error| error.to_string())?;
    let mut act: Act<A> = Act { npc, play, action, result: Ok(Json::Null) };
    world.trigger_ref(&mut act);
    act.result
}

/// Carries out a call, and tells the play what came of it. An observer that panics has failed, and nothing else is lost.
pub(crate) fn carry_out(
    world: &mut World,
    play: Entity,
    number: u64,
    npc: Option<Entity>,
    call: ToolCall,
) {
    let name = call.name;
    let runner = world.get_resource::<NpcActions>().and_then(|all| all.runners.get(&name).copied());
    let result = match (runner, npc) {
        (Some(runner), Some(npc)) => catch_unwind(AssertUnwindSafe(|| {
            runner(world, play, npc, call.arguments)
        }))
        .unwrap_or_else(|_| {
            let text = format!(
                "the game's code for the action '{name}' panicked; the play goes on without it"
            );
            tracing::error!("{text}");
            world.write_message(Notice { play, text });
            Err(format!("'{name}' went wrong"))
        }),
        _ => Err(format!("nobody can do '{name}'")),
    };
    if let Some(play) = world.get::<Play>(play) {
        play.stage().answer(number, result);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bevy_ecs::message::Messages;
    use serde_json::json;

    /// Pours a drink.
    #[derive(NpcAction, serde::Deserialize, schemars::JsonSchema)]
    #[action(crate = crate)]
    struct Pour {
        cups: u8,
    }

    fn world(cups: u8) -> (World, Result<Json, String>) {
        let mut world = World::new();
        world.init_resource::<NpcActions>();
        world.init_resource::<Messages<Notice>>();
        world.resource_mut::<NpcActions>().add::<Pour>();
        world.add_observer(|mut act: On<Act<Pour>>| match act.action.cups {
            0 => act.fail("no cup is left"),
            9 => panic!("nine cups"),
            cups => act.done_with(json!({ "cups": cups + 1 })),
        });
        let (npc, play) = (world.spawn_empty().id(), world.spawn_empty().id());
        let result = (cups != 9).then(|| run::<Pour>(&mut world, play, npc, json!({"cups": cups})));
        let call =
            ToolCall { id: "1".into(), name: "pour".into(), arguments: json!({"cups": cups}) };
        carry_out(&mut world, play, 1, Some(npc), call);
        (world, result.unwrap_or(Ok(Json::Null)))
    }

    #[test]
    fn an_observer_carries_out_an_action_and_says_what_came_of_it() {
        assert_eq!(world(2).1, Ok(json!({"cups": 3})));
        assert_eq!(world(0).1, Err("no cup is left".into()));
    }

    #[test]
    fn an_observer_that_panics_is_reported_and_nothing_else_is_lost() {
        let (mut world, _) = world(9);
        let notices: Vec<_> = world.resource_mut::<Messages<Notice>>().drain().collect();
        assert!(notices[0].text.contains("'pour' panicked"), "{}", notices[0].text);
        // The world goes on, and so does the very observer.
        let (npc, play) = (world.spawn_empty().id(), world.spawn_empty().id());
        assert_eq!(run::<Pour>(&mut world, play, npc, json!({"cups": 1})), Ok(json!({"cups": 2})));
    }
}
