//! What a name is likely to mean: the words people give to temperatures, relays and the like.

use super::class::Class;

/// A likely meaning, in words of the vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Meaning {
    pub kind: &'static str,
    pub quantity: &'static str,
    /// Nothing is the usual one.
    pub unit: &'static str,
}

type Row = (&'static str, &'static str, &'static str, &'static str);

/// Names of numbers, with type, quantity and unit.
const NUMBERS: &[Row] = &[
    ("temperature temp temps tempc tc t degrees celsius", "thermometer", "temperature", "℃"),
    ("tempf tf fahrenheit", "thermometer", "temperature", "°F"),
    ("dewpoint", "thermometer", "dew-point", "℃"),
    ("humidity hum rh relativehumidity h", "hygrometer", "relative-humidity", ""),
    ("moisture soil soilmoisture", "soil-sensor", "moisture", ""),
    ("pressure press baro barometer airpressure seapressure", "barometer", "pressure", "hPa"),
    ("altitude elevation", "barometer", "altitude", ""),
    ("illuminance lux lx illumination illuminancelux", "lux-meter", "illuminance", ""),
    ("co2 eco2 carbondioxide", "co2-meter", "concentration", ""),
    ("tvoc voc", "voc-sensor", "tvoc", ""),
    ("pm1 pm10 pm4 pm25", "particulate-sensor", "", ""),
    ("power activepower apower actpower watt watts w", "power-meter", "power", ""),
    ("apparentpower va aprtpower", "power-meter", "apparent-power", ""),
    ("reactivepower var", "power-meter", "reactive-power", ""),
    ("powerfactor pf factor", "power-meter", "power-factor", ""),
    ("frequency freq hz", "power-meter", "frequency", ""),
    ("voltage volt volts u vrms", "power-meter", "voltage", ""),
    ("current amp amps ampere amperes irms", "power-meter", "current", ""),
    ("energy kwh totalenergy energytotal consumption", "power-meter", "energy", "kWh"),
    ("wh", "power-meter", "energy", "Wh"),
    ("today energytoday", "power-meter", "energy-today", "kWh"),
    ("yesterday energyyesterday", "power-meter", "energy-yesterday", "kWh"),
    ("battery bat batt soc batterylevel batterypercentage batterypercent", "battery", "level", ""),
    ("batteryvoltage vbat vbatt batvoltage voltbat", "battery", "voltage", ""),
    ("rssi signal wifirssi signalstrength dbm", "signal", "rssi", ""),
    ("linkquality lqi", "signal", "link-quality", ""),
    ("brightness dimmer bri dim", "light", "brightness", ""),
    ("position", "cover", "position", ""),
    ("setpoint target targettemperature targettemp settemperature", "thermostat", "set-point", "℃"),
    ("distance range", "distance", "distance", ""),
    ("weight mass", "scale", "weight", ""),
    ("windspeed wind windavg", "wind-meter", "wind-speed", ""),
    ("gust windgust windgusts", "wind-meter", "gust-speed", ""),
    ("winddirection winddir", "wind-meter", "wind-direction", ""),
    ("rain rainfall raintotal", "rain-gauge", "rain", ""),
    ("gas gasvolume", "gas-meter", "gas", ""),
    ("water watervolume", "water-meter", "water", ""),
    ("flow flowrate waterflow", "water-meter", "flow", ""),
    ("noise sound db dba", "microphone", "noise", ""),
    ("uv uvindex uvi", "lux-meter", "uv-index", ""),
    ("latitude lat", "gps", "latitude", ""),
    ("longitude lon lng", "gps", "longitude", ""),
    ("satellites sats", "gps", "satellites", ""),
    ("uptime uptimesec", "device", "uptime", "s"),
];
/// Names of what is true or false.
const TRUTHS: &[Row] = &[
    ("output relay switch power on ison", "relay", "state", ""),
    ("light lamp", "light", "state", ""),
    ("led", "led", "state", ""),
    ("contact door window reed", "door-sensor", "state", ""),
    ("occupancy motion presence pir movement", "motion-sensor", "state", ""),
    ("waterleak leak flood", "flood-detector", "alarm", ""),
    ("smoke", "smoke-detector", "alarm", ""),
    ("alarm", "input", "alarm", ""),
    ("input", "input", "state", ""),
    ("fan", "fan", "state", ""),
    ("valve", "valve", "state", ""),
    ("pump heater heating heat", "relay", "state", ""),
    ("lock locked", "lock", "state", ""),
    ("buzzer siren", "buzzer", "state", ""),
];
/// Names of texts.
const TEXTS: &[Row] = &[
    ("firmware fw fwver sw swver", "device", "firmware", ""),
    ("version ver swversion", "device", "version", ""),
    ("error err fault", "device", "error", ""),
    ("color colour rgb", "light", "color", ""),
    ("event action click", "remote", "event", ""),
];
/// Names that say nothing about what the value is.
const GENERIC: &[&str] = &[
    "state",
    "status",
    "value",
    "val",
    "data",
    "sensor",
    "sensors",
    "binarysensor",
    "params",
    "reading",
    "readings",
    "result",
    "measurement",
    "measurements",
    "tele",
    "stat",
    "telemetry",
    "json",
    "values",
    "info",
    "get",
    "events",
    "out",
    "components",
    "raw",
    "channel",
    "main",
    "emeter",
    "meter",
];
/// Parts of a name that make something else of it: the colour temperature is no temperature.
const OTHERWISE: &[&str] = &[
    "color",
    "colour",
    "time",
    "interval",
    "max",
    "min",
    "threshold",
    "calibration",
    "offset",
    "fallback",
    "unit",
    "limit",
    "alarm",
    "enabled",
    "enable",
    "mode",
    "last",
    "count",
    "target",
    "set",
    "period",
    "factor",
];
/// Names of the time, and of what names the device or the message.
const NO_PROPERTY: &[&str] = &[
    "ts",
    "time",
    "timestamp",
    "unixtime",
    "date",
    "datetime",
    "lastseen",
    "utc",
    "unix",
    "minutets",
    "id",
    "mac",
    "ip",
    "ssid",
    "ssid1",
    "bssid",
    "apname",
    "model",
    "name",
    "type",
    "src",
    "dst",
    "method",
    "source",
    "serial",
    "sn",
    "uid",
    "uuid",
    "hw",
    "ipaddress",
    "macaddress",
    "hostname",
    "host",
    "friendlyname",
    "manufacturer",
    "vendor",
    "tempunit",
    "unit",
    "units",
    "key",
    "topic",
    "token",
    "password",
    "servicedata",
    "manufacturerdata",
    "mactype",
    "seq",
    "sequence",
    "msgid",
    "messageid",
    "counter",
    "schema",
    "url",
];

/// A name in small letters and digits alone.
fn bare(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Whether a name tells the time, or who speaks, and no property.
pub(super) fn is_no_property(name: &str, json: &str) -> bool {
    !json.starts_with(['{', '[']) && NO_PROPERTY.contains(&bare(name).as_str())
}

/// Whether a name says nothing about what the value is.
pub(super) fn is_generic(name: &str) -> bool {
    let bare = bare(name);
    bare.is_empty() || bare.chars().all(|c| c.is_ascii_digit()) || GENERIC.contains(&bare.as_str())
}

/// What a name as a whole means.
pub(super) fn exactly(name: &str, class: Class) -> Option<Meaning> {
    let bare = bare(name);
    let stem = bare.trim_end_matches(|c: char| c.is_ascii_digit());
    let row = row(class, &bare).or_else(|| row(class, stem).filter(|_| stem.len() > 1));
    row.map(|row| meaning(row, &bare))
}

/// What a part of a name means, the last one first: `outdoorTemperature`.
pub(super) fn partly(name: &str, class: Class) -> Option<Meaning> {
    let words = words(name);
    if words.len() < 2 || words.iter().any(|word| OTHERWISE.contains(&word.as_str())) {
        return None;
    }
    words.iter().rev().filter(|word| word.len() > 1).find_map(|word| Some(meaning(row(class, word)?, word)))
}

fn row(class: Class, name: &str) -> Option<&'static Row> {
    let rows = match class {
        Class::Number => NUMBERS,
        Class::Truth(_) => TRUTHS,
        Class::Word | Class::Text => TEXTS,
    };
    rows.iter().find(|(words, ..)| words.split(' ').any(|word| word == name))
}

fn meaning(row: &Row, name: &str) -> Meaning {
    let (_, kind, quantity, unit) = *row;
    let quantity = match (quantity, name) {
        ("", "pm1") => "pm1",
        ("", "pm4") => "pm4",
        ("", "pm10") => "pm10",
        ("", _) => "pm2-5",
        (quantity, _) => quantity,
    };
    Meaning { kind, quantity, unit }
}

/// The words of a name: `outdoorTemp_2` is outdoor and temp.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        if !c.is_alphabetic() || c.is_uppercase() && before.is_lowercase() {
            words.push(String::new());
        }
        if c.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(c.to_lowercase());
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

/// A name as one level of an id: `outdoor-temp`.
pub(super) fn slug(name: &str) -> String {
    let mut slug = String::new();
    let mut before = ' ';
    for c in name.chars() {
        let is_new_word = c.is_ascii_uppercase() && before.is_ascii_lowercase();
        let is_kept = c.is_ascii_alphanumeric();
        if (!is_kept || is_new_word) && !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if is_kept {
            slug.push(c.to_ascii_lowercase());
        }
        before = c;
    }
    slug.truncate(40);
    slug.trim_end_matches('-').to_owned()
}

/// A name for people: `outdoor_temp` is Outdoor temp.
pub(super) fn title(name: &str) -> String {
    let text = slug(name).replace('-', " ");
    let mut letters = text.chars();
    letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
}
