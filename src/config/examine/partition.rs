//! Whether the data folder's own partition is there: without it a hub would begin anew on the wrong disk.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

/// A partition that belongs under the data folder and is not mounted.
#[derive(Debug, PartialEq, Eq)]
pub struct Missing {
    /// What is to be mounted: a device, a label.
    pub what: String,
    /// Where.
    pub place: PathBuf,
}

/// What `/etc/fstab` mounts at `data` or above it, if that is not mounted now.
pub fn missing(data: &Path) -> Option<Missing> {
    let data = std::path::absolute(data).ok()?;
    // Without either table nothing can be said.
    let table = fs::read_to_string("/etc/fstab").ok()?;
    let mounted = fs::read_to_string("/proc/self/mounts").ok()?;
    missing_of(&data, &table, &mounted)
}

fn missing_of(data: &Path, table: &str, mounted: &str) -> Option<Missing> {
    let nearest = entries(table)
        .filter(|(_, place)| place != Path::new("/") && data.starts_with(place))
        .max_by_key(|(_, place)| place.components().count())?;
    let (what, place) = nearest;
    let is_mounted = entries(mounted).any(|(_, known)| known == place);
    (!is_mounted).then(|| Missing { what: what.to_owned(), place })
}

/// What and where, of each line; both tables have the same form: fstab(5).
fn entries(table: &str) -> impl Iterator<Item = (&str, PathBuf)> {
    table.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let what = words.next().filter(|what| !what.starts_with('#'))?;
        let place = words.next().filter(|place| place.starts_with('/'))?;
        Some((what, unescaped(place)))
    })
}

/// Blanks and backslashes stand as octal numbers.
fn unescaped(text: &str) -> PathBuf {
    let (bytes, mut plain, mut at) = (text.as_bytes(), Vec::new(), 0);
    while let Some(byte) = bytes.get(at) {
        let digits = text.get(at + 1..at + 4).and_then(|digits| u8::from_str_radix(digits, 8).ok());
        match (byte, digits) {
            (b'\\', Some(escaped)) => {
                plain.push(escaped);
                at += 4;
            }
            _ => {
                plain.push(*byte);
                at += 1;
            }
        }
    }
    OsString::from_vec(plain).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_partition_of_the_table_has_to_be_mounted() {
        const TABLE: &str = "# data\nPARTUUID=1-01 /boot/firmware vfat defaults 0 2\nPARTUUID=1-02 / ext4 ro 0 1\n\
                             LABEL=data /var/lib/clown-hub ext4 defaults,nofail 0 2\nUUID=7 /mnt/my\\040disk ext4\n/swap none swap\n";
        const MOUNTED: &str = "/dev/mmcblk0p2 / ext4 ro 0 0\n/dev/sda1 /mnt/my\\040disk ext4 rw 0 0\n";
        let check = |data: &str, mounted: &str, expect: Option<&str>| {
            let found = missing_of(Path::new(data), TABLE, mounted).map(|missing| missing.what);
            assert_eq!(found.as_deref(), expect, "{data}");
        };
        check("/var/lib/clown-hub", MOUNTED, Some("LABEL=data"));
        check("/var/lib/clown-hub/inside", MOUNTED, Some("LABEL=data"));
        check("/var/lib/clown-hub", "/dev/mmcblk0p3 /var/lib/clown-hub ext4 rw 0 0\n", None);
        check("/var/lib/clown-hub-2", MOUNTED, None);
        check("/home/pi/data", MOUNTED, None);
        check("/mnt/my disk/hub", MOUNTED, None);
        check("/mnt/my disk/hub", "", Some("UUID=7"));
    }
}
