use super::*;

fn route(text: &str) -> Route {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn routes(texts: &[&str]) -> Routes {
    Routes::new(texts.iter().map(|text| route(text)).collect())
}

#[test]
fn a_route_is_written_as_in_mosquitto_conf() {
    let check = |text: &str, shown: &str| assert_eq!(route(text).to_string(), shown, "{text}");
    check("nodes/# both", "nodes/# both");
    check("  nodes/#   in  0 ", "nodes/# in");
    check("nodes/# out 1", "nodes/# out 1");
    check(r#"nodes/# both 2 house/ """#, r#"nodes/# both 2 house/ """#);
    check(r#"# out "" attic/"#, r#"# out 0 "" attic/"#);
    check(r#""my room/#" in"#, r#""my room/#" in"#);
    check(r#"$SYS/# in broker/ """#, r#"$SYS/# in 0 broker/ """#);
    check(r#"link/# out 0 $hub/ status/"#, "link/# out 0 $hub/ status/");
}

#[test]
fn what_is_wrong_with_a_route_is_said_with_an_example() {
    let check = |text: &str, expect: &str| {
        let said = text.parse::<Route>().expect_err(text).to_string();
        assert!(said.contains(expect), "{text}: {said}");
    };
    check("", "is empty");
    check("\"\" in", "is empty");
    check("nodes/#", "`nodes/#` has no direction: add `in`, `out` or `both`, for example `nodes/# both");
    check("nodes/# inn", "`inn` is no direction");
    check("nodes/# in 3", "`3` is no quality of service");
    check("nodes/# in 999999999999", "is no quality of service");
    check("nodes/# in 1 a/", "the prefix `a/` stands alone");
    check("nodes/# in 1 a/ b/ c/", "`c/` is one word too many");
    check("nodes/# in 1 a b/", "the prefix `a` must end with `/`");
    check("nodes/# in 1 a/+/ b/", "must end with `/` and have no wildcards");
    check("nodes/#/x in", "`nodes/#/x`: `#` must be the whole last level");
    check("\"nodes/# in", "not closed");
    check("$share/hubs/nodes/# in", "shared subscription");
    check("$SYS/# in", "give it a local prefix");
    check("$hub/# out", "give it a remote prefix");
    check("nodes/# in 0 $hub/ \"\"", "give it a local prefix");
}

#[test]
fn prefixes_are_exchanged_both_ways() {
    let routes = routes(&[r#"nodes/# both 0 house/ attic/"#]);
    let inwards = routes.into_hub("attic/nodes/bridge/0/led/-").expect("taken in");
    let local = inwards.to_local("attic/nodes/bridge/0/led/-").expect("a name");
    assert_eq!(local.as_str(), "house/nodes/bridge/0/led/-");
    let (_, remote) = routes.out_of_hub(local.as_str()).expect("given out");
    assert_eq!(remote.as_str(), "attic/nodes/bridge/0/led/-");
    assert_eq!(routes.into_hub("nodes/bridge/0/led/-"), None);
    assert_eq!(routes.out_of_hub("attic/nodes/bridge/0/led/-"), None);
}

#[test]
fn the_first_route_that_fits_counts() {
    let routes = routes(&[r#"relay/# out 1 nodes/ switches/"#, r#"nodes/# both"#]);
    let remote = |local: &str| {
        let (route, remote) = routes.out_of_hub(local).expect(local);
        (remote.as_str().to_owned(), route.qos())
    };
    assert_eq!(remote("nodes/relay/0"), ("switches/relay/0".into(), 1));
    assert_eq!(remote("nodes/led/-"), ("nodes/led/-".into(), 0));
}

#[test]
fn what_was_given_is_found_again() {
    let routes = routes(&[r#"relay/# out 1 nodes/ switches/"#, r#"nodes/# out"#, "garden/# in"]);
    let check = |remote: &str, local: Option<&str>| {
        let local = local.map(|local| Topic::new(local).expect(local));
        assert_eq!(routes.given_as(remote), local, "{remote}");
    };
    check("nodes/led/-", Some("nodes/led/-"));
    check("switches/relay/0", Some("nodes/relay/0"));
    check("nodes/relay/0", None);
    check("garden/well", None);
}

#[test]
fn a_message_is_subscribed_to_once() {
    let check = |texts: &[&str], expect: &[(&str, u8)]| {
        let routes = routes(texts);
        assert_eq!(routes.subscriptions().collect::<Vec<_>>(), expect, "{texts:?}");
    };
    check(&["nodes/# both", "nodes/bridge/0/# in 1"], &[("nodes/#", 1)]);
    check(&["nodes/+/relay in 2", "shelly/# in", "# in"], &[("#", 2)]);
    check(&["nodes/# out", "shelly/# in"], &[("shelly/#", 0)]);
    check(&["# in", r#"$SYS/# in broker/ """#], &[("#", 0), ("$SYS/#", 0)]);
    check(&["nodes/# in", "nodes/# in"], &[("nodes/#", 0)]);
    let partly = routes(&["a/+/c in", "a/b/+ in"]);
    assert_eq!((partly.copies("a/b/c"), partly.copies("a/x/c"), partly.copies("z")), (2, 1, 0));
}

#[test]
fn the_hubs_own_facts_go_out_only_when_they_are_named() {
    assert_eq!(routes(&["# both"]).out_of_hub("$hub/link/usb"), None);
    let named = routes(&["# both", r#"link/# out 0 $hub/ status/"#]);
    let (_, remote) = named.out_of_hub("$hub/link/usb").expect("named");
    assert_eq!(remote.as_str(), "status/link/usb");
}

#[test]
fn commands_find_the_brokers_name_of_a_device() {
    let topic = |text: &str| Topic::new(text).expect(text);
    let routes = routes(&[r#"nodes/+/+/thermometer/# in 0 far/ """#, r#"shelly/# out 0 "" x/"#]);
    let check = |local: &str, base: Option<&str>, remote: &str| {
        let base = base.map(topic);
        assert_eq!(routes.named(&topic(local), base.as_ref()).as_str(), remote, "{local}");
    };
    check("far/nodes/bridge/1/relay/a/set", Some("far/nodes/bridge/1"), "nodes/bridge/1/relay/a/set");
    check("shelly/1/relay/0/command", None, "x/shelly/1/relay/0/command");
    check("other/set", None, "other/set");
}

#[test]
fn bases_are_named_for_both_sides() {
    let topic = |text: &str| Topic::new(text).expect(text);
    let routes = routes(&[r#"nodes/# both 0 far/ """#]);
    assert_eq!(routes.base_out(&topic("far/nodes/bridge/0")), Some(topic("nodes/bridge/0")));
    assert_eq!(routes.base_out(&topic("nodes/bridge/0")), None);
    assert_eq!(routes.base_in("nodes/bridge/0"), Some(topic("far/nodes/bridge/0")));
    assert_eq!(routes.base_in("other"), None);
}

#[test]
fn the_manuals_routes_are_routes() {
    let manual = include_str!("../../../../../docs/mqtt.md");
    let manual = manual.split("## What goes where").nth(1).expect("the section");
    let table =
        manual.split("| you write |").nth(1).expect("the table").split("\n\n").next().expect("its rows");
    let rows: Vec<Route> = table
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` |"))
        .map(|(text, _)| route(text))
        .collect();
    assert_eq!(rows.len(), 6);
    let sample = manual.split("```toml\n").nth(1).expect("a sample").split("```").next().expect("its lines");
    let sample: toml_edit::DocumentMut = sample.parse().expect("TOML");
    let topics = sample["link"][0]["topics"].as_array().expect("topics");
    assert_eq!(topics.iter().filter_map(|text| text.as_str()).map(route).count(), 3);
}
