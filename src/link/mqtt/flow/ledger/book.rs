//! The file of a ledger, `mqtt-<link>.ledger`: a line that names the broker, then one line per topic, `["topic"]`,
//! `["topic", "link"]` or `["topic", "link", "base"]` with the link and the device that said it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::{MOST, Origin};
use crate::talk::Topic;

/// Where the book of a link lies.
pub(super) fn path(folder: &Path, link: &str) -> PathBuf {
    folder.join(format!("mqtt-{link}.ledger"))
}

/// A broker, and what was left there.
type Book = (String, BTreeMap<String, Origin>);

/// `None` if there is no such file; lines that are damaged are left out.
pub(super) fn read(file: &Path) -> io::Result<Option<Book>> {
    #[derive(serde::Deserialize)]
    struct Owner {
        broker: String,
    }
    let text = match fs::read(file) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut lines = text.lines();
    let Some(owner) = lines.next().and_then(|line| serde_json::from_str::<Owner>(line).ok()) else {
        return Ok(None);
    };
    let topics = lines.filter_map(|line| {
        let words: Vec<String> = serde_json::from_str(line).ok()?;
        let mut words = words.into_iter();
        let remote = words.next()?;
        Some((
            remote,
            Origin { link: words.next(), base: words.next().and_then(|base| Topic::new(&base).ok()) },
        ))
    });
    Ok(Some((owner.broker, topics.take(MOST).collect())))
}

/// A book as its file has it.
pub(super) fn text(broker: &str, topics: &BTreeMap<String, Origin>) -> String {
    let mut text = serde_json::json!({ "broker": broker }).to_string();
    for (remote, Origin { link, base }) in topics {
        let origin = link.as_deref().into_iter().chain(base.as_ref().map(Topic::as_str));
        let words: Vec<&str> = [remote.as_str()].into_iter().chain(origin).collect();
        text.push('\n');
        text.push_str(&serde_json::json!(words).to_string());
    }
    text.push('\n');
    text
}

/// After a power cut either the old file or the new one is there, whole.
pub(super) fn replace(file: &Path, text: &str) -> io::Result<()> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let temporary = file.with_extension(format!("{}-{number}.tmp", std::process::id()));
    let written = File::create_new(&temporary).and_then(|mut new| {
        new.write_all(text.as_bytes())?;
        new.sync_all()
    });
    let result = written.and_then(|()| fs::rename(&temporary, file));
    if result.is_err() {
        // The error that matters is the first one; a leftover is harmless.
        let _ = fs::remove_file(&temporary);
    }
    result
}
