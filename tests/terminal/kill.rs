//! `kill -9` at any moment: what was finished is there, the play goes on from it, and the whole replays.

use super::game::{Game, MOVES, dramaturg, entries, replays};
use super::hostile::Dice;
use dramaturg_journal::JournalReader;
use dramaturg_story::Event;
use std::io::Write;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// Plays with lines through a pipe and kills the program after about so long.
fn killed(record: &Path, after: Duration, dice: &mut Dice) {
    let mut command = dramaturg();
    command.args(["play", "--no-model", "--record"]).arg(record);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    for n in 0..1 + dice.below(4) {
        // It may be gone by its own will: then the pipe is broken, and that is all.
        let _ = writeln!(stdin, "My cousin owns {n} umbrellas");
        std::thread::sleep(after / 4);
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

fn finished_turns(record: &Path) -> usize {
    let recorded = JournalReader::<Event>::open(record).and_then(|reader| reader.entries());
    recorded.map_or(0, |entries| entries.chunk_by(|a, b| a.turn == b.turn).count())
}

/// Finishes the story from what is there.
fn finish(record: &Path) {
    let before = if record.exists() { finished_turns(record) } else { 0 };
    let opening = if before > 0 { entries(record) } else { Vec::new() };
    let script = [MOVES, &"My cousin owns umbrellas\n".repeat(60)].concat();
    let played = Game::new("en", script.as_bytes()).arg("--no-model").play_into(record.into());
    played.check();
    assert!(!played.stderr.contains("not saved"), "{}", played.stderr);
    assert_eq!(entries(record)[..opening.len()], opening);
}

#[test]
fn killed_again_and_again_it_goes_on_from_the_last_finished_turn() {
    let (dir, mut dice) = (tempfile::tempdir().unwrap(), Dice::new(3));
    let record = dir.path().join("play.journal");
    let mut turns = 0;
    // How soon a program has begun to play is the machine's to say: it lives longer each time.
    for tries in 0..60 {
        if tries >= 10 && turns > 5 {
            break;
        }
        let after = 20 + dice.below(120) + 10 * tries;
        killed(&record, Duration::from_millis(after as u64), &mut dice);
        let now = if record.exists() { finished_turns(&record) } else { 0 };
        assert!(now >= turns, "{now} turns after {turns}");
        turns = now;
        if turns > 0 {
            replays(&record);
        }
    }
    assert!(turns > 5, "only {turns} turns");
    finish(&record);
}

#[test]
fn killed_while_it_makes_its_file_it_can_begin_again() {
    let (dir, mut dice) = (tempfile::tempdir().unwrap(), Dice::new(5));
    for round in 0..24 {
        let record = dir.path().join(format!("{round}.journal"));
        killed(&record, Duration::from_micros(500 * round), &mut dice);
        finish(&record);
    }
}
