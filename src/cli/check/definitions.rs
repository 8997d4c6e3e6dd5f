//! `clown-hub check FILES…`: definitions of devices, every example run both ways.
//!
//! A mistake keeps a definition from being used; a difference means that an example and the definition do not say the
//! same; a property without an example is only remarked upon.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use serde::Serialize;
use serde_json::json;

use crate::app::definitions;
use crate::cli::definition::id_of;
use crate::cli::print::{Paint, Style};
use crate::cli::{exit, print};
use crate::config::{Config, FILE_NAME, LinkConfig};
use crate::device::profile::{Example, Given};
use crate::device::prove::{prove, unproven};
use crate::link::mqtt::flow::routes::{Route, Routes};
use crate::sheet::{Problem, Problems};

/// What came of one definition.
#[derive(Debug, Serialize)]
pub struct Checked {
    id: String,
    file: PathBuf,
    ok: bool,
    examples: usize,
    problems: Vec<Problem>,
    differences: Vec<Difference>,
    unproven: Vec<Unproven>,
    /// Where the devices of its examples speak at a broker.
    #[serde(skip)]
    topics: Vec<Box<str>>,
}

/// Where an example and what comes of it differ.
#[derive(Debug, Serialize)]
struct Difference {
    line: usize,
    column: usize,
    about: String,
    expected: String,
    found: String,
}

/// A property that no example gives a value of.
#[derive(Debug, Serialize)]
struct Unproven {
    line: usize,
    column: usize,
    about: String,
}

/// What came of all of them.
#[derive(Debug, Default)]
pub struct Report {
    /// Each definition, in the order they were named and of their names.
    pub checked: Vec<Checked>,
    /// What is wrong with folders.
    pub troubles: Vec<Problem>,
}

/// Checks what was named on the command line.
pub fn run(named: &[PathBuf], json: bool) -> ExitCode {
    if let Some(file) = named.iter().find(|file| file.file_name() == Some(OsStr::new(FILE_NAME))) {
        print::error(format_args!(
            "{} is a configuration, no definition; check it with --config {0}",
            file.display()
        ));
        return exit::usage();
    }
    let report = Report::of(named);
    if json {
        print::line(report.json());
    } else {
        report.print();
        report.summarise();
    }
    report.code()
}

impl Report {
    /// Checks files, and everything in folders.
    pub fn of(named: &[PathBuf]) -> Self {
        let mut report = Self::default();
        for path in named {
            if !path.is_dir() {
                report.checked.push(check(&id_of(path), path));
                continue;
            }
            let (files, troubles) = definitions::files(path);
            if files.is_empty() && troubles.is_empty() {
                let hint = "definitions are maker/model.toml files";
                let empty = Problems::of_file(path.clone(), "holds no definitions", hint);
                report.troubles.extend(empty.0);
            }
            report.checked.extend(files.iter().map(|(id, file)| check(id, file)));
            report.troubles.extend(troubles.into_iter().flat_map(|problems| problems.0));
        }
        report
    }

    /// The folder of a configuration, which may be empty or missing.
    pub fn of_folder(folder: &Path) -> Self {
        let (files, troubles) = definitions::files(folder);
        Self {
            checked: files.iter().map(|(id, file)| check(id, file)).collect(),
            troubles: troubles.into_iter().flat_map(|problems| problems.0).collect(),
        }
    }

    /// Everything, for programs.
    pub fn json(&self) -> serde_json::Value {
        json!({ "ok": self.is_good(), "definitions": self.checked, "problems": self.troubles })
    }

    /// Whether there is neither a mistake nor a difference.
    pub fn is_good(&self) -> bool {
        self.troubles.is_empty() && self.checked.iter().all(|one| one.ok)
    }

    /// A mistake weighs more than a difference.
    pub fn code(&self) -> ExitCode {
        match self.is_good() {
            true => exit::DONE,
            false if self.mistakes() > 0 => exit::usage(),
            false => exit::failed(),
        }
    }

    fn mistakes(&self) -> usize {
        self.troubles.len() + self.checked.iter().map(|one| one.problems.len()).sum::<usize>()
    }

    /// Definitions whose devices would not be heard, because no link takes what its examples say, with a way out.
    pub fn unheard(&self, config: &Config) -> Vec<Problem> {
        let own = config.broker.iter().flat_map(|broker| &broker.topics);
        let routes: Vec<Route> =
            config.links.iter().flat_map(LinkConfig::topics).chain(own).cloned().collect();
        let routes = Routes::new(routes);
        let is_heard = |topic: &str| routes.into_hub(topic).is_some();
        let silent =
            self.checked.iter().filter(|one| one.ok && !one.topics.iter().any(|topic| is_heard(topic)));
        let told = silent.filter_map(|one| {
            let topic = one.topics.first()?;
            let first = topic.split('/').next().unwrap_or(topic);
            let found = format!("no link hears its devices, which speak under topics such as {topic}");
            let hint = format!("add for example \"{first}/# in\" to `topics` of the link to their broker");
            Some(Problems::of_file(one.file.clone(), found, hint).0)
        });
        told.flatten().collect()
    }

    /// Prints what is wrong and what is missing to standard error, what is good to standard output.
    pub fn print(&self) {
        let paint = Paint::stderr();
        let place = |file: &Path, line: usize, column: usize| {
            let file = file.display().to_string();
            paint.word(Style::Bold, format_args!("{}:{line}:{column}:", print::harmless(&file)))
        };
        if !self.troubles.is_empty() {
            super::print_each(&self.troubles);
        }
        for one in &self.checked {
            super::print_each(&one.problems);
            for Difference { line, column, about, expected, found } in &one.differences {
                print::aside(format_args!(
                    "{} {}: expected {}, found {}",
                    place(&one.file, *line, *column),
                    print::harmless(about),
                    paint.word(Style::Green, print::harmless(expected)),
                    paint.word(Style::Red, print::harmless(found)),
                ));
            }
            for Unproven { line, column, about } in &one.unproven {
                let remark = paint.word(Style::Yellow, "remark:");
                let about = print::harmless(about);
                print::aside(format_args!(
                    "{} {remark} no example gives a value of {about}",
                    place(&one.file, *line, *column)
                ));
            }
            if one.ok {
                let good = Paint::stdout().word(Style::Green, "good");
                let file = one.file.display().to_string();
                let examples = print::counted(one.examples, "example");
                print::line(format_args!("{}: {good}, {examples}", print::harmless(&file)));
            }
        }
    }

    /// One line about several definitions.
    pub fn summarise(&self) {
        if self.checked.len() < 2 {
            return;
        }
        let good = self.checked.iter().filter(|one| one.ok).count();
        let differences: usize = self.checked.iter().map(|one| one.differences.len()).sum();
        let unproven: usize = self.checked.iter().map(|one| one.unproven.len()).sum();
        print::line(format_args!(
            "{}, {good} good; {}, {}, {}",
            print::counted(self.checked.len(), "definition"),
            print::counted(self.mistakes(), "mistake"),
            print::counted(differences, "difference"),
            print::counted(unproven, "remark"),
        ));
    }
}

fn check(id: &str, file: &Path) -> Checked {
    let (id, path) = (id.to_owned(), file.to_owned());
    let profile = match definitions::read(&id, file) {
        Ok(profile) => Arc::new(profile),
        Err(Problems(problems)) => {
            let (differences, unproven, topics) = (Vec::new(), Vec::new(), Vec::new());
            return Checked {
                id,
                file: path,
                ok: false,
                examples: 0,
                problems,
                differences,
                unproven,
                topics,
            };
        }
    };
    let differences: Vec<Difference> = prove(&profile)
        .into_iter()
        .map(|difference| Difference {
            line: difference.place.0,
            column: difference.place.1,
            about: difference.about,
            expected: difference.expected,
            found: difference.found,
        })
        .collect();
    let missing = unproven(&profile).into_iter().map(|about| {
        let property = profile.properties.iter().find(|one| format!("{} {}", one.id, one.quantity) == about);
        let (line, column) = property.map_or((1, 1), |property| property.place);
        Unproven { line, column, about }
    });
    Checked {
        id,
        file: path,
        ok: differences.is_empty(),
        examples: profile.examples.len(),
        problems: Vec::new(),
        unproven: missing.collect(),
        differences,
        topics: profile.examples.iter().filter_map(topic_of).collect(),
    }
}

fn topic_of(example: &Example) -> Option<Box<str>> {
    match &example.given {
        Given::Message { topic, .. } => Some(topic.clone()),
        Given::Line(_) | Given::Bytes(_) | Given::Answer { .. } | Given::Command { .. } => None,
    }
}
