//! Ready commands and programs that do what a tile does: set a property and tell the outcome, or read it.
//!
//! Each can be pasted as it stands. The password is taken from the variable `CLOWN_HUB_PASSWORD` and stands nowhere, and
//! the certificate authority of the hub is the file `ca.pem` beside it. What devices and visitors wrote is quoted for the
//! language it is in ([`quote`](super::quote)).

use super::quote::{javascript, python, shell};
use crate::talk::write_text;
use crate::web::address::encoded;
use crate::web::page::instrument::{Setting, Widget};
use crate::web::page::level::{Position, Slider, Stepper};
use crate::web::page::view::TileView;

/// The endpoint for all devices.
const ENDPOINT: &str = "/auth/clown-talk-server";
/// The handshake of somebody who waits for the outcome of a command.
const EVENTS: &str = r#"["clown.talk/-/config/set", {"events": true, "filters": ["$nothing"]}]"#;

/// What to do, and with whom.
#[derive(Clone, Debug, PartialEq)]
pub struct Wish {
    /// The base of the device.
    pub base: String,
    /// The complete topic of the property.
    pub topic: String,
    /// The quantity; empty for a bare value.
    pub key: String,
    /// The payload and the value as the form has it; nothing to only read it.
    pub set: Option<Set>,
}

/// What is to be set.
#[derive(Clone, Debug, PartialEq)]
pub struct Set {
    /// The payload as JSON.
    pub payload: String,
    /// The value in the form.
    pub value: String,
    /// Whether the form has to say that it is a number.
    pub is_number: bool,
}

/// How the hub is reached.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// Host and port as the visitor typed them.
    pub host: String,
    /// Whether it speaks TLS.
    pub is_tls: bool,
    /// Whether its certificate is of its own authority.
    pub is_own_ca: bool,
    /// The account.
    pub account: String,
    /// Host and port of its broker, and whether that speaks TLS.
    pub broker: Option<(String, u16, bool)>,
}

/// One piece to copy.
#[derive(Clone, Debug, PartialEq)]
pub struct Snippet {
    /// A word for addresses and tests: `curl`.
    pub id: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// The piece.
    pub text: String,
}

impl Wish {
    /// What the tile does: a switch is switched on, another word is chosen, a number is set to what it is or may be.
    pub fn of(base: &str, tile: &TileView) -> Self {
        let set = |value: String, json: String, is_number: bool| {
            let key = javascript(&tile.key);
            let payload = if tile.key.is_empty() { json } else { format!("{{{key}: {json}}}") };
            Some(Set { payload, value, is_number })
        };
        let set = match &tile.widget {
            Widget::Switch(_) | Widget::Button => set("true".into(), "true".into(), false),
            Widget::Choice(choices) => choices
                .iter()
                .find(|choice| !choice.chosen)
                .and_then(|choice| set(choice.word.clone(), javascript(&choice.word), false)),
            Widget::Setting(setting) if setting.step.is_empty() => {
                set("hello".into(), javascript("hello"), false)
            }
            Widget::Setting(Setting { figure, ends, .. })
            | Widget::Slider(Slider { figure, ends, .. })
            | Widget::Stepper(Stepper { figure, ends, .. })
            | Widget::Position(Position { is_set: true, slider: Slider { figure, ends, .. }, .. }) => {
                let number = [&figure.text, &ends.0].into_iter().find(|text| text.parse::<f64>().is_ok());
                let number = number.cloned().unwrap_or_else(|| "1".to_owned());
                set(number.clone(), number, true)
            }
            Widget::Moves(moves) => {
                moves.buttons.first().and_then(|one| set(one.word.clone(), javascript(&one.word), false))
            }
            // A colour in an object has no place in a form.
            Widget::Color(swatch) if swatch.hex.is_some() && !swatch.form.starts_with('{') => {
                set(swatch.form.clone(), javascript(&swatch.form), false)
            }
            Widget::Gauge(_)
            | Widget::Plain(_)
            | Widget::Words(_)
            | Widget::Position(_)
            | Widget::Color(_)
            | Widget::Group(_) => None,
        };
        Self { base: base.to_owned(), topic: tile.topic.clone(), key: tile.key.clone(), set }
    }
}

/// Every piece for a wish.
pub fn snippets(wish: &Wish, way: &Way, labels: [&'static str; 6]) -> Vec<Snippet> {
    let (browser, node, python, curl, websocat, mqtt) = match &wish.set {
        Some(set) => (
            Some(browser_sets(wish, set, way)),
            node_sets(wish, set, way),
            python_sets(wish, set, way),
            curl_sets(wish, set, way),
            websocat_sets(wish, set, way),
            way.broker.as_ref().map(|broker| mosquitto_sets(wish, set, way, broker)),
        ),
        None => (
            Some(browser_reads(wish, way)),
            node_reads(wish, way),
            python_reads(wish, way),
            curl_reads(wish, way),
            websocat_reads(wish, way),
            way.broker.as_ref().map(|broker| mosquitto_reads(wish, way, broker)),
        ),
    };
    let all = [browser, Some(node), Some(python), Some(curl), Some(websocat), mqtt];
    let ids = ["browser", "node", "python", "curl", "websocat", "mosquitto"];
    let named = ids.into_iter().zip(labels).zip(all);
    named.filter_map(|((id, label), text)| Some(Snippet { id, label, text: text? })).collect()
}

impl Way {
    fn https(&self, rest: &str) -> String {
        format!("{}://{}{rest}", if self.is_tls { "https" } else { "http" }, self.host)
    }

    fn wss(&self, login: &str) -> String {
        format!("{}://{login}{}{ENDPOINT}", if self.is_tls { "wss" } else { "ws" }, self.host)
    }

    /// An environment variable in front of a command, if the authority has to be named.
    fn trusts(&self, variable: &str) -> String {
        if self.is_tls && self.is_own_ca { format!("{variable}=ca.pem ") } else { String::new() }
    }

    fn curl(&self) -> String {
        let ca = if self.is_tls && self.is_own_ca { "--cacert ca.pem " } else { "" };
        format!("curl -sS {ca}-u {}", self.login())
    }

    /// Name and password as one word of a shell.
    fn login(&self) -> String {
        format!("{}:\"$CLOWN_HUB_PASSWORD\"", shell(&self.account))
    }
}

/// `["topic", payload, {"id": "…"}]`
fn message(topic: &str, payload: &str, id: Option<&str>) -> String {
    let mut text = String::new();
    write_text(&mut text, topic, payload, None);
    match id {
        Some(id) => format!("{}, {{\"id\": \"{id}\"}}]", text.strip_suffix(']').unwrap_or(&text)),
        None => text,
    }
}

fn curl_sets(wish: &Wish, set: &Set, way: &Way) -> String {
    let field = |name: &str, value: &str| format!("--data-urlencode {}", shell(&format!("{name}={value}")));
    let number = if set.is_number { " -d as=number" } else { "" };
    format!(
        "{} \\\n  {} \\\n  {} {}{number} \\\n  {}",
        way.curl(),
        field("topic", &wish.topic),
        field("key", &wish.key),
        field("value", &set.value),
        shell(&way.https("/set"))
    )
}

fn curl_reads(wish: &Wish, way: &Way) -> String {
    format!("{} \\\n  {}", way.curl(), shell(&way.https(&last_word(wish))))
}

/// Where the last message of a topic is read.
fn last_word(wish: &Wish) -> String {
    format!("/messages/export?topic={}", encoded(&wish.topic))
}

fn websocat_sets(wish: &Wish, set: &Set, way: &Way) -> String {
    let asks = message(&format!("{}/set", wish.topic), &set.payload, Some("websocat-1"));
    let ends = r#"'"id":"websocat-1".*"step":"(confirmed|refused|unanswered|unconfirmable)"'"#;
    format!(
        "(echo {}; sleep 1; printf '%s\\n' {}; sleep 4) |\n  {}websocat --basic-auth {} {} |\n  grep -m 1 -E {ends}",
        shell(EVENTS),
        shell(&asks),
        way.trusts("SSL_CERT_FILE"),
        way.login(),
        shell(&way.wss(""))
    )
}

fn websocat_reads(wish: &Wish, way: &Way) -> String {
    format!(
        "(echo {}; sleep 4) |\n  {}websocat --basic-auth {} {} |\n  grep -m 1 -F {}",
        shell(r#"["clown.talk/-/config/set", {}]"#),
        way.trusts("SSL_CERT_FILE"),
        way.login(),
        shell(&way.wss("")),
        shell(&format!("[{}, ", serde_json::Value::from(wish.topic.as_str())))
    )
}

const PYTHON: &str = r#"python3 - <<'END'
import asyncio, base64, json, os, ssl
import websockets

TOPIC = {topic}
ID = "python-" + str(os.getpid())

async def main():
    login = {account} + ":" + os.environ["CLOWN_HUB_PASSWORD"]
    headers = {"Authorization": "Basic " + base64.b64encode(login.encode()).decode()}
    address = "{scheme}://" + {host} + "{endpoint}"
    async with websockets.connect(address, additional_headers=headers{trust}) as hub:
{does}
asyncio.run(main())
END"#;

const PYTHON_SETS: &str = r#"        await hub.send('["clown.talk/-/config/set", {"events": true, "filters": ["$nothing"]}]')
        # Its answer: from now on we hear outcomes.
        await hub.recv()
        await hub.send(json.dumps([TOPIC + "/set", json.loads({payload}), {"id": ID}]))
        async for text in hub:
            topic, said, *_ = json.loads(text)
            if topic != "$hub/command" or said["id"] != ID:
                continue
            if said["step"] not in ("accepted", "sent"):
                return print(said["step"], said.get("reason", ""))
"#;

const PYTHON_READS: &str = r#"        await hub.send('["clown.talk/-/config/set", {}]')
        async for text in hub:
            topic, said, *_ = json.loads(text)
            if topic == TOPIC:
                return print(said)
"#;

fn python_program(wish: &Wish, way: &Way, does: &str) -> String {
    let trust = match (way.is_tls, way.is_own_ca) {
        (true, true) => ", ssl=ssl.create_default_context(cafile=\"ca.pem\")",
        (true, false) => ", ssl=ssl.create_default_context()",
        (false, _) => "",
    };
    let scheme = if way.is_tls { "wss" } else { "ws" };
    PYTHON
        .replace("{does}", does)
        .replace("{scheme}", scheme)
        .replace("{endpoint}", ENDPOINT)
        .replace("{trust}", trust)
        // What others wrote comes last: it is not looked at again.
        .replace("{account}", &python(&way.account))
        .replace("{host}", &python(&way.host))
        .replacen("{topic}", &python(&wish.topic), 1)
}

fn python_sets(wish: &Wish, set: &Set, way: &Way) -> String {
    // The place of the payload is taken last, behind the topic, which is nearer to the top.
    let program = python_program(wish, way, PYTHON_SETS);
    match program.rsplit_once("{payload}") {
        Some((before, after)) => format!("{before}{}{after}", python(&set.payload)),
        None => program,
    }
}

fn python_reads(wish: &Wish, way: &Way) -> String {
    python_program(wish, way, PYTHON_READS)
}

fn browser_sets(wish: &Wish, set: &Set, way: &Way) -> String {
    format!(
        r#"const hub = new WebSocket({address});
const id = crypto.randomUUID();
hub.onopen = () => hub.send('{EVENTS}');
hub.onmessage = ({{ data }}) => {{
  const [topic, said] = JSON.parse(data);
  // Only now it listens; a refusal could come before.
  if (topic === "clown.talk/-/config/ok") hub.send(JSON.stringify([{topic}, JSON.parse({payload}), {{ id }}]));
  if (topic !== "$hub/command" || said.id !== id || ["accepted", "sent"].includes(said.step)) return;
  console.log(said.step, said.reason ?? "");
  hub.close();
}};"#,
        address = javascript(&way.wss("")),
        topic = javascript(&format!("{}/set", wish.topic)),
        payload = javascript(&set.payload),
    )
}

fn browser_reads(wish: &Wish, way: &Way) -> String {
    format!(
        r#"const hub = new WebSocket({address});
hub.onopen = () => hub.send('["clown.talk/-/config/set", {{}}]');
hub.onmessage = ({{ data }}) => {{
  const [topic, said] = JSON.parse(data);
  if (topic === {topic}) console.log(JSON.stringify(said));
}};"#,
        address = javascript(&way.wss("")),
        topic = javascript(&wish.topic),
    )
}

fn node(way: &Way, address: &str, rest: &str) -> String {
    format!(
        r#"{ca}node --input-type=module <<'END'
const login = Buffer.from({account} + ":" + process.env.CLOWN_HUB_PASSWORD).toString("base64");
const answer = await fetch({address}, {{
  headers: {{ authorization: "Basic " + login }},{rest}
}});
console.log(await answer.text());
END"#,
        ca = way.trusts("NODE_EXTRA_CA_CERTS"),
        account = javascript(&way.account),
        address = javascript(address),
    )
}

fn node_sets(wish: &Wish, set: &Set, way: &Way) -> String {
    let number = if set.is_number { ", as: \"number\"" } else { "" };
    let fields = format!(
        "topic: {}, key: {}, value: {}{number}",
        javascript(&wish.topic),
        javascript(&wish.key),
        javascript(&set.value)
    );
    let rest = format!(
        "\n  method: \"POST\",\n  redirect: \"manual\",\n  body: new URLSearchParams({{ {fields} }}),"
    );
    node(way, &way.https("/set"), &rest)
}

fn node_reads(wish: &Wish, way: &Way) -> String {
    node(way, &way.https(&last_word(wish)), "")
}

fn mosquitto(way: &Way, (host, port, is_tls): &(String, u16, bool)) -> String {
    let ca = match (is_tls, way.is_own_ca) {
        (true, true) => " --cafile ca.pem",
        (true, false) => " --tls-use-os-certs",
        (false, _) => "",
    };
    format!("-h {} -p {port}{ca} -u {} -P \"$CLOWN_HUB_PASSWORD\"", shell(host), shell(&way.account))
}

fn mosquitto_sets(wish: &Wish, set: &Set, way: &Way, broker: &(String, u16, bool)) -> String {
    let options = mosquitto(way, broker);
    format!(
        "(sleep 1; mosquitto_pub {options} \\\n  -t {} -m {}) &\nmosquitto_sub {options} \\\n  -v -R -C 1 -W 6 -t {} -t {}",
        shell(&format!("{}/set", wish.topic)),
        shell(&set.payload),
        shell(&wish.topic),
        shell(&format!("{}/clown.talk/-/error", wish.base)),
    )
}

fn mosquitto_reads(wish: &Wish, way: &Way, broker: &(String, u16, bool)) -> String {
    format!("mosquitto_sub {} \\\n  -v -C 1 -t {}", mosquitto(way, broker), shell(&wish.topic))
}
