//! Bytes of a serial line → messages, log lines and malformed lines.
//!
//! A line ends with `\n`; `\r` before it and NULs in front of it are not part of it. Lines that begin with `#` are the
//! firmware's log. A line longer than [`MAX_LINE`] is dropped up to its end and reported once. After an unplug call
//! [`LineDecoder::reset`], so that the halves of two lines are never joined.

use std::borrow::Cow;

use super::{Malformed, Message};

/// The longest line kept, without its end; the longest that a known device sends is 4,096 bytes.
pub const MAX_LINE: usize = 64 * 1024;

/// What one line was.
#[derive(Debug, PartialEq)]
pub enum Line<'a> {
    /// A message.
    Message(Message),
    /// A log line of the firmware, with its `#`.
    Log(Cow<'a, str>),
    /// No message: why, and the bytes (at most the first [`MAX_LINE`]).
    Malformed {
        /// What is wrong with it.
        what: Malformed,
        /// The line as it came, for logs and for dialects with known faults.
        line: &'a [u8],
    },
}

/// Splits a stream of bytes into lines and reads them.
#[derive(Debug, Default)]
pub struct LineDecoder {
    half: Vec<u8>,
    skipping: bool,
    nuls: u64,
}

impl LineDecoder {
    /// Takes the next bytes, calls `each` for every line that is complete, in order. Blank lines are nothing.
    pub fn feed(&mut self, mut bytes: &[u8], mut each: impl FnMut(Line<'_>)) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            let (line, rest) = (&bytes[..end], &bytes[end + 1..]);
            bytes = rest;
            if std::mem::take(&mut self.skipping) {
                continue;
            }
            if self.half.is_empty() && line.len() <= MAX_LINE {
                self.nuls += read(line, &mut each);
            } else if self.half.len() + line.len() > MAX_LINE {
                each(too_long(&self.half));
                self.half = Vec::new();
            } else {
                self.half.extend_from_slice(line);
                self.nuls += read(&self.half, &mut each);
                self.half.clear();
            }
        }
        if self.skipping || bytes.is_empty() {
            return;
        }
        if self.half.len() + bytes.len() > MAX_LINE {
            each(too_long(&self.half));
            self.half = Vec::new();
            self.skipping = true;
        } else {
            self.half.extend_from_slice(bytes);
        }
    }

    /// Forgets the half line; returns how many bytes that were.
    pub fn reset(&mut self) -> usize {
        let lost = self.half.len();
        *self = Self { nuls: self.nuls, ..Self::default() };
        lost
    }

    /// Leading NUL bytes dropped so far; a gateway sends them after power-up.
    pub fn nuls(&self) -> u64 {
        self.nuls
    }

    /// Bytes of the line that is not complete yet.
    pub fn pending(&self) -> usize {
        self.half.len()
    }
}

fn too_long(line: &[u8]) -> Line<'_> {
    let reason = "the line is longer than 65,536 bytes";
    Line::Malformed {
        what: Malformed::new("too-long", reason, "send shorter lines, each ended by \\n"),
        line,
    }
}

/// Reads one complete line, returns how many NULs stood in front of it.
fn read(line: &[u8], each: &mut impl FnMut(Line<'_>)) -> u64 {
    let start = line.iter().position(|byte| *byte != 0).unwrap_or(line.len());
    let line = line[start..].strip_suffix(b"\r").unwrap_or(&line[start..]);
    if line.first() == Some(&b'#') {
        each(Line::Log(String::from_utf8_lossy(line)));
    } else if !line.iter().all(u8::is_ascii_whitespace) {
        match std::str::from_utf8(line) {
            Err(_) => {
                let hint = "check the baud rate; text is UTF-8";
                each(Line::Malformed {
                    what: Malformed::new("not-utf8", "the line is not UTF-8 text", hint),
                    line,
                });
            }
            Ok(text) => match Message::parse(text) {
                Ok(message) => each(Line::Message(message)),
                Err(what) => each(Line::Malformed { what, line }),
            },
        }
    }
    start as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a transcript of chunks gives, as short words.
    fn check(chunks: &[&[u8]], expect: &[&str]) {
        let mut decoder = LineDecoder::default();
        let mut seen = Vec::new();
        for chunk in chunks {
            decoder.feed(chunk, |line| {
                seen.push(match line {
                    Line::Message(message) => message.to_text(),
                    Line::Log(text) => text.into_owned(),
                    Line::Malformed { what, .. } => format!("! {}", what.code),
                });
            });
        }
        assert_eq!(seen, expect);
    }

    #[test]
    fn lines_may_come_in_pieces() {
        check(&[b"[\"a\", ", b"{}]\n[\"b\", {}]\r\n", b"\n[\"c\", {}]"], &["[\"a\", {}]", "[\"b\", {}]"]);
    }

    #[test]
    fn nuls_and_logs_are_not_messages() {
        check(
            &[b"\0\0[\"a\", {}]\n# 1.23 <I> log\n\0\0\n[\"b\", {}]\n"],
            &["[\"a\", {}]", "# 1.23 <I> log", "[\"b\", {}]"],
        );
    }

    #[test]
    fn garbage_is_named_and_the_next_line_is_read() {
        check(
            &[b"\xff\xfe\x80\n[\"a\"\n[\"a\", {}][\"b\", {}]\n[\"c\", {}]\n"],
            &["! not-utf8", "! not-json", "! trailing", "[\"c\", {}]"],
        );
    }

    #[test]
    fn an_endless_line_is_cut_once_and_reading_goes_on_after_it() {
        let mebibyte = vec![b'x'; 1 << 20];
        check(&[&mebibyte, &mebibyte, b"\n[\"a\", {}]\n"], &["! too-long", "[\"a\", {}]"]);
        let (half, rest) = (vec![b'x'; MAX_LINE], b"x\n[\"a\", {}]\n");
        check(&[&half, rest], &["! too-long", "[\"a\", {}]"]);
    }

    #[test]
    fn halves_from_before_an_unplug_are_never_joined() {
        let mut decoder = LineDecoder::default();
        decoder.feed(b"[\"relay/i2c0-3b\", {\"sta", |_| panic!("half a line"));
        assert_eq!(decoder.reset(), 23);
        decoder.feed(b"te\": true}]\n", |line| assert!(matches!(line, Line::Malformed { .. })));
    }
}
