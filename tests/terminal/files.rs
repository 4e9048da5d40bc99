//! Model files that are missing, cut short or something else; disks that are full; saves that are something else.

use super::game::{Game, MOVES, entries, replays, small_talk, test_model};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

#[test]
fn model_files_that_are_none() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    let cases = [
        (PathBuf::from("missing.gguf"), "there is no model file"),
        (dir.path().to_owned(), "can't read the model"),
        (file("empty.gguf", b""), "is not a GGUF model"),
        (file("page.gguf", b"<html>404</html>"), "is not a GGUF model"),
        (file("cut.gguf", b"GGUF\x03\x00\x00\x00"), "can't be loaded"),
        (file("noise.gguf", &[b"GGUF".as_slice(), &[0xa5; 4000]].concat()), "can't be loaded"),
    ];
    for (path, message) in cases {
        let played = Game::new("en", &small_talk()).arg("--model-file").arg(path).play();
        played.check().says(message).says("authored lines");
    }
}

#[test]
fn a_real_model_file_cut_short() {
    let Some(model) = test_model() else { return };
    let dir = tempfile::tempdir().unwrap();
    let cut = dir.path().join("cut.gguf");
    for bytes in [30_000, 20_000_000] {
        let mut head = Vec::new();
        let whole = std::fs::File::open(&model).unwrap();
        std::io::Read::read_to_end(&mut std::io::Read::take(whole, bytes), &mut head).unwrap();
        std::fs::write(&cut, head).unwrap();
        let played = Game::new("en", &small_talk()).arg("--model-file").arg(&cut).play();
        played.check().says("can't be loaded").says("cut short");
    }
}

/// A file system of that size in memory; gone when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    fn mount(at: &Path, kib: u32) -> Option<Self> {
        std::fs::create_dir_all(at).unwrap();
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", &format!("size={kib}k"), "tmpfs"]).arg(at);
        let done = mount.stderr(Stdio::null()).status().is_ok_and(|status| status.success());
        if !done {
            eprintln!("nothing can be mounted here: nothing was tested");
        }
        done.then(|| Self(at.to_owned()))
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.0).status();
    }
}

#[test]
fn a_disk_that_fills_up_loses_nothing_that_was_written() {
    let dir = tempfile::tempdir().unwrap();
    // From no room at all to room for some turns.
    for kib in [4, 40, 80, 120] {
        let at = dir.path().join(format!("disk{kib}"));
        let Some(disk) = SmallDisk::mount(&at, kib) else { return };
        let record = disk.0.join("play.journal");
        let played = Game::new("en", &small_talk()).arg("--no-model").play_into(record.clone());
        played.check_ending();
        played.says("disk is full");
        if !played.stderr.contains("This play is not saved") {
            assert!(!entries(&record).is_empty(), "{kib} KiB: {}", played.stderr);
        }
        make_room(&disk.0);
        let played = Game::new("en", MOVES.as_bytes()).arg("--no-model").play_into(record.clone());
        assert!(!played.stderr.contains("not saved"), "{kib} KiB: {}", played.stderr);
        played.check_ending();
        replays(&record);
    }
}

fn make_room(disk: &Path) {
    let done = Command::new("mount").args(["-o", "remount,size=4m"]).arg(disk).status();
    assert!(done.unwrap().success());
}

#[test]
fn a_save_that_is_something_else_is_left_alone() {
    let letter = "Dear Marta, ".repeat(100);
    let game = Game::new("en", &small_talk()).arg("--no-model");
    let record = game.folder().join("letter.txt");
    std::fs::write(&record, &letter).unwrap();
    let played = game.play_into(record.clone());
    played.check_ending();
    played.says("is not a journal of this game").says("This play is not saved");
    assert_eq!(std::fs::read_to_string(&record).unwrap(), letter);
}

#[test]
fn a_record_is_one_file_that_can_be_carried_away() {
    let played = Game::new("en", MOVES.as_bytes()).arg("--no-model");
    let dir = tempfile::tempdir().unwrap();
    let record = dir.path().join("play.journal");
    played.play_into(record.clone()).check();
    let carried = dir.path().join("elsewhere.journal");
    std::fs::copy(&record, &carried).unwrap();
    assert_eq!(entries(&carried), entries(&record));
    replays(&carried);
}

#[test]
fn a_terminal_that_is_gone_is_no_panic() {
    let mut command = super::game::dramaturg();
    command.args(["play", "--no-model", "--json"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let mut stdin = child.stdin.take().unwrap();
    let _ = stdin.write_all(&small_talk());
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(!stderr.contains("panicked"), "{stderr}");
}
