//! A way into any MQTT broker, and the clients people have: `mosquitto_pub`, `mosquitto_sub`, `mosquitto_rr` and paho's.

use std::fmt::Write;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

use super::{PATIENCE, need};

const CLIENTS: &str = "the Debian package mosquitto-clients";

/// Host, port and what must be shown at the door.
#[derive(Clone, Debug)]
pub struct MqttDoor {
    /// A name or address.
    pub host: String,
    /// A port; not used with [`MqttDoor::unix`].
    pub port: u16,
    /// A unix socket instead of the port.
    pub unix: Option<PathBuf>,
    /// User and password.
    pub account: Option<(String, String)>,
    /// TLS: the authority to trust.
    pub ca: Option<PathBuf>,
    /// TLS: certificate and key of the client.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// MQTT over WebSocket at this path.
    pub websocket: Option<String>,
}

impl MqttDoor {
    /// A port of `127.0.0.1`, plain.
    pub fn tcp(port: u16) -> Self {
        let host = "127.0.0.1".into();
        Self { host, port, unix: None, account: None, ca: None, certificate: None, websocket: None }
    }

    /// A unix socket.
    pub fn unix(path: &Path) -> Self {
        Self { unix: Some(path.to_owned()), ..Self::tcp(0) }
    }

    /// With user and password.
    pub fn account(mut self, user: &str, password: &str) -> Self {
        self.account = Some((user.into(), password.into()));
        self
    }

    /// By TLS.
    pub fn trusting(mut self, ca: &Path) -> Self {
        self.ca = Some(ca.to_owned());
        self
    }

    /// By TLS with a certificate of the client.
    pub fn client_certificate(mut self, certificate: &Path, key: &Path) -> Self {
        self.certificate = Some((certificate.to_owned(), key.to_owned()));
        self
    }

    /// By WebSocket at this path.
    pub fn websocket(mut self, path: &str) -> Self {
        self.websocket = Some(path.into());
        self
    }

    /// One of Mosquitto's clients, told how to get in.
    pub fn client(&self, program: &str) -> Command {
        assert!(self.websocket.is_none(), "Debian's {program} does not speak WebSocket");
        let mut command = need(program, CLIENTS);
        match &self.unix {
            Some(path) => command.arg("--unix").arg(path),
            None => command.args(["-h", &self.host, "-p", &self.port.to_string()]),
        };
        if let Some((user, password)) = &self.account {
            command.args(["-u", user, "-P", password]);
        }
        if let Some(ca) = &self.ca {
            command.arg("--cafile").arg(ca);
        }
        if let Some((certificate, key)) = &self.certificate {
            command.arg("--cert").arg(certificate).arg("--key").arg(key);
        }
        command
    }

    /// Runs `mosquitto_pub` with these arguments; it must succeed.
    pub async fn publish(&self, arguments: &[&str]) {
        let told = self.try_publish(arguments).await;
        assert!(told.is_ok(), "mosquitto_pub {arguments:?}: {told:?}");
    }

    /// Runs `mosquitto_pub` with these arguments; what it complained about if it fails.
    pub async fn try_publish(&self, arguments: &[&str]) -> Result<(), String> {
        let mut command = self.client("mosquitto_pub");
        command.args(arguments);
        run(command).await.map(drop)
    }

    /// Runs `mosquitto_rr` with these arguments and gives the answer it printed.
    pub async fn request(&self, arguments: &[&str]) -> Result<String, String> {
        let mut command = self.client("mosquitto_rr");
        command.args(arguments);
        run(command).await
    }

    /// Runs `mosquitto_sub` with these arguments; it is subscribed when this returns.
    pub async fn subscribe(&self, arguments: &[&str]) -> Subscriber {
        match self.try_subscribe(arguments).await {
            Ok(subscriber) => subscriber,
            Err(told) => panic!("mosquitto_sub {arguments:?}: {told}"),
        }
    }

    /// Runs `mosquitto_sub` with these arguments; what it said if it ends before it is subscribed.
    pub async fn try_subscribe(&self, arguments: &[&str]) -> Result<Subscriber, String> {
        Subscriber::start(self, arguments).await
    }

    /// Runs a script of `tests/common/paho` with this door as JSON, then `arguments`; gives what it printed.
    pub async fn paho(&self, script: &str, arguments: &[&str]) -> Result<String, String> {
        let mut command = need("python3", "the Debian packages python3 and python3-venv");
        let paho = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/common/paho");
        command.arg(paho.join(script)).arg(self.as_json()).args(arguments);
        command.env("PYTHONUNBUFFERED", "1").env("PYTHONDONTWRITEBYTECODE", "1");
        run(command).await.inspect_err(|told| {
            assert!(
                !told.contains("No module named 'paho'"),
                "python3 has no module paho: run scripts/setup, or pip install paho-mqtt"
            );
        })
    }

    fn as_json(&self) -> String {
        let text = |path: &PathBuf| path.display().to_string();
        serde_json::json!({
            "host": self.host,
            "port": self.port,
            "unix": self.unix.as_ref().map(text),
            "user": self.account.as_ref().map(|(user, _)| user),
            "password": self.account.as_ref().map(|(_, password)| password),
            "ca": self.ca.as_ref().map(text),
            "certificate": self.certificate.as_ref().map(|(certificate, _)| text(certificate)),
            "key": self.certificate.as_ref().map(|(_, key)| text(key)),
            "websocket": self.websocket,
        })
        .to_string()
    }
}

/// Runs a program to its end: what it printed, or everything it said when it failed.
async fn run(mut command: Command) -> Result<String, String> {
    command.stdin(Stdio::null());
    let mut command = tokio::process::Command::from(command);
    let name = command.as_std().get_program().to_owned();
    let output = timeout(PATIENCE, command.kill_on_drop(true).output())
        .await
        .unwrap_or_else(|_| panic!("{} did not end within {PATIENCE:?}", name.display()))
        .expect("the program is there");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    Err(format!("{said}{}({})", String::from_utf8_lossy(&output.stderr), output.status))
}

/// A running `mosquitto_sub`; dropping it kills it.
pub struct Subscriber {
    child: Child,
    lines: UnboundedReceiver<Vec<u8>>,
}

impl Subscriber {
    async fn start(door: &MqttDoor, arguments: &[&str]) -> Result<Self, String> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let client = door.client("mosquitto_sub");
        // It keeps what it says about itself until the first message; stdbuf talks it out of that.
        let mut command = need("stdbuf", "the Debian package coreutils");
        command.arg("-oL").arg(client.get_program()).args(client.get_args());
        let own = ["-i", "--id"].iter().any(|id| arguments.contains(id));
        if !own {
            let number = NEXT.fetch_add(1, Ordering::Relaxed);
            command.args(["-i", &format!("sub-{}-{number}", std::process::id())]);
        }
        // With -d it says when it is subscribed.
        command.arg("-d").args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program is there");
        let (sender, lines) = unbounded_channel();
        let stdout = child.stdout.take().expect("stdout is piped");
        thread::spawn(move || read_lines(stdout, |line| sender.send(line).is_ok()));
        let mut subscriber = Self { child, lines };
        let mut said = String::new();
        match timeout(PATIENCE, subscriber.is_subscribed(&mut said)).await {
            Ok(true) => Ok(subscriber),
            Ok(false) => {
                let mut stderr = subscriber.child.stderr.take().expect("stderr is piped");
                let _ = stderr.read_to_string(&mut said);
                Err(said)
            }
            // It tries for ever to connect again.
            Err(_) => Err(format!("{said}(not subscribed within {PATIENCE:?})")),
        }
    }

    /// Waits until it says that it is subscribed; false if it ends before.
    async fn is_subscribed(&mut self, said: &mut String) -> bool {
        while let Some(line) = self.lines.recv().await {
            if line.starts_with(b"Subscribed (mid") {
                return true;
            }
            let _ = writeln!(said, "{}", String::from_utf8_lossy(&line));
        }
        false
    }

    /// The next line as it came, without its newline. With `-F '%x'` that is the payload as hexadecimal digits, whatever
    /// its bytes; with `-N` nothing ever comes.
    pub async fn bytes(&mut self) -> Vec<u8> {
        match self.bytes_within(PATIENCE).await {
            Some(line) => line,
            None => panic!("mosquitto_sub heard nothing within {PATIENCE:?}"),
        }
    }

    /// The next line if one comes in this time.
    pub async fn bytes_within(&mut self, patience: Duration) -> Option<Vec<u8>> {
        timeout(patience, async {
            loop {
                let line = self.lines.recv().await?;
                if !is_chatter(&line) {
                    return Some(line);
                }
            }
        })
        .await
        .unwrap_or_default()
    }

    /// The next line as text.
    pub async fn line(&mut self) -> String {
        String::from_utf8_lossy(&self.bytes().await).into_owned()
    }

    /// Reads until a line contains `part`; the others are dropped.
    pub async fn hears(&mut self, part: &str) -> String {
        let mut others = Vec::new();
        let heard = timeout(PATIENCE, async {
            loop {
                let line = self.line().await;
                if line.contains(part) {
                    return line;
                }
                others.push(line);
            }
        })
        .await;
        heard.unwrap_or_else(|_| panic!("waited {PATIENCE:?} in vain for {part:?}; heard {others:#?}"))
    }

    /// Ends it by a signal it does not see, as a pulled cable would.
    pub fn kill9(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `-d` adds to the messages.
fn is_chatter(line: &[u8]) -> bool {
    let packets: [&[u8]; 2] = [b" sending ", b" received "];
    line.starts_with(b"Client ") && packets.iter().any(|word| memchr::memmem::find(line, word).is_some())
}

fn read_lines(stdout: impl Read, mut take: impl FnMut(Vec<u8>) -> bool) {
    use std::io::BufRead;
    let mut reader = BufReader::new(stdout);
    let mut line = Vec::new();
    while matches!(reader.read_until(b'\n', &mut line), Ok(1..)) {
        if line.last() == Some(&b'\n') {
            line.pop();
        }
        if !take(std::mem::take(&mut line)) {
            return;
        }
    }
}

impl Drop for Subscriber {
    fn drop(&mut self) {
        self.kill9();
    }
}
