//! A closed loop: one client switches a relay, the device answers with its new state, the client sees it. The other
//! clients see it too.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use memchr::memmem;
use rustix::event::PollFlags;

use crate::arguments::Arguments;
use crate::client::{Introduction, Url};
use crate::clock::{Histogram, cpu_of_process, now_ns};
use crate::process::{Machine, Server, load};
use crate::receiver::{Receiver, await_server, open_many};
use crate::result::Line;
use crate::source::Source;
use crate::stamp::Template;

const COMMAND: &str = "[\"relay/i2c0-3b/set\", {\"state\": @STATE@}]";
const COMMAND_PAYLOAD: &str = "{\"state\": @STATE@}";

/// The command on its way. A relay's command has no room for a stamp, so the device is told it here.
#[derive(Default)]
struct OnTheWay {
    stamp: AtomicU64,
    stop: AtomicBool,
}

/// `command --url U (--device LINK | --publish U) --spawn SERVER --clients N [--count N] [--warmup N]`.
pub fn run(arguments: &Arguments) -> io::Result<()> {
    let url = Url::parse(arguments.must("url"));
    let clients: usize = arguments.number("clients", 1);
    let count: u64 = arguments.number("count", 1_000);
    let warmup: u64 = arguments.number("warmup", 100);
    let load = load();
    let mut source = Source::open(arguments)?;
    let beside = Server::start_beside(arguments)?;
    let server = Server::start(arguments)?;
    await_server(&url);
    source.settle(300)?;
    // A server may want to have seen a relay before it takes commands for it.
    let answer = Template::new(source.state());
    source.say(|out| answer.fill(out, 0, false));
    source.flush_all()?;
    let opened = open_many(&url, &Introduction::new(arguments), clients, arguments.number("openers", 16))?;
    let mut receiver = Receiver::new(opened)?;
    receiver.settle(arguments.number("settle-ms", 400))?;
    receiver.await_source(&mut source, &answer)?;

    let on_the_way = Arc::new(OnTheWay::default());
    let thread = std::thread::spawn({
        let on_the_way = on_the_way.clone();
        move || answer_commands(source, &answer, &on_the_way)
    });
    let command =
        Template::new(arguments.get("command").unwrap_or(if url.mqtt { COMMAND_PAYLOAD } else { COMMAND }));
    let (mut times, mut lost) = (Histogram::new(), 0);
    let mut before = (now_ns(), server.cpu(), cpu_of_process(), Machine::now());
    for number in 0..warmup + count {
        if number == warmup {
            before = (now_ns(), server.cpu(), cpu_of_process(), Machine::now());
        }
        match round_trip(&mut receiver, &command, &on_the_way, number % 2 == 0)? {
            Some(time) if number >= warmup => times.add(time),
            Some(_) => {}
            None if lost >= 20 => break,
            None => lost += 1,
        }
    }
    let seconds = (now_ns() - before.0) as f64 / 1e9;
    let (server_cpu, tool_cpu, machine) =
        (server.cpu() - before.1, cpu_of_process() - before.2, Machine::now());
    on_the_way.stop.store(true, Relaxed);
    let answered = thread.join().map_err(|_| io::Error::other("the device's thread panicked"))??;
    let mut line = Line::new("command", arguments.get("label").unwrap_or(""));
    line.count("clients", clients as u64)
        .count("count", times.n)
        .count("lost", lost)
        .count("answered", answered);
    line.times("", &times).number("per_s", times.n as f64 / seconds);
    line.number("server_us_each", server_cpu / times.n.max(1) as f64 * 1e6);
    line.number("server_cores", server_cpu / seconds).number("tool_cores", tool_cpu / seconds);
    line.number("beside_cores", beside.map_or(f64::NAN, |beside| beside.cpu()) / seconds);
    line.count("dead", receiver.dead).machine(&before.3, &machine).text("load", &load).print();
    receiver.report_dead();
    Ok(())
}

/// One command; the time until the first client has seen the device's answer.
fn round_trip(
    receiver: &mut Receiver,
    command: &Template,
    on_the_way: &OnTheWay,
    state: bool,
) -> io::Result<Option<u64>> {
    let stamp = now_ns();
    on_the_way.stamp.store(stamp, Relaxed);
    let mut text = Vec::new();
    command.fill(&mut text, stamp, state);
    receiver.clients[0].say(&text);
    receiver.clients[0].flush()?;
    let mut seen = None;
    while seen.is_none() && now_ns() < stamp + 2_000_000_000 {
        receiver.pump(100, |client, found, now| {
            if client == 0 && found == stamp {
                seen = Some(now - stamp);
            }
        })?;
    }
    Ok(seen)
}

fn answer_commands(mut source: Source, answer: &Template, on_the_way: &OnTheWay) -> io::Result<u64> {
    let mut answered = 0;
    while !on_the_way.stop.load(Relaxed) {
        source.wait(PollFlags::IN, 100)?;
        let (mut asked, is_command) = (Vec::new(), source.is_command());
        source.hear(|heard| {
            if is_command(heard) {
                asked.push(memmem::find(heard, b"true").is_some());
            }
        })?;
        for state in asked {
            source.say(|out| answer.fill(out, on_the_way.stamp.load(Relaxed), state));
            source.flush_all()?;
            answered += 1;
        }
    }
    Ok(answered)
}
