//! Where a hub is measured: a folder with its configurations, an account, a token and a serial line. Every measurement
//! is a process of its own, so that no receiver inherits another one's memory.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::arguments::{Arguments, die};

/// `USER:PASSWORD` of every client.
pub const ACCOUNT: &str = "bench:seventeen brown kettles";

/// What the device answers when the hub greets it.
pub const REPLIES: [&str; 2] = [
    "clown.talk/-/config/set=>[\"clown.talk/-/config/ok\", {\"ack\": false, \"device\": \"bridge\", \
     \"capabilities\": 1, \"firmware-datetime\": \"2016-12-26T17:58:02Z\", \"firmware-release\": \"1.1.1\"}]",
    "-/-/config/list=>[\"-/-/config/list/ok\", {\"sensors\": [\"thermometer/i2c0-48\"], \
     \"actuators\": [\"led/-\", \"relay/i2c0-3b\"], \"notifications\": []}]",
];

/// The folder and the program.
pub struct Site {
    /// Where everything is.
    pub work: PathBuf,
    hub: PathBuf,
    /// This program.
    tool: PathBuf,
    /// Short measurements, for trying it.
    pub quick: bool,
}

impl Site {
    /// `--hub PROGRAM [--work DIR] [--quick] [--nice N]`; an old run's data folders are removed.
    pub fn open(arguments: &Arguments) -> io::Result<Self> {
        let hub = fs::canonicalize(arguments.must("hub"))?;
        let work = std::path::absolute(arguments.get("work").unwrap_or("target/bench"))?;
        fs::create_dir_all(&work)?;
        if let Some(nice) = arguments.get("nice") {
            be_nice(nice);
        }
        for old in ["data", "data-link"] {
            let _ = fs::remove_dir_all(work.join(old));
        }
        Ok(Self { work, hub, tool: std::env::current_exe()?, quick: arguments.has("quick") })
    }

    /// The symlink of the serial line.
    pub fn line(&self) -> PathBuf {
        self.work.join("line")
    }

    /// What the servers said.
    pub fn log(&self) -> PathBuf {
        self.work.join("hub.log")
    }

    /// This program.
    pub fn tool(&self) -> &Path {
        &self.tool
    }

    /// How the hub is started with a configuration of this folder.
    pub fn hub(&self, config: &str) -> String {
        format!("'{}' run --config '{}'", self.hub.display(), self.work.join(config).display())
    }

    /// Adds the account.
    pub fn add_account(&self, config: &str) -> io::Result<()> {
        let (name, password) = ACCOUNT.split_once(':').expect("an account has a name and a password");
        let mut child = Command::new(&self.hub)
            .args(["user", "add", name, "--config"])
            .arg(self.work.join(config))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()?;
        if let Some(mut stdin) = child.stdin.take() {
            writeln!(stdin, "{password}")?;
        }
        if child.wait()?.success() { Ok(()) } else { Err(io::Error::other("`clown-hub user add` failed")) }
    }

    /// A bearer token of the account.
    pub fn make_token(&self, config: &str) -> io::Result<String> {
        let (name, _) = ACCOUNT.split_once(':').expect("an account has a name and a password");
        let mut command = Command::new(&self.hub);
        command.args(["user", "token", name, "load", "--config"]).arg(self.work.join(config));
        let output = command.stderr(Stdio::null()).output()?;
        let token = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if token.is_empty() {
            Err(io::Error::other("`clown-hub user token` gave no token"))
        } else {
            Ok(token)
        }
    }

    /// Runs one measurement; its result is kept in `results.jsonl`, too.
    pub fn run(&self, side: &str, command: &mut Command) -> io::Result<Value> {
        let output = command.arg("--spawn-log").arg(self.log()).stderr(Stdio::inherit()).output()?;
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut log =
            fs::OpenOptions::new().create(true).append(true).open(self.work.join("results.jsonl"))?;
        writeln!(
            log,
            "{{\"side\": \"{side}\", \"result\": {}}}",
            if text.is_empty() { "null" } else { text.trim() }
        )?;
        Ok(serde_json::from_str(&text).unwrap_or(Value::Null))
    }
}

/// Measures before everything else on a machine that is busy; the servers inherit it.
fn be_nice(nice: &str) {
    let wanted: i32 = nice.parse().unwrap_or_else(|_| die("--nice wants a number from -20 to 19"));
    if rustix::process::setpriority_process(None, wanted).is_err() {
        eprintln!("hubload: --nice {wanted} is not allowed here; going on without");
    }
    // With autogroup scheduling the group's own niceness counts, not the process's.
    let _ = fs::write("/proc/self/autogroup", nice);
}
