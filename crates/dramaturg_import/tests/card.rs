//! Character cards: taken over, written back without loss, and refused where they could do harm.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

use base64::Engine;
use dramaturg_import::card::{export, import};
use dramaturg_story::Pack;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::io::Write;
use std::path::{Path, PathBuf};

fn card() -> Value {
    json!({
        "spec": "chara_card_v3", "spec_version": "3.0", "create_date": "1999",
        "data": {
            "name": "Mira", "description": "# {{char}} keeps a lighthouse.\nShe is dry.", "personality": "patient",
            "scenario": "{{user}} comes up the stairs.", "first_mes": "You're late, {{user}}.",
            "alternate_greetings": ["Mind the third step.", "- Oh. You."], "mes_example": "<START>", "tags": ["sea"],
            "nickname": "Mi", "group_only_greetings": [], "extensions": {"depth": {"x": [1, 2]}},
            "character_book": {"name": "Isle", "extensions": {}, "entries": [
                {"keys": ["lamp", "light"], "content": "The lamp went out {in} '84.", "enabled": true, "insertion_order": 3, "x": 1},
                {"keys": [], "content": "constant", "enabled": true, "constant": true},
                {"keys": ["key"], "content": "off", "enabled": false},
            ]},
        }
    })
}

struct Case {
    folder: tempfile::TempDir,
}

impl Case {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }
    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    fn file(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }
    fn refused(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        import(&self.file(name, bytes)).unwrap_err().to_string()
    }
}

fn json_of(file: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

#[test]
fn a_card_is_a_character_who_talks() {
    let case = Case::new();
    let draft = import(&case.file("mira.json", card().to_string())).unwrap();
    draft.write(&case.path("pack")).unwrap();
    let pack = Pack::load(&case.path("pack")).unwrap_or_else(|error| panic!("{error}"));
    let persona = pack.persona("en", "mira");
    assert_eq!(persona.name, "Mira");
    assert!(
        persona.description.contains("Mira keeps a lighthouse. She is dry. patient"),
        "{}",
        persona.description
    );
    let greetings = pack.prose("en").bullets("beat talk/open");
    let greetings: Vec<&str> = greetings.iter().map(|g| g.1.as_str()).collect();
    assert_eq!(greetings, ["You're late, the player.", "Mind the third step.", "Oh. You."]);
    let lore = &pack.lore("en")[0];
    assert_eq!((lore.keys.join("/"), pack.lore("en").len()), ("lamp/light".to_owned(), 1));
    let left: Vec<&str> = draft.left_out.iter().map(|l| l.text.as_str()).collect();
    assert_eq!(left, ["character_book", "mes_example", "extensions"]);
}

#[test]
fn what_comes_back_is_what_went_in_by_every_kind_of_file() {
    let case = Case::new();
    import(&case.file("mira.json", card().to_string())).unwrap().write(&case.path("pack")).unwrap();
    for name in ["out.json", "out.png", "out.charx"] {
        let out = case.path(name);
        export(&case.path("pack"), "mira", &out).unwrap();
        let again = case.path(&format!("again {name}"));
        import(&out).unwrap().write(&again).unwrap();
        assert_eq!(json_of(&again.join("card.json")), card(), "{name}");
        // Once more into the file that is there: its own card is replaced, not doubled.
        export(&case.path("pack"), "mira", &out).unwrap();
        assert_eq!(
            std::fs::read(&out).unwrap().windows(4).filter(|w| w == b"ccv3").count(),
            usize::from(name == "out.png")
        );
    }
}

#[test]
fn what_was_changed_in_the_pack_is_in_the_card_and_nothing_else_is() {
    let case = Case::new();
    import(&case.file("mira.json", card().to_string())).unwrap().write(&case.path("pack")).unwrap();
    let story = case.path("pack/en/story.md");
    let words = std::fs::read_to_string(&story).unwrap();
    std::fs::write(&story, words.replace("Mind the third step.", "Mind the fourth step.")).unwrap();
    let lore = case.path("pack/en/lore/entry_0.md");
    let words = std::fs::read_to_string(&lore).unwrap();
    std::fs::write(&lore, words.replace("went out", "burned down")).unwrap();
    export(&case.path("pack"), "mira", &case.path("out.json")).unwrap();
    let mut now = json_of(&case.path("out.json"));
    assert_eq!(now["data"]["alternate_greetings"][0], "Mind the fourth step.");
    assert!(
        now["data"]["character_book"]["entries"][0]["content"]
            .as_str()
            .unwrap()
            .contains("burned down")
    );
    for field in ["first_mes", "alternate_greetings"] {
        now["data"][field] = card()["data"][field].clone();
    }
    now["data"]["character_book"]["entries"][0]["content"] =
        card()["data"]["character_book"]["entries"][0]["content"].clone();
    assert_eq!(now, card());
}

#[test]
fn whom_the_pack_does_not_have_is_not_exported() {
    let case = Case::new();
    import(&case.file("mira.json", card().to_string())).unwrap().write(&case.path("pack")).unwrap();
    let message =
        export(&case.path("pack"), "nobody", &case.path("x.json")).unwrap_err().to_string();
    assert!(message.contains("no character 'nobody'") && message.contains("mira"), "{message}");
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, bytes) in files {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn png(chunks: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in chunks.iter().chain(&[(b"IEND", &b""[..])]) {
        out.extend((data.len() as u32).to_be_bytes());
        out.extend(*kind);
        out.extend(*data);
        out.extend(crc32fast::hash(&[&kind[..], data].concat()).to_be_bytes());
    }
    out
}

#[test]
fn hostile_files_are_refused_with_the_reason() {
    let case = Case::new();
    let json = card().to_string();
    let bomb = vec![b' '; 40 << 20];
    let says = |message: String, words: &str| {
        assert!(message.contains("refused") && message.contains(words), "{message}")
    };
    says(case.refused("a", zip(&[("card.json", &bomb)])), "far more than a card");
    says(case.refused("b", zip(&[("card.json", json.as_bytes()), ("../../x", b"x")])), "leads out");
    says(case.refused("c", zip(&[("card.json", json.as_bytes()), ("C:\\x", b"x")])), "leads out");
    says(case.refused("d", zip(&[("other", b"x")])), "no card.json");
    says(case.refused("e", b"PK\x03\x04rubbish"), "no archive");
    says(case.refused("f", png(&[])), "no character card");
    says(case.refused("g", png(&[(b"tEXt", b"chara\0!!!")])), "Base64");
    let mut cut = png(&[(b"tEXt", b"chara\0e30=")]);
    cut.truncate(24);
    says(case.refused("h", cut), "is over before");
    let mut damaged = png(&[(b"tEXt", b"chara\0e30=")]);
    damaged[20] ^= 1;
    says(case.refused("i", damaged), "damaged");
    // A packed text that unpacks to far more.
    let mut packed = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    packed.write_all(&vec![b'A'; 30 << 20]).unwrap();
    let body = [&b"ccv3\0\x01\0\0\0"[..], &packed.finish().unwrap()].concat();
    says(case.refused("j", png(&[(b"iTXt", &body)])), "more than");
    assert!(case.refused("k", "[]").contains("names nobody"));
    assert!(case.refused("l", "{\"data\":").contains("no JSON"));
}

#[test]
fn scripts_in_texts_are_not_taken_over() {
    let case = Case::new();
    let mut evil = card();
    evil["data"]["description"] = "<img src=x ONERROR=alert(1)>".into();
    let draft = import(&case.file("evil.json", evil.to_string())).unwrap();
    assert!(draft.left_out.iter().any(|l| l.text == "description" && l.why.contains("script")));
    let words = &draft.files[Path::new("en/story.md")];
    assert!(!words.to_lowercase().contains("onerror"), "{words}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, ..ProptestConfig::default() })]
    #[test]
    fn any_text_in_a_card_gives_a_pack_and_comes_back(
        name in "[ -~人]{1,12}", who in any::<String>(), first in any::<String>(), other in any::<String>(),
        keys in prop::collection::vec("[ -~]{0,8}", 0..3), content in any::<String>(),
    ) {
        prop_assume!(name.chars().any(char::is_alphanumeric) && !name.contains("{{"));
        let case = Case::new();
        let json = json!({"spec": "chara_card_v2", "data": {"name": name, "description": who, "first_mes": first,
            "alternate_greetings": [other], "character_book": {"entries": [{"keys": keys, "content": content}]}}});
        let draft = import(&case.file("x.json", json.to_string())).unwrap();
        draft.write(&case.path("pack")).unwrap();
        let pack = Pack::load(&case.path("pack"));
        prop_assert!(pack.is_ok(), "{}", pack.unwrap_err());
        let npc = pack.unwrap().cast().next().unwrap().to_owned();
        export(&case.path("pack"), &npc, &case.path("out.png")).unwrap();
        import(&case.path("out.png")).unwrap().write(&case.path("again")).unwrap();
        prop_assert_eq!(json_of(&case.path("again/card.json")), json);
    }
    #[test]
    fn any_bytes_are_a_card_or_an_error(kind in 0..3_usize, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        let case = Case::new();
        let head: &[u8] = [&b""[..], b"PK\x03\x04", b"\x89PNG\r\n\x1a\n"][kind];
        let _ = import(&case.file("x", [head, &bytes].concat()));
        let body = base64::engine::general_purpose::STANDARD.encode(&bytes);
        let _ = import(&case.file("y", png(&[(b"tEXt", &[b"chara\0", body.as_bytes()].concat())])));
    }
}
