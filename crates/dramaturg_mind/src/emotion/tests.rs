use super::*;
use crate::{Emotion, Mood, Pad};
use proptest::prelude::*;

/// Gebhard 2005, "ALMA – A Layered Model of Affect", table 2: "Mapping of OCC emotions into PAD space", as it is printed,
/// with the octant that stands beside each.
const TABLE_2: [(Occ, f64, f64, f64, VoiceStyle); 24] = [
    (Occ::Admiration, 0.5, 0.3, -0.2, VoiceStyle::Warm),
    (Occ::Anger, -0.51, 0.59, 0.25, VoiceStyle::Sharp),
    (Occ::Disliking, -0.4, 0.2, 0.1, VoiceStyle::Sharp),
    (Occ::Disappointment, -0.3, 0.1, -0.4, VoiceStyle::Shaky),
    (Occ::Distress, -0.4, -0.2, -0.5, VoiceStyle::Flat),
    (Occ::Fear, -0.64, 0.60, -0.43, VoiceStyle::Shaky),
    (Occ::FearsConfirmed, -0.5, -0.3, -0.7, VoiceStyle::Flat),
    (Occ::Gloating, 0.3, -0.3, -0.1, VoiceStyle::Soft),
    (Occ::Gratification, 0.6, 0.5, 0.4, VoiceStyle::Bright),
    (Occ::Gratitude, 0.4, 0.2, -0.3, VoiceStyle::Warm),
    (Occ::HappyFor, 0.4, 0.2, 0.2, VoiceStyle::Bright),
    (Occ::Hate, -0.6, 0.6, 0.3, VoiceStyle::Sharp),
    (Occ::Hope, 0.2, 0.2, -0.1, VoiceStyle::Warm),
    (Occ::Joy, 0.4, 0.2, 0.1, VoiceStyle::Bright),
    (Occ::Liking, 0.40, 0.16, -0.24, VoiceStyle::Warm),
    (Occ::Love, 0.3, 0.1, 0.2, VoiceStyle::Bright),
    (Occ::Pity, -0.4, -0.2, -0.5, VoiceStyle::Flat),
    (Occ::Pride, 0.4, 0.3, 0.3, VoiceStyle::Bright),
    (Occ::Relief, 0.2, -0.3, 0.4, VoiceStyle::Calm),
    (Occ::Remorse, -0.3, 0.1, -0.6, VoiceStyle::Shaky),
    (Occ::Reproach, -0.3, -0.1, 0.4, VoiceStyle::Cold),
    (Occ::Resentment, -0.2, -0.3, -0.2, VoiceStyle::Flat),
    (Occ::Satisfaction, 0.3, -0.2, 0.4, VoiceStyle::Calm),
    (Occ::Shame, -0.3, 0.1, -0.6, VoiceStyle::Shaky),
];

#[test]
fn emotions_lie_where_alma_puts_them() {
    let listed: Vec<Occ> = TABLE_2.iter().map(|row| row.0).collect();
    assert_eq!(listed, Occ::ALL);
    for (emotion, pleasure, arousal, dominance, octant) in TABLE_2 {
        let Pad { pleasure: p, arousal: a, dominance: d } = emotion.pad();
        let at = [p, a, d].map(|axis| f64::from(axis) / 1000.0);
        assert_eq!(at, [pleasure, arousal, dominance], "{emotion:?}");
        assert_eq!(VoiceStyle::of(emotion.pad()), octant, "{emotion:?}");
        assert_eq!(emotion.is_pleasant(), pleasure > 0.0, "{emotion:?}");
        let read: Occ = serde_json::from_str(&format!("\"{}\"", emotion.label())).unwrap();
        assert_eq!(read, emotion);
    }
}

/// Mehrabian 1996, "Analysis of the Big-five Personality Factors in Terms of the PAD Temperament Model", the regression
/// equations, factor by factor. The fifth is emotional stability, the contrary of neuroticism.
#[test]
fn temperaments_follow_from_the_big_five_as_mehrabian_says() {
    let whole = Degree::of_thousandths(1000);
    let none = Personality::default();
    let rows = [
        ("extraversion", Personality { extraversion: whole, ..none }, [210, 0, 600]),
        ("agreeableness", Personality { agreeableness: whole, ..none }, [590, 300, -320]),
        (
            "stability",
            Personality { neuroticism: Degree::of_thousandths(-1000), ..none },
            [190, -570, 0],
        ),
        ("openness", Personality { openness: whole, ..none }, [0, 150, 250]),
        ("conscientiousness", Personality { conscientiousness: whole, ..none }, [0, 0, 170]),
    ];
    for (factor, personality, wanted) in rows {
        let Pad { pleasure, arousal, dominance } = personality.temperament();
        assert_eq!([pleasure, arousal, dominance], wanted, "{factor}");
    }
    assert_eq!(none.temperament(), Pad::default());
    // The worked example of ALMA: O .4, C .8, E .6, A .3, N .4 (read as stability) is (.38, −.08, .50).
    let degree = Degree::of_thousandths;
    let alma = Personality {
        openness: degree(400),
        conscientiousness: degree(800),
        extraversion: degree(600),
        agreeableness: degree(300),
        neuroticism: degree(-400),
    };
    let Pad { pleasure, arousal, dominance } = alma.temperament();
    assert_eq!([pleasure, arousal, dominance], [379, -78, 500]);
    // Beyond the space: brought to its border.
    let bold = Personality {
        openness: whole,
        conscientiousness: whole,
        extraversion: whole,
        agreeableness: degree(-1000),
        ..none
    };
    assert_eq!(bold.temperament().dominance, 1000);
}

fn felt(appraisal: &Appraisal, liking: i16) -> Vec<(Occ, u16)> {
    let felt = appraisal.emotions(&Personality::default(), liking);
    felt.into_iter().map(|felt| (felt.emotion, felt.intensity)).collect()
}

/// The tags of ALMA's basic appraisal ("Basic Appraisal Tags, OCC variables, elicited Emotions", affective.dfki.de), each
/// with the emotion that it elicits.
#[test]
fn appraisals_elicit_the_emotions_of_occ() {
    let degree = Degree::of_thousandths;
    let event = |good| Appraisal::of(good, 0);
    let future = |good, likely| Appraisal {
        likelihood: Some(Likelihood::of_thousandths(likely)),
        ..event(good)
    };
    let over = |good, realised| Appraisal { realised: Some(realised), ..event(good) };
    let act = |praise, own| Appraisal { own, ..Appraisal::of(0, praise) };
    let both = |good, praise, own| Appraisal { own, ..Appraisal::of(good, praise) };
    let luck = |good, deserved| Appraisal {
        fortune: Some(Fortune {
            who: "player".into(),
            desirability: degree(good),
            deservingness: degree(deserved),
        }),
        ..Appraisal::default()
    };
    let thing = |appeal| Appraisal { appealingness: degree(appeal), ..Appraisal::default() };
    let rows = [
        (event(600), 0, Occ::Joy, 600),
        (event(-600), 0, Occ::Distress, 600),
        (luck(600, 0), 1000, Occ::HappyFor, 600),
        (luck(600, 500), 500, Occ::HappyFor, 450),
        (luck(600, 0), -1000, Occ::Resentment, 600),
        (luck(600, 500), -1000, Occ::Resentment, 300),
        (luck(-600, 0), 1000, Occ::Pity, 600),
        (luck(-600, 500), 1000, Occ::Pity, 300),
        (luck(-600, 0), -1000, Occ::Gloating, 600),
        (future(600, 500), 0, Occ::Hope, 300),
        (over(600, true), 0, Occ::Satisfaction, 600),
        (over(600, false), 0, Occ::Disappointment, 600),
        (future(-600, 500), 0, Occ::Fear, 300),
        (over(-600, true), 0, Occ::FearsConfirmed, 600),
        (over(-600, false), 0, Occ::Relief, 600),
        (act(600, true), 0, Occ::Pride, 600),
        (act(600, false), 0, Occ::Admiration, 600),
        (act(-600, true), 0, Occ::Shame, 600),
        (act(-600, false), 0, Occ::Reproach, 600),
        (both(600, 400, true), 0, Occ::Gratification, 500),
        (both(600, 400, false), 0, Occ::Gratitude, 500),
        (both(-600, -400, true), 0, Occ::Remorse, 500),
        (both(-600, -400, false), 0, Occ::Anger, 500),
        (thing(600), 0, Occ::Liking, 600),
        (thing(-600), 0, Occ::Disliking, 600),
        (thing(600), 800, Occ::Love, 600),
        (thing(-600), -800, Occ::Hate, 600),
    ];
    let mut elicited = std::collections::BTreeSet::new();
    for (appraisal, liking, emotion, intensity) in rows {
        assert_eq!(appraisal.fault(), None);
        assert_eq!(felt(&appraisal, liking), [(emotion, intensity)], "{appraisal:?}");
        elicited.insert(emotion);
    }
    assert_eq!(elicited.len(), Occ::ALL.len());
    // A good turn by a bad deed is two things.
    let mixed = felt(&both(600, -400, false), 0);
    assert_eq!(mixed, [(Occ::Joy, 600), (Occ::Reproach, 400)]);
    // What may come is no deed yet.
    let threat = Address::Threat.appraisal();
    assert_eq!(felt(&threat, 0), [(Occ::Fear, 560), (Occ::Reproach, 600)]);
}

#[test]
fn appraisals_that_contradict_themselves_are_told() {
    let fault = |appraisal: Appraisal| appraisal.fault();
    assert_eq!(fault(Appraisal::default()), Some(Meaning::Nothing));
    let realised = Some(true);
    let likelihood = Some(Likelihood::of_thousandths(500));
    assert_eq!(fault(Appraisal { likelihood, ..Appraisal::of(0, 300) }), Some(Meaning::NoProspect));
    assert_eq!(
        fault(Appraisal { likelihood, realised, ..Appraisal::of(300, 0) }),
        Some(Meaning::BothToComeAndOver)
    );
    let liking = Some(Degree::of_thousandths(300));
    assert_eq!(
        fault(Appraisal { liking, ..Appraisal::of(300, 0) }),
        Some(Meaning::LikingOfNothing)
    );
    assert!(Degree::try_from(1.2).unwrap_err().contains("between -1 and 1"));
    assert!(Degree::try_from(f64::NAN).is_err() && Likelihood::try_from(-0.1).is_err());
}

#[test]
fn personality_scales_what_is_felt() {
    let degree = Degree::of_thousandths;
    let insult = Address::Insult.appraisal();
    let thanks = Address::Thanks.appraisal();
    let strength =
        |personality: Personality, of: &Appraisal| of.emotions(&personality, 0)[0].intensity;
    let none = Personality::default();
    let nervous = Personality { neuroticism: degree(800), ..none };
    let outgoing = Personality { extraversion: degree(800), ..none };
    let kind = Personality { agreeableness: degree(800), ..none };
    assert_eq!([none, nervous, outgoing, kind].map(|p| strength(p, &insult)), [500, 700, 500, 400]);
    assert_eq!([none, nervous, outgoing, kind].map(|p| strength(p, &thanks)), [300, 300, 420, 300]);
}

#[test]
fn lines_are_told_by_how_they_treat_whom_they_are_said_to() {
    let told = [
        ("You are a liar and an idiot", Some(Address::Insult)),
        ("Shut up, or else", Some(Address::Threat)),
        ("I'll make you regret it", Some(Address::Threat)),
        ("I'm not here to hurt you", None),
        ("You're no liar, you are brave", Some(Address::Praise)),
        ("Thank you, Marta", Some(Address::Thanks)),
        ("I'm sorry. I was wrong", Some(Address::Apology)),
        ("He said \"you idiot\"", None),
        ("Where is the ferry?", None),
        ("你这个骗子", Some(Address::Insult)),
        ("我不会杀了你", None),
        ("对不起，是我不好", Some(Address::Apology)),
        ("谢谢你的汤", Some(Address::Thanks)),
        ("再说一句我就砸了你的店", Some(Address::Threat)),
        ("", None),
    ];
    for (line, wanted) in told {
        assert_eq!(address(line), wanted, "{line}");
    }
}

#[test]
fn who_is_sullen_by_nature_sounds_as_always() {
    let degree = Degree::of_thousandths;
    let sullen =
        Personality { agreeableness: degree(-700), neuroticism: degree(600), ..Default::default() };
    let mut mood = Mood::of(sullen);
    assert!(mood.now().pleasure < -400);
    assert_eq!((mood.voice(), mood.behaviour("player", false).as_str()), (VoiceStyle::Plain, ""));
    mood.appraise("player", &[Felt { emotion: Occ::Gratitude, intensity: 800 }]);
    assert_eq!(mood.voice(), VoiceStyle::Warm);
}

fn insulted(mood: &mut Mood) {
    let personality = *mood.personality().unwrap();
    let felt = Address::Insult.appraisal().emotions(&personality, mood.attitude("player"));
    mood.appraise("player", &felt);
}

#[test]
fn an_insult_shows_at_once_fades_in_hours_and_is_borne_for_days() {
    let mut mood =
        Mood::of(Personality { neuroticism: Degree::of_thousandths(200), ..Default::default() });
    let rest = mood.now();
    insulted(&mut mood);
    insulted(&mut mood);
    assert_eq!((mood.face(), mood.voice()), (Emotion::Angry, VoiceStyle::Sharp));
    assert!(!mood.is_willing(Stance::Kind, "player") && mood.is_willing(Stance::Harsh, "player"));
    assert!(mood.behaviour("player", false).contains("angry"));
    let grudge = mood.attitude("player");
    assert!(grudge < -250, "{grudge}");

    mood.pass(20);
    assert!(mood.now().pleasure < rest.pleasure - 100, "the mood was pulled: {:?}", mood.now());
    mood.pass(24 * 60);
    assert!(mood.felt().is_empty());
    assert!((mood.now().pleasure - rest.pleasure).abs() < 20, "{:?}", mood.now());
    assert!(mood.attitude("player") < grudge / 2, "a day is not enough");
    assert!(mood.behaviour("player", false).contains("not forgiven"));
    assert!(!mood.is_willing(Stance::Kind, "player"));

    mood.pass(6 * 24 * 60);
    assert!(mood.attitude("player") > -100, "{}", mood.attitude("player"));
    assert!(mood.is_willing(Stance::Kind, "player"));
    assert_eq!(mood.behaviour("player", false), "");
    mood.pass(400 * 24 * 60);
    assert_eq!((mood.now(), mood.attitude("player")), (rest, 0));
}

#[test]
fn who_is_upset_easily_bears_a_grudge_longer_than_who_is_kind() {
    let after_days = |personality: Personality| {
        let mut mood = Mood::of(personality);
        mood.appraise("player", &[Felt { emotion: Occ::Anger, intensity: 800 }]);
        mood.pass(4 * 24 * 60);
        mood.attitude("player")
    };
    let degree = Degree::of_thousandths;
    let none = Personality::default();
    let nervous = after_days(Personality { neuroticism: degree(800), ..none });
    let kind = after_days(Personality { agreeableness: degree(800), ..none });
    assert!(nervous < after_days(none) && after_days(none) < kind, "{nervous} {kind}");
}

#[test]
fn emotions_pull_a_mood_that_is_short_of_them_and_push_one_that_is_beyond() {
    let joy = [Felt { emotion: Occ::Joy, intensity: 1000 }];
    let mut short = Mood::of(Personality::default());
    short.appraise("", &joy);
    short.pass(5);
    let at = short.now();
    assert!(at.pleasure > 40 && at.pleasure < 400, "{at:?}");

    let mut beyond = Mood::of(Personality::default());
    beyond.push(Pad::new(700, 400, 300));
    let mut alone = beyond.clone();
    beyond.appraise("", &joy);
    beyond.pass(5);
    alone.pass(5);
    assert!(beyond.now().pleasure > 700 && alone.now().pleasure < 700, "{:?}", beyond.now());
}

fn any_personality() -> impl Strategy<Value = Personality> {
    let degree = || (-1000..=1000i32).prop_map(Degree::of_thousandths);
    (degree(), degree(), degree(), degree(), degree()).prop_map(|(o, c, e, a, n)| Personality {
        openness: o,
        conscientiousness: c,
        extraversion: e,
        agreeableness: a,
        neuroticism: n,
    })
}

#[derive(Clone, Debug)]
enum Happening {
    Felt(Occ, u16),
    Pushed(i16, i16, i16),
    Passed(u32),
    Spoke(Emotion, bool),
}

fn any_happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        (prop::sample::select(Occ::ALL.to_vec()), 0..=1200u16)
            .prop_map(|(emotion, intensity)| Happening::Felt(emotion, intensity)),
        (any::<i16>(), any::<i16>(), any::<i16>()).prop_map(|(p, a, d)| Happening::Pushed(p, a, d)),
        prop_oneof![0..200u32, any::<u32>()].prop_map(Happening::Passed),
        (prop::sample::select(Emotion::ALL.to_vec()), any::<bool>())
            .prop_map(|(face, improvised)| Happening::Spoke(face, improvised)),
    ]
}

fn happen(mood: &mut Mood, happening: &Happening) {
    match happening {
        Happening::Felt(emotion, intensity) => {
            mood.appraise("player", &[Felt { emotion: *emotion, intensity: *intensity }]);
        }
        Happening::Pushed(p, a, d) => {
            mood.push(Pad { pleasure: *p, arousal: *a, dominance: *d });
        }
        Happening::Passed(minutes) => mood.pass(*minutes),
        Happening::Spoke(face, improvised) => mood.feel(*face, *improvised),
    }
}

fn axes(pad: Pad) -> [i16; 3] {
    [pad.pleasure, pad.arousal, pad.dominance]
}

proptest! {
    #[test]
    fn a_mood_never_leaves_its_space_and_the_same_happenings_make_the_same_mood(
        personality in any_personality(), happenings in prop::collection::vec(any_happening(), 0..40)
    ) {
        let (mut one, mut two) = (Mood::of(personality), Mood::of(personality));
        for happening in &happenings {
            happen(&mut one, happening);
            happen(&mut two, happening);
            prop_assert!(axes(one.now()).iter().all(|axis| axis.abs() <= 1000), "{:?}", one.now());
            prop_assert!(one.felt().iter().all(|felt| felt.intensity <= 1000));
            prop_assert!(one.attitude("player").abs() <= 1000);
        }
        prop_assert_eq!(&one, &two);
        let kept: Mood = serde_json::from_str(&serde_json::to_string(&one).unwrap()).unwrap();
        prop_assert_eq!(kept, one);
    }

    #[test]
    fn where_nothing_happens_a_mood_goes_straight_to_its_temperament(
        personality in any_personality(), at in (any::<i16>(), any::<i16>(), any::<i16>()),
        steps in prop::collection::vec(1..2000u32, 1..40)
    ) {
        let mut mood = Mood::of(personality);
        let rest = axes(mood.now());
        mood.push(Pad { pleasure: at.0, arousal: at.1, dominance: at.2 });
        let far = |mood: &Mood| {
            let now = axes(mood.now());
            [0, 1, 2].map(|axis| now[axis] - rest[axis])
        };
        let mut before = far(&mood);
        for minutes in steps {
            mood.pass(minutes);
            let now = far(&mood);
            for axis in 0..3 {
                prop_assert!(now[axis].abs() <= before[axis].abs(), "{now:?} after {before:?}");
                prop_assert!(now[axis].signum() * before[axis].signum() >= 0, "it went beyond");
            }
            before = now;
        }
        mood.pass(60 * 24 * 60);
        prop_assert_eq!(axes(mood.now()), rest);
    }
}
