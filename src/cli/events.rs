//! `clown-hub events`: who switched what, from the files of the data folder, also beside a running hub.

use std::fmt::Write;
use std::path::Path;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::place::Place;
use super::print::harmless;
use super::{check, exit, print};
use crate::events::read::{Wanted, newest};
use crate::events::verify::verify;
use crate::events::{FOLDER, Kind, Line};
use crate::history::moment;

/// Tell who switched what, when and from where.
#[derive(Args)]
#[command(after_help = "\
Examples:
  clown-hub events
  clown-hub events --kind login --from -7d
  clown-hub events --device nodes/bridge/0 --json
  clown-hub events verify")]
pub struct EventsArgs {
    #[command(subcommand)]
    action: Option<Action>,
    /// How many, counted from the newest.
    #[arg(long, short = 'n', default_value_t = 50, value_name = "NUMBER")]
    count: usize,
    /// Only what has this text in it.
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    /// Only command, change, link, login, account, device, config or hub.
    #[arg(long, value_parser = kind, value_name = "KIND")]
    kind: Option<Kind>,
    /// Only of this account.
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    /// Only about this base topic or what is below it.
    #[arg(long, value_name = "TOPIC")]
    device: Option<String>,
    /// Not before this time, such as -7d or 2026-11-20.
    #[arg(long, allow_hyphen_values = true, value_parser = time, value_name = "TIME")]
    from: Option<String>,
    /// Before this time.
    #[arg(long, allow_hyphen_values = true, value_parser = time, value_name = "TIME")]
    to: Option<String>,
    /// Print the lines as they are in the files.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

#[derive(Subcommand)]
enum Action {
    /// Check that no line is missing and none was changed.
    Verify,
}

fn kind(word: &str) -> Result<Kind, String> {
    let words: Vec<&str> = Kind::ALL.into_iter().map(Kind::word).collect();
    Kind::of(word).ok_or_else(|| format!("write one of {}", words.join(", ")))
}

fn time(text: &str) -> Result<String, String> {
    moment::parse(text, moment::now()).map(moment::show).map_err(|error| error.to_string())
}

/// Does what was asked.
pub fn run(args: &EventsArgs) -> ExitCode {
    let data = match args.place.data() {
        Ok(data) => data,
        Err(problems) => {
            check::print_problems(&problems);
            return exit::usage();
        }
    };
    let folder = data.join(FOLDER);
    if !folder.exists() {
        let way_out = "they begin when a hub runs there, or name another folder with --data DIR";
        print::error(format_args!("there are no events in {}; {way_out}", data.display()));
        return exit::failed();
    }
    let done = match args.action {
        Some(Action::Verify) => check_all(&folder),
        None => list(args, &folder),
    };
    done.unwrap_or_else(|error| {
        print::error(format_args!("events in {} cannot be read: {error}", folder.display()));
        exit::failed()
    })
}

fn list(args: &EventsArgs, folder: &Path) -> std::io::Result<ExitCode> {
    let wanted = Wanted {
        text: args.text.as_deref().unwrap_or_default().to_lowercase(),
        kind: args.kind,
        who: args.who.clone(),
        device: args.device.clone(),
        from: args.from.clone(),
        to: args.to.clone(),
        before: None,
        after: None,
    };
    let found = newest(folder, &wanted, args.count)?;
    for (file, at) in &found.damaged {
        print::remark(format_args!("{file}: the line at byte {at} is damaged and left out"));
    }
    for line in found.lines.iter().rev() {
        let text = if args.json { serde_json::to_string(line).unwrap_or_default() } else { sentence(line) };
        if !print::line(text) {
            break;
        }
    }
    Ok(exit::DONE)
}

/// An event in one line for people.
fn sentence(line: &Line) -> String {
    let event = &line.event;
    let mut text = format!("{}  {:8}{:14}", line.at, event.kind.word(), event.what);
    let mut add = |before: &str, part: Option<&str>, behind: &str| {
        if let Some(part) = part {
            // Writing to a string cannot fail.
            let _ = write!(text, "{before}{}{behind}", harmless(part));
        }
    };
    add("", event.who.as_deref(), " ");
    add("", event.about.as_deref(), " ");
    add("", event.payload.as_deref(), " ");
    add("(was ", event.before.as_deref(), ") ");
    add("after ", event.after_ms.map(|ms| ms.to_string()).as_deref(), " ms ");
    add("from ", event.from.as_deref(), " ");
    add("by ", event.by.as_deref(), " ");
    add("– ", event.reason.as_deref().or(event.code.as_deref()), " ");
    add("and ", event.more.map(|more| more.to_string()).as_deref(), " more ");
    text.truncate(text.trim_end().len());
    text
}

fn check_all(folder: &Path) -> std::io::Result<ExitCode> {
    let verdict = verify(folder)?;
    for fault in &verdict.faults {
        print::error(fault);
    }
    for torn in &verdict.torn {
        print::remark(format_args!("{torn}: half a line, as a power cut leaves it"));
    }
    let (first, last) = verdict.numbers.unwrap_or_default();
    if !verdict.faults.is_empty() {
        return Ok(exit::failed());
    }
    print::line(format_args!(
        "{} events, {first} to {last}: none is missing, none was changed",
        verdict.lines
    ));
    Ok(exit::DONE)
}
