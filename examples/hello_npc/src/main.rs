//! The smallest game with a character who answers: type in the terminal, Marta replies.

use bevy::prelude::*;
use bevy_dramaturg::prelude::*;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, channel};

#[derive(Resource)]
struct Typed(Mutex<Receiver<String>>);

fn main() {
    let (lines, typed) = channel();
    std::thread::spawn(move || {
        std::io::stdin().lines().map_while(Result::ok).try_for_each(|line| lines.send(line))
    });
    App::new()
        .add_plugins((MinimalPlugins, DramaturgPlugins))
        .insert_resource(Typed(Mutex::new(typed)))
        .add_systems(Startup, enter)
        .add_systems(Update, (ask, listen))
        .run();
}

fn enter(mut commands: Commands) {
    let marta = "You are Marta, who keeps a tavern in a harbour town. You are tired, dry and kind.";
    commands.spawn(Persona::new("Marta", marta));
}

fn ask(typed: Res<Typed>, marta: Single<Entity, With<Play>>, mut says: MessageWriter<PlayerSays>) {
    let Ok(typed) = typed.0.lock() else { return };
    says.write_batch(typed.try_iter().map(|line| PlayerSays::to(*marta, line)));
}

fn listen(mut spoken: MessageReader<NpcSpeaks>) {
    spoken.read().filter_map(NpcSpeaks::line).for_each(|line| println!("Marta: {line}"));
}
