//! What a person sees on a terminal: colours only there, nothing a device said is ever obeyed by it.

use std::borrow::Cow;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU8, Ordering};

use clap::ValueEnum;

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum When {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Also in files and pipes.
    Always,
    /// Not at all.
    Never,
}

/// What `--color` said, as the number of its variant; set once, before anything is printed.
static COLOUR: AtomicU8 = AtomicU8::new(When::Auto as u8);

/// Takes over what `--color` said.
pub fn set_colour(when: When) {
    COLOUR.store(when as u8, Ordering::Relaxed);
}

/// Whether to colour what goes to `stream`.
pub fn colour(stream: &impl IsTerminal) -> bool {
    match COLOUR.load(Ordering::Relaxed) {
        set if set == When::Always as u8 => true,
        set if set == When::Never as u8 => false,
        _ => {
            let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
            let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
            stream.is_terminal() && !refused && !dumb
        }
    }
}

/// How a word looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Names and headings.
    Bold,
    /// What matters less.
    Faint,
    /// Good.
    Green,
    /// Look here.
    Yellow,
    /// Bad.
    Red,
    /// A topic, an address.
    Cyan,
}

/// Paints words, or leaves them as they are.
#[derive(Clone, Copy, Debug)]
pub struct Paint(bool);

impl Paint {
    /// For standard output.
    pub fn stdout() -> Self {
        Self(colour(&io::stdout()))
    }

    /// For standard error.
    pub fn stderr() -> Self {
        Self(colour(&io::stderr()))
    }

    /// The word in its style.
    pub fn word(self, style: Style, word: impl Display) -> String {
        let code = match style {
            Style::Bold => 1,
            Style::Faint => 2,
            Style::Red => 31,
            Style::Green => 32,
            Style::Yellow => 33,
            Style::Cyan => 36,
        };
        if self.0 { format!("\x1b[{code}m{word}\x1b[0m") } else { word.to_string() }
    }
}

/// Writes a line to standard output at once; false when nobody reads it any more (`| head`).
pub fn line(text: impl Display) -> bool {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}").and_then(|()| stdout.flush()).is_ok()
}

/// Writes a line to standard error, if anybody reads it.
pub fn aside(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Writes an error as a person reads it.
pub fn error(text: impl Display) {
    let paint = Paint::stderr();
    let text = text.to_string();
    let _ = writeln!(io::stderr(), "{} {}", paint.word(Style::Red, "error:"), super::mask::mask(&text));
}

/// Writes a remark to standard error.
pub fn remark(text: impl Display) {
    let paint = Paint::stderr();
    let _ = writeln!(io::stderr(), "{}", paint.word(Style::Faint, text));
}

/// `text` with everything escaped that could steer a terminal or turn the direction of reading.
pub fn harmless(text: &str) -> Cow<'_, str> {
    let steers = |c: char| {
        c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    if !text.contains(steers) {
        return Cow::Borrowed(text);
    }
    text.chars().map(|c| if steers(c) { c.escape_unicode().to_string() } else { c.to_string() }).collect()
}

/// `1 example`, `2 examples`.
pub fn counted(number: usize, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn nothing_steers_the_terminal() {
        assert_eq!(harmless("24.50 ℃ žluťoučký"), "24.50 ℃ žluťoučký");
        assert_eq!(harmless("a\x1b[2Jb\r\nc\u{202e}d\u{9b}"), "a\\u{1b}[2Jb\\u{d}\\u{a}c\\u{202e}d\\u{9b}");
    }
}
