//! `clown-hub man [DIR]`: manual pages, made from the same source as the help.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use clap_mangen::Man;

use super::{exit, print};

/// Print the manual page, or write the pages of all subcommands into a folder.
#[derive(Args)]
#[command(after_help = "Examples:
  clown-hub man | man -l -
  sudo clown-hub man /usr/local/share/man/man1")]
pub struct ManArgs {
    /// Folder for the pages, made if it is not there.
    dir: Option<PathBuf>,
}

/// Writes the pages of `command`.
pub fn run(args: &ManArgs, command: clap::Command) -> ExitCode {
    let outcome = match &args.dir {
        Some(dir) => write_all(dir, command),
        None => write_one(command),
    };
    match outcome {
        Ok(()) => exit::DONE,
        Err(error) => {
            print::error(format_args!("cannot write the manual: {error}"));
            exit::failed()
        }
    }
}

fn write_one(command: clap::Command) -> io::Result<()> {
    let mut page = Vec::new();
    Man::new(command).render(&mut page)?;
    io::stdout().write_all(&page)
}

fn write_all(dir: &Path, command: clap::Command) -> io::Result<()> {
    std::fs::create_dir_all(dir)?;
    clap_mangen::generate_to(command, dir)
}
