//! Ports of other machines: behind a real ser2net, and units of Modbus TCP.

use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::common::{Heard, PtyDevice, free_port, need, until};
use crate::rig::{Rig, section};

/// A ser2net that serves one port.
struct Server {
    child: Child,
    _folder: TempDir,
}

impl Server {
    fn start(accepter: &str, device: &PtyDevice) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        // By its name it knows that this is no file of its older kind.
        let path = folder.path().join("ser2net.yaml");
        let serial = format!("serialdev,{},9600n81,local", device.terminal().display());
        let config = format!("connection: &port\n  accepter: {accepter}\n  connector: {serial}\n");
        std::fs::write(&path, config).expect("the temporary folder is writable");
        // In the foreground, and without locks in a folder that is root's.
        let child = need("ser2net", "ser2net")
            .args(["-n", "-u", "-c"])
            .arg(&path)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it is there");
        Self { child, _folder: folder }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

const READING: [u8; 9] = [0xff, 0x86, 0x03, 0x37, 0, 0, 0, 0, 0x40];

#[tokio::test]
async fn a_sensor_behind_a_server_is_read_and_the_server_may_go_and_come() {
    for (scheme, accepter) in [("tcp", "tcp,127.0.0.1"), ("rfc2217", "telnet(rfc2217),tcp,127.0.0.1")] {
        let mut sensor = PtyDevice::plugged();
        let port = free_port();
        let accepter = format!("{accepter},{port}");
        let url = format!("{scheme}://127.0.0.1:{port}");
        let mut rig = Rig::of(&section(&url, "speaks = [\"winsen/mh-z19\"]")).await;
        let absent = rig.link("server-absent").await;
        assert!(absent["reason"].as_str().is_some_and(|why| why.contains(&url)), "{absent}");
        let server = Server::start(&accepter, &sensor);
        answer(&mut sensor).await;
        // The bytes of the question and of the answer are such that Telnet has to double them.
        rig.says("nodes/winsen/line/co2-sensor/-", json!({ "concentration": [823, "ppm"] })).await;
        drop(server);
        rig.link("server-lost").await;
        let _server = Server::start(&accepter, &sensor);
        answer(&mut sensor).await;
        rig.link("up").await;
    }
}

/// Waits for the question and answers it.
async fn answer(sensor: &mut PtyDevice) {
    let question = [0xff, 0x01, 0x86, 0, 0, 0, 0, 0, 0x79];
    let mut heard = Vec::new();
    until("the hub to ask", || {
        heard.extend(sensor.take_bytes());
        let found = heard.windows(question.len()).any(|bytes| bytes == question).then_some(());
        async move { found }
    })
    .await;
    sensor.write(&READING).await;
}

#[tokio::test]
async fn units_of_modbus_tcp_are_read_and_late_answers_are_not_mistaken() {
    let server = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("modbus://{}", server.local_addr().expect("it is bound"));
    let meter = tokio::spawn(async move {
        loop {
            let (mut stream, _) = server.accept().await.expect("the hub connects");
            let mut late: Vec<u8> = Vec::new();
            let mut request = [0; 12];
            while stream.read_exact(&mut request).await.is_ok() {
                let [high, low, 0, 0, 0, 6, unit, 4, at_high, at, _, count] = request else {
                    panic!("no such request: {request:02X?}")
                };
                let words = (0..u16::from(count)).map(|word| {
                    let at = u16::from(at_high) << 8 | u16::from(at);
                    match at + word {
                        0 => 0x4366,
                        1 => 0x3334,
                        _ => 0,
                    }
                });
                let words: Vec<u8> = words.flat_map(u16::to_be_bytes).collect();
                let length = u8::try_from(words.len()).expect("a short answer");
                let answer = [&[high, low, 0, 0, 0, length + 3, unit, 4, length], &words[..]].concat();
                // Each answer comes with the one before it again, as if that had been on its way for long.
                stream.write_all(&[late.clone(), answer.clone()].concat()).await.expect("the hub reads");
                late = answer;
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    });
    let mut rig = Rig::of(&section(&url, "speaks = [\"3 eastron/sdm230\"]")).await;
    rig.link("up").await;
    let is_right = |heard: &Heard| {
        heard.topic == "nodes/eastron/line-3/power-meter/-"
            && heard.payload["voltage"] == json!([230.2, "V"])
            && heard.payload["power"] == json!([0.0, "W"])
            && heard.payload["frequency"] == json!([0.00, "Hz"])
            && heard.payload["energy-import"] == json!([0.000, "kWh"])
    };
    rig.script.wait_for("the readings", is_right).await;
    meter.abort();
    rig.link("server-lost").await;

    let mut rig = Rig::of(&section(&url, "speaks = [\"victron/mppt\"]")).await;
    let told = rig.link("definition").await;
    assert!(told["hint"].as_str().is_some_and(|hint| hint.contains("rfc2217://")), "{told}");
}
