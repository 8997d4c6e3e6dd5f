//! `clown-hub history`: what is recorded, as a list, as files, from files, and forgotten.
//!
//! What only reads looks into the file of the data folder, also beside a running hub. What changes it asks the hub that
//! holds the folder; without one it takes the folder itself.

mod export;
mod forget;
mod import;
mod list;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::client::{ClientError, Target};
use super::reach::{Reach, ReachError};
use super::{check, exit, print};
use crate::app::folder::{Folder, FolderError};
use crate::config::Problems;
use crate::disk::{Fault, StoreError};
use crate::history::store::Store;
use crate::history::{FILE, moment};

/// List, export, import and forget what was recorded.
#[derive(Args)]
#[command(after_help = "\
Without a subcommand every series is listed. A series is called TOPIC#QUANTITY, or TOPIC if it is a \
bare value.

Examples:
  clown-hub history
  clown-hub history export 'thermometer/##temperature' --from -7d --out week.csv
  clown-hub history import week.csv
  clown-hub history forget nodes/bridge/0/thermometer/i2c0-48#temperature --to 2026-01-01")]
#[command(args_conflicts_with_subcommands = true)]
pub struct HistoryArgs {
    #[command(subcommand)]
    action: Option<Action>,
    #[command(flatten)]
    list: list::ListArgs,
    #[command(flatten)]
    reach: Reach,
}

#[derive(Subcommand)]
enum Action {
    Export(export::ExportArgs),
    Import(import::ImportArgs),
    Forget(forget::ForgetArgs),
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
enum HistoryError {
    #[error("there is no history in {}; it begins when a hub runs there, or name another folder with --data DIR", .0.display())]
    Nothing(PathBuf),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    Failed(String),
    #[error("the configuration has mistakes")]
    Config(Problems),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("history cannot be read or written: {0}")]
    Fault(#[from] Fault),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Reach(#[from] ReachError),
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// Does what was asked.
pub fn run(args: &HistoryArgs) -> ExitCode {
    let done = match &args.action {
        None => list::run(&args.list, &args.reach),
        Some(Action::Export(export)) => export::run(export, &args.reach),
        Some(Action::Import(import)) => return import::run(import, &args.reach),
        Some(Action::Forget(forget)) => return forget::run(forget, &args.reach),
    };
    done.map_or_else(|error| error.report(), |()| exit::DONE)
}

impl HistoryError {
    fn report(&self) -> ExitCode {
        match self {
            Self::Config(problems) => check::print_problems(problems),
            other => print::error(other),
        }
        match self {
            Self::Usage(_) | Self::Config(_) => exit::usage(),
            Self::Nothing(_) | Self::Failed(_) | Self::Store(_) | Self::Fault(_) | Self::Folder(_) => {
                exit::failed()
            }
            Self::Reach(error) => error.exit(),
            // A hub that refuses what it was sent was reached all the same.
            Self::Client(ClientError::Refused { status, .. }) if status.as_u16() != 401 => exit::failed(),
            Self::Client(error) => error.exit(),
        }
    }
}

/// The file of the data folder, to read.
fn look(reach: &Reach) -> Result<Store, HistoryError> {
    let data = reach.place().data().map_err(HistoryError::Config)?;
    let file = data.join(FILE);
    if !file.exists() {
        return Err(HistoryError::Nothing(data));
    }
    Ok(Store::look(&file)?)
}

/// Who changes history.
enum Writer {
    /// This program, which holds the folder.
    Folder(Box<Store>, Folder),
    /// A hub.
    Hub(Box<Target>),
}

impl Writer {
    /// The hub that was named, the one that has the data folder, or the folder if none has it.
    fn find(reach: &Reach) -> Result<Self, HistoryError> {
        if let Some(target) = reach.named()? {
            return Ok(Self::Hub(Box::new(target)));
        }
        let data = reach.place().data().map_err(HistoryError::Config)?;
        match Folder::take(&data) {
            Ok(folder) => Ok(Self::Folder(Box::new(Store::open(&folder.path().join(FILE))?), folder)),
            Err(FolderError::Taken { path, pid }) => match super::reach::posted(&data)? {
                Some((target, _)) => Ok(Self::Hub(Box::new(target))),
                // It is starting or stopping.
                None => Err(FolderError::Taken { path, pid }.into()),
            },
            Err(error) => Err(error.into()),
        }
    }
}

/// A time of `--from` or `--to`.
fn time(text: &str) -> Result<i64, String> {
    moment::parse(text, moment::now()).map_err(|error| error.to_string())
}

/// A file that must not be there yet.
fn new_file(path: &Path) -> Result<std::fs::File, HistoryError> {
    std::fs::File::create_new(path).map_err(|error| {
        let way_out = match error.kind() {
            std::io::ErrorKind::AlreadyExists => "; choose another name for --out",
            _ => "",
        };
        HistoryError::Failed(format!("cannot write {}: {error}{way_out}", path.display()))
    })
}

/// `1,234,567`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// As a part of an address.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
