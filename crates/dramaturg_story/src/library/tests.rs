use super::*;
use std::fmt::Write as _;

fn library(documents: &[(&str, &str)]) -> Library {
    let mut library = Library::default();
    for (name, text) in documents {
        let (front, parts) = read(Path::new(name), text.as_bytes().to_vec()).unwrap();
        library.add(name, front.unwrap_or_else(|| Lore::plain(Path::new(name))), &parts).unwrap();
    }
    library
}

fn asked(library: &Library, npc: &str, said: &str) -> Vec<String> {
    let state = State::default();
    let found = library.consult((npc, &state), library.index(), (said, None), 2, |_| true);
    found.iter().map(|at| library.passages()[*at as usize].source()).collect()
}

const HARBOUR: &str = "# The harbour\n\n## Tides\nHigh water is at four in the morning, and the flats are dry by ten.\n\n## Lights\nThe lamp on the mole burns whale oil, and is lit by the pilot's widow.\n";

#[test]
fn what_is_asked_about_is_found_and_small_talk_finds_nothing() {
    let chinese = "# 灯塔\n灯塔建于一七九二年，守塔人每晚点灯三次。\n\n# 集市\n每逢初五有集市，天好就卖鱼和盐。\n";
    let library = library(&[("library/harbour.md", HARBOUR), ("library/灯塔.md", chinese)]);
    assert_eq!(
        asked(&library, "marta", "When is high water?"),
        ["library/harbour.md, The harbour › Tides"]
    );
    assert_eq!(
        asked(&library, "marta", "Who lights the lamp?"),
        ["library/harbour.md, The harbour › Lights"]
    );
    assert_eq!(asked(&library, "marta", "灯塔是哪一年建的？"), ["library/灯塔.md, 灯塔"]);
    assert_eq!(asked(&library, "marta", "集市卖什么"), ["library/灯塔.md, 集市"]);
    for small in [
        "Good evening.",
        "How are you?",
        "你好",
        "谢谢你",
        "好吧",
        "今天真冷",
        "My brother keeps bees.",
        "",
    ] {
        assert!(asked(&library, "marta", small).is_empty(), "{small}");
    }
}

#[test]
fn a_document_is_known_to_whom_its_front_matter_names() {
    let library = library(&[("log.md", &format!("---\nknows: tobin\n---\n{HARBOUR}"))]);
    assert!(asked(&library, "marta", "When is high water?").is_empty());
    assert_eq!(asked(&library, "tobin", "When is high water?").len(), 1);
}

#[test]
fn a_library_has_an_end() {
    let mut text = String::new();
    // Half of the most, each long enough not to be put together with the next.
    for number in 0..MOST_PASSAGES / 2 + 1 {
        writeln!(text, "{number} {}\n", "word ".repeat(50)).unwrap();
    }
    let (_, parts) = read(Path::new("a.txt"), text.into_bytes()).unwrap();
    let mut library = Library::default();
    let front = || Lore::plain(Path::new("a.txt"));
    library.add("a.txt", front(), &parts).unwrap();
    let full = library.add("b.txt", front(), &parts).unwrap_err();
    assert_eq!(
        full.to_string(),
        "b.txt: the document is left out: a language's library has 20000 passages at the most"
    );
    assert_eq!(library.len(), 1);
    let empty = library.add("c.txt", front(), &[]).unwrap_err();
    assert!(matches!(empty, LeftOut::Empty { .. }));
}
