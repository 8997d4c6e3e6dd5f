//! The examples of the manual, run as they stand there.

use std::path::Path;

use serde_json::Value;

use crate::common::{FakeBridge, Launch, Manners, Mosquitto, Setup, Tls, need, until};
use crate::stage::{ON, PASSWORD, RELAY, SET, Stage, launch, script, up, usb};

const MANUAL: &str = include_str!("../../docs/mqtt.md");

/// A section of the manual.
fn section(heading: &str) -> &'static str {
    let start = MANUAL.find(&format!("\n## {heading}\n")).unwrap_or_else(|| panic!("no section {heading}"));
    let section = &MANUAL[start + 1..];
    section[2..].find("\n## ").map_or(section, |end| &section[..end + 2])
}

const ROUTES: &str = "What goes where";

/// The words of a line of shell, single quotes taken off.
fn words(line: &str) -> Vec<String> {
    let parts = line.split('\'').enumerate();
    let words = parts.flat_map(|(number, part)| match number % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

/// The lines that begin with a program, four blanks in.
fn lines(heading: &str, program: &str) -> Vec<&'static str> {
    let lines = section(heading).lines().filter_map(|line| line.strip_prefix("    "));
    lines.filter(|line| line.starts_with(program)).collect()
}

/// The same as words, of the section that this link answers for.
fn examples(program: &str) -> Vec<Vec<String>> {
    lines(ROUTES, program).into_iter().map(words).collect()
}

/// The first example of a configuration in a section.
fn configuration(heading: &str) -> &'static str {
    let example = section(heading).split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
    example.unwrap_or_else(|| panic!("no configuration in {heading}"))
}

/// What a line of shell prints, run in this folder.
fn shell(line: &str, folder: &Path) -> String {
    let output = need("sh", "the Debian package dash").args(["-c", line]).current_dir(folder).output();
    let output = output.expect("the program is there");
    assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// Fields of a JSON object, in their order.
fn keys(text: &str) -> Vec<String> {
    let object: serde_json::Map<String, Value> = serde_json::from_str(text).expect(text);
    object.keys().cloned().collect()
}

#[tokio::test]
async fn the_manuals_commands_do_what_it_says() {
    let stage = Stage::new(&["nodes/# both"]).await;
    let door = stage.broker.door();
    let mut subscriber = stage.broker.subscribe(&["-t", "nodes/#", "-v"]).await;
    for example in examples("mosquitto_pub") {
        let arguments: Vec<&str> = example[1..].iter().map(String::as_str).collect();
        door.publish(&arguments).await;
        subscriber.hears(&format!("{RELAY} {ON}")).await;
    }
    let mut answers = Vec::new();
    for example in examples("mosquitto_rr") {
        let arguments: Vec<&str> = example[1..].iter().map(String::as_str).collect();
        answers.push(door.request(&arguments).await.expect("an answer"));
    }
    assert_eq!((examples("mosquitto_pub").len(), answers.len()), (1, 1), "the manual has its examples");
    // The manual shows the answer below the question.
    let shown =
        section(ROUTES).lines().find(|line| line.contains("\"step\":\"confirmed\"")).expect("an answer");
    assert_eq!(keys(&answers[0]), keys(shown.trim()));
}

#[tokio::test]
async fn the_manuals_messages_look_as_it_says() {
    let stage = Stage::new(&["nodes/# both"]).await;
    let mut births = stage.broker.subscribe(&["-t", "clown-hub/#"]).await;
    let shown = |part: &str| {
        let mut lines = section(ROUTES).lines().filter_map(|line| line.strip_prefix("    {"));
        format!("{{{}", lines.find(|line| line.contains(part)).expect(part))
    };
    assert_eq!(keys(&births.line().await), keys(&shown("\"bases\"")));
    let mut errors = stage.broker.subscribe(&["-t", "nodes/bridge/0/clown.talk/-/error"]).await;
    stage.bridge.unplug().await;
    let told = until("the bridge to be missed", || async {
        let topic = "nodes/bridge/0/relay/i2c0-3b/get";
        stage.broker.publish(&["-t", topic, "-m", "{}"]).await;
        crate::stage::state(&stage.hub, "usb").await["state"]
            .as_str()
            .filter(|state| *state != "up")
            .map(|_| ())
    });
    told.await;
    stage.broker.publish(&["-t", "nodes/bridge/0/relay/i2c0-3b/set", "-m", ON]).await;
    assert_eq!(keys(&errors.hears("\"offline\"").await), keys(&shown("\"code\"")));
}

#[tokio::test]
async fn the_manuals_first_commands_connect_a_hub() {
    let broker = Mosquitto::start(Setup::default()).await;
    let commands = lines("Connecting to a broker", "clown-hub");
    assert_eq!((commands.len(), words(commands[2])), (3, words("clown-hub run")));
    let folder = tempfile::tempdir().expect("a temporary folder");
    let program = format!("{} ", env!("CARGO_BIN_EXE_clown-hub"));
    for command in &commands[..2] {
        let command = command.replace("broker.local", &format!("127.0.0.1:{}", broker.port()));
        shell(&command.replace("clown-hub ", &program), folder.path());
    }
    let config = std::fs::read_to_string(folder.path().join("clown-hub.toml")).expect("init has written it");
    let mut subscriber = broker.subscribe(&["-t", "nodes/#", "-v"]).await;
    let _hub = Launch::run(&config).start();
    subscriber.hears("thermometer").await;
}

#[tokio::test]
async fn the_manuals_link_comes_in_with_tls_and_the_password_of_its_file() {
    let heading = "Connecting to a broker";
    let setup =
        Setup { password: Some(("hub", "seven words")), tls: Some(Tls::default()), ..Setup::default() };
    let broker = Mosquitto::start(setup).await;
    let host = format!("localhost:{}", broker.port());
    let launch = launch(&configuration(heading).replace("broker.local", &host));
    let file = launch.config_file();
    let folder = file.parent().expect("a folder");
    std::fs::copy(broker.certificates().ca(), folder.join("broker-ca.pem")).expect("a copy");
    let passwords = lines(heading, "(umask");
    assert_eq!(passwords.len(), 1, "the manual has its example");
    shell(passwords[0], folder);
    up(&mut script(&launch.start()).await, "home").await;
}

#[tokio::test]
async fn the_manuals_topics_go_where_it_says() {
    let broker = Mosquitto::start(Setup::default()).await;
    let bridge = FakeBridge::plugged(Manners::default());
    let host = format!("127.0.0.1:{}", broker.port());
    let link = configuration(ROUTES).replace("broker.local", &host);
    let hub = launch(&(usb(&bridge).replace("nodes/bridge", "workshop/bridge") + &link)).start();
    let mut script = script(&hub).await;
    up(&mut script, "usb").await;
    up(&mut script, "home").await;
    let mut subscriber = broker.subscribe(&["-t", "house/#", "-v"]).await;
    bridge.say(&format!("[\"relay/i2c0-3b\", {ON}]")).await;
    subscriber.hears(&format!("house/workshop/bridge/0/relay/i2c0-3b {ON}")).await;
    for topic in ["shellies/plug/info", "nodes/bridge/1/thermometer/i2c0-48"] {
        broker.publish(&["-t", topic, "-m", r#"{"temperature": [3.50, "℃"]}"#]).await;
        script.wait_topic(topic).await;
    }
}

/// What a message from the bridge's relay is called at the broker with this route.
async fn goes_out_as(route: &str, topic: &str) {
    let stage = Stage::new(&[route]).await;
    let mut subscriber = stage.broker.subscribe(&["-t", "#", "-F", "%t"]).await;
    stage.bridge.say(&format!("[\"relay/i2c0-3b\", {ON}]")).await;
    subscriber.hears(topic).await;
}

/// What a message at the broker is called in the hub with this route.
async fn comes_in_as(route: &str, published: &str, topic: &str) {
    let mut stage = Stage::new(&[route]).await;
    stage.broker.publish(&["-t", published, "-m", r#"{"temperature": [3.50, "℃"]}"#]).await;
    stage.script.wait_topic(topic).await;
}

#[tokio::test]
async fn each_route_of_the_manual_does_what_happens() {
    let table = section(ROUTES).split("| you write | what happens |").nth(1).expect("the table");
    let rows: Vec<&str> =
        table.lines().skip(2).map_while(|row| row.strip_prefix("| `")?.split('`').next()).collect();
    assert_eq!(rows.len(), 6);
    for route in rows {
        match route {
            "nodes/# both" => {
                goes_out_as(route, RELAY).await;
                let foreign = "nodes/bridge/1/thermometer/i2c0-48";
                comes_in_as(route, foreign, foreign).await;
            }
            "# in" => {
                comes_in_as(route, "shellies/plug/temperature", "shellies/plug/temperature").await;
                goes_out_as("nodes/# out", RELAY).await;
            }
            "nodes/# out 0 \"\" attic/" => goes_out_as(route, &format!("attic/{RELAY}")).await,
            "# in 0 cloud/ \"\"" => comes_in_as(route, "garden/well", "cloud/garden/well").await,
            "$SYS/# in 0 broker/ \"\"" => {
                let mut stage = Stage::new(&[route]).await;
                let heard = |heard: &crate::common::Heard| heard.topic.starts_with("broker/$SYS/broker/");
                stage.script.wait_for("a fact of the broker", heard).await;
            }
            "link/# out 0 $hub/ status/" => goes_out_as(route, "status/link/usb").await,
            other => panic!("nobody tries {other}"),
        }
    }
}

#[tokio::test]
async fn a_retained_command_is_taken_out_as_the_manual_says() {
    let stage = Stage::new(&["nodes/# both"]).await;
    stage.broker.publish(&["-r", "-q", "1", "-t", SET, "-m", ON]).await;
    let way_out = "mosquitto_pub -r -n -t TOPIC";
    assert!(section(ROUTES).contains(&format!("`{way_out}`")), "the manual has its example");
    let words = words(&way_out.replace("TOPIC", SET));
    let arguments: Vec<&str> = words[1..].iter().map(String::as_str).collect();
    stage.broker.publish(&arguments).await;
    let mut later = stage.broker.subscribe(&["-t", SET, "-t", "marker", "-F", "%t"]).await;
    stage.broker.publish(&["-t", "marker", "-m", "1"]).await;
    assert_eq!(later.line().await, "marker", "nothing lies there any more");
}

#[tokio::test]
async fn the_manuals_files_of_the_messages_page_come() {
    let heading = "The MESSAGES page";
    let stage = Stage::new(&["nodes/# both", "shellies/# in"]).await;
    for number in 1..=7 {
        stage.broker.publish(&["-t", "shellies/plug/info", "-m", &format!("message {number}")]).await;
    }
    for state in ["true", "false"] {
        stage.bridge.say(&format!("[\"relay/i2c0-3b\", {{\"state\": {state}}}]")).await;
    }
    let commands: Vec<String> = lines(heading, "curl")
        .iter()
        .map(|line| line.replace("-u USER", &format!("-sSf -u 'ada:{PASSWORD}'")))
        .map(|line| line.replace("HOST:8443", stage.hub.authority()))
        .map(|line| line.replace("ca.pem", &stage.hub.ca().display().to_string()))
        .collect();
    assert_eq!(commands.len(), 4, "the manual has its examples");
    let _ = need("curl", "the Debian package curl");
    let run = |number: usize| shell(&commands[number], Path::new("/"));
    let values = until("all of it to be there", || async {
        let all = run(0);
        (all.contains("\"message 7\"") && all.contains("{\"state\": false}")).then_some(all)
    })
    .await;
    let shown = lines(heading, "{\"topic\"")[0];
    for line in values.lines() {
        assert_eq!(keys(line), keys(shown), "{line}");
    }
    assert!(run(1).starts_with("time,topic,number,kind,from,memory,form,payload\r\n"));
    let past = run(2);
    assert!(past.lines().count() >= 2 && past.lines().all(|line| line.contains(RELAY)), "{past}");
    assert_eq!(run(3), "message 7");
}
