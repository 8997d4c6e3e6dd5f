//! A server that has nothing to do: how soon it is there, and what clients that only listen cost it.

use std::io;
use std::net::TcpStream;
use std::time::Duration;

use crate::arguments::Arguments;
use crate::client::{Client, Introduction, Url};
use crate::clock::{now_ns, sleep_ms};
use crate::process::{Server, load};
use crate::receiver::{Receiver, open_many};
use crate::result::Line;
use crate::source::Source;

/// `idle --url U --device LINK --spawn SERVER [--counts 100,1000] [--first-header 'Name: value']`: the very first client
/// may introduce itself in another way, such as with a token that costs no hash.
pub fn run(arguments: &Arguments) -> io::Result<()> {
    let url = Url::parse(arguments.must("url"));
    let introduction = Introduction::new(arguments);
    let counts = arguments.get("counts").unwrap_or("1,100,1000").split(',');
    let settle_ms: u64 = arguments.number("settle-ms", 700);
    let load = load();
    let mut source = Source::open(arguments)?;
    let started = now_ns();
    let server = Server::start(arguments)?;
    let first = match arguments.get("first-header") {
        Some(header) => Introduction::new(arguments).with_headers(header),
        None => introduction.clone(),
    };
    let (accepted_ms, ready_ms) = wait_for(&url, &first, started);
    source.settle(500)?;
    sleep_ms(settle_ms);
    let (empty, anonymous) = (server.resident_kib(), server.anonymous_kib());
    let cpu = server.cpu();
    sleep_ms(1_000);
    let mut line = Line::new("idle", arguments.get("label").unwrap_or(""));
    line.number("accepted_ms", accepted_ms)
        .number("ready_ms", ready_ms)
        .count("empty_kib", empty)
        .count("empty_anonymous_kib", anonymous);
    line.number("empty_cores", server.cpu() - cpu);
    // The first password is hashed, later ones of the same account need not be.
    let from = now_ns();
    drop(Client::open(&url, &introduction)?);
    line.number("first_login_ms", (now_ns() - from) as f64 / 1e6);
    let mut receiver = Receiver::new(Vec::new())?;
    for count in counts.filter_map(|count| count.parse::<usize>().ok()) {
        let have = receiver.clients.len();
        let from = now_ns();
        let more = count.saturating_sub(have);
        match open_many(&url, &introduction, more, arguments.number("openers", 16)) {
            Ok(clients) => receiver.add(clients)?,
            Err(error) => {
                line.text("failed", &format!("at {count} clients: {error}"));
                break;
            }
        }
        line.number(&format!("connects_per_s_{count}"), more as f64 / ((now_ns() - from) as f64 / 1e9));
        receiver.settle(settle_ms)?;
        let (cpu, from) = (server.cpu(), now_ns());
        receiver.settle(1_000)?;
        let resident = server.resident_kib();
        line.count(&format!("resident_kib_{count}"), resident);
        line.number(&format!("kib_per_client_{count}"), (resident as f64 - empty as f64) / count as f64);
        line.number(&format!("cores_{count}"), (server.cpu() - cpu) / ((now_ns() - from) as f64 / 1e9));
    }
    line.count("dead", receiver.dead).count("peak_kib", server.peak_kib()).text("load", &load).print();
    receiver.report_dead();
    Ok(())
}

/// Milliseconds until the first accepted connection and until the first finished handshake.
fn wait_for(url: &Url, introduction: &Introduction, started: u64) -> (f64, f64) {
    // A server that listens before it serves may never answer an early request: ask again soon.
    let introduction = introduction.clone().within(Duration::from_millis(1_000));
    let since = || (now_ns() - started) as f64 / 1e6;
    let mut accepted = f64::NAN;
    while since() < 30_000.0 {
        if accepted.is_nan() && TcpStream::connect((url.host.as_str(), url.port)).is_ok() {
            accepted = since();
        }
        if !accepted.is_nan() && Client::open(url, &introduction).is_ok() {
            return (accepted, since());
        }
        std::thread::sleep(Duration::from_micros(300));
    }
    (accepted, f64::NAN)
}
