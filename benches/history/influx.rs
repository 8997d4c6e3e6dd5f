//! The same load in InfluxDB 1, a well-known time-series store that Debian has: over HTTP on loopback, as its clients do.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::load::{EVERY_MS, Load, SERIES, START_MS};
use super::{best, line, resident_of, written_by};

/// Two decimals, one write for each flush; then days are read. Says what is missing if the server is not there.
pub fn live(folder: &Path, ticks: usize) {
    let Some(server) = Server::start(folder) else {
        println!("| InfluxDB: not measured; `apt-get install influxdb` brings influxd | | | | |");
        return;
    };
    let mut door = server.door();
    door.ask("POST", "/query?q=CREATE+DATABASE+bench", "");
    let mut load = Load::new(false);
    let before = written_by(server.child.id());
    let start = Instant::now();
    for tick in 0..ticks {
        let mut body = String::with_capacity(SERIES * 64);
        for (at, sample) in load.tick(tick).into_iter().enumerate() {
            body.push_str(&format!("thermometer,room={at} temperature={} {}\n", sample.value, sample.at));
        }
        door.ask("POST", "/write?db=bench&precision=ms", &body);
    }
    let took = start.elapsed();
    let size = settled(folder);
    let samples = ticks * SERIES;
    line("InfluxDB 1.6", size, samples, written_by(server.child.id()) - before);
    let resident = resident_of(server.child.id());
    let from = START_MS;
    let until = from + 86_400_000_i64.min(i64::try_from(ticks).expect("small") * EVERY_MS);
    let query = format!(
        "/query?db=bench&epoch=ms&q=SELECT+temperature+FROM+thermometer+WHERE+room%3D'7'+AND+time+%3E%3D+{from}ms+AND+time+%3C+{until}ms"
    );
    let day = best(|_| assert!(door.ask("GET", &query, "").len() > 10_000));
    println!(
        "\nInfluxDB: taken {:.2} million samples/s over HTTP; {} KiB resident; a day of one series over HTTP: {day:?}\n",
        samples as f64 / took.as_secs_f64() / 1e6,
        resident
    );
}

/// Bytes of the folder once they do not change any more.
fn settled(folder: &Path) -> u64 {
    let mut last = size(folder);
    loop {
        std::thread::sleep(Duration::from_secs(12));
        let now = size(folder);
        if now == last {
            return now;
        }
        last = now;
    }
}

fn size(folder: &Path) -> u64 {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .map(|entry| match entry.metadata() {
            Ok(meta) if meta.is_dir() => size(&entry.path()),
            Ok(meta) => meta.len(),
            // It was merged into another one meanwhile.
            Err(_) => 0,
        })
        .sum()
}

struct Server {
    child: Child,
    port: u16,
}

impl Server {
    fn start(folder: &Path) -> Option<Self> {
        let free = || TcpListener::bind("127.0.0.1:0").ok()?.local_addr().ok().map(|address| address.port());
        let (port, rpc) = (free()?, free()?);
        let config = folder.with_extension("conf");
        let at = folder.display();
        // What is in memory goes to its files as soon as nothing comes, so that its size can be seen.
        let text = format!(
            "reporting-disabled = true\nbind-address = \"127.0.0.1:{rpc}\"\n[meta]\ndir = \"{at}/meta\"\n\
             [data]\ndir = \"{at}/data\"\nwal-dir = \"{at}/wal\"\ncache-snapshot-write-cold-duration = \"2s\"\n\
             compact-full-write-cold-duration = \"2s\"\nquery-log-enabled = false\n\
             [monitor]\nstore-enabled = false\n[http]\nbind-address = \"127.0.0.1:{port}\"\nlog-enabled = false\n"
        );
        fs::write(&config, text).expect("a file");
        let mut command = Command::new("influxd");
        command.arg("-config").arg(config).stdout(Stdio::null()).stderr(Stdio::null());
        let child = command.spawn().ok()?;
        let server = Self { child, port };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(start.elapsed() < Duration::from_secs(30), "influxd does not listen");
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(server)
    }

    fn door(&self) -> Door {
        let stream = TcpStream::connect(("127.0.0.1", self.port)).expect("it listens");
        stream.set_nodelay(true).expect("a socket");
        Door(BufReader::new(stream))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have gone by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection that stays open.
struct Door(BufReader<TcpStream>);

impl Door {
    fn ask(&mut self, method: &str, path: &str, body: &str) -> String {
        let head =
            format!("{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {}\r\n\r\n", body.len());
        let stream = self.0.get_mut();
        stream
            .write_all(head.as_bytes())
            .and_then(|()| stream.write_all(body.as_bytes()))
            .expect("it listens");
        let status = self.line();
        assert!(status.contains(" 200 ") || status.contains(" 204 "), "{status}");
        let (mut length, mut is_chunked) = (0, false);
        loop {
            let header = self.line().to_ascii_lowercase();
            if header.is_empty() {
                break;
            }
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().expect("a number");
            }
            is_chunked |= header == "transfer-encoding: chunked";
        }
        if !is_chunked {
            return self.take(length);
        }
        let mut all = String::new();
        loop {
            let size = usize::from_str_radix(&self.line(), 16).expect("a number");
            all.push_str(&self.take(size));
            self.line();
            if size == 0 {
                return all;
            }
        }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.0.read_line(&mut line).expect("it answers");
        line.trim_end().to_owned()
    }

    fn take(&mut self, length: usize) -> String {
        let mut bytes = vec![0; length];
        self.0.read_exact(&mut bytes).expect("it answers");
        String::from_utf8(bytes).expect("text")
    }
}
