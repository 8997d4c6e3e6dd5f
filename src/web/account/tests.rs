//! The accounts file under change, damage and competition.

use std::{fs, os::unix::fs::PermissionsExt};

use super::*;
use crate::web::random::hex;

const GOOD: &str = "correct horse battery";

fn hash() -> PasswordHash {
    PasswordHash::of_the_demo()
}

fn two_accounts() -> (tempfile::TempDir, Accounts) {
    let data = tempfile::tempdir().unwrap();
    let accounts = Accounts::open(data.path()).unwrap();
    assert!(accounts.is_empty());
    accounts.add_first("anna", hash()).unwrap();
    accounts.add("Šárka", PasswordHash::of_nobody()).unwrap();
    accounts.add_token("anna", Token::make("grafana").unwrap().0).unwrap();
    (data, accounts)
}

#[test]
fn accounts_are_found_again_after_a_restart() {
    let (data, accounts) = two_accounts();
    let again = Accounts::open(data.path()).unwrap();
    let names: Vec<_> = again.all().iter().map(|account| account.name.to_string()).collect();
    assert_eq!(names, ["anna", "Šárka"]);
    let token = again.find("anna").unwrap().tokens[0].clone();
    assert_eq!(again.holder(token.id).unwrap().name, accounts.find("anna").unwrap().name);
    assert!(again.has_mark("anna", hash().mark()));
    assert!(again.find("Anna").is_none() && again.find("ann").is_none() && again.find("").is_none());
    let mode = fs::metadata(data.path().join(FILE)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn changes_by_another_program_are_noticed_and_damage_is_not_believed() {
    let (data, running) = two_accounts();
    let mut changes = running.changes();
    changes.mark_unchanged();
    assert!(!running.refresh().unwrap());
    let cli = Accounts::open(data.path()).unwrap();
    cli.remove("Šárka").unwrap();
    cli.set_password("anna", PasswordHash::of(GOOD).unwrap()).unwrap();
    assert!(running.refresh().unwrap());
    assert!(changes.has_changed().unwrap());
    assert!(running.find("Šárka").is_none() && !running.has_mark("anna", hash().mark()));
    let path = data.path().join(FILE);
    for damage in ["", "[[account]]\n", "rubbish", "[[account]]\nname = \"eve\"\n"] {
        fs::write(&path, damage).unwrap();
        assert!(running.refresh().is_err(), "{damage:?}");
        assert!(!running.refresh().unwrap(), "a fault is given once");
        assert!(running.find("anna").is_some() && running.find("eve").is_none());
    }
    fs::remove_file(&path).unwrap();
    assert!(running.refresh().is_err());
    assert!(!running.is_empty(), "a lost file never opens the setup");
}

#[test]
fn every_damaged_line_is_refused_with_its_place() {
    let (data, _) = two_accounts();
    let path = data.path().join(FILE);
    let good = fs::read_to_string(&path).unwrap();
    let lines: Vec<_> = good.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let half = line.char_indices().nth(line.chars().count() / 2).map_or(0, |(at, _)| at);
        for damaged in
            [&line[..half], &line[1..], &line.replace('=', ":"), &format!("{line}x"), "role = \"admin\""]
        {
            if damaged == *line {
                continue;
            }
            let text: Vec<_> =
                lines.iter().enumerate().map(|(n, l)| if n == index { damaged } else { l }).collect();
            fs::write(&path, text.join("\n")).unwrap();
            let error = Accounts::open(data.path()).expect_err(damaged).to_string();
            let place = error.split(':').nth(1).and_then(|line| line.parse::<usize>().ok());
            // A lost header is seen only where its account begins anew.
            assert!(
                place.is_some_and(|place| place <= lines.len()),
                "line {} as {damaged:?}: {error}",
                index + 1
            );
        }
    }
}

#[test]
fn hostile_files_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let password = hash().text();
    let account =
        |name: &str, password: &str| format!("[[account]]\nname = \"{name}\"\npassword = \"{password}\"\n");
    let check = |text: String, words: &str| {
        fs::write(data.path().join(FILE), &text).unwrap();
        let error = Accounts::open(data.path()).expect_err(&text).to_string();
        assert!(error.contains(words), "{error:?} should say {words:?}");
    };
    for name in ["#", "+", "$x", "a/b", "", "a:b", "\\u0000", "\\n"] {
        check(account(name, &password), "2: name");
    }
    check(account("anna", "bigclown"), "3: password: damaged");
    check(account("anna", ""), "3: password: damaged");
    check(account("anna", &password.replace("argon2id", "argon2i")), "3: password: damaged");
    check(account("anna", &password.replace("m=12288", "m=4000000")), "more memory");
    check(format!("{0}{0}", account("anna", &password)), "twice");
    check("account = []\n".into(), "expected [[account]]");
    check("[account]\nname = \"x\"\n".into(), "expected [[account]]");
    let token = format!("[[account.token]]\nname = \"t\"\nsha256 = \"{}\"\n", hex(&[0; 31]));
    check(format!("{}{token}", account("anna", &password)), "6: sha256");
}

#[test]
fn names_and_the_last_account_are_guarded() {
    let (_data, accounts) = two_accounts();
    let check = |result: Result<(), WebError>, words: &str| {
        let error = result.expect_err(words).to_string();
        assert!(error.contains(words), "{error:?} should say {words:?}");
    };
    check(accounts.add("anna", hash()), "already");
    check(accounts.add("ANNA", hash()), "already");
    check(accounts.add("#", hash()), "letters, digits");
    check(accounts.add_first("eve", hash()), "log in with it");
    check(accounts.remove("eve"), "no account");
    check(accounts.add_token("anna", Token::make("grafana").unwrap().0), "already");
    check(accounts.remove_token("anna", "nothing"), "no token");
    accounts.remove_token("anna", "grafana").unwrap();
    accounts.remove("Šárka").unwrap();
    check(accounts.remove("anna"), "last account");
}

#[test]
fn two_programs_do_not_lose_each_others_change() {
    let (data, _) = two_accounts();
    std::thread::scope(|scope| {
        for n in 0..8 {
            let data = data.path();
            scope.spawn(move || Accounts::open(data).unwrap().add(&format!("user{n}"), hash()).unwrap());
        }
    });
    assert_eq!(Accounts::open(data.path()).unwrap().all().len(), 10);
}

#[test]
fn the_demo_stays_on_loopback_and_cannot_be_changed() {
    let demo = Accounts::demo("127.0.0.1:8443".parse().unwrap()).unwrap();
    assert!(demo.find(DEMO_NAME).unwrap().password.fits(DEMO_PASSWORD));
    assert!(demo.add("eve", hash()).is_err());
    assert!(Accounts::demo("[::1]:0".parse().unwrap()).is_ok());
    for listen in ["0.0.0.0:8443", "192.168.1.2:8443", "[::]:8443"] {
        let error = Accounts::demo(listen.parse().unwrap()).unwrap_err().to_string();
        assert!(error.contains("does not listen"), "{error}");
    }
}
