//! The files: `2026-11.jsonl`, `2026-11.2.jsonl`, one month each or a part of it, that only grow.
//!
//! A line is written by one `write` to a file opened for appending. Half a line – a power cut, a full disk – is closed by
//! a line end before the next one, and costs only itself. Files go as a whole, the oldest first.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::Settings;
use super::backwards::Backwards;
use super::event::{Event, Line, NOTHING_BEFORE, hash};
use crate::hub::iso;

const ENDING: &str = ".jsonl";

/// One file: its month and which part of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// `2026-11`.
    pub month: Box<str>,
    /// 1 for the first.
    pub number: u32,
}

/// The files, for the one who writes.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    settings: Settings,
    /// Oldest first, with their sizes; the last one is written.
    parts: Vec<(Part, u64)>,
    out: Option<File>,
    /// The last line has no end.
    torn: bool,
    seq: u64,
    prev: Box<str>,
}

impl Part {
    fn of(name: &str) -> Option<Self> {
        let name = name.strip_suffix(ENDING)?;
        let (month, number) = match name.split_once('.') {
            Some((month, number)) => (month, number.parse().ok().filter(|number| *number > 1)?),
            None => (name, 1),
        };
        let is_digit = |at: usize| month.as_bytes()[at].is_ascii_digit();
        let is_month =
            month.len() == 7 && month.as_bytes()[4] == b'-' && [0, 1, 2, 3, 5, 6].into_iter().all(is_digit);
        is_month.then(|| Self { month: month.into(), number })
    }

    /// The name of the file.
    pub fn name(&self) -> String {
        match self.number {
            1 => format!("{}{ENDING}", self.month),
            number => format!("{}.{number}{ENDING}", self.month),
        }
    }
}

/// The files of a folder, oldest first; none if there is no folder.
pub fn parts(folder: &Path) -> io::Result<Vec<Part>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut parts = Vec::new();
    for entry in entries {
        parts.extend(entry?.file_name().to_str().and_then(Part::of));
    }
    parts.sort();
    Ok(parts)
}

impl Store {
    /// The files of a folder; gives the last event, too. Nothing is written before the first event.
    pub fn open(folder: &Path, settings: Settings) -> io::Result<(Self, Option<Line>)> {
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let mut sized = Vec::new();
        for part in parts(folder)? {
            let bytes = fs::metadata(folder.join(part.name()))?.len();
            sized.push((part, bytes));
        }
        let mut store = Self {
            folder: folder.to_owned(),
            settings,
            parts: sized,
            out: None,
            torn: false,
            seq: 0,
            prev: NOTHING_BEFORE.into(),
        };
        store.torn = store.ends_torn()?;
        let last = store.last()?;
        Ok((store, last))
    }

    fn ends_torn(&self) -> io::Result<bool> {
        let Some((part, bytes @ 1..)) = self.parts.last() else { return Ok(false) };
        let mut end = [0];
        File::open(self.folder.join(part.name()))?.read_exact_at(&mut end, bytes - 1)?;
        Ok(end != *b"\n")
    }

    /// The last line that can be read; the chain goes on behind it.
    fn last(&mut self) -> io::Result<Option<Line>> {
        for (part, _) in self.parts.iter().rev() {
            for line in Backwards::open(&self.folder.join(part.name()))? {
                let (_, text) = line?;
                if let Ok(line) = serde_json::from_slice::<Line>(&text) {
                    (self.seq, self.prev) = (line.seq, hash(&text));
                    return Ok(Some(line));
                }
            }
        }
        Ok(None)
    }

    /// The number of the last event.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// Bytes of all files.
    pub fn bytes(&self) -> u64 {
        self.parts.iter().map(|(_, bytes)| bytes).sum()
    }

    /// Writes one event; it is in the file, if not yet on the disk, or nothing of it counts.
    pub fn append(&mut self, at: SystemTime, event: &Event) -> io::Result<()> {
        let at = iso(at);
        self.turn(&at[..7])?;
        let line = Line { seq: self.seq + 1, at: at.into(), event: event.clone(), prev: self.prev.clone() };
        let text = serde_json::to_string(&line).map_err(io::Error::other)?;
        let start = if self.torn { "\n" } else { "" };
        let bytes = format!("{start}{text}\n").into_bytes();
        let (Some(out), Some((_, size))) = (&mut self.out, self.parts.last_mut()) else {
            return Err(io::ErrorKind::NotFound.into());
        };
        let written = out.write(&bytes)?;
        *size += written as u64;
        if written < bytes.len() {
            self.torn = true;
            return Err(io::ErrorKind::StorageFull.into());
        }
        (self.torn, self.seq, self.prev) = (false, line.seq, hash(text.as_bytes()));
        Ok(())
    }

    /// What was written is on the disk.
    pub fn sync(&self) -> io::Result<()> {
        self.out.as_ref().map_or(Ok(()), File::sync_data)
    }

    /// Opens the file that this month is written to. Time that goes back opens no earlier one.
    fn turn(&mut self, month: &str) -> io::Result<()> {
        // Eight parts, so that one that goes does not take much along.
        let most = self.settings.size / 8;
        let next = match self.parts.last() {
            Some((part, bytes)) if *part.month >= *month && *bytes < most => {
                if self.out.is_some() {
                    return Ok(());
                }
                part.clone()
            }
            Some((part, _)) if *part.month >= *month => Part { number: part.number + 1, ..part.clone() },
            Some(_) | None => Part { month: month.into(), number: 1 },
        };
        self.sync()?;
        let path = self.folder.join(next.name());
        let out = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
        if self.parts.last().is_none_or(|(part, _)| *part != next) {
            self.parts.push((next, 0));
            self.torn = false;
            File::open(&self.folder)?.sync_all()?;
        }
        self.out = Some(out);
        self.let_go(month);
        Ok(())
    }

    /// Removes the oldest files, as long as there are too many or they are too old; never the one that is written.
    fn let_go(&mut self, month: &str) {
        let oldest = months(month) - i64::try_from(self.settings.keep.as_secs() / (30 * 86_400)).unwrap_or(0);
        while let [(part, _), _, ..] = &self.parts[..] {
            if months(&part.month) >= oldest && self.bytes() <= self.settings.size / 8 * 7 {
                return;
            }
            let path = self.folder.join(part.name());
            tracing::info!(file = %path.display(), "the oldest events are let go");
            if let Err(error) = fs::remove_file(&path)
                && error.kind() != io::ErrorKind::NotFound
            {
                tracing::warn!(file = %path.display(), "old events cannot be removed: {error}");
                return;
            }
            self.parts.remove(0);
        }
    }

    /// The file is opened anew with the next event, as after an error.
    pub fn close(&mut self) {
        self.out = None;
    }
}

/// Months since the year 0.
fn months(month: &str) -> i64 {
    let number = |range| month.get(range).and_then(|text: &str| text.parse::<i64>().ok()).unwrap_or(0);
    number(0..4) * 12 + number(5..7)
}

#[cfg(test)]
mod tests;
