//! `clown-hub backup`: the whole of a hub in one file, also while it runs.
//!
//! The file is a gzipped tar. Its first member says what the others are and by what each is known to be whole
//! ([`manifest`]); `clown-hub restore` takes nothing else.

mod gather;
pub mod manifest;

use std::fmt::Write as _;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use flate2::{Compression, GzBuilder};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::place::Place;
use super::print::{Paint, Style};
use super::{check, exit, print, work};
use crate::config::{self, Loaded, Problems};
use crate::disk::{Fault, StoreError};
use crate::hub::iso;
use crate::web::private;
use gather::{Gathered, Piece};
use manifest::{FORMAT, Manifest, NAME};

/// Write the whole of a hub into one file, also while it runs.
#[derive(Args)]
#[command(after_help = "\
The configuration with the files beside it that it names, accounts, the certificate authority, definitions, accepted devices, \
arrangements, events, history and what the broker keeps are in it. Whoever has the file can \
pretend to be this hub: keep it as you keep passwords.

Examples:
  sudo clown-hub backup
  sudo clown-hub backup --without-history /media/usb/hub.tar.gz
  ssh pi@hub.local sudo clown-hub backup - > hub.tar.gz")]
pub struct BackupArgs {
    /// Where to write it; - is standard output [default: clown-hub-HOST-DATE.tar.gz in this folder].
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Leave out what was recorded.
    #[arg(long)]
    without_history: bool,
    /// Overwrite a file that is there.
    #[arg(long)]
    force: bool,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Why there is no backup.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("the configuration has mistakes")]
    Config(#[from] Problems),
    #[error(
        "there is no hub to back up in {}; its folder is made when it runs, or name another with --data DIR",
        .0.display()
    )]
    Nothing(PathBuf),
    #[error("{} is already there; --force overwrites it", .0.display())]
    There(PathBuf),
    #[error("{} lies in the data folder, and would be lost with it; choose another folder", .0.display())]
    Inside(PathBuf),
    #[error("a backup is no text: write it to a file, or - into a pipe, and without --json")]
    Terminal,
    #[error("cannot read {path} for the backup: {error}; run this with sudo, or as the hub's user")]
    Read { path: PathBuf, error: io::Error },
    #[error("cannot copy {path} for the backup: {fault}; --without-history leaves the history out")]
    Copy { path: PathBuf, fault: Fault },
    #[error("cannot write the backup {path}: {error}")]
    Write { path: PathBuf, error: io::Error },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What was written, to be told.
struct Written {
    file: PathBuf,
    bytes: u64,
    manifest: Manifest,
    left_out: Vec<PathBuf>,
}

/// Writes the file.
pub fn run(args: BackupArgs) -> ExitCode {
    let (json, place) = (args.json, args.file.clone());
    let file = place
        .unwrap_or_else(|| format!("clown-hub-{}-{}.tar.gz", host(), &iso(SystemTime::now())[..10]).into());
    let side = side(&file);
    let (to, aside) = (file, side.clone());
    let work = async move {
        let done = tokio::task::spawn_blocking(move || write(&args, &to, &aside)).await;
        match done {
            Ok(Ok(written)) => written.tell(json),
            Ok(Err(error)) => error.report(),
            Err(_) => exit::failed(),
        }
    };
    let code = work::until_interrupted(exit::failed(), work);
    // What was begun and not put into its place.
    let _ = fs::remove_dir_all(side);
    code
}

/// A folder of this run beside the file, for what is not whole yet.
fn side(file: &Path) -> PathBuf {
    let folder = if is_stdout(file) { std::env::temp_dir() } else { private::folder(file) };
    folder.join(format!(".clown-hub-backup-{}", std::process::id()))
}

fn is_stdout(file: &Path) -> bool {
    file == Path::new("-")
}

fn write(args: &BackupArgs, file: &Path, side: &Path) -> Result<Written, BackupError> {
    let loaded = loaded(&args.place)?;
    let data = match (&args.place.data, &loaded) {
        (Some(data), _) => data.clone(),
        (None, Some(loaded)) => loaded.config.hub.data.clone(),
        (None, None) => args.place.data()?,
    };
    allow(args, file, &data)?;
    let write = |path: &Path| {
        let path = path.to_owned();
        move |error| BackupError::Write { path, error }
    };
    DirBuilder::new().mode(0o700).create(side).map_err(write(side))?;
    let gathered = Gathered::of(loaded.as_ref(), &data, side, !args.without_history)?;
    let (mut pieces, left_out) = (gathered.pieces, gathered.left_out);
    let made = SystemTime::now();
    let mut manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        made: iso(made),
        host: host(),
        history: !args.without_history,
        files: Vec::new(),
    };
    for (path, piece) in &mut pieces {
        manifest.files.push(piece.listed(path).map_err(write(Path::new(path)))?);
    }
    let new = side.join("new.tar.gz");
    let bytes = if is_stdout(file) {
        pack(io::stdout().lock(), &manifest, &mut pieces, made).map_err(write(file))?.0
    } else {
        let out =
            OpenOptions::new().write(true).create_new(true).mode(0o600).open(&new).map_err(write(file))?;
        let (bytes, out) = pack(out, &manifest, &mut pieces, made).map_err(write(file))?;
        let placed = out.sync_all().and_then(|()| place(&new, file, args.force));
        placed.map_err(write(file))?;
        bytes
    };
    Ok(Written { file: file.to_owned(), bytes, manifest, left_out })
}

/// The configuration; none if a data folder is named and there is no other.
fn loaded(place: &Place) -> Result<Option<Loaded>, Problems> {
    if place.data.is_some() && config::find(place.config.as_deref()).is_err() {
        return Ok(None);
    }
    place.load().map(Some)
}

/// Whether the file may be written, and there is something to write.
fn allow(args: &BackupArgs, file: &Path, data: &Path) -> Result<(), BackupError> {
    if fs::read_dir(data).is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        return Err(BackupError::Nothing(data.to_owned()));
    }
    if is_stdout(file) {
        return if io::stdout().is_terminal() || args.json { Err(BackupError::Terminal) } else { Ok(()) };
    }
    if file.exists() && !args.force {
        return Err(BackupError::There(file.to_owned()));
    }
    match (fs::canonicalize(private::folder(file)), fs::canonicalize(data)) {
        (Ok(folder), Ok(data)) if folder.starts_with(&data) => Err(BackupError::Inside(file.to_owned())),
        _ => Ok(()),
    }
}

/// Writes the archive; gives its size and where it went.
fn pack<W: Write>(
    out: W,
    manifest: &Manifest,
    pieces: &mut std::collections::BTreeMap<String, Piece>,
    made: SystemTime,
) -> io::Result<(u64, W)> {
    let mtime = made.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let header = |size: u64, mode: u32| {
        let mut header = tar::Header::new_gnu();
        header.set_size(size);
        header.set_mode(mode);
        header.set_mtime(mtime);
        header
    };
    let out = Counted { out, bytes: 0 };
    let mut archive = tar::Builder::new(GzBuilder::new().write(out, Compression::fast()));
    let text = serde_json::to_vec_pretty(manifest)?;
    archive.append_data(&mut header(text.len() as u64, 0o600), NAME, text.as_slice())?;
    for ((path, piece), listed) in pieces.iter_mut().zip(&manifest.files) {
        let mut header = header(piece.size, piece.mode);
        let mut hash = Hash::default();
        archive.append_data(&mut header, path, Heard { inner: piece.reader()?, hash: &mut hash })?;
        if hash.text() != listed.sha256 {
            return Err(io::Error::other(format!("{path} changed while it was read; try again")));
        }
    }
    let mut out = archive.into_inner()?.finish()?;
    out.flush()?;
    Ok((out.bytes, out.out))
}

/// Puts the new file into its place.
fn place(new: &Path, file: &Path, force: bool) -> io::Result<()> {
    if force {
        fs::rename(new, file)?;
    } else {
        // Another one that came meanwhile stays.
        fs::hard_link(new, file).or_else(|error| match error.kind() {
            io::ErrorKind::AlreadyExists => Err(error),
            _ => fs::rename(new, file),
        })?;
    }
    File::open(private::folder(file))?.sync_all()
}

/// The name of this machine, as a part of a file's name.
fn host() -> String {
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy();
    let plain = |c: &char| c.is_ascii_alphanumeric() || *c == '-';
    name.chars().take_while(|c| *c != '.').filter(plain).take(63).collect()
}

impl BackupError {
    fn report(&self) -> ExitCode {
        match self {
            Self::Config(problems) => check::print_problems(problems),
            other => print::error(other),
        }
        match self {
            Self::Config(_) | Self::Terminal => exit::usage(),
            _ => exit::failed(),
        }
    }
}

impl Written {
    fn tell(&self, json: bool) -> ExitCode {
        let Self { file, bytes, manifest, left_out } = self;
        if json {
            print::line(json!({
                "ok": true, "file": file, "bytes": bytes, "history": manifest.history,
                "files": manifest.files, "left_out": left_out,
            }));
            return exit::DONE;
        }
        let mut text = format!("{}: {}", file.display(), size(*bytes));
        let _ = write!(text, ", {} of", print::counted(manifest.files.len(), "file"));
        let _ = write!(text, " {}", size(manifest.bytes().unwrap_or_default()));
        let largest = manifest.files.iter().max_by_key(|file| file.size).filter(|file| file.size > 1 << 20);
        if let Some(file) = largest {
            let _ = write!(text, ", the largest {} with {}", file.path, size(file.size));
        }
        if is_stdout(file) {
            print::aside(text);
        } else {
            print::line(text);
        }
        for path in left_out {
            let why = "the configuration names it, and it lies elsewhere";
            print::aside(format_args!("not in it: {} ({why})", print::harmless(&path.to_string_lossy())));
        }
        if !manifest.has(manifest::CONFIG) {
            print::aside("not in it: a configuration; none was found, name it with --config FILE");
        }
        let warning = Paint::stderr().word(Style::Yellow, "warning:");
        let secret = "whoever has this file can pretend to be this hub: keep it as you keep passwords";
        print::aside(format_args!("{warning} {secret}"));
        exit::DONE
    }
}

/// `3.4 MB`
pub fn size(bytes: u64) -> String {
    let mut size = bytes as f64;
    for unit in ["B", "kB", "MB"] {
        if size < 1000.0 {
            return if unit == "B" { format!("{bytes} B") } else { format!("{size:.1} {unit}") };
        }
        size /= 1000.0;
    }
    format!("{size:.1} GB")
}

/// A SHA-256 that is fed by writing.
#[derive(Default)]
pub struct Hash(Sha256);

impl Hash {
    /// In hexadecimal digits.
    pub fn text(self) -> String {
        crate::web::random::hex(&self.0.finalize())
    }
}

impl Write for Hash {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Hashes what is read.
struct Heard<'a, R> {
    inner: R,
    hash: &'a mut Hash,
}

impl<R: Read> Read for Heard<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.hash.write_all(&buffer[..read])?;
        Ok(read)
    }
}

/// Counts what goes through.
struct Counted<W> {
    out: W,
    bytes: u64,
}

impl<W: Write> Write for Counted<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}
