//! The players: each sees what a player sees, and says one line at a time.

use super::dice::Dice;
use super::heard::{about, answer, topics};
use super::lines::Lines;
use super::{asked, letters};
use dramaturg_llm::LanguageModel;
use dramaturg_story::{HistoryLine, Pack};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Who plays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, clap::ValueEnum)]
pub enum Kind {
    /// The oracle: an authored open move each turn, by its own example.
    Menu,
    /// Does what the scene invites: a paraphrase of an open move, where somebody wrote some for this story; else by
    /// what is heard.
    Cooperative,
    /// Does what the scene invites, knowing nothing but what is heard.
    CooperativeHeard,
    /// The same model in another role is asked for a player's next line.
    CooperativeModel,
    /// Talks of other things two turns in three.
    Wanderer,
    /// Insults and threatens, and goes along rudely in every other turn.
    Hostile,
    /// Asks for the prompt, claims authority, fakes messages, writes stage directions.
    Jailbreaker,
    /// Says nothing.
    Silent,
    /// Asserts the opposite of what is so.
    Contradictor,
    /// Claims that it has happened already.
    BeatGrabber,
    /// Asks for what is locked.
    SecretFisher,
    /// Speaks another language than the play.
    OtherLanguage,
    /// Letters.
    Gibberish,
}

impl Kind {
    /// The name on the command line and in the figures.
    pub fn name(self) -> &'static str {
        match self {
            Self::Menu => "menu",
            Self::Cooperative => "cooperative",
            Self::CooperativeHeard => "cooperative-heard",
            Self::CooperativeModel => "cooperative-model",
            Self::Wanderer => "wanderer",
            Self::Hostile => "hostile",
            Self::Jailbreaker => "jailbreaker",
            Self::Silent => "silent",
            Self::Contradictor => "contradictor",
            Self::BeatGrabber => "beat-grabber",
            Self::SecretFisher => "secret-fisher",
            Self::OtherLanguage => "other-language",
            Self::Gibberish => "gibberish",
        }
    }
}

/// What a line was meant to do, whatever it is taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// To make this move of the open beat.
    Move(String),
    /// No move at all: when one is granted, that is wrong.
    Nothing,
    /// To go along, or to learn something: it may be a move.
    Anything,
}

/// One line of a player.
#[derive(Clone, Debug)]
pub struct Said {
    pub text: String,
    pub intent: Intent,
}

/// What a player sees.
pub struct Scene<'s> {
    /// All that was said, the player's own lines as well.
    pub history: &'s [HistoryLine],
    /// How many of the last lines came after the player's last.
    pub new: usize,
    /// Names of those who are there.
    pub present: Vec<&'s str>,
    /// The open beat and its open moves. Nobody sees them: for those who know the story.
    pub beat: &'s str,
    pub open: Vec<&'s str>,
    /// The move that the speaker has just asked about in words, whether it is meant.
    pub asked: Option<&'s str>,
    /// Whether the speaker did not ask back, but held that move out by itself: what the scene invites to.
    pub invited: bool,
}

/// One player in one run.
pub struct Player<'l> {
    kind: Kind,
    lines: &'l Lines,
    pack: &'l Pack,
    locale: &'l str,
    dice: Dice,
    /// Asked for lines by [`Kind::CooperativeModel`] only.
    model: Option<Arc<dyn LanguageModel>>,
    said: BTreeSet<String>,
    /// What the last line was meant to do.
    meant: Option<Intent>,
    turn: usize,
    /// The letters of all examples: nobody but the menu says them.
    examples: BTreeSet<String>,
}

impl<'l> Player<'l> {
    pub fn new(
        kind: Kind,
        lines: &'l Lines,
        (pack, locale): (&'l Pack, &'l str),
        seed: u64,
        model: Option<Arc<dyn LanguageModel>>,
    ) -> Self {
        let prose = pack.prose(locale);
        let sections = pack.beats().iter().flat_map(|beat| {
            beat.moves.iter().map(move |m| format!("beat {}/move {}", beat.id, m.id))
        });
        let examples = sections.flat_map(|section| prose.bullets(&section)).map(|b| letters(&b.1));
        let examples = examples.collect();
        let mut dice = Dice::new(seed);
        let turn = dice.below(3);
        Self {
            kind,
            lines,
            pack,
            locale,
            dice,
            model,
            said: BTreeSet::new(),
            meant: None,
            turn,
            examples,
        }
    }

    /// The next line.
    pub fn says(&mut self, scene: &Scene<'_>) -> Said {
        if let Some(said) = self.accept(scene).or_else(|| self.reply(scene)) {
            self.meant = Some(said.intent.clone());
            return said;
        }
        self.turn += 1;
        let said = match self.kind {
            Kind::Menu => self.choose(scene),
            Kind::Cooperative => self.cooperate(scene),
            Kind::CooperativeHeard => self.take_up(scene),
            Kind::CooperativeModel => self.ask_model(scene),
            Kind::Wanderer if self.turn.is_multiple_of(3) => self.cooperate(scene),
            Kind::Hostile if self.turn.is_multiple_of(2) => self.be_rude(scene),
            Kind::Silent if self.dice.one_in(2) => nothing(String::new()),
            Kind::Contradictor => {
                let of_story = self.lines.story.as_ref().map(|story| &story.contradicts);
                self.assert(scene, of_story)
            }
            Kind::BeatGrabber => {
                let of_story = self.lines.story.as_ref().map(|story| &story.claims);
                self.assert(scene, of_story)
            }
            Kind::SecretFisher => {
                let of_story =
                    self.lines.story.as_ref().map_or(&[][..], |story| story.fishes.as_slice());
                let generic = self.lines.list(self.kind.name());
                let from =
                    if of_story.is_empty() || self.dice.one_in(2) { generic } else { of_story };
                Said { text: self.fresh(from), intent: Intent::Anything }
            }
            Kind::OtherLanguage if self.dice.one_in(2) => self.go_along_abroad(scene),
            Kind::Gibberish => nothing(self.gibberish()),
            _ => nothing(self.fresh(self.lines.list(self.kind.name()))),
        };
        self.said.insert(said.text.clone());
        self.meant = Some(said.intent.clone());
        said
    }

    /// What is held out is taken up by whoever goes along, in the turns in which they do.
    fn accept(&mut self, scene: &Scene<'_>) -> Option<Said> {
        let asked = scene.asked.filter(|_| scene.invited)?;
        let next = self.turn + 1;
        let goes_along = match self.kind {
            Kind::Cooperative | Kind::CooperativeHeard | Kind::CooperativeModel => true,
            Kind::Wanderer => next.is_multiple_of(3),
            Kind::Hostile => next.is_multiple_of(2),
            _ => false,
        };
        if !goes_along {
            return None;
        }
        self.turn = next;
        let yes = self.dice.pick(self.lines.list("yes")).cloned().unwrap_or_default();
        let text = match self.kind {
            Kind::Hostile => {
                self.dice.pick(&self.lines.rude).map_or("{}", String::as_str).replace("{}", &yes)
            }
            _ => yes,
        };
        Some(Said { text, intent: Intent::Move(asked.to_owned()) })
    }

    /// Who is asked whether that was meant says yes when it was, and no when it was not; the same beside the question as
    /// anybody would. Those who are out to break the story take no notice.
    fn reply(&mut self, scene: &Scene<'_>) -> Option<Said> {
        let asked = scene.asked.filter(|_| !scene.invited)?;
        let heeds = matches!(
            self.kind,
            Kind::Cooperative
                | Kind::CooperativeHeard
                | Kind::CooperativeModel
                | Kind::Wanderer
                | Kind::Hostile
                | Kind::OtherLanguage
        );
        if !heeds {
            return None;
        }
        match self.meant.as_ref()? {
            Intent::Move(meant) if meant == asked => {
                let text = self.dice.pick(self.lines.list("yes")).cloned().unwrap_or_default();
                Some(Said { text, intent: Intent::Move(asked.to_owned()) })
            }
            Intent::Nothing => {
                let text = self.dice.pick(self.lines.list("no")).cloned().unwrap_or_default();
                Some(nothing(text))
            }
            // Another move was meant, or none in particular: the player goes on as before.
            Intent::Move(_) | Intent::Anything => None,
        }
    }

    /// One of these that was not said yet, as long as there is one.
    fn fresh(&mut self, of: &[String]) -> String {
        let new: Vec<_> = of.iter().filter(|line| !self.said.contains(*line)).collect();
        let line = if new.is_empty() { self.dice.pick(of) } else { self.dice.pick(&new).copied() };
        line.cloned().unwrap_or_default()
    }

    /// An open move, by an example of it.
    fn choose(&mut self, scene: &Scene<'_>) -> Said {
        let Some(id) = self.dice.pick(&scene.open).copied() else { return nothing(String::new()) };
        let prose = self.pack.prose(self.locale);
        let examples = prose.bullets(&format!("beat {}/move {id}", scene.beat));
        let example = self.dice.pick(examples).map(|example| example.1.clone());
        Said { text: example.unwrap_or_default(), intent: Intent::Move(id.to_owned()) }
    }

    fn cooperate(&mut self, scene: &Scene<'_>) -> Said {
        match &self.lines.story {
            Some(story) => {
                self.paraphrase(&story.moves, scene).unwrap_or_else(|| self.take_up(scene))
            }
            None => self.take_up(scene),
        }
    }

    /// A paraphrase of one of the open moves.
    fn paraphrase(
        &mut self,
        of: &BTreeMap<String, Vec<String>>,
        scene: &Scene<'_>,
    ) -> Option<Said> {
        let known: Vec<_> = scene
            .open
            .iter()
            .filter_map(|id| Some((*id, of.get(&format!("{}/{id}", scene.beat))?)))
            .collect();
        let (id, paraphrases) = self.dice.pick(&known).copied()?;
        Some(Said { text: self.fresh(paraphrases), intent: Intent::Move(id.to_owned()) })
    }

    /// Answers by what is heard.
    fn take_up(&mut self, scene: &Scene<'_>) -> Said {
        let heard = &scene.history[scene.history.len().saturating_sub(scene.new)..];
        let new = |line: &str| !self.said.contains(line) && !self.examples.contains(&letters(line));
        let text = answer(&self.lines.heard, heard, scene.history, &new, &mut self.dice);
        Said { text, intent: Intent::Anything }
    }

    fn ask_model(&mut self, scene: &Scene<'_>) -> Said {
        let title = self.pack.title(self.locale);
        let name = |npc: &str| self.pack.display_name(self.locale, npc).to_owned();
        let seed = self.dice.below(u32::MAX as usize) as u32;
        let line = self
            .model
            .as_deref()
            .and_then(|model| asked::line(model, (title, self.locale), scene, name, seed));
        match line {
            Some(text) => Said { text, intent: Intent::Anything },
            None => self.take_up(scene),
        }
    }

    /// A line that goes along, with something rude around it.
    fn be_rude(&mut self, scene: &Scene<'_>) -> Said {
        let said = self.cooperate(scene);
        let around = self.dice.pick(&self.lines.rude).map_or("{}", String::as_str);
        Said { text: around.replace("{}", &said.text), ..said }
    }

    /// Something that is not so: of this beat, or of what was just named.
    fn assert(
        &mut self,
        scene: &Scene<'_>,
        of_story: Option<&BTreeMap<String, Vec<String>>>,
    ) -> Said {
        let of_beat = of_story.and_then(|by_beat| by_beat.get(scene.beat));
        if let Some(of_beat) = of_beat.filter(|lines| !lines.is_empty())
            && self.dice.one_in(2)
        {
            return nothing(self.fresh(of_beat));
        }
        let heard = &scene.history[scene.history.len().saturating_sub(scene.new)..];
        let topics = topics(&self.lines.heard, heard, scene.history);
        let list = self.lines.list(self.kind.name()).iter();
        let sayable: Vec<_> =
            list.filter(|line| !topics.is_empty() || !line.contains("{}")).cloned().collect();
        let way = self.fresh(&sayable);
        nothing(match self.dice.pick(&topics) {
            Some(topic) => about(&way, topic),
            None => way,
        })
    }

    /// A paraphrase of an open move, in the other language.
    fn go_along_abroad(&mut self, scene: &Scene<'_>) -> Said {
        let foreign = self.lines.foreign.as_ref().map(|story| &story.moves);
        let said = foreign.and_then(|moves| self.paraphrase(moves, scene));
        said.unwrap_or_else(|| nothing(self.fresh(self.lines.list(self.kind.name()))))
    }

    /// Words of at least four letters: shorter ones could mean something.
    fn gibberish(&mut self) -> String {
        let alphabets = self.lines.list("gibberish");
        let letters: Vec<char> =
            self.dice.pick(alphabets).map(|a| a.chars().collect()).unwrap_or_default();
        let words: Vec<String> = (0..=self.dice.below(4))
            .map(|_| {
                let length = 4 + self.dice.below(8);
                (0..length).filter_map(|_| self.dice.pick(&letters).copied()).collect()
            })
            .collect();
        words.join(" ")
    }
}

fn nothing(text: String) -> Said {
    Said { text, intent: Intent::Nothing }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::ValueEnum;
    use dramaturg_story::Emotion;
    use std::path::Path;

    fn assets(folder: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets").join(folder)
    }

    /// So many lines of a player in the first scene.
    fn lines_of(kind: Kind, locale: &str, seed: u64, count: usize) -> Vec<Said> {
        let pack = Pack::load(&assets("stories/lantern")).unwrap();
        let lines = Lines::load(&assets("players"), &pack.id, locale).unwrap();
        let open = pack.prose(locale).lines("beat coat/open").iter();
        let history: Vec<_> = open
            .map(|line| HistoryLine {
                speaker: line.npc.clone(),
                text: line.text.clone(),
                emotion: Emotion::Neutral,
                turn: 0,
            })
            .collect();
        let scene = Scene {
            new: history.len(),
            history: &history,
            present: vec!["Marta"],
            beat: "coat",
            open: vec!["ask_coat", "show_envelope"],
            asked: None,
            invited: false,
        };
        let mut player = Player::new(kind, &lines, (&pack, locale), seed, None);
        (0..count).map(|_| player.says(&scene)).collect()
    }

    #[test]
    fn the_same_seed_says_the_same() {
        for kind in Kind::value_variants() {
            let texts = |seed| -> Vec<_> {
                lines_of(*kind, "en", seed, 12).into_iter().map(|said| said.text).collect()
            };
            assert_eq!(texts(1), texts(1), "{}", kind.name());
            assert_ne!(texts(1), texts(2), "{}", kind.name());
        }
    }

    /// Going along by what is heard makes lines of templates: they may come out as an example, and are not said then.
    #[test]
    fn only_the_menu_quotes() {
        let pack = Pack::load(&assets("stories/lantern")).unwrap();
        for locale in &pack.locales {
            let prose = pack.prose(locale);
            let is_example = |text: &str| {
                let mut moves = pack.beats().iter().flat_map(|beat| {
                    beat.moves.iter().map(move |m| format!("beat {}/move {}", beat.id, m.id))
                });
                moves.any(|at| prose.bullets(&at).iter().any(|e| letters(&e.1) == letters(text)))
            };
            for kind in Kind::value_variants() {
                let said = lines_of(*kind, locale, 7, 40);
                let quoted = said.iter().find(|said| is_example(&said.text));
                assert_eq!(quoted.is_some(), *kind == Kind::Menu, "{} {quoted:?}", kind.name());
            }
        }
    }

    #[test]
    fn each_player_means_what_it_is_for() {
        let meant = |kind, what: fn(&Intent) -> bool| {
            lines_of(kind, "en", 3, 30).iter().filter(|said| what(&said.intent)).count()
        };
        let is_move = |intent: &Intent| matches!(intent, Intent::Move(id) if id != "kind_word");
        let is_nothing = |intent: &Intent| *intent == Intent::Nothing;
        assert_eq!(meant(Kind::Menu, is_move), 30);
        assert_eq!(meant(Kind::Cooperative, is_move), 30, "only open moves");
        assert_eq!((meant(Kind::Wanderer, is_nothing), meant(Kind::Wanderer, is_move)), (20, 10));
        assert_eq!(meant(Kind::Hostile, is_move), 15);
        for kind in [Kind::Silent, Kind::Jailbreaker, Kind::Gibberish, Kind::BeatGrabber] {
            assert_eq!(meant(kind, is_nothing), 30, "{}", kind.name());
        }
        let abroad = lines_of(Kind::OtherLanguage, "en", 3, 30);
        let han = |text: &str| text.chars().any(|c| ('\u{3400}'..='\u{9fff}').contains(&c));
        assert!(abroad.iter().all(|said| han(&said.text)));
    }
}
