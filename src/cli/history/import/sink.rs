//! Where an import goes: into the file of the folder that this program holds, or in parts to a hub.

use std::collections::BTreeSet;

use hyper::Method;
use serde::Deserialize;

use super::super::{HistoryError, Writer};
use crate::app::folder::Folder;
use crate::cli::client::{ClientError, Target, http};
use crate::history::intake::{BATCH, Intake};
use crate::history::moment;
use crate::history::store::Store;
use crate::history::text::Entry;
use crate::history::text::read::{Refusal, Refused};
use crate::history::text::write::Layout;

/// Where samples go.
pub enum Sink {
    /// Into the file.
    File {
        /// What is not written yet.
        intake: Box<Intake>,
        /// The file.
        store: Box<Store>,
        /// Nobody else writes meanwhile.
        _folder: Folder,
    },
    /// To a hub.
    Hub {
        /// The hub.
        target: Box<Target>,
        /// Lines that are not sent yet.
        text: String,
        /// The numbers that they have in their own file.
        lines: Vec<u64>,
        /// What the hub took.
        done: Done,
    },
}

/// What came of it.
#[derive(Debug, Default)]
pub struct Done {
    /// Samples that were understood.
    pub samples: u64,
    /// Samples among them that were in history already.
    pub known: u64,
    /// The series that they are of.
    pub series: BTreeSet<String>,
    /// The first moment, in milliseconds since 1970.
    pub first: Option<i64>,
}

/// What a hub answers.
#[derive(Deserialize)]
struct Answer {
    samples: u64,
    known: u64,
    series: Vec<Of>,
    first: Option<String>,
    refused_lines: u64,
    refused: Vec<Refusal>,
}

#[derive(Deserialize)]
struct Of {
    series: String,
}

impl Sink {
    /// Through this writer.
    pub fn of(writer: Writer) -> Self {
        match writer {
            Writer::Folder(store, folder) => {
                let intake = Box::new(Intake::new(store.all().map(|(_, key)| key)));
                Self::File { intake, store, _folder: folder }
            }
            Writer::Hub(target) => {
                Self::Hub { target, text: String::new(), lines: Vec::new(), done: Done::default() }
            }
        }
    }

    /// Takes one entry, or says why not.
    pub fn take(&mut self, line: u64, entry: &Entry<'_>) -> Result<(), String> {
        match self {
            Self::File { intake, .. } => intake.take(line, entry),
            Self::Hub { text, lines, .. } => {
                Layout::JsonLines.entry(text, entry);
                lines.push(line);
                Ok(())
            }
        }
    }

    /// Whether it is time to write.
    pub fn is_full(&self) -> bool {
        match self {
            Self::File { intake, .. } => intake.is_full(),
            Self::Hub { lines, .. } => lines.len() >= BATCH,
        }
    }

    /// Writes or sends what was taken; what the hub refuses of it is noted.
    pub async fn write(&mut self, refused: &mut Refused) -> Result<(), HistoryError> {
        match self {
            Self::File { intake, store, .. } => Ok(intake.write(store)?),
            Self::Hub { lines, .. } if lines.is_empty() => Ok(()),
            Self::Hub { target, text, lines, done } => {
                let body = std::mem::take(text).into_bytes();
                let path = "/api/history/import?format=json";
                let answer = http::send(target, Method::POST, path, body).await?;
                let answer = Answer::deserialize(answer)
                    .map_err(|error| ClientError::Broken(format!("the hub answers strangely: {error}")))?;
                done.samples += answer.samples;
                done.known += answer.known;
                let first = answer.first.as_deref().and_then(moment::stamp);
                done.first = done.first.into_iter().chain(first).min();
                done.series.extend(answer.series.into_iter().map(|of| of.series));
                let unnamed = answer.refused_lines.saturating_sub(answer.refused.len() as u64);
                for Refusal { line, reason } in answer.refused {
                    let at = usize::try_from(line.saturating_sub(1)).ok().and_then(|at| lines.get(at));
                    refused.note(at.copied().unwrap_or(line), reason);
                }
                refused.count += unnamed;
                lines.clear();
                Ok(())
            }
        }
    }

    /// The end of all files.
    pub async fn finish(self) -> Result<Done, HistoryError> {
        match self {
            Self::File { intake, store, .. } => {
                let imported = intake.finish(&mut Refused::default());
                store.close()?;
                let series = imported.series.keys().map(ToString::to_string).collect();
                Ok(Done { samples: imported.samples(), known: imported.known, series, first: imported.first })
            }
            Self::Hub { done, .. } => Ok(done),
        }
    }
}
