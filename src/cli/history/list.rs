//! The list of series.

use clap::Args;
use hyper::Method;
use serde::Deserialize;
use serde_json::json;

use super::{HistoryError, grouped, look};
use crate::cli::client::{Target, http};
use crate::cli::reach::Reach;
use crate::cli::{print, work};
use crate::history::moment;
use crate::history::name::Name;
use crate::history::store::Store;

/// How the list is printed.
#[derive(Args)]
pub struct ListArgs {
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
}

/// A series of the list, as a hub tells of it, too.
#[derive(Deserialize)]
struct Line {
    #[serde(rename = "series")]
    name: String,
    kind: String,
    unit: Option<String>,
    first: String,
    last: String,
    samples: u64,
    /// Of what is packed; a hub does not tell it.
    bytes: Option<u64>,
}

/// Lists every series.
pub fn run(args: &ListArgs, reach: &Reach) -> Result<(), HistoryError> {
    let mut lines = match reach.named()? {
        Some(target) => remote(&target)?,
        None => local(&look(reach)?)?,
    };
    lines.sort_by(|a, b| (&a.name, &a.unit).cmp(&(&b.name, &b.unit)));
    if args.json {
        let series: Vec<_> = lines.iter().map(as_json).collect();
        print::line(json!({ "series": series }));
        return Ok(());
    }
    table(&lines);
    let samples: u64 = lines.iter().map(|line| line.samples).sum();
    let bytes: Option<u64> = lines.iter().map(|line| line.bytes).sum();
    // What was heard in the last hours is in the journal and not packed yet.
    let packed = bytes.map(|bytes| format!("; packed so far: {} bytes", grouped(bytes))).unwrap_or_default();
    print::remark(format_args!("{} series, {} samples{packed}", lines.len(), grouped(samples)));
    Ok(())
}

/// What is in the file.
fn local(store: &Store) -> Result<Vec<Line>, HistoryError> {
    let mut lines = Vec::new();
    for (id, key) in store.all() {
        let Some(extent) = store.extent(id)? else { continue };
        lines.push(Line {
            name: Name::of(key).to_string(),
            kind: key.kind.word().to_owned(),
            unit: key.unit.as_deref().map(str::to_owned),
            first: moment::show(extent.first),
            last: moment::show(extent.last),
            samples: extent.samples,
            bytes: Some(store.weight(id)?),
        });
    }
    Ok(lines)
}

/// What a hub elsewhere tells.
fn remote(target: &Target) -> Result<Vec<Line>, HistoryError> {
    let told = work::wait(http::send(target, Method::GET, "/api/history", Vec::new()));
    let told = told.map_err(|error| HistoryError::Failed(format!("cannot start: {error}")))??;
    let strange = |error| HistoryError::Failed(format!("the hub lists strangely: {error}"));
    Vec::deserialize(&told["series"]).map_err(strange)
}

fn as_json(line: &Line) -> serde_json::Value {
    json!({
        "series": line.name,
        "kind": line.kind,
        "unit": line.unit,
        "first": line.first,
        "last": line.last,
        "samples": line.samples,
        "bytes": line.bytes,
    })
}

fn table(lines: &[Line]) {
    let cells = |line: &Line| {
        // To the second is enough for a person.
        let short = |time: &str| time.get(..19).unwrap_or(time).replace('T', " ");
        let unit = print::harmless(line.unit.as_deref().unwrap_or_default()).into_owned();
        [
            print::harmless(&line.name).into_owned(),
            unit,
            short(&line.first),
            short(&line.last),
            grouped(line.samples),
            line.bytes.map(grouped).unwrap_or_default(),
        ]
    };
    let heading = ["series", "unit", "first", "last", "samples", "packed"].map(str::to_owned);
    let rows: Vec<[String; 6]> = lines.iter().map(cells).collect();
    let width = |column: usize| {
        rows.iter().chain([&heading]).map(|row| row[column].chars().count()).max().unwrap_or_default()
    };
    let widths: [usize; 6] = std::array::from_fn(width);
    for row in std::iter::once(&heading).chain(&rows).take(if rows.is_empty() { 0 } else { usize::MAX }) {
        let [name, unit, first, last, samples, bytes] = row;
        let [n, u, f, l, s, b] = widths;
        if !print::line(format_args!(
            "{name:n$}  {unit:u$}  {first:f$}  {last:l$}  {samples:>s$}  {bytes:>b$}"
        )) {
            return;
        }
    }
}
