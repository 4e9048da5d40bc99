//! What is redacted leaves no byte, what is kept beside the entries goes with a rollback.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use dramaturg_journal::{Entry, Journal, Turn};
use serde::{Deserialize, Serialize};
use std::path::Path;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Said(String);

impl Entry for Said {
    const SCHEMA: &'static str = "test.said";
    const VERSION: u32 = 1;
    fn kind(&self) -> &'static str {
        "said"
    }
}

fn said(text: &str) -> Said {
    Said(text.into())
}

fn holds(folder: &Path, word: &str) -> bool {
    std::fs::read_dir(folder).unwrap().flatten().any(|file| {
        let bytes = std::fs::read(file.path()).unwrap_or_default();
        bytes.windows(word.len()).any(|window| window == word.as_bytes())
    })
}

#[test]
fn what_is_redacted_leaves_no_byte_and_the_journal_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.journal");
    let mut journal = Journal::create(&path).unwrap();
    journal.append_turn(&[said("My name is Zebulon"), said("Hello")]).unwrap();
    journal.append_turn(&[said("Zebulon again"), said("The fog")]).unwrap();
    journal.save_snapshot("state", &"Zebulon was here").unwrap();
    journal.keep("marta", &[b"Zebulon".to_vec()]).unwrap();
    assert!(holds(folder.path(), "Zebulon"));
    let redact = |entry: &Said| entry.0.contains("Zebulon").then(|| said(""));
    assert_eq!(journal.redact(redact).unwrap(), 2);
    assert!(!holds(folder.path(), "Zebulon"));
    journal.append_turn(&[said("Later")]).unwrap();
    drop(journal);
    let journal = Journal::<Said>::open(&path).unwrap();
    let texts: Vec<_> =
        journal.entries().unwrap().into_iter().map(|stored| stored.entry.0).collect();
    assert_eq!(texts, ["", "Hello", "", "The fog", "Later"]);
    assert!(holds(folder.path(), "said (erased)"));
    let mut rows = 0;
    journal.kept("marta", |_| rows += 1).unwrap();
    assert_eq!(rows, 0);
}

#[test]
fn rows_are_kept_in_order_and_go_with_a_rollback() {
    let mut journal = Journal::<Said>::in_memory().unwrap();
    let read = |journal: &Journal<Said>, name: &str| {
        let mut rows = Vec::new();
        journal.kept(name, |row| rows.push(row.to_vec())).unwrap();
        rows
    };
    assert!(read(&journal, "marta").is_empty());
    journal.append_turn(&[said("one")]).unwrap();
    journal.keep("marta", &[vec![1], vec![2]]).unwrap();
    journal.keep("tobin", &[vec![9]]).unwrap();
    journal.append_turn(&[said("two")]).unwrap();
    journal.keep("marta", &[vec![3]]).unwrap();
    assert_eq!(read(&journal, "marta"), [[1], [2], [3]]);
    journal.truncate_to(Some(Turn(0))).unwrap();
    assert_eq!(read(&journal, "marta"), [[1], [2]]);
    journal.drop_kept("marta").unwrap();
    assert!(read(&journal, "marta").is_empty() && read(&journal, "tobin") == [[9]]);
}
