//! A real Mosquitto in its own folder and on its own port: plain, with a password, with TLS, on a unix socket, as a
//! bridge; killed, frozen, stopped and started again. Clients reach it by [`Mosquitto::door`].

use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::net::TcpStream;

use super::certificates::{Certificates, Flaw};
use super::mqtt_door::{MqttDoor, Subscriber};
use super::{PATIENCE, need, until};

const PACKAGE: &str = "the Debian package mosquitto";

/// What kind of Mosquitto; the default is plain TCP on loopback for everybody, and it forgets everything at its end.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// Only this user and password get in.
    pub password: Option<(&'static str, &'static str)>,
    /// TLS with a certificate of the test's own authority.
    pub tls: Option<Tls>,
    /// A unix socket besides the port, for everybody.
    pub unix: bool,
    /// Retained messages and sessions are written down after every change (`autosave_on_changes`, `autosave_interval
    /// 1`), so that they are there after a kill, too.
    pub persistence: bool,
    /// With `persistence`: only when it gets SIGUSR1 and at its end, because a save is the whole database again.
    pub saves_when_told: bool,
    /// More lines of `mosquitto.conf`, e.g. a `connection` to another broker.
    pub more: String,
}

/// TLS of a broker.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tls {
    /// Only clients with a certificate of the authority get in.
    pub client_certificates: bool,
    /// What is wrong with the broker's own certificate.
    pub flaw: Flaw,
}

/// A Mosquitto; dropping it kills it, and a failing test prints its log.
pub struct Mosquitto {
    child: Option<Child>,
    folder: TempDir,
    setup: Setup,
    port: u16,
    certificates: Option<Certificates>,
    log: Arc<Mutex<String>>,
}

impl Mosquitto {
    /// Starts one and waits until it accepts connections.
    pub async fn start(setup: Setup) -> Self {
        let mut mosquitto = Self::absent(setup);
        mosquitto.restart().await;
        mosquitto
    }

    /// One that is not running: its port refuses connections until [`Mosquitto::restart`].
    pub fn absent(setup: Setup) -> Self {
        let folder = tempfile::Builder::new().prefix("mosquitto-").tempdir().expect("a temporary folder");
        let certificates = setup.tls.map(|tls| Certificates::make(folder.path(), tls.flaw));
        let mosquitto =
            Self { child: None, folder, setup, port: free_port(), certificates, log: Arc::default() };
        if let Some((user, password)) = mosquitto.setup.password {
            let made = need("mosquitto_passwd", PACKAGE)
                .args(["-c", "-b", &mosquitto.path("passwords"), user, password])
                .stderr(Stdio::null())
                .status()
                .expect("the program is there");
            assert!(made.success(), "mosquitto_passwd: {made}");
        }
        std::fs::write(mosquitto.folder.path().join("mosquitto.conf"), mosquitto.config())
            .expect("the temporary folder is writable");
        mosquitto
    }

    /// The configuration file's text.
    fn config(&self) -> String {
        // Without `user` it gives up root for an account that may not write here; an ordinary user's is ignored.
        let mut lines = vec!["user root".to_owned(), "log_dest stderr".to_owned()];
        lines.extend(["error", "warning", "notice", "information"].map(|kind| format!("log_type {kind}")));
        lines.push("per_listener_settings true".into());
        // By default it gives a client 20 messages at a time and drops what is above 1,000.
        lines.extend(["max_inflight_messages 0".into(), "max_queued_messages 0".into()]);
        if self.setup.persistence {
            let place = format!("persistence_location {}/", self.folder.path().display());
            lines.extend(["persistence true".into(), place]);
            let changes = if self.setup.saves_when_told { 0 } else { 1 };
            lines.extend(["autosave_on_changes true".into(), format!("autosave_interval {changes}")]);
        }
        lines.push(format!("listener {} 127.0.0.1", self.port));
        match self.setup.password {
            Some(_) => lines.push(format!("password_file {}", self.path("passwords"))),
            None => lines.push("allow_anonymous true".into()),
        }
        if let Some(tls) = self.setup.tls {
            lines.push(format!("cafile {}", self.path("ca.pem")));
            lines.push(format!("certfile {}", self.path("server.pem")));
            lines.push(format!("keyfile {}", self.path("server.key")));
            lines.push(format!("require_certificate {}", tls.client_certificates));
        }
        if self.setup.unix {
            lines.push(format!("listener 0 {}", self.path("socket")));
            lines.push("allow_anonymous true".into());
        }
        lines.push(self.setup.more.clone());
        lines.join("\n") + "\n"
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// Its port of `127.0.0.1`, the same for its whole life.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its unix socket.
    pub fn unix(&self) -> PathBuf {
        assert!(self.setup.unix, "it was set up without a unix socket");
        self.folder.path().join("socket")
    }

    /// The certificates around it.
    pub fn certificates(&self) -> &Certificates {
        self.certificates.as_ref().expect("it was set up with TLS")
    }

    /// How a client with all rights gets in.
    pub fn door(&self) -> MqttDoor {
        let mut door = MqttDoor::tcp(self.port);
        if let Some((user, password)) = self.setup.password {
            door = door.account(user, password);
        }
        if let (Some(tls), Some(certificates)) = (self.setup.tls, &self.certificates) {
            door = door.trusting(&certificates.ca());
            if tls.client_certificates {
                door = door
                    .client_certificate(&certificates.file("client.pem"), &certificates.file("client.key"));
            }
        }
        door
    }

    /// Runs `mosquitto_pub` with these arguments; it must succeed.
    pub async fn publish(&self, arguments: &[&str]) {
        self.door().publish(arguments).await;
    }

    /// Runs `mosquitto_sub` with these arguments; it is subscribed when this returns.
    pub async fn subscribe(&self, arguments: &[&str]) -> Subscriber {
        self.door().subscribe(arguments).await
    }

    /// Starts it on its port; one that runs is stopped before.
    pub async fn restart(&mut self) {
        self.stop();
        let mut child = need("mosquitto", PACKAGE)
            .arg("-c")
            .arg(self.folder.path().join("mosquitto.conf"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program is there");
        let stderr = child.stderr.take().expect("stderr is piped");
        let log = self.log.clone();
        thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                log.lock().expect("the log's lock is never poisoned").push_str(&(line + "\n"));
            }
        });
        let child = self.child.insert(child);
        let port = self.port;
        let start = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err() {
            let ended = child.try_wait().expect("it is our own child");
            let log = || self.log.lock().expect("the log's lock is never poisoned").clone();
            assert!(ended.is_none(), "Mosquitto ended at once; it said:\n{}", log());
            assert!(start.elapsed() < PATIENCE, "Mosquitto does not accept connections; it said:\n{}", log());
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Kills it as a power cut does.
    pub fn kill9(&mut self) {
        self.end(Signal::KILL);
    }

    /// Asks it to end, as the system does, and waits until it has.
    pub fn stop(&mut self) {
        self.end(Signal::TERM);
    }

    fn end(&mut self, signal: Signal) {
        if let Some(mut child) = self.child.take() {
            kill_process(Pid::from_child(&child), signal).expect("it is still there");
            child.wait().expect("it is our own child");
        }
    }

    /// Stops its time (SIGSTOP): connections stay open and nothing moves.
    pub fn freeze(&self) {
        self.signal(Signal::STOP);
    }

    /// Lets its time go on (SIGCONT).
    pub fn thaw(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).expect("it is still there");
    }

    /// The process.
    pub fn pid(&self) -> Pid {
        Pid::from_child(self.child.as_ref().expect("it runs"))
    }

    /// What it said so far, over all its lives.
    pub fn log(&self) -> String {
        self.log.lock().expect("the log's lock is never poisoned").clone()
    }

    /// Waits until it has said something with `part`.
    pub async fn says(&self, part: &str) {
        until(&format!("Mosquitto to say {part:?}"), || async { self.log().contains(part).then_some(()) })
            .await;
    }

    /// The file in which it keeps retained messages and sessions.
    pub fn database(&self) -> PathBuf {
        Path::new(&self.folder.path()).join("mosquitto.db")
    }
}

impl Drop for Mosquitto {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if thread::panicking() {
            eprintln!("--- Mosquitto's log ---\n{}---", self.log());
        }
    }
}

/// A port nobody listens on. It lies below the kernel's own choice for outgoing connections (32768 and up), so that
/// nobody takes it while the broker is down.
pub fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    const FIRST: u16 = 20_000;
    const COUNT: u16 = 12_000;
    // Test processes run beside each other; each begins elsewhere.
    let pid = u16::try_from(std::process::id() % u32::from(COUNT)).expect("it is below COUNT");
    loop {
        let offset = pid.wrapping_mul(37).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % COUNT;
        if TcpListener::bind((Ipv4Addr::LOCALHOST, FIRST + offset)).is_ok() {
            return FIRST + offset;
        }
    }
}
