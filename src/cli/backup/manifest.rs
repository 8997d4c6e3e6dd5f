//! `backup.json`, the first member of a backup: what is in it, and by what each file is known to be whole.
//!
//! Members are `config/…` (the configuration, and the files beside it that it names), `data/…` (the data folder) and
//! `devices/…` (the folder of definitions, if that is not in the data folder), in the order of their names.

use serde::{Deserialize, Serialize};

/// The name of the member.
pub const NAME: &str = "backup.json";
/// How backups are made now.
pub const FORMAT: u32 = 1;
/// The configuration.
pub const CONFIG: &str = "config/clown-hub.toml";
/// Files of one run of a hub, which are in no backup.
pub const OF_THE_RUN: [&str; 2] = ["lock", "local.json"];
/// How long the name of a member may be, and how many folders deep it may lie.
const LONGEST: usize = 1024;
const DEEPEST: usize = 16;

/// What is in a backup.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Manifest {
    /// The way it is made.
    pub format: u32,
    /// The hub that made it.
    pub version: String,
    /// When, RFC 3339.
    pub made: String,
    /// The machine.
    pub host: String,
    /// Whether history is in it.
    pub history: bool,
    /// Every other member, in the order of names.
    pub files: Vec<Listed>,
}

/// One member.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub struct Listed {
    /// Its name.
    pub path: String,
    /// Bytes.
    pub size: u64,
    /// SHA-256, in hexadecimal digits.
    pub sha256: String,
}

impl Manifest {
    /// Bytes of all members; nothing if nobody has so many.
    pub fn bytes(&self) -> Option<u64> {
        self.files.iter().try_fold(0_u64, |sum, file| sum.checked_add(file.size))
    }

    /// The first name that is none of a backup, or that comes again.
    pub fn wrong(&self) -> Option<&str> {
        let mut before = "";
        let names = self.files.iter().map(|file| file.path.as_str());
        names.into_iter().find(|name| !is_good(name) || std::mem::replace(&mut before, name) >= *name)
    }

    /// Whether a member is in it.
    pub fn has(&self, path: &str) -> bool {
        self.files.iter().any(|file| file.path == path)
    }
}

/// Whether a member of this name stays where it belongs.
fn is_good(name: &str) -> bool {
    let mut parts = name.split('/');
    let is_known = match parts.next() {
        Some("config") => true,
        Some("devices") => name.ends_with(".toml"),
        Some("data") => !OF_THE_RUN.iter().any(|file| name["data/".len().min(name.len())..] == **file),
        _ => false,
    };
    let is_plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(char::is_control);
    is_known && name.len() <= LONGEST && (1..=DEEPEST).contains(&parts.clone().count()) && parts.all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_its_folder() {
        for name in
            ["config/clown-hub.toml", "config/a/b.pem", "data/events/2026-11.jsonl", "devices/a/b.toml"]
        {
            assert!(is_good(name), "{name}");
        }
        let deep = format!("data/{}x", "a/".repeat(20));
        for name in [
            "",
            "data",
            "data/",
            "/etc/passwd",
            "data/../x",
            "data/a/../../x",
            "data//x",
            "data/./x",
            "config/..",
            "etc/x",
            "devices/x.sh",
            "data/lock",
            "data/local.json",
            "data/a\0b",
            "data/a\nb",
            &deep,
        ] {
            assert!(!is_good(name), "{name:?}");
        }
    }

    #[test]
    fn a_name_that_comes_twice_is_wrong() {
        let file = |path: &str| Listed { path: path.into(), size: 1, sha256: String::new() };
        let of = |files: &[&str]| Manifest {
            format: FORMAT,
            version: String::new(),
            made: String::new(),
            host: String::new(),
            history: true,
            files: files.iter().map(|path| file(path)).collect(),
        };
        assert_eq!(of(&["config/a", "data/b", "data/c"]).wrong(), None);
        assert_eq!(of(&["data/b", "data/b"]).wrong(), Some("data/b"));
        assert_eq!(of(&["data/c", "data/b"]).wrong(), Some("data/b"));
        let mut huge = of(&["data/b", "data/c"]);
        huge.files.iter_mut().for_each(|file| file.size = u64::MAX);
        assert_eq!(huge.bytes(), None);
    }
}
