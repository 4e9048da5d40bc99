//! What is looked at in a picture of the screen: the ink of its letters.

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

/// Width of the screen, which is the window's.
pub const WIDTH: usize = 1280;
/// Height of the screen.
pub const HEIGHT: usize = 720;
/// Bytes of a picture, three for each pixel.
pub const BYTES: usize = WIDTH * HEIGHT * 3;

/// A rectangle of the screen.
#[derive(Clone, Copy)]
pub struct Region {
    x: (usize, usize),
    y: (usize, usize),
}

impl Region {
    pub const fn new(x: (usize, usize), y: (usize, usize)) -> Self {
        Self { x, y }
    }
}

/// What counts as ink. What lies behind the letters is always darker, also where a portrait shines through.
#[derive(Clone, Copy)]
pub enum Ink {
    /// The colour of lines. The cursor and the marker blink in another one, and the placeholder is paler.
    Paper,
    /// The colour of the cursor, of names and of the prompt.
    Lamp,
    /// Both.
    Any,
}

impl Ink {
    fn is(self, pixel: &[u8]) -> bool {
        let (red, blue) = (pixel[0], pixel[2]);
        match self {
            Self::Paper => blue > 130,
            Self::Lamp => red > 150 && blue < 130,
            Self::Any => red.max(blue) > 110,
        }
    }
}

/// The whole screen.
#[derive(Clone)]
pub struct Picture(Vec<u8>);

impl Picture {
    /// From rows of red, green and blue.
    pub fn new(bytes: Vec<u8>) -> Result<Self, String> {
        if bytes.len() == BYTES {
            return Ok(Self(bytes));
        }
        Err(format!("a picture of the screen has {} bytes, not {BYTES}", bytes.len()))
    }

    /// The ink in a region.
    pub fn ink(&self, region: Region, ink: Ink) -> Letters {
        let rows = self.0.chunks_exact(WIDTH * 3).take(region.y.1).skip(region.y.0);
        let rows = rows.map(|row| &row[region.x.0 * 3..region.x.1 * 3]);
        Letters(rows.flat_map(|row| row.chunks_exact(3)).map(|pixel| ink.is(pixel)).collect())
    }

    /// Writes it for people to look at.
    pub fn write_png(&self, path: &Path) -> std::io::Result<()> {
        let size = format!("{WIDTH}x{HEIGHT}");
        let mut convert = Command::new("convert")
            .args(["-size", &size, "-depth", "8", "rgb:-"])
            .arg(path)
            .stdin(Stdio::piped())
            .spawn()?;
        if let Some(mut stdin) = convert.stdin.take() {
            stdin.write_all(&self.0)?;
        }
        convert.wait().map(drop)
    }
}

/// Where there is ink.
#[derive(Clone)]
pub struct Letters(Vec<bool>);

impl Letters {
    /// Pixels of ink.
    pub fn count(&self) -> usize {
        self.0.iter().filter(|ink| **ink).count()
    }
    pub fn is_blank(&self) -> bool {
        self.count() < 8
    }
    fn differing(&self, other: &Self) -> usize {
        self.0.iter().zip(&other.0).filter(|(a, b)| a != b).count()
    }
    /// Whether no letter came or went. A portrait that breathes behind the words changes the rims of letters.
    pub fn rests(&self, other: &Self) -> bool {
        self.differing(other) <= 8
    }
    /// Whether the same words stand there.
    pub fn says_the_same(&self, other: &Self) -> bool {
        self.differing(other) * 33 <= self.count().max(other.count())
    }
    /// How much differs, for a message.
    pub fn beside<'a>(&'a self, other: &'a Self) -> impl fmt::Display {
        let (differing, ink) = (self.differing(other), self.count().max(other.count()));
        format!("{differing} of {ink} pixels of ink differ")
    }
}
