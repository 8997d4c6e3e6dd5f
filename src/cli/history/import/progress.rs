//! How far the reading of a file is, on one line of a terminal.

use std::io::{IsTerminal, Write};

use super::grouped;

/// How far a file is, on a terminal only.
pub struct Progress<'a> {
    is_shown: bool,
    name: &'a str,
    length: u64,
    read: u64,
    last: std::time::Instant,
}

impl<'a> Progress<'a> {
    /// Of the file of this name and length in bytes; nothing has been read.
    pub fn new(name: &'a str, length: u64) -> Self {
        let last = std::time::Instant::now();
        Self { is_shown: std::io::stderr().is_terminal(), name, length, read: 0, last }
    }

    /// So many bytes more were read, with so many samples in all.
    pub fn show(&mut self, read: usize, samples: u64) {
        self.read += read as u64;
        if !self.is_shown || self.last.elapsed().as_millis() < 200 {
            return;
        }
        self.last = std::time::Instant::now();
        let part =
            (self.read * 100).checked_div(self.length).map(|part| format!("{part} %, ")).unwrap_or_default();
        let _ = write!(std::io::stderr(), "\r\x1b[K{}: {part}{} samples", self.name, grouped(samples));
    }

    /// The line is free again.
    pub fn end(&self) {
        if self.is_shown {
            let _ = write!(std::io::stderr(), "\r\x1b[K");
        }
    }
}
