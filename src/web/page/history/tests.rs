//! The HISTORY page as HTML, from lines that are written here.

use std::collections::BTreeMap;

use axum::http::header;

use super::*;
use crate::history::name::Name;
use crate::history::series::{Kind, Sample};
use crate::history::store::Bucket;
use crate::hub::HubConfig;
use crate::web::history::pieces::Place;

/// Noon of 20 November 2026.
const NOON: i64 = 1_795_176_000_000;
const HOUR: i64 = 3_600_000;

fn line(name: &str, kind: Kind, unit: &str, values: &[Option<f64>]) -> Line {
    let of = |(hour, value): (i64, &Option<f64>)| -> Place {
        let at = NOON - 24 * HOUR + hour * HOUR;
        (at, value.map(|value| Bucket::of(Sample { at, value })))
    };
    let places: Vec<Place> = (0..).zip(values).map(of).collect();
    Line {
        name: name.parse().unwrap(),
        kind,
        unit: (!unit.is_empty()).then(|| unit.into()),
        other_units: Vec::new(),
        width: 0,
        count: places.iter().filter(|(_, bucket)| bucket.is_some()).count() as u64,
        held: BTreeMap::new(),
        words: BTreeMap::new(),
        places,
    }
}

fn page(lang: &str, query: &[(&str, &str)], lines: Vec<Line>) -> String {
    let mut headers = HeaderMap::new();
    headers.insert(header::COOKIE, format!("lang={lang}").parse().unwrap());
    let shell = Shell::new(&headers, Some("ada"), "/history");
    let pairs: Vec<(String, String)> =
        query.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let asked = Asked::parse(&shell.text().history, &pairs, NOON);
    let hub = Hub::new(HubConfig::default(), Now::now());
    let names = Names::new(shell.text(), &hub.snapshot(Now::now()), &crate::web::layout::Layout::default());
    let recorded = |line: &Line| Recorded {
        name: line.name.clone(),
        kind: line.kind,
        unit: line.unit.clone(),
        first: NOON - 30 * DAY,
        last: NOON,
        samples: line.count,
    };
    let all: Vec<Recorded> = lines.iter().map(recorded).collect();
    let drawings = drawings(shell.lang, &lines, &asked.range);
    let groups = groups(&names, &all, &asked, &crate::web::history::sparks::Lately::default());
    let found = Found { lines, drawn: Vec::new(), all };
    let sight = Sight::new(&shell, asked, &names, &found, NOON);
    HistoryPage { shell, state: Recording::Some, sight, drawings, groups, disk: None }.render().unwrap()
}

const TEMPERATURE: &str = "nodes/attic/0/thermometer/0#temperature";
const RELAY: &str = "nodes/attic/0/relay/0#state";

fn temperature() -> Line {
    line(TEMPERATURE, Kind::Number, "℃", &[Some(20.0), Some(21.0), None, Some(25.0), Some(22.0)])
}

fn check(page: &str, parts: &[&str]) {
    for part in parts {
        assert!(page.contains(part), "no {part} in {page}");
    }
}

#[test]
fn a_series_is_told_in_words_and_drawn_with_its_hole() {
    let page = page("en", &[("series", TEMPERATURE)], vec![temperature()]);
    check(&page, &["20\u{a0}℃", "22\u{a0}℃", "25\u{a0}℃", "2026-11-19 15:00"]);
    let drawn = page.split("class=\"curve\" d=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert_eq!(drawn.matches('M').count(), 2, "a line on each side of the hole: {drawn}");
}

#[test]
fn what_was_on_is_told_by_its_time() {
    let mut relay = line(RELAY, Kind::Truth, "", &[Some(1.0), Some(0.0)]);
    relay.held = BTreeMap::from([(1, HOUR), (0, 23 * HOUR)]);
    relay.count = 1;
    let en = page("en", &[("series", RELAY)], vec![relay]);
    check(
        &en,
        &["off for 23 h (95.83 %); on for 1 h (4.17 %); changes: 1"
            .replace("95.83", "95.8")
            .replace("4.17", "4.2")
            .as_str()],
    );
}

#[test]
fn addresses_keep_what_is_shown_and_move() {
    let page = page("en", &[("series", TEMPERATURE), ("from", "-7d")], vec![temperature()]);
    let series = "series=nodes/attic/0/thermometer/0%23temperature";
    // The address of the page itself.
    check(&page, &[&format!("/history?{series}&#38;from=-1h&#38;to=now")]);
    check(&page, &["data-span=\"604800000\" aria-current=\"true\""]);
    check(&page, &[&format!("/history?{series}&#38;from=2026-11-10T")]);
    check(&page, &[&format!("/api/history/samples?{series}&#38;from=-1w&#38;to=now&#38;format=csv")]);
}

#[test]
fn a_wrong_address_shows_what_can_be_shown_and_says_the_rest() {
    let wrong = [("series", TEMPERATURE), ("series", "a#"), ("series", "nodes/x#y"), ("from", "soon")];
    let page = page("cs", &wrong, vec![temperature()]);
    check(
        &page,
        &["Nic takového nikdy zaznamenáno nebylo: a#", "zaznamenáno nebylo: nodes/x#y", "poslední den"],
    );
    check(&page, &["20\u{a0}℃", "Teplota"]);
}

#[test]
fn hostile_names_and_units_stay_text() {
    let name = Name { topic: "a/<img src=x>/0".into(), quantity: "\"><b".into() };
    let mut hostile = temperature();
    (hostile.name, hostile.unit) = (name.clone(), Some("</td><script>\u{202e}".into()));
    let page = page("en", &[("series", &name.to_string())], vec![hostile]);
    assert!(
        !page.contains("<img") && !page.contains("</td><script>") && !page.contains('\u{202e}'),
        "{page}"
    );
    assert!(!page.contains("\"><b\""), "{page}");
}

#[test]
fn more_series_than_inks_are_cut_with_a_word() {
    let names: Vec<String> = (0..10).map(|n| format!("a/{n}#x")).collect();
    let query: Vec<(&str, &str)> = names.iter().map(|name| ("series", name.as_str())).collect();
    let lines =
        names.iter().map(|name| line(name, Kind::Number, "", &[Some(1.0), Some(2.0)])).take(8).collect();
    let page = page("en", &query, lines);
    check(&page, &["At most 8 series", "data-ink=\"7\""]);
    assert!(!page.contains("data-ink=\"8\""));
}
