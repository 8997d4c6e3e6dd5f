//! `clown-hub restore`: a backup back into its places, on this machine or another one.
//!
//! The whole file is read and compared with its list before anything is touched; then it is unpacked beside what is there
//! and exchanged with it ([`swap`]). Where things go is for this machine to say, never for the backup alone.

mod archive;
mod lines;
mod plan;
mod swap;

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Component, Path, PathBuf};
use std::process::ExitCode;
use std::time::SystemTime;

use clap::Args;
use serde_json::json;

use super::backup::manifest::{CONFIG, Manifest};
use super::backup::size;
use super::place::Place;
use super::print::{Paint, Style};
use super::{check, exit, print};
use crate::app::folder::{self, Folder, FolderError, LOCK};
use crate::config::{self, Loaded, Problems};
use crate::hub::iso;
use crate::web::account;
use archive::ArchiveError;
use plan::{Places, Step, What};
use swap::Swap;

/// Where the service of a package keeps its data.
const PACKAGED: &str = "/var/lib/clown-hub";
/// A configuration is no longer than this.
const LONGEST_CONFIG: usize = 4 << 20;

/// Put a backup back into its places, on this machine or another one.
#[derive(Args)]
#[command(after_help = "\
The hub has to be stopped. Everything is checked before anything is changed, and what was there is kept beside as \
….before-restore-TIME. The configuration goes to --config, the data to --data or where this machine's \
configuration says.

Examples:
  clown-hub restore clown-hub-hub-2026-11-22.tar.gz --dry-run
  sudo clown-hub restore clown-hub-hub-2026-11-22.tar.gz --force
  clown-hub restore hub.tar.gz --config /tmp/hub.toml --data /tmp/hub")]
pub struct RestoreArgs {
    /// What `clown-hub backup` wrote.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Only tell what would become of each file.
    #[arg(long)]
    dry_run: bool,
    /// Replace what is there; it is kept beside.
    #[arg(long)]
    force: bool,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    place: Place,
}

/// Why nothing was restored.
#[derive(Debug, thiserror::Error)]
enum RestoreError {
    #[error("cannot read the backup {}: {}", .0.display(), .1)]
    Unread(PathBuf, io::Error),
    #[error("{}: {}", .0.display(), .1)]
    Archive(PathBuf, ArchiveError),
    #[error("the configuration has mistakes")]
    Config(#[from] Problems),
    #[error(
        "the backup's configuration keeps its data in {}, this machine in {}; say which with --data DIR",
        .theirs.display(), .ours.display()
    )]
    Elsewhere { theirs: PathBuf, ours: PathBuf },
    #[error("the backup's configuration keeps definitions in {}, outside its own folder; write that into this machine's configuration first", .0.display())]
    Devices(PathBuf),
    #[error("{} is not empty and no hub's data folder; name another with --data DIR", .0.display())]
    Foreign(PathBuf),
    #[error("{} is a partition of its own, which cannot be exchanged: restore with --data {}/restored, and move its files up while the hub is stopped", .0.display(), .0.display())]
    Partition(PathBuf),
    #[error("the backup needs {}, and {} has {} free", size(*.needs), .place.display(), size(*.free))]
    Full { place: PathBuf, needs: u64, free: u64 },
    #[error("{}, and would be replaced: look with --dry-run, then say --force; what is there is kept beside", .0)]
    There(String),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error("cannot restore: {0}; see what is so now with --dry-run, and do it again, maybe with sudo")]
    Disk(io::Error),
}

/// What is known before anything is done.
struct Known {
    manifest: Manifest,
    places: Places,
    steps: Vec<Step>,
    lines: Vec<String>,
    /// What the hub has to be told besides, to use the data.
    needs_data: bool,
}

/// Restores, or tells what would be done.
pub fn run(args: &RestoreArgs) -> ExitCode {
    match restore(args) {
        Ok((known, kept)) => {
            known.tell(args, &kept);
            exit::DONE
        }
        Err(error) => {
            if args.json {
                print::line(json!({ "ok": false, "error": error.to_string() }));
            } else if let RestoreError::Config(problems) = &error {
                check::print_problems(problems);
            } else {
                print::error(print::harmless(&error.to_string()));
            }
            match error {
                RestoreError::Config(_) | RestoreError::Elsewhere { .. } => exit::usage(),
                _ => exit::failed(),
            }
        }
    }
}

fn restore(args: &RestoreArgs) -> Result<(Known, Vec<PathBuf>), RestoreError> {
    let file = File::open(&args.file).map_err(|error| RestoreError::Unread(args.file.clone(), error))?;
    let known = examine(args, &file)?;
    if args.dry_run {
        return Ok((known, Vec::new()));
    }
    let data = &known.places.data;
    refuse(data)?;
    if known.steps.iter().all(|step| matches!(step.what, What::Same | What::Left)) {
        return Ok((known, Vec::new()));
    }
    known.allow(args.force)?;
    // Held until all is in its place; the lock goes with the folder that is set aside.
    let _held = data.join(LOCK).exists().then(|| Folder::take(data)).transpose()?;
    let time = iso(SystemTime::now()).replace([':', '-'], "");
    let time = format!("{}Z", time.split('.').next().unwrap_or_default());
    let mut swap = Swap::new(&known.places, &known.steps, &time).map_err(RestoreError::Disk)?;
    archive::read(&file, |_| Ok(()), &mut |listed, mode, piece| swap.take(listed, mode, piece))
        .map_err(|error| RestoreError::Archive(args.file.clone(), error))?;
    let kept = swap.finish().map_err(RestoreError::Disk)?;
    Ok((known, kept))
}

/// Reads the whole backup, and looks what is here.
fn examine(args: &RestoreArgs, file: &File) -> Result<Known, RestoreError> {
    let mut text = Vec::new();
    let manifest = archive::read(file, possible, &mut |listed, _, piece| {
        if listed.path == CONFIG && text.len() <= LONGEST_CONFIG {
            text.extend_from_slice(piece);
        }
        Ok(())
    });
    let manifest = manifest.map_err(|error| RestoreError::Archive(args.file.clone(), error))?;
    let text = manifest.has(CONFIG).then(|| String::from_utf8_lossy(&text).into_owned());
    let (places, needs_data) = places(args, text.as_deref(), &manifest)?;
    let steps = plan::plan(&manifest, &places).map_err(RestoreError::Disk)?;
    let now = fs::read(&places.config).unwrap_or_default();
    let lines = text.map(|text| lines::changes(&String::from_utf8_lossy(&now), &text)).unwrap_or_default();
    Ok(Known { manifest, places, steps, lines, needs_data })
}

/// Nobody has so many bytes: reading them all would take for ever.
fn possible(manifest: &Manifest) -> Result<(), ArchiveError> {
    match manifest.bytes() {
        Some(bytes) if bytes < 1 << 44 => Ok(()),
        _ => Err(ArchiveError::Other("the sizes in its list are absurd".to_owned())),
    }
}

/// Where everything goes.
fn places(
    args: &RestoreArgs,
    text: Option<&str>,
    manifest: &Manifest,
) -> Result<(Places, bool), RestoreError> {
    let absolute = |path: &Path| std::path::absolute(path).map_err(RestoreError::Disk);
    let [first, _] = config::places();
    let config = absolute(&config::find(args.place.config.as_deref()).unwrap_or(first))?;
    let here = config.exists().then(|| config::load(&config)).transpose();
    let empty = config::read(&config, String::new())?;
    let (here, data) = match (here, &args.place.data) {
        (here, Some(data)) => (here.ok().flatten(), data.clone()),
        (here, None) => {
            let here = here?;
            let data = here.as_ref().map_or(empty.config.hub.data, |here| here.config.hub.data.clone());
            (here, data)
        }
    };
    let data = absolute(&data)?;
    let data = fs::canonicalize(&data).unwrap_or(data);
    let theirs = text.map(|text| config::read(&config, text.to_owned()));
    if let Some(Err(problems)) = &theirs {
        print::aside("the configuration of the backup has mistakes, or is not of this version:");
        check::print_problems(problems);
    }
    let theirs = theirs.and_then(Result::ok);
    let needs_data = match theirs.as_ref().map(|theirs| &theirs.config.hub.data) {
        Some(theirs) if fs::canonicalize(theirs).unwrap_or_else(|_| theirs.clone()) != data => {
            if args.place.data.is_none() {
                return Err(RestoreError::Elsewhere { theirs: theirs.clone(), ours: data });
            }
            true
        }
        _ => false,
    };
    let devices = theirs.map_or(empty.config.hub.devices, |theirs| theirs.config.hub.devices);
    let places = Places { config, data, devices };
    let is_used = manifest.files.iter().any(|listed| listed.path.starts_with("devices/"));
    if is_used && !is_own(&places, here.as_ref()) {
        return Err(RestoreError::Devices(places.devices));
    }
    Ok((places, needs_data))
}

/// Whether definitions go where this machine has them, or below a folder that is the hub's in any case.
fn is_own(places: &Places, here: Option<&Loaded>) -> bool {
    let Places { config, data, devices } = places;
    let is_plain = !devices.components().any(|part| part == Component::ParentDir);
    let is_below = config.parent().is_some_and(|own| devices.starts_with(own)) || devices.starts_with(data);
    here.is_some_and(|here| here.config.hub.devices == *devices) || (is_plain && is_below)
}

/// A folder that is somebody else's, or of a hub that runs, is left alone.
fn refuse(data: &Path) -> Result<(), RestoreError> {
    if folder::is_held(data) {
        // Says by whom.
        Folder::take(data)?;
    }
    let is_empty = match fs::read_dir(data) {
        Ok(mut entries) => entries.next().is_none(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(RestoreError::Disk(error)),
    };
    // An account may have been made before a hub ran.
    let is_ours = data.join(LOCK).exists() || data.join(account::FILE).exists();
    if is_empty || is_ours { Ok(()) } else { Err(RestoreError::Foreign(data.to_owned())) }
}

impl Known {
    /// Whether it may and can be done.
    fn allow(&self, force: bool) -> Result<(), RestoreError> {
        let data = &self.places.data;
        let above = data.ancestors().skip(1).find(|folder| folder.exists()).unwrap_or(Path::new("/"));
        let device = |path: &Path| fs::metadata(path).map(|meta| meta.dev());
        if data.exists() && device(data).ok() != device(above).ok() {
            return Err(RestoreError::Partition(data.clone()));
        }
        let space = rustix::fs::statvfs(above).map_err(|error| RestoreError::Disk(error.into()))?;
        let free = space.f_bavail.saturating_mul(space.f_frsize);
        let needs = self.manifest.bytes().unwrap_or(u64::MAX);
        if needs > free {
            return Err(RestoreError::Full { place: above.to_owned(), needs, free });
        }
        let gone = self.steps.iter().filter(|step| matches!(step.what, What::Replaced | What::Aside)).count();
        if gone > 0 && !force {
            let are = if gone == 1 { "is" } else { "are" };
            let there = format!("{} {are} there already", print::counted(gone, "file"));
            return Err(RestoreError::There(there));
        }
        Ok(())
    }

    fn tell(&self, args: &RestoreArgs, kept: &[PathBuf]) {
        let Self { manifest, places, steps, lines, .. } = self;
        if args.json {
            print::line(json!({
                "ok": true, "dry_run": args.dry_run, "made": manifest.made, "host": manifest.host,
                "version": manifest.version, "config": places.config, "data": places.data,
                "files": steps, "lines": lines, "kept": kept,
            }));
            return;
        }
        let version = print::harmless(&manifest.version);
        let from = print::harmless(&manifest.host);
        print::line(format_args!(
            "backup of {from}, {}, clown-hub {version}",
            print::harmless(&manifest.made)
        ));
        if args.dry_run {
            self.tell_steps();
        } else {
            self.tell_done(args, kept);
        }
    }

    fn tell_steps(&self) {
        let paint = Paint::stdout();
        for step in &self.steps {
            let (word, style) = match step.what {
                What::Added => ("added", Style::Green),
                What::Replaced => ("replaced", Style::Yellow),
                What::Same => ("same", Style::Faint),
                What::Left => ("left", Style::Faint),
                What::Aside => ("set aside", Style::Yellow),
            };
            let word = paint.word(style, format_args!("{word:9}"));
            print::line(format_args!("{word}  {}  {}", print::harmless(&step.path), size(step.size)));
        }
        for line in &self.lines {
            let style = if line.starts_with('-') { Style::Red } else { Style::Green };
            print::line(paint.word(style, line));
        }
        let Places { config, data, .. } = &self.places;
        print::line(format_args!("data/ is {}, the configuration {}", data.display(), config.display()));
        if folder::is_held(data) {
            print::aside("a hub runs with this data folder; it has to be stopped before");
        }
    }

    fn tell_done(&self, args: &RestoreArgs, kept: &[PathBuf]) {
        let Places { config, data, .. } = &self.places;
        let changed = |step: &&Step| matches!(step.what, What::Added | What::Replaced);
        match self.steps.iter().filter(changed).count() {
            0 => print::line("everything is here already; nothing was changed"),
            count => {
                print::line(format_args!("restored {} to {}", print::counted(count, "file"), data.display()))
            }
        };
        for path in kept {
            print::line(format_args!("kept: {}", path.display()));
        }
        let next = if data == Path::new(PACKAGED) {
            "sudo systemctl start clown-hub".to_owned()
        } else {
            let named = if args.place.config.is_some() {
                format!(" --config {}", config.display())
            } else {
                String::new()
            };
            let data = if self.needs_data { format!(" --data {}", data.display()) } else { String::new() };
            format!("clown-hub run{named}{data}")
        };
        print::line(format_args!("next: {next}"));
        print::aside("the hub that the backup was made of must not run any more: this one is it now");
    }
}
