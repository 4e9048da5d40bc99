//! A screen that nobody sits before: Xvfb, its keyboard and its pictures.

#![allow(dead_code, reason = "each test uses a part of it")]

mod gallery;
mod picture;
mod programs;
mod theatre;

#[allow(unused_imports, reason = "each test uses a part of it")]
pub use gallery::{Gallery, View};
#[allow(unused_imports, reason = "each test uses a part of it")]
pub use picture::{Ink, Letters, Picture, Region};
#[allow(unused_imports, reason = "each test uses a part of it")]
pub use theatre::{Step, Theatre};

use picture::{HEIGHT, WIDTH};
use programs::{Kept, output};
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

/// The game's window, by the beginning of its title.
const TITLE: &str = "^The Lantern";

/// An X server of its own, which ends with this value.
struct Screen {
    name: String,
    _server: Kept,
}

impl Screen {
    /// Starts the server; it chooses a free number itself.
    fn light() -> Step<Self> {
        Self::light_of((WIDTH, HEIGHT))
    }

    /// The same with so many pixels.
    fn light_of((width, height): (usize, usize)) -> Step<Self> {
        let size = format!("{width}x{height}x24");
        // -r: on a slow machine a key must not repeat because its release comes late.
        let mut command = Command::new("Xvfb");
        command
            .args(["-displayfd", "1", "-screen", "0", &size, "-noreset", "-r", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut server = Kept::start(&mut command)?;
        let mut number = String::new();
        if let Some(stdout) = server.child.stdout.take() {
            let _ = BufReader::new(stdout).read_line(&mut number);
        }
        if number.trim().is_empty() {
            return Err("Xvfb ended without naming a display".into());
        }
        Ok(Self { name: format!(":{}", number.trim()), _server: server })
    }

    /// A program that uses this screen and no other.
    fn client(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env("DISPLAY", &self.name)
            .env_remove("WAYLAND_DISPLAY")
            .env_remove("WAYLAND_SOCKET")
            .env_remove("XAUTHORITY")
            .stdin(Stdio::null());
        command
    }

    fn xdotool(&self, arguments: &[&str]) -> Step<String> {
        let said = output(self.client("xdotool").args(arguments))?;
        Ok(String::from_utf8_lossy(&said).trim().to_owned())
    }

    /// Gives the keyboard to the game's window; no window manager does. Says whether it has it.
    fn focus(&self) -> bool {
        let Ok(window) = self.xdotool(&["search", "--onlyvisible", "--name", TITLE]) else {
            return false;
        };
        !window.is_empty()
            && self.xdotool(&["windowfocus", &window]).is_ok()
            && self.xdotool(&["getwindowfocus"]).is_ok_and(|focused| focused == window)
    }

    fn press(&self, key: &str) -> Step {
        self.xdotool(&["key", key]).map(drop)
    }

    fn type_text(&self, text: &str) -> Step {
        self.xdotool(&["type", "--delay", "60", "--", text]).map(drop)
    }

    fn picture(&self) -> Step<Picture> {
        let mut import = self.client("import");
        import.args(["-silent", "-window", "root", "-depth", "8", "rgb:-"]);
        Picture::new(output(&mut import)?)
    }
}
