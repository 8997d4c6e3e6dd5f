//! One measurement as one line of JSON.

use std::fmt::Write as _;

use crate::clock::Histogram;
use crate::process::Machine;

/// A result line under construction.
pub struct Line(String);

impl Line {
    /// Begins with the command and its label.
    pub fn new(command: &str, label: &str) -> Self {
        let mut line = Self("{".to_owned());
        line.text("cmd", command).text("label", label);
        line
    }

    fn key(&mut self, key: &str) {
        if self.0.len() > 1 {
            self.0.push_str(", ");
        }
        let _ = write!(self.0, "\"{key}\": ");
    }

    /// A text.
    pub fn text(&mut self, key: &str, value: &str) -> &mut Self {
        self.key(key);
        let _ = write!(self.0, "{}", serde_json::Value::from(value));
        self
    }

    /// A count.
    pub fn count(&mut self, key: &str, value: u64) -> &mut Self {
        self.key(key);
        let _ = write!(self.0, "{value}");
        self
    }

    /// A number; what cannot be divided is `null`.
    pub fn number(&mut self, key: &str, value: f64) -> &mut Self {
        self.key(key);
        if value.is_finite() {
            let _ = write!(self.0, "{value:.4}");
        } else {
            self.0.push_str("null");
        }
        self
    }

    /// Median and tails in microseconds.
    pub fn times(&mut self, prefix: &str, times: &Histogram) -> &mut Self {
        for (name, q) in [("p50", 0.5), ("p90", 0.9), ("p99", 0.99), ("p999", 0.999)] {
            self.number(&format!("{prefix}{name}_us"), times.quantile(q) as f64 / 1e3);
        }
        self.number(&format!("{prefix}max_us"), times.max as f64 / 1e3);
        self.count(&format!("{prefix}samples"), times.n)
    }

    /// How busy the whole machine was between two looks.
    pub fn machine(&mut self, before: &Machine, after: &Machine) -> &mut Self {
        let all = (after.total - before.total).max(1e-9);
        self.number("sys_busy", (after.busy - before.busy) / all);
        self.number("sys_steal", (after.steal - before.steal) / all)
    }

    /// Prints it.
    pub fn print(&mut self) {
        println!("{}}}", self.0);
    }
}
