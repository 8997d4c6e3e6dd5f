//! Pages as Lighthouse sees them: performance, accessibility, best practices and what search engines ask, on a slowed-down
//! phone and on a desktop. It starts a browser of its own and signs in by password.

mod common;

use base64::{Engine, engine::general_purpose::STANDARD};
use common::{Hub, need, node_module};
use serde_json::{Value, json};

/// Of 100 points.
const LEAST: f64 = 95.0;
const BROWSER: &str = "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --ignore-certificate-errors \
     --disable-quic --disable-background-networking --disable-component-update --no-first-run --no-proxy-server";

/// What Lighthouse answers; where it asks itself to be run again (a browser that came too late for its trace), it is.
fn report(hub: &Hub, path: &str, form: &str) -> Value {
    for _ in 0..2 {
        match ask(hub, path, form) {
            Err(said) if said.contains("run Lighthouse again") => println!("{said}"),
            told => return told.unwrap_or_else(|said| panic!("no report:\n{said}")),
        }
    }
    ask(hub, path, form).unwrap_or_else(|said| panic!("no report, asked three times:\n{said}"))
}

fn ask(hub: &Hub, path: &str, form: &str) -> Result<Value, String> {
    let login = STANDARD.encode(format!("{}:{}", hub.said("account"), hub.said("password")));
    let chromium = need("chromium", "the Debian package chromium");
    let output = need("node", "the Debian package nodejs")
        .arg(node_module("lighthouse/cli/index.js"))
        .arg(hub.url(path))
        .args(["--quiet", "--output=json", "--output-path=stdout", form])
        .arg(format!("--chrome-flags={BROWSER}"))
        .arg(format!("--extra-headers={}", json!({ "Authorization": format!("Basic {login}") })))
        .env("CHROME_PATH", chromium.get_program())
        .output()
        .expect("node starts");
    let said = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).map_err(|error| format!("{error}\n{said}"))
}

/// What cost points, to be read when there are too few.
fn lost(report: &Value, category: &Value) -> Vec<String> {
    let audits = category["auditRefs"].as_array().into_iter().flatten();
    let audits = audits.filter(|audit| audit["weight"].as_f64() > Some(0.0));
    let audits = audits.map(|audit| &report["audits"][audit["id"].as_str().unwrap_or_default()]);
    let bad = audits.filter(|audit| audit["score"].as_f64().is_some_and(|score| score < 1.0));
    bad.map(|audit| format!("{} {} {}", audit["id"], audit["score"], audit["displayValue"])).collect()
}

fn check(hub: &Hub, path: &str, form: &str) {
    let report = report(hub, path, form);
    let categories = report["categories"].as_object().expect("categories");
    assert_eq!(categories.len(), 4, "{:?}", categories.keys());
    for (name, category) in categories {
        let points = category["score"].as_f64().unwrap_or_default() * 100.0;
        println!("{path} {form} {name} {points:.0}");
        assert!(points >= LEAST, "{path} {form} {name}: {points:.0}: {:#?}", lost(&report, category));
    }
}

#[test]
fn dashboard_has_its_points_on_a_slow_phone_and_at_the_desk() {
    let hub = Hub::demo();
    check(&hub, "/", "--form-factor=mobile");
    check(&hub, "/", "--preset=desktop");
}

#[test]
fn history_and_messages_have_their_points_on_a_slow_phone() {
    let hub = Hub::demo();
    check(&hub, "/history", "--form-factor=mobile");
    check(&hub, "/messages", "--form-factor=mobile");
}
