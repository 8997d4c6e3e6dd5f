//! Sessions over time, restarts and clocks that jump.

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    time::{SystemTime, UNIX_EPOCH},
};

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

fn start() -> Now {
    Now { mono: Instant::now(), wall: UNIX_EPOCH + Duration::from_secs(1_800_000_000) }
}

fn after(now: Now, time: Duration) -> Now {
    Now { mono: now.mono + time, wall: now.wall + time }
}

fn mark() -> Mark {
    Mark::from_number(7)
}

fn begin(sessions: &Sessions, now: Now) -> SessionId {
    let (id, secret) = sessions.begin(now, &"anna".into(), mark()).unwrap();
    assert_eq!(SessionId::of(&secret), id);
    assert_eq!(secret.len(), 43);
    id
}

#[test]
fn a_session_ends_after_a_week_without_use_and_after_a_month_with_it() {
    let (sessions, now) = (Sessions::in_memory(), start());
    let unused = begin(&sessions, now);
    let used = begin(&sessions, now);
    for day in 0..30 {
        let later = after(now, DAY * day);
        assert!(sessions.find(later.mono, used).is_some(), "day {day}");
    }
    assert!(sessions.find(after(now, DAY * 7).mono, unused).is_none());
    assert!(sessions.find(after(now, DAY * 30).mono, used).is_none());
    assert!(sessions.sweep(after(now, DAY * 30).mono, |_, _| true));
    assert!(sessions.state().by_id.is_empty());
}

#[test]
fn a_restart_keeps_sessions_and_counts_the_time_off() {
    let (data, now) = (tempfile::tempdir().unwrap(), start());
    let sessions = Sessions::open(data.path(), now);
    let id = begin(&sessions, now);
    let path = data.path().join(FILE);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(&path).unwrap().contains(&random::hex(&id.0)));
    let reopened = |wall: SystemTime| Sessions::open(data.path(), Now { mono: Instant::now(), wall });
    let check = |wall: SystemTime, is_there: bool| {
        let now = Instant::now();
        assert_eq!(reopened(wall).find(now, id).is_some(), is_there, "{wall:?}");
    };
    check(now.wall + DAY, true);
    check(now.wall + 6 * DAY, true);
    check(now.wall + 7 * DAY, false);
    // Clocks that were never set, or went back, say nothing about the time off.
    check(UNIX_EPOCH + Duration::from_secs(30), true);
    check(now.wall - DAY, true);
}

#[test]
fn a_clock_that_is_set_while_the_hub_runs_changes_nothing() {
    let data = tempfile::tempdir().unwrap();
    let booted = Now { mono: Instant::now(), wall: UNIX_EPOCH + Duration::from_secs(30) };
    let sessions = Sessions::open(data.path(), booted);
    let id = begin(&sessions, booted);
    let set = Now { mono: booted.mono + Duration::from_secs(60), wall: start().wall };
    assert!(sessions.find(set.mono, id).is_some());
    assert!(!sessions.sweep(set.mono, |_, _| true));
    sessions.age();
    sessions.save(set);
    let again = Sessions::open(data.path(), after(set, DAY));
    assert!(again.find(after(set, DAY).mono, id).is_some());
    assert!(again.find(after(set, 8 * DAY).mono, id).is_none());
}

#[test]
fn a_session_ends_with_its_password_and_at_logout() {
    let (data, now) = (tempfile::tempdir().unwrap(), start());
    let sessions = Sessions::open(data.path(), now);
    let (one, two) = (begin(&sessions, now), begin(&sessions, now));
    assert!(sessions.end(now, one));
    assert!(!sessions.end(now, one));
    assert!(sessions.find(now.mono, one).is_none() && sessions.find(now.mono, two).is_some());
    assert!(sessions.sweep(now.mono, |account, mark| account == "anna" && mark != super::tests::mark()));
    assert!(sessions.find(now.mono, two).is_none());
    sessions.save(now);
    assert!(Sessions::open(data.path(), now).state().by_id.is_empty());
}

#[test]
fn damaged_files_mean_logging_in_again_and_nothing_worse() {
    let (data, now) = (tempfile::tempdir().unwrap(), start());
    let sessions = Sessions::open(data.path(), now);
    begin(&sessions, now);
    let path = data.path().join(FILE);
    let good = fs::read_to_string(&path).unwrap();
    for damaged in
        ["", "{}", "x", &good[..good.len() / 2], &good.replace("anna", "an\nna"), &"[".repeat(100_000)]
    {
        fs::write(&path, damaged).unwrap();
        assert!(Sessions::open(data.path(), now).state().by_id.is_empty(), "{damaged:?}");
    }
    fs::write(&path, good.replace("1800000000", "18446744073709551615")).unwrap();
    Sessions::open(data.path(), now);
}

#[test]
fn an_account_has_a_bounded_number_of_sessions() {
    let (sessions, now) = (Sessions::in_memory(), start());
    let first = begin(&sessions, now);
    for n in 1..=MOST_PER_ACCOUNT as u32 {
        begin(&sessions, after(now, Duration::from_secs(n.into())));
    }
    assert_eq!(sessions.state().by_id.len(), MOST_PER_ACCOUNT);
    assert!(sessions.find(now.mono, first).is_none());
}
