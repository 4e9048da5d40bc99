//! A server that is not ours, for the tests of the remote backend: `llama-cpp-python[server]` in a Python environment
//! of its own beside the models, built once. Its wheels are kept, so that a new environment takes seconds.

use crate::error::{Error, Result};
use crate::models::has;
use crate::run::shown;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What is installed.
const REQUIREMENT: &str = "llama-cpp-python[server]==0.3.36";

/// A test's server need not be fast, so it is built fast: without vision, without the kernels for whole prompts, hardly
/// optimised but for the C files with the kernels themselves. Not for this very processor: a virtual machine may name
/// parts that it does not grant. Measured on two cores: 15 minutes as it comes, one like this.
const CMAKE: [&str; 6] = [
    "-DLLAVA_BUILD=OFF",
    "-DGGML_NATIVE=OFF",
    "-DGGML_CPU_REPACK=OFF",
    "-DGGML_LLAMAFILE=OFF",
    "'-DCMAKE_C_FLAGS_RELEASE=-O2 -DNDEBUG'",
    "'-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG'",
];
/// The package insists on llama.cpp's library of chat templates and command lines, a third of all code, which nothing of
/// it uses. A variable that is set before counts more than the cache entry by which it insists.
const LEFT_OUT: &str = "set(LLAMA_BUILD_COMMON OFF)\n";

/// What became of the server.
#[derive(Debug, PartialEq, Eq)]
pub enum Server {
    /// The Python that has it.
    Ready(PathBuf),
    /// It can't be had here, for this reason.
    Absent(String),
}

/// Makes sure that there is a Python with the server, in a folder beside the models.
pub fn prepare(models: &Path) -> Result<Server> {
    let folder = models.join("server");
    fs::create_dir_all(&folder).map_err(|e| Error::file(&folder, e))?;
    let environment = folder.join("venv");
    let python = match cfg!(windows) {
        true => environment.join("Scripts").join("python.exe"),
        false => environment.join("bin").join("python"),
    };
    let stamp = folder.join("installed");
    if fs::read_to_string(&stamp).is_ok_and(|text| text == REQUIREMENT) && works(&python) {
        println!("{REQUIREMENT} is there");
        return Ok(Server::Ready(python));
    }
    let Some(system) = ["python3", "python"].into_iter().find(|name| has(name)) else {
        return Ok(Server::Absent("there is no Python".to_owned()));
    };
    let log = folder.join("install.log");
    let mut fresh = Command::new(system);
    // What is left of another Python would be of no use.
    fresh.args(["-m", "venv", "--clear"]).arg(&environment);
    if let Err(said) = logged(&mut fresh, &log)? {
        return Ok(Server::Absent(format!("Python can't make an environment: {}", last(&said))));
    }
    let wheels = folder.join("wheels");
    let pip = |arguments: &[&str]| {
        let mut command = Command::new(&python);
        command.args(["-m", "pip", "--disable-pip-version-check"]).args(arguments);
        command.arg("--find-links").arg(&wheels).arg(REQUIREMENT);
        command
    };
    fs::create_dir_all(&wheels).map_err(|e| Error::file(&wheels, e))?;
    // From the kept wheels alone, if all are there.
    let mut install = pip(&["install", "--no-index"]);
    if logged(&mut install, &log)?.is_err() {
        println!("building {REQUIREMENT} (once, some minutes; {} tells more)", log.display());
        let left_out = folder.join("left_out.cmake");
        fs::write(&left_out, LEFT_OUT).map_err(|e| Error::file(&left_out, e))?;
        let cores = std::thread::available_parallelism().map_or(2, |cores| cores.get());
        let mut build = pip(&["wheel", "--retries", "2"]);
        build.arg("--wheel-dir").arg(&wheels);
        build.env("CMAKE_BUILD_PARALLEL_LEVEL", cores.to_string());
        let include = format!("'-DCMAKE_PROJECT_llama_cpp_INCLUDE={}'", left_out.display());
        build.env("CMAKE_ARGS", format!("{} {include}", CMAKE.join(" ")));
        if let Err(said) = logged(&mut build, &log)? {
            return refused(&said, &log);
        }
        if logged(&mut install, &log)?.is_err() {
            return Err(Error::Server { what: shown(&install), log });
        }
    }
    if !works(&python) {
        return Err(Error::Server { what: "the installed server".to_owned(), log });
    }
    fs::write(&stamp, REQUIREMENT).map_err(|e| Error::file(&stamp, e))?;
    Ok(Server::Ready(python))
}

/// A machine that reaches no packages goes without the server; a build that breaks is an error.
fn refused(said: &str, log: &Path) -> Result<Server> {
    let unreachable = ["No matching distribution found", "No module named pip"];
    if unreachable.iter().any(|sign| said.contains(sign)) {
        return Ok(Server::Absent(format!("pip reaches no packages: {}", last(said))));
    }
    let what = format!("building {REQUIREMENT} ({})", last(said));
    Err(Error::Server { what, log: log.to_owned() })
}

fn works(python: &Path) -> bool {
    let mut command = Command::new(python);
    command.args(["-c", "import llama_cpp.server.app"]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

/// Runs a command that writes into the log; what it said is the error when it fails.
fn logged(command: &mut Command, log: &Path) -> Result<std::result::Result<(), String>> {
    let file = |e| Error::file(log, e);
    let out = File::create(log).map_err(file)?;
    let err = out.try_clone().map_err(file)?;
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command.stdin(Stdio::null()).stdout(out).stderr(err).status();
    let status = status.map_err(|source| Error::Start { program, source })?;
    if status.success() {
        return Ok(Ok(()));
    }
    let said = fs::read(log).map_err(file)?;
    Ok(Err(String::from_utf8_lossy(&said).into_owned()))
}

/// The last line that says something.
fn last(said: &str) -> &str {
    said.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or("no word of it")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_packages_there_is_no_server_and_a_broken_build_is_an_error() {
        let log = Path::new("install.log");
        let offline = "WARNING: Retrying\nERROR: No matching distribution found for numpy\n\n";
        let absent = refused(offline, log).unwrap();
        let why = "pip reaches no packages: ERROR: No matching distribution found for numpy";
        assert_eq!(absent, Server::Absent(why.to_owned()));
        let broken = "CMake Error\nERROR: Failed to build one or more wheels\n";
        let error = refused(broken, log).unwrap_err().to_string();
        assert!(error.contains("Failed to build") && error.contains("install.log"), "{error}");
    }

    #[test]
    fn what_a_command_says_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("log");
        let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        let said = logged(command.arg("no-such-command"), &log).unwrap().unwrap_err();
        assert!(said.contains("no-such-command"), "{said}");
        let missing = logged(&mut Command::new("no-such-program-of-dramaturg"), &log);
        assert!(matches!(missing, Err(Error::Start { .. })));
    }
}
