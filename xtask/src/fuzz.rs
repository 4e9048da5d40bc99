//! `cargo xtask fuzz`: coverage-guided fuzzing on the stable toolchain.
//!
//! libFuzzer finds its way by LLVM's coverage counters, which are code generation options; only the sanitizers that
//! `cargo fuzz` adds besides would need a nightly compiler.

use crate::error::{Error, Result};
use crate::run::{cargo, root, run};
use std::process::Command;

const TARGETS: [&str; 2] = ["pack", "line"];
const SECONDS: u32 = 600;
/// What makes a program tell libFuzzer where it has been; `cargo fuzz` passes the same.
const COVERAGE: [&str; 5] = [
    "-Cpasses=sancov-module",
    "-Cllvm-args=-sanitizer-coverage-level=4",
    "-Cllvm-args=-sanitizer-coverage-inline-8bit-counters",
    "-Cllvm-args=-sanitizer-coverage-pc-table",
    "-Ccodegen-units=1",
];

/// Builds the named target, or both, and lets it run for some seconds; a finding is kept in `fuzz/artifacts`.
pub fn fuzz(arguments: &[String]) -> Result<()> {
    let usage = || Error::Usage("fuzz needs `pack`, `line` or both, and `--seconds N`".to_owned());
    let mut targets = Vec::new();
    let mut seconds = SECONDS;
    let mut words = arguments.iter();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--seconds" => {
                let number = words.next().and_then(|number| number.parse().ok());
                seconds = number.ok_or_else(usage)?;
            }
            name => targets.push(*TARGETS.iter().find(|t| **t == name).ok_or_else(usage)?),
        }
    }
    if targets.is_empty() {
        targets.extend(TARGETS);
    }
    let folder = root().join("fuzz");
    let host = host()?;
    // Named even though it is the host: else build scripts and macros would be instrumented, too.
    let build = ["build", "--release", "--target", &host];
    run(cargo(build).current_dir(&folder).env("RUSTFLAGS", COVERAGE.join(" ")))?;
    let programs = std::env::var_os("CARGO_TARGET_DIR")
        .map_or_else(|| folder.join("target"), |dir| root().join(dir));
    for target in targets {
        let (corpus, artifacts) = (folder.join("corpus").join(target), folder.join("artifacts"));
        for made in [&corpus, &artifacts] {
            std::fs::create_dir_all(made)
                .map_err(|source| Error::File { path: made.clone(), source })?;
        }
        let mut program = Command::new(programs.join(&host).join("release").join(target));
        program.current_dir(&folder).arg(&corpus).arg(folder.join("seeds").join(target));
        program.arg(format!("-artifact_prefix={}/{target}-", artifacts.display()));
        program.args([format!("-max_total_time={seconds}"), "-timeout=20".into()]);
        program.args(["-max_len=8192", "-print_final_stats=1", "-verbosity=1"]);
        run(&mut program)?;
    }
    Ok(())
}

/// The name that the compiler has for this machine.
fn host() -> Result<String> {
    let start = |source| Error::Start { program: "rustc".to_owned(), source };
    let said = Command::new("rustc").arg("-vV").output().map_err(start)?;
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.map(str::to_owned).ok_or_else(|| Error::Usage("rustc does not tell its host".to_owned()))
}
