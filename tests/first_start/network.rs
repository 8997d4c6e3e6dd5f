//! Two hubs and a neighbour on a network of their own: a bridge, a name space for each hub, real packets.

use std::net::Ipv4Addr;
use std::process::Command;

use rustls::pki_types::ServerName;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::common::{Hub, Launch, need, tls, until};
use super::ear::{A, Ear, PTR, SRV};
use super::{apart, fs, setup, setup_json};

/// The neighbour is 10.77.0.1; each hub sits behind `eth0` of a name space and has no address yet.
const CABLES: &str = "mount -t tmpfs tmpfs /run
    PATH=$PATH:/usr/sbin:/sbin
    ip link set lo up
    ip link add br0 type bridge
    ip addr add 10.77.0.1/24 dev br0
    ip link set br0 up
    ip route add 224.0.0.0/4 dev br0
    for n in 2 3; do
        ip netns add h$n
        ip link add v$n type veth peer name eth0 netns h$n
        ip link set v$n master br0 up
        nsenter --net=/run/netns/h$n ip link set lo up
        nsenter --net=/run/netns/h$n ip link set eth0 up
    done";

fn in_a_network(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    need("ip", "iproute2").arg("-V").output().expect("it runs");
    apart(&format!("network::{test}"), &["--net"], folder.path(), CABLES);
}

fn inside(number: u8) -> String {
    format!("--net=/run/netns/h{number}")
}

/// Gives a hub's machine its address.
fn connect(number: u8) {
    let address = format!("10.77.0.{number}/24");
    let mut command = need("nsenter", "util-linux");
    let command: &mut Command = command.args([&inside(number), "ip", "addr", "add", &address, "dev", "eth0"]);
    assert!(command.status().expect("it runs").success());
}

fn launch(number: u8) -> Launch {
    Launch::run("").listening("0.0.0.0:8443").by(&["nsenter", &inside(number)])
}

/// The status that the hub at `address` gives to a visitor who came for `host`; the certificate is verified for it.
async fn visit(hub: &Hub, address: &str, host: &str) -> String {
    let socket = TcpStream::connect(format!("{address}:8443")).await.unwrap();
    let name = ServerName::try_from(host.to_owned()).unwrap();
    let mut session = match TlsConnector::from(tls::trusting(&hub.ca())).connect(name, socket).await {
        Ok(session) => session,
        Err(error) => return error.to_string(),
    };
    let request = format!("GET /setup HTTP/1.1\r\nHost: {host}:8443\r\nConnection: close\r\n\r\n");
    session.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // Some servers end a session without its last word.
    let _ = session.read_to_string(&mut answer).await;
    answer.split_whitespace().nth(1).unwrap_or_default().to_owned()
}

#[test]
fn a_hub_is_found_by_name_and_a_second_one_counts_on() {
    in_a_network("two_hubs_and_a_neighbour");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs in a network of its own, started by the test above"]
async fn two_hubs_and_a_neighbour() {
    let ear = Ear::at(Ipv4Addr::new(10, 77, 0, 1));
    connect(2);
    connect(3);
    let mut one = launch(2).start();
    assert_eq!(one.said("by_name"), "https://hub.local:8443");
    assert_eq!(ear.ask("hub.local", A), ["10.77.0.2"]);
    assert_eq!(ear.ask("_https._tcp.local", PTR), ["hub._https._tcp.local"]);
    assert_eq!(ear.ask("hub._https._tcp.local", SRV), ["8443 hub.local"]);
    assert_eq!(ear.ask("_clown-hub._tcp.local", PTR), ["hub._clown-hub._tcp.local"]);
    assert_eq!(visit(&one, "10.77.0.2", "hub.local").await, "200");

    let two = launch(3).start();
    assert_eq!(two.said("by_name"), "https://hub-2.local:8443", "{}", two.log());
    assert!(two.log().contains("the name hub.local was taken; this hub is hub-2.local"), "{}", two.log());
    assert_eq!(ear.ask("hub-2.local", A), ["10.77.0.3"]);
    assert_eq!(ear.ask("hub.local", A), ["10.77.0.2"]);
    assert_eq!(ear.ask("hub-2._https._tcp.local", SRV), ["8443 hub-2.local"]);
    // Its certificate has the new name, it answers to it, and to the other hub's no more.
    assert_eq!(visit(&two, "10.77.0.3", "hub-2.local").await, "200");
    assert_ne!(visit(&two, "10.77.0.3", "hub.local").await, "200");
    let told = until("the name to be posted", async || {
        Some(setup_json(&two.data())).filter(|told| told["by_name"] == "https://hub-2.local:8443")
    })
    .await;
    assert_eq!(told["address"], "https://10.77.0.3:8443");
    let (_, said, _) = setup(&two.data(), &["--ascii"]);
    assert!(said.contains("https://hub-2.local:8443") && said.contains("https://10.77.0.3:8443"), "{said}");

    one.stop();
    ear.hear_good_bye("hub.local");
    // The name does not wander when the first one is free again.
    let two = two.restart();
    assert_eq!(two.said("by_name"), "https://hub-2.local:8443");
    assert_eq!(ear.ask("hub-2.local", A), ["10.77.0.3"]);
}

#[test]
fn of_two_hubs_whose_networks_become_one_the_newcomer_counts_on() {
    in_a_network("two_networks_that_become_one");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs in a network of its own, started by the test above"]
async fn two_networks_that_become_one() {
    let ip = |words: &[&str]| {
        assert!(need("ip", "iproute2").args(words).status().expect("it runs").success(), "{words:?}");
    };
    ip(&["link", "set", "v2", "nomaster"]);
    ip(&["link", "set", "v2", "up"]);
    let ear = Ear::at(Ipv4Addr::new(10, 77, 0, 1));
    connect(2);
    connect(3);
    let (one, two) = (launch(2).start(), launch(3).start());
    for hub in [&one, &two] {
        assert_eq!(hub.said("by_name"), "https://hub.local:8443", "alone in its network");
    }
    ip(&["link", "set", "v2", "master", "br0"]);
    // The router of the new network gives it one more address.
    let address = ["ip", "addr", "add", "10.77.0.22/24", "dev", "eth0"];
    let mut command = need("nsenter", "util-linux");
    assert!(command.arg(inside(2)).args(address).status().expect("it runs").success());
    until("one of them to give the name up", async || {
        [&one, &two].iter().any(|hub| hub.log().contains("this hub is hub-2.local")).then_some(())
    })
    .await;
    let (first, second) = (ear.ask("hub.local", A), ear.ask("hub-2.local", A));
    assert!(first.iter().all(|address| !second.contains(address)), "{first:?} {second:?}");
}

#[test]
fn a_network_that_comes_later_is_taken_as_it_comes() {
    in_a_network("a_late_network");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs in a network of its own, started by the test above"]
async fn a_late_network() {
    let ear = Ear::at(Ipv4Addr::new(10, 77, 0, 1));
    let run = tempfile::tempdir().unwrap();
    let hub = launch(2).environment("RUNTIME_DIRECTORY", &run.path().display().to_string()).start();
    assert_eq!(hub.address(), "https://127.0.0.1:8443");
    let noise = |log: String| log.lines().any(|line| line.contains("WARN") || line.contains("ERROR"));
    assert!(!noise(hub.log()), "{}", hub.log());
    connect(2);
    assert_eq!(ear.ask("hub.local", A), ["10.77.0.2"]);
    until("the screen to show the new address", async || {
        let issue = fs::read_to_string(run.path().join("issue")).ok()?;
        issue.contains("https://hub.local:8443  or  https://10.77.0.2:8443").then_some(())
    })
    .await;
    until("a certificate for the new address", async || {
        (visit(&hub, "10.77.0.2", "10.77.0.2").await == "200").then_some(())
    })
    .await;
    assert_eq!(visit(&hub, "10.77.0.2", "hub.local").await, "200");
    until("the new address to be posted", async || {
        (setup_json(&hub.data())["address"] == "https://10.77.0.2:8443").then_some(())
    })
    .await;
    until("programs on this machine to know the new certificate", async || {
        let watch = need("nsenter", "util-linux")
            .args([&inside(2), env!("CARGO_BIN_EXE_clown-hub"), "watch", "$hub/#", "--count", "1", "--data"])
            .arg(hub.data())
            .output()
            .expect("the program starts");
        watch.status.success().then_some(())
    })
    .await;
    assert!(!noise(hub.log()), "{}", hub.log());
}
