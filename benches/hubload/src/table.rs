//! Markdown tables of figures: medians, targets, numbers as people read them, and the machine they were taken on.

use std::fmt::Write as _;

use serde_json::Value;

/// The middle one of a figure's results; not a number if there is none.
pub fn median(results: &[Value], key: &str) -> f64 {
    let mut values: Vec<f64> = results.iter().filter_map(|result| result.get(key)?.as_f64()).collect();
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        length => (values[(length - 1) / 2] + values[length / 2]) / 2.0,
    }
}

/// What a figure should reach.
pub enum Target {
    /// Not less than this.
    AtLeast(f64),
    /// Not more than this.
    AtMost(f64),
    /// Nobody has named one.
    None,
}

impl Target {
    /// The target and whether `value` reaches it.
    pub fn judge(&self, value: f64) -> String {
        let (text, reached) = match self {
            Self::AtLeast(least) => (format!("≥ {least}"), value >= *least),
            Self::AtMost(most) => (format!("≤ {most}"), value <= *most),
            Self::None => return "–".to_owned(),
        };
        format!("{text} {}", if reached { "reached" } else { "**missed**" })
    }
}

/// Begins a table.
pub fn head(text: &mut String, title: &str, columns: &[&str]) {
    let _ =
        write!(text, "\n### {title}\n\n| {} |\n|{}\n", columns.join(" | "), " --- |".repeat(columns.len()));
}

/// One row.
pub fn row(text: &mut String, cells: &[String]) {
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

/// Cores, kernel and load of this machine.
pub fn machine() -> String {
    let cpus = std::thread::available_parallelism().map_or(0, usize::from);
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")).unwrap_or("");
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    format!(
        "{cpus} cores ({}), Linux {}, loopback, load {}",
        model.trim_matches([' ', '\t', ':']),
        kernel.trim(),
        crate::process::load()
    )
}

/// 1234567.8 as `1,234,568`; small numbers keep a digit.
pub fn grouped(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    if value.abs() < 100.0 && value.fract() != 0.0 {
        return format!("{value:.1}");
    }
    let digits = format!("{:.0}", value.abs());
    let mut text = if value <= -0.5 { "-".to_owned() } else { String::new() };
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
