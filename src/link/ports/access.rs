//! Whether this program may use a port, and what a person does when it may not.

use std::{fs, os::unix::fs::MetadataExt, path::Path};

use rustix::fs::{Access as Ask, AtFlags, CWD, accessat};
use serde::Serialize;

use super::Roots;

/// What we may do with a port.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct Access {
    /// Reading is allowed.
    pub read: bool,
    /// Writing is allowed.
    pub write: bool,
    /// The way in, when either is not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}

impl Access {
    /// Whether the port can be used at all.
    pub fn is_full(&self) -> bool {
        self.read && self.write
    }
}

pub(super) fn of(roots: &Roots, node: &Path) -> Access {
    let may = |what| accessat(CWD, node, what, AtFlags::EACCESS).is_ok();
    let (read, write) = (may(Ask::READ_OK), may(Ask::WRITE_OK));
    Access { read, write, hint: (!(read && write)).then(|| way_in(roots, node)) }
}

/// What to type to be allowed to use a port: nearly always to join the group it belongs to.
pub fn way_in(roots: &Roots, node: &Path) -> String {
    let user = user(roots);
    let Ok(facts) = fs::metadata(node) else {
        return format!("sudo usermod -aG dialout {user}, then log in again");
    };
    let group = group(roots, facts.gid());
    let opens = facts.mode() & 0o060 == 0o060;
    match group.filter(|(name, _)| opens && name != "root") {
        Some((name, members)) if members.contains(&user) => {
            format!("{user} is in the group {name} but this session began before that: log in again")
        }
        Some((name, _)) => format!("sudo usermod -aG {name} {user}, then log in again"),
        None => format!(
            "the port belongs to no group that could be joined; \
             give it to dialout with a udev rule, then: sudo usermod -aG dialout {user}"
        ),
    }
}

/// The name of who runs this program.
fn user(roots: &Roots) -> String {
    let id = rustix::process::geteuid().as_raw().to_string();
    let passwd = fs::read_to_string(roots.etc.join("passwd")).unwrap_or_default();
    let named = passwd.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)? == id).then(|| name.to_owned())
    });
    named.or_else(|| std::env::var("USER").ok()).unwrap_or_else(|| "USER".to_owned())
}

fn group(roots: &Roots, id: u32) -> Option<(String, Vec<String>)> {
    let id = id.to_string();
    let groups = fs::read_to_string(roots.etc.join("group")).ok()?;
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        let found = fields.nth(1)? == id;
        let members = fields.next().unwrap_or_default().split(',').map(str::to_owned).collect();
        found.then(|| (name.to_owned(), members))
    })
}
