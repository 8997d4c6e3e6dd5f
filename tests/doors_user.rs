//! `clown-hub user` at the border: passwords from a terminal, a file, standard input; never from an argument.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

use std::{
    fs,
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

const PASSWORD: &str = "correct horse battery";

fn user(data: &Path, arguments: &[&str], typed: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_clown-hub"))
        .args(["user", "--data"])
        .arg(data)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A program that refuses early does not read what it is told.
    let _ = child.stdin.take().unwrap().write_all(typed.as_bytes());
    child.wait_with_output().unwrap()
}

fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn accounts_and_tokens_are_made_listed_and_removed() {
    let parent = tempfile::tempdir().unwrap();
    let data = parent.path().join("not/yet/there");
    let done = |arguments: &[&str], typed: &str| {
        let output = user(&data, arguments, typed);
        assert!(output.status.success(), "{arguments:?}: {}", err(&output));
        out(&output)
    };
    assert_eq!(done(&["list", "--json"], ""), "{\"accounts\":[]}\n");
    done(&["add", "anna"], &format!("{PASSWORD}\n"));
    let file = parent.path().join("secret");
    fs::write(&file, "another good password\r\nsecond line\n").unwrap();
    done(&["add", "šárka", "--password-file", &file.display().to_string()], "");
    let secret = done(&["token", "anna", "grafana"], "");
    assert!(secret.starts_with("clown-hub-") && secret.len() == 54, "{secret:?}");
    let listed = done(&["list", "--json"], "");
    assert_eq!(
        listed,
        "{\"accounts\":[{\"name\":\"anna\",\"tokens\":[\"grafana\"]},{\"name\":\"šárka\",\"tokens\":[]}]}\n"
    );
    let kept = fs::read_to_string(data.join("accounts.toml")).unwrap();
    assert!(!kept.contains(PASSWORD) && !kept.contains(secret.trim()));
    done(&["token", "anna", "grafana", "--revoke"], "");
    done(&["passwd", "anna"], "yet another good password\n");
    assert_ne!(fs::read_to_string(data.join("accounts.toml")).unwrap(), kept);
    done(&["remove", "šárka"], "");
    assert_eq!(done(&["list", "--data", &data.display().to_string()], ""), "anna\n");
}

#[test]
fn what_is_not_allowed_is_refused_with_the_way_out() {
    let data = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str], typed: &str, words: &str| {
        let output = user(data.path(), arguments, typed);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert!(err(&output).contains(words), "{arguments:?} should say {words:?}: {}", err(&output));
        assert!(!err(&output).contains("panicked"));
    };
    let good = format!("{PASSWORD}\n");
    for name in ["#", "+", "$x", "a/b", "", "a b", "local"] {
        refused(&["add", "--", name], &good, "name");
    }
    refused(&["add", "anna"], "short\n", "10 characters");
    refused(&["add", "anna"], "", "10 characters");
    refused(&["add", "clown"], "bigclown12\n", "anybody would try");
    refused(&["add", "anna", "--password-file", "/nonexistent"], "", "/nonexistent");
    refused(&["passwd", "anna"], &good, "no account");
    refused(&["token", "anna", "x"], "", "no account");
    assert!(user(data.path(), &["add", "anna"], &good).status.success());
    refused(&["add", "anna"], &good, "already");
    refused(&["remove", "anna"], "", "last account");
    fs::write(data.path().join("accounts.toml"), "[[account]]\nname = \"anna\n").unwrap();
    refused(&["list"], "", "accounts.toml:2");
}

#[test]
fn a_password_is_no_argument() {
    let data = tempfile::tempdir().unwrap();
    let output = user(data.path(), &["add", "anna", PASSWORD], "");
    assert_eq!(output.status.code(), Some(2));
    assert!(!data.path().join("accounts.toml").exists());
}
