//! A real hub with a broker as the test wants it, what it says about itself, and what its process holds.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;

use super::common::{Hub, Launch, MqttDoor, TalkClient, free_port, until};

/// The account of every hub here.
pub const USER: &str = "ada";
pub const PASSWORD: &str = "correct horse battery";

/// A hub with a broker.
pub struct Broker {
    hub: Hub,
    port: u16,
    tls_port: u16,
}

impl Broker {
    /// A broker with these lines in `[broker]`; everybody on loopback gets in unless a line says something else.
    pub fn with(lines: &str) -> Self {
        Self::configured(lines, "")
    }

    /// A broker that asks everybody for an account.
    pub fn closed(lines: &str) -> Self {
        Self::with(&format!("anonymous = false\n{lines}"))
    }

    /// A broker with these lines in `[broker]`, and further sections.
    pub fn configured(lines: &str, sections: &str) -> Self {
        let (port, tls_port) = (free_port(), free_port());
        let has = |key: &str| lines.lines().any(|line| line.starts_with(key));
        let mut config = format!("{sections}\n[broker]\n{lines}\n");
        if !has("listen") {
            config += &format!("listen = \"127.0.0.1:{port}\"\n");
        }
        if !has("anonymous") {
            config += "anonymous = \"loopback\"\n";
        }
        if !has("tls_listen") {
            config += &format!("tls_listen = \"127.0.0.1:{tls_port}\"\n");
        }
        let config = config.replace("PORT", &port.to_string());
        Self { hub: Launch::run(&config).account(USER, PASSWORD).start(), port, tls_port }
    }

    /// Its port without TLS.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its port with TLS.
    pub fn tls_port(&self) -> u16 {
        self.tls_port
    }

    /// The hub around it.
    pub fn hub(&self) -> &Hub {
        &self.hub
    }

    /// The hub around it, to stop it.
    pub fn hub_mut(&mut self) -> &mut Hub {
        &mut self.hub
    }

    /// The way in without TLS; the account is not said.
    pub fn door(&self) -> MqttDoor {
        MqttDoor::tcp(self.port)
    }

    /// The way in with TLS; the account is not said.
    pub fn tls_door(&self) -> MqttDoor {
        MqttDoor::tcp(self.tls_port).trusting(&self.hub.ca())
    }

    /// The way in by WebSocket; the account is not said.
    pub fn web_door(&self) -> MqttDoor {
        let (_, port) = self.hub.authority().rsplit_once(':').expect("host:port");
        MqttDoor::tcp(port.parse().expect("a port")).trusting(&self.hub.ca()).websocket("/mqtt")
    }

    /// Runs `clown-hub user` beside the hub, and waits until the hub has noticed; gives what it printed.
    pub async fn user(&self, arguments: &[&str], typed: &str) -> String {
        let noticed = || self.hub.log().matches("the accounts were changed").count();
        let before = noticed();
        let mut child = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
            .args(["user", "--data"])
            .arg(self.hub.data())
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the binary was built with the tests");
        let mut stdin = child.stdin.take().expect("stdin is piped");
        // A program that needs nothing does not read.
        let _ = stdin.write_all(format!("{typed}\n").as_bytes());
        drop(stdin);
        let output = child.wait_with_output().expect("it ends");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        until("the hub to notice", || async { (noticed() > before).then_some(()) }).await;
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    }

    /// The id of the hub.
    pub fn id(&self) -> String {
        let id = fs::read_to_string(self.hub.data().join("id")).expect("the hub has an id");
        id.trim().to_owned()
    }

    /// What the hub says about it now, under `$hub/broker`.
    pub async fn facts(&self) -> Value {
        let client = TalkClient::of(&self.hub).basic(USER, PASSWORD).connect().await;
        let mut client = client.unwrap_or_else(|refused| panic!("{USER} is refused: {refused:?}"));
        client.handshake(serde_json::json!({ "events": true, "filters": ["$hub/broker"] })).await;
        client.wait_topic("$hub/broker").await.payload
    }

    /// Waits until a number under `$hub/broker` is one that `wish` wants.
    pub async fn counts(&self, what: &str, wish: impl Fn(u64) -> bool) -> u64 {
        let name = format!("{what} under $hub/broker");
        until(&name, || async { self.facts().await[what].as_u64().filter(|count| wish(*count)) }).await
    }

    /// Waits until the log has a line with this text.
    pub async fn logs(&self, text: &str) -> String {
        let name = format!("the log to say {text:?}");
        let line = || self.hub.log().lines().find(|line| line.contains(text)).map(str::to_owned);
        until(&name, || async { line() }).await
    }

    /// Resident memory of its process, in bytes.
    pub fn resident(&self) -> usize {
        let status = fs::read_to_string(self.proc().join("status")).expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("Linux says it");
        let kib: usize = line.split_whitespace().nth(1).and_then(|word| word.parse().ok()).expect("a number");
        kib * 1024
    }

    /// Sockets of its process, by their numbers; the broker opens its files when it first needs them.
    pub fn sockets(&self) -> Vec<String> {
        let files = fs::read_dir(self.proc().join("fd")).expect("it runs").filter_map(Result::ok);
        let links = files.filter_map(|file| fs::read_link(file.path()).ok());
        let names = links.map(|link| link.display().to_string());
        names.filter(|name| name.starts_with("socket:")).collect()
    }

    fn proc(&self) -> std::path::PathBuf {
        Path::new("/proc").join(self.hub.pid().as_raw_nonzero().to_string())
    }
}
