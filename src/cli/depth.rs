//! Topics as people type them: `relay/i2c0-3b` for `nodes/bridge/0/relay/i2c0-3b`.

/// Bases have at most this many levels where a short filter is tried.
const DEEPEST: usize = 6;

/// Filters for the full topics that a short `filter` means: itself, and itself below bases of any depth.
///
/// A filter that begins with a wildcard or `$` is complete as it is.
pub fn at_any_depth(filter: &str) -> Vec<String> {
    if filter.starts_with(['+', '#', '$', '/']) {
        return vec![filter.to_owned()];
    }
    (0..=DEEPEST).map(|depth| format!("{}{filter}", "+/".repeat(depth))).collect()
}

/// The topics among `known` that a short `topic` can mean; exactly itself if that is among them.
pub fn meant<'a>(topic: &str, known: &'a [String]) -> Vec<&'a str> {
    if let Some(exact) = known.iter().find(|known| *known == topic) {
        return vec![exact];
    }
    let ends_so = |known: &&str| known.strip_suffix(topic).is_some_and(|base| base.ends_with('/'));
    known.iter().map(String::as_str).filter(ends_so).collect()
}

/// The topics that a short `topic` can mean below `bases`; none if it already lies below one.
pub fn below_bases(topic: &str, bases: &[String]) -> Vec<String> {
    let lies_below =
        |base: &String| topic.strip_prefix(base.as_str()).is_some_and(|rest| rest.starts_with('/'));
    if bases.iter().any(lies_below) {
        return Vec::new();
    }
    bases.iter().map(|base| format!("{base}/{topic}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_topics_mean_the_full_ones() {
        let known = ["nodes/bridge/0/relay/i2c0-3b", "nodes/bridge/1/relay/i2c0-3b", "a/my-relay/x"]
            .map(String::from);
        assert_eq!(meant("nodes/bridge/1/relay/i2c0-3b", &known), ["nodes/bridge/1/relay/i2c0-3b"]);
        assert_eq!(meant("1/relay/i2c0-3b", &known), ["nodes/bridge/1/relay/i2c0-3b"]);
        assert_eq!(meant("relay/i2c0-3b", &known).len(), 2);
        assert!(meant("relay/x", &known).is_empty());
        let bases = ["a".to_owned(), "b/0".to_owned()];
        assert_eq!(below_bases("led/-", &bases), ["a/led/-", "b/0/led/-"]);
        assert!(below_bases("b/0/led/-", &bases).is_empty());
        assert_eq!(at_any_depth("a/#")[..2], ["a/#", "+/a/#"]);
        assert_eq!(at_any_depth("#"), ["#"]);
    }
}
