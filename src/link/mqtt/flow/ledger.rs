//! The book of everything this link has left in a broker's memory, so that it can be taken out again.
//!
//! It is written whole into the data folder ([`book`]), at most every [`EVERY`]. What was written for another broker is not touched: what lies there under the same topics may be
//! somebody else's.

mod book;

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::talk::Topic;
use book::{path, read, replace, text};

/// How often the file is written at the most; a power cut forgets so much.
pub const EVERY: Duration = Duration::from_secs(3);
/// The most topics; what comes beyond is published, but not left in the broker's memory.
pub const MOST: usize = 20_000;

/// Who said what was left there; nobody for the hub's own birth, and for what is to be taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The link it came from.
    pub link: Option<String>,
    /// The configured base of that link, if it has one.
    pub base: Option<Topic>,
}

/// What was left in the memory of one broker.
#[derive(Debug)]
pub struct Ledger {
    file: Option<PathBuf>,
    broker: String,
    /// By the broker's name.
    topics: BTreeMap<String, Origin>,
    changed: bool,
    written: Option<Instant>,
    /// Pages made so far.
    pages: u64,
    writing: Arc<Writing>,
}

/// What is being written, over all pages of a book.
#[derive(Debug, Default)]
struct Writing {
    is_busy: AtomicBool,
    /// The number of the newest page in the file; held while one is written.
    newest: Mutex<u64>,
}

impl Ledger {
    /// Reads the book of a link; without a folder nothing outlives the process.
    pub fn open(folder: Option<&Path>, link: &str, broker: &str) -> Self {
        let file = folder.map(|folder| path(folder, link));
        let mut ledger = Self {
            file,
            broker: broker.to_owned(),
            topics: BTreeMap::new(),
            changed: false,
            written: None,
            pages: 0,
            writing: Arc::default(),
        };
        let Some(file) = &ledger.file else { return ledger };
        match read(file) {
            Ok(Some((owner, topics))) if owner == broker => ledger.topics = topics,
            Ok(Some((owner, topics))) => {
                let count = topics.len();
                tracing::warn!(
                    "link {link}: {count} retained messages of this hub stay on {owner}, as the link now goes to {broker}; \
                     clear them there with `mosquitto_pub -r -n -t TOPIC`, the topics are in {}.old",
                    file.display()
                );
                if let Err(error) = fs::rename(file, file.with_extension("ledger.old")) {
                    tracing::warn!("{}: {error}", file.display());
                }
            }
            Ok(None) => {}
            Err(error) => {
                tracing::warn!("the book of retained messages cannot be read: {}: {error}", file.display());
            }
        }
        ledger
    }

    /// Whether a topic was left there.
    pub fn has(&self, remote: &str) -> bool {
        self.topics.contains_key(remote)
    }

    /// A message is going to be left there; false if there are too many.
    pub fn put(&mut self, remote: &str, link: Option<&str>, base: Option<&Topic>) -> bool {
        let is_known = |known: &Origin| known.link.as_deref() == link && known.base.as_ref() == base;
        let known = self.topics.get(remote);
        if known.is_some_and(is_known) {
            return true;
        }
        if known.is_none() && self.topics.len() >= MOST {
            return false;
        }
        let origin = Origin { link: link.map(str::to_owned), base: base.cloned() };
        self.topics.insert(remote.to_owned(), origin);
        self.changed = true;
        true
    }

    /// Nobody says a topic any more; it stays in the book until it is taken out. Whether it was left there.
    pub fn disown(&mut self, remote: &str) -> bool {
        let Some(origin) = self.topics.get_mut(remote) else { return false };
        self.changed |= *origin != Origin::default();
        *origin = Origin::default();
        true
    }

    /// A topic was taken out, unless somebody has said it anew since it was [disowned](Self::disown).
    pub fn release(&mut self, remote: &str) {
        if self.topics.get(remote).is_some_and(|origin| *origin == Origin::default()) {
            self.remove(remote);
        }
    }

    /// A topic was taken out again.
    pub fn remove(&mut self, remote: &str) -> bool {
        let was = self.topics.remove(remote).is_some();
        self.changed |= was;
        was
    }

    /// What was left there, and who said it.
    pub fn topics(&self) -> impl Iterator<Item = (&str, &Origin)> {
        self.topics.iter().map(|(remote, origin)| (remote.as_str(), origin))
    }

    /// What is to be written now, if something is.
    pub fn due(&mut self, now: Instant) -> Option<Page> {
        let waited = self.written.is_none_or(|at| now.saturating_duration_since(at) >= EVERY);
        // A card that is slow must not get a second page in front of the first.
        if !waited || self.writing.is_busy.load(Ordering::Acquire) {
            return None;
        }
        self.page(now)
    }

    /// What was not written yet, however short the last page was ago; nor is a page that is only on its way.
    pub fn page(&mut self, now: Instant) -> Option<Page> {
        let is_new = self.changed || self.writing.is_busy.load(Ordering::Acquire);
        let file = self.file.clone().filter(|_| is_new)?;
        self.changed = false;
        self.written = Some(now);
        self.pages += 1;
        self.writing.is_busy.store(true, Ordering::Release);
        let text = (!self.topics.is_empty()).then(|| text(&self.broker, &self.topics));
        Some(Page { file, text, number: self.pages, writing: self.writing.clone() })
    }
}

/// The whole book, ready to be written where that may take a moment.
#[derive(Debug)]
pub struct Page {
    file: PathBuf,
    /// Nothing: the book is empty and its file goes.
    text: Option<String>,
    number: u64,
    writing: Arc<Writing>,
}

impl Page {
    /// Replaces the file; what fails is told in the log. Pages are written one after the other, and one that comes
    /// after a newer one is left out: the last page of a link must not be overtaken by one that a slow card holds up.
    pub fn write(self) {
        let mut newest = self.writing.newest.lock().unwrap_or_else(PoisonError::into_inner);
        if self.number < *newest {
            return;
        }
        *newest = self.number;
        let result = match &self.text {
            Some(text) => replace(&self.file, text),
            None => match fs::remove_file(&self.file) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            },
        };
        if let Err(error) = result {
            tracing::error!(
                "the book of retained messages is not written, so some may stay on the broker: {}: {error}",
                self.file.display()
            );
        }
        self.writing.is_busy.store(false, Ordering::Release);
    }
}

/// Gives the books of links that are gone to links of the same broker, which take out what nobody publishes any more.
/// `links` are the names and brokers that there are now. Call it before they start.
pub fn inherit(folder: &Path, links: &[(&str, String)]) {
    let Ok(files) = fs::read_dir(folder) else { return };
    for file in files.flatten().map(|file| file.path()) {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let Some(link) = name.strip_prefix("mqtt-").and_then(|name| name.strip_suffix(".ledger")) else {
            continue;
        };
        if links.iter().any(|(name, _)| *name == link) {
            continue;
        }
        let Ok(Some((broker, topics))) = read(&file) else { continue };
        let Some((heir, _)) = links.iter().find(|(_, to)| *to == broker) else {
            tracing::warn!(
                "{} retained messages of the former link {link} stay on {broker}; a link to it would take them out, \
                 otherwise clear them there and delete {}",
                topics.len(),
                file.display()
            );
            continue;
        };
        if let Err(error) = merge(&path(folder, heir), &broker, topics).and_then(|()| fs::remove_file(&file))
        {
            tracing::warn!("{}: {error}", file.display());
        }
    }
}

fn merge(file: &Path, broker: &str, mut topics: BTreeMap<String, Origin>) -> io::Result<()> {
    if let Some((_, own)) = read(file)?.filter(|(owner, _)| owner == broker) {
        topics.extend(own);
    }
    replace(file, &text(broker, &topics))
}

#[cfg(test)]
mod tests {
    use super::*;

    const BROKER: &str = "mqtt://broker:1883";

    fn topics(ledger: &Ledger) -> Vec<String> {
        ledger.topics().map(|(remote, _)| remote.to_owned()).collect()
    }

    fn save(ledger: &mut Ledger) {
        ledger.page(Instant::now()).expect("something to write").write();
    }

    #[test]
    fn what_was_left_is_known_after_a_restart() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut ledger = Ledger::open(Some(folder.path()), "home", BROKER);
        let base = Topic::new("nodes/bridge/0").expect("a base");
        assert!(ledger.put("nodes/bridge/0/led/-", Some("usb"), Some(&base)));
        assert!(ledger.put("clown-hub/a/\"home\"", None, None));
        save(&mut ledger);
        assert!(ledger.page(Instant::now()).is_none(), "nothing new");
        let mut again = Ledger::open(Some(folder.path()), "home", BROKER);
        assert_eq!(topics(&again), ["clown-hub/a/\"home\"", "nodes/bridge/0/led/-"]);
        let origin = Origin { link: Some("usb".into()), base: Some(base) };
        assert_eq!(again.topics().nth(1).expect("second").1, &origin);
        assert!(again.remove("nodes/bridge/0/led/-") && again.remove("clown-hub/a/\"home\""));
        save(&mut again);
        assert_eq!(fs::read_dir(folder.path()).expect("the folder").count(), 0, "an empty book is no file");
    }

    #[test]
    fn what_nobody_says_any_more_stays_in_the_book_until_it_is_taken_out() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut ledger = Ledger::open(Some(folder.path()), "home", BROKER);
        ledger.put("node/old/x", Some("radio"), None);
        ledger.put("node/kept/x", Some("radio"), None);
        assert!(ledger.disown("node/old/x") && !ledger.disown("node/never/x"));
        save(&mut ledger);
        let mut again = Ledger::open(Some(folder.path()), "home", BROKER);
        assert_eq!(again.topics().nth(1), Some(("node/old/x", &Origin::default())));
        again.release("node/kept/x");
        again.release("node/old/x");
        assert_eq!(topics(&again), ["node/kept/x"], "only what was disowned goes");
        again.disown("node/kept/x");
        again.put("node/kept/x", Some("radio"), None);
        again.release("node/kept/x");
        assert_eq!(topics(&again), ["node/kept/x"], "said anew");
    }

    #[test]
    fn it_is_written_every_few_seconds_at_the_most() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut ledger = Ledger::open(Some(folder.path()), "home", BROKER);
        let start = Instant::now();
        assert!(ledger.due(start).is_none());
        ledger.put("a", None, None);
        let page = ledger.due(start).expect("the first one at once");
        ledger.put("b", None, None);
        assert!(ledger.due(start + EVERY).is_none(), "the first one is still being written");
        page.write();
        assert!(ledger.due(start + EVERY / 2).is_none());
        ledger.due(start + EVERY).expect("now").write();
        assert_eq!(topics(&Ledger::open(Some(folder.path()), "home", BROKER)), ["a", "b"]);
    }

    #[test]
    fn an_older_page_never_replaces_a_newer_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut ledger = Ledger::open(Some(folder.path()), "home", BROKER);
        ledger.put("a", None, None);
        let held_up = ledger.due(Instant::now()).expect("the first one");
        ledger.put("b", None, None);
        save(&mut ledger);
        held_up.write();
        ledger.put("c", None, None);
        let _held_up = ledger.due(Instant::now() + EVERY).expect("the next one");
        // The link ends, and its successor reads the book at once.
        save(&mut ledger);
        assert_eq!(topics(&Ledger::open(Some(folder.path()), "home", BROKER)), ["a", "b", "c"]);
    }

    #[test]
    fn what_lies_on_another_broker_is_left_alone() {
        let folder = tempfile::tempdir().expect("a folder");
        let mut ledger = Ledger::open(Some(folder.path()), "home", BROKER);
        ledger.put("a", None, None);
        save(&mut ledger);
        assert!(topics(&Ledger::open(Some(folder.path()), "home", "mqtt://other:1883")).is_empty());
        assert!(folder.path().join("mqtt-home.ledger.old").exists());
    }

    #[test]
    fn a_renamed_link_inherits_the_book() {
        let folder = tempfile::tempdir().expect("a folder");
        for (link, topic) in [("old", "a"), ("new", "b"), ("far", "c")] {
            let broker = if link == "far" { "mqtt://far:1883" } else { BROKER };
            let mut ledger = Ledger::open(Some(folder.path()), link, broker);
            ledger.put(topic, None, None);
            save(&mut ledger);
        }
        inherit(folder.path(), &[("new", BROKER.into())]);
        assert_eq!(topics(&Ledger::open(Some(folder.path()), "new", BROKER)), ["a", "b"]);
        assert!(!folder.path().join("mqtt-old.ledger").exists());
        assert!(folder.path().join("mqtt-far.ledger").exists(), "nobody goes there any more");
    }

    #[test]
    fn a_damaged_line_costs_only_itself() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("mqtt-home.ledger");
        fs::write(
            &file,
            format!("{{\"broker\":\"{BROKER}\"}}\n[\"a\"]\n[\"b\n\u{0}\n[]\n[\"c\", \"usb\"]\n"),
        )
        .expect("written");
        assert_eq!(topics(&Ledger::open(Some(folder.path()), "home", BROKER)), ["a", "c"]);
    }
}
