//! Source files as the tidiness tests see them: found by walking the tree, with comments and literals blanked out.
//!
//! Blanking keeps every newline, so a position in the code is a position in the file.

use std::fs;
use std::path::{Path, PathBuf};

/// A text file of the repository.
pub struct Source {
    /// Relative to the repository, with forward slashes.
    pub path: String,
    /// As written.
    pub text: String,
    /// For Rust: the text with comments, strings and characters blanked out.
    pub code: String,
}

/// A function's name and where it stands.
pub struct Function {
    pub name: String,
    pub line: usize,
    pub lines: usize,
}

/// Folders that are not the project's own text; in a worktree `.git` is a file.
const FOREIGN: &[&str] = &["target", ".git", "node_modules", "vendor"];

/// All text files below `folder` (relative to the repository) whose name ends with one of `endings`.
pub fn sources(folder: &str, endings: &[&str]) -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    walk(&root.join(folder), &mut files);
    files.sort();
    let wanted = |file: &Path| {
        let name = file.to_string_lossy();
        endings.is_empty() || endings.iter().any(|ending| name.ends_with(ending))
    };
    files.iter().filter(|file| wanted(file)).filter_map(|file| Source::load(root, file)).collect()
}

fn walk(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let kind = entry.file_type().expect("the kind of a file is known");
        // The site that `make book` builds is mostly of others, too.
        if FOREIGN.iter().any(|foreign| name == *foreign) || entry.path().ends_with("docs/book") {
            continue;
        } else if kind.is_dir() {
            walk(&entry.path(), files);
        } else if kind.is_file() {
            files.push(entry.path());
        }
    }
}

impl Source {
    fn load(root: &Path, file: &Path) -> Option<Self> {
        let text = String::from_utf8(fs::read(file).ok()?).ok()?;
        let path = file.strip_prefix(root).ok()?.to_string_lossy().replace('\\', "/");
        let code = if path.ends_with(".rs") { blank(&text) } else { String::new() };
        Some(Self { path, text, code })
    }

    /// Lines of the code that are not tests: tests stand at the end of a file, or in a file of their own.
    pub fn lines_without_tests(&self) -> usize {
        if self.is_test() {
            return 0;
        }
        let start = self.text.lines().position(|line| line.trim() == "#[cfg(test)]");
        start.unwrap_or_else(|| self.text.lines().count())
    }

    /// The code without its tests, line by line, counted from 1.
    pub fn own_code(&self) -> impl Iterator<Item = (usize, &str)> {
        let count = self.lines_without_tests();
        self.code.lines().take(count).enumerate().map(|(index, line)| (index + 1, line))
    }

    /// Whether the whole file is a test.
    pub fn is_test(&self) -> bool {
        !self.path.starts_with("src/") || self.path.ends_with("/tests.rs") || self.path.contains("/tests/")
    }

    /// The room a file of `src/` belongs to.
    pub fn room(&self) -> &str {
        let inside = self.path.trim_start_matches("src/");
        inside.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }

    /// The functions, with the lines from `fn` to the closing brace.
    pub fn functions(&self) -> Vec<Function> {
        let code = self.code.as_bytes();
        let mut found = Vec::new();
        for (start, _) in self.code.match_indices("fn ") {
            let name: String = self.code[start + 3..].chars().take_while(|c| is_word(*c)).collect();
            let inside_word = start > 0 && is_word(char::from(code[start - 1]));
            if inside_word || name.is_empty() {
                continue;
            }
            if let Some(end) = body_end(code, start) {
                let line = count_lines(&code[..start]) + 1;
                found.push(Function { name, line, lines: count_lines(&code[start..end]) + 1 });
            }
        }
        found
    }
}

pub fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn count_lines(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte == b'\n').count()
}

/// The closing brace of the function that begins at `start`; none for a declaration without a body.
fn body_end(code: &[u8], start: usize) -> Option<usize> {
    let mut brackets = 0_i32;
    let mut braces = 0_i32;
    for (index, byte) in code.iter().enumerate().skip(start) {
        match byte {
            b'(' | b'[' => brackets += 1,
            b')' | b']' => brackets -= 1,
            b';' if brackets == 0 && braces == 0 => return None,
            b'{' => braces += 1,
            b'}' => {
                braces -= 1;
                if braces == 0 {
                    return Some(index);
                }
            }
            _ => {}
        }
    }
    None
}

/// Replaces comments, strings and characters by blanks.
pub fn blank(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut code = bytes.to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let end = match literal_end(bytes, at) {
            Some(end) => end.min(bytes.len()),
            None => {
                at += 1;
                continue;
            }
        };
        for byte in &mut code[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    String::from_utf8(code).expect("whole literals were blanked")
}

/// Where the comment or literal that begins here ends; none if none begins here.
fn literal_end(bytes: &[u8], at: usize) -> Option<usize> {
    let rest = &bytes[at..];
    let after_word = at > 0 && is_word(char::from(bytes[at - 1]));
    match rest {
        [b'/', b'/', ..] => Some(at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())),
        [b'/', b'*', ..] => Some(at + block_comment(rest)),
        [b'"', ..] => Some(at + quoted(rest, b'"')),
        [b'r', b'"' | b'#', ..] if !after_word => raw_string(rest).map(|length| at + length),
        [b'b', b'r', b'"' | b'#', ..] if !after_word => raw_string(&rest[1..]).map(|length| at + 1 + length),
        // A character, not a lifetime: closed after one (perhaps escaped) character.
        [b'\'', b'\\', ..] => Some(at + quoted(rest, b'\'')),
        [b'\'', first, ..] if *first != b'\'' => {
            let width = if *first < 0x80 {
                1
            } else {
                rest[1..].iter().skip(1).take_while(|b| **b & 0xc0 == 0x80).count() + 1
            };
            (rest.get(1 + width) == Some(&b'\'')).then_some(at + 2 + width)
        }
        _ => None,
    }
}

fn block_comment(bytes: &[u8]) -> usize {
    let mut depth = 0;
    let mut at = 0;
    while at < bytes.len() {
        match &bytes[at..] {
            [b'/', b'*', ..] => {
                depth += 1;
                at += 2;
            }
            [b'*', b'/', ..] => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    at
}

fn quoted(bytes: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < bytes.len() {
        match bytes[at] {
            b'\\' => at += 2,
            byte if byte == quote => return at + 1,
            _ => at += 1,
        }
    }
    at
}

fn raw_string(bytes: &[u8]) -> Option<usize> {
    let hashes = bytes[1..].iter().take_while(|byte| **byte == b'#').count();
    if bytes.get(1 + hashes) != Some(&b'"') {
        return None;
    }
    let mut end = vec![b'"'];
    end.extend(vec![b'#'; hashes]);
    let body = &bytes[2 + hashes..];
    let length = body.windows(end.len()).position(|window| window == end).unwrap_or(body.len());
    Some(2 + hashes + length + end.len())
}
