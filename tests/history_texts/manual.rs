//! Every line of the manual's part "Export and import" is run as it stands there.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::bench::done;
use crate::common::{Hub, command_path, need};

const MANUAL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/history.md");

/// The lines of the blocks of this language in the part.
fn lines(language: &str) -> Vec<String> {
    let text = std::fs::read_to_string(MANUAL).expect("the manual is there");
    let part =
        text.split("\n## ").find(|part| part.starts_with("Export and import")).expect("the part is there");
    let fence = format!("```{language}\n");
    let blocks = part.split(&fence).skip(1);
    blocks
        .flat_map(|block| block.split("```").next().unwrap_or_default().lines().map(str::to_owned))
        .collect()
}

/// Runs a line in a folder, as somebody at a terminal does.
fn run(line: &str, folder: &Path) {
    let program = Path::new(env!("CARGO_BIN_EXE_clown-hub")).parent().expect("the program is in a folder");
    let mut path = program.as_os_str().to_owned();
    path.push(":");
    path.push(command_path());
    let output = Command::new("bash")
        .args(["-e", "-o", "pipefail", "-c", line])
        .current_dir(folder)
        .env("PATH", path)
        .env_remove("CLOWN_HUB_URL")
        .env_remove("CLOWN_HUB_TOKEN")
        .stdin(Stdio::null())
        .output()
        .expect("bash starts");
    let said = String::from_utf8_lossy(&output.stdout);
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line}\n{said}{error}");
    assert!(!said.contains("\"error\""), "{line}\n{said}");
}

/// The files that the lines speak of.
fn prepare(folder: &Path) {
    let write =
        |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("the folder is writable");
    let own = lines("csv").join("\r\n");
    assert!(own.starts_with("time,series,value,unit"), "{own}");
    let now = "time,series,value,unit\n2026-01-01,thermometer/i2c0-48#temperature,21.45,℃\n";
    write("before.csv", &format!("{own}\r\n"));
    write("now.csv", now);
    write(
        "states.csv",
        "entity_id,state,last_changed\nsensor.kitchen,21.5,2026-01-01T00:00:00.123Z\nsensor.kitchen,unavailable,2026-01-01T01:00:00.000Z\n",
    );
    write("kitchen.csv", "Date;Kitchen °C\n2025-12-31 10:00;21,5\n2026-01-01 11:00;21,75\n");
    let noaa = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/history/noaa.lp");
    std::fs::copy(noaa, folder.join("influx.lp")).expect("the fixture is there");
    assert!(
        need("gzip", "gzip")
            .args(["-k", "influx.lp"])
            .current_dir(folder)
            .status()
            .expect("gzip starts")
            .success()
    );
}

#[test]
fn every_line_of_the_manual_works() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("clown-hub.toml"), "[hub]\ndata = \"data\"\n").unwrap();
    prepare(folder.path());
    let data = folder.path().join("data");
    done(&["import", &folder.path().join("before.csv").display().to_string()], &data);
    let hub = Hub::demo();
    std::fs::copy(hub.ca(), folder.path().join("ca.pem")).unwrap();
    done(&["import", &folder.path().join("now.csv").display().to_string()], &hub.data());
    done(
        &[
            "import",
            &folder.path().join("kitchen.csv").display().to_string(),
            "--series",
            "kitchen#temperature",
            "--time-column",
            "Date",
            "--value-column",
            "2",
        ],
        &hub.data(),
    );
    let _ = need("curl", "curl");
    let account = format!("{}:{}", hub.said("account"), hub.said("password"));
    let lines = lines("sh");
    assert!(lines.len() > 12, "{}", lines.join("\n"));
    for line in lines {
        let line = line.replace("hub.local:8443", hub.authority()).replace("ada:secret", &account);
        run(&line.replace("curl ", "curl --fail-with-body -sS "), folder.path());
    }
    // What the manual says of names.
    let own = done(&["export"], &data);
    assert!(own.contains(",h2o_feet/location=coyote_creek#water_level,8.12,"), "{own}");
    assert!(own.contains(",h2o_feet/coyote_creek#water_level,8.12,ft"), "{own}");
    assert!(own.contains("2025-12-31T10:00:00.000Z,kitchen#temperature,21.5,℃"), "{own}");
}
