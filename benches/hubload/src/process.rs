//! Processes under measurement: started here, their CPU time and memory, and how busy the machine is.

use std::fs;
use std::io;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, setrlimit};

use crate::arguments::Arguments;
use crate::clock::{now_ns, sleep_ms};

/// A server started by the tool; ended by its own pid when dropped.
pub struct Server(Child);

impl Server {
    /// Runs `--spawn COMMAND`; its standard error goes to `--spawn-log FILE`.
    pub fn start(arguments: &Arguments) -> io::Result<Self> {
        Self::run(arguments.must("spawn"), arguments)
    }

    /// Runs `--beside COMMAND`, another server that the first one needs, and waits for `--beside-port P`.
    pub fn start_beside(arguments: &Arguments) -> io::Result<Option<Self>> {
        let Some(command) = arguments.get("beside") else { return Ok(None) };
        let server = Self::run(command, arguments)?;
        await_port("127.0.0.1", arguments.number("beside-port", 1_883));
        Ok(Some(server))
    }

    fn run(command: &str, arguments: &Arguments) -> io::Result<Self> {
        let log = match arguments.get("spawn-log") {
            Some(file) => fs::OpenOptions::new().create(true).append(true).open(file)?.into(),
            None => Stdio::null(),
        };
        let command = format!("exec {command}");
        let mut shell = Command::new("sh");
        shell.args(["-c", &command]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        Ok(Self(shell.spawn()?))
    }

    /// CPU seconds, user and system, all threads; the kernel counts in steps of 10 ms.
    pub fn cpu(&self) -> f64 {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.0.id())).unwrap_or_default();
        // The name in parentheses may hold spaces.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or("").split_whitespace().collect();
        let ticks: f64 = fields.iter().skip(11).take(2).filter_map(|field| field.parse::<f64>().ok()).sum();
        ticks / rustix::param::clock_ticks_per_second() as f64
    }

    /// Resident memory now, KiB.
    pub fn resident_kib(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The part of it that is no file's, KiB: what the server itself asked for.
    pub fn anonymous_kib(&self) -> u64 {
        self.status("RssAnon:")
    }

    /// The most it ever was, KiB.
    pub fn peak_kib(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, key: &str) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix(key));
        line.and_then(|rest| rest.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(pid) = Pid::from_raw(self.0.id() as i32) {
            let _ = kill_process(pid, Signal::TERM);
        }
        for _ in 0..70 {
            if let Ok(Some(_)) = self.0.try_wait() {
                return;
            }
            sleep_ms(100);
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// CPU seconds of the whole machine since it started.
#[derive(Clone, Copy, Default)]
pub struct Machine {
    /// Not idle.
    pub busy: f64,
    /// Taken by other machines on the same host.
    pub steal: f64,
    /// All.
    pub total: f64,
}

impl Machine {
    /// As it is now.
    pub fn now() -> Self {
        let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
        let line = stat.lines().next().unwrap_or("");
        let fields: Vec<f64> =
            line.split_whitespace().skip(1).filter_map(|field| field.parse().ok()).collect();
        if fields.len() < 8 {
            return Self::default();
        }
        let total = fields[..8].iter().sum::<f64>();
        let tick = rustix::param::clock_ticks_per_second() as f64;
        Self { busy: (total - fields[3] - fields[4]) / tick, steal: fields[7] / tick, total: total / tick }
    }
}

/// Waits until a port takes connections, at most 30 s.
pub fn await_port(host: &str, port: u16) {
    let end = now_ns() + 30_000_000_000;
    while now_ns() < end && TcpStream::connect((host, port)).is_err() {
        sleep_ms(20);
    }
}

/// The load average of the last minute.
pub fn load() -> String {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    load.split(' ').next().unwrap_or("").to_owned()
}

/// Allows thousands of connections.
pub fn raise_open_files(wanted: u64) {
    let limits = getrlimit(Resource::Nofile);
    if limits.current.is_some_and(|current| current < wanted) {
        let maximum = limits.maximum.map(|maximum| maximum.max(wanted));
        if setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum }).is_err() {
            let current = limits.maximum.map(|maximum| maximum.min(wanted));
            let _ = setrlimit(Resource::Nofile, Rlimit { current, maximum: limits.maximum });
        }
    }
}
