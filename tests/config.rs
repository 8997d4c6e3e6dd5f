//! The configuration file at its border: text in, every problem with its place out.

use std::path::{Path, PathBuf};

use clown_hub::broker::Anonymous;
use clown_hub::config::{self, Loaded, Port, Problems, SampleLink, SampleWay, Speaks};
use clown_hub::link::mqtt::Address;
use clown_hub::talk::Topic;

const FILE: &str = "hub/clown-hub.toml";

fn read(text: &str) -> Result<Loaded, Problems> {
    config::read(Path::new(FILE), text.to_owned())
}

/// The problems of `text`, one line each, without the file's name.
fn problems(text: &str) -> Vec<String> {
    let problems = read(text).expect_err(text);
    problems.0.iter().map(|problem| problem.to_string().replacen("hub/clown-hub.toml:", "", 1)).collect()
}

/// Checks that `text` has exactly one problem, and that it begins with `begin` and says `says`.
fn check(text: &str, begin: &str, says: &str) {
    let problems = problems(text);
    assert_eq!(problems.len(), 1, "{text}\n{problems:#?}");
    assert!(problems[0].starts_with(begin), "{text}\nwanted {begin}\n   got {}", problems[0]);
    assert!(problems[0].contains(says), "{text}\nwanted {says}\n   got {}", problems[0]);
}

fn speaks() -> Vec<Speaks> {
    ["1 eastron/sdm230", "17 waveshare/modbus-rtu-relay"].map(|text| Speaks::parse(text).expect(text)).into()
}

fn sample() -> String {
    let base = |base| Topic::new(base).expect("a topic");
    let link = |name: &str, way| SampleLink { name: name.into(), way };
    let usb = Port::Usb { vendor: 0x0403, product: 0x6015, serial: Some("bc-usb-dongle-r1".into()) };
    let device = Port::Path("/dev/serial/by-id/usb-FTDI_FT231X-if00-port0".into());
    config::sample(&[
        link("bridge", SampleWay::Serial { base: base("nodes/bridge/0"), port: device }),
        link("dongle", SampleWay::Serial { base: base("nodes/bridge/1"), port: usb }),
        link("radio", SampleWay::Tower { port: Port::Path("/dev/bcUD0".into()) }),
        link("line", SampleWay::Wired { port: Port::Path("/dev/ttyS0".into()), speaks: speaks() }),
        link("simulator", SampleWay::Simulator { base: base("nodes/bridge/simulator") }),
        link("broker", SampleWay::Mqtt { url: Address::parse("mqtts://broker").expect("an address") }),
    ])
}

/// The sample with the section switched on that it only shows.
fn sample_with_broker() -> String {
    sample().replace("# [broker]", "[broker]")
}

/// The sample with every commented setting switched on, so that mutations reach all of them.
fn full_sample() -> String {
    let is_setting = |line: &str| {
        let key = line.split(" = ").next().unwrap_or_default();
        line.contains(" = ") && key.chars().all(|c| c.is_ascii_lowercase() || c == '_')
    };
    let line = |line: &str| match line.strip_prefix("# ") {
        Some(rest) if is_setting(rest) => rest.to_owned(),
        _ => line.to_owned(),
    };
    sample_with_broker().lines().map(line).collect::<Vec<_>>().join("\n") + "\n"
}

#[test]
fn an_empty_file_is_the_default() {
    let loaded = read("").unwrap();
    assert_eq!(loaded.config.web, config::WebConfig::default());
    assert!(loaded.config.web.require_handshake);
    assert!(!loaded.config.web.push_commands);
    assert_eq!(loaded.config.links, []);
    assert_eq!(loaded.config.broker, None);
    assert_eq!(loaded.config.hub.data, PathBuf::from("hub/data"));
    assert!(loaded.settings.iter().all(|setting| setting.place.is_none()));
}

#[test]
fn the_sample_says_what_was_chosen_and_otherwise_the_defaults() {
    let loaded = read(&sample()).unwrap();
    let bases: Vec<_> =
        loaded.config.links.iter().filter_map(|link| link.base.as_ref()).map(Topic::as_str).collect();
    assert_eq!(bases, ["nodes/bridge/0", "nodes/bridge/1", "nodes/bridge/simulator"]);
    assert_eq!(loaded.config.web, config::WebConfig::default());
    assert_eq!(read(&config::sample(&[])).unwrap().config.links, []);
}

#[test]
fn the_sample_shows_every_setting_with_its_default() {
    let (shown, plain) = (read(&full_sample()).unwrap(), read(&sample_with_broker()).unwrap());
    // These have no default that a file could show: they name places of a particular machine.
    let personal = ["web.plain_http", "web.cert", "web.key", "web.names", "web.origins", "broker.tls_listen"];
    for (shown, plain) in shown.settings.iter().zip(&plain.settings) {
        assert_eq!(shown.key, plain.key);
        let other_kinds = [".device", ".usb", ".password_env"];
        let of_other_kind = other_kinds.iter().any(|key| shown.key.ends_with(key));
        assert!(shown.place.is_some() || of_other_kind, "the sample does not mention {}", shown.key);
        // A simulated bridge refuses nothing unless it is told to; an account and certificates are everyone's own.
        let own = [
            ".gateway",
            ".refuse",
            ".user",
            ".password_file",
            ".ca",
            ".cert",
            ".key",
            ".client_id",
            ".baud",
            ".settings",
        ];
        let is_own = own.iter().any(|key| shown.key.ends_with(key));
        if !personal.contains(&shown.key.as_str()) && !is_own {
            assert_eq!(shown.value, plain.value, "{}", shown.key);
        }
    }
}

#[test]
fn the_name_on_the_network_is_one_label() {
    assert_eq!(read("[mdns]\nname = \"Attic-1\"").unwrap().config.mdns.name, "attic-1");
    assert!(!read("[mdns]\nenabled = false").unwrap().config.mdns.enabled);
    check("[mdns]\nname = \"hub.local\"", "2:8: mdns.name: found \"hub.local\"", "write \"hub\"");
    check("[mdns]\nname = \"my hub\"", "2:8: mdns.name: ", "write \"my-hub\"");
    check("[mdns]\nname = \"-hub\"", "2:8: mdns.name: ", "write \"hub\"");
    check("[mdns]\nname = \"žlutý\"", "2:8: mdns.name: ", "1 to 50 letters a to z");
    check(&format!("[mdns]\nname = \"{}\"", "x".repeat(51)), "2:8: mdns.name: ", "1 to 50 letters");
    check("[mdns]\nname = true", "2:8: mdns.name: found true", "such as \"hub\"");
    check("[mdns]\nenable = true", "2:1: mdns.enable: unknown key", "did you mean enabled?");
}

#[test]
fn all_problems_are_told_at_once_in_the_order_of_the_file() {
    let text = "[web]\nlisten = 8443\nrequire_hanshake = false\n\n[log]\nlevel = \"loud\"\n\n[[link]]\nkind = \"seriel\"\n";
    let found = problems(text);
    assert_eq!(
        found,
        [
            "2:10: web.listen: found 8443; allowed: an address and a port from 1 to 65535, such as \"0.0.0.0:8443\", \
             \"127.0.0.1:8443\" or \"[::]:8443\"; write \"0.0.0.0:8443\"",
            "3:1: web.require_hanshake: unknown key; allowed: listen, plain_http, cert, key, names, \
             origins, connections, connections_per_address, require_handshake, push_commands, messages_mib; did you mean require_handshake?",
            "6:9: log.level: found \"loud\"; allowed: \"off\", \"error\", \"warn\", \"info\", \"debug\" or \"trace\", \
             also per room: \"info,link=debug\"; \"loud\" is no level; a level is one of off, error, warn, info, \
             debug, trace",
            "8:1: link[1].name: is missing; allowed: 1 to 32 letters, digits, `-` and `_` in quotes",
            "9:8: link[1].kind: found \"seriel\"; allowed: \"serial\", \"tower\", \"wired\", \"simulator\", \"mqtt\"; did you mean \"serial\"?",
        ]
    );
}

#[test]
fn every_kind_of_wrong_value_names_its_place_and_what_is_allowed() {
    let link = |rest: &str| format!("[[link]]\nname = \"a\"\nkind = \"serial\"\n{rest}");
    check("[hub]\ndata = \"\"", "2:8: hub.data", "remove the line");
    check("[web]\nnames = [\"a\\u0007\"]", "2:9: web.names", "a list of texts");
    check("[hub]\ndata = 5", "2:8: hub.data", "a path in quotes");
    check("hub = 5", "1:7: hub: found 5", "a table [hub]");
    check("[[hub]]\ndata = \"x\"", "1:1: hub: found [[hub]]", "a table [hub]");
    check("[web]\nlisten = \"0.0.0.0:0\"", "2:10: web.listen", "only --listen may ask for that");
    check("[web]\nlisten = \"0.0.0.0:70000\"", "2:10: web.listen", "from 1 to 65535");
    check("[web]\nlisten = \":8443\"", "2:10: web.listen", "write \"0.0.0.0:8443\"");
    check("[web]\nlisten = \"localhost:8443\"", "2:10: web.listen", "write \"127.0.0.1:8443\"");
    check("[web]\nrequire_handshake = \"no\"", "2:21: web.require_handshake", "write false, without quotes");
    check("[web]\nrequire_handshake = 0", "2:21: web.require_handshake: found 0", "true or false");
    check("[web]\nnames = \"hub\"", "2:9: web.names", "write [\"hub\"]");
    check("[web]\norigins = [\"page.example\"]", "2:11: web.origins", "write \"https://page.example\"");
    check("[web]\norigins = [\"https://a/\"]", "2:11: web.origins", "no `/` at the end");
    check("[web]\ncert = \"a.pem\"", "2:8: web.cert: found without `key`", "both or neither");
    check(
        "[web]\nplain_http = \"127.0.0.1:8443\"",
        "2:14: web.plain_http: port 8443 is taken",
        "a port of its own",
    );
    check("[web]\nconnections = \"5\"", "2:15: web.connections", "write 5, without quotes");
    check("[web]\nconnections = 0", "2:15: web.connections: found 0", "from 1 to 1000000");
    check("[web]\nconnections = 99999999999999999999", "2:15:", "integer");
    check("[weeb]\nlisten = \"x\"", "1:2: weeb: unknown section", "did you mean web?");
    check(
        "auth = false",
        "1:1: auth: unknown key",
        "hub, web, mdns, broker, discovery, history, events, link, log",
    );
    check("[link]\nname = \"a\"", "1:1: link: found one [link]", "write [[link]]");
    check(&link(""), "1:1: link[1].device: is missing", "clown-hub ports");
    check(
        &link("device = \"/dev/a\"\nusb = \"0403:6015\""),
        "5:7: link[1].usb: found beside `device`",
        "one of",
    );
    check(&link("usb = \"403:6015\""), "4:7: link[1].usb", "four hexadecimal digits");
    check(&link("usb = \"0403:6015:\""), "4:7: link[1].usb", "leave out the last colon");
    check(&link("device = \"/dev/a\"\nbaud = 9"), "5:8: link[1].baud: found 9", "from 300 to 4000000");
    check(&link("device = \"/dev/a\"\nbase = \"a/+/b\""), "5:8: link[1].base", "wildcard");
    check(&link("device = \"/dev/a\"\nbase = \"a//b\""), "5:8: link[1].base", "no level may be empty");
    check(&link("device = \"/dev/a\"\nbase = \"$hub\""), "5:8: link[1].base", "a topic in quotes");
    check(&link("device = \"/dev/a\"\ninterval = \"1 s\""), "5:1: link[1].interval: unknown key", "baud");
    check("[[link]]\nname = \"a\"\nkind = \"simulator\"\ninterval = 5", "4:12:", "write \"5 s\"");
    check("[[link]]\nname = \"a b\"\nkind = \"simulator\"", "2:8: link[1].name: found \"a b\"", "letters");
    check("[log]\nlevel = \"info,lnk=debug\"", "2:9: log.level", "did you mean \"link\"?");
    check("[discovery]\naccept = [\"tasmotta\"]\n", "2:", "did you mean tasmota? There are all, ");
    let link = "[[link]]\nname = \"home\"\nkind = \"mqtt\"\nurl = \"mqtt://a\"\n";
    let offer = |topics: &str, to: &str| format!("{link}topics = [\"{topics}\"]\noffer = [\"{to}\"]\n");
    check(&offer("nodes/# out", "home_assistant"), "6:9: link[1].offer: found", "homeassistant");
    check(&offer("nodes/# out", "home_assistant"), "6:", "did you mean homeassistant?");
    check(&offer("# in", "homeassistant"), "6:", "no line of `topics` lets anything out");
    let twice = offer("nodes/# out", "homeassistant");
    let twice = format!("{twice}{}", twice.replace("\"home\"", "\"other\""));
    check(&twice, "12:", "an earlier link offers devices at mqtt://a:1883, too");
    check("[broker]\ntopics = [\"# in\"]\noffer = [\"homeassistant\"]\n", "3:", "add \"nodes/# out\"");
    check("[discovery]\naccept = \"tasmota\"\n", "2:", "discovery.accept: found \"tasmota\"; allowed: ");
}

#[test]
fn every_mistake_about_a_broker_names_its_place_and_the_way_out() {
    let link = |rest: &str| format!("[[link]]\nname = \"a\"\nkind = \"mqtt\"\n{rest}");
    let plain = |rest: &str| link(&format!("url = \"mqtt://h\"\ntopics = [\"nodes/# both\"]\n{rest}"));
    let topics = |list: &str| link(&format!("url = \"mqtt://h\"\ntopics = {list}"));
    assert!(read(&plain("")).is_ok());
    check(&link("topics = [\"a in\"]"), "1:1: link[1].url: is missing", "mqtts://HOST:PORT");
    check(&link("url = \"mqtt://h\""), "1:1: link[1].topics: is missing", "in|out|both");
    check(&link("url = \"h:1884\"\ntopics = [\"a in\"]"), "4:7: link[1].url", "write mqtt://h:1884");
    check(&topics("[]"), "5:10: link[1].topics: is empty", "write [\"nodes/# both\"]");
    check(&topics("\"nodes/# both\""), "5:10: link[1].topics", "write [\"nodes/# both\"]");
    check(&topics("[\"a in\", \"b\"]"), "5:19: link[1].topics: found \"b\"", "has no direction");
    check(&topics("[\"a in\", 5]"), "5:19: link[1].topics: found 5", "in|out|both");
    check(&topics("[\"nodes/#/x both\"]"), "5:11: link[1].topics", "nodes/#/x");
    check(&plain("version = \"4\""), "6:11: link[1].version: found \"4\"", "\"auto\", \"5\", \"3.1.1\"");
    check(&plain("keep_alive = \"1 s\""), "6:14: link[1].keep_alive", "from \"5 s\" to \"10 min\"");
    check(&plain("user = \"u\"\npassword = \"x\""), "7:12: link[1].password: found here", "chmod 600");
    check(&plain("password_env = \"P\""), "1:1: link[1].user: is missing", "the password belongs to");
    let both = "user = \"u\"\npassword_file = \"f\"\npassword_env = \"P\"";
    check(&plain(both), "8:16: link[1].password_env: found beside", "one of");
    check(&plain("user = \"u\"\npassword_env = \"$P\""), "7:16: link[1].password_env", "leave out the $");
    check(&plain("cert = \"c\""), "6:8: link[1].cert: found without `key`", "both or neither");
    check(&plain("ca = \"c\""), "6:6: link[1].ca: found with mqtt://h:1883", "write url = \"mqtts://h\"");
    check(&plain("client_id = \"a b\""), "6:13: link[1].client_id", "visible characters");
    check(&plain("base = \"nodes/x\""), "6:1: link[1].base: unknown key", "did you mean bases?");
    check(&plain("bases = [\"a/#\"]"), "6:9: link[1].bases", "wildcard");
}

#[test]
fn every_mistake_about_a_radio_dongle_names_its_place_and_the_way_out() {
    let link = |rest: &str| format!("[[link]]\nname = \"a\"\nkind = \"tower\"\n{rest}");
    let plain = |rest: &str| link(&format!("device = \"/dev/a\"\n{rest}"));
    let good = "gateway = \"attic-{id}\"\nautomatic_rename = false\nrename = [\"836d1983631e room\", \"836d19836321 a room\"]";
    assert!(read(&plain(good)).is_ok());
    check(&link(""), "1:1: link[1].device: is missing", "clown-hub ports");
    check(&plain("baud = 9600"), "5:1: link[1].baud: unknown key", "automatic_rename");
    check(&plain("base = \"nodes/x\""), "5:1: link[1].base: unknown key", "gateway");
    check(&plain("gateway = \"a/b\""), "5:11: link[1].gateway", "without `/`");
    check(&plain("gateway = \"all\""), "5:11: link[1].gateway", "such as \"attic\"");
    check(&plain("gateway = \"{ip}\""), "5:11: link[1].gateway", "`{id}` never does");
    check(&plain("automatic_rename = \"yes\""), "5:20: link[1].automatic_rename", "true or false");
    check(&plain("rename = [\"836d1983631 room\"]"), "5:11: link[1].rename", "12 digits");
    check(&plain("rename = [\"836d1983631e a/b\"]"), "5:11: link[1].rename", "up to 32 bytes");
    check(&plain("rename = [\"836d1983631e\"]"), "5:11: link[1].rename", "ID NAME");
}

#[test]
fn every_mistake_about_wired_devices_names_its_place_and_the_way_out() {
    let link =
        |rest: &str| format!("[[link]]\nname = \"a\"\nkind = \"wired\"\ndevice = \"/dev/ttyS0\"\n{rest}");
    check(&link(""), "1:1: link[1].speaks: is missing", "[\"victron/mppt\"]");
    check(&link("speaks = \"victron/mppt\""), "5:10: link[1].speaks: ", "write [\"victron/mppt\"]");
    check(&link("speaks = [\"300 a/b\"]"), "5:11: link[1].speaks: ", "from 1 to 247");
    check(&link("speaks = [\"mppt\"]"), "5:11: link[1].speaks: ", "[\"victron/mppt\"]");
    let speaks = "speaks = [\"victron/mppt\"]\n";
    check(&link(&format!("{speaks}baud = 1")), "6:8: link[1].baud: found 1", "300 to 4000000");
    check(&link(&format!("{speaks}settings = \"8n1\"")), "6:12: link[1].settings: ", "write \"8N1\"");
    check(&link(&format!("{speaks}base = \"nodes/a\"")), "6:1: link[1].base: unknown key", "speaks");
}

#[test]
fn a_device_comes_through_a_line_or_through_a_broker() {
    let line = "[[link]]\nname = \"a\"\nkind = \"serial\"\ndevice = \"/dev/a\"\n";
    let broker = |name: &str| {
        format!(
            "[[link]]\nname = \"{name}\"\nkind = \"mqtt\"\nurl = \"mqtt://h\"\ntopics = [\"a in\"]\nbases = [\"nodes/bridge/0\"]\n"
        )
    };
    let elsewhere = "a device that no other link brings";
    check(
        &(line.to_owned() + &broker("b")),
        "10:9: link[2].bases: \"nodes/bridge/0\" is the base of an earlier link",
        elsewhere,
    );
    check(&(broker("b") + line), "7:1: link[2].base: \"nodes/bridge/0\" is named in `bases`", elsewhere);
    assert!(read(&(broker("b") + &broker("c"))).is_ok(), "two brokers may bring the same device");
}

#[test]
fn a_password_in_the_wrong_place_is_never_repeated() {
    let link = |rest: &str| format!("[[link]]\nname = \"a\"\nkind = \"mqtt\"\ntopics = [\"a in\"]\n{rest}");
    for wrong in [
        "url = \"mqtt://u:s3cr3t@h\"",
        "url = \"tcp://u:s3cr3t@h\"",
        "url = \"u:s3cr3t@h\"",
        "url = \"mqtts://u:s3@cr3t@h:1\"",
        "url = \"mqtt://h\"\nuser = \"u\"\npassword = \"s3cr3t\"",
        "url = \"mqtt://h\"\nuser = \"u\"\npassword_env = \"s3cr3t!\"",
    ] {
        let told = problems(&link(wrong)).join("\n");
        assert!(!told.contains("cr3t"), "{wrong}\n{told}");
    }
    let told = problems(&link("url = \"mqtt://u:s3cr3t@h\"")).join("\n");
    assert!(told.contains("found \"mqtt://***@h\"") && told.contains("password_file"), "{told}");
}

#[test]
fn a_syntax_error_has_a_place() {
    check("[web\nlisten = 1", "1:5:", "");
    check("[web]\nlisten = 0.0.0.0:8443\n", "2:", "");
    check("[web]\nlisten = \"a\"\nlisten = \"b\"\n", "3:1:", "duplicate key");
}

#[test]
fn a_broker_is_there_when_its_section_is() {
    let broker = |text: &str| read(text).unwrap().config.broker;
    assert_eq!(broker("[web]"), None);
    assert_eq!(broker("[broker]"), Some(config::BrokerConfig::default()));
    assert!(broker("[broker]").unwrap().listen.ip().is_loopback());
    assert_eq!(broker("[broker]\nanonymous = \"loopback\"").unwrap().anonymous, Anonymous::Loopback);
    assert_eq!(broker("[broker]\nqueue = \"64 KiB\"").unwrap().limits.queue, 65_536);
    check("[broker]\nanonymous = true", "2:13: broker.anonymous", "nobody beyond this machine");
    check("[broker]\nanonymous = \"all\"", "2:13: broker.anonymous", "false, or \"loopback\"");
    check("[broker]\npacket = 100000", "2:10: broker.packet", "write \"100000 B\"");
    check("[broker]\npacket = \"1 GB\"", "2:10: broker.packet", "a size with its unit");
    check(
        "[broker]\npacket = \"65 MiB\"",
        "2:10: broker.packet: found \"65 MiB\"",
        "from \"1 KiB\" to \"64 MiB\"",
    );
    check("[broker]\ntls_listen = \"0.0.0.0:1883\"", "2:14: broker.tls_listen", "a port of its own");
    check("[broker]\ntopics = [\"nodes/#\"]", "2:11: broker.topics", "in|out|both");
    check("[broker]\npersistence = true", "2:1: broker.persistence: unknown key", "session");
}

#[test]
fn links_never_share_a_name_a_base_or_a_port() {
    let link = |name: &str, rest: &str| format!("[[link]]\nname = \"{name}\"\nkind = \"serial\"\n{rest}\n");
    let two = |name: &str, first: &str, second: &str| link("a", first) + &link(name, second);
    check(&two("a", "device = \"/dev/a\"", "device = \"/dev/b\""), "6:8: link[2].name: \"a\" is taken", "");
    check(
        &two("b", "device = \"/dev/a\"", "device = \"/dev/a\""),
        "8:10: link[2].device",
        "is taken by an earlier link",
    );
    check(
        &two("b", "usb = \"0403:6015\"", "usb = \"0403:6015\""),
        "8:7: link[2].usb",
        "is taken by an earlier link",
    );
    let second = "device = \"/dev/b\"\nbase = \"nodes/bridge/0\"";
    check(&two("b", "device = \"/dev/a\"", second), "9:8: link[2].base", "is taken by an earlier link");
}

#[test]
fn byte_order_mark_crlf_and_tabs_mean_nothing() {
    let plain = read(&sample()).unwrap();
    let text = format!("\u{feff}{}", sample().replace('\n', "\r\n").replace(" = ", "\t=\t"));
    assert_eq!(read(&text).unwrap().config, plain.config);
    check("\u{feff}[wb]\r\n", "1:2: wb", "did you mean web?");
    check("[web]\n\tlisten\t=\t1", "2:11: web.listen", "");
}

#[test]
fn a_file_that_cannot_be_read_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("clown-hub.toml");
    let message = config::load(&file).unwrap_err().to_string();
    assert!(message.contains("clown-hub init"), "{message}");
    std::fs::write(&file, b"[hub]\ndata = \"K\xfcche\"\n").unwrap();
    let message = config::load(&file).unwrap_err().to_string();
    assert!(message.contains("clown-hub.toml:2:10: byte 0xfc is not UTF-8"), "{message}");
    let message = config::load(folder.path()).unwrap_err().to_string();
    assert!(message.contains("is a directory"), "{message}");
}

#[test]
fn a_thousand_links_load_in_no_time() {
    let link =
        |n: usize| format!("[[link]]\nname = \"link-{n}\"\nkind = \"serial\"\ndevice = \"/dev/tty{n}\"\n");
    let text: String = (0..1000).map(link).collect();
    let start = std::time::Instant::now();
    assert_eq!(read(&text).unwrap().config.links.len(), 1000);
    assert!(start.elapsed() < std::time::Duration::from_secs(2));
}

/// A small generator of repeatable pseudo-random numbers (SplitMix64).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }
}

/// Changes, removes or inserts one character; returns the text and the line that was touched.
fn mutate(text: &str, random: &mut Random) -> (String, usize) {
    const PUT: &[char] =
        &['a', 'z', '0', '9', '"', '\'', '=', '[', ']', '#', '.', ',', ' ', '\n', '-', '_', '\\', 'é', '\0'];
    let mut characters: Vec<char> = text.chars().collect();
    let at = random.below(characters.len());
    let line = characters[..at].iter().filter(|c| **c == '\n').count() + 1;
    match random.below(3) {
        0 => characters[at] = PUT[random.below(PUT.len())],
        1 => drop(characters.remove(at)),
        _ => characters.insert(at, PUT[random.below(PUT.len())]),
    }
    (characters.into_iter().collect(), line)
}

/// After any one-character mutation the file is refused, or only settings on the touched line (and on the next, if a
/// line break went) mean something else.
#[test]
fn a_mutation_is_refused_or_means_only_what_it_says() {
    let text = full_sample();
    let before = read(&text).unwrap();
    let mut random = Random(2026);
    let (mut refused, mut accepted) = (0, 0);
    for _ in 0..4000 {
        let (mutated, line) = mutate(&text, &mut random);
        let after = match read(&mutated) {
            Err(problems) => {
                let all_placed = problems.0.iter().all(|problem| problem.line > 0 && problem.column > 0);
                assert!(all_placed && !problems.0.is_empty(), "{problems}");
                refused += 1;
                continue;
            }
            Ok(after) => after,
        };
        accepted += 1;
        let touched: Vec<&str> = text.lines().skip(line - 1).take(2).collect();
        for setting in &before.settings {
            let key = setting.key.rsplit('.').next().unwrap_or_default();
            let on_touched_line = touched.iter().any(|line| line.starts_with(&format!("{key} =")));
            let same = after.settings.iter().any(|s| s.key == setting.key && s.value == setting.value);
            assert!(same || on_touched_line, "{} changed silently by\n{mutated}", setting.key);
        }
    }
    assert!(refused > 1000 && accepted > 200, "{refused} refused, {accepted} accepted");
}

/// The part of the manual about one section of the file.
fn chapter<'a>(manual: &'a str, section: &str) -> &'a str {
    let begin = manual.find(&format!("## `{section}`")).unwrap_or_else(|| panic!("no chapter {section}"));
    let rest = &manual[begin + 4..];
    &rest[..rest.find("\n## ").unwrap_or(rest.len())]
}

#[test]
fn every_configuration_in_the_manuals_of_links_is_good() {
    let manuals = ["mqtt", "tower", "serial"].map(|name| {
        let file = format!("{}/docs/{name}.md", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(&file).expect(&file)
    });
    let examples = manuals.iter().flat_map(|manual| manual.split("```toml\n").skip(1));
    let examples: Vec<&str> = examples.filter_map(|rest| rest.split("```").next()).collect();
    assert!(examples.len() >= 4, "{examples:?}");
    for example in examples {
        if let Err(problems) = read(example) {
            panic!("{example}\n{problems}");
        }
    }
}

#[test]
fn the_manual_names_every_setting_with_its_default() {
    let manual = include_str!("../docs/configuration.md");
    let defaults = read(&sample_with_broker()).unwrap();
    for setting in &defaults.settings {
        let (section, key) = setting.key.rsplit_once('.').unwrap();
        let section =
            section.split_once('[').map_or(format!("[{section}]"), |(list, _)| format!("[[{list}]]"));
        let chapter = chapter(manual, &section);
        // Links of several kinds may have a key of one name, each with a default of its own.
        let rows: Vec<&str> =
            chapter.lines().filter(|line| line.starts_with(&format!("| `{key}` |"))).collect();
        assert!(!rows.is_empty(), "the manual does not name {}", setting.key);
        if setting.place.is_none() {
            let value =
                if setting.value.is_empty() { "not set".into() } else { format!("`{}`", setting.value) };
            let is_named = rows.iter().any(|row| row.contains(&format!("| {value} |")));
            assert!(is_named, "{}: {value} is not in {rows:?}", setting.key);
        }
    }
}
