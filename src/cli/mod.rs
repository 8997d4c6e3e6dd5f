//! The command line: one file per subcommand.

pub mod simulate;

use std::process::ExitCode;

/// Reads the arguments and runs the chosen subcommand.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
