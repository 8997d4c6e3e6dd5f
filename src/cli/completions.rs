//! `clown-hub completions SHELL`: what the shell needs to complete commands and options.

use std::io::Write;
use std::process::ExitCode;

use clap::Args;
use clap_complete::Shell;

use super::exit;

/// Print completions for a shell.
#[derive(Args)]
#[command(after_help = "Examples:
  clown-hub completions bash > ~/.local/share/bash-completion/completions/clown-hub
  clown-hub completions zsh > ~/.zfunc/_clown-hub
  clown-hub completions fish > ~/.config/fish/completions/clown-hub.fish")]
pub struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

/// Prints the completions of `command`.
pub fn run(args: &CompletionsArgs, mut command: clap::Command) -> ExitCode {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut command, "clown-hub", &mut text);
    match std::io::stdout().write_all(&text) {
        Ok(()) => exit::DONE,
        Err(_) => exit::failed(),
    }
}
