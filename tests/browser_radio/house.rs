//! Where these tests happen: a dongle that exists only here, a hub that opens it, and a browser that is signed in.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use tempfile::TempDir;

use crate::common::{Browser, Hub, Launch};

const NAME: &str = "anna";
const PASSWORD: &str = "correct horse";

/// The nodes of the dongle: two are paired and have names, one is paired and has none, the next ones wait.
pub const RELAY: &str = "836d19821664";
pub const CLIMATE: &str = "836d1983718a";
pub const BUTTON: &str = "836d1981f9d6";
pub const CO2: &str = "836d1983689b";

/// `clown-hub simulate tower`; it ends with the test.
pub struct Dongle {
    child: Child,
    input: ChildStdin,
    path: PathBuf,
    _folder: TempDir,
}

impl Dongle {
    pub fn start(arguments: &[&str]) -> Self {
        let folder =
            tempfile::Builder::new().prefix("clown-hub-dongle-").tempdir().expect("a temporary folder");
        let path = folder.path().join("dongle");
        let mut child = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
            .args(["simulate", "tower", "--pty"])
            .arg(&path)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("the binary was built with the tests");
        let mut printed = BufReader::new(child.stdout.take().expect("stdout is piped"));
        let mut text = String::new();
        while !text.contains("device = ") {
            assert_ne!(printed.read_line(&mut text).expect("UTF-8"), 0, "it ended: {text}");
        }
        let input = child.stdin.take().expect("stdin is piped");
        Self { child, input, path, _folder: folder }
    }

    /// Something happens to it, as `simulate tower` reads it.
    pub fn happen(&mut self, what: &str) {
        writeln!(self.input, "{what}").expect("it reads");
    }

    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Dongle {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A hub with this dongle.
pub fn hub(dongle: &Dongle) -> Hub {
    let device = dongle.path().display().to_string();
    let config = format!(
        "[[link]]\nname = \"radio\"\nkind = \"tower\"\ndevice = {device:?}\nautomatic_rename = false\n"
    );
    Launch::run(&config).account(NAME, PASSWORD).start()
}

/// Signs in and opens the page.
pub async fn open(browser: &Browser, hub: &Hub) {
    browser.goto(&hub.url("/login?next=/radio")).await;
    browser.fill(&[("name", NAME), ("password", PASSWORD)]).await;
    browser.find("form[action='/logout']").await;
    browser.goto(&hub.url("/radio")).await;
}

/// The tile of a node.
pub fn node(id: &str) -> String {
    format!("li[data-key='{id}']")
}

/// Unfolds what can be done with a node.
pub async fn unfold(browser: &Browser, id: &str) {
    browser.click(&format!("{} summary", node(id))).await;
    browser.find(&format!("{} details[open]", node(id))).await;
}

/// Presses a key where the focus is.
pub async fn press(browser: &Browser, key: &str) {
    let focused = browser.client().active_element().await.expect("something has the focus");
    focused.send_keys(key).await.expect("a key can be pressed");
}
