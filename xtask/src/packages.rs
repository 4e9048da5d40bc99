//! The system's packages that building, playing and testing need.

use crate::error::{Error, Result};
use crate::models::has;
use crate::run::run;
use std::io::IsTerminal;
use std::process::{Command, Stdio};

/// For building: llama.cpp, the linker, Bevy's window, input and sound, and downloads.
const BUILD: [&str; 14] = [
    "cmake",
    "clang",
    "libclang-dev",
    "make",
    "g++",
    "pkg-config",
    "mold",
    "libwayland-dev",
    "libxkbcommon-dev",
    "libxkbcommon-x11-0",
    "libx11-dev",
    "libudev-dev",
    "libasound2-dev",
    "curl",
];
/// For tests besides: a real window where there is no screen, keys pressed and pictures taken; and Python, for a server
/// that is not ours.
const TEST: [&str; 7] = [
    "xvfb",
    "mesa-vulkan-drivers",
    "libvulkan1",
    "xdotool",
    "imagemagick",
    "python3",
    "python3-venv",
];

/// The same for building, on systems without apt.
const ELSEWHERE: [(&str, &str, &str); 3] = [
    (
        "dnf",
        "sudo dnf install",
        "cmake clang clang-devel make gcc-c++ pkgconf-pkg-config mold wayland-devel \
         libxkbcommon-devel libxkbcommon-x11 libX11-devel systemd-devel alsa-lib-devel curl",
    ),
    (
        "pacman",
        "sudo pacman -S --needed",
        "cmake clang make gcc pkgconf mold wayland libxkbcommon libxkbcommon-x11 libx11 \
         systemd-libs alsa-lib curl",
    ),
    ("brew", "brew install", "cmake"),
];

/// What the packages are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Building and playing.
    Play,
    /// All that, and the tests.
    Test,
}

/// Installs what is missing where apt can be used; elsewhere names it.
pub fn install(purpose: Purpose) -> Result<()> {
    let wanted: Vec<&str> = match purpose {
        Purpose::Play => BUILD.to_vec(),
        Purpose::Test => BUILD.iter().chain(&TEST).copied().collect(),
    };
    if !has("dpkg-query") || !has("apt-get") {
        name_elsewhere(&wanted);
        return Ok(());
    }
    let missing: Vec<&str> = wanted.into_iter().filter(|package| !installed(package)).collect();
    if missing.is_empty() {
        println!("all system packages are there");
        return Ok(());
    }
    println!("installing {}", missing.join(" "));
    let by_hand = |reason: &str| Error::Packages {
        reason: reason.to_owned(),
        install: format!("sudo apt-get install {}", missing.join(" ")),
    };
    let rights: &[&str] = if is_root() {
        &[]
    } else if !has("sudo") {
        return Err(by_hand("this is neither root nor is there sudo"));
    } else if std::io::stdin().is_terminal() {
        &["sudo"]
    } else {
        // Nobody is there to type a password.
        &["sudo", "-n"]
    };
    let apt = |arguments: &[&str]| {
        let words = [rights, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get"], arguments];
        let words = words.concat();
        run(Command::new(words[0]).args(&words[1..]).stdin(Stdio::inherit()))
    };
    let mut arguments = vec!["install", "-y", "-qq", "--no-install-recommends"];
    arguments.extend(&missing);
    // A fresh machine's package lists are empty, and old ones name files that are gone.
    apt(&arguments)
        .or_else(|_| apt(&["update", "-qq"]).and_then(|()| apt(&arguments)))
        .map_err(|error| by_hand(&format!("apt can't install them ({error})")))
}

fn installed(package: &str) -> bool {
    Command::new("dpkg-query")
        .args(["-W", "-f", "${db:Status-Status}", package])
        .output()
        // A package of several architectures prints one word for each.
        .is_ok_and(|output| {
            let text = String::from_utf8_lossy(&output.stdout);
            output.status.success() && text.starts_with("installed")
        })
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Packages can't be probed here, so this is advice and the build goes on.
fn name_elsewhere(wanted: &[&str]) {
    println!("Without apt nothing is installed for you. Should the build miss something:");
    match ELSEWHERE.iter().find(|(program, ..)| has(program)) {
        Some((_, command, packages)) => println!("  {command} {packages}"),
        None if cfg!(windows) => println!("  CMake, LLVM (libclang) and the MSVC build tools"),
        None => println!("  (names of Debian) {}", wanted.join(" ")),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_package_that_is_not_there_is_not_installed() {
        assert!(!super::installed("no-such-package-of-dramaturg"));
    }
}
