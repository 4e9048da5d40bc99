use super::found::has_words;
use super::*;
use dramaturg_story::{ActionKind, Event, ReadBy, Reading};
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;

fn pack() -> Arc<Pack> {
    let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/stories/lantern");
    Arc::new(Pack::load(&story).unwrap())
}

/// The mistakes, without the lists of the story's names, which grow with it.
fn mistakes(text: &str) -> String {
    let wrong = read(text, &pack()).unwrap_err();
    let told = wrong.iter().map(|mistake| {
        let told = mistake.to_string();
        let kept = told.split_inclusive("here are ").next().unwrap_or_default();
        let names = told.strip_prefix("line 2:").is_none() && kept != told;
        if names { format!("{kept}…\n") } else { format!("{told}\n") }
    });
    told.collect()
}

/// A play of three lines, written down here: it hangs on no director.
fn told(pack: &Arc<Pack>) -> Told {
    let says = |npc: Option<&str>, emotion, text: &str| Event::Spoke {
        npc: npc.map(str::to_owned),
        emotion,
        text: text.into(),
        improvised: false,
    };
    let said = |text: &str| Event::PlayerSaid { text: text.into(), model: false, to: None };
    let read = |reading| Event::Read { reading, by: ReadBy::Match };
    let reached = |beat: &str, earned| Event::BeatReached { beat: beat.into(), earned };
    let marta = Some("marta");
    let turns = vec![
        vec![
            Event::BeatBegan("arrival".into()),
            says(None, Emotion::Neutral, "One window on the quay is lit."),
            says(marta, Emotion::Neutral, "Push. Lift, then push. He said nothing again."),
        ],
        vec![
            said("It smells of fish"),
            read(Reading::OffTopic),
            says(marta, Emotion::Glad, "It's a harbour."),
        ],
        vec![
            said("I'm from the harbour office"),
            read(Reading::Move("introduce".into())),
            Event::FactSet("trust".into(), Value::Number(1)),
            says(marta, Emotion::Neutral, "Harbour office, then."),
            reached("arrival", true),
            Event::BeatBegan("coat".into()),
        ],
        vec![
            said("whose coat is that?"),
            read(Reading::Move("ask_coat".into())),
            says(marta, Emotion::Sad, "That's my brother's."),
            reached("coat", false),
            Event::Acted { npc: "tobin".into(), action: "walk_in".into(), kind: ActionKind::Enter },
        ],
    ];
    Told::new(pack, (0..).zip(turns).collect())
}

fn found(lines: &str) -> String {
    let pack = pack();
    let told = told(&pack);
    let all = read(lines, &pack).unwrap_or_else(|wrong| panic!("{wrong:?}"));
    let line = |expected: &Expectation| {
        let found = told.misses(expected).unwrap_or_else(|| "holds".into());
        format!("{}: {}\n", expected.written, found)
    };
    all.iter().map(line).collect()
}

#[test]
fn what_does_not_hold_is_told_with_what_is_there() {
    insta::assert_snapshot!(found(
        r#"
        # what holds
        reached arrival
        reached arrival earned
        turn 2 reached arrival
        reached not choice
        ending none
        ending not keep
        fact trust >= 1
        turn 0 fact trust == 0
        fact envelope != shown
        says "QUAY"
        says not "AI"
        turn 0 says marta "then push"
        turn 3 says not "soup"   # neither here
        move introduce
        emotion marta neutral
        calls == 0
        turn 2 calls < 1
        improvised == 0
        turns == 3
        reached coat forced
        forced == 1
        # what does not
        reached choice
        reached arrival forced
        turn 1 reached arrival
        reached not arrival
        ending keep
        ending not none
        fact trust > 5
        fact kind == true
        fact envelope == shown
        says "soup"
        says not "push"
        turn 0 says tobin "push"
        turn 2 says "soup"
        move keep_silence
        turn 2 move not introduce
        emotion marta angry
        turn 0 emotion tobin sad
        action tobin walk_in
        calls >= 1
        turns < 3
        turn 9 says not "soup"
        "#
    ));
}

#[test]
fn mistakes_are_told_with_their_lines() {
    insta::assert_snapshot!(mistakes(
        r#"
        reched coat
        reached cellar
        reached choise
        reached
        reached coat slowly
        ending happy
        turn 3 ending keep
        turn three says "soup"
        turn 3
        fact soup == 1
        fact trust = 1
        fact trust == many
        fact envelope == torn
        fact envelope > shown
        fact not trust == 1
        says soup
        says "soup
        says "  "
        says cook "soup"
        move dance
        emotion marta furious
        action marta
        calls many
        calls <= -1
        turn 2 turns == 1
        == 3
        "#
    ));
}

#[test]
fn slips_of_the_pen_are_counted_in_letters() {
    for (one, other, count) in [
        ("coat", "coat", 0),
        ("cota", "coat", 2),
        ("", "俊", 1),
        ("lmap", "lamp", 2),
        ("trust", "rust", 1),
    ] {
        assert_eq!((edits(one, other), edits(other, one)), (count, count), "{one} {other}");
    }
}

#[test]
fn a_text_of_nothing_expects_nothing() {
    for text in ["", "\n\n", "# only a word\n   \n", "\u{feff}# with a mark"] {
        assert_eq!(read(text, &pack()), Ok(Vec::new()), "{text:?}");
    }
}

#[test]
fn words_are_whole_where_a_language_has_spaces() {
    for (line, words, has) in [
        ("She said it again.", "ai", false),
        ("An AI, perhaps?", "ai", true),
        ("Hot soup.", "soup", true),
        ("Soups", "soup", false),
        ("…soup!", "soup!", true),
        ("俊还活着。", "活着", true),
        ("他说AI吗", "ai", true),
        ("the lamp-oil", "lamp", true),
        ("ai ai", "ai", true),
    ] {
        assert_eq!(has_words(line, words), has, "{words} in {line}");
    }
}

proptest! {
    #[test]
    fn no_text_breaks_the_reader(text in "(turn [0-9]{1,3} )?(says|fact|reached|calls|emotion)?[ -~“俊\\n\"\\\\]{0,40}") {
        let pack = pack_once();
        if let Err(wrong) = read(&text, &pack) {
            prop_assert!(!wrong.is_empty());
            for mistake in wrong {
                prop_assert!(mistake.line >= 1 && mistake.line <= text.lines().count());
            }
        }
    }

    /// Of an expectation and its opposite exactly one holds.
    #[test]
    fn an_opposite_holds_where_the_expectation_does_not(
        verb in prop::sample::select(vec!["reached V", "ending V", "says V", "move V", "emotion V", "action V"]),
        which in 0..3usize,
    ) {
        let pack = pack_once();
        let told = told(&pack);
        let of = |verb: &str| match verb {
            "reached V" => ["arrival", "coat", "choice"],
            "ending V" => ["keep", "none", "report"],
            "says V" => ["\"push\"", "marta \"soup\"", "\"the\""],
            "move V" => ["introduce", "keep_silence", "listen"],
            "emotion V" => ["marta neutral", "tobin sad", "marta glad"],
            _ => ["tobin walk_in", "tobin warn", "marta dance"],
        };
        let value = of(verb)[which];
        let holds = |filled: String| {
            let all = read(&verb.replace('V', &filled), &pack).unwrap();
            told.misses(&all[0]).is_none()
        };
        prop_assert_ne!(holds(value.to_owned()), holds(format!("not {value}")));
    }
}

/// Reading a story takes longer than a case.
fn pack_once() -> Arc<Pack> {
    static PACK: std::sync::OnceLock<Arc<Pack>> = std::sync::OnceLock::new();
    PACK.get_or_init(pack).clone()
}
