//! Two topic filters compared: whether one means everything the other means, and whether any topic is meant by both.
//!
//! As in MQTT, a filter that begins with a wildcard means no topic that begins with `$`.

/// Whether every topic that `narrow` means is meant by `wide`, too.
pub fn covers(wide: &str, narrow: &str) -> bool {
    if is_apart(wide, narrow) {
        return false;
    }
    let (mut wide, mut narrow) = (wide.split('/'), narrow.split('/'));
    loop {
        match (wide.next(), narrow.next()) {
            // `a/#` means `a`, too.
            (Some("#"), _) => return true,
            (None, None) => return true,
            (Some("+"), Some(level)) if level != "#" => {}
            (Some(wide), Some(narrow)) if wide == narrow => {}
            _ => return false,
        }
    }
}

/// Whether there can be a topic that both mean.
pub fn overlaps(one: &str, other: &str) -> bool {
    if is_apart(one, other) || is_apart(other, one) {
        return false;
    }
    let (mut one, mut other) = (one.split('/'), other.split('/'));
    loop {
        match (one.next(), other.next()) {
            (Some("#"), _) | (_, Some("#")) | (None, None) => return true,
            (Some("+"), Some(_)) | (Some(_), Some("+")) => {}
            (Some(one), Some(other)) if one == other => {}
            _ => return false,
        }
    }
}

fn is_apart(wild: &str, other: &str) -> bool {
    wild.starts_with(['+', '#']) && other.starts_with('$')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_covers_what_means_less() {
        let check = |wide: &str, narrow: &str, expect: bool| {
            assert_eq!(covers(wide, narrow), expect, "{wide} {narrow}");
        };
        check("#", "nodes/#", true);
        check("#", "#", true);
        check("nodes/#", "#", false);
        check("nodes/#", "nodes", true);
        check("nodes/#", "nodes/+/x/#", true);
        check("nodes/+", "nodes/#", false);
        check("+/x", "nodes/x", true);
        check("nodes/x", "+/x", false);
        check("a/+/c", "a/b/c", true);
        check("a/+/c", "a/b/+", false);
        check("#", "$SYS/#", false);
        check("+/x", "$SYS/x", false);
        check("$SYS/#", "$SYS/broker/#", true);
    }

    #[test]
    fn filters_overlap_where_a_topic_can_be_meant_by_both() {
        let check = |one: &str, other: &str, expect: bool| {
            assert_eq!(overlaps(one, other), expect, "{one} {other}");
            assert_eq!(overlaps(other, one), expect, "{other} {one}");
        };
        check("a/+/c", "a/b/+", true);
        check("a/b/c", "a/+/d", false);
        check("nodes/bridge/0/#", "nodes/+/+/relay/#", true);
        check("nodes/bridge/0/#", "shellies/#", false);
        check("nodes/#", "nodes", true);
        check("a/b", "a", false);
        check("#", "$hub/#", false);
        check("$hub/link/#", "$hub/#", true);
    }
}
