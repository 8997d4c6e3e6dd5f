//! What the screen of a Raspberry Pi shows over its login: the address, and the setup code until there is an account.
//!
//! Under systemd with `RuntimeDirectory=` the text is the file `issue` in that folder, for `agetty` to show. Only the
//! hub and root can read it: whoever stands before the screen may know the code, other users of the machine may not.

use std::fs;
use std::path::PathBuf;

use super::local::Local;
use crate::web::private;

const FILE: &str = "issue";

/// A file that goes with the hub.
#[derive(Debug)]
pub struct Issue {
    file: PathBuf,
    said: String,
    /// Whether a failure was told.
    has_failed: bool,
}

impl Issue {
    /// Writes it, if a service manager has given the hub a folder for the time it runs.
    pub fn of_the_service(local: &Local) -> Option<Self> {
        let folders = std::env::var("RUNTIME_DIRECTORY").ok()?;
        // Several are separated by colons; the first is the hub's own.
        let folder = folders.split(':').next().filter(|folder| folder.starts_with('/'))?;
        let file = PathBuf::from(folder).join(FILE);
        let mut issue = Self { file, said: String::new(), has_failed: false };
        issue.renew(local);
        Some(issue)
    }

    /// Writes it again if it says anything else.
    pub fn renew(&mut self, local: &Local) {
        let text = text(local);
        if text == self.said {
            return;
        }
        match private::write(&self.file, text.as_bytes(), 0o600) {
            Ok(()) => (self.said, self.has_failed) = (text, false),
            Err(error) if !self.has_failed => {
                self.has_failed = true;
                tracing::warn!(file = %self.file.display(), "the screen cannot show the hub's address: {error}");
            }
            Err(_) => {}
        }
    }
}

impl Drop for Issue {
    fn drop(&mut self) {
        // The folder goes with the service anyway.
        let _ = fs::remove_file(&self.file);
    }
}

/// Three lines at most, for 80 columns.
fn text(local: &Local) -> String {
    let address = local.addresses().join("  or  ");
    let code = local.setup_code.iter().map(|code| format!("Setup code: {code}\n"));
    format!("clown-hub: {address}\n{}\n", code.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_screen_shows_the_code_until_it_is_used() {
        let mut local = Local {
            endpoint: String::new(),
            token: "secret".into(),
            fingerprint: None,
            bases: Vec::new(),
            pid: 1,
            address: "https://192.168.1.5".into(),
            by_name: Some("https://hub.local".into()),
            setup_code: Some("K7QF-2M9D-01TY-8WXZ".into()),
        };
        let expect =
            "clown-hub: https://hub.local  or  https://192.168.1.5\nSetup code: K7QF-2M9D-01TY-8WXZ\n\n";
        assert_eq!(text(&local), expect);
        local.address = "https://127.0.0.1".into();
        assert!(text(&local).starts_with("clown-hub: https://hub.local\n"), "without a network");
        local.setup_code = None;
        local.by_name = None;
        assert_eq!(text(&local), "clown-hub: https://127.0.0.1\n\n");
    }
}
