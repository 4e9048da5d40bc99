//! The game in a real window, played with a keyboard and looked at from outside.
//!
//! What this promises to a player: words typed into the window are answered on the screen; a save holds what was said;
//! a game that is killed and started again shows the same last line and the same history, and goes on from there.
//!
//! It runs where `DRAMATURG_E2E=1` is set, as `cargo xtask test` does: it takes a minute, and needs Xvfb, xdotool and
//! ImageMagick. With `DRAMATURG_TEST_MODEL` set to a GGUF file a real model is asked; what a small one says is of no
//! value, and the authored lines that take over are an answer as good as any other.

mod screen;

use dramaturg_journal::Stored;
use dramaturg_story::Event;
use screen::{Letters, Step, Theatre};
use std::path::PathBuf;

/// What the player says. Capitals follow spaces: the text input of Bevy 0.19 by itself drops a space that comes in one
/// frame with a Shift, and frames are long here.
const LINES: [&str; 3] = [
    "Good Evening, can Anybody hear me? I Am here.",
    "Do you dream of whales out here?",
    "Whose coat is that by the door?",
];

#[test]
fn a_killed_game_finds_the_conversation_as_it_was() {
    if std::env::var("DRAMATURG_E2E").as_deref() != Ok("1") {
        println!("nothing is tested: the game in its window is played only with DRAMATURG_E2E=1");
        return;
    }
    let mut theatre = Theatre::open().unwrap_or_else(|why| panic!("{why}"));
    if let Err(why) = evening(&mut theatre) {
        panic!("{why}\n{}", theatre.evidence());
    }
}

fn evening(theatre: &mut Theatre) -> Step {
    let model = std::env::var_os("DRAMATURG_TEST_MODEL").map(PathBuf::from);
    theatre.start_game(model.as_deref())?;
    theatre.read_on()?;
    theatre.say(LINES[0])?;
    let line = theatre.say(LINES[1])?;
    let history = theatre.history("before the kill")?;

    let written = theatre.entries()?;
    if model.is_some() {
        was_asked(&written)?;
    }
    same_entries("the quick save", &theatre.quick_save()?, &written)?;
    theatre.kill_game()?;
    same_entries("the journal of the killed game", &theatre.entries()?, &written)?;

    theatre.start_game(model.as_deref())?;
    let line_again = theatre.read_on()?;
    theatre.keep("after the restart")?;
    same_letters("the last line", &line_again, &line)?;
    same_letters("the history", &theatre.history("after the restart")?, &history)?;
    same_entries("the journal of the restarted game", &theatre.entries()?, &written)?;

    theatre.say(LINES[2])?;
    let after = theatre.entries()?;
    same_entries("what was said before, one turn later,", &after[..written.len()], &written)
}

/// Whether a model was there when the player spoke, and answered.
fn was_asked(entries: &[Stored<Event>]) -> Step {
    let answered = |stored: &Stored<Event>| matches!(stored.entry, Event::Answered { .. });
    if entries.iter().any(answered) {
        return Ok(());
    }
    Err("the model of DRAMATURG_TEST_MODEL was never asked".into())
}

fn same_letters(what: &str, now: &Letters, before: &Letters) -> Step {
    if now.says_the_same(before) {
        return Ok(());
    }
    Err(format!("{what} looks different after the restart: {}", now.beside(before)))
}

fn same_entries(what: &str, now: &[Stored<Event>], before: &[Stored<Event>]) -> Step {
    if now == before {
        return Ok(());
    }
    let same = now.iter().zip(before).take_while(|(now, before)| now == before).count();
    Err(format!(
        "{what} differs from the play at entry {}:\n  is {:?}\n  was {:?}",
        same + 1,
        now.get(same),
        before.get(same),
    ))
}
