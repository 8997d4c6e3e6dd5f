//! `clown-hub schema`: what a definition file may hold, for editors.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::{exit, print};
use crate::device::profile::schema::schema;

/// Print what a file may hold as a JSON Schema, for editors.
#[derive(Args)]
#[command(after_help = "\
Editors with taplo (Even Better TOML) complete and check a definition that begins with
  #:schema ./device.schema.json

Examples:
  clown-hub schema device > devices/device.schema.json")]
pub struct SchemaArgs {
    #[command(subcommand)]
    of: Of,
}

#[derive(Subcommand)]
enum Of {
    /// Definitions of devices.
    Device,
}

/// Prints the schema.
pub fn run(args: &SchemaArgs) -> ExitCode {
    let Of::Device = args.of;
    print::line(format_args!("{:#}", schema()));
    exit::DONE
}
