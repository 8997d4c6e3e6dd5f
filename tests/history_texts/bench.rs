//! What the tests share: the program in a folder of its own, and files that are hard to read.

use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Values of every kind, gaps, another unit under the same name, and words that look like something else.
pub const HARD: &str = "time,series,value,unit\r\n\
    2026-01-01T00:00:00.000Z,nodes/a/door#open,true,\r\n\
    2026-01-01T00:00:01.500Z,nodes/a/door#open,false,\r\n\
    2026-01-01T00:00:02.000Z,nodes/a/door#open,,\r\n\
    2026-01-01T00:00:30.000Z,nodes/a/thermometer/0#temperature,71.2,°F\r\n\
    2026-01-01T00:00:00.000Z,nodes/a/thermometer/0#temperature,21.45,℃\r\n\
    2026-01-01T00:00:10.000Z,nodes/a/thermometer/0#temperature,,℃\r\n\
    2026-01-01T00:00:20.000Z,nodes/a/thermometer/0#temperature,-0.5,℃\r\n\
    2026-01-01T00:00:00.000Z,nodes/b/mode,heating,\r\n\
    2026-01-01T00:00:01.000Z,nodes/b/mode,\"'21\",\r\n\
    2026-01-01T00:00:02.000Z,nodes/b/mode,\"'=1+1\",\r\n\
    2026-01-01T00:00:03.000Z,nodes/b/mode,\"a, \"\"b\"\"\",\r\n";

/// Runs the program.
pub fn program(arguments: &[&str], data: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .arg("history")
        .args(arguments)
        .arg("--data")
        .arg(data)
        .stdin(Stdio::null())
        .env_remove("CLOWN_HUB_URL")
        .env_remove("CLOWN_HUB_TOKEN")
        .output()
        .expect("the program starts")
}

/// Runs the program, which has to succeed; what it printed.
pub fn done(arguments: &[&str], data: &Path) -> String {
    let output = program(arguments, data);
    let error = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {error}");
    String::from_utf8(output.stdout).expect("it prints text")
}

/// Runs the program, which has to fail with this code; what it said about it.
pub fn fails(code: i32, arguments: &[&str], data: &Path) -> String {
    let output = program(arguments, data);
    let error = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(code), "{arguments:?}: {error}");
    error
}

/// Writes a file and gives its path.
pub fn write(folder: &Path, name: &str, text: &str) -> String {
    let path = folder.join(name);
    std::fs::write(&path, text).expect("the temporary folder is writable");
    path.display().to_string()
}
