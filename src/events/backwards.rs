//! The lines of a file from its end to its beginning, without reading more of it than is asked for.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::Path;

const BLOCK: u64 = 64 * 1024;

/// The lines of one file, last first, each with the place where it begins; empty ones are left out.
#[derive(Debug)]
pub struct Backwards {
    file: File,
    /// What lies before this place was not read yet.
    at: u64,
    /// What was read and not given yet; begins at `at`.
    held: Vec<u8>,
}

impl Backwards {
    /// Begins at the end that the file has now.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let at = file.metadata()?.len();
        Ok(Self { file, at, held: Vec::new() })
    }

    fn read_block(&mut self) -> io::Result<()> {
        let length = self.at.min(BLOCK);
        self.at -= length;
        let mut block = vec![0; usize::try_from(length).unwrap_or(0)];
        self.file.read_exact_at(&mut block, self.at)?;
        block.append(&mut self.held);
        self.held = block;
        Ok(())
    }
}

impl Iterator for Backwards {
    type Item = io::Result<(u64, Vec<u8>)>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            match self.held.iter().rposition(|byte| *byte == b'\n') {
                Some(end) => {
                    let line = self.held.split_off(end + 1);
                    self.held.truncate(end);
                    if !line.is_empty() {
                        return Some(Ok((self.at + end as u64 + 1, line)));
                    }
                }
                None if self.at > 0 => {
                    if let Err(error) = self.read_block() {
                        self.at = 0;
                        self.held.clear();
                        return Some(Err(error));
                    }
                }
                None if self.held.is_empty() => return None,
                None => return Some(Ok((0, std::mem::take(&mut self.held)))),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_last_first_with_their_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lines");
        let check = |text: &str| {
            std::fs::write(&path, text).unwrap();
            let found: Vec<_> = Backwards::open(&path).unwrap().map(Result::unwrap).collect();
            let mut at = 0;
            let mut expect = Vec::new();
            for line in text.split('\n') {
                if !line.is_empty() {
                    expect.push((at, line.as_bytes().to_vec()));
                }
                at += line.len() as u64 + 1;
            }
            expect.reverse();
            assert_eq!(found, expect);
        };
        check("");
        check("\n\n");
        check("one\ntwo\n");
        check("one\n\ntorn");
        check(&format!("{}\n{}\nend\n", "a".repeat(200_000), "b".repeat(65_535)));
    }
}
