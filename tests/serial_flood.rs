//! P-10, S8: a device that never stops talking. Everything that goes in is told or counted, in order, and a command
//! passes through the crowd.

mod common;

#[path = "serial/rig.rs"]
#[allow(dead_code)]
mod rig;

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clown_hub::hub::Step;
use common::until;
use rig::{BASE, Rig};
use rustix::pty::{OpenptFlags, openpt, ptsname, unlockpt};

/// A device whose line a thread may block on.
fn device() -> (File, PathBuf) {
    let line: OwnedFd = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("pty");
    unlockpt(&line).expect("our own");
    let name = ptsname(&line, Vec::new()).expect("name");
    let path = PathBuf::from(name.to_str().expect("plain"));
    let side = File::options().read(true).write(true).open(&path).expect("our own");
    let mut settings = rustix::termios::tcgetattr(&side).expect("a terminal");
    settings.make_raw();
    rustix::termios::tcsetattr(&side, rustix::termios::OptionalActions::Now, &settings).expect("a terminal");
    // A reader on the hub's side keeps the line alive until the hub has opened it.
    std::mem::forget(side);
    (line.into(), path)
}

const LINES: u64 = 200_000;

/// Line `n` of the flood: mostly readings, every tenth something odd.
fn line(n: u64) -> String {
    match n % 10 {
        3 => format!("# {n} <D> log\n"),
        6 => format!("garbage {n}\n"),
        9 => "[\"relay/i2c0-3b/set\", {\"state\": true}]\n".to_owned(),
        _ => format!("[\"thermometer/i2c0-48\", {{\"temperature\": [{n}.50, \"\\u2103\"]}}]\n"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_in_is_told_or_counted() {
    let (mut line_out, path) = device();
    let rig = Rig::new(path);
    rig.comes_to("connecting").await;
    let writer = std::thread::spawn(move || {
        let text: String = (0..LINES).map(line).collect();
        line_out.write_all(text.as_bytes()).expect("the hub reads");
        line_out
    });
    let counts = until("the flood to be heard", || async {
        let counts = rig.view("bridge").counts;
        let all = counts.received + counts.malformed + counts.log + counts.foreign_command + counts.cut;
        Some(counts).filter(|_| all >= LINES)
    })
    .await;
    let tenth = LINES / 10;
    assert_eq!((counts.received, counts.log), (7 * tenth, tenth));
    assert_eq!((counts.malformed, counts.foreign_command, counts.cut, counts.dropped), (tenth, tenth, 0, 0));
    let snapshot = rig.hub.snapshot(clown_hub::hub::Now::now());
    let last = snapshot.entries.iter().find(|entry| entry.id() == "thermometer/i2c0-48").expect("heard");
    let text = last.update.as_ref().expect("a value").message.payload.as_str();
    assert!(text.contains(&format!("[{}.50", LINES - 2)), "{text}");
    drop(writer.join().expect("no panic"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_and_its_answer_pass_through_a_flood() {
    let (line_out, path) = device();
    let rig = Rig::new(path);
    rig.comes_to("connecting").await;
    let mut reader = line_out.try_clone().expect("a file");
    let (answer, asked) = std::sync::mpsc::channel::<()>();
    // The device's ear: tells its mouth of a relay command.
    std::thread::spawn(move || {
        let (mut heard, mut part) = (Vec::new(), [0; 1024]);
        while let Ok(count @ 1..) = reader.read(&mut part) {
            heard.extend_from_slice(&part[..count]);
            if String::from_utf8_lossy(&heard).contains("relay/i2c0-3b/set") {
                heard.clear();
                let _ = answer.send(());
            }
        }
    });
    let start = Instant::now();
    // Its mouth: about 20,000 lines a second for three seconds.
    let mut mouth = line_out.try_clone().expect("a file");
    let writer = std::thread::spawn(move || {
        let mut n = 0;
        while start.elapsed() < Duration::from_secs(3) {
            let mut text: String = (n..n + 200).map(line).collect();
            n += 200;
            if asked.try_recv().is_ok() {
                text.push_str("[\"relay/i2c0-3b\", {\"state\": true}]\n");
            }
            mouth.write_all(text.as_bytes()).expect("the hub reads");
            std::thread::sleep(Duration::from_millis(10));
        }
    });
    rig.comes_to("up").await;
    for _ in 0..5 {
        let done = rig.command(&format!("{BASE}/relay/i2c0-3b/set"), r#"{"state": true}"#).await;
        assert_eq!(done.step, Step::Confirmed, "{:?}", done.refusal);
        assert!(done.after < Duration::from_millis(500), "{:?}", done.after);
    }
    tokio::task::spawn_blocking(|| writer.join().expect("no panic")).await.expect("joined");
    drop(line_out);
}

/// Run with `cargo test --release --test serial_flood -- --ignored --nocapture`.
#[tokio::test]
#[ignore = "a measurement, meaningful in a release build on a quiet machine"]
async fn lines_per_second_into_the_hub() {
    const MANY: u64 = 2_000_000;
    let (mut line_out, path) = device();
    let rig = Rig::new(path);
    rig.comes_to("connecting").await;
    let block: String = (0..10_000).map(|n| line(n * 10)).collect();
    let start = Instant::now();
    let writer = std::thread::spawn(move || {
        for _ in 0..MANY / 10_000 {
            line_out.write_all(block.as_bytes()).expect("the hub reads");
        }
        line_out
    });
    until("the lines to be heard", || async {
        Some(()).filter(|()| rig.view("bridge").counts.received >= MANY)
    })
    .await;
    let rate = |time: Duration| MANY as f64 / time.as_secs_f64();
    println!("{:.0} lines/s, {:.0} per second of one core", rate(start.elapsed()), rate(thread_time()));
    assert!(rate(thread_time()) > 350_000.0);
    drop(writer.join().expect("no panic"));
}

/// The processor time of this thread, in which the hub and the link run; busy neighbours do not count.
fn thread_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/stat").expect("proc");
    let (_, fields) = stat.rsplit_once(") ").expect("a name in brackets");
    let ticks = |field: usize| fields.split(' ').nth(field).and_then(|ticks| ticks.parse::<u64>().ok());
    // User and system time, fields 14 and 15 of proc(5), in hundredths of a second.
    Duration::from_millis(10 * (ticks(11).expect("utime") + ticks(12).expect("stime")))
}
