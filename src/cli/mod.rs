//! The command line: one file per subcommand.

use std::process::ExitCode;

/// Reads the arguments and runs the chosen subcommand.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
