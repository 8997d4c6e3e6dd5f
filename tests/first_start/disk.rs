//! A root that cannot be written, with the data on a partition of their own.

use std::process::Command;

use super::common::{Https, Hub, Launch};
use super::{PASSWORD, apart, fs, make_account, setup};

const SIMULATOR: &str = "[[link]]\nname = \"sim\"\nkind = \"simulator\"\nbase = \"nodes/bridge/0\"\n";
const RELAY: &str = "nodes/bridge/0/relay/i2c0-3b";

/// Only `$1` can be written: a partition of its own.
const READ_ONLY: &str = "mount -t tmpfs -o size=64m tmpfs \"$1\"
    mount -o remount,bind,ro /
    for place in /tmp /var /home /etc /root; do
        if [ \"$(stat -c %m $place)\" = $place ]; then mount -o remount,bind,ro $place; fi
    done";

#[test]
fn with_a_read_only_root_only_the_data_folder_is_written() {
    let folder = tempfile::tempdir().unwrap();
    apart("disk::on_a_read_only_root", &[], folder.path(), READ_ONLY);
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "runs on a read-only root, started by the test above"]
async fn on_a_read_only_root() {
    for place in ["/etc/x", "/usr/x", "/var/lib/x", "/opt/x"] {
        assert!(fs::write(place, "").is_err(), "{place} can be written, so this proves nothing");
    }
    let hub = Launch::run(SIMULATOR).start();
    make_account(&hub).await;
    switch(&hub).await;
    let hub = hub.restart();
    switch(&hub).await;
    let log = hub.log();
    assert!(!log.contains("ERROR") && !log.contains("Read-only"), "{log}");
}

/// Logs in, switches, and the device confirms.
async fn switch(hub: &Hub) {
    assert_eq!(Https::new(hub).basic("anna", PASSWORD).get("/").await.status, 200);
    let output = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(["set", RELAY, "state=true", "--wait", "--data"])
        .arg(hub.data())
        .output()
        .expect("the program starts");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && said.contains("confirmed"), "{said}");
}

/// The table names a partition for `$1/data` that is not mounted.
const NOT_MOUNTED: &str = "echo \"LABEL=data $1/data ext4 nofail 0 2\" > \"$1/fstab\"
    mkdir \"$1/data\" \"$1/locked\"
    touch /etc/fstab 2>/dev/null || true
    mount --bind \"$1/fstab\" /etc/fstab
    mount -t tmpfs -o ro tmpfs \"$1/locked\"";

#[test]
fn a_data_partition_that_is_missing_or_read_only_is_named_with_the_way_out() {
    let folder = tempfile::tempdir().unwrap();
    apart("disk::without_the_data_partition", &[], folder.path(), NOT_MOUNTED);
}

#[test]
#[ignore = "runs beside a partition that is missing, started by the test above"]
fn without_the_data_partition() {
    let folder = std::env::temp_dir();
    let config = folder.join("clown-hub.toml");
    let said = |data: &str| {
        fs::write(&config, format!("[web]\nlisten = \"127.0.0.1:18443\"\n[hub]\ndata = {data:?}\n")).unwrap();
        let mut program = Command::new(env!("CARGO_BIN_EXE_clown-hub"));
        let output = program.args(["run", "--config"]).arg(&config).output().expect("the program starts");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let (exit, error) = said("data");
    assert_eq!(exit, Some(2), "{error}");
    for words in ["clown-hub.toml:4:8: hub.data", "belongs on LABEL=data", "is not mounted", "sudo mount "] {
        assert!(error.contains(words), "{words:?} is missing: {error}");
    }
    assert_eq!(fs::read_dir(folder.join("data")).unwrap().count(), 0, "nothing was begun anew");
    let (exit, error) = said("locked/data");
    assert_eq!(exit, Some(2), "{error}");
    for words in ["hub.data", "read-only file system", "remount,rw"] {
        assert!(error.contains(words), "{words:?} is missing: {error}");
    }
    let (exit, _, error) = setup(&folder.join("data"), &[]);
    assert!(exit == Some(3) && error.contains("no hub serves"), "{error}");
}
