//! `dramaturg completions`.

use crate::Arguments;
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::Write;
use std::process::ExitCode;

/// Shown below the help.
const EXAMPLES: &str = "\
Examples:
  dramaturg completions bash > ~/.local/share/bash-completion/completions/dramaturg
  dramaturg completions zsh > ~/.zfunc/_dramaturg
  dramaturg completions fish > ~/.config/fish/completions/dramaturg.fish
  dramaturg completions powershell >> $PROFILE";

#[derive(clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Completions {
    /// The shell.
    shell: Shell,
}

impl Completions {
    pub fn run(self) -> Result<ExitCode, String> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Arguments::command(), "dramaturg", &mut script);
        // A pager that was closed has seen enough, which `generate` would panic at.
        let _ = std::io::stdout().write_all(&script);
        Ok(ExitCode::SUCCESS)
    }
}
