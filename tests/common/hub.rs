//! The real binary in its own folder: started, greeted by its one line of JSON, ended with the test.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use super::PATIENCE;

/// The program under test, which was built with the tests; or the command line in `CLOWN_HUB_PROGRAM`, for a binary of
/// another machine under its emulator.
fn program_words() -> Vec<String> {
    let given = std::env::var("CLOWN_HUB_PROGRAM").unwrap_or_default();
    let words: Vec<String> = given.split_whitespace().map(str::to_owned).collect();
    if words.is_empty() { vec![env!("CARGO_BIN_EXE_clown-hub").to_owned()] } else { words }
}

/// The program under test, to be given arguments.
pub fn program() -> Command {
    let words = program_words();
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]);
    command
}

/// How a hub is going to be started.
#[derive(Clone)]
pub struct Launch {
    folder: Arc<TempDir>,
    before: Vec<String>,
    arguments: Vec<String>,
    environment: Vec<(String, String)>,
    listen: String,
}

impl Launch {
    /// `clown-hub demo` on a free port of loopback, in a fresh folder.
    pub fn demo() -> Self {
        Self::subcommand("demo")
    }

    /// `clown-hub run` with this configuration, on a free port of loopback, in a fresh folder.
    pub fn run(config: &str) -> Self {
        let launch = Self::subcommand("run");
        launch.write_config(config);
        let file = launch.config_file().display().to_string();
        launch.argument("--config").argument(&file)
    }

    fn subcommand(name: &str) -> Self {
        let folder = tempfile::Builder::new().prefix("clown-hub-").tempdir().expect("a temporary folder");
        let listen = "127.0.0.1:0".into();
        Self {
            folder: Arc::new(folder),
            before: Vec::new(),
            arguments: vec![name.into()],
            environment: Vec::new(),
            listen,
        }
    }

    /// Started by another program, which becomes the hub: `nsenter`.
    pub fn by(mut self, program: &[&str]) -> Self {
        self.before = program.iter().map(|word| (*word).to_owned()).collect();
        self
    }

    /// Another address than a free port of loopback.
    pub fn listening(mut self, listen: &str) -> Self {
        self.listen = listen.into();
        self
    }

    /// One more argument.
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// One variable of the environment.
    pub fn environment(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// Makes an account in its data folder, as somebody at the terminal does.
    pub fn account(self, name: &str, password: &str) -> Self {
        std::fs::create_dir_all(self.data()).expect("the temporary folder is writable");
        let mut add = program()
            .args(["user", "add", name, "--data"])
            .arg(self.data())
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary was built with the tests");
        let mut stdin = add.stdin.take().expect("stdin is piped");
        stdin.write_all(format!("{password}\n").as_bytes()).expect("the program reads");
        drop(stdin);
        assert!(add.wait().expect("the program ends").success(), "{name} was not made");
        self
    }

    /// The folder given as `--data`.
    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Where [`Launch::run`] put the configuration.
    pub fn config_file(&self) -> PathBuf {
        self.folder.path().join("clown-hub.toml")
    }

    /// Replaces the configuration, as somebody with an editor would.
    pub fn write_config(&self, config: &str) {
        std::fs::write(self.config_file(), config).expect("the temporary folder is writable");
    }

    /// Starts and waits for the line that says it serves.
    pub fn start(self) -> Hub {
        match self.try_start() {
            Ok(hub) => hub,
            Err(log) => panic!("the hub ended before it served; it said:\n{log}"),
        }
    }

    /// Starts as a person would, without `--json`, and gives what it printed up to the line that contains `last`.
    pub fn start_for_people(self, last: &str) -> (Hub, Vec<String>) {
        let hub = self.spawn(&[]);
        let mut printed: Vec<String> = Vec::new();
        while !printed.last().is_some_and(|line| line.contains(last)) {
            match hub.lines.recv_timeout(PATIENCE) {
                Ok(line) => printed.push(line),
                Err(_) => panic!("never printed {last:?}, only:\n{}", printed.join("\n")),
            }
        }
        (hub, printed)
    }

    /// Starts; a hub that ends before it serves gives what it wrote to stderr.
    pub fn try_start(self) -> Result<Hub, String> {
        let mut hub = self.spawn(&["--json"]);
        match hub.lines.recv_timeout(PATIENCE) {
            Ok(line) => {
                hub.greeting = serde_json::from_str(&line)
                    .unwrap_or_else(|error| panic!("expected one line of JSON, got {line:?}: {error}"));
                Ok(hub)
            }
            Err(_) => {
                let _ = hub.child.kill();
                let status = hub.child.wait();
                hub.log_settles();
                Err(format!("{}(exit: {status:?})", hub.log()))
            }
        }
    }

    fn spawn(self, more: &[&str]) -> Hub {
        let mut words = self.before.iter().cloned().chain(program_words());
        let mut child = Command::new(words.next().expect("the binary at least"))
            .args(words)
            .args(&self.arguments)
            .args(["--listen", &self.listen])
            .args(more)
            .arg("--data")
            .arg(self.data())
            .env_remove("NOTIFY_SOCKET")
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built with the tests");
        let log = collect(child.stderr.take().expect("stderr is piped"));
        let lines = lines(child.stdout.take().expect("stdout is piped"));
        Hub { child, launch: self, greeting: Value::Null, lines, log }
    }
}

/// A running hub; dropping it kills it, and a failing test prints its log.
pub struct Hub {
    child: Child,
    launch: Launch,
    greeting: Value,
    lines: Receiver<String>,
    log: Arc<Mutex<String>>,
}

impl Hub {
    /// A fresh `demo`.
    pub fn demo() -> Self {
        Launch::demo().start()
    }

    /// A fresh `run` with this configuration.
    pub fn run(config: &str) -> Self {
        Launch::run(config).start()
    }

    /// The line of JSON it greeted with.
    pub fn greeting(&self) -> &Value {
        &self.greeting
    }

    /// A text of the greeting: `address`, `endpoint`, `fingerprint`, `account`, `password`, `setup_code`.
    pub fn said(&self, key: &str) -> &str {
        self.greeting[key].as_str().unwrap_or_else(|| panic!("the greeting has no {key}: {}", self.greeting))
    }

    /// `https://127.0.0.1:PORT`
    pub fn address(&self) -> &str {
        self.said("address").trim_end_matches('/')
    }

    /// `127.0.0.1:PORT`
    pub fn authority(&self) -> &str {
        self.address().trim_start_matches("https://")
    }

    /// The address of a page, `path` beginning with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address())
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.launch.data()
    }

    /// The certificate authority that a client of this hub trusts.
    pub fn ca(&self) -> PathBuf {
        self.data().join("ca.pem")
    }

    /// How it was started, to start it once more over the same data.
    pub fn launch(&self) -> Launch {
        self.launch.clone()
    }

    /// What it wrote to stderr so far.
    pub fn log(&self) -> String {
        self.log.lock().expect("the log's lock is never poisoned").clone()
    }

    /// The process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    /// Sends a signal.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("the hub is still there");
    }

    /// Waits until the last words of a hub that has ended are in the log.
    fn log_settles(&self) {
        let start = Instant::now();
        while Arc::strong_count(&self.log) > 1 && start.elapsed() < PATIENCE {
            thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits for its own end.
    pub fn wait(&mut self) -> ExitStatus {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().expect("it is our own child") {
                self.log_settles();
                return status;
            }
            assert!(start.elapsed() < PATIENCE, "the hub did not end within {PATIENCE:?}");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Asks it to stop as systemd does and gives its exit status and how long that took.
    pub fn stop(&mut self) -> (ExitStatus, Duration) {
        let start = Instant::now();
        self.signal(Signal::TERM);
        (self.wait(), start.elapsed())
    }

    /// Stops it and starts it again over the same data; the port is a new one.
    pub fn restart(mut self) -> Self {
        self.stop();
        self.launch().start()
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("--- the hub's log ---\n{}---", self.log());
        }
    }
}

fn collect(stderr: ChildStderr) -> Arc<Mutex<String>> {
    let log = Arc::new(Mutex::new(String::new()));
    let shared = log.clone();
    thread::spawn(move || {
        let mut reader = BufReader::new(stderr);
        let mut line = Vec::new();
        while matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
            let text = String::from_utf8_lossy(&line);
            shared.lock().expect("the log's lock is never poisoned").push_str(&text);
            line.clear();
        }
    });
    log
}

fn lines(stdout: ChildStdout) -> Receiver<String> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        for line in BufReader::new(stdout).lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
