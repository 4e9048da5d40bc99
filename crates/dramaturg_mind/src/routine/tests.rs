use super::drift::FULL;
use super::*;
use crate::action::{NpcAction, Repertoire};
use proptest::prelude::*;
use std::sync::Arc;

/// A town of six places, three activities that meet needs, and work.
fn town() -> Arc<TownPlan> {
    let place = |name: &str, x, y| Place::new(name, Spot { x, y });
    let fills = |name: &str, need: &str, minutes| Activity {
        fills: [(need.to_owned(), minutes)].into(),
        ..Activity::new(name)
    };
    let plan = TownPlan::new(
        vec![
            place("home", 0, 0),
            place("stall", 900, 300),
            place("tavern", 400, 700),
            place("well", 333, 17),
            place("bakery", -500, 210),
            place("mill", 1700, -900),
        ],
        vec![
            Activity { may_be_left: true, ..Activity::new("trade") },
            fills("sleep", "rest", 480),
            Activity {
                may_be_left: true,
                at: vec!["tavern".into()],
                minutes: 30,
                ..fills("drink", "company", 60)
            },
            Activity {
                at: vec!["well".into(), "tavern".into()],
                minutes: 25,
                requires: vec![bread(crate::Comparison::AtLeast, 1)],
                ..fills("eat", "food", 30)
            },
            Activity {
                at: vec!["bakery".into()],
                minutes: 5,
                changes: vec![crate::Change {
                    fact: "has.bread".into(),
                    how: crate::Manner::Add,
                    value: crate::Value::Number(1),
                }],
                ..Activity::new("buy_bread")
            },
        ],
        vec![Need::new("food", 700), Need::new("rest", 1400), Need::new("company", 2000)],
    );
    Arc::new(plan.unwrap())
}

fn bread(is: crate::Comparison, n: i32) -> crate::Requirement {
    crate::Requirement { fact: "has.bread".into(), is, value: crate::Value::Number(n) }
}

/// Days that can be lived, and some that can't and are left out.
fn schedule() -> impl Strategy<Value = Schedule> {
    let stay = (0u16..1440, 1u16..500, 0usize..6, 0usize..3);
    (prop::collection::vec(stay, 1..7), 60u32..900).prop_filter_map("no day", |(stays, pace)| {
        let town = town();
        let named = |(from, minutes, place, activity): (u16, u16, usize, usize)| Stay {
            from,
            until: (from + minutes) % 1440,
            place: town.place_named(&town.places()[place].name).unwrap(),
            activity: town.activity_named(&town.activities()[activity].name).unwrap(),
        };
        let mut stays: Vec<Stay> = stays.into_iter().map(named).collect();
        // Whatever can't be lived is thinned out until it can.
        loop {
            match Schedule::new(town.clone(), pace, &stays) {
                Ok(schedule) => return Some(schedule),
                Err(ScheduleError::Empty) => return None,
                Err(_) => drop(stays.pop()),
            }
        }
    })
}

fn life(plan: &TownPlan, from: Moment, percents: [u8; 3]) -> Life {
    let life = Life::new(plan, from);
    life.with(plan, "food", percents[0]).with(plan, "rest", percents[1]).with(
        plan,
        "company",
        percents[2],
    )
}

/// All that can be seen of a life.
fn seen(life: &Life, schedule: &Schedule, now: Moment) -> (Stretch, Spot, Vec<u32>) {
    let levels = (0..3).map(|need| life.level(schedule, need, now)).collect();
    (life.stretch(schedule, now), life.spot(schedule, now), levels)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn needs_in_closed_form_are_needs_minute_by_minute(
        schedule in schedule(), from in -100_000i64..100_000, minutes in 0i64..4000, level in 0u32..=1_000_000
    ) {
        let plan = town();
        let from = Moment::new(from).floor();
        let to = from.after(minutes * 60);
        for need in 0..3 {
            let mut slow = i64::from(level);
            for minute in 0..minutes {
                let doing = schedule.stretch(from.after(minute * 60)).doing;
                slow = (slow + plan.rate(doing.activity(), need)).clamp(0, FULL);
            }
            prop_assert_eq!(i64::from(schedule.drift(need, from, to).of(level)), slow);
        }
    }

    #[test]
    fn what_was_done_since_is_what_was_done_second_by_second(
        schedule in schedule(), from in -100_000i64..100_000, seconds in 0i64..200_000
    ) {
        let from = Moment::new(from);
        let done = schedule.done(from, from.after(seconds));
        prop_assert_eq!(done.iter().map(|(_, seconds)| *seconds).sum::<i64>(), seconds);
        let mut slow = std::collections::BTreeMap::new();
        let mut at = from;
        while at < from.after(seconds) {
            let stretch = schedule.stretch(at);
            let ends = stretch.ends.min(from.after(seconds));
            prop_assert!(stretch.begins <= at && at < stretch.ends);
            *slow.entry(stretch.doing).or_insert(0) += ends.since(at);
            at = ends;
        }
        let mut done = done;
        done.sort();
        prop_assert_eq!(done, slow.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn a_life_that_nobody_looked_at_is_the_life_that_was_looked_at_all_the_time(
        schedule in schedule(),
        percents in prop::array::uniform3(0u8..=100),
        steps in prop::collection::vec(1i64..4_000, 1..120),
    ) {
        let plan = town();
        let from = Moment::at(3, 7, 0);
        let dormant = life(&plan, from, percents);
        let mut awake = dormant.clone();
        let mut now = from;
        for step in steps {
            now = now.after(step);
            awake.live(&schedule, now);
            let mut woken = dormant.clone();
            woken.live(&schedule, now);
            prop_assert_eq!(seen(&woken, &schedule, now), seen(&awake, &schedule, now));
            prop_assert_eq!(&woken, &awake);
        }
    }

    #[test]
    fn a_long_sleep_is_as_many_short_ones(
        schedule in schedule(), percents in prop::array::uniform3(0u8..=100), days in 1u32..200
    ) {
        let plan = town();
        let mut slow = life(&plan, Moment::at(0, 0, 0), percents);
        let mut fast = slow.clone();
        for hour in 1..=days * 24 {
            slow.live(&schedule, Moment::new(i64::from(hour) * 3600));
        }
        fast.live(&schedule, Moment::at(days, 0, 0));
        prop_assert_eq!(slow, fast);
    }

    #[test]
    fn nobody_jumps(
        schedule in schedule(),
        percents in prop::array::uniform3(0u8..=100),
        talks in prop::collection::vec((0i64..60_000, 0i64..8_000), 0..4),
    ) {
        let plan = town();
        let from = Moment::at(1, 0, 0);
        let mut life = life(&plan, from, percents);
        let mut talks = talks.into_iter().map(|(begin, length)| (from.after(begin), from.after(begin + length))).collect::<Vec<_>>();
        talks.sort();
        let mut before = life.spot(&schedule, from);
        // The fastest pace of all is 900 decimetres a minute.
        let reach = 900 * 7 / 60 + 2;
        for second in (7..90_000).step_by(7) {
            let now = from.after(second);
            let held = talks.iter().any(|(begin, end)| *begin <= now && now < *end);
            if held { life.hold(&schedule, now) } else { life.release(&schedule, now) }
            life.live(&schedule, now);
            prop_assert_eq!(life.is_held(), held);
            let spot = life.spot(&schedule, now);
            prop_assert!(spot.distance(before) <= reach, "{:?} to {:?} at {:?}", before, spot, now);
            if held { prop_assert_eq!(spot, before.toward(spot, 1, 1)); }
            before = spot;
        }
        // What has been lived is over: the next change is yet to come.
        life.live(&schedule, from.after(90_000));
        let ends = life.changes_at(&schedule, from.after(90_000));
        prop_assert!(ends > from.after(90_000));
    }

    #[test]
    fn whoever_is_near_by_their_schedule_is_found(
        schedules in prop::collection::vec(schedule(), 1..6), x in -1500i32..2500, y in -1500i32..1500,
        reach in 1u32..800, second in 0i64..172_800
    ) {
        let now = Moment::new(second);
        let mut haunts = Haunts::default();
        for (who, schedule) in schedules.iter().enumerate() { haunts.add(who, schedule); }
        let here = Spot { x, y };
        let found = haunts.near(here, reach, now);
        for (who, schedule) in schedules.iter().enumerate() {
            let spot = schedule.stretch(now).spot(now);
            // Distances are rounded down, and a way between two samples may cut a cell's corner.
            if spot.distance(here) + 90 <= reach {
                prop_assert!(found.contains(&who), "{} at {:?}", who, spot);
            }
        }
        haunts.remove(0, &schedules[0]);
        prop_assert!(!haunts.near(here, reach, now).contains(&0));
    }
}

#[test]
fn a_hungry_trader_buys_bread_and_eats_at_the_well_and_is_back() {
    let plan = town();
    let stay =
        |from, until, place, activity| Stay::named(&plan, from, until, place, activity).unwrap();
    let day = [stay((8, 0), (18, 0), "stall", "trade"), stay((20, 0), (7, 0), "home", "sleep")];
    let schedule = Schedule::new(plan.clone(), 100, &day).unwrap();
    let mut life = life(&plan, Moment::at(0, 8, 0), [60, 100, 100]);
    let mut told = Vec::new();
    let mut now = Moment::at(0, 8, 0);
    while now < Moment::at(0, 20, 0) {
        life.live(&schedule, now);
        let stretch = life.stretch(&schedule, now);
        let percent = life.percent(&schedule, "food", now).unwrap();
        told.push(format!(
            "{:02}:{:02} {} food {percent}",
            now.hour(),
            now.minute(),
            stretch.doing.name(&plan)
        ));
        now = life.changes_at(&schedule, now);
        assert!(told.len() < 30, "{told:#?}");
    }
    assert!(told.iter().any(|line| line.contains("buy_bread")), "{told:#?}");
    assert!(told.iter().any(|line| line.contains(" eat ")), "{told:#?}");
    let eaten = told.iter().rposition(|line| line.contains(" eat ")).unwrap();
    assert!(told[eaten + 1].contains("walking"), "{told:#?}");
    assert!(told[eaten + 2].contains("trade"), "{told:#?}");
}

#[test]
fn a_prompt_says_what_somebody_does_and_wants() {
    let told = |en: &str, zh: &str| [("en".into(), en.into()), ("zh".into(), zh.into())].into();
    let trade =
        Activity { told: told("You sell eels.", "你在卖鳗鱼。"), ..Activity::new("trade") };
    let food = Need { told: told("You are hungry.", "你饿了。"), ..Need::new("food", 600) };
    let plan = TownPlan::new(vec![Place::new("stall", Spot::default())], vec![trade], vec![food]);
    let plan = Arc::new(plan.unwrap());
    let day = [Stay::named(&plan, (8, 0), (8, 0), "stall", "trade").unwrap()];
    let schedule = Schedule::new(plan.clone(), 100, &day).unwrap();
    let life = Life::new(&plan, Moment::at(0, 8, 0));
    assert_eq!(life.told(&schedule, Moment::at(0, 9, 5), "en"), "It is 09:05. You sell eels.");
    let hungry = life.told(&schedule, Moment::at(0, 17, 5), "zh");
    assert_eq!(hungry, "现在是17:05。你在卖鳗鱼。你饿了。");
}

#[test]
fn a_need_that_is_wanting_is_a_goal_that_the_planner_plans_for() {
    /// Eats what is in the pot.
    #[derive(NpcAction, serde::Deserialize, schemars::JsonSchema)]
    #[action(crate = crate, requires("pot.full"), effects("need.food" += 60, "pot.full" = false))]
    struct Eat {}
    /// Cooks.
    #[derive(NpcAction, serde::Deserialize, schemars::JsonSchema)]
    #[action(crate = crate, effects("pot.full" = true))]
    struct Cook {}
    let plan = town();
    let day = [Stay::named(&plan, (8, 0), (8, 0), "home", "trade").unwrap()];
    let schedule = Schedule::new(plan.clone(), 100, &day).unwrap();
    let life = life(&plan, Moment::at(0, 8, 0), [35, 100, 100]);
    assert!(life.goals(&schedule, Moment::at(0, 8, 10)).is_empty());
    let later = Moment::at(0, 10, 0);
    let goals = life.goals(&schedule, later);
    assert_eq!(goals.len(), 1);
    assert_eq!(life.wants(&schedule, later), ["food"]);
    let mut repertoire = Repertoire::default();
    repertoire.add(Eat::definition());
    repertoire.add(Cook::definition());
    let cook = crate::action::Actor { id: "ada", roles: &[], scene: "home" };
    let steps = repertoire.operators(&cook).plan(&life.facts(&schedule, later), &goals[0].desire);
    assert_eq!(steps.unwrap(), ["cook", "eat"]);
}

#[test]
fn a_day_that_cant_be_lived_is_refused_with_the_reason() {
    let plan = town();
    let stay = |from, until, place| Stay::named(&plan, from, until, place, "trade").unwrap();
    let refused =
        |pace, stays: &[Stay]| Schedule::new(plan.clone(), pace, stays).unwrap_err().to_string();
    assert_eq!(
        refused(100, &[stay((8, 0), (12, 0), "home"), stay((11, 30), (15, 0), "mill")]),
        "the stay from 08:00 lasts until 12:00, but the next one begins at 11:30: end the first one earlier"
    );
    assert_eq!(
        refused(100, &[stay((22, 0), (6, 0), "home"), stay((6, 15), (21, 0), "mill")]),
        "from 'home' to 'mill' it is a walk of 1154 s, but 06:00 to 06:15 leaves 900 s: begin the next stay later"
    );
    assert!(refused(0, &[stay((8, 0), (8, 0), "home")]).contains("pace of 0"));
    assert!(refused(100, &[]).contains("one stay at least"));
    assert!(refused(100, &[stay((25, 0), (8, 0), "home")]).contains("1500 is no minute"));
    let all_day = stay((8, 0), (8, 0), "home");
    assert!(refused(100, &[all_day, stay((9, 0), (10, 0), "well")]).contains("lasts until 08:00"));
    assert!(Stay::named(&plan, (8, 0), (9, 0), "moon", "trade").is_err());
}

#[test]
fn a_plan_with_names_that_are_not_there_is_refused() {
    let place = || vec![Place::new("home", Spot::default())];
    let need = || vec![Need::new("food", 600)];
    let refused = |activity: Activity| TownPlan::new(place(), vec![activity], need()).unwrap_err();
    let at = Activity { at: vec!["moon".into()], minutes: 3, ..Activity::new("eat") };
    assert!(matches!(refused(at), TownPlanError::NoPlace { .. }));
    let fills = Activity { fills: [("sleep".into(), 3)].into(), ..Activity::new("eat") };
    assert!(matches!(refused(fills), TownPlanError::NoNeed { .. }));
    let no_time = Activity { at: vec!["home".into()], ..Activity::new("eat") };
    assert!(matches!(refused(no_time), TownPlanError::NoTime(_)));
    let twice = TownPlan::new([place(), place()].concat(), vec![], need());
    assert!(matches!(twice, Err(TownPlanError::Twice { .. })));
    let bounds = Need { wanting_below: 80, ..Need::new("food", 600) };
    assert!(matches!(TownPlan::new(place(), vec![], vec![bounds]), Err(TownPlanError::Bounds(_))));
}

#[test]
fn who_is_under_a_roof_is_hidden_and_who_walks_to_it_is_not() {
    let places =
        vec![Place::indoors("home", Spot::default()), Place::new("well", Spot::metres(50, 0))];
    let plan = Arc::new(TownPlan::new(places, vec![Activity::new("be")], vec![]).unwrap());
    let stay = |from, until, place| Stay::named(&plan, (from, 0), (until, 0), place, "be").unwrap();
    let schedule =
        Schedule::new(plan.clone(), 100, &[stay(8, 10, "well"), stay(11, 7, "home")]).unwrap();
    let hidden = |hour, minute| plan.hides(&schedule.stretch(Moment::at(0, hour, minute)));
    assert_eq!(
        [(9, 0), (10, 2), (10, 30), (12, 0), (7, 2)].map(|(h, m)| hidden(h, m)),
        [false, false, true, true, false]
    );
}

#[test]
fn no_moment_and_no_saved_life_is_too_much() {
    let plan = town();
    let day = [Stay::named(&plan, (8, 0), (7, 0), "stall", "trade").unwrap()];
    let schedule = Schedule::new(plan.clone(), 100, &day).unwrap();
    // As a save of another plan might have it.
    let saved = r#"{"settled":-9223372036854775808,"levels":[5],"detour":null}"#;
    let life: Life = serde_json::from_str(saved).unwrap();
    for now in [i64::MIN, -1, 0, i64::MAX - 1, i64::MAX].map(Moment::new) {
        let _ = (
            life.spot(&schedule, now),
            life.facts(&schedule, now),
            schedule.done(Moment::new(i64::MIN), now),
        );
        assert!(schedule.stretch(now).doing.name(&plan).len() < 8);
    }
    let kept = serde_json::to_string(&Life::new(&plan, Moment::at(0, 8, 0))).unwrap();
    assert_eq!(kept, r#"{"settled":28800,"levels":[1000000,1000000,1000000],"detour":null}"#);
}

#[test]
fn an_absence_of_years_is_made_up_for_at_once() {
    let plan = town();
    let stay =
        |from, until, place, activity| Stay::named(&plan, from, until, place, activity).unwrap();
    let day = [stay((8, 0), (18, 0), "stall", "trade"), stay((20, 0), (7, 0), "home", "sleep")];
    let schedule = Schedule::new(plan.clone(), 100, &day).unwrap();
    let mut life = Life::new(&plan, Moment::at(0, 8, 0));
    let began = std::time::Instant::now();
    life.live(&schedule, Moment::at(36_500, 12, 34));
    // Going through 36,500 days would take seconds in a build like this one.
    assert!(began.elapsed() < std::time::Duration::from_millis(500), "{:?}", began.elapsed());
    assert_eq!(
        life.stretch(&schedule, Moment::at(36_500, 12, 34)).spot(Moment::at(36_500, 12, 34)).x,
        900
    );
}
