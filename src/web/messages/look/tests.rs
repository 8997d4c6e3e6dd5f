//! Which rows somebody sees: what is open, what is found, which window, and what is cut.

use super::*;
use crate::web::messages::history::Memory;
use crate::web::messages::search::Sought;
use crate::web::messages::tree::Bounds;

const HOUSE: &[&str] = &[
    "nodes/bridge/0/relay/a",
    "nodes/bridge/0/relay/b",
    "nodes/bridge/0/meter/c",
    "zigbee/lamp",
    "zigbee/lamp/set",
    "/info",
    "$hub/link/usb",
    "$hub/link/mqtt",
];

fn tree(topics: &[&str]) -> Tree {
    let mut tree = Tree::new(Bounds::default());
    for (at, topic) in topics.iter().enumerate() {
        let (form, kind) = (Form::Json, Kind::Value);
        let bytes = format!("{{\"n\": {at}}}").into_bytes().into();
        tree.hear(topic, Kept { at: 1_000 + at as u64, bytes, from: 0, form, kind, memory: Memory::Live });
    }
    tree
}

fn wanted(open: Open) -> Wanted {
    Wanted { at: None, search: Search::default(), open, first: 0, rows: 100 }
}

/// Rows as `level name (below)`, with `+` shut, `-` open.
fn rows(tree: &Tree, wanted: &Wanted) -> Vec<String> {
    let seen = look(tree, wanted, |_| "usb".into());
    let show = |row: &Row| {
        let twig = row.open.map_or(' ', |open| if open { '-' } else { '+' });
        let below = if row.below > 0 { format!(" ({})", row.below) } else { String::new() };
        format!("{}{twig}{}{below}", row.level, row.name)
    };
    seen.rows.iter().map(show).collect()
}

fn these(places: &[&str]) -> Open {
    Open::These(places.iter().map(|place| Place::Topic((*place).to_owned())).collect())
}

#[test]
fn levels_that_only_continue_share_a_row() {
    let shut = rows(&tree(HOUSE), &wanted(these(&[])));
    assert_eq!(shut, ["1 /info", "1+nodes/bridge/0 (3)", "1+zigbee/lamp (1)", "1+$hub/link (2)"]);
}

#[test]
fn what_is_open_shows_what_lies_right_below() {
    let tree = tree(HOUSE);
    let open = rows(&tree, &wanted(these(&["nodes/bridge/0", "zigbee/lamp"])));
    let expect = [
        "1 /info",
        "1-nodes/bridge/0 (3)",
        "2 meter/c",
        "2+relay (2)",
        "1-zigbee/lamp (1)",
        "2 set",
        "1+$hub/link (2)",
    ];
    assert_eq!(open, expect);
    // Whoever opened something deep sees the way to it.
    let deep = rows(&tree, &wanted(these(&["nodes/bridge/0/relay", "nowhere"])));
    assert_eq!(deep[1..6], ["1-nodes/bridge/0 (3)", "2 meter/c", "2-relay (2)", "3 a", "3 b"]);
    let all = rows(&tree, &wanted(Open::AllBut(vec![Place::Topic("$hub/link".into())])));
    assert_eq!(all.len(), 9);
    assert_eq!(all[8], "1+$hub/link (2)");
}

#[test]
fn every_row_says_which_one_of_how_many_it_is() {
    let seen = look(&tree(HOUSE), &wanted(these(&["nodes/bridge/0/relay"])), |_| "usb".into());
    let places: Vec<_> = seen.rows.iter().map(|row| (row.name.as_str(), row.place)).collect();
    let relays = [("relay", (2, 2)), ("a", (1, 2)), ("b", (2, 2))];
    assert_eq!(places[..3], [("/info", (1, 4)), ("nodes/bridge/0", (2, 4)), ("meter/c", (1, 2))]);
    assert_eq!(places[3..6], relays);
}

#[test]
fn as_much_is_open_at_first_as_fits() {
    let tree = tree(HOUSE);
    assert_eq!(rows(&tree, &wanted(Open::Fitting(4))).len(), 4);
    assert_eq!(rows(&tree, &wanted(Open::Fitting(6))).len(), 6);
    let all = rows(&tree, &wanted(Open::Fitting(40)));
    assert_eq!(all.len(), 9, "{all:?}");
    assert_eq!(all[8], "1+$hub/link (2)", "the hub's own stays shut");
}

#[test]
fn search_leaves_what_is_found_and_the_way_to_it() {
    let tree = tree(HOUSE);
    let search = Search { text: Sought::new("relay"), ..Search::default() };
    let wanted = Wanted { search, ..wanted(Open::AllBut(Vec::new())) };
    assert_eq!(rows(&tree, &wanted), ["1-nodes/bridge/0/relay (2)", "2 a", "2 b"]);
    assert_eq!(look(&tree, &wanted, |_| String::new()).topics, 2);
}

#[test]
fn window_and_place_are_parts_of_the_whole() {
    let tree = tree(HOUSE);
    let all = wanted(Open::AllBut(Vec::new()));
    let whole = rows(&tree, &all);
    let window = Wanted { first: 3, rows: 2, ..all.clone() };
    assert_eq!(rows(&tree, &window), whole[3..5]);
    assert_eq!(look(&tree, &window, |_| String::new()).total, whole.len());
    assert!(rows(&tree, &Wanted { first: 1000, ..all.clone() }).is_empty());
    let at = |place: &str| Wanted { at: Some(Place::Topic(place.into())), ..all.clone() };
    assert_eq!(rows(&tree, &at("nodes/bridge")), ["1-0 (3)", "2 meter/c", "2-relay (2)", "3 a", "3 b"]);
    assert_eq!(rows(&tree, &at("")), ["1 info"], "the empty level before the slash");
    assert!(rows(&tree, &at("nowhere")).is_empty());
}

#[test]
fn row_tells_what_was_said_and_what_was_cut() {
    let mut tree = tree(&["a"]);
    let mut say = |topic: &str, bytes: &[u8], form| {
        let said =
            Kept { at: 5, bytes: bytes.into(), from: 1, form, kind: Kind::Value, memory: Memory::Live };
        tree.hear(topic, said);
    };
    say("long", format!("\"{}\"", "č".repeat(300)).as_bytes(), Form::Json);
    say("bytes", &[0xff; 25], Form::Bytes);
    say("empty", b"", Form::Empty);
    say(&"t".repeat(60_000), b"1", Form::Json);
    let seen = look(&tree, &wanted(these(&[])), |from| format!("link {from}"));
    let said: Vec<_> = seen.rows.iter().filter_map(|row| row.said.as_ref()).collect();
    let show = |said: &Said| (said.value.len(), said.bytes, said.cut, said.from.clone());
    let expect =
        [(8, 8, false, 0), (71, 25, true, 1), (0, 0, false, 1), (255, 602, true, 1), (1, 1, false, 1)];
    for (said, (len, bytes, cut, from)) in said.iter().zip(expect) {
        assert_eq!(show(said), (len, bytes, cut, format!("link {from}")));
    }
    let long = &seen.rows[4];
    assert_eq!((long.topic.len(), long.name.len()), (256, 256));
    let mark = Place::Mark { id: long.id.clone().expect("it is too long to be its own name") };
    assert_eq!(mark.find(&tree).map(|id| tree.path(id).len()), Some(60_000));
}

#[test]
fn row_is_a_flat_object_for_scripts() {
    let seen = look(&tree(&["a/b"]), &wanted(these(&[])), |_| "usb".into());
    let text = serde_json::to_string(&seen.rows[0]).expect("strings and numbers");
    let expect = concat!(
        r#"{"topic":"a/b","name":"a/b","level":1,"place":[1,1],"below":0,"count":1,"rate":0.0,"at":"1970-01-01T00:00:01.000Z","#,
        r#""value":"{\"n\": 0}","form":"json","bytes":8,"cut":false,"kind":"value","memory":false,"from":"usb"}"#
    );
    assert_eq!(text, expect);
}
