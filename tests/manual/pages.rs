//! The pages of the documentation, and the blocks of code in them.

use std::fs;
use std::path::Path;

/// A block of code behind three backticks.
pub struct Block {
    /// The page, from the root of the repository.
    pub page: String,
    /// The line in which its text begins.
    pub line: usize,
    /// The word behind the backticks.
    pub language: String,
    /// What stands in it.
    pub text: String,
}

impl Block {
    /// For somebody who looks for it.
    pub fn place(&self) -> String {
        format!("{}:{}", self.page, self.line)
    }
}

/// Every page that people read, with its text.
pub fn pages() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names: Vec<String> =
        ["README.md", "SECURITY.md", "CONTRIBUTING.md", "devices/README.md"].map(Into::into).into();
    for entry in fs::read_dir(root.join("docs")).expect("the folder of pages") {
        let name = entry.expect("an entry").file_name().into_string().expect("a name in UTF-8");
        if name.ends_with(".md") {
            names.push(format!("docs/{name}"));
        }
    }
    names.sort();
    let read = |name: String| {
        let text = fs::read_to_string(root.join(&name)).expect("a page");
        (name, text)
    };
    names.into_iter().map(read).collect()
}

/// The blocks of all pages.
pub fn blocks() -> Vec<Block> {
    let mut all = Vec::new();
    for (page, text) in pages() {
        let mut open: Option<Block> = None;
        for (number, line) in text.lines().enumerate() {
            match (line.strip_prefix("```"), &mut open) {
                (Some(language), None) => {
                    let language = language.trim().to_owned();
                    open =
                        Some(Block { page: page.clone(), line: number + 2, language, text: String::new() });
                }
                (Some(_), Some(_)) => all.extend(open.take()),
                (None, Some(block)) => {
                    block.text += line;
                    block.text.push('\n');
                }
                (None, None) => {}
            }
        }
        assert!(open.is_none(), "{page}: a block of code does not end");
    }
    all
}

/// Lines outside of blocks, numbered.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut inside = false;
    let mut lines = Vec::new();
    for (number, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            inside = !inside;
        } else if !inside {
            lines.push((number + 1, line));
        }
    }
    lines
}

/// Lines of code that are marked by four blanks.
pub fn indented(text: &str) -> Vec<(usize, &str)> {
    let lines = prose(text).into_iter();
    lines.filter_map(|(number, line)| Some((number, line.strip_prefix("    ")?))).collect()
}

/// Code within sentences.
pub fn inline(text: &str) -> Vec<(usize, &str)> {
    let lines = prose(text).into_iter().filter(|(_, line)| !line.starts_with("    "));
    lines
        .flat_map(|(number, line)| line.split('`').skip(1).step_by(2).map(move |code| (number, code)))
        .collect()
}
