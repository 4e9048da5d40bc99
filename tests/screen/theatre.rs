//! The game on the screen, as somebody before it would use it: look, read, type.

use super::programs::{self, Kept};
use super::{Ink, Letters, Picture, Region, Screen};
use dramaturg_journal::{JournalReader, Stored};
use dramaturg_story::Event;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A step of the test, or what went wrong in it.
pub type Step<T = ()> = Result<T, String>;

/// The lower lines of a dialogue, without the frame and what blinks in it.
const DIALOGUE: Region = Region::new((130, 1130), (528, 640));
/// The sign before the player's line, seen when it is the player's turn.
const PROMPT: Region = Region::new((136, 151), (652, 692));
/// The player's line.
const TYPED: Region = Region::new((152, 1140), (648, 692));
/// The sheet of a panel.
const PANEL: Region = Region::new((196, 1084), (64, 656));

/// For what the game does by itself: start on a software renderer, think with a small model.
const LONG: Duration = Duration::from_secs(120);
/// For what it does at a key.
const SHORT: Duration = Duration::from_secs(30);
/// For a whole play.
const PLAY: Duration = Duration::from_secs(400);
/// How long letters have to stay as they are; longer than the pause at a full stop and a slow frame.
const REST: Duration = Duration::from_millis(1_300);
const GLANCE: Duration = Duration::from_millis(120);

/// The screen, the game on it and the folder of its saves.
pub struct Theatre {
    game: Option<Kept>,
    screen: Screen,
    program: PathBuf,
    album: Vec<(String, Picture)>,
    folder: TempDir,
}

impl Theatre {
    /// An empty screen and an empty folder.
    pub fn open() -> Step<Self> {
        programs::all_there()?;
        let program = programs::game()?;
        // Pictures of an older failure would mislead.
        let _ = std::fs::remove_dir_all(pictures(&program));
        let folder = TempDir::new().map_err(|error| error.to_string())?;
        Ok(Self { game: None, screen: Screen::light()?, program, album: Vec::new(), folder })
    }

    /// Starts the game and waits for its window.
    pub fn start_game(&mut self, model: Option<&Path>) -> Step {
        self.start_game_in("en", model)
    }

    /// The same in a language.
    pub fn start_game_in(&mut self, locale: &str, model: Option<&Path>) -> Step {
        let log = File::options().create(true).append(true).open(self.log());
        let log = log.map_err(|error| error.to_string())?;
        let mut command = self.screen.client(&self.program);
        command
            .args(["--straight-in", "--locale", locale, "--seed", "7", "--saves"])
            .arg(self.saves())
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
            .env("NO_COLOR", "1")
            .env("XDG_DATA_HOME", self.folder.path().join("data"))
            .stdout(log.try_clone().map_err(|error| error.to_string())?)
            .stderr(log);
        match model {
            Some(model) => command.arg("--model-file").arg(model),
            None => command.arg("--no-model"),
        };
        self.game = Some(Kept::start(&mut command)?);
        self.wait("the game's window", LONG, |theatre| Ok(theatre.screen.focus().then_some(())))
    }

    /// Ends the game as a power cut would.
    pub fn kill_game(&mut self) -> Step {
        let mut game = self.game.take().ok_or("no game runs")?;
        game.lives().map_err(|why| format!("the game, before it was killed: {why}"))?;
        drop(game);
        Ok(())
    }

    /// Writes what the player prefers, before the game is started.
    pub fn prefer(&self, preferences: &str) -> Step {
        std::fs::create_dir_all(self.saves()).map_err(|error| error.to_string())?;
        let file = self.saves().join("preferences.ron");
        std::fs::write(file, preferences).map_err(|error| error.to_string())
    }

    /// Puts a file into the folder of saves, before the game is started.
    pub fn write_file(&self, name: &str, bytes: &[u8]) -> Step {
        std::fs::write(self.saves().join(name), bytes).map_err(|error| error.to_string())
    }

    /// Forgets what was played so far.
    pub fn clear(&mut self) -> Step {
        self.game = None;
        std::fs::remove_dir_all(self.saves()).map_err(|error| error.to_string())
    }

    /// A key is pressed and let go.
    pub fn press(&self, key: &str) -> Step {
        self.screen.press(key)
    }

    /// Chooses what can be said by its number, and waits until the turn is in the journal.
    pub fn choose(&mut self, number: usize) -> Step {
        let before = self.entries()?;
        self.press("Tab")?;
        self.wait("what can be said", SHORT, |theatre| {
            Ok((!players_turn(&theatre.screen.picture()?)).then_some(()))
        })?;
        self.press(&number.to_string())?;
        self.wait("the turn in the journal", SHORT, |theatre| {
            // After a rollback the turn takes the place of another one.
            Ok((!before.starts_with(&theatre.entries()?)).then_some(()))
        })
    }

    /// Reads on until it is the player's turn.
    pub fn read_to_the_players_turn(&mut self) -> Step {
        self.wait("the player's turn", LONG, |theatre| {
            if players_turn(&theatre.screen.picture()?) {
                return Ok(Some(()));
            }
            theatre.press("Return")?;
            Ok(None)
        })
    }

    /// Presses Enter, and nothing else, until the journal holds an ending.
    pub fn enter_until_the_story_ends(&mut self) -> Step {
        self.wait("an ending", PLAY, |theatre| {
            let entries = theatre.entries().unwrap_or_default();
            if entries.iter().any(|stored| matches!(stored.entry, Event::Ended(_))) {
                return Ok(Some(()));
            }
            theatre.press("Return")?;
            sleep(Duration::from_millis(250));
            Ok(None)
        })
    }

    /// Goes back by the wheel until the play stands at that turn; the game notes the place in its journal.
    pub fn back_to_turn(&mut self, turn: u32) -> Step {
        let file = self.saves().join("autosave.journal");
        self.wait("the way back", SHORT, |theatre| {
            let place = JournalReader::<Event>::open(&file)
                .and_then(|journal| journal.snapshot::<u32>("place"))
                .map_err(|error| error.to_string())?;
            if place.is_some_and(|(_, place)| place == turn) {
                return Ok(Some(()));
            }
            theatre.screen.xdotool(&["click", "4"])?;
            sleep(Duration::from_millis(400));
            Ok(None)
        })?;
        self.read_to_the_players_turn()
    }

    /// Waits until the journal holds exactly that.
    pub fn wait_entries(&mut self, wanted: &[Stored<Event>]) -> Step {
        self.wait("the loaded play", SHORT, |theatre| {
            Ok((theatre.entries()? == wanted).then_some(()))
        })
    }

    /// Whether a file is in the folder of saves, after a while.
    pub fn wait_file(&mut self, name: &str) -> Step {
        let file = self.saves().join(name);
        self.wait(name, SHORT, |_| Ok(file.is_file().then_some(())))
    }

    /// Waits until a file in the folder of saves holds these words.
    pub fn wait_words(&mut self, name: &str, words: &str) -> Step {
        let file = self.saves().join(name);
        self.wait(&format!("{words} in {name}"), SHORT, |_| {
            let text = std::fs::read_to_string(&file).unwrap_or_default();
            Ok(text.contains(words).then_some(()))
        })
    }

    /// What a file in the folder of saves says.
    pub fn read_file(&self, name: &str) -> Step<String> {
        std::fs::read_to_string(self.saves().join(name)).map_err(|error| error.to_string())
    }

    /// What the game printed.
    pub fn printed(&self) -> String {
        std::fs::read_to_string(self.log()).unwrap_or_default()
    }

    fn saves(&self) -> PathBuf {
        self.folder.path().join("saves")
    }
    fn log(&self) -> PathBuf {
        self.folder.path().join("game.log")
    }

    /// Waits until `look` finds something.
    fn wait<T>(
        &mut self,
        what: &str,
        limit: Duration,
        mut look: impl FnMut(&mut Self) -> Step<Option<T>>,
    ) -> Step<T> {
        let since = Instant::now();
        loop {
            if let Some(game) = &mut self.game {
                game.lives()
                    .map_err(|why| format!("the game, while the test waited for {what}: {why}"))?;
            }
            if let Some(found) = look(self)? {
                return Ok(found);
            }
            if since.elapsed() > limit {
                return Err(format!("waited {} s in vain for {what}", limit.as_secs()));
            }
            sleep(GLANCE);
        }
    }

    /// Waits until the letters of a region have come to rest in a state that is `wanted`.
    fn wait_rest(
        &mut self,
        what: &str,
        (region, ink): (Region, Ink),
        wanted: impl Fn(&Picture, &Letters) -> bool,
    ) -> Step<Letters> {
        let mut still: Option<(Letters, Instant)> = None;
        self.wait(what, LONG, |theatre| {
            let picture = theatre.screen.picture()?;
            let now = picture.ink(region, ink);
            match &still {
                _ if !wanted(&picture, &now) => still = None,
                Some((before, since)) if before.rests(&now) => {
                    return Ok((since.elapsed() > REST).then_some(now));
                }
                _ => still = Some((now, Instant::now())),
            }
            Ok(None)
        })
    }

    /// Waits for the story's words, and reads on until it is the player's turn; returns the last line as it stands there.
    pub fn read_on(&mut self) -> Step<Letters> {
        self.wait_rest("a line to read", (DIALOGUE, Ink::Paper), |_, line| !line.is_blank())?;
        self.turn_pages()
    }

    fn turn_pages(&mut self) -> Step<Letters> {
        self.wait("the player's turn", LONG, |theatre| {
            if players_turn(&theatre.screen.picture()?) {
                return Ok(Some(()));
            }
            theatre.screen.press("Return")?;
            Ok(None)
        })?;
        self.wait_rest("the last line", (DIALOGUE, Ink::Paper), |picture, line| {
            players_turn(picture) && !line.is_blank()
        })
    }

    /// Types a line, sends it, and reads all that is answered; returns the last line as it stands there.
    pub fn say(&mut self, text: &str) -> Step<Letters> {
        let before = self.screen.picture()?.ink(DIALOGUE, Ink::Paper);
        let turns = self.entries()?.last().map_or(0, |last| last.turn.0);
        self.screen.type_text(text)?;
        self.wait_rest("the typed words", (TYPED, Ink::Paper), |picture, typed| {
            players_turn(picture) && !typed.is_blank()
        })?;
        self.keep(format!("typed in turn {}", turns + 1))?;
        self.screen.press("Return")?;
        self.wait_rest("an answer on the screen", (DIALOGUE, Ink::Paper), |_, line| {
            !line.is_blank() && !line.says_the_same(&before)
        })?;
        let last = self.turn_pages()?;
        self.keep(format!("answered in turn {}", turns + 1))?;
        let last_turn = |all: &[Stored<Event>]| all.last().map_or(0, |last| last.turn.0);
        let turn = self.wait("the turn in the journal", SHORT, |theatre| {
            let entries = theatre.entries()?;
            Ok((last_turn(&entries) == turns + 1).then_some(entries))
        })?;
        let turn = turn.iter().filter(|stored| stored.turn.0 == turns + 1);
        answers(text, turn.map(|stored| &stored.entry)).map(|()| last)
    }

    /// Opens the history, and closes it again; returns what it shows.
    pub fn history(&mut self, when: &str) -> Step<Letters> {
        self.screen.press("F2")?;
        let panel = (PANEL, Ink::Any);
        let shown = self.wait_rest("the history", panel, |picture, history| {
            !players_turn(picture) && !history.is_blank()
        })?;
        self.keep(format!("history {when}"))?;
        self.screen.press("F2")?;
        self.wait("the stage behind the history", SHORT, |theatre| {
            Ok(players_turn(&theatre.screen.picture()?).then_some(()))
        })?;
        Ok(shown)
    }

    /// Saves with the key for it; returns what the saved file holds.
    pub fn quick_save(&mut self) -> Step<Vec<Stored<Event>>> {
        self.screen.press("F5")?;
        let file = self.saves().join("quick.journal");
        self.wait("the quick save", SHORT, |_| Ok(file.is_file().then_some(())))?;
        read(&file)
    }

    /// What the play has written of itself.
    pub fn entries(&self) -> Step<Vec<Stored<Event>>> {
        read(&self.saves().join("autosave.journal"))
    }

    /// Puts a picture of the screen aside, for the case that something goes wrong later.
    pub fn keep(&mut self, name: impl Into<String>) -> Step {
        let picture = self.screen.picture()?;
        self.album.push((name.into(), picture));
        Ok(())
    }

    /// Writes all pictures and what the game printed for people; says where they are.
    pub fn evidence(&mut self) -> String {
        // The last one may be what can't be had.
        let _ = self.keep("at the end");
        let folder = pictures(&self.program);
        let _ = std::fs::create_dir_all(&folder);
        let mut found = String::from("The screen as it was:");
        for (at, (name, picture)) in self.album.iter().enumerate() {
            let path = folder.join(format!("{}-{}.png", at + 1, name.replace(' ', "-")));
            match picture.write_png(&path) {
                Ok(()) => found += &format!("\n  {}", path.display()),
                Err(error) => found += &format!("\n  {name}: {error}"),
            }
        }
        let log = std::fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let last = lines[lines.len().saturating_sub(12)..].join("\n  ");
        found + "\nThe game's last words:\n  " + &last
    }
}

/// Where the pictures of a failure go, in Cargo's target folder.
fn pictures(program: &Path) -> PathBuf {
    let target = program.ancestors().nth(2).unwrap_or(Path::new("target"));
    target.join("window-test")
}

/// Whether the player may type.
fn players_turn(picture: &Picture) -> bool {
    !picture.ink(PROMPT, Ink::Lamp).is_blank()
}

fn read(path: &Path) -> Step<Vec<Stored<Event>>> {
    let reader = JournalReader::<Event>::open(path).map_err(|error| error.to_string())?;
    reader.entries().map_err(|error| error.to_string())
}

/// Whether a turn's entries are these words and an answer to them.
fn answers<'a>(text: &str, turn: impl Iterator<Item = &'a Event>) -> Step {
    let (mut said, mut spoken) = (None, 0);
    for event in turn {
        match event {
            Event::PlayerSaid { text, .. } => said = Some(text),
            Event::Spoke { text, .. } if !text.is_empty() => spoken += 1,
            _ => {}
        }
    }
    if said.is_none_or(|said| said != text) {
        return Err(format!("the keys {text:?} reached the journal as {said:?}"));
    }
    if spoken == 0 {
        return Err(format!("nobody answered {text:?} in the journal"));
    }
    Ok(())
}
