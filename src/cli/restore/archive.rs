//! Reads a backup, and believes nothing of it: members come in the order of its list, each a plain file of the size and
//! the checksum that the list says, and nothing else comes.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

use flate2::bufread::GzDecoder;
use serde::Deserialize;

use crate::cli::backup::Hash;
use crate::cli::backup::manifest::{FORMAT, Listed, Manifest, NAME};

/// How long the list may be; one of ten thousand files has 2 MB.
const LONGEST_LIST: u64 = 16 << 20;
/// How long the name of a member may be.
const LONGEST_NAME: u64 = 4096;
/// What may stand behind the last member: tar fills up to 10 KiB.
const LONGEST_END: u64 = 1 << 20;

/// Why a backup is not taken.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("it is no backup of a clown-hub: {0}")]
    Other(String),
    #[error(
        "it was made by a newer clown-hub (its format is {format}, this program knows {FORMAT}); install that one first"
    )]
    Newer { format: u64 },
    #[error("it is damaged at {member}: {why}; nothing was changed, take another backup")]
    Damaged { member: String, why: String },
    #[error("its member {} would leave its folder or comes twice; nothing was changed, do not trust this file", .0.escape_debug())]
    Hostile(String),
    #[error("what it holds cannot be written: {0}; nothing was changed")]
    Unwritten(io::Error),
}

/// A member that is handed on, piece by piece; the first one is empty.
pub type Take<'a> = dyn FnMut(&Listed, u32, &[u8]) -> io::Result<()> + 'a;

type Members<'a, 'b> = tar::Entries<'a, GzDecoder<BufReader<&'b File>>>;

/// Reads the list alone, and then all members, each handed on to `take`. `begin` sees the list before any of them.
pub fn read(
    file: &File,
    begin: impl FnOnce(&Manifest) -> Result<(), ArchiveError>,
    take: &mut Take<'_>,
) -> Result<Manifest, ArchiveError> {
    let mut rewound = file;
    rewound.seek(SeekFrom::Start(0)).map_err(|error| ArchiveError::Other(error.to_string()))?;
    let mut archive = tar::Archive::new(GzDecoder::new(BufReader::new(file)));
    // Raw, for the names of GNU would be read into memory however long they are.
    let mut members = archive.entries().map_err(|error| ArchiveError::Other(error.to_string()))?.raw(true);
    let manifest = list(&mut members)?;
    begin(&manifest)?;
    for listed in &manifest.files {
        member(&mut members, listed, take)?;
    }
    if let Some(more) = members.next() {
        let name = more.map(|more| String::from_utf8_lossy(&more.path_bytes()).into_owned());
        return Err(damaged(
            "its end",
            format!("{} is not in its list", name.unwrap_or_default().escape_debug()),
        ));
    }
    let mut rest = archive.into_inner();
    // The checksum of the whole stands at the very end.
    match io::copy(&mut (&mut rest).take(LONGEST_END), &mut io::sink()) {
        Ok(bytes) if bytes < LONGEST_END => Ok(manifest),
        Ok(_) => Err(damaged("its end", "something follows")),
        Err(error) => Err(damaged("its end", error)),
    }
}

fn damaged(member: &str, why: impl ToString) -> ArchiveError {
    ArchiveError::Damaged { member: member.to_owned(), why: why.to_string() }
}

fn list(members: &mut Members<'_, '_>) -> Result<Manifest, ArchiveError> {
    #[derive(Deserialize)]
    struct Head {
        format: u64,
    }
    let other = |why: String| ArchiveError::Other(why);
    let first = members.next().ok_or_else(|| other("it is empty".to_owned()))?;
    let first = first.map_err(|error| other(format!("it cannot be read as a .tar.gz file: {error}")))?;
    let size = first.header().entry_size().unwrap_or(u64::MAX);
    if *first.path_bytes() != *NAME.as_bytes()
        || !first.header().entry_type().is_file()
        || size > LONGEST_LIST
    {
        return Err(other(format!("it does not begin with {NAME}")));
    }
    let mut text = Vec::new();
    first.take(LONGEST_LIST).read_to_end(&mut text).map_err(|error| damaged(NAME, error))?;
    let head: Head = serde_json::from_slice(&text).map_err(|error| damaged(NAME, error))?;
    if head.format > u64::from(FORMAT) {
        return Err(ArchiveError::Newer { format: head.format });
    }
    let manifest: Manifest = serde_json::from_slice(&text).map_err(|error| damaged(NAME, error))?;
    match manifest.wrong() {
        Some(name) => Err(ArchiveError::Hostile(name.to_owned())),
        None => Ok(manifest),
    }
}

fn member(members: &mut Members<'_, '_>, listed: &Listed, take: &mut Take<'_>) -> Result<(), ArchiveError> {
    let damaged = |why: String| damaged(&listed.path, why);
    let mut long_name = None;
    let mut entry = loop {
        let Some(entry) = members.next() else { return Err(damaged("it is missing".to_owned())) };
        let entry = entry.map_err(|error| damaged(error.to_string()))?;
        if !entry.header().entry_type().is_gnu_longname() || long_name.is_some() {
            break entry;
        }
        let mut name = Vec::new();
        entry.take(LONGEST_NAME).read_to_end(&mut name).map_err(|error| damaged(error.to_string()))?;
        name.truncate(name.iter().position(|byte| *byte == 0).unwrap_or(name.len()));
        long_name = Some(name);
    };
    let name = long_name.unwrap_or_else(|| entry.path_bytes().into_owned());
    if name != listed.path.as_bytes() {
        let name = String::from_utf8_lossy(&name).escape_debug().to_string();
        return Err(damaged(format!("{name} is in its place")));
    }
    if entry.header().entry_type() != tar::EntryType::Regular {
        return Err(damaged("it is no plain file".to_owned()));
    }
    if entry.header().entry_size().ok() != Some(listed.size) {
        return Err(damaged(format!("it does not have {} bytes", listed.size)));
    }
    let mode = entry.header().mode().unwrap_or(0o600);
    take(listed, mode, &[]).map_err(ArchiveError::Unwritten)?;
    let (mut hash, mut buffer) = (Hash::default(), vec![0; 64 << 10]);
    loop {
        let read = entry.read(&mut buffer).map_err(|error| damaged(error.to_string()))?;
        if read == 0 {
            break;
        }
        hash.write_all(&buffer[..read]).map_err(ArchiveError::Unwritten)?;
        take(listed, mode, &buffer[..read]).map_err(ArchiveError::Unwritten)?;
    }
    if hash.text() == listed.sha256 { Ok(()) } else { Err(damaged("its checksum is another".to_owned())) }
}
