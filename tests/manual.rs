//! Every example of the documentation is decided about: it is run or read here, or by another test that is named, or
//! there is a reason why nobody can. A new block of code that is none of these fails.

mod common;

#[path = "manual/pages.rs"]
mod pages;
#[path = "manual/shell.rs"]
mod shell;

use std::path::Path;
use std::process::{Command, Output, Stdio};

use clown_hub::{config, device, talk::Message};
use common::{Hub, Launch, command_path, free_port, need};
use pages::{Block, blocks, pages};

const PASSWORD: &str = "seven-unrelated-words";

/// Pages whose blocks of a language another test runs.
const ELSEWHERE: &[(&str, &str, &str)] = &[
    ("devices/README.md", "toml", "tests/devices/readme.rs"),
    ("docs/dashboard.md", "toml", "tests/layout.rs"),
    ("docs/devices.md", "sh", "tests/definitions_manual.rs"),
    ("docs/history.md", "csv", "tests/history_texts/manual.rs"),
    ("docs/history.md", "python", "tests/history_store/reader.rs"),
    ("docs/history.md", "sh", "tests/history_texts/manual.rs"),
    ("docs/mqtt.md", "python", "tests/broker_manual.rs"),
    ("docs/scripting.md", "js", "tests/browser_manual.rs"),
    ("docs/start.md", "sh", "tests/demo.rs, tests/cli.rs"),
];

/// Blocks of shell that nobody runs: a page, how one begins, and why. Their commands are read all the same.
const NOT_RUN: &[(&str, &str, &str)] = &[
    ("docs/clown-talk.md", "websocat", "goes on until Ctrl-C; tests/echo.rs has the echo"),
    ("docs/command-line.md", "", "what ends by itself is run line by line, see LINES"),
    (
        "docs/discovery.md",
        "clown-hub accept",
        "needs devices that announced themselves; tests/newcomers.rs has them",
    ),
    ("docs/packages.md", "", "changes the machine"),
    ("docs/raspberry-pi.md", "", "changes the machine"),
    ("docs/release.md", "", "changes the machine"),
    ("docs/serial.md", "clown-hub ports", "needs hardware; tests/serial_probe.rs has terminals"),
    ("docs/simulator.md", "clown-hub simulate", "goes on until Ctrl-C; tests/simulator_definition.rs"),
];

/// Programs that change the machine or build for minutes: a block with one of them is read and not run.
const OF_THE_MACHINE: &[&str] =
    &["apt", "apt-get", "cargo", "dpkg", "journalctl", "make", "ssh", "scp", "sudo", "systemctl"];

/// Pages whose blocks of shell and Python are run here one after the other, and what they say.
const RUN: &[(&str, &[&str])] = &[
    ("README.md", &["confirmed", "it is on", "thermometer/i2c0-48"]),
    ("docs/events.md", &["relay/i2c0-3b", "\"kind\":\"command\""]),
    (
        "docs/scripting.md",
        &[
            "it is on",
            "thermometer",
            "clown-hub-",
            "$hub/command",
            r#""topic":"nodes/bridge/0/relay/i2c0-3b","at":"#,
        ],
    ),
];

/// How lines of docs/command-line.md begin that end by themselves.
const LINES: &[&str] = &["clown-hub check", "clown-hub set", "clown-hub try", "clown-hub watch 'relay"];

/// What they speak of.
const PLUG: &str = r#"
name = "Plug"
vendor = "Acme"

[[property]]
id = "relay/0"
read = { topic = "{id}/status", value = "/on" }
write = { topic = "{id}/set", on = "on", off = "off" }
ask = { topic = "{id}/get", payload = "" }

[[example]]
source = "made for this test"
topic = "plug-1/status"
payload = '{"on": true}'
gives = { "relay/0" = true }
"#;
const METER: &str = r#"
name = "Meter"
vendor = "Acme"

[serial]
baud = 9600

[frame]
kind = "lines"
between = " "
columns = 3

[[property]]
id = "power-meter/-"
read = { value = "/1" }

[match]
id = "/0"

[[example]]
source = "made for this test"
line = "10 1250 340"
gives = { "power-meter/-" = { power = [1250, "W"] } }
"#;
const DUST: &[u8] = b"\xAA\xC0\xD4\x04\x3A\x0A\xA1\x60\x1D\xAB";

/// Fails with all complaints at once.
fn report(complaints: Vec<String>) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

fn is_elsewhere(block: &Block) -> bool {
    ELSEWHERE.iter().any(|(page, language, _)| *page == block.page && *language == block.language)
}

fn is_not_run(block: &Block) -> bool {
    let listed = NOT_RUN.iter().any(|(page, begin, _)| *page == block.page && block.text.starts_with(begin));
    listed || shell::commands(&block.text).iter().any(|words| OF_THE_MACHINE.contains(&words[0].as_str()))
}

fn is_run_here(block: &Block) -> bool {
    RUN.iter().any(|(page, _)| *page == block.page)
}

/// What is wrong with a block, if its language is known and it can be read.
fn wrong(block: &Block) -> Option<String> {
    match block.language.as_str() {
        "text" | "ini" => None,
        "toml" => wrong_toml(block),
        "json" => wrong_json(&block.text),
        "sh" if is_elsewhere(block) || is_run_here(block) || is_not_run(block) => None,
        "python" if is_elsewhere(block) || is_run_here(block) => None,
        "sh" | "python" => Some("is not run: add its page to RUN, ELSEWHERE or NOT_RUN".to_owned()),
        _ if is_elsewhere(block) => None,
        language => Some(format!(
            "is of the language {language:?}, about which nothing is decided; write one behind ```"
        )),
    }
}

fn wrong_toml(block: &Block) -> Option<String> {
    let text = block.text.clone();
    if is_elsewhere(block) {
        return None;
    }
    let told = if text.contains("[[property]]") {
        device::profile::file::read("acme/page", Path::new("page.toml"), text).err()
    } else if text.lines().all(|line| line.is_empty() || line.starts_with('#')) {
        None
    } else {
        config::read(Path::new("page.toml"), text).err()
    };
    told.map(|problems| problems.to_string())
}

/// One value, or a message in each line. A line with `…` is not all of what is said.
fn wrong_json(text: &str) -> Option<String> {
    if serde_json::from_str::<serde_json::Value>(text).is_ok() {
        return None;
    }
    text.lines().find_map(wrong_message)
}

fn wrong_message(line: &str) -> Option<String> {
    if line.contains('…') {
        return None;
    }
    let is_array =
        serde_json::from_str::<Vec<serde_json::Value>>(line).is_ok_and(|parts| parts[0].is_string());
    match Message::parse(line) {
        // What the hub says has more behind it than what it is told.
        Err(malformed) if !(is_array && malformed.code == "options") => Some(format!("{line}: {malformed}")),
        Err(_) | Ok(_) => None,
    }
}

#[test]
fn every_block_of_code_is_decided_about() {
    let all = blocks();
    assert!(all.len() > 60, "only {} blocks were found", all.len());
    let told = all.iter().filter_map(|block| Some(format!("{}: {}", block.place(), wrong(block)?)));
    let mut complaints: Vec<String> = told.collect();
    for (page, language, _) in ELSEWHERE {
        if !all.iter().any(|block| block.page == *page && block.language == *language) {
            complaints.push(format!("{page} has no block of {language} any more"));
        }
    }
    for (page, begin, _) in NOT_RUN {
        let is_there = pages().iter().any(|(name, _)| name == page);
        if is_there && !all.iter().any(|block| block.page == *page && block.text.starts_with(begin)) {
            complaints.push(format!("{page} has no block that begins with {begin:?} any more"));
        }
    }
    report(complaints);
}

#[test]
fn messages_of_clown_talk_can_be_read() {
    let mut count = 0;
    let mut complaints = Vec::new();
    for (page, text) in pages() {
        let lines = text.lines().enumerate();
        for (number, line) in lines.filter(|(_, line)| line.starts_with("    ")) {
            let line = line.trim();
            let line = line.strip_prefix("→ ").or_else(|| line.strip_prefix("← ")).unwrap_or(line);
            if line.starts_with("[\"") {
                count += 1;
                complaints.extend(wrong_message(line).map(|why| format!("{page}:{}: {why}", number + 1)));
            }
        }
    }
    assert!(count > 20, "only {count} messages were found");
    report(complaints);
}

#[test]
fn every_block_of_shell_is_shell() {
    let mut complaints = Vec::new();
    for block in blocks().iter().filter(|block| block.language == "sh") {
        let output = Command::new("bash").args(["-n", "-c", &block.text]).output().expect("bash is there");
        if !output.status.success() {
            complaints.push(format!("{}: {}", block.place(), String::from_utf8_lossy(&output.stderr)));
        }
    }
    report(complaints);
}

/// Why the program would not take these words.
fn misused(words: &[String], is_whole: bool) -> Option<String> {
    use clap::error::ErrorKind;
    let error = clown_hub::cli::command().try_get_matches_from(words).err()?;
    let is_wrong = match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => false,
        ErrorKind::UnknownArgument | ErrorKind::InvalidSubcommand => true,
        // In a sentence a command is only named.
        _ => is_whole,
    };
    is_wrong.then(|| format!("{}: {}", words.join(" "), error.to_string().lines().next().unwrap_or_default()))
}

#[test]
fn every_command_line_of_ours_is_one() {
    let mut complaints = Vec::new();
    let mut count = 0;
    let mut look = |place: String, text: &str, is_whole: bool| {
        for words in shell::commands(text).iter().filter_map(|words| shell::ours(words)) {
            // `clown-hub COMMAND --help`
            if words.get(1).is_some_and(|word| word.chars().all(char::is_uppercase)) {
                continue;
            }
            count += 1;
            complaints.extend(misused(words, is_whole).map(|why| format!("{place}: {why}")));
        }
    };
    for block in blocks().iter().filter(|block| block.language == "sh") {
        look(block.place(), &block.text, true);
    }
    for (page, text) in pages() {
        for (number, line) in pages::indented(&text) {
            look(format!("{page}:{number}"), line, true);
        }
        for (number, code) in pages::inline(&text) {
            look(format!("{page}:{number}"), code, false);
        }
    }
    assert!(count > 120, "only {count} command lines were found");
    report(complaints);
}

/// A hub with a simulated bridge and a broker, an account, and a folder in which somebody sits.
struct Desk {
    hub: Hub,
    folder: tempfile::TempDir,
    mqtts: u16,
}

impl Desk {
    fn new() -> Self {
        let (plain, mqtts) = (free_port(), free_port());
        let config = format!(
            "[broker]\nlisten = \"127.0.0.1:{plain}\"\ntls_listen = \"127.0.0.1:{mqtts}\"\n\n\
            [[link]]\nname = \"bridge\"\nkind = \"simulator\"\nbase = \"nodes/bridge/0\"\n"
        );
        let hub = Launch::run(&config).account("ada", PASSWORD).start();
        let folder = tempfile::tempdir().expect("a temporary folder");
        let own = format!("[hub]\ndata = {:?}\n", hub.data().display().to_string());
        std::fs::write(folder.path().join("clown-hub.toml"), own).expect("the folder is writable");
        Self { hub, folder, mqtts }
    }

    /// An example with this hub's address and password.
    fn here(&self, text: &str) -> String {
        text.replace("hub.local:8443", self.hub.authority())
            .replace("hub.local", "127.0.0.1")
            .replace("8883", &self.mqtts.to_string())
            .replace("ada:secret", &format!("ada:{PASSWORD}"))
            .replace("-P secret", &format!("-P {PASSWORD}"))
    }

    fn run(&self, program: &str, arguments: &[&str]) -> Output {
        let binary = Path::new(env!("CARGO_BIN_EXE_clown-hub")).parent().expect("it is in a folder");
        let mut path = binary.as_os_str().to_owned();
        path.push(":");
        path.push(command_path());
        need("timeout", "the Debian package coreutils")
            .args(["60", program])
            .args(arguments)
            .current_dir(self.folder.path())
            .env("PATH", path)
            .env_remove("CLOWN_HUB_URL")
            .env_remove("CLOWN_HUB_TOKEN")
            .stdin(Stdio::null())
            .output()
            .expect("it starts")
    }

    /// Runs the blocks of a page, and gives all they said.
    fn page(&self, page: &str) -> String {
        let mut all = String::new();
        for block in blocks().iter().filter(|block| block.page == page) {
            let text = self.here(&block.text);
            let output = match block.language.as_str() {
                "sh" => self.run("bash", &["-e", "-c", &text]),
                "python" => self.run("python3", &["-c", &text]),
                _ => continue,
            };
            let said = String::from_utf8_lossy(&output.stdout);
            let error = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{}\n{text}\n{said}{error}", block.place());
            all += &said;
        }
        all
    }
}

#[test]
fn examples_do_what_they_say() {
    need("jq", "the Debian package jq");
    need("websocat", "websocat by cargo install websocat");
    need("mosquitto_pub", "the Debian package mosquitto-clients");
    let desk = Desk::new();
    for (page, wishes) in RUN {
        let said = desk.page(page);
        for wish in *wishes {
            assert!(said.contains(wish), "{page} should have said {wish}; it said\n{said}");
        }
    }
}

#[test]
fn lines_of_the_command_line_that_end_by_themselves_do_what_they_say() {
    need("jq", "the Debian package jq");
    let desk = Desk::new();
    let write = |name: &str, bytes: &[u8]| {
        let file = desk.folder.path().join(name);
        std::fs::create_dir_all(file.parent().expect("a folder")).expect("the folder is writable");
        std::fs::write(file, bytes).expect("the folder is writable");
    };
    write("plug.toml", PLUG.as_bytes());
    write("devices/acme/plug.toml", PLUG.as_bytes());
    write("meter.toml", METER.as_bytes());
    write("capture.json", b"{\"on\": false}");
    write("capture.bin", DUST);
    let all = blocks();
    let page = all.iter().filter(|block| block.page == "docs/command-line.md" && block.language == "sh");
    let lines = page.flat_map(|block| block.text.lines());
    let lines: Vec<&str> = lines.filter(|line| LINES.iter().any(|begin| line.starts_with(begin))).collect();
    assert!(lines.len() >= 12, "only {lines:#?}");
    for line in lines {
        let output = desk.run("bash", &["-e", "-o", "pipefail", "-c", &desk.here(line)]);
        let said = String::from_utf8_lossy(&output.stdout);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line}\n{said}{error}");
    }
}
