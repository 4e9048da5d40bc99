//! Set-up and everyday commands: `cargo xtask help` lists them.

mod error;
mod fuzz;
mod models;
mod packages;
mod play;
mod run;
mod server;
mod test;

use error::{Error, Result};
use models::catalogue::Catalogue;
use models::fetch::Fetcher;
use std::io::Write;
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask play [flags]     set up what is missing, build and play the visual novel;
                             without a display the same story in the terminal
    --model ID                 another model of the catalogue
    --model-file PATH          a GGUF file of your own
    --no-model                 authored lines only
    --story DIR                another story pack
    --locale zh                another language
                               further flags reach the game
cargo xtask test [flags]     set up what tests need, and check everything
    --no-model-tests           without the test model
    --no-server-tests          without the server of the remote backend's tests
cargo xtask fuzz [pack|line] [--seconds N]
                             fuzz the pack parser and what players may type, ten minutes each
cargo xtask server           set up the server that the remote backend is tested against
cargo xtask fetch ID         fetch a model of the catalogue
cargo xtask models           list the catalogue, and what is in the cache
cargo xtask help             this text

DRAMATURG_CACHE names the folder of models, HF_ENDPOINT another model hub.";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (command, rest) = match arguments.split_first() {
        Some((command, rest)) => (command.as_str(), rest),
        None => ("", &[][..]),
    };
    let done = match command {
        "play" => play::play(rest),
        "test" => test::test(rest),
        "fuzz" => fuzz::fuzz(rest),
        "fetch" => fetch(rest),
        "server" => server(),
        "models" => models(),
        "help" | "--help" | "-h" => {
            show(&format!("{HELP}\n"));
            Ok(())
        }
        "" => Err(Error::Usage("a command is missing".to_owned())),
        other => Err(Error::Usage(format!("`{other}` is no command"))),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error @ Error::Usage(_)) => {
            eprintln!("xtask: {error}");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn fetch(arguments: &[String]) -> Result<()> {
    let [id] = arguments else {
        return Err(Error::Usage("fetch needs one model's id".to_owned()));
    };
    let fetcher = Fetcher::from_environment()?;
    let path = fetcher.fetch(Catalogue::load(&fetcher.folder)?.find(id)?)?;
    println!("{}", path.display());
    Ok(())
}

fn server() -> Result<()> {
    match server::prepare(&models::cache::folder()?)? {
        server::Server::Ready(python) => println!("{}", python.display()),
        server::Server::Absent(why) => println!("there is none here: {why}"),
    }
    Ok(())
}

fn models() -> Result<()> {
    let folder = models::cache::folder()?;
    show(&models::listing::list(&folder, &Catalogue::load(&folder)?.0)?);
    show(&format!("\n{}", models::listing::served(&models::served::load(&folder)?)));
    Ok(())
}

/// Prints; a pager that was closed has seen enough, which `print!` would panic at.
fn show(text: &str) {
    let _ = std::io::stdout().write_all(text.as_bytes());
}
