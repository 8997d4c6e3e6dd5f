//! What serial lines cost a hub that runs: CPU while devices speak, and the time of a round of Modbus.
//!
//! `cargo bench --bench wire` prints the tables of docs/performance.md; `-- flow` or `-- bus` only one of them. The hub is
//! the real one, built for release, with one link on a pseudo-terminal; this program is the device at its other end.

mod bus;
mod flow;
mod hub;
mod line;

use std::path::Path;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        [flow::BARE, path] => flow::read_line(Path::new(path)),
        [] => {
            flow::measure();
            bus::measure();
        }
        ["flow"] => flow::measure(),
        ["bus"] => bus::measure(),
        _ => panic!("`flow`, `bus` or nothing"),
    }
}
