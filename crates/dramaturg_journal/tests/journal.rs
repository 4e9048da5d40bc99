//! What a journal promises of its file.

use dramaturg_journal::{Entry, Journal, JournalError, JournalReader, Turn};
use proptest::prelude::*;

#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Said(String);
impl Entry for Said {
    const SCHEMA: &'static str = "test.said";
    const VERSION: u32 = 1;
    fn kind(&self) -> &'static str {
        "said"
    }
}
fn said(n: usize) -> Vec<Said> {
    vec![Said(format!("line {n}")), Said("x".repeat(200))]
}

#[test]
fn a_file_is_continued_and_read_while_it_is_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.journal");
    let mut journal = Journal::create(&path).unwrap();
    journal.append_turn(&said(1)).unwrap();
    let readers: Vec<_> = (0..3).map(|_| JournalReader::<Said>::open(&path).unwrap()).collect();
    journal.append_turn(&said(2)).unwrap();
    assert!(readers.iter().all(|r| r.entries().unwrap().len() == 4));
    assert!(matches!(Journal::<Said>::open(&path), Err(JournalError::Busy(_))));
    drop(journal);
    let mut journal = Journal::<Said>::open(&path).unwrap();
    assert_eq!(journal.append_turn(&said(3)).unwrap(), Turn(2));
    drop(journal);
    assert_eq!(Journal::<Said>::open(&path).unwrap().entries().unwrap().len(), 6);
}

#[test]
fn killed_at_any_moment_only_whole_turns_are_left() {
    const CHILD: &str = "DRAMATURG_JOURNAL_CHILD";
    if let Some(path) = std::env::var_os(CHILD) {
        let mut journal = Journal::open_or_create(path.as_ref()).unwrap();
        for n in 0.. {
            journal.append_turn(&said(n)).unwrap();
        }
    }
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("k.journal");
    for round in 1..=3 {
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed_at_any_moment_only_whole_turns_are_left"])
            .env(CHILD, &path)
            .stdout(std::process::Stdio::null())
            .spawn()
            .unwrap();
        let enough = |least: u32| {
            JournalReader::<Said>::open(&path)
                .and_then(|r| r.last_turn())
                .is_ok_and(|last| last.is_some_and(|last| last.0 >= least))
        };
        let before = JournalReader::<Said>::open(&path).and_then(|r| r.last_turn()).ok().flatten();
        while !enough(before.map_or(0, |b| b.0) + 3 * round) {
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        let journal = Journal::<Said>::open(&path).unwrap();
        let entries = journal.entries().unwrap();
        assert_eq!(entries.len() as u32, 2 * (journal.last_turn().unwrap().0 + 1));
    }
}

#[test]
fn a_foreign_file_is_named_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("letter.txt");
    let letter = "Dear Marta, ".repeat(100);
    std::fs::write(&path, &letter).unwrap();
    let error = Journal::<Said>::open_or_create(&path).err().unwrap();
    assert!(matches!(error, JournalError::Foreign { .. }), "{error}");
    assert!(error.to_string().contains("letter.txt"));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), letter);
}

#[test]
fn damage_is_named_and_what_came_before_is_recovered() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("d.journal");
    let mut journal = Journal::create(&path).unwrap();
    for n in 0..4 {
        journal.append_turn(&said(n)).unwrap();
    }
    drop(journal);
    let db = rusqlite::Connection::open(&path).unwrap();
    db.execute("UPDATE entry SET json = '\"changed\"' WHERE turn = 2", []).unwrap();
    drop(db);
    let error = Journal::<Said>::open(&path).err().unwrap();
    assert!(matches!(error, JournalError::Damaged { .. }), "{error}");
    let to = dir.path().join("r.journal");
    assert!(Journal::<Said>::recover(&path, &to).unwrap() >= 1);
    let entries = Journal::<Said>::open(&to).unwrap().entries().unwrap();
    assert_eq!(entries[0].entry, said(0)[0]);
}

#[test]
fn a_full_disk_loses_nothing_that_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("f.journal");
    let mut journal = Journal::create(&path).unwrap();
    journal.append_turn(&said(0)).unwrap();
    journal.limit_pages(8);
    let error = (0..500).find_map(|n| journal.append_turn(&said(n)).err()).unwrap();
    assert!(matches!(error, JournalError::Full(_)), "{error}");
    let turns = journal.last_turn().unwrap();
    journal.limit_pages(10_000);
    assert_eq!(journal.append_turn(&said(9)).unwrap(), Turn(turns.0 + 1));
}

#[test]
fn snapshots_and_copies() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = Journal::in_memory().unwrap();
    journal.append_turn(&said(0)).unwrap();
    journal.save_snapshot("count", &7).unwrap();
    assert_eq!(journal.snapshot::<i32>("count").unwrap(), Some((Turn(0), 7)));
    let path = dir.path().join("copy.journal");
    journal.copy_to(&path).unwrap();
    assert_eq!(Journal::<Said>::open(&path).unwrap().entries().unwrap().len(), 2);
    journal.truncate_to(None).unwrap();
    assert_eq!(journal.snapshot::<i32>("count").unwrap(), None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    #[test]
    fn folds_as_a_list_does(steps in prop::collection::vec(prop_oneof![
        (0usize..4).prop_map(Ok), prop::option::of(0u32..6).prop_map(Err)
    ], 0..20)) {
        let mut journal = Journal::in_memory().unwrap();
        let mut model: Vec<Vec<Said>> = Vec::new();
        for step in steps {
            match step {
                Ok(n) => {
                    let turn: Vec<Said> = (0..=n).map(|i| Said(format!("{i}"))).collect();
                    journal.append_turn(&turn).unwrap();
                    model.push(turn);
                }
                Err(turn) => {
                    journal.truncate_to(turn.map(Turn)).unwrap();
                    model.truncate(turn.map_or(0, |t| t as usize + 1));
                }
            }
        }
        let got: Vec<Said> = journal.entries().unwrap().into_iter().map(|s| s.entry).collect();
        prop_assert_eq!(got, model.concat());
    }
}
