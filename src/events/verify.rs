//! Whether the files are as they were written: every number there, every line followed by one that knows it.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use super::event::{Line, hash};
use super::store::parts;

/// What was found out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// Lines that can be read.
    pub lines: u64,
    /// The first and the last number.
    pub numbers: Option<(u64, u64)>,
    /// What is wrong, as `file:line: what`.
    pub faults: Vec<String>,
    /// Half lines, as a power cut leaves them; nothing that was recorded is missing by them.
    pub torn: Vec<String>,
}

/// Reads everything.
pub fn verify(folder: &Path) -> io::Result<Verdict> {
    let mut verdict = Verdict::default();
    let mut before: Option<(u64, Box<str>)> = None;
    for part in parts(folder)? {
        let name = part.name();
        for (index, text) in BufReader::new(File::open(folder.join(&name))?).split(b'\n').enumerate() {
            let text = text?;
            if text.is_empty() {
                continue;
            }
            let place = format!("{name}:{}", index + 1);
            let Ok(line) = serde_json::from_slice::<Line>(&text) else {
                verdict.torn.push(place);
                continue;
            };
            if let Some((seq, known)) = &before {
                if line.seq != seq + 1 {
                    verdict.faults.push(format!("{place}: number {} follows {seq}", line.seq));
                } else if line.prev != *known {
                    verdict.faults.push(format!("{place}: the line before it was changed"));
                }
            }
            verdict.lines += 1;
            verdict.numbers = Some((verdict.numbers.map_or(line.seq, |(first, _)| first), line.seq));
            before = Some((line.seq, hash(&text)));
        }
    }
    Ok(verdict)
}
