//! A town: who has how much of the player's attention, who speaks up, and who is ready to talk.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod stage;

use bevy_app::prelude::*;
use bevy_dramaturg::attention::Attention;
use bevy_dramaturg::llm::ModelChoice;
use bevy_dramaturg::prelude::*;
use bevy_dramaturg::routine::{
    Activity, Doing, Life, Moment, Need, Place, Schedule, Spot, Stay, TownPlan,
};
use bevy_dramaturg::town::{
    AttentionChanged, AttentionPlugin, NpcBarks, PlayerApproaches, PlayerLeaves, Presence, Town,
    Townsfolk,
};
use bevy_dramaturg::{Bark, Barks};
use bevy_ecs::prelude::*;
use stage::{app, frames_until, read, say};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A square, and a village so far away that nobody of it is ever seen.
fn plan() -> Arc<TownPlan> {
    let eat = Activity {
        fills: [("food".to_owned(), 30)].into(),
        at: vec!["well".into()],
        minutes: 20,
        ..Activity::new("eat")
    };
    let trade = Activity { may_be_left: true, ..Activity::new("trade") };
    let place = |name: &str, x, y| Place::new(name, Spot::metres(x, y));
    let plan = TownPlan::new(
        vec![
            place("square", 0, 0),
            place("well", 12, 5),
            place("gate", 60, 0),
            place("far", 9_000, 0),
        ],
        vec![trade, eat, Activity::new("sleep")],
        vec![Need::new("food", 500)],
    );
    Arc::new(plan.unwrap())
}

fn barks() -> Barks {
    let line = |en: &str, zh: &str| Bark {
        activity: Some("trade".into()),
        words: [("en".to_owned(), en.to_owned()), ("zh".to_owned(), zh.to_owned())].into(),
        ..Bark::default()
    };
    let lines = [
        line("Eels!", "鳗鱼！"),
        line("Fresh eels!", "新鲜鳗鱼！"),
        line("Last of the day!", "最后几条！"),
    ];
    Barks::new(lines.to_vec()).unwrap()
}

/// The town at noon, with so many at the square and so many far away.
fn town(near: usize, far: usize) -> (App, Vec<Entity>) {
    let mut app = app(ModelChoice::None, None);
    app.add_plugins(AttentionPlugin);
    let mut town = Town::new(Moment::at(0, 12, 0));
    town.barks = barks();
    town.barks_every = (60, 120);
    app.insert_resource(town);
    let plan = plan();
    let stay =
        |from, until, at: &str, what: &str| Stay::named(&plan, from, until, at, what).unwrap();
    let mut all = Vec::new();
    for number in 0..near + far {
        let (work, home) = if number < near { ("square", "gate") } else { ("far", "far") };
        let day = [stay((8, 0), (18, 0), work, "trade"), stay((20, 0), (7, 0), home, "sleep")];
        let schedule = Schedule::new(plan.clone(), 300, &day).unwrap();
        let life = Life::new(&plan, Moment::at(0, 8, 0));
        let speaks = if number % 2 == 0 { "You sell eels." } else { "你卖鳗鱼。" };
        let persona = Persona::new(format!("Ned{number}"), speaks);
        all.push(app.world_mut().spawn((Townsfolk::new(schedule, life), persona)).id());
    }
    (app, all)
}

fn frames(app: &mut App, count: u32, seconds: f64) {
    for _ in 0..count {
        app.world_mut().resource_mut::<Town>().pass(seconds);
        app.update();
    }
}

fn levels(app: &mut App) -> BTreeMap<Attention, usize> {
    let mut count = BTreeMap::new();
    for presence in app.world_mut().query::<&Presence>().iter(app.world()) {
        *count.entry(presence.level()).or_insert(0) += 1;
    }
    count
}

/// Turns to somebody, and waits until they are ready.
fn approach(app: &mut App, npc: Entity) {
    let mut turns = app.world().resource::<Messages<TurnEnded>>().get_cursor_current();
    app.world_mut().write_message(PlayerApproaches { npc });
    frames_until(app, "a play is opened", |app| {
        read(app, &mut turns).iter().any(|turn| turn.play == npc).then_some(())
    });
}

#[test]
fn eight_speak_fifty_are_aware_the_others_live_and_the_far_are_dormant() {
    let (mut app, all) = town(200, 100);
    let mut changes = app.world().resource::<Messages<AttentionChanged>>().get_cursor();
    let mut told = Vec::new();
    for _ in 0..120 {
        frames(&mut app, 1, 1.0);
        told.extend(read(&app, &mut changes));
        let now = levels(&mut app);
        assert!(now.get(&Attention::Speaking).is_none_or(|n| *n <= 8), "{now:?}");
        assert!(now.get(&Attention::Aware).is_none_or(|n| *n <= 50), "{now:?}");
    }
    let expected = [(Attention::Background, 142), (Attention::Aware, 50), (Attention::Speaking, 8)];
    assert_eq!(levels(&mut app), expected.into());
    let plays = app.world_mut().query::<&Play>().iter(app.world()).count();
    assert_eq!(plays, 8, "only who is ready to talk has a thread");
    assert!(all.iter().skip(200).all(|npc| app.world().get::<Presence>(*npc).is_none()));
    // They all stand at one spot: nobody's level changes again.
    assert_eq!(told.len(), 200);
    frames(&mut app, 200, 1.0);
    assert!(read(&app, &mut changes).len() <= 8, "some go to eat, and no more");
}

#[test]
fn whoever_walks_away_falls_asleep_and_is_met_again_where_they_would_have_been() {
    let (mut app, all) = town(30, 0);
    let (mut awake, same) = town(30, 0);
    for app in [&mut app, &mut awake] {
        app.world_mut().resource_mut::<Town>().rules.dwell = 10;
    }
    frames(&mut app, 60, 1.0);
    frames(&mut awake, 60, 1.0);
    // The player goes far away for two days and an hour.
    app.world_mut().resource_mut::<Town>().player = Spot::metres(5_000, 5_000);
    frames(&mut app, 600, 294.0);
    assert!(levels(&mut app).is_empty(), "{:?}", levels(&mut app));
    assert_eq!(app.world_mut().query::<&Play>().iter(app.world()).count(), 0);
    frames(&mut awake, 600, 294.0);
    app.world_mut().resource_mut::<Town>().player = Spot::metres(0, 0);
    frames(&mut app, 120, 1.0);
    frames(&mut awake, 120, 1.0);
    assert_eq!(levels(&mut app), levels(&mut awake));
    let now = app.world().resource::<Town>().now();
    assert_eq!(now, awake.world().resource::<Town>().now());
    let mut away = 0;
    for (one, other) in all.iter().zip(&same) {
        let seen = |app: &App, npc: Entity| {
            let folk = app.world().get::<Townsfolk>(npc).unwrap();
            let presence = app.world().get::<Presence>(npc).unwrap();
            let needs = folk.life().percent(folk.schedule(), "food", now);
            (*presence.stretch(), presence.spot(now), needs)
        };
        assert_eq!(seen(&app, *one), seen(&awake, *other));
        away += usize::from(
            seen(&app, *one).0.doing != Doing::Active(plan().activity_named("trade").unwrap()),
        );
    }
    println!("{away} of 30 were about something else than their trade");
}

#[test]
fn who_is_aware_speaks_up_in_their_language_and_never_says_the_same_twice_running() {
    let (mut app, _) = town(30, 0);
    let mut said = app.world().resource::<Messages<NpcBarks>>().get_cursor();
    let mut by = BTreeMap::<Entity, Vec<String>>::new();
    for _ in 0..900 {
        frames(&mut app, 1, 2.0);
        for bark in read(&app, &mut said) {
            by.entry(bark.npc).or_default().push(bark.text);
        }
    }
    assert!(by.len() >= 25, "{}", by.len());
    for (npc, lines) in by {
        assert!(lines.windows(2).all(|pair| pair[0] != pair[1]), "{lines:?}");
        let persona = &app.world().get::<Persona>(npc).unwrap().description;
        let chinese = persona.starts_with('你');
        assert!(lines.iter().all(|line| line.contains('鱼') || line.contains('条') == chinese));
    }
}

#[test]
fn anybody_can_be_talked_to_and_goes_back_to_work_afterwards() {
    let (mut app, all) = town(300, 50);
    frames(&mut app, 120, 1.0);
    // One of the many in the background, and one who is nine kilometres away.
    for npc in [all[250], all[349]] {
        let began = app.world().resource::<Town>().now();
        approach(&mut app, npc);
        assert!(levels(&mut app)[&Attention::Speaking] <= 8);
        let lines = say(&mut app, npc, "Good day. How is business?");
        assert!(!lines.is_empty());
        // Time passes, and they stand and talk.
        frames(&mut app, 60, 60.0);
        let now = app.world().resource::<Town>().now();
        let presence = app.world().get::<Presence>(npc).unwrap();
        assert_eq!(presence.stretch().doing, Doing::Talking);
        assert_eq!(presence.level(), Attention::Speaking);
        assert!(now.since(began) >= 3_600);
        app.world_mut().write_message(PlayerLeaves { npc });
        frames(&mut app, 60, 60.0);
        let folk = app.world().get::<Townsfolk>(npc).unwrap();
        assert!(!folk.life().is_held());
        assert!(app.world().get::<Play>(npc).is_some(), "what was said is not lost");
    }
}

#[test]
fn a_talk_that_is_kept_in_a_file_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let (mut app, all) = town(1, 0);
    app.world_mut().resource_mut::<Town>().saves = Some(folder.path().into());
    app.world_mut().resource_mut::<Town>().rules.dwell = 0;
    let npc = all[0];
    approach(&mut app, npc);
    say(&mut app, npc, "My name is Ada.");
    app.world_mut().write_message(PlayerLeaves { npc });
    app.world_mut().resource_mut::<Town>().player = Spot::metres(5_000, 5_000);
    frames(&mut app, 120, 1.0);
    assert!(app.world().get::<Play>(npc).is_none(), "the thread is given back");
    app.world_mut().write_message(PlayerApproaches { npc });
    let mut opened = app.world().resource::<Messages<PlayOpened>>().get_cursor_current();
    let history = frames_until(&mut app, "it is opened again", |app| {
        Some(read(app, &mut opened).pop()?.history)
    });
    assert!(history.iter().any(|line| line.text == "My name is Ada."), "{history:?}");
}

#[test]
fn whoever_is_despawned_is_in_no_book() {
    let (mut app, all) = town(40, 0);
    frames(&mut app, 30, 1.0);
    for npc in &all {
        app.world_mut().despawn(*npc);
    }
    frames(&mut app, 60, 60.0);
    assert!(levels(&mut app).is_empty());
    app.world_mut().write_message(PlayerApproaches { npc: all[0] });
    frames(&mut app, 10, 1.0);
}

#[test]
fn time_does_not_go_back() {
    let mut town = Town::new(Moment::at(0, 12, 0));
    for seconds in [0.4, 0.4, 0.4, -5.0, f64::NAN, f64::NEG_INFINITY] {
        town.pass(seconds);
    }
    assert_eq!(town.now(), Moment::at(0, 12, 0).after(1));
    town.pass(f64::INFINITY);
    assert_eq!(town.now().day(), 1);
}
