//! Where these tests happen: a hub with a simulated bridge and a file of history that was filled before it started.

use std::f64::consts::TAU;

use clown_hub::history::moment;
use clown_hub::history::series::{Key, Kind};
use clown_hub::history::store::{Recorded, Store};

use crate::common::{Browser, Hub, Launch};

pub const NAME: &str = "anna";
pub const PASSWORD: &str = "correct horse";
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;
/// How far back it reaches: samples from before November 2026 cannot have been recorded.
const DAYS: i64 = 18;

/// The thermometer of the simulated bridge; it goes on speaking.
pub const TEMPERATURE: &str = "nodes/bridge/simulator/thermometer/i2c0-48#temperature";
/// Its relay.
pub const RELAY: &str = "nodes/bridge/simulator/relay/i2c0-3b#state";
/// Devices that are gone; only what they said is there.
pub const HUMIDITY: &str = "nodes/plug/attic/hygrometer/0#relative-humidity";
pub const PRESSURE: &str = "nodes/plug/attic/barometer/0#pressure";
pub const ENERGY: &str = "nodes/plug/attic/energy-meter/0#energy";
pub const MODE: &str = "nodes/plug/attic/heater/0#mode";

const SIMULATOR: &str = "\
    [[link]]\n\
    name = \"simulator\"\n\
    kind = \"simulator\"\n\
    base = \"nodes/bridge/simulator\"\n";

fn key(name: &str, kind: Kind, unit: &str) -> Key {
    let (topic, quantity) = name.split_once('#').expect("a quantity");
    let unit = (!unit.is_empty()).then(|| unit.into());
    Key { topic: topic.into(), quantity: quantity.into(), kind, unit }
}

fn rounded(value: f64) -> f64 {
    (value * 100.0).round() / 100.0
}

/// Weeks of weather, a meter that was replaced, a relay, a mode, and two days that nobody knows.
fn fill(store: &mut Store, now: i64) {
    let mut random = fastrand::Rng::with_seed(7);
    let mut id = |name, kind, unit| store.series(&key(name, kind, unit));
    let (temperature, humidity) = (id(TEMPERATURE, Kind::Number, "℃"), id(HUMIDITY, Kind::Number, "%"));
    let (pressure, energy) = (id(PRESSURE, Kind::Number, "hPa"), id(ENERGY, Kind::Number, "kWh"));
    let (relay, mode) = (id(RELAY, Kind::Truth, ""), id(MODE, Kind::Word, ""));
    let (mut wander, mut meter) = (0.0_f64, 8_200.0_f64);
    let begin = now - DAYS * DAY;
    let mut at = begin;
    while at < now {
        let is_recent = now - at < DAY;
        let step = if is_recent { MINUTE } else { 15 * MINUTE };
        let is_away = (now - 7 * DAY..now - 5 * DAY).contains(&at)
            || (now - 9 * 60 * MINUTE..now - 8 * 60 * MINUTE).contains(&at);
        #[expect(clippy::cast_precision_loss, reason = "a year of milliseconds is exact")]
        let (day, year) = (at as f64 / DAY as f64, (at - begin) as f64 / (DAYS * DAY) as f64);
        wander = wander * 0.995 + (random.f64() - 0.5) * 0.4;
        let noon = -((day + 0.08).fract() * TAU).cos();
        if is_away {
            store.add(temperature, at, Recorded::Unknown);
        } else {
            let value = 14.0 + 9.0 * (year * TAU).cos() + noon * 4.0 + wander;
            store.add(temperature, at, Recorded::Number(rounded(value)));
        }
        store.add(humidity, at, Recorded::Number(rounded(58.0 - noon * 12.0 - wander * 4.0)));
        store.add(pressure, at, Recorded::Number(rounded(1_013.0 + wander * 9.0)));
        meter += if noon > 0.2 { 0.11 } else { 0.02 } * (step as f64 / (15 * MINUTE) as f64);
        if at > now - 10 * DAY && at - step <= now - 10 * DAY {
            meter = 0.0;
        }
        store.add(energy, at, Recorded::Number(rounded(meter)));
        let hour = at.rem_euclid(DAY) / (60 * MINUTE);
        if random.u8(..) < 9 {
            store.add(relay, at, Recorded::Truth((5..9).contains(&hour) || random.bool()));
        }
        if random.u8(..) < 4 {
            let modes = ["auto", "eco", "comfort", "away"];
            store.add(mode, at, Recorded::Word(modes[random.usize(..modes.len())]));
        }
        at += step;
        if store.waiting() > 50_000 {
            store.flush().expect("a new file can be written");
            store.fold().expect("a new file can be written");
        }
    }
    store.flush().expect("a new file can be written");
    store.fold().expect("a new file can be written");
}

/// A hub whose history is weeks long.
pub fn hub() -> Hub {
    let launch = Launch::run(SIMULATOR).account(NAME, PASSWORD);
    let mut store = Store::open(&launch.data().join("history.sqlite")).expect("a new file");
    fill(&mut store, moment::now());
    store.close().expect("a new file can be closed");
    launch.start()
}

/// A hub whose history is this empty, or switched off.
pub fn other_hub(config: &str) -> Hub {
    Launch::run(config).account(NAME, PASSWORD).start()
}

/// The address of some series and a time.
pub fn address(names: &[&str], from: &str, to: &str) -> String {
    let series: String = names.iter().map(|name| format!("series={}&", name.replace('#', "%23"))).collect();
    format!("/history?{series}from={from}&to={to}")
}

/// Signs in.
pub async fn sign_in(browser: &Browser, hub: &Hub) {
    browser.goto(&hub.url("/login?next=/history")).await;
    browser.fill(&[("name", NAME), ("password", PASSWORD)]).await;
    browser.find("form[action='/logout']").await;
}

/// Opens a page of history and waits until its graphs are drawn.
pub async fn open(browser: &Browser, hub: &Hub, address: &str) {
    browser.goto(&hub.url(address)).await;
    drawn(browser).await;
}

/// Waits until the graphs show what was asked for last.
pub async fn drawn(browser: &Browser) {
    let script = "const place = document.querySelector('[data-part=graphs]'); \
                  return place.dataset.drawn !== undefined && !place.hasAttribute('aria-busy')";
    browser.script_true("graphs that are drawn", script).await;
}

/// Presses a key where the focus is.
pub async fn press(browser: &Browser, key: &str) {
    let focused = browser.client().active_element().await.expect("something has the focus");
    focused.send_keys(key).await.expect("a key can be pressed");
}
