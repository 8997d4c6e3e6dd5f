//! Who has a port open: found among the open files of all processes, and the table of file locks.

use std::{fmt, fs, ops::RangeInclusive, os::unix::fs::MetadataExt, path::Path};

use serde::Serialize;

use super::Roots;

/// A program that has a port open.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// Its name, as the kernel shows it.
    pub name: String,
    /// Whether it locked the port with `flock`, as clown-hub, bcg and bc-bridge do.
    pub locked: bool,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (pid {})", self.name, self.pid)
    }
}

/// The programs that have a device node open, ourselves included.
///
/// Other people's processes hide their files from us; of those, only one that locked the port can be named.
pub fn holders(roots: &Roots, node: &Path) -> Vec<Holder> {
    let locker = locker(roots, node);
    let Ok(entries) = fs::read_dir(&roots.proc) else { return Vec::new() };
    let mut found: Vec<Holder> = entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter(|pid| Some(*pid) == locker || has_open(roots, *pid, node))
        .map(|pid| Holder { pid, name: name(roots, pid), locked: Some(pid) == locker })
        .collect();
    found.sort_by_key(|holder| holder.pid);
    found
}

fn has_open(roots: &Roots, pid: u32, node: &Path) -> bool {
    let Ok(files) = fs::read_dir(roots.proc.join(pid.to_string()).join("fd")) else { return false };
    let mut files = files.filter_map(|file| Some(file.ok()?.path()));
    files.any(|file| {
        fs::read_link(&file).is_ok_and(|target| target == node) && !is_of_another_world(&file, node)
    })
}

/// Whether an open file that is called as a node is not that node: containers count their pseudo-terminals from 0, too.
fn is_of_another_world(file: &Path, node: &Path) -> bool {
    // The major numbers of pseudo-terminals (Documentation/admin-guide/devices.txt of the kernel).
    const PSEUDO_TERMINALS: RangeInclusive<u32> = 136..=143;
    let (Ok(file), Ok(node)) = (fs::metadata(file), fs::metadata(node)) else { return false };
    let pseudo = PSEUDO_TERMINALS.contains(&rustix::fs::major(node.rdev()));
    file.rdev() != node.rdev() || (pseudo && file.dev() != node.dev())
}

fn name(roots: &Roots, pid: u32) -> String {
    let name = fs::read_to_string(roots.proc.join(pid.to_string()).join("comm")).unwrap_or_default();
    match name.trim() {
        "" => "a program".to_owned(),
        name => name.to_owned(),
    }
}

/// Who holds the `flock` on a node: lines such as `1: FLOCK  ADVISORY  WRITE 4711 00:05:1234 0 EOF`.
fn locker(roots: &Roots, node: &Path) -> Option<u32> {
    let facts = fs::metadata(node).ok()?;
    let device = facts.dev();
    let file = format!("{:02x}:{:02x}:{}", rustix::fs::major(device), rustix::fs::minor(device), facts.ino());
    let locks = fs::read_to_string(roots.proc.join("locks")).ok()?;
    locks.lines().find_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        (fields.next()? == "FLOCK").then_some(())?;
        let pid = fields.nth(2)?;
        (fields.next()? == file).then(|| pid.parse().ok())?
    })
}
