//! Where these tests happen: a hub with a simulated bridge and a file of history that was filled before it started.

use std::collections::BTreeMap;
use std::f64::consts::TAU;

use clown_hub::history::moment;
use clown_hub::history::series::{Key, Kind, Sample};
use clown_hub::history::store::{Recorded, Store};

use crate::common::{Browser, Hub, Launch};

pub const NAME: &str = "anna";
pub const PASSWORD: &str = "correct horse";
const MINUTE: i64 = 60_000;
const DAY: i64 = 24 * 60 * MINUTE;

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

/// A year of weather, a meter that was replaced, a relay, a mode, and two times that nobody knows.
fn fill(store: &mut Store, now: i64) {
    let mut random = fastrand::Rng::with_seed(7);
    let mut all: BTreeMap<&str, (Kind, &str, Vec<Sample>)> = BTreeMap::new();
    for (name, kind, unit) in [
        (TEMPERATURE, Kind::Number, "℃"),
        (HUMIDITY, Kind::Number, "%"),
        (PRESSURE, Kind::Number, "hPa"),
        (ENERGY, Kind::Number, "kWh"),
        (RELAY, Kind::Truth, ""),
        (MODE, Kind::Word, ""),
    ] {
        all.insert(name, (kind, unit, Vec::new()));
    }
    let (mut wander, mut meter) = (0.0_f64, 8_200.0_f64);
    let begin = now - 365 * DAY;
    let mut at = begin;
    while at < now {
        let step = if now - at < DAY { MINUTE } else { 10 * MINUTE };
        let is_away = (now - 47 * DAY..now - 40 * DAY).contains(&at)
            || (now - 9 * 60 * MINUTE..now - 8 * 60 * MINUTE).contains(&at);
        #[expect(clippy::cast_precision_loss, reason = "a year of milliseconds is exact")]
        let (day, year) = (at as f64 / DAY as f64, (at - begin) as f64 / (365 * DAY) as f64);
        wander = wander * 0.995 + (random.f64() - 0.5) * 0.4;
        let noon = -((day + 0.08).fract() * TAU).cos();
        let mut say = |name: &str, value: f64| {
            let (_, _, samples) = all.get_mut(name).expect("it is listed above");
            samples.push(Sample { at, value });
        };
        let warm = 11.0 - 10.0 * ((year + 0.85) * TAU).cos() + noon * 4.0 + wander;
        say(TEMPERATURE, if is_away { f64::NAN } else { rounded(warm) });
        say(HUMIDITY, rounded(58.0 - noon * 12.0 - wander * 4.0));
        say(PRESSURE, rounded(1_013.0 + wander * 9.0));
        if (now - 10 * DAY..now - 10 * DAY + step).contains(&at) {
            meter = 0.0;
        }
        #[expect(clippy::cast_precision_loss, reason = "a step is short")]
        let part = step as f64 / (10 * MINUTE) as f64;
        meter += part * (0.02 + (noon * 0.11 - wander * 0.01).max(0.0));
        say(ENERGY, rounded(meter));
        let hour = at.rem_euclid(DAY) / (60 * MINUTE);
        if random.u8(..) < 6 {
            say(RELAY, f64::from(u8::from((5..9).contains(&hour) || random.bool())));
        }
        if random.u8(..) < 3 {
            let modes = ["auto", "eco", "comfort", "away"];
            let mode = store.value(Recorded::Word(modes[random.usize(..modes.len())]));
            say(MODE, mode);
        }
        at += step;
    }
    for (name, (kind, unit, samples)) in all {
        let id = store.series(&key(name, kind, unit));
        store.import(id, &samples).expect("a new file can be written");
    }
}

/// A hub whose history is a year long.
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
