//! What is shown of a line, and what is not.

use super::secrets::Secrets;
use super::*;
use proptest::prelude::*;

fn guard(tells: &[&str], player: &str) -> Guard {
    let secrets = Secrets::of_tells(tells);
    Guard::new(Watch { secrets, player: player.into(), ..Watch::default() }, Sense::default())
}
fn show(text: &str) -> Verdict {
    Verdict::Show(text.into())
}

#[test]
fn a_locked_name_never_shows_even_in_part() {
    let mut guard = guard(&["jun"], "");
    assert_eq!(guard.push("Sit down. My brother "), show("Sit down."));
    assert_eq!(guard.push("J"), show(""));
    assert_eq!(guard.push("un"), show(""));
    assert_eq!(guard.push(" is"), Verdict::Broken(String::new()));
    assert_eq!(guard.broken(), Some(Rule::Secret));
    assert_eq!(guard.finish().as_deref(), Some("Sit down."));
}

#[test]
fn a_clause_is_shown_whole_and_stays() {
    let mut guard = guard(&["jun"], "");
    assert_eq!(guard.push("No, he"), show(""));
    assert_eq!(guard.push(" went up the hill, and"), show("No, he went up the hill,"));
    assert_eq!(guard.push(" Jun "), Verdict::Broken(String::new()));
    assert_eq!(guard.finish().as_deref(), Some("No, he went up the hill."));
}

#[test]
fn a_clause_that_can_not_stand_alone_waits() {
    let mut guard = guard(&["jun"], "");
    assert_eq!(guard.push("If you like the soup, "), show(""));
    assert_eq!(guard.push("eat it."), show("If you like the soup, eat it."));
}

#[test]
fn a_longer_word_is_another_and_hidden_characters_hide_nothing() {
    let mut one = guard(&["jun", "is alive"], "");
    assert_eq!(one.push("Cold rain in Jun"), show(""));
    assert_eq!(one.push("e. He i\u{ad}s \n al\u{200b}ive"), show("Cold rain in June."));
    assert_eq!(one.push("!"), Verdict::Broken(String::new()));
    assert_eq!(one.finish().as_deref(), Some("Cold rain in June."));
    let mut guard = guard(&[], "");
    let painted = guard.push("\u{1b}[2JThe fog\u{7} is thick.");
    assert_eq!(painted, show("[2JThe fog is thick."));
}

#[test]
fn an_echo_is_not_shown_even_in_part() {
    let mut one = guard(&[], "They sent me to write something down");
    assert_eq!(one.push("They sent me to "), show(""));
    assert_eq!(one.push("write something down."), Verdict::Broken(String::new()));
    assert_eq!(one.broken(), Some(Rule::Echo));
    assert_eq!(one.finish(), None);
    let mut one = guard(&[], "Do you believe in ghosts?");
    assert_eq!(one.push("I don't believe in ghosts."), show("I don't believe in ghosts."));
    let mut guard = guard(&[], "Is it always this foggy?");
    assert_eq!(guard.push("Always foggy, "), show(""));
    assert_eq!(guard.push("and it pays no rent."), show("Always foggy, and it pays no rent."));
}

#[test]
fn two_sentences_are_enough_and_the_language_is_kept() {
    let mut one = guard(&[], "");
    assert_eq!(one.push("One bowl. Two. Three."), Verdict::Enough("One bowl. Two.".into()));
    assert_eq!(guard(&[], "").push("你好"), Verdict::Broken(String::new()));
}

#[test]
fn what_was_found_to_mean_a_secret_is_not_shown() {
    let watch = || Watch { player: "jan a".into(), ..Watch::default() };
    let mut guard = Guard::new(watch(), Sense::past(vec![false, true]));
    let first = "The soup is hot tonight.";
    let Verdict::Show(shown) = guard.push(first) else { panic!("the first one is fit to be said") };
    assert_eq!(guard.push(" He sailed off over the sea."), Verdict::Broken(String::new()));
    assert_eq!((guard.broken(), guard.sensed()), (Some(Rule::Secret), Some(vec![false, true])));
    assert!(first.starts_with(&shown) && guard.finish().is_some_and(|line| line == first));
    assert_eq!(Guard::new(watch(), Sense::default()).sensed(), None);
}

#[test]
fn nobody_speaks_for_another_and_nobody_repeats_themself() {
    let with = |others: &[&str], said: &[&str]| {
        Guard::new(
            Watch {
                others: others.iter().map(|o| (*o).to_owned()).collect(),
                said: said.iter().map(|s| super::super::normal::plain(s)).collect(),
                ..Watch::default()
            },
            Sense::default(),
        )
    };
    let mut guard = with(&["guest", "tobin"], &[]);
    assert_eq!(guard.push("Guest: I will burn it."), Verdict::Broken(String::new()));
    assert_eq!(guard.broken(), Some(Rule::ForAnother));
    let mut guard = with(&[], &["The soup is on the stove."]);
    assert_eq!(guard.push("The soup is on the stove."), Verdict::Broken(String::new()));
    assert_eq!(guard.broken(), Some(Rule::Repetition));
    assert_eq!(guard.finish(), None);
    let mut guard = with(&[], &[]);
    assert_eq!(guard.push("As an AI I know."), Verdict::Broken(String::new()));
    assert_eq!(guard.broken(), Some(Rule::Meta));
}

#[test]
fn a_word_is_not_cut_to_one_that_is_locked() {
    let mut guard = guard(&["jun"], "");
    assert_eq!(guard.push("Fog on the hill. JUnJ"), show("Fog on the hill."));
    assert_eq!(guard.finish().as_deref(), Some("Fog on the hill."));
}

/// All that is shown of these pieces.
fn feed(guard: &mut Guard, pieces: &[String]) -> String {
    let mut shown = String::new();
    for piece in pieces {
        match guard.push(piece) {
            Verdict::Show(text) => shown.push_str(&text),
            Verdict::Enough(text) | Verdict::Broken(text) => return shown + &text,
        }
    }
    shown
}

fn strict() -> Guard {
    let secrets = Secrets::of_tells(&["jun", "俊"]);
    Guard::new(
        Watch { secrets, chinese: true, player: "jan a".into(), ..Watch::default() },
        Sense::default(),
    )
}

proptest! {
    #[test]
    fn nothing_leaks_and_nothing_is_taken_back(pieces in prop::collection::vec("[ jun.,aJUN俊茶]{0,4}", 0..40)) {
        let mut guard = strict();
        let shown = feed(&mut guard, &pieces);
        let said = guard.finish().unwrap_or_default();
        let kept = shown.trim().trim_end_matches([',', '.', ' ']);
        prop_assert!(said.starts_with(kept), "'{}' was shown, '{}' was said", shown, said);
        for text in [shown, said] {
            prop_assert!(!contains_word(&text.to_lowercase(), "jun"), "{}", text);
            prop_assert!(!text.contains('俊'), "{}", text);
        }
    }

    #[test]
    fn the_pieces_make_no_difference(pieces in prop::collection::vec("[ jun.,aJUN俊茶\u{ad}\n]{0,4}", 0..40)) {
        let (mut whole, mut parts) = (strict(), strict());
        prop_assert_eq!(feed(&mut whole, &[pieces.concat()]), feed(&mut parts, &pieces));
        prop_assert_eq!(whole.finish(), parts.finish());
    }
}

#[test]
fn the_dead_do_not_speak_and_what_never_was_is_not_told() {
    let logic = "(beats: [(id: \"a\", moves: [(id: \"go\", done: true)])], endings: [(id: \"e\")])";
    let words = |dead: &str, never: &str| {
        format!(
            "# cast ann\nYou are Ann.\n# canon\n## dead\n- {dead}\n## never\n- {never}\n# beat a\n## move go\n- go\n### reply\n> x\n# ending e\n> e\n"
        )
    };
    let files = [
        ("en/story.md", words("Tom | the captain", "The mill burned down.")),
        ("zh/story.md", words("汤姆 | 老船长", "磨坊烧掉了。")),
    ];
    let files = files.map(|(file, words)| (std::path::PathBuf::from(file), words)).into();
    let pack = crate::Pack::from_files(std::path::Path::new("x"), logic, &files);
    let pack = pack.unwrap_or_else(|error| panic!("{error}"));
    let broken = |locale: &str, rules: u16, said: &str| {
        let mut state = crate::State::new(&pack);
        (state.locale, state.rules) = (locale.into(), rules);
        let mut guard = Guard::new(Watch::new(&pack, &state, "ann", ""), Sense::default());
        let verdict = guard.push(said);
        assert!(guard.broken().is_some() == matches!(verdict, Verdict::Broken(_)));
        guard.broken()
    };
    let careful = crate::event::CAREFUL;
    for (locale, said) in [
        ("en", "The captain is waiting upstairs."),
        ("en", "Tom says you can stay."),
        ("en", "Everybody knows the mill burned down."),
        ("zh", "老船长在门外等你呢。"),
        ("zh", "大家都知道磨坊烧掉了。"),
    ] {
        assert_eq!(broken(locale, careful, said), Some(Rule::Canon), "{said}");
        assert_eq!(broken(locale, 1, said), None, "plays of older rules go by those: {said}");
    }
    for (locale, said) in [
        ("en", "The captain is dead, and I buried him."),
        ("en", "Tom was fond of this chair."),
        ("en", "The mill never burned down."),
        ("zh", "老船长早就过世了。"),
        ("zh", "磨坊没烧掉。"),
    ] {
        assert_eq!(broken(locale, careful, said), None, "{said}");
    }
}
