//! Pieces of a file into lines of bounded length, each with its number.
//!
//! Where a format lets a text in quotes run over several lines, these are one. A quote that is never closed must not
//! take the rest of the file along: when the longest line is reached, only the line with the quote is given up.

use memchr::memchr;

/// The longest line; a real one has a few hundred bytes.
pub const LONGEST: usize = 64 * 1024;

/// Where quotes count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quotes {
    /// Nowhere: a line ends where it ends.
    Nowhere,
    /// At the beginning of a cell.
    Cells,
    /// At the beginning of a field's value, as in InfluxDB's line protocol.
    Fields,
}

/// Why a line is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Spoiled {
    /// Longer than any line is.
    #[error("the line is longer than {LONGEST} bytes")]
    Long,
    /// No end of a text.
    #[error("a quote is opened and never closed")]
    Open,
    /// Not text.
    #[error("it is not UTF-8")]
    Encoding,
}

/// Makes lines of pieces.
#[derive(Debug)]
pub struct Lines {
    quotes: Quotes,
    buffer: Vec<u8>,
    /// The number of the line that the buffer begins with.
    number: u64,
    /// How much of the buffer was looked at: whole lines of a text that goes on.
    seen: usize,
    inside: Inside,
    /// The rest of a line that is too long is passed over.
    is_skipping: bool,
}

/// What the last byte stood in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Inside {
    Start,
    Key,
    KeyEscape,
    Field,
    FieldEscape,
    Value,
    Bare,
    Text,
    TextEscape,
    Closed,
    Rest,
}

impl Lines {
    /// At the beginning of a file.
    pub fn new(quotes: Quotes) -> Self {
        Self { quotes, buffer: Vec::new(), number: 1, seen: 0, inside: Inside::Start, is_skipping: false }
    }

    /// Takes a piece, and hands on each line that has ended, without its end.
    pub fn feed(&mut self, piece: &[u8], each: &mut dyn FnMut(u64, Result<&str, Spoiled>)) {
        // However long the piece is, the buffer stays short.
        for part in piece.chunks(LONGEST) {
            self.buffer.extend_from_slice(part);
            self.take(each, false);
        }
    }

    /// The file ends here.
    pub fn finish(&mut self, each: &mut dyn FnMut(u64, Result<&str, Spoiled>)) {
        self.take(each, true);
    }

    fn take(&mut self, each: &mut dyn FnMut(u64, Result<&str, Spoiled>), is_end: bool) {
        let mut buffer = std::mem::take(&mut self.buffer);
        let mut begin = 0;
        while let Some(used) = self.line(buffer.get(begin..).unwrap_or_default(), each, is_end) {
            begin += used;
        }
        buffer.drain(..begin);
        self.buffer = buffer;
    }

    /// One line at the beginning of what is there; how many bytes it took, or nothing if it has not ended yet.
    fn line(
        &mut self,
        bytes: &[u8],
        each: &mut dyn FnMut(u64, Result<&str, Spoiled>),
        is_end: bool,
    ) -> Option<usize> {
        let ends = loop {
            let from = bytes.get(self.seen..).unwrap_or_default();
            match memchr(b'\n', from) {
                Some(at) => {
                    let end = self.seen + at;
                    let is_open =
                        !self.is_skipping && self.is_open_after(from.get(..=at).unwrap_or_default());
                    self.seen = end + 1;
                    if !is_open {
                        break Some((end, end + 1));
                    }
                }
                None if is_end && !bytes.is_empty() => {
                    let is_open = !self.is_skipping && self.is_open_after(from);
                    break (!is_open).then_some((bytes.len(), bytes.len()));
                }
                None if bytes.len() <= LONGEST => return None,
                None => break None,
            }
            if self.seen > LONGEST {
                break None;
            }
        };
        let (end, used) = match ends {
            Some(ends) => ends,
            None => return Some(self.spoiled(bytes, each)),
        };
        let line = bytes.get(..end).unwrap_or_default();
        let passed = bytes.get(..used).unwrap_or_default().iter().filter(|byte| **byte == b'\n').count();
        let is_rest = std::mem::take(&mut self.is_skipping);
        if !is_rest {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let line = if line.len() > LONGEST { Err(Spoiled::Long) } else { text(line) };
            each(self.number, line);
        }
        self.begin(passed);
        Some(used)
    }

    fn begin(&mut self, passed: usize) {
        self.number += passed as u64;
        self.seen = 0;
        self.inside = Inside::Start;
    }

    /// A line that is given up: with an open quote, or without an end in sight.
    fn spoiled(&mut self, bytes: &[u8], each: &mut dyn FnMut(u64, Result<&str, Spoiled>)) -> usize {
        let spoiled = if self.seen > 0 || bytes.len() <= LONGEST { Spoiled::Open } else { Spoiled::Long };
        if !self.is_skipping {
            each(self.number, Err(spoiled));
        }
        if let Some(at) = memchr(b'\n', bytes) {
            self.begin(1);
            self.is_skipping = false;
            return at + 1;
        }
        self.is_skipping = true;
        self.seen = 0;
        bytes.len()
    }

    /// Whether a text is open after these bytes.
    fn is_open_after(&mut self, bytes: &[u8]) -> bool {
        let is_open = |inside| matches!(inside, Inside::Text | Inside::TextEscape);
        let can_open = self.quotes != Quotes::Nowhere && memchr(b'"', bytes).is_some();
        if can_open || is_open(self.inside) || self.seen > 0 {
            let step = match self.quotes {
                Quotes::Nowhere => |inside, _| inside,
                Quotes::Cells => in_cells,
                Quotes::Fields => in_fields,
            };
            self.inside = bytes.iter().fold(self.inside, |inside, byte| step(inside, *byte));
        }
        is_open(self.inside)
    }
}

fn in_cells(inside: Inside, byte: u8) -> Inside {
    match (inside, byte) {
        (Inside::Text, b'"') => Inside::Closed,
        (Inside::Text, _) => Inside::Text,
        (Inside::Start | Inside::Closed, b'"') => Inside::Text,
        (_, b',' | b';' | b'\t' | b'\n') => Inside::Start,
        (_, _) => Inside::Bare,
    }
}

fn in_fields(inside: Inside, byte: u8) -> Inside {
    use Inside::{Bare, Field, FieldEscape, Key, KeyEscape, Rest, Start, Text, TextEscape, Value};
    match (inside, byte) {
        (Start, b' ' | b'\t') => Start,
        (Start, b'#') | (Rest, _) => Rest,
        (Start | Key, b'\\') => KeyEscape,
        (Key, b' ') => Field,
        (Start | Key | KeyEscape, _) => Key,
        (Field, b'\\') => FieldEscape,
        (Field, b'=') => Value,
        (Field | FieldEscape, _) => Field,
        (Value, b'"') => Text,
        (Value | Bare | Inside::Closed, b',') => Field,
        (Value | Bare | Inside::Closed, b' ') => Rest,
        (Value | Bare | Inside::Closed, _) => Bare,
        (Text, b'\\') => TextEscape,
        (Text, b'"') => Inside::Closed,
        (Text | TextEscape, _) => Text,
    }
}

fn text(line: &[u8]) -> Result<&str, Spoiled> {
    std::str::from_utf8(line).map_err(|_| Spoiled::Encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Found = Vec<(u64, Result<String, Spoiled>)>;

    fn lines(quotes: Quotes, pieces: &[&[u8]]) -> Found {
        let mut found = Found::new();
        let mut each = |number, line: Result<&str, Spoiled>| found.push((number, line.map(str::to_owned)));
        let mut lines = Lines::new(quotes);
        for piece in pieces {
            lines.feed(piece, &mut each);
        }
        lines.finish(&mut each);
        found
    }

    fn good(list: &[(u64, &str)]) -> Found {
        list.iter().map(|(number, line)| (*number, Ok((*line).to_owned()))).collect()
    }

    /// The same, however it comes.
    fn check(quotes: Quotes, text: &str, expect: &[(u64, &str)]) {
        for size in [1, 2, 3, 7, text.len().max(1)] {
            let pieces: Vec<&[u8]> = text.as_bytes().chunks(size).collect();
            assert_eq!(lines(quotes, &pieces), good(expect), "{text:?} in pieces of {size}");
        }
    }

    #[test]
    fn lines_are_the_same_in_pieces_of_any_length() {
        check(Quotes::Nowhere, "a\nb\r\n\nc", &[(1, "a"), (2, "b"), (3, ""), (4, "c")]);
        check(Quotes::Nowhere, "a,\"b\nc", &[(1, "a,\"b"), (2, "c")]);
        check(Quotes::Cells, "a,\"b\nc\",d\ne", &[(1, "a,\"b\nc\",d"), (3, "e")]);
        check(Quotes::Cells, "a,\"b\"\"\nc\"\ne", &[(1, "a,\"b\"\"\nc\""), (3, "e")]);
        check(Quotes::Cells, "5\" pipe\ne", &[(1, "5\" pipe"), (2, "e")]);
        check(Quotes::Fields, "m,t=\"x v=\"a\nb\" 1\nm v=1", &[(1, "m,t=\"x v=\"a\nb\" 1"), (3, "m v=1")]);
        check(Quotes::Fields, "m v=\"a\\\"\nb\"\nx", &[(1, "m v=\"a\\\"\nb\""), (3, "x")]);
        check(Quotes::Fields, "# it's =\"\nm\\ x v=1\n", &[(1, "# it's =\""), (2, "m\\ x v=1")]);
        check(Quotes::Cells, "", &[]);
    }

    #[test]
    fn a_quote_that_is_never_closed_costs_its_own_line_only() {
        let long = "x\n".repeat(LONGEST);
        for text in ["a,\"b\nc\nd".to_owned(), format!("a,\"b\n{long}d\n")] {
            let found = lines(Quotes::Cells, &[text.as_bytes()]);
            assert_eq!(found.first(), Some(&(1, Err(Spoiled::Open))), "{:?}", &found[..2]);
            assert_eq!(found.len(), text.lines().count());
            assert_eq!(found.last().map(|(number, _)| *number), Some(text.lines().count() as u64));
            assert!(found[1..].iter().all(|(_, line)| line.is_ok()));
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_passed_over_in_little_memory() {
        let mut long = vec![b'x'; 20 * LONGEST];
        long.extend(b"\nnext\n\xff\n");
        let found = lines(Quotes::Cells, &[b"first\n", &long]);
        let expect = [
            (1, Ok("first".to_owned())),
            (2, Err(Spoiled::Long)),
            (3, Ok("next".to_owned())),
            (4, Err(Spoiled::Encoding)),
        ];
        assert_eq!(found, expect);
        let mut lines = Lines::new(Quotes::Cells);
        lines.feed(&long, &mut |_, _| {});
        assert!(lines.buffer.capacity() <= 4 * LONGEST, "{}", lines.buffer.capacity());
    }

    #[test]
    fn random_bytes_keep_their_numbers() {
        let mut random = fastrand::Rng::with_seed(7);
        for quotes in [Quotes::Nowhere, Quotes::Cells, Quotes::Fields] {
            for _ in 0..3_000 {
                let bytes: Vec<u8> = (0..random.usize(0..40))
                    .map(|_| random.choice(*b"a\",=\\ \n\r#\xff").unwrap_or(b'x'))
                    .collect();
                let whole = lines(quotes, &[&bytes]);
                let pieces: Vec<&[u8]> = bytes.chunks(random.usize(1..5)).collect();
                assert_eq!(lines(quotes, &pieces), whole, "{}", bytes.escape_ascii());
                assert!(whole.is_sorted_by_key(|(number, _)| *number));
            }
        }
    }
}
