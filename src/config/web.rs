//! `[web]`: where the pages and the Clown.Talk endpoint are served, and to whom how much.

use std::net::SocketAddr;
use std::path::PathBuf;

use toml_edit::Value;

use crate::sheet::Section;
use crate::sheet::{Typed, quoted};
use crate::web::DoorConfig;
use crate::web::messages::tree::Bounds;

/// What is served where, to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebConfig {
    /// HTTPS and wss.
    pub listen: SocketAddr,
    /// Plain HTTP: pages on loopback, elsewhere only the way to HTTPS.
    pub plain_http: Option<SocketAddr>,
    /// Certificate, names, origins and caps.
    pub doors: DoorConfig,
    /// Whether a client has to open with `clown.talk/-/config/set`.
    pub require_handshake: bool,
    /// Whether clients also hear the commands of others.
    pub push_commands: bool,
    /// Memory for older payloads on the MESSAGES page, in MiB.
    pub messages_mib: usize,
}

impl Default for WebConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([0, 0, 0, 0], 8443)),
            plain_http: None,
            doors: DoorConfig::default(),
            require_handshake: true,
            push_commands: false,
            messages_mib: Bounds::default().past >> 20,
        }
    }
}

pub(super) fn read(section: Section<'_>) -> WebConfig {
    let default = WebConfig::default();
    let web = WebConfig {
        listen: section.or("listen", default.listen),
        plain_http: section.maybe("plain_http"),
        doors: doors(&section),
        require_handshake: section.or("require_handshake", default.require_handshake),
        push_commands: section.or("push_commands", default.push_commands),
        messages_mib: section.number("messages_mib", 0..=1024, default.messages_mib),
    };
    cross_check(&section, &web);
    section.finish();
    web
}

fn doors(section: &Section<'_>) -> DoorConfig {
    let default = DoorConfig::default();
    let resolve = |path: Option<PathBuf>| path.map(|path| section.sheet.resolve(&path));
    let many = 1..=1_000_000;
    DoorConfig {
        cert: resolve(section.maybe("cert")),
        key: resolve(section.maybe("key")),
        names: section.or("names", default.names),
        origins: section.or("origins", Vec::<Origin>::new()).into_iter().map(|origin| origin.0).collect(),
        connections: section.number("connections", many.clone(), default.connections),
        connections_per_address: section.number(
            "connections_per_address",
            many,
            default.connections_per_address,
        ),
    }
}

/// `https://page.example`, as browsers send it.
struct Origin(String);

impl Typed for Origin {
    const ALLOWED: &'static str = "an origin";

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let text = value.as_str().ok_or(None)?;
        let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
        let good = |c: char| c.is_ascii_alphanumeric() || ".-:[]".contains(c);
        match host {
            Some(host) if !host.is_empty() && host.chars().all(good) => Ok(Self(text.to_lowercase())),
            Some(_) => Err(Some("no path, no `/` at the end and no wildcard".into())),
            None => Err(Some(format!("write \"https://{text}\""))),
        }
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

fn cross_check(section: &Section<'_>, web: &WebConfig) {
    for (this, other) in [("cert", "key"), ("key", "cert")] {
        if section.has(this) && !section.has(other) {
            section.fault(this, format!("found without `{other}`"), "both or neither".into(), None);
        }
    }
    if web.plain_http.is_some_and(|plain| plain.port() == web.listen.port()) {
        let found = format!("port {} is taken by `listen`", web.listen.port());
        section.fault("plain_http", found, "a port of its own".into(), None);
    }
}
