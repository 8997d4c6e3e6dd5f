//! A hub that was built for release, with lines of this program's; and what a process has cost.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

/// How long anything may take before this gives up.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// Steps of a second in which Linux tells CPU time.
const TICKS: f64 = 100.0;

/// A process, until this is dropped.
pub struct Process(Child);

/// A hub that serves.
pub struct Hub {
    pub process: Process,
    folder: TempDir,
}

impl Hub {
    /// With these links, and definitions by the name of their file.
    pub fn start(links: &str, definitions: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap_or_else(|error| panic!("a temporary folder: {error}"));
        let at = |name: &str| folder.path().join(name);
        for (name, text) in definitions {
            write(&at("devices").join(name), text);
        }
        write(&at("clown-hub.toml"), links);
        let log = std::fs::File::create(at("log")).unwrap_or_else(|error| panic!("a log: {error}"));
        let mut child = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
            .args(["run", "--json", "--listen", "127.0.0.1:0", "--config"])
            .arg(at("clown-hub.toml"))
            .arg("--data")
            .arg(at("data"))
            .env_remove("NOTIFY_SOCKET")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .unwrap_or_else(|error| panic!("the hub: {error}"));
        let mut greeting = String::new();
        if let Some(stdout) = child.stdout.take() {
            // It says one line when it serves, and nothing more.
            let _ = BufReader::new(stdout).read_line(&mut greeting);
        }
        let hub = Self { process: Process(child), folder };
        assert!(!greeting.is_empty(), "the hub ended before it served; it said:\n{}", hub.log());
        hub
    }

    /// Waits until its log has these words.
    pub fn says(&self, words: &str) {
        let start = Instant::now();
        while !self.log().contains(words) {
            assert!(start.elapsed() < PATIENCE, "never said {words:?}, but:\n{}", self.log());
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }
}

impl Process {
    /// Another program of ours.
    pub fn of(command: &mut Command) -> Self {
        Self(command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}")))
    }

    /// CPU seconds so far, user and system, of all threads; the kernel counts in steps of 10 ms.
    pub fn cpu(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap_or_default();
        // The name in parentheses may hold spaces.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks: f64 = fields.skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
        ticks / TICKS
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(pid) = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw) {
            // It may have gone already.
            let _ = kill_process(pid, Signal::TERM);
        }
        let _ = self.0.wait();
    }
}

fn write(path: &Path, text: &str) {
    let made = path.parent().map_or(Ok(()), std::fs::create_dir_all);
    made.and_then(|()| std::fs::write(path, text))
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

/// How busy the machine is, over the last minute.
pub fn load() -> String {
    let told = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    told.split(' ').next().unwrap_or("–").to_owned()
}
