//! One device or publisher, many clients: how fast messages get through, how late they are, and what that costs the server.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::arguments::Arguments;
use crate::client::{Introduction, Url};
use crate::clock::{Histogram, cpu_of_process, now_ns, sleep_until};
use crate::process::{Machine, Server, load};
use crate::receiver::{Receiver, await_server, open_many};
use crate::result::Line;
use crate::source::Source;
use crate::stamp::Template;

/// How a run is measured.
struct Plan {
    rate: f64,
    window: f64,
    measured_from: u64,
    end: u64,
}

/// The server under measurement, and one that it needs, which ends after it.
struct Servers {
    measured: Server,
    beside: Option<Server>,
}

impl Servers {
    fn start(arguments: &Arguments) -> io::Result<Self> {
        let beside = Server::start_beside(arguments)?;
        Ok(Self { measured: Server::start(arguments)?, beside })
    }
}

#[derive(Clone, Copy)]
struct Look {
    at: u64,
    server: f64,
    beside: f64,
    tool: f64,
    machine: Machine,
    delivered: u64,
    said: u64,
    reads: u64,
}

/// `fanout --url U (--device LINK | --publish U) --spawn SERVER --clients N (--rate R | --window W)`.
pub fn run(arguments: &Arguments) -> io::Result<()> {
    let url = Url::parse(arguments.must("url"));
    let count: usize = arguments.number("clients", 1);
    let load = load();
    // The line exists before the server: a server told to open it must find it.
    let mut source = Source::open(arguments)?;
    let servers = Servers::start(arguments)?;
    let server = &servers.measured;
    await_server(&url);
    source.settle(300)?;
    let resident_before = server.resident_kib();
    let started = now_ns();
    let clients = open_many(&url, &Introduction::new(arguments), count, arguments.number("openers", 16))?;
    let connecting = (now_ns() - started) as f64 / 1e9;
    let mut receiver = Receiver::new(clients)?;
    receiver.settle(arguments.number("settle-ms", 400))?;
    let resident_idle = server.resident_kib();
    let template = Template::new(arguments.get("message").unwrap_or(source.message()));
    let through_ms = receiver.await_source(&mut source, &template)?;

    let start = now_ns();
    let measured_from = start + (arguments.number("warmup", 0.5) * 1e9) as u64;
    let end = measured_from + (arguments.number("secs", 2.0) * 1e9) as u64;
    let plan = Plan {
        rate: arguments.number("rate", 0.0),
        window: arguments.number("window", 64.0),
        measured_from,
        end,
    };
    receiver.from = measured_from;
    let (said, looks, lag) = if plan.rate > 0.0 {
        at_a_rate(&mut receiver, source, &servers, &template, &plan)?
    } else {
        saturated(&mut receiver, source, &servers, &template, &plan)?
    };
    let (before, after) = looks;
    let expected = said * count as u64;
    let seconds = (after.at - before.at) as f64 / 1e9;
    let delivered = (after.delivered - before.delivered) as f64;
    let server_cpu = after.server - before.server;
    let mut line = Line::new("fanout", arguments.get("label").unwrap_or(""));
    line.count("clients", count as u64).number("rate", plan.rate).number("secs", seconds);
    line.number("delivered_per_s", delivered / seconds);
    line.number("said_per_s", (after.said - before.said) as f64 / seconds);
    line.count("said", said).number("lost", expected as f64 - receiver.delivered as f64);
    line.count("reordered", receiver.reordered).count("dead", receiver.dead).times("", &receiver.latency);
    line.number("late_p99_us", lag.quantile(0.99) as f64 / 1e3);
    line.number("server_cores", server_cpu / seconds)
        .number("server_s_per_million", server_cpu / delivered * 1e6);
    let beside_cpu = after.beside - before.beside;
    line.number("beside_cores", beside_cpu / seconds)
        .number("beside_s_per_million", beside_cpu / delivered * 1e6);
    line.number("through_ms", through_ms);
    line.number("tool_cores", (after.tool - before.tool) / seconds);
    line.number("messages_per_read", delivered / (after.reads - before.reads).max(1) as f64);
    line.count("resident_before_kib", resident_before).count("resident_idle_kib", resident_idle);
    line.count("resident_after_kib", server.resident_kib()).count("peak_kib", server.peak_kib());
    line.number("connects_per_s", count as f64 / connecting);
    line.machine(&before.machine, &after.machine).text("load", &load).print();
    receiver.report_dead();
    Ok(())
}

type Outcome = (u64, (Look, Look), Histogram);

/// A thread of its own keeps the schedule, whatever the receiver is doing.
fn at_a_rate(
    receiver: &mut Receiver,
    mut source: Source,
    servers: &Servers,
    template: &Template,
    plan: &Plan,
) -> io::Result<Outcome> {
    let start = now_ns();
    let (end, step) = (plan.end, (1e9 / plan.rate) as u64);
    let said = Arc::new(AtomicU64::new(0));
    let (counter, template) = (said.clone(), template.clone());
    let speaker = std::thread::spawn(move || -> io::Result<(Source, Histogram)> {
        let mut lag = Histogram::new();
        for at in (start..end).step_by(step.max(1) as usize) {
            sleep_until(at);
            lag.add(now_ns().saturating_sub(at));
            source.say(|out| template.fill(out, now_ns(), true));
            source.flush_all()?;
            counter.fetch_add(1, Relaxed);
            source.hear(|_| {})?;
        }
        Ok((source, lag))
    });
    let mut before = None;
    while now_ns() < plan.end {
        if before.is_none() && now_ns() >= plan.measured_from {
            before = Some(look(receiver, servers, said.load(Relaxed)));
        }
        receiver.pump(2, |_, _, _| {})?;
    }
    let after = look(receiver, servers, said.load(Relaxed));
    while !speaker.is_finished() {
        receiver.pump(2, |_, _, _| {})?;
    }
    let (source, lag) = speaker.join().map_err(|_| io::Error::other("the speaker's thread panicked"))??;
    let said = said.load(Relaxed);
    receiver.drain(said * receiver.clients.len() as u64)?;
    drop(source);
    Ok((said, (before.unwrap_or(after), after), lag))
}

/// At most `window` messages are on the way: said minus the mean delivered.
fn saturated(
    receiver: &mut Receiver,
    mut source: Source,
    servers: &Servers,
    template: &Template,
    plan: &Plan,
) -> io::Result<Outcome> {
    receiver.watch_source(&source, true, false)?;
    let start = now_ns();
    let (mut said, mut given_up, mut armed, mut before) = (0u64, 0.0, false, None);
    loop {
        let now = now_ns();
        if now >= plan.end {
            break;
        }
        if before.is_none() && now >= plan.measured_from {
            before = Some(look(receiver, servers, said));
        }
        let alive = (receiver.clients.len() as u64 - receiver.dead).max(1) as f64;
        let on_the_way = said as f64 - given_up - receiver.delivered as f64 / alive;
        if !source.pending() {
            let room = (plan.window - on_the_way).floor().clamp(0.0, 256.0) as u64;
            for _ in 0..room {
                source.say(|out| template.fill(out, now_ns(), true));
            }
            said += room;
        }
        let done = source.flush()?;
        if done == armed {
            armed = !done;
            receiver.watch_source(&source, false, armed)?;
        }
        if receiver.pump(5, |_, _, _| {})? {
            source.hear(|_| {})?;
        }
        // What was lost must not close the window for good.
        if on_the_way >= plan.window && now_ns().saturating_sub(receiver.last.max(start)) > 300_000_000 {
            given_up += on_the_way.max(0.0);
            receiver.last = now_ns();
        }
    }
    let after = look(receiver, servers, said);
    source.flush_all()?;
    receiver.drain(said * receiver.clients.len() as u64)?;
    Ok((said, (before.unwrap_or(after), after), Histogram::new()))
}

fn look(receiver: &Receiver, servers: &Servers, said: u64) -> Look {
    Look {
        at: now_ns(),
        server: servers.measured.cpu(),
        beside: servers.beside.as_ref().map_or(f64::NAN, Server::cpu),
        tool: cpu_of_process(),
        machine: Machine::now(),
        delivered: receiver.delivered,
        said,
        reads: receiver.reads,
    }
}
