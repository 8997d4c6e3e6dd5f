//! Reads a password: typed twice without echo, or the first line of a file or of standard input.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead, BufReader, IsTerminal, Read, Write};
use std::path::Path;

use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};

/// Why there is no password.
#[derive(Debug, thiserror::Error)]
pub enum PasswordError {
    /// The file, standard input or the terminal cannot be read.
    #[error("cannot read the password from {from}: {error}")]
    Unreadable {
        /// Where it should have come from.
        from: String,
        /// The operating system's reason.
        error: io::Error,
    },
    /// Typed differently the second time.
    #[error("the two passwords differ; nothing was changed")]
    Differ,
    /// Ctrl-C.
    #[error("cancelled; nothing was changed")]
    Cancelled,
    /// A name or password that is not allowed.
    #[error("{0}")]
    Refused(String),
}

/// The password from `file`, or from the terminal, or from standard input if that is not a terminal.
pub fn read(file: Option<&Path>) -> Result<String, PasswordError> {
    let unreadable = |from: String| move |error| PasswordError::Unreadable { from, error };
    if let Some(file) = file {
        let text = fs::read_to_string(file).map_err(unreadable(file.display().to_string()))?;
        return Ok(text.lines().next().unwrap_or_default().to_owned());
    }
    if io::stdin().is_terminal() {
        let typed = typed("Password: ")?;
        let again = self::typed("Once more: ")?;
        return if typed == again { Ok(typed) } else { Err(PasswordError::Differ) };
    }
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(unreadable("standard input".into()))?;
    Ok(line.trim_end_matches(['\n', '\r']).to_owned())
}

fn typed(prompt: &str) -> Result<String, PasswordError> {
    let unreadable = |error| PasswordError::Unreadable { from: "the terminal".into(), error };
    let mut terminal = OpenOptions::new().read(true).write(true).open("/dev/tty").map_err(unreadable)?;
    terminal.write_all(prompt.as_bytes()).map_err(unreadable)?;
    let quiet = Quiet::begin(terminal.try_clone().map_err(unreadable)?).map_err(unreadable)?;
    let typed = edit(BufReader::new(&terminal).bytes());
    drop(quiet);
    terminal.write_all(b"\n").map_err(unreadable)?;
    typed.map_err(unreadable)?.ok_or(PasswordError::Cancelled)
}

/// What remains of typed bytes at the end of the line; none if it was cancelled.
fn edit(bytes: impl Iterator<Item = io::Result<u8>>) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    for byte in bytes {
        match byte? {
            b'\n' | b'\r' => return Ok(Some(String::from_utf8_lossy(&line).into_owned())),
            // Ctrl-C, and Ctrl-D on nothing.
            3 => return Ok(None),
            4 if line.is_empty() => return Ok(None),
            4 => {}
            // Backspace takes a whole character away, Ctrl-U everything.
            8 | 127 => while line.pop().is_some_and(|byte| byte & 0xc0 == 0x80) {},
            21 => line.clear(),
            byte => line.push(byte),
        }
    }
    Ok(None)
}

/// A terminal that shows nothing and hands over every key, until this is dropped.
struct Quiet {
    terminal: File,
    before: Termios,
}

impl Quiet {
    fn begin(terminal: File) -> io::Result<Self> {
        let before = tcgetattr(&terminal)?;
        let mut quiet = before.clone();
        // Without ISIG, Ctrl-C comes as a key and cannot leave the terminal silent.
        quiet.local_modes -= LocalModes::ECHO | LocalModes::ICANON | LocalModes::ISIG;
        tcsetattr(&terminal, OptionalActions::Flush, &quiet)?;
        Ok(Self { terminal, before })
    }
}

impl Drop for Quiet {
    fn drop(&mut self) {
        // A terminal that is gone needs no repair.
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_become_a_password() {
        let check = |typed: &str, expect: Option<&str>| {
            let line = edit(typed.bytes().map(Ok)).unwrap();
            assert_eq!(line.as_deref(), expect, "{typed:?}");
        };
        check("secret\n", Some("secret"));
        check("secrex\u{7f}t\r", Some("secret"));
        check("kůň\u{7f}n\n", Some("kůn"));
        check("\u{8}\u{8}x\n", Some("x"));
        check("wrong\u{15}right\n", Some("right"));
        check("sec\u{3}", None);
        check("\u{4}", None);
        check("a\u{4}b\n", Some("ab"));
        check("never ended", None);
        check("\n", Some(""));
    }
}
