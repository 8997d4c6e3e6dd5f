//! Which lines of a configuration change.

use crate::cli::mask::mask;
use crate::cli::print::harmless;

/// More pairs of lines than this are not compared one by one.
const MOST: usize = 4_000_000;

/// Lines that go, with `-` in front, and lines that come, with `+`; passwords are masked.
pub fn changes(old: &str, new: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = |(a, b): &(&&str, &&str)| a == b;
    let start = old.iter().zip(&new).take_while(same).count();
    let (old, new) = (&old[start..], &new[start..]);
    let end = old.iter().rev().zip(new.iter().rev()).take_while(same).count();
    let (old, new) = (&old[..old.len() - end], &new[..new.len() - end]);
    let mut changes = Vec::new();
    let mut say = |sign: char, line: &str| changes.push(format!("{sign}{}", harmless(&mask(line))));
    let (mut at, mut to) = (0, 0);
    let common = if old.len() * new.len() > MOST { Vec::new() } else { lengths(old, new) };
    let width = new.len() + 1;
    while at < old.len() || to < new.len() {
        let length = |at: usize, to: usize| common.get(at * width + to).copied().unwrap_or_default();
        let both = at < old.len() && to < new.len();
        if both && !common.is_empty() && old[at] == new[to] {
            (at, to) = (at + 1, to + 1);
        } else if at < old.len() && (to == new.len() || length(at + 1, to) >= length(at, to + 1)) {
            say('-', old[at]);
            at += 1;
        } else {
            say('+', new[to]);
            to += 1;
        }
    }
    changes
}

/// How many lines both have in common from each pair of places on.
fn lengths(old: &[&str], new: &[&str]) -> Vec<u32> {
    let width = new.len() + 1;
    let mut lengths = vec![0_u32; (old.len() + 1) * width];
    for at in (0..old.len()).rev() {
        for to in (0..new.len()).rev() {
            lengths[at * width + to] = if old[at] == new[to] {
                lengths[(at + 1) * width + to + 1] + 1
            } else {
                lengths[(at + 1) * width + to].max(lengths[at * width + to + 1])
            };
        }
    }
    lengths
}

#[cfg(test)]
mod tests {
    use super::changes;

    #[test]
    fn only_lines_that_change_are_told_and_no_password() {
        for (old, new, told) in [
            ("", "", vec![]),
            ("a\nb\n", "a\nb\n", vec![]),
            ("a\nb\nc\n", "a\nx\nc\n", vec!["-b", "+x"]),
            ("a\n", "a\nb\n", vec!["+b"]),
            ("a\nb\nc\nd\n", "b\nc\nx\nd\ne\n", vec!["-a", "+x", "+e"]),
            ("url = \"mqtt://u:secret@h\"\n", "", vec!["-url = \"mqtt://u:***@h\""]),
            ("a\x1b[2J", "", vec!["-a\\u{1b}[2J"]),
        ] {
            assert_eq!(changes(old, new), told, "{old:?} {new:?}");
        }
        let many = |from: u32| (from..from + 3000).map(|n| format!("{n}\n")).collect::<String>();
        assert_eq!(changes(&many(0), &many(10_000)).len(), 6000);
    }
}
