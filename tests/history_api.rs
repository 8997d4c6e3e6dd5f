//! What programs are told of history: the list of series and charts, from the real binary beside a simulated bridge.

#[path = "common/mod.rs"]
mod common;
// Each test binary uses its own part.
#[allow(dead_code)]
#[path = "browser_history/house.rs"]
mod house;

use std::time::Instant;

use common::{Answer, Https, until};
use house::{ENERGY, MODE, NAME, PASSWORD, RELAY, TEMPERATURE, hub, other_hub};
use serde_json::{Value, json};

const HOUR: i64 = 3_600_000;

fn visitor(hub: &common::Hub) -> Https {
    Https::new(hub).basic(NAME, PASSWORD)
}

async fn chart(visitor: &Https, names: &[&str], rest: &str) -> Value {
    let answer = visitor.get(&query(names, rest)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    serde_json::from_str(&answer.body).expect("JSON")
}

fn query(names: &[&str], rest: &str) -> String {
    let series: String = names.iter().map(|name| format!("series={}&", name.replace('#', "%23"))).collect();
    format!("/api/history/chart?{series}{rest}")
}

fn refused(answer: &Answer, status: u16, words: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    let told: Value = serde_json::from_str(&answer.body).expect("JSON");
    assert!(told["error"].as_str().is_some_and(|error| error.contains(words)), "{told}");
    assert!(told["hint"].as_str().is_some_and(|hint| !hint.is_empty()), "{told}");
}

fn list(value: &Value) -> &Vec<Value> {
    value.as_array().expect("a list")
}

#[tokio::test]
async fn every_series_is_listed_with_its_time() {
    let hub = hub();
    let visitor = visitor(&hub);
    // How the file is comes from the thread that writes it, a moment after the file can be read.
    let told = until("the file's size", async || {
        let told: Value = serde_json::from_str(&visitor.get("/api/history").await.body).expect("JSON");
        (told["file"]["bytes"].as_u64() > Some(0)).then_some(told)
    });
    let told = told.await;
    let one = |name: &str| {
        let mut all = list(&told["series"]).iter();
        all.find(|one| one["series"] == name).unwrap_or_else(|| panic!("no {name} in {told}"))
    };
    assert_eq!((&one(ENERGY)["kind"], &one(ENERGY)["unit"]), (&json!("number"), &json!("kWh")));
    assert_eq!((&one(RELAY)["kind"], &one(RELAY)["unit"]), (&json!("truth"), &Value::Null));
    assert_eq!(one(MODE)["kind"], "word");
    assert_eq!(one(MODE)["topic"], "nodes/plug/attic/heater/0");
    assert!(one(ENERGY)["samples"].as_u64() > Some(2_000), "{told}");
    assert!(one(ENERGY)["first"].as_str() < one(ENERGY)["last"].as_str(), "{told}");
    assert!(told["file"]["most_bytes"].as_u64() > told["file"]["bytes"].as_u64(), "{told}");
}

#[tokio::test]
async fn few_samples_are_told_as_they_are_and_many_in_pieces() {
    let hub = hub();
    let visitor = visitor(&hub);
    let exact = chart(&visitor, &[TEMPERATURE], "from=-2h&to=-1h").await;
    let line = &exact["series"][0];
    assert_eq!((&line["exact"], &line["width"], &line["unit"]), (&json!(true), &json!(0), &json!("℃")));
    assert_eq!(list(&line["at"]).len(), 60);
    assert_eq!((&line["least"], &line["count"]), (&Value::Null, &Value::Null), "{line}");
    let thinned = chart(&visitor, &[TEMPERATURE], "from=-14d&to=now&points=300").await;
    let line = &thinned["series"][0];
    assert_eq!((&line["exact"], &line["width"]), (&json!(false), &json!(2 * HOUR)));
    let count = list(&line["at"]).len();
    assert!((100..=310).contains(&count), "{count}");
    for n in 0..count {
        let value = |fact: &str| line[fact][n].as_f64();
        if value("mean").is_some() {
            assert!(value("least") <= value("mean") && value("mean") <= value("greatest"), "{n} of {line}");
        }
    }
}

#[tokio::test]
async fn a_time_that_nobody_knows_is_a_hole() {
    let hub = hub();
    let visitor = visitor(&hub);
    for rest in ["from=-12h&to=-6h&points=4000", "from=-12h&to=-6h&points=100", "from=-90d&to=-1d&points=300"]
    {
        let told = chart(&visitor, &[TEMPERATURE], rest).await;
        let line = &told["series"][0];
        let at: Vec<i64> = list(&line["at"]).iter().filter_map(Value::as_i64).collect();
        let holes: Vec<usize> = (0..at.len()).filter(|n| line["mean"][n] == Value::Null).collect();
        assert_eq!(holes.len(), 1, "{rest}: {line}");
        let hole = at[holes[0] + 1] - at[holes[0]];
        let expect = if rest.contains("90d") { 140 * HOUR..180 * HOUR } else { 55 * 60_000..65 * 60_000 };
        assert!(expect.contains(&hole), "{rest}: {hole} ms");
    }
}

#[tokio::test]
async fn truths_and_words_are_told_as_changes_that_begin_with_what_was_so() {
    let hub = hub();
    let told = chart(&visitor(&hub), &[RELAY, MODE], "from=-3d&to=-1d").await;
    let (relay, mode) = (&told["series"][0], &told["series"][1]);
    for line in [relay, mode] {
        assert_eq!(line["at"][0], told["from"], "what was said before holds: {line}");
        let said = list(&line["mean"]);
        assert!(said.windows(2).all(|pair| pair[0] != pair[1]), "only changes: {line}");
    }
    assert_eq!(relay["kind"], "truth");
    assert_eq!(mode["kind"], "word");
    let code = mode["mean"][0].as_f64().expect("a number").to_string();
    assert!(
        ["auto", "eco", "comfort", "away"].contains(&mode["words"][&code].as_str().expect("a word")),
        "{mode}"
    );
}

#[tokio::test]
async fn a_counter_that_begins_anew_has_grown_all_the_same() {
    let hub = hub();
    let visitor = visitor(&hub);
    for points in ["points=4000", "points=200", "points=12"] {
        let told = chart(&visitor, &[ENERGY], &format!("from=-12d&to=-8d&{points}")).await;
        let line = &told["series"][0];
        let gains: Vec<f64> = list(&line["gain"]).iter().filter_map(Value::as_f64).collect();
        assert!(gains.iter().all(|gain| *gain >= 0.0), "{line}");
        let sum: f64 = gains.iter().sum();
        assert!((20.0..60.0).contains(&sum), "{points}: {sum} kWh in four days");
    }
}

#[tokio::test]
async fn who_asks_wrongly_is_told_why_and_what_to_do() {
    let hub = hub();
    let visitor = visitor(&hub);
    let get = async |path: &str| visitor.get(path).await;
    refused(&get("/api/history/chart").await, 400, "no series");
    refused(&get(&query(&["nodes/nobody#x"], "")).await, 404, "nodes/nobody#x");
    refused(&get(&query(&["a//b#"], "")).await, 400, "a//b#");
    refused(&get(&query(&[TEMPERATURE], "from=yesterday")).await, 400, "yesterday");
    refused(&get(&query(&[TEMPERATURE], "from=now&to=-1h")).await, 400, "ends before");
    let far = get(&query(&[TEMPERATURE], "from=-9223372036854775807&to=9223372036854775807")).await;
    assert_eq!(far.status, 200, "{}", far.body);
    for points in ["0", "4001", "many", "-1"] {
        refused(&get(&query(&[TEMPERATURE], &format!("points={points}"))).await, 400, "points");
    }
    let many: Vec<String> = (0..17).map(|n| format!("a/{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    refused(&get(&query(&many, "")).await, 400, "17 series");
    assert_eq!(Https::new(&hub).get("/api/history").await.status, 401);
    let off = other_hub("[history]\nrecord = false\n");
    let visitor = Https::new(&off).basic(NAME, PASSWORD);
    refused(&visitor.get("/api/history").await, 404, "not recorded");
    refused(&visitor.get(&query(&[TEMPERATURE], "")).await, 404, "not recorded");
}

#[tokio::test]
async fn a_chart_of_all_that_is_known_is_quick() {
    let hub = hub();
    let visitor = visitor(&hub);
    let begin = Instant::now();
    let told = chart(&visitor, &[TEMPERATURE, ENERGY, RELAY], "from=-1y&to=now&points=1000").await;
    println!(
        "a chart of {} bytes in {:?}, TLS and password included",
        told.to_string().len(),
        begin.elapsed()
    );
    assert_eq!(list(&told["series"]).len(), 3);
}
