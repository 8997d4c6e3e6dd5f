//! Files that are no backup, or not any more, or were made by somebody who wishes ill.

use std::fs;
use std::io::Write;
use std::path::Path;

use flate2::write::GzEncoder;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{good, restore_into, run, said, small, tree};

/// Members of a tar: name, type, content.
type Member<'a> = (&'a str, u8, &'a [u8]);

fn packed(members: &[Member<'_>]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, kind, content) in members {
        let mut header = tar::Header::new_gnu();
        // As it is: the library refuses names that lead out.
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_size(content.len() as u64);
        header.set_mode(0o600);
        header.set_entry_type(tar::EntryType::new(*kind));
        header.set_link_name_literal("/etc/passwd").unwrap();
        header.set_cksum();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    zipped(&bytes)
}

fn zipped(bytes: &[u8]) -> Vec<u8> {
    let mut out = GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(bytes).unwrap();
    out.finish().unwrap()
}

fn listed(path: &str, content: &[u8]) -> Value {
    let digits = Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    json!({ "path": path, "size": content.len(), "sha256": digits })
}

fn list(format: u64, files: &[Value]) -> Vec<u8> {
    let text = json!({
        "format": format, "version": "0.1.0", "made": "2026-11-22T00:00:00.000Z", "host": "hub",
        "history": true, "files": files,
    });
    text.to_string().into_bytes()
}

#[test]
fn nothing_is_restored_from_what_is_no_whole_backup() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let check = |bytes: &[u8], part: &str| {
        fs::write(here.join("hub.tar.gz"), bytes).unwrap();
        let before = tree(here);
        for more in [&["--dry-run"][..], &["--force"]] {
            let output = run(here, &restore_into("hub.tar.gz", "new/hub.toml", "new/data", more));
            assert_eq!(output.status.code(), Some(1), "{part}: {}", said(&output));
            assert!(said(&output).contains(part), "{part}: {}", said(&output));
        }
        assert_eq!(tree(here), before, "{part}");
    };
    const NAME: &str = "backup.json";
    let (a, b) = (listed("data/a", b"a"), listed("data/b", b"b"));
    let both = list(1, &[a.clone(), b.clone()]);
    check(b"", "it is no backup of a clown-hub");
    check(b"hello", "it is no backup of a clown-hub");
    check(&zipped(b"hello"), "it is no backup of a clown-hub");
    check(&packed(&[]), "it is empty");
    check(&packed(&[("data/a", b'0', b"a")]), "it does not begin with backup.json");
    check(&packed(&[(NAME, b'0', b"{}")]), "damaged at backup.json");
    check(
        &packed(&[(NAME, b'0', &list(2, &[]))]),
        "made by a newer clown-hub (its format is 2, this program knows 1)",
    );
    for name in ["data/../../x", "/etc/x", "data/a/../b", "etc/x", "data/lock", "data//x", "devices/x.sh"] {
        let list = list(1, &[listed(name, b"x")]);
        check(&packed(&[(NAME, b'0', &list), (name, b'0', b"x")]), "would leave its folder or comes twice");
    }
    let twice = list(1, &[a.clone(), a.clone()]);
    check(&packed(&[(NAME, b'0', &twice), ("data/a", b'0', b"a"), ("data/a", b'0', b"a")]), "comes twice");
    let member = |kind: u8, content: &[u8]| {
        packed(&[(NAME, b'0', &both), ("data/a", kind, content), ("data/b", b'0', b"b")])
    };
    // Links, devices, a pipe, a folder, a sparse file, an extended header.
    for kind in *b"123456Sx" {
        check(&member(kind, b"a"), "damaged at data/a");
    }
    check(&member(b'0', b"x"), "damaged at data/a: its checksum is another");
    check(&member(b'0', b"aa"), "damaged at data/a: it does not have 1 bytes");
    check(
        &packed(&[(NAME, b'0', &both), ("data/b", b'0', b"b"), ("data/a", b'0', b"a")]),
        "data/b is in its place",
    );
    check(&packed(&[(NAME, b'0', &both), ("data/a", b'0', b"a")]), "damaged at data/b: it is missing");
    let more: &[Member<'_>] =
        &[(NAME, b'0', &both), ("data/a", b'0', b"a"), ("data/b", b'0', b"b"), ("data/c", b'0', b"c")];
    check(&packed(more), "data/c is not in its list");
    // A name of 64 MB of the same letter, which is nothing once it is packed.
    let long = vec![b'n'; 64 << 20];
    check(&packed(&[(NAME, b'0', &both), ("././@LongLink", b'L', &long)]), "damaged at data/a");
    let mut huge = a.clone();
    huge["size"] = json!(1_u64 << 62);
    check(
        &packed(&[(NAME, b'0', &list(1, &[huge])), ("data/a", b'0', b"a")]),
        "the sizes in its list are absurd",
    );
    let inside = list(1, &[a, listed("data/a/b", b"b")]);
    let inside = packed(&[(NAME, b'0', &inside), ("data/a", b'0', b"a"), ("data/a/b", b'0', b"b")]);
    fs::write(here.join("hub.tar.gz"), inside).unwrap();
    let output = run(here, &restore_into("hub.tar.gz", "new/hub.toml", "new/data", &[]));
    assert_eq!(output.status.code(), Some(1));
    assert!(!here.join("new/data").exists() && !here.join("new/data.restoring").exists());
}

#[test]
fn a_byte_that_changed_anywhere_is_found_or_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    small(here);
    good(here, &["backup", "good.tar.gz"]);
    good(here, &restore_into("good.tar.gz", "good/hub.toml", "good/data", &[]));
    let (whole, expect) = (fs::read(here.join("good.tar.gz")).unwrap(), tree(&here.join("good")));
    let mut refused = 0;
    let mut check = |bytes: &[u8], what: &str| {
        fs::write(here.join("bad.tar.gz"), bytes).unwrap();
        let output = run(here, &restore_into("bad.tar.gz", "new/hub.toml", "new/data", &[]));
        match output.status.code() {
            Some(0) => assert_eq!(tree(&here.join("new")), expect, "{what}"),
            Some(1) => refused += 1,
            other => panic!("{what}: {other:?} {}", said(&output)),
        }
        if output.status.code() == Some(1) {
            assert!(tree(&here.join("new")).is_empty(), "{what}: {}", said(&output));
        }
        let _ = fs::remove_dir_all(here.join("new"));
    };
    let places = (0..20).chain((20..whole.len()).step_by(11)).chain(whole.len() - 8..whole.len());
    for place in places {
        let mut bytes = whole.clone();
        bytes[place] ^= 1 << (place % 8);
        check(&bytes, &format!("byte {place}"));
    }
    for length in (0..whole.len()).step_by(whole.len() / 20) {
        check(&whole[..length], &format!("{length} bytes"));
    }
    assert!(refused > 100, "{refused}");
}

#[test]
fn a_backup_does_not_decide_where_things_go() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    let check = |config: &str, more: Option<&str>, code: i32, part: &str| {
        let mut files = vec![listed("config/clown-hub.toml", config.as_bytes())];
        files.extend(more.map(|more| listed(more, b"x")));
        let list = list(1, &files);
        let mut members: Vec<Member<'_>> =
            vec![("backup.json", b'0', &list), ("config/clown-hub.toml", b'0', config.as_bytes())];
        members.extend(more.map(|more| (more, b'0', b"x".as_slice())));
        fs::write(here.join("hub.tar.gz"), packed(&members)).unwrap();
        let output = run(here, &["restore", "hub.tar.gz", "--config", "new/hub.toml", "--force"]);
        assert_eq!(output.status.code(), Some(code), "{config}: {}", said(&output));
        assert!(said(&output).contains(part), "{config}: {}", said(&output));
    };
    let elsewhere = |key: &str| format!("[hub]\n{key} = \"{}/else\"\n", here.display());
    check(&elsewhere("data"), Some("data/a"), 2, "say which with --data DIR");
    check(&elsewhere("devices"), Some("devices/a.toml"), 1, "outside its own folder");
    check("[hub]\ndevices = \"../else\"\n", Some("devices/a.toml"), 1, "outside its own folder");
    assert!(!Path::new("else").exists() && !here.join("else").exists() && !here.join("new").exists());
    fs::create_dir_all(here.join("new/data")).unwrap();
    fs::write(here.join("new/data/letter.txt"), "mine").unwrap();
    check("", Some("data/a"), 1, "is not empty and no hub's data folder");
    assert_eq!(fs::read(here.join("new/data/letter.txt")).unwrap(), b"mine");
}
