//! Time stamps inside messages: written by a template, found again whatever a server put around them.

use std::io::Write as _;

use memchr::memmem::Finder;

/// Finds `ts`, then some of `\ " : space [`, then at least ten digits.
pub struct Stamps(Finder<'static>);

impl Stamps {
    /// Ready to search.
    pub fn new() -> Self {
        Self(Finder::new(b"ts"))
    }

    /// The first stamp in a message.
    pub fn find(&self, message: &[u8]) -> Option<u64> {
        let mut from = 0;
        while let Some(found) = self.0.find(&message[from..]) {
            let after = &message[from + found + 2..];
            let skipped = after.iter().take(5).take_while(|byte| br#"\": ["#.contains(byte)).count();
            let digits = after[skipped..].iter().take(19).take_while(|byte| byte.is_ascii_digit());
            let (count, value) =
                digits.fold((0, 0u64), |(n, v), digit| (n + 1, v * 10 + u64::from(digit - b'0')));
            if count >= 10 {
                return Some(value);
            }
            from += found + 2;
        }
        None
    }
}

/// A message with `@TS@` to fill in, and perhaps `@STATE@`.
#[derive(Clone)]
pub struct Template(Vec<Part>);

#[derive(Clone)]
enum Part {
    Text(Vec<u8>),
    Stamp,
    State,
}

impl Template {
    /// Reads the places to fill in.
    pub fn new(text: &str) -> Self {
        let mut parts = Vec::new();
        for (index, piece) in text.split('@').enumerate() {
            parts.push(match (index % 2, piece) {
                (1, "TS") => Part::Stamp,
                (1, "STATE") => Part::State,
                _ => Part::Text(piece.as_bytes().to_vec()),
            });
        }
        Self(parts)
    }

    /// Appends the message to `out`.
    pub fn fill(&self, out: &mut Vec<u8>, stamp: u64, state: bool) {
        for part in &self.0 {
            // Writing to a Vec cannot fail.
            match part {
                Part::Text(text) => out.extend_from_slice(text),
                Part::Stamp => drop(write!(out, "{stamp}")),
                Part::State => drop(write!(out, "{state}")),
            }
        }
    }
}
