//! Trying a variant out in a child process.

use super::variants::Variant;
use crate::local::load;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Names the folder of the one variant to try; its being there makes a process a probe.
const FOLDER: &str = "DRAMATURG_PROBE_BACKENDS";
/// Names the model to evaluate.
const MODEL: &str = "DRAMATURG_PROBE_MODEL";
/// A probe that takes longer counts as dead.
const LONGEST: Duration = Duration::from_secs(60);

/// Whether a child of this program would answer as a probe.
static ANSWERED: AtomicBool = AtomicBool::new(false);

pub(super) fn is_answered() -> bool {
    ANSWERED.load(Ordering::Relaxed)
}

pub(super) fn answer() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else {
        ANSWERED.store(true, Ordering::Relaxed);
        return;
    };
    let model = std::env::var_os(MODEL).map(PathBuf::from).unwrap_or_default();
    if folder.to_str().is_some() {
        llama_cpp_2::llama_backend::load_backends_from_path(&folder);
    }
    let status = if load::try_out(&model).is_ok() { 0 } else { UNPROVEN };
    std::process::exit(status);
}

/// Exit status of a probe that could not evaluate anything.
const UNPROVEN: i32 = 3;

/// What a probe says of a variant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It runs here.
    Lives,
    /// It ended the process, or hung.
    Dies,
    /// The model could not be opened: that says nothing of the processor.
    Unproven,
}

/// Whether a child process that uses the variant in `folder` lives through a few tokens of `model`.
pub(super) fn try_in_child(folder: &Path, model: &Path) -> Outcome {
    let Ok(program) = std::env::current_exe() else { return Outcome::Unproven };
    let child = Command::new(program)
        .env(FOLDER, folder)
        .env(MODEL, model)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return Outcome::Unproven };
    let began = Instant::now();
    while began.elapsed() < LONGEST {
        match child.try_wait() {
            Ok(Some(status)) => {
                return match status.code() {
                    Some(0) => Outcome::Lives,
                    Some(UNPROVEN) => Outcome::Unproven,
                    _ => Outcome::Dies,
                };
            }
            Ok(None) => std::thread::sleep(Duration::from_millis(10)),
            Err(_) => break,
        }
    }
    let _ = child.kill();
    let _ = child.wait();
    Outcome::Dies
}

/// What an earlier probe found, kept beside the model: a probe takes as long as loading it.
pub(super) struct Verdict(Option<PathBuf>);

impl Verdict {
    /// A verdict holds for one processor, one model and one set of libraries.
    pub(super) fn of(variants: &[Variant], model: &Path) -> Self {
        let mut hasher = blake3::Hasher::new();
        hasher.update(processor().as_bytes());
        for file in variants.iter().map(|variant| variant.file.as_path()).chain([model]) {
            hasher.update(file.as_os_str().as_encoded_bytes());
            if let Ok(about) = file.metadata() {
                hasher.update(&about.len().to_le_bytes());
                let changed = about.modified().ok().and_then(|at| {
                    Some(at.duration_since(std::time::UNIX_EPOCH).ok()?.as_millis())
                });
                hasher.update(&changed.unwrap_or_default().to_le_bytes());
            }
        }
        let key = hasher.finalize().to_hex();
        Self(model.parent().map(|folder| folder.join(format!(".processor-{}", &key[..16]))))
    }
    pub(super) fn read(&self) -> Option<String> {
        Some(std::fs::read_to_string(self.0.as_ref()?).ok()?.trim().to_owned())
    }
    /// Where it can't be written the next start probes again.
    pub(super) fn write(&self, name: &str) {
        if let Some(file) = &self.0 {
            let _ = std::fs::write(file, name);
        }
    }
    pub(super) fn forget(&self) {
        if let Some(file) = &self.0 {
            let _ = std::fs::remove_file(file);
        }
    }
}

/// What tells this processor from another: its name, and what its system grants.
fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let told = |line: &&str| line.starts_with("model name") || line.starts_with("flags");
    let mut lines: Vec<&str> = info.lines().filter(told).collect();
    lines.dedup();
    lines.truncate(2);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let named = std::env::var("PROCESSOR_IDENTIFIER").unwrap_or_default();
    format!("{}{kernel}{named}", lines.join("\n"))
}
