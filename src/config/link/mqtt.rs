//! `[[link]]` of kind `mqtt`: a broker, who we are there, and which topics go which way.
//!
//! A password never stands in this file: it is named by its file or by a variable of the environment, so it cannot be
//! shown by `check --show` either.

use std::path::{Path, PathBuf};
use std::time::Duration;

use toml_edit::Value;

use crate::config::discovery::dialects;
use crate::config::offer;
use crate::device::dialect::{Dialect, Settings};
use crate::link::mqtt::address::BadAddress;
use crate::link::mqtt::flow::routes::Route;
use crate::link::mqtt::{self, Address, HubName, Version, login, tls};
use crate::sheet::Section;
use crate::sheet::{Typed, quoted};
use crate::talk::Topic;

/// A broker as the file describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MqttConfig {
    /// Where it is.
    pub url: Address,
    /// The version of MQTT; none tries 5, then 3.1.1.
    pub version: Option<Version>,
    /// User name and where the password is.
    pub login: login::Source,
    /// Certificates.
    pub tls: tls::Files,
    /// What the broker knows us by, if the default will not do.
    pub client_id: Option<String>,
    /// How often a silent connection is asked whether it lives.
    pub keep_alive: Duration,
    /// What goes which way.
    pub topics: Vec<Route>,
    /// Bases of devices besides those that are recognised.
    pub bases: Vec<Topic>,
    /// Whether the broker keeps what the hub publishes.
    pub retain: bool,
    /// Dialects in which devices may announce themselves; apart, for a link of another kind has nothing like it.
    pub discovery: Box<Settings>,
}

impl MqttConfig {
    /// Through a socket of this machine, as whoever may open it.
    pub fn through(socket: &Path, topics: Vec<Route>, offers: bool) -> Self {
        Self {
            url: Address::Unix(socket.to_owned()),
            version: Some(Version::V5),
            login: login::Source::default(),
            tls: tls::Files::default(),
            client_id: None,
            keep_alive: mqtt::KEEP_ALIVE,
            topics,
            bases: Vec::new(),
            // Home Assistant wants to know how things are when it comes.
            retain: offers,
            // Who is at the hub's own broker has come after it, and has just announced itself.
            discovery: Box::new(Settings { asks: false, offers, ..Settings::default() }),
        }
    }

    /// The link itself, for a hub with this name and data folder.
    pub fn link(&self, name: &str, hub: &HubName, data: &Path) -> mqtt::Config {
        mqtt::Config {
            address: self.url.clone(),
            version: self.version,
            login: self.login.clone(),
            tls: self.tls.clone(),
            client_id: self.client_id.clone().unwrap_or_else(|| hub.client_id(name)),
            keep_alive: self.keep_alive,
            topics: self.topics.clone(),
            bases: self.bases.clone(),
            retain: self.retain,
            discovery: (*self.discovery).clone(),
            hub: hub.clone(),
            folder: Some(data.to_owned()),
            timing: mqtt::Timing::default(),
        }
    }
}

pub(super) fn read(section: &Section<'_>) -> Option<MqttConfig> {
    let url = section.must::<Address>("url");
    let versions = [("auto", None), ("5", Some(Version::V5)), ("3.1.1", Some(Version::V4))];
    let version = section.choice("version", &versions, Some(None)).flatten();
    let login = login(section);
    let tls = tls(section, url.as_ref());
    let client_id = section.maybe::<ClientId>("client_id").map(|id| id.0);
    let limits = Duration::from_secs(5)..=Duration::from_secs(600);
    let keep_alive = section.duration("keep_alive", limits, mqtt::KEEP_ALIVE);
    let topics = section.list::<Route>("topics");
    if topics.as_ref().is_some_and(Vec::is_empty) {
        let hint = r#"write ["nodes/# both"] to pass all devices both ways"#;
        section.fault("topics", "is empty".into(), Route::ALLOWED.into(), Some(hint.into()));
    }
    let bases = section.or("bases", Vec::new());
    let retain = section.or("retain", false);
    let offers = offer::read(section, topics.as_deref().unwrap_or_default());
    let discovery = Box::new(Settings { offers, ..discovery(section) });
    Some(MqttConfig {
        url: url?,
        version,
        login,
        tls,
        client_id,
        keep_alive,
        topics: topics?,
        bases,
        retain,
        discovery,
    })
}

/// Dialects that are listened to; all if nothing is said.
fn discovery(section: &Section<'_>) -> Settings {
    let usual = Settings::default();
    let prefix = Topic::new(&usual.homeassistant).ok();
    let prefix = prefix.map(|prefix| section.or("homeassistant", prefix));
    let homeassistant = prefix.map_or(usual.homeassistant, |prefix| prefix.as_str().into());
    Settings { dialects: dialects(section, "discovery", &Dialect::ALL), homeassistant, ..Settings::default() }
}

fn login(section: &Section<'_>) -> login::Source {
    if section.has("password") {
        let hint = "write it alone into a file, chmod 600, and name that with password_file";
        section.fault(
            "password",
            "found here".into(),
            "password_file or password_env".into(),
            Some(hint.into()),
        );
    }
    let user = section.maybe::<String>("user");
    let file = section.maybe::<PathBuf>("password_file").map(|path| section.sheet.resolve(&path));
    let env = section.maybe::<Variable>("password_env").map(|name| name.0);
    if section.has("password_file") && section.has("password_env") {
        section.fault(
            "password_env",
            "found beside `password_file`".into(),
            "one of `password_file` and `password_env`".into(),
            None,
        );
    }
    let password = file.map(login::Secret::File).or(env.map(login::Secret::Env));
    if password.is_some() && !section.has("user") {
        section.fault("user", "is missing".into(), "the name the password belongs to".into(), None);
    }
    login::Source { user, password }
}

fn tls(section: &Section<'_>, url: Option<&Address>) -> tls::Files {
    let path = |key| section.maybe::<PathBuf>(key).map(|path| section.sheet.resolve(&path));
    let (ca, cert, key) = (path("ca"), path("cert"), path("key"));
    if section.has("cert") != section.has("key") {
        let (present, missing) = if section.has("cert") { ("cert", "key") } else { ("key", "cert") };
        section.fault(present, format!("found without `{missing}`"), "both or neither".into(), None);
    }
    if let Some(url) = url.filter(|url| !url.is_tls()) {
        // Whoever names an authority believes to be encrypted.
        let given = [("ca", ca.is_some()), ("cert", cert.is_some() && key.is_some())];
        for (key, _) in given.into_iter().filter(|(_, is_given)| *is_given) {
            let hint = url.host_and_port().map(|(host, _)| format!("write url = \"mqtts://{host}\""));
            section.fault(
                key,
                format!("found with {url}, which is not encrypted"),
                "only with mqtts://".into(),
                hint,
            );
        }
    }
    let identity = cert.zip(key).map(|(cert, key)| tls::Identity { cert, key });
    tls::Files { ca, identity }
}

impl Typed for Address {
    const ALLOWED: &'static str = r#""mqtt://HOST:PORT", "mqtts://HOST:PORT" (with TLS) or "unix:/PATH""#;

    fn read(value: &Value) -> Result<Self, Option<String>> {
        Self::parse(value.as_str().ok_or(None)?).map_err(|BadAddress(hint)| hint)
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }

    fn found(value: &Value) -> Option<String> {
        // What stands before an `@` may be a password.
        let (before, host) = value.as_str()?.rsplit_once('@')?;
        let scheme = before.split_once("://").map_or("", |(scheme, _)| scheme);
        Some(format!("found \"{scheme}://***@{}\"", host.escape_debug()))
    }
}

impl Typed for Route {
    const ALLOWED: &'static str =
        r#"a list of "FILTER in|out|both [QOS] [LOCAL-PREFIX REMOTE-PREFIX]", such as ["nodes/# both"]"#;

    fn read(value: &Value) -> Result<Self, Option<String>> {
        value
            .as_str()
            .ok_or(None)?
            .parse()
            .map_err(|error: <Self as std::str::FromStr>::Err| Some(error.to_string()))
    }

    fn show(&self) -> String {
        quoted(&self.to_string())
    }
}

/// The name of a variable of the environment.
struct Variable(String);

impl Typed for Variable {
    const ALLOWED: &'static str = r#"the name of an environment variable, such as "MQTT_PASSWORD""#;

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let text = value.as_str().ok_or(None)?;
        let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if text.is_empty() || !text.chars().all(good) || text.starts_with(|c: char| c.is_ascii_digit()) {
            return Err(text.starts_with('$').then(|| "leave out the $".into()));
        }
        Ok(Self(text.to_owned()))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }

    fn found(value: &Value) -> Option<String> {
        // Somebody may have written the password itself.
        let text = value.as_str()?;
        text.starts_with('$')
            .then(|| format!("found {}", quoted(text)))
            .or(Some("found something else".into()))
    }
}

/// What a broker knows a client by.
struct ClientId(String);

impl Typed for ClientId {
    const ALLOWED: &'static str = "1 to 256 visible characters in quotes";

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let text = value.as_str().ok_or(None)?;
        let good = |c: char| !c.is_control() && !c.is_whitespace();
        if text.is_empty() || text.chars().count() > 256 || !text.chars().all(good) {
            return Err(None);
        }
        Ok(Self(text.to_owned()))
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}
