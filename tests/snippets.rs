//! The pieces to copy from the page of a device: each is run as it stands there, and does what the tile does.

mod common;

use std::io::Write;
use std::process::{Command, Stdio};

use clown_hub::web::page::device::quote::{javascript, python, shell};
use common::{Https, Hub, Launch, command_path, free_port, need, until};

const PASSWORD: &str = "correct horse \"battery\" $taple";
const RELAY: &str = "nodes/bridge/0/relay/i2c0-3b";
const LED: &str = "nodes/bridge/0/led/-";
const WARM: &str = "nodes/bridge/0/thermometer/i2c0-48";

/// A hub with a simulated bridge and a broker with TLS.
fn house() -> Hub {
    let (plain, tls) = (free_port(), free_port());
    let config = format!(
        "[broker]\nlisten = \"127.0.0.1:{plain}\"\ntls_listen = \"127.0.0.1:{tls}\"\n\n\
        [[link]]\nname = \"sim\"\nkind = \"simulator\"\nbase = \"nodes/bridge/0\"\n"
    );
    Launch::run(&config).account("anna", PASSWORD).start()
}

fn visitor(hub: &Hub) -> Https {
    Https::new(hub).basic("anna", PASSWORD)
}

fn page(property: &str) -> String {
    format!("/device?base=nodes/bridge/0&property={}", property.replace('#', "%23"))
}

/// A piece as somebody copies it from the page.
async fn piece(hub: &Hub, property: &str, id: &str) -> String {
    let visitor = visitor(hub);
    let html = until(&format!("a piece {id} about {property}"), async || {
        let html = visitor.get(&page(property)).await.body;
        html.contains(&format!("data-snippet=\"{id}\"")).then_some(html)
    })
    .await;
    let from = html.split(&format!("data-snippet=\"{id}\"")).nth(1).expect("it was just seen");
    let text = from.split("data-part=\"snippet\">").nth(1).and_then(|rest| rest.split("</pre>").next());
    let text = text.expect("a piece stands in its own element");
    let text = text.replace("&#34;", "\"").replace("&#39;", "'").replace("&#60;", "<").replace("&#62;", ">");
    text.replace("&#38;", "&")
}

/// Runs a piece in a shell, in a folder where the authority lies, and gives what it said.
fn run(hub: &Hub, text: &str) -> String {
    let folder = tempfile::tempdir().expect("a temporary folder");
    std::fs::copy(hub.ca(), folder.path().join("ca.pem")).expect("the authority can be copied");
    let output = Command::new("timeout")
        .args(["30", "sh", "-c", text])
        .current_dir(folder.path())
        .env("PATH", command_path())
        .env("CLOWN_HUB_PASSWORD", PASSWORD)
        .stdin(Stdio::null())
        .output()
        .expect("there is a shell");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(!said.is_empty(), "{text}\nsaid nothing but {}", String::from_utf8_lossy(&output.stderr));
    said
}

/// What the hub shows of a topic.
async fn shown(hub: &Hub, topic: &str) -> String {
    visitor(hub).get(&format!("/messages/export?topic={topic}")).await.body
}

async fn switch(hub: &Hub, state: bool) {
    let fields = [("topic", RELAY), ("key", "state"), ("value", if state { "true" } else { "false" })];
    until("the relay to be as the test wants it", async || {
        visitor(hub).post_form("/set", &fields).await.body.starts_with("confirmed").then_some(())
    })
    .await;
}

fn tools() {
    need("websocat", "websocat by cargo install websocat");
    need("curl", "the Debian package curl");
    need("node", "the Debian package nodejs, 18 or newer");
    need("python3", "the Debian package python3, and websockets by pip");
    need("mosquitto_pub", "the Debian package mosquitto-clients");
}

#[tokio::test]
async fn each_piece_switches_the_relay_and_tells_the_outcome() {
    tools();
    let hub = house();
    for id in ["curl", "node", "python", "websocat", "mosquitto"] {
        switch(&hub, false).await;
        let text = piece(&hub, &format!("{RELAY}#state"), id).await;
        assert!(!text.contains("battery"), "{id} shows the password");
        let said = run(&hub, &text);
        let expect = if id == "mosquitto" { "{\"state\": true}" } else { "confirmed" };
        assert!(said.contains(expect), "{id}: {said}\n{text}");
        until(&format!("the relay that {id} switched"), async || {
            shown(&hub, RELAY).await.contains("true").then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn each_piece_chooses_another_word_of_the_led() {
    tools();
    let hub = house();
    for id in ["curl", "node", "python", "websocat", "mosquitto"] {
        let said = run(&hub, &piece(&hub, &format!("{LED}#state"), id).await);
        let expect = if id == "mosquitto" { "{\"state\": \"" } else { "confirmed" };
        assert!(said.contains(expect), "{id}: {said}");
    }
}

#[tokio::test]
async fn each_piece_reads_the_temperature() {
    tools();
    let hub = house();
    for id in ["curl", "node", "python", "websocat", "mosquitto"] {
        let text = piece(&hub, &format!("{WARM}#temperature"), id).await;
        assert!(!text.contains("i2c0-48/set"), "{id} would set a temperature");
        let said = run(&hub, &text);
        let expect = if id == "python" { "℃" } else { "thermometer/i2c0-48" };
        assert!(said.contains(expect), "{id}: {said}\n{text}");
    }
}

#[tokio::test]
async fn a_refusal_is_told_as_one() {
    tools();
    let hub = house();
    for id in ["curl", "node", "python", "websocat", "mosquitto"] {
        let text = piece(&hub, &format!("{LED}#state"), id).await;
        // As if somebody changed the value to one that there is not.
        let word = ["off", "on", "1-dot", "2-dot"].into_iter().find(|word| {
            [
                format!("value={word}'"),
                format!("value: \"{word}\""),
                format!(": \"{word}\""),
                format!(r#"\"{word}\""#),
            ]
            .iter()
            .any(|part| text.contains(part))
        });
        let word = word.unwrap_or_else(|| panic!("no word in {text}"));
        let wrong = text
            .replace(&format!("value={word}'"), "value=purple'")
            .replace(&format!("\"{word}\""), "\"purple\"")
            .replace(&format!(r#"\"{word}\""#), r#"\"purple\""#);
        let said = run(&hub, &wrong);
        let expect = if id == "mosquitto" { "clown.talk/-/error" } else { "refused" };
        assert!(said.contains(expect), "{id}: {said}\n{wrong}");
    }
}

/// Texts that would leave bad quotes.
const WILD: &[&str] = &[
    "plain",
    "a'b",
    "a\"b",
    "a\\b\\",
    "$HOME `id` $(id) ${x}",
    "two\nlines\r\n",
    "END\nEND",
    "\ttab \u{7f} \u{0} nul",
    "příliš žluťoučký 😀 \u{202e}\u{2028}\u{2029}",
    "</script><!-- %s %n {topic} {payload}",
    "-n --help",
    "",
];

/// What an interpreter says of a program.
fn says(program: &str, arguments: &[&str], text: &str) -> Vec<u8> {
    let mut child = need(program, "it")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    child.stdin.take().expect("stdin is piped").write_all(text.as_bytes()).expect("it reads");
    child.wait_with_output().expect("it ends").stdout
}

#[test]
fn quotes_hold_in_real_shells_and_interpreters() {
    for text in WILD {
        if !text.contains('\0') {
            for program in ["sh", "bash"] {
                let said = says(program, &[], &format!("printf %s {}", shell(text)));
                assert_eq!(String::from_utf8_lossy(&said), *text, "{program} {text:?}");
            }
        }
        let program = format!("import sys\nsys.stdout.buffer.write({}.encode())", python(text));
        assert_eq!(String::from_utf8_lossy(&says("python3", &["-"], &program)), *text, "python {text:?}");
        let program = format!("process.stdout.write({})", javascript(text));
        assert_eq!(String::from_utf8_lossy(&says("node", &["-"], &program)), *text, "node {text:?}");
    }
}
