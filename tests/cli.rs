//! The command line at its border: the program itself, run without a hub.

use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

/// Runs the program in `folder`, away from the caller's own configuration.
fn hub(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(arguments)
        .current_dir(folder)
        .stdin(std::process::Stdio::null())
        .env_remove("CLOWN_HUB_URL")
        .env_remove("CLOWN_HUB_TOKEN")
        .env_remove("CLOWN_HUB_LOG")
        .env("HOME", folder)
        .output()
        .expect("the program starts")
}

fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).expect("UTF-8")
}

fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).expect("UTF-8")
}

#[test]
fn without_a_configuration_check_says_where_it_looked_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let output = hub(folder.path(), &["check"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("clown-hub init"), "{}", err(&output));
    assert_eq!(out(&output), "");
}

#[test]
fn check_names_all_mistakes_for_people_and_for_scripts() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("clown-hub.toml"), "[web]\nlissten = 1\n[log]\nlevel = 5\n").unwrap();
    let output = hub(folder.path(), &["check"]);
    assert_eq!(output.status.code(), Some(2));
    let text = err(&output);
    assert!(text.contains("clown-hub.toml:2:1: web.lissten: unknown key"), "{text}");
    assert!(text.contains("clown-hub.toml:4:9: log.level: found 5"), "{text}");
    assert!(text.contains("2 problems") && !text.contains('\x1b'), "{text}");

    let output = hub(folder.path(), &["check", "--json"]);
    assert_eq!(output.status.code(), Some(2));
    let answer: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(answer["ok"], false);
    assert_eq!(answer["problems"][0]["line"], 2);
    assert_eq!(answer["problems"][0]["column"], 1);
    assert_eq!(answer["problems"][0]["hint"], "did you mean listen?");
}

#[test]
fn check_shows_every_setting_and_what_it_shows_can_be_read_again() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[web]\nlisten = \"127.0.0.1:9000\"\n[[link]]\nname = \"sim\"\nkind = \"simulator\"\n";
    std::fs::write(folder.path().join("clown-hub.toml"), text).unwrap();
    let shown = out(&hub(folder.path(), &["check", "--show"]));
    assert!(shown.contains("\nlisten = \"127.0.0.1:9000\"\n"), "{shown}");
    assert!(shown.contains("\n# require_handshake = true\n"), "{shown}");
    std::fs::write(folder.path().join("clown-hub.toml"), shown).unwrap();
    let output = hub(folder.path(), &["check", "--json"]);
    assert_eq!(out(&output), "{\"definitions\":[],\"ok\":true,\"problems\":[],\"warnings\":[]}\n");
}

#[test]
fn check_finds_what_the_text_cannot_show() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a-file"), "").unwrap();
    let text = "[hub]\ndata = \"a-file/data\"\n[web]\ncert = \"no.pem\"\nkey = \"no.key\"\n";
    std::fs::write(folder.path().join("clown-hub.toml"), text).unwrap();
    let output = hub(folder.path(), &["check"]);
    assert_eq!(output.status.code(), Some(2));
    let text = err(&output);
    assert!(text.contains("clown-hub.toml:2:8: hub.data: cannot write to a-file: not a directory"), "{text}");
    assert!(text.contains("clown-hub.toml:4:8: web.cert: cannot read no.pem: no such file"), "{text}");
    assert!(text.contains("clown-hub.toml:5:7: web.key: cannot read"), "{text}");
}

#[test]
fn check_finds_what_is_wrong_with_the_files_of_a_broker_and_warns_of_leaks() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let link = |rest: &str| {
        let text = format!("[[link]]\nname = \"b\"\nkind = \"mqtt\"\ntopics = [\"nodes/# both\"]\n{rest}\n");
        std::fs::write(folder.path().join("clown-hub.toml"), text).unwrap();
    };
    link("url = \"mqtts://h\"\nca = \"no.pem\"\nuser = \"u\"\npassword_file = \"no\"");
    let output = hub(folder.path(), &["check"]);
    assert_eq!(output.status.code(), Some(2));
    let text = err(&output);
    assert!(text.contains("clown-hub.toml:6:6: link[1].ca: the certificate authority no.pem: "), "{text}");
    assert!(text.contains(":8:17: link[1].password_file: the password file no cannot be read"), "{text}");

    let password = folder.path().join("password");
    std::fs::write(&password, "s3cr3t\n").unwrap();
    std::fs::set_permissions(&password, std::fs::Permissions::from_mode(0o644)).unwrap();
    link("url = \"mqtt://broker.example\"\nuser = \"u\"\npassword_file = \"password\"");
    let output = hub(folder.path(), &["check", "--show"]);
    assert_eq!(output.status.code(), Some(0));
    let (shown, warned) = (out(&output), err(&output));
    assert!(warned.contains("warning: clown-hub.toml:5:7: link[1].url: the password for"), "{warned}");
    assert!(warned.contains("mqtts://broker.example"), "{warned}");
    assert!(
        warned.contains("link[1].password_file: everybody on this machine can read password"),
        "{warned}"
    );
    assert!(!shown.contains("s3cr3t") && !warned.contains("s3cr3t"));
    let output = hub(folder.path(), &["check", "--json"]);
    assert_eq!(out(&output).matches("\"hint\":").count(), 2, "{}", out(&output));

    std::fs::set_permissions(&password, std::fs::Permissions::from_mode(0o600)).unwrap();
    link("url = \"mqtt://localhost\"\nuser = \"u\"\npassword_file = \"password\"");
    assert_eq!(err(&hub(folder.path(), &["check"])), "");
}

#[test]
fn init_writes_a_link_to_a_broker_with_all_its_settings() {
    let folder = tempfile::tempdir().unwrap();
    let output = hub(folder.path(), &["init", "--simulator", "--mqtt", "mqtts://broker"]);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    let shown = out(&hub(folder.path(), &["check", "--show"]));
    assert!(shown.contains("url = \"mqtts://broker:8883\"\n"), "{shown}");
    assert!(shown.contains("topics = [\"# in\", \"nodes/# out\"]\n"), "{shown}");
    let output = hub(folder.path(), &["init", "--mqtt", "mqtt://u:s3cr3t@broker", "--force"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("leave the login out of the url"), "{}", err(&output));
}

#[test]
fn wrong_usage_is_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["chek"][..], &["check", "--jsn"], &["--log-level", "loud", "check"], &[]] {
        assert_eq!(hub(folder.path(), arguments).status.code(), Some(2), "{arguments:?}");
    }
    let text = err(&hub(folder.path(), &["--log-level", "inf", "check"]));
    assert!(text.contains("did you mean \"info\"?"), "{text}");
}

#[test]
fn every_subcommand_has_help_completions_and_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    assert!(out(&hub(folder.path(), &["--version"])).starts_with("clown-hub "));
    let pages = folder.path().join("man");
    assert_eq!(hub(folder.path(), &["man", "man"]).status.code(), Some(0));
    let page = std::fs::read_to_string(pages.join("clown-hub-check.1")).unwrap();
    assert!(page.contains("line and column"));
    for shell in ["bash", "zsh", "fish"] {
        let text = out(&hub(folder.path(), &["completions", shell]));
        assert!(text.contains("check") && text.contains("completions"), "{shell}");
    }
    for page in std::fs::read_dir(pages).unwrap() {
        let name = page.unwrap().file_name().into_string().unwrap();
        let Some(subcommand) = name.strip_prefix("clown-hub-").and_then(|name| name.strip_suffix(".1"))
        else {
            continue;
        };
        let words: Vec<&str> = subcommand.split('-').chain(["--help"]).collect();
        let output = hub(folder.path(), &words);
        assert_eq!(output.status.code(), Some(0), "{subcommand}");
        assert!(out(&output).contains("Usage:"), "{subcommand}");
    }
}

#[test]
fn init_writes_what_check_accepts_and_never_overwrites_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let port = "/dev/serial/by-id/usb-FTDI_FT231X-if00-port0";
    let arguments =
        ["init", "--port", port, "--port", "usb:0403:6015", "--base", "nodes/bridge/7", "--simulator"];
    let output = hub(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(0), "{}", err(&output));
    assert!(out(&output).contains("wrote clown-hub.toml with 3 links"), "{}", out(&output));
    let shown = out(&hub(folder.path(), &["check", "--show"]));
    for line in [
        "base = \"nodes/bridge/7\"",
        "base = \"nodes/bridge/1\"",
        "usb = \"0403:6015\"",
        "kind = \"simulator\"",
    ] {
        assert!(shown.contains(line), "{line}\n{shown}");
    }
    std::fs::write(folder.path().join("clown-hub.toml"), "mine").unwrap();
    let output = hub(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("--force"), "{}", err(&output));
    assert_eq!(std::fs::read_to_string(folder.path().join("clown-hub.toml")).unwrap(), "mine");
    assert_eq!(hub(folder.path(), &["init", "--simulator", "--force"]).status.code(), Some(0));
    assert_eq!(hub(folder.path(), &["check"]).status.code(), Some(0));
}

#[test]
fn init_writes_a_line_of_wired_devices_and_check_knows_whether_its_definitions_go_together() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let init = |more: &[&str]| {
        let line = ["init", "--force", "--port", "/dev/ttyS0"];
        let output = hub(folder.path(), &[&line, more].concat());
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        hub(folder.path(), &["check"])
    };
    let good = init(&["--speaks", "1 eastron/sdm230", "--speaks", "17 waveshare/modbus-rtu-relay"]);
    assert_eq!(good.status.code(), Some(0), "{}", err(&good));
    assert!(!err(&good).contains("warning"), "{}", err(&good));
    for (speaks, says) in [
        (["eastron/sdm23", "eastron/sdm230"], "did you mean `eastron/sdm230`?"),
        (["victron/mppt", "eastron/sdm230"], "cannot share a line"),
        (["1 eastron/sdm230", "1 waveshare/modbus-rtu-relay"], "unit 1 is there twice"),
        (["3 victron/mppt", "victron/mppt"], "leave out the number"),
        (["tasmota/generic", "victron/mppt"], "not about a serial line"),
    ] {
        let told = init(&["--speaks", speaks[0], "--speaks", speaks[1]]);
        assert_eq!(told.status.code(), Some(0), "the hub runs with it");
        assert!(err(&told).contains("link[1].speaks") && err(&told).contains(says), "{}", err(&told));
    }
}

#[test]
fn init_without_a_terminal_asks_for_flags() {
    let folder = tempfile::tempdir().unwrap();
    let output = hub(folder.path(), &["init"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("--port"), "{}", err(&output));
    assert!(!folder.path().join("clown-hub.toml").exists());
}

#[test]
fn clients_without_a_hub_say_where_they_looked() {
    let folder = tempfile::tempdir().unwrap();
    for arguments in [&["watch"][..], &["set", "relay/i2c0-3b", "state=true"], &["talk", "local"]] {
        let output = hub(folder.path(), arguments);
        assert_eq!(output.status.code(), Some(3), "{arguments:?}");
        let said = err(&output);
        assert!(said.contains("no running hub found in ") && said.contains("--data DIR"), "{said}");
        assert!(said.contains("wss://USER:PASSWORD@HOST"), "{said}");
    }
    let output = hub(folder.path(), &["talk", "wss://clown:secret@127.0.0.1:1"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(
        err(&output).contains("is the hub running?") && !err(&output).contains("secret"),
        "{}",
        err(&output)
    );
    let output = hub(folder.path(), &["talk", "ws://clown:secret@192.0.2.1:80"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(err(&output).contains("unencrypted"), "{}", err(&output));
    assert_eq!(hub(folder.path(), &["set", "relay/i2c0-3b", "state"]).status.code(), Some(2));
    assert_eq!(hub(folder.path(), &["watch", "a/#/b"]).status.code(), Some(2));
}

#[test]
fn the_manual_of_the_command_line_names_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let manual = include_str!("../docs/command-line.md");
    let help = out(&hub(folder.path(), &["--help"]));
    let commands =
        help.split("Commands:\n").nth(1).and_then(|rest| rest.split("\n\n").next()).expect("commands");
    for line in commands.lines() {
        let name = line.split_whitespace().next().expect("a name");
        assert!(name == "help" || manual.contains(&format!("| `{name}` |")), "{name} is not in the manual");
    }
}
