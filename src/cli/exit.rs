//! What the program's exit code says; the same for every subcommand.

use std::process::ExitCode;

/// Done.
pub const DONE: ExitCode = ExitCode::SUCCESS;

/// Something failed on the way, or a command was not confirmed.
pub fn failed() -> ExitCode {
    ExitCode::from(1)
}

/// Wrong usage, or the configuration has mistakes.
pub fn usage() -> ExitCode {
    ExitCode::from(2)
}

/// The hub cannot be reached, or it refused the account.
pub fn unreachable() -> ExitCode {
    ExitCode::from(3)
}
