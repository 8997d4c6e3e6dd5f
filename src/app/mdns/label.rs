//! The name itself: kept in the data folder, so that two hubs do not change places at every start, and counted on.

use std::fs;
use std::io;
use std::path::Path;

use crate::app::identity;
use crate::web::private;

const FILE: &str = "mdns-name";
/// Who answers for the name of the machine, where it runs.
const RESPONDER: &str = "/run/avahi-daemon/pid";

/// What is kept: the name that was wished and the one that was free.
#[derive(Debug)]
pub struct Kept {
    wished: String,
    label: Option<String>,
}

impl Kept {
    /// What the folder says; a name that was kept for another wish is of no use.
    pub fn in_folder(data: &Path, wished: &str) -> Self {
        let text = fs::read_to_string(data.join(FILE)).unwrap_or_default();
        let label = match text.split_whitespace().collect::<Vec<_>>()[..] {
            [for_wish, label] if for_wish == wished && is_of(label, wished) => Some(label.to_owned()),
            _ => None,
        };
        Self { wished: wished.to_owned(), label }
    }

    /// The name to begin with.
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.wished)
    }

    /// The name of the configuration.
    pub fn wished(&self) -> &str {
        &self.wished
    }

    /// Whether it was announced before.
    pub fn is_known(&self) -> bool {
        self.label.is_some()
    }

    /// Keeps `label` for the next start.
    pub fn keep(&mut self, data: &Path, label: &str) -> io::Result<()> {
        if self.label.as_deref() != Some(label) {
            private::write(&data.join(FILE), format!("{} {label}\n", self.wished).as_bytes(), 0o600)?;
            self.label = Some(label.to_owned());
        }
        Ok(())
    }
}

/// Whether `label` is `wished` or one that was counted on from it.
fn is_of(label: &str, wished: &str) -> bool {
    let mut counted = wished.to_owned();
    label == wished
        || (0..1_000).any(|_| {
            counted = next(&counted);
            counted == label
        })
}

/// The label of a name of the responder.
pub fn label_of(name: &str) -> Option<String> {
    name.split('.').next().filter(|label| !label.is_empty()).map(str::to_ascii_lowercase)
}

/// `hub`, `hub-2`, `hub-3`, as the responder counts.
pub fn next(label: &str) -> String {
    match label.rsplit_once('-').map(|(base, number)| (base, number.parse::<u32>())) {
        Some((base, Ok(number))) => format!("{base}-{}", number.saturating_add(1)),
        _ => format!("{label}-2"),
    }
}

/// Whether this is the name of the machine itself and another responder here answers for it: that one would take our
/// question whether the name is free for a stranger's.
pub fn is_defended_by_the_machine(label: &str) -> bool {
    let host = identity::host().to_ascii_lowercase();
    host.split('.').next() == Some(label) && Path::new(RESPONDER).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_kept_for_its_wish_and_damage_is_forgotten() {
        let data = tempfile::tempdir().unwrap();
        let mut kept = Kept::in_folder(data.path(), "hub");
        assert!(kept.label() == "hub" && !kept.is_known());
        kept.keep(data.path(), "hub-3").unwrap();
        assert_eq!(Kept::in_folder(data.path(), "hub").label(), "hub-3");
        assert_eq!(Kept::in_folder(data.path(), "attic").label(), "attic");
        for damage in ["", "hub", "hub evil", "hub hub-2x", "hub hub-2 more"] {
            fs::write(data.path().join(FILE), damage).unwrap();
            assert_eq!(Kept::in_folder(data.path(), "hub").label(), "hub", "{damage:?}");
        }
    }

    #[test]
    fn names_are_counted_on() {
        let check = |label: &str, expect: &str| assert_eq!(next(label), expect);
        check("hub", "hub-2");
        check("hub-2", "hub-3");
        check("my-hub", "my-hub-2");
        check("hub-4294967295", "hub-4294967295");
    }
}
