//! The game in a window of some size, looked at from some steps away.

use super::programs::{self, Kept, output};
use super::{Screen, Step};
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// For what takes long: the start on a software renderer.
const LONG: Duration = Duration::from_secs(120);
const SHORT: Duration = Duration::from_secs(30);
/// How long a picture may be drawn aside with nothing happening on the screen.
const ASIDE: Duration = Duration::from_secs(8);
const GLANCE: Duration = Duration::from_millis(400);
/// Cells of a view along its longer side.
const CELLS: usize = 96;
/// Pixels of a kept picture along its longer side.
const KEPT: usize = 384;
/// Mean difference, in 255ths, up to which a picture is at rest.
const AT_REST: f32 = 0.25;
/// Mean difference from which there is something else on the screen.
const ANOTHER: f32 = 2.0;

/// All at once, nothing moves, and nobody hears it.
const STILL: &str = "(text_speed: 3, less_motion: true, weather: false, music: 0, sounds: 0)";

/// A screen, and the game on it.
pub struct Gallery {
    game: Kept,
    screen: Screen,
    size: (usize, usize),
    folder: TempDir,
}

impl Gallery {
    /// Starts the game with its title, in a window of `size` and in a language.
    pub fn open(size: (usize, usize), locale: &str) -> Step<Self> {
        programs::all_there()?;
        let said = |error: std::io::Error| error.to_string();
        let folder = TempDir::new().map_err(said)?;
        let saves = folder.path().join("saves");
        std::fs::create_dir_all(&saves).map_err(said)?;
        std::fs::write(saves.join("preferences.ron"), STILL).map_err(said)?;
        let screen = Screen::light_of(size)?;
        let log = File::create(folder.path().join("game.log")).map_err(said)?;
        let mut command = screen.client(programs::game()?);
        command
            .args(["--no-model", "--locale", locale, "--seed", "7", "--window"])
            .arg(format!("{}x{}", size.0, size.1))
            .arg("--saves")
            .arg(&saves)
            .current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))
            .env("NO_COLOR", "1")
            .env("XDG_DATA_HOME", folder.path().join("data"))
            .stdout(log.try_clone().map_err(said)?)
            .stderr(log);
        let game = Kept::start(&mut command)?;
        let mut gallery = Self { game, screen, size, folder };
        gallery
            .wait("the game's window", LONG, |gallery| Ok(gallery.screen.focus().then_some(())))?;
        // Black until the first frame is drawn.
        gallery.wait("the title", LONG, |gallery| Ok(gallery.view()?.is_lit().then_some(())))?;
        Ok(gallery)
    }

    pub fn press(&self, key: &str) -> Step {
        self.screen.press(key)
    }

    /// What is on the screen, once nothing moves any more.
    pub fn rest(&mut self) -> Step<View> {
        let mut before: Option<View> = None;
        self.wait("a screen at rest", LONG, |gallery| {
            let now = gallery.view()?;
            let rests = before.as_ref().is_some_and(|before| before.apart(&now) <= AT_REST);
            before = Some(now.clone());
            Ok(rests.then_some(now))
        })
    }

    /// Waits until there is something else on the screen.
    pub fn another(&mut self, than: &View) -> Step {
        self.wait("another screen", SHORT, |gallery| {
            Ok((gallery.view()?.apart(than) > ANOTHER).then_some(()))
        })
    }

    /// The room, and who is in it, after the title or a line: each is drawn aside and comes when it is done.
    pub fn stage(&mut self) -> Step<View> {
        self.wait("the stage", LONG, |gallery| Ok(gallery.view()?.has_stage().then_some(())))?;
        let mut since = (Instant::now(), self.view()?);
        self.wait("a stage at rest", LONG, |gallery| {
            let now = gallery.view()?;
            if since.1.apart(&now) > AT_REST {
                since = (Instant::now(), now.clone());
            }
            Ok((since.0.elapsed() > ASIDE).then_some(now))
        })
    }

    /// What the game printed.
    pub fn printed(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("game.log")).unwrap_or_default()
    }

    fn view(&self) -> Step<View> {
        let mut import = self.screen.client("import");
        import.args(["-silent", "-window", "root", "-depth", "8", "rgb:-"]);
        View::new(output(&mut import)?, self.size)
    }

    fn wait<T>(
        &mut self,
        what: &str,
        limit: Duration,
        mut look: impl FnMut(&mut Self) -> Step<Option<T>>,
    ) -> Step<T> {
        let since = Instant::now();
        loop {
            self.game.lives().map_err(|why| format!("while the test waited for {what}: {why}"))?;
            if let Some(found) = look(self)? {
                return Ok(found);
            }
            if since.elapsed() > limit {
                return Err(format!("waited {} s in vain for {what}", limit.as_secs()));
            }
            sleep(GLANCE);
        }
    }
}

/// A screen as seen with half-closed eyes.
#[derive(Clone)]
pub struct View {
    size: (usize, usize),
    pixels: Vec<u8>,
    /// Mean red, green and blue of each cell.
    cells: Vec<f32>,
}

/// So many along the longer side, and as many as fit along the other.
fn fit((width, height): (usize, usize), longer: usize) -> (usize, usize) {
    let scale = longer as f32 / width.max(height) as f32;
    ((width as f32 * scale).round() as usize, (height as f32 * scale).round() as usize)
}

impl View {
    fn new(pixels: Vec<u8>, size: (usize, usize)) -> Step<Self> {
        let (width, height) = size;
        if pixels.len() != width * height * 3 {
            return Err(format!(
                "a picture has {} bytes, not {}",
                pixels.len(),
                width * height * 3
            ));
        }
        let (across, down) = fit(size, CELLS);
        let mut sums = vec![(0.0_f32, 0_u32); across * down * 3];
        for (at, pixel) in pixels.chunks_exact(3).enumerate() {
            let (x, y) = (at % width * across / width, at / width * down / height);
            for (channel, value) in pixel.iter().enumerate() {
                let cell = &mut sums[(y * across + x) * 3 + channel];
                *cell = (cell.0 + f32::from(*value), cell.1 + 1);
            }
        }
        let cells = sums.into_iter().map(|(sum, count)| sum / count.max(1) as f32).collect();
        Ok(Self { size, pixels, cells })
    }

    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// Mean difference of the cells, in 255ths.
    pub fn apart(&self, other: &Self) -> f32 {
        let sum: f32 = self.cells.iter().zip(&other.cells).map(|(a, b)| (a - b).abs()).sum();
        sum / self.cells.len().max(1) as f32
    }

    /// Whether something was drawn.
    fn is_lit(&self) -> bool {
        self.cells.iter().any(|cell| *cell > 40.0)
    }

    /// Whether there is a room around the words.
    fn has_stage(&self) -> bool {
        let (across, down) = fit(self.size, CELLS);
        let side = (down / 8..down * 5 / 8).flat_map(|y| (0..across / 5).map(move |x| (x, y)));
        let lit = side.clone().filter(|(x, y)| self.cells[(y * across + x) * 3] > 40.0).count();
        lit * 10 > side.count()
    }

    /// A kept picture, as large as the screen again.
    pub fn read(file: &Path, size: (usize, usize)) -> Step<Self> {
        if !file.is_file() {
            return Err(format!("{} is missing: DRAMATURG_ACCEPT=1 makes it", file.display()));
        }
        let mut convert = Command::new("convert");
        convert.arg(file).args(["-resize", &format!("{}x{}!", size.0, size.1)]);
        convert.args(["-depth", "8", "rgb:-"]);
        let pixels = output(&mut convert).map_err(|why| format!("convert: {why}"))?;
        Self::new(pixels, size)
    }

    /// Keeps it, small.
    pub fn write(&self, file: &Path) -> Step {
        let said = |error: std::io::Error| format!("{}: {error}", file.display());
        std::fs::create_dir_all(file.parent().unwrap_or(Path::new("."))).map_err(said)?;
        let (width, height) = fit(self.size, KEPT);
        let mut convert = Command::new("convert")
            .args(["-size", &format!("{}x{}", self.size.0, self.size.1), "-depth", "8", "rgb:-"])
            .args(["-resize", &format!("{width}x{height}!"), "-quality", "75", "-strip"])
            .arg(file)
            .stdin(Stdio::piped())
            .spawn()
            .map_err(said)?;
        if let Some(mut stdin) = convert.stdin.take() {
            stdin.write_all(&self.pixels).map_err(said)?;
        }
        convert.wait().map(drop).map_err(said)
    }

    /// Keeps it for people, beside the programs; says where.
    pub fn write_evidence(&self, name: &str) -> Step<PathBuf> {
        let game = programs::game()?;
        let target = game.ancestors().nth(2).unwrap_or(Path::new("target"));
        let file = target.join("window-test").join(name);
        self.write(&file).map(|()| file)
    }
}
