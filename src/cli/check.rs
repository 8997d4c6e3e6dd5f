//! `clown-hub check`: every mistake of the configuration and of definitions at once, without starting anything.

pub mod definitions;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use super::print::{Paint, Style};
use super::{exit, place, print};
use crate::app::definitions::Definitions;
use crate::config::{self, LinkKind, Loaded, Problem, Problems};
use crate::link::wired::known::{Known, Unfit};
use definitions::Report;

/// Name every mistake of the configuration, or of definitions, with line and column.
#[derive(Args)]
#[command(after_help = "\
With FILES every example in them is run both ways: what was recorded must come out, and commands
must say what was written down. Without, the configuration and its folder of definitions are
checked. The exit code is 2 for a mistake, 1 if an example differs.

Examples:
  clown-hub check
  clown-hub check devices/shelly/plus-1pm.toml
  clown-hub check devices --json | jq -r '.definitions[].differences[].found'
  clown-hub check --config /etc/clown-hub/clown-hub.toml --show
  clown-hub check --json | jq -r '.problems[].found'")]
pub struct CheckArgs {
    /// Definitions of devices, or folders of them, instead of the configuration.
    #[arg(value_name = "FILES", conflicts_with_all = ["config", "data", "show"])]
    files: Vec<PathBuf>,
    #[command(flatten)]
    place: place::Place,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
    /// Print every setting as it takes effect, defaults as comments.
    #[arg(long, conflicts_with = "json")]
    show: bool,
}

/// Checks; exit code 2 if there is a mistake.
pub fn run(args: &CheckArgs) -> ExitCode {
    if !args.files.is_empty() {
        return definitions::run(&args.files, args.json);
    }
    let outcome = args.place.load().and_then(|loaded| {
        let mut problems = config::examine(&loaded);
        problems.extend(config::examine_links(&loaded));
        problems.sort_by_key(|problem| (problem.line, problem.column));
        if problems.is_empty() { Ok(loaded) } else { Err(Problems(problems)) }
    });
    // With a mistake in it nobody knows which folder is meant.
    let own = outcome.as_ref().map(|loaded| Report::of_folder(&loaded.config.hub.devices));
    let own = own.unwrap_or_default();
    match (&outcome, args.json) {
        (outcome, true) => print_json(outcome, &own),
        (Ok(loaded), false) => {
            if args.show {
                show(loaded);
            } else {
                print_good(loaded);
                own.print();
                own.summarise();
            }
            print_warnings(&warnings(loaded, &own));
        }
        (Err(problems), false) => print_problems(problems),
    }
    if outcome.is_ok() { own.code() } else { exit::usage() }
}

fn print_good(loaded: &Loaded) {
    let paint = Paint::stdout();
    let links = match loaded.config.links.len() {
        0 => "no links yet".to_owned(),
        1 => "1 link".to_owned(),
        n => format!("{n} links"),
    };
    let good = paint.word(Style::Green, "good");
    print::line(format_args!("{}: {good}, {links}", loaded.file.display()));
}

/// What works, but should be better.
fn warnings(loaded: &Loaded, own: &Report) -> Vec<Problem> {
    let mut warnings = config::warnings(loaded);
    warnings.extend(own.unheard(&loaded.config));
    warnings.extend(unfit(loaded));
    warnings
}

/// Lines whose definitions are missing or do not go together: the hub runs, and these links wait.
fn unfit(loaded: &Loaded) -> Vec<Problem> {
    let lines = loaded.config.links.iter().enumerate().filter_map(|(at, link)| match &link.kind {
        LinkKind::Wired(config) => Some((at, config.link())),
        LinkKind::Serial(_) | LinkKind::Tower(_) | LinkKind::Simulator(_) | LinkKind::Mqtt(_) => None,
    });
    let lines: Vec<_> = lines.collect();
    if lines.is_empty() {
        return Vec::new();
    }
    let catalog = Definitions::open(Some(&loaded.config.hub.devices)).catalog();
    let unfit = lines.iter().filter_map(|(at, line)| Some((at, Known::of(line, &catalog).err()?)));
    let problem = |(at, unfit): (&usize, Unfit)| {
        let key = format!("link[{}].speaks", at + 1);
        loaded.problem(&key, unfit.to_string(), Some(unfit.hint().to_owned()))
    };
    unfit.map(problem).collect()
}

fn print_warnings(warnings: &[Problem]) {
    let paint = Paint::stderr();
    for warning in warnings {
        print::aside(format_args!(
            "{} {}",
            paint.word(Style::Yellow, "warning:"),
            print::harmless(&warning.to_string())
        ));
    }
}

/// Prints problems to standard error, one per line, and how many there are.
pub fn print_problems(problems: &Problems) {
    print_each(&problems.0);
    if problems.0.len() > 1 {
        let many = format_args!("{} problems", problems.0.len());
        print::aside(format_args!("{}", Paint::stderr().word(Style::Red, many)));
    }
}

/// Prints problems to standard error, one per line.
fn print_each(problems: &[Problem]) {
    let paint = Paint::stderr();
    for problem in problems {
        let text = problem.to_string();
        let (place, rest) = text.split_once(": ").unwrap_or(("", &text));
        print::aside(format_args!(
            "{} {}",
            paint.word(Style::Bold, format_args!("{place}:")),
            print::harmless(rest)
        ));
    }
}

fn print_json(outcome: &Result<Loaded, Problems>, own: &Report) {
    let none: &[Problem] = &[];
    let problems = outcome.as_ref().err().map_or(none, |problems| &problems.0);
    let warnings = outcome.as_ref().map(|loaded| warnings(loaded, own)).unwrap_or_default();
    let problems: Vec<&Problem> = problems.iter().chain(&own.troubles).collect();
    print::line(json!({
        "ok": outcome.is_ok() && own.is_good(),
        "problems": problems,
        "warnings": warnings,
        "definitions": own.checked,
    }));
}

fn show(loaded: &Loaded) {
    let paint = Paint::stdout();
    let mut last = "";
    for setting in &loaded.settings {
        let (section, key) = setting.key.rsplit_once('.').unwrap_or(("", &setting.key));
        if section != last {
            let header = match section.split_once('[') {
                Some((list, _)) => format!("[[{list}]]"),
                None => format!("[{section}]"),
            };
            let space = if last.is_empty() { "" } else { "\n" };
            print::line(format_args!("{space}{}", paint.word(Style::Bold, header)));
            last = section;
        }
        let value = &setting.value;
        match setting.place {
            Some(_) => print::line(format_args!("{key} = {value}")),
            None if value.is_empty() => {
                print::line(paint.word(Style::Faint, format_args!("# {key} is not set")))
            }
            None => print::line(paint.word(Style::Faint, format_args!("# {key} = {value}"))),
        };
    }
}
