//! Several at one table: who answers, who hears it, who cuts in.

#![allow(clippy::unwrap_used, reason = "helpers of tests are tests")]

mod rumour;

use dramaturg_story::{Cue, Event, Value};
use rumour::{Echo, Play, spoken};

const TALK: &str = "Do the gulls always make such a noise";

fn speakers(events: &[Event]) -> Vec<String> {
    spoken(events).into_iter().map(|(npc, _)| npc).collect()
}

#[test]
fn who_is_called_by_name_answers() {
    for (line, first) in [
        (TALK, "marta"),
        ("Piet, do the gulls always make such a noise?", "piet"),
        ("And you, old Piet?", "piet"),
        ("老皮，海鸥一直这么吵吗？", "piet"),
        ("老板娘你说呢？", "marta"),
        ("Landlady, do the gulls always make such a noise?", "marta"),
    ] {
        let mut play = Play::new();
        let events = play.say(line);
        assert_eq!(speakers(&events)[0], first, "{line}: {events:?}");
        play.is_repeatable();
    }
}

#[test]
fn in_a_pack_without_company_the_speaker_answers_everything() {
    let alone = rumour::changed(|logic| logic.replace("company: (chime: 1, starts: 1),", ""));
    let mut play = Play::of(alone);
    let events = play.say("Piet, do the gulls always make such a noise?");
    assert_eq!(speakers(&events), ["marta"]);
    assert!(
        !events
            .iter()
            .any(|event| matches!(event, Event::Approached { .. } | Event::Autonomous(_)))
    );
}

#[test]
fn who_is_spoken_of_in_his_hearing_cuts_in() {
    let mut play = Play::new();
    let events = play.say("Marta, did Piet ever sail to Riga?");
    let said = spoken(&events);
    assert_eq!(said[0], ("piet".to_owned(), "I'm sitting right here, you know.".to_owned()));
    assert_eq!(said[1].0, "marta");
    play.is_repeatable();
    // With a model they speak freely, each once, and the one who cuts in knows what was asked.
    let mut play = Play::new();
    let model = Echo::saying(&[
        "Never in my life, and I'd be glad to tell why.",
        "You heard the man yourself, so there.",
    ]);
    let events = play.say_to("Marta, did Piet ever sail to Riga?", Some(&model));
    assert_eq!(speakers(&events)[..2], ["piet", "marta"]);
    let prompts = model.prompts();
    assert!(
        prompts[0].contains("You are Piet") && prompts[0].contains("ever sail to Riga"),
        "{}",
        prompts[0]
    );
    assert!(
        prompts[1].contains("You are Marta") && prompts[1].contains("Piet: Never in my life"),
        "{}",
        prompts[1]
    );
    play.is_repeatable();
}

#[test]
fn an_aside_is_heard_by_one_alone() {
    let mut play = Play::new();
    let events = play.whisper("piet", "Between us, the tide is my friend tonight");
    assert_eq!(speakers(&events)[0], "piet");
    let answer = spoken(&events)[0].1.clone();
    for line in ["Between us, the tide is my friend tonight", answer.as_str()] {
        assert!(play.heard_by("piet", line), "{line}");
        assert!(!play.heard_by("marta", line), "{line}");
    }
    // It is in nobody else's prompt either.
    let model = Echo::default();
    play.say_to(TALK, Some(&model));
    assert!(model.prompts()[0].contains("You are Marta"));
    assert!(!model.prompts().iter().any(|prompt| prompt.contains("the tide is my friend")));
    // What is said after it, all hear again.
    assert!(play.heard_by("marta", TALK) && play.heard_by("piet", TALK));
    play.is_repeatable();

    // A move that is whispered is known to that one alone.
    let mut play = Play::new();
    play.whisper("piet", "Have you seen a ring like this?");
    assert_eq!(play.fact("heard.ring.piet"), Some(Value::Bool(true)));
    assert_eq!(play.fact("heard.ring.marta"), Some(Value::Bool(false)));
    play.is_repeatable();
}

#[test]
fn nobody_hears_what_is_whispered_to_who_is_not_there() {
    let mut play = Play::new();
    let mut notices = Vec::new();
    let events = play.session.player_whispers("tess", "Psst", None, &mut |cue| {
        if let Cue::Notice(notice) = cue {
            notices.push(notice);
        }
    });
    assert_eq!((events.len(), notices), (0, vec!["Tess is not here".to_owned()]));
    assert_eq!(play.state().turn, 0);
}

#[test]
fn who_comes_later_and_who_has_gone_did_not_hear_it() {
    let mut play = Play::new();
    play.say(TALK);
    play.say("I'll go up to my room");
    play.say("Does it smell of herring here");
    assert!(!play.heard_by("piet", "Does it smell of herring here"));
    play.say("Good night");
    play.say("Three wicks, please");
    assert!(play.heard_by("tess", "Three wicks, please"));
    assert!(!play.heard_by("tess", TALK) && !play.heard_by("marta", "Three wicks, please"));
    play.is_repeatable();
}

#[test]
fn a_line_to_everybody_goes_round() {
    let mut play = Play::new();
    let mut first = Vec::new();
    for line in ["Does anybody here sing?", "Can anyone dance, then?", "Who of you plays cards?"] {
        first.push(speakers(&play.say(line))[0].clone());
    }
    assert!(first.contains(&"piet".to_owned()) && first.contains(&"marta".to_owned()), "{first:?}");
    play.is_repeatable();
}
