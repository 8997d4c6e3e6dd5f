//! `clown-hub history import`: files of this hub and of other programs.
//!
//! Files are read here, piece by piece. What is understood goes into the file of the data folder, or in parts to the hub
//! that holds it; the hub is asked in the same way as any program asks it.

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use serde_json::json;

use super::{HistoryError, Writer, grouped};
use crate::cli::reach::Reach;
use crate::cli::{exit, print, work};
use crate::history::moment;
use crate::history::text::Entry;
use crate::history::text::form::form;
use crate::history::text::read::{Form, Reader, Refusal};
use crate::sheet::show_duration;
use progress::Progress;
use sink::{Done, Sink};

mod progress;
mod sink;

/// How much of a file is read at once.
const PIECE: usize = 64 * 1024;
/// Refused lines that a person is shown; `--json` names more.
const SHOWN: usize = 10;

/// Take files of this hub and of other programs into history.
#[derive(Args)]
#[command(after_help = "\
CSV of this hub comes back as it was. Of other CSV the columns are found by their names (time, \
timestamp, last_changed; value, state; series, entity_id; unit), or named here by heading or number. \
InfluxDB's line protocol becomes one series per field: {measurement}/{tags}#{field}, or what --name \
says. What is in history already is not taken twice.

A running hub is asked to take them; without one the data folder is written. Exit code 1 means that \
lines were refused, or that nothing could be done.

Examples:
  clown-hub history import all.csv
  clown-hub history import kitchen.csv --series kitchen#temperature --unit ℃ --time-column Date --value-column 2
  clown-hub history import influx.lp --format line --name '{measurement}/{tag:room}#{field}'
  zcat influx.lp.gz | clown-hub history import - --format line --precision s")]
pub struct ImportArgs {
    /// The files; - is standard input.
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// What they are.
    #[arg(long, value_enum, default_value = "csv")]
    format: Format,
    /// CSV: the one series that all lines are of, TOPIC#QUANTITY.
    #[arg(long, value_name = "SERIES", conflicts_with = "series_column")]
    series: Option<String>,
    /// The unit of all numbers; of line protocol it may be a template, such as {measurement}.
    #[arg(long, conflicts_with = "unit_column")]
    unit: Option<String>,
    /// CSV: which column has the time, by heading or number.
    #[arg(long, value_name = "COLUMN")]
    time_column: Option<String>,
    /// CSV: which column has the value.
    #[arg(long, value_name = "COLUMN")]
    value_column: Option<String>,
    /// CSV: which column says the series.
    #[arg(long, value_name = "COLUMN")]
    series_column: Option<String>,
    /// CSV: which column says the unit.
    #[arg(long, value_name = "COLUMN")]
    unit_column: Option<String>,
    /// CSV: what times count since 1970: auto, s, ms, us or ns [default: auto].
    #[arg(long, value_name = "UNIT")]
    times: Option<String>,
    /// Line protocol: what times count since 1970: ns, us, ms or s [default: ns].
    #[arg(long, value_name = "UNIT")]
    precision: Option<String>,
    /// Line protocol: what a series is called [default: {measurement}/{tags}#{field}].
    #[arg(long, value_name = "TEMPLATE")]
    name: Option<String>,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// What the files are.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    /// Comma-separated values, of this hub or of another program.
    Csv,
    /// JSON lines of this hub.
    Json,
    /// InfluxDB's line protocol, such as influx_inspect export writes.
    Line,
}

/// Takes the files in.
pub fn run(args: &ImportArgs, reach: &Reach) -> ExitCode {
    let form = match args.form() {
        Ok(form) => form,
        Err(error) => return error.report(),
    };
    work::until_interrupted(exit::failed(), async {
        let mut files = Vec::new();
        let taken = async {
            let mut sink = Sink::of(Writer::find(reach)?);
            for path in &args.files {
                files.push(file(path, form.clone(), &mut sink).await?);
            }
            sink.finish().await
        };
        match taken.await {
            Ok(done) => {
                warn_of_age(&done, reach);
                args.conclude(&files, &done)
            }
            Err(error) => error.report(),
        }
    })
}

/// Says that the hub will not keep what is older than it is told to keep.
fn warn_of_age(done: &Done, reach: &Reach) {
    // A hub elsewhere has a configuration of its own.
    let (Ok(None), Ok(loaded)) = (reach.named(), reach.place().load()) else { return };
    let kept = loaded.config.history.settings.samples;
    let age = done.first.map(|first| moment::now().saturating_sub(first).max(0).unsigned_abs());
    if age.is_some_and(|age| u128::from(age) > kept.as_millis()) {
        print::remark(format_args!(
            "samples older than {} are let go when a hub runs, hours and days stay; write a longer `samples` under \
             [history] in {} and import again to keep them",
            show_duration(kept),
            loaded.file.display()
        ));
    }
}

/// What was refused of a file.
struct File {
    name: String,
    refused: Vec<Refusal>,
    count: u64,
}

/// Reads one file into the sink.
async fn file(path: &Path, form: Form, sink: &mut Sink) -> Result<File, HistoryError> {
    let name = print::harmless(&path.display().to_string()).into_owned();
    let unreadable = |error: std::io::Error| HistoryError::Failed(format!("cannot read {name}: {error}"));
    let (mut source, length): (Box<dyn Read>, u64) = if path.as_os_str() == "-" {
        (Box::new(std::io::stdin()), 0)
    } else {
        let file = std::fs::File::open(path).map_err(unreadable)?;
        let length = file.metadata().map_err(unreadable)?.len();
        (Box::new(file), length)
    };
    let wrong = |error| HistoryError::Failed(format!("{name}: {error}"));
    let mut progress = Progress::new(&name, length);
    let mut reader = Reader::new(form, moment::now());
    let mut piece = vec![0; PIECE];
    loop {
        let read = source.read(&mut piece).map_err(unreadable)?;
        if read == 0 {
            break;
        }
        let taken = reader.feed(piece.get(..read).unwrap_or_default(), &mut |line, entry: Entry<'_>| {
            sink.take(line, &entry)
        });
        taken.map_err(wrong)?;
        if sink.is_full() {
            sink.write(reader.refused()).await?;
        }
        progress.show(read, reader.taken());
        // Ctrl-C is heard between two pieces.
        tokio::task::yield_now().await;
    }
    reader.finish(&mut |line, entry: Entry<'_>| sink.take(line, &entry)).map_err(wrong)?;
    sink.write(reader.refused()).await?;
    progress.end();
    let refused = std::mem::take(reader.refused());
    Ok(File { name, refused: refused.named, count: refused.count })
}

impl ImportArgs {
    fn form(&self) -> Result<Form, HistoryError> {
        let format = match self.format {
            Format::Csv => "csv",
            Format::Json => "json",
            Format::Line => "line",
        };
        let said = [
            ("format", Some(format)),
            ("series", self.series.as_deref()),
            ("unit", self.unit.as_deref()),
            ("time_column", self.time_column.as_deref()),
            ("value_column", self.value_column.as_deref()),
            ("series_column", self.series_column.as_deref()),
            ("unit_column", self.unit_column.as_deref()),
            ("times", self.times.as_deref()),
            ("precision", self.precision.as_deref()),
            ("name", self.name.as_deref()),
        ];
        let pairs: Vec<(String, String)> =
            said.iter().filter_map(|(key, value)| Some(((*key).to_owned(), (*value)?.to_owned()))).collect();
        // Here words are options.
        form(&pairs)
            .map_err(|error| HistoryError::Usage(format!("--{}", error.to_string().replace('_', "-"))))
    }

    fn conclude(&self, files: &[File], done: &Done) -> ExitCode {
        let count: u64 = files.iter().map(|file| file.count).sum();
        if self.json {
            print::line(as_json(files, done, count));
        } else {
            summarise(files, done, count);
        }
        if count == 0 { exit::DONE } else { exit::failed() }
    }
}

fn as_json(files: &[File], done: &Done, count: u64) -> serde_json::Value {
    let refused: Vec<_> = files
        .iter()
        .flat_map(|file| file.refused.iter().map(|refusal| (&file.name, refusal)))
        .map(|(file, refusal)| json!({ "file": file, "line": refusal.line, "reason": refusal.reason }))
        .collect();
    json!({
        "samples": done.samples,
        "known": done.known,
        "series": done.series.len(),
        "refused_lines": count,
        "refused": refused,
    })
}

fn summarise(files: &[File], done: &Done, count: u64) {
    let known = match done.known {
        0 => String::new(),
        known => format!(", {} of them known already", grouped(known)),
    };
    let series =
        if done.series.len() == 1 { "1 series".to_owned() } else { format!("{} series", done.series.len()) };
    print::line(format_args!("{} samples of {series}{known}", grouped(done.samples)));
    let all = files.iter().flat_map(|file| file.refused.iter().map(|refusal| (&file.name, refusal)));
    for (file, Refusal { line, reason }) in all.take(SHOWN) {
        print::error(format_args!("{file}:{line}: {}", print::harmless(reason)));
    }
    if count > 0 {
        print::aside(format_args!("{} lines were refused", grouped(count)));
    }
}
