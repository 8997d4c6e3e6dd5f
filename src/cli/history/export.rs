//! `clown-hub history export`: what was recorded, as CSV or JSON lines.

use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{HistoryError, encoded, grouped, look, new_file, time};
use crate::cli::client::{Target, http};
use crate::cli::depth::at_any_depth;
use crate::cli::reach::Reach;
use crate::cli::{print, work};
use crate::history::export::Export;
use crate::history::name::Pattern;
use crate::history::text::write::Layout;

/// Write what was recorded as CSV or JSON lines.
#[derive(Args)]
#[command(after_help = "\
SERIES may have the wildcards of MQTT in its topic, and a topic may be short: thermometer/# means \
thermometers below every base. Without a quantity all quantities are meant.

Times are RFC 3339, a date, milliseconds since 1970, or before now: -30m, -24h, -7d, -1y. They are \
UTC if they do not say otherwise.

Examples:
  clown-hub history export > all.csv
  clown-hub history export 'thermometer/##temperature' --from -7d --format json
  clown-hub history export nodes/bridge/0/relay/i2c0-3b --from 2026-01-01 --to 2026-02-01 --out january.csv")]
pub struct ExportArgs {
    /// Which series; all of them if none is named.
    #[arg(value_name = "SERIES")]
    series: Vec<String>,
    /// From when on.
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    from: Option<i64>,
    /// Until when; this moment is not in it any more.
    #[arg(long, value_name = "TIME", value_parser = time, allow_hyphen_values = true)]
    to: Option<i64>,
    /// How it is written.
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// Write it there; a file that is there already stays.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

/// How it is written.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Columns time, series, value and unit.
    Csv,
    /// One JSON object per line, with the same four.
    Json,
}

/// Writes the file.
pub fn run(args: &ExportArgs, reach: &Reach) -> Result<(), HistoryError> {
    let mut patterns: Vec<Pattern> = Vec::new();
    for text in args.series.iter().flat_map(|text| at_any_depth(text)) {
        patterns.push(
            text.parse()
                .map_err(|error: crate::history::name::NameError| HistoryError::Usage(error.to_string()))?,
        );
    }
    let range = args.from.unwrap_or(i64::MIN)..args.to.unwrap_or(i64::MAX);
    if range.is_empty() {
        return Err(HistoryError::Usage("--from is not before --to".to_owned()));
    }
    let layout = match args.format {
        Format::Csv => Layout::Csv,
        Format::Json => Layout::JsonLines,
    };
    if let Some(target) = reach.named()? {
        return remote(args, &target);
    }
    let store = look(reach)?;
    let mut export = Export::new(&store, &patterns, range, layout)?;
    let series = export.series();
    if series == 0 && !patterns.is_empty() {
        let named = args.series.join(" ");
        return Err(HistoryError::Failed(format!(
            "no series is called {named}; `clown-hub history` lists them"
        )));
    }
    let mut out = args.open()?;
    while let Some(piece) = export.piece(&store)? {
        match out.write_all(piece.as_bytes()) {
            Ok(()) => {}
            // `| head` has what it wanted.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(error) => return Err(unwritten(args, &error)),
        }
    }
    out.flush().map_err(|error| unwritten(args, &error))?;
    drop(out);
    if args.out.is_some() || !io::stdout().is_terminal() {
        let series = if series == 1 { "1 series".to_owned() } else { format!("{series} series") };
        print::remark(format_args!("{} samples of {series}", grouped(export.samples())));
    }
    match export.damaged() {
        0 => Ok(()),
        damaged => Err(HistoryError::Failed(format!(
            "{damaged} chunks of the file are damaged; their samples are missing"
        ))),
    }
}

/// Fetches the file from a hub elsewhere.
fn remote(args: &ExportArgs, target: &Target) -> Result<(), HistoryError> {
    let format = match args.format {
        Format::Csv => "csv",
        Format::Json => "json",
    };
    let mut path = format!("/api/history/samples?format={format}");
    for text in args.series.iter().flat_map(|text| at_any_depth(text)) {
        path.push_str(&format!("&series={}", encoded(&text)));
    }
    for (key, at) in [("from", args.from), ("to", args.to)] {
        path.push_str(&at.map(|at| format!("&{key}={at}")).unwrap_or_default());
    }
    let mut out = args.open()?;
    let mut written = Ok(());
    let fetched = work::wait(http::fetch(target, &path, |piece| {
        written = out.write_all(piece);
        written.is_ok()
    }));
    fetched.map_err(|error| HistoryError::Failed(format!("cannot start: {error}")))??;
    match written.and_then(|()| out.flush()) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(unwritten(args, &error)),
    }
}

impl ExportArgs {
    fn open(&self) -> Result<Box<dyn Write>, HistoryError> {
        Ok(match &self.out {
            Some(path) => Box::new(BufWriter::new(new_file(path)?)),
            None => Box::new(io::stdout().lock()),
        })
    }
}

fn unwritten(args: &ExportArgs, error: &io::Error) -> HistoryError {
    let to =
        args.out.as_ref().map_or_else(|| "standard output".to_owned(), |path| path.display().to_string());
    HistoryError::Failed(format!("cannot write {to}: {error}"))
}
