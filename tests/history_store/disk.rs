//! A disk of 4 MiB that gets full, and one that became read-only: real ones, in a name space of their own.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::Command;

use clown_hub::history::store::Store;

use super::ledger::{PATH, SERIES, TASK, add, check};
use super::tools::need;

#[test]
fn a_full_disk_costs_nothing_and_a_read_only_one_can_be_looked_at() {
    let folder = tempfile::tempdir().unwrap();
    let mount = "mount -t tmpfs -o size=4m tmpfs \"$1\" && shift && exec \"$@\"";
    let out = need("unshare", "util-linux")
        .args(["--user", "--map-root-user", "--mount", "sh", "-c", mount, "sh"])
        .arg(folder.path())
        .arg(std::env::current_exe().unwrap())
        .args(["a_process_of_its_own", "--exact", "--ignored", "--nocapture"])
        .env(TASK, "fill")
        .env(PATH, folder.path())
        .output()
        .unwrap();
    let said = [out.stdout, out.stderr].map(|text| String::from_utf8_lossy(&text).into_owned()).join("\n");
    assert!(out.status.success(), "name spaces of users must be allowed for this test\n{said}");
}

/// What the test does, as the process that sees the small disk.
pub fn fill_a_small_disk(folder: &Path) {
    let path = folder.join("history.sqlite");
    let mut store = Store::open(&path).unwrap();
    let mut n = 0;
    let mut go_on = |store: &mut Store, count: i64| {
        add(store, n, n + count);
        n += count;
        n
    };
    go_on(&mut store, 2_000);
    store.flush().unwrap();
    store.fold().unwrap();
    go_on(&mut store, 500);
    store.flush().unwrap();
    for _ in 0..3 {
        fill(&folder.join("ballast"));
        // Some flushes may fit into the space that SQLite's log has already.
        let mut refused = 0;
        for _ in 0..200 {
            go_on(&mut store, 50);
            refused += usize::from(store.flush().is_err_and(|fault| fault.is_full()));
        }
        assert!(refused > 0 && store.waiting() > 0);
        // The log may have room for the chunks, too.
        assert!(store.fold().is_ok() || store.fold().is_err_and(|fault| fault.is_full()));
        // Everything is there to be read, and a part of it in memory only.
        let all = go_on(&mut store, 1);
        assert_eq!(check(&store), all);
        fs::remove_file(folder.join("ballast")).unwrap();
        store.flush().unwrap();
        store.fold().unwrap();
        assert_eq!((store.waiting(), store.tails(), store.take_lost(), check(&store)), (0, 0, 0, all));
    }
    let all = go_on(&mut store, 10);
    store.close().unwrap();
    remount("ro", folder);
    let error = Store::open(&path).err().unwrap().to_string();
    assert!(error.contains("cannot use") && error.contains("Read-only file system"), "{error}");
    let look = Store::look(&path).unwrap();
    assert_eq!((check(&look), look.all().count()), (all, usize::try_from(SERIES).unwrap()));
    drop(look);
    remount("rw", folder);
    let mut store = Store::open(&path).unwrap();
    let all = go_on(&mut store, 10);
    store.flush().unwrap();
    assert_eq!(check(&store), all);
}

fn fill(path: &Path) {
    let mut file = fs::File::create(path).unwrap();
    for size in [65_536, 4_096, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
}

fn remount(how: &str, folder: &Path) {
    let done = Command::new("mount").args(["-o", &format!("remount,{how}")]).arg(folder).status().unwrap();
    assert!(done.success());
}
