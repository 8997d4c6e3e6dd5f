//! Gateways for Bluetooth and radio, understood by definitions of the binary. Source of the meanings: the documentation of
//! OpenMQTTGateway, Theengs, Ruuvi (data format 5) and rtl_433 (DATA_FORMAT.md).

use crate::rig::Ears;

fn below(ears: &Ears, base: &str) -> Vec<String> {
    let readings = ears.readings().into_iter();
    readings.filter_map(|reading| reading.strip_prefix(base)?.strip_prefix('/').map(str::to_owned)).collect()
}

#[test]
fn bluetooth_sensors_are_known_by_their_addresses_and_strangers_are_none() {
    let ears = Ears::capture("18-openmqttgateway-ble.mqtt");
    assert_eq!(
        below(&ears, "nodes/bluetooth/A4C138C38EE5"),
        [
            r#"battery/- {"voltage": [2.522, "V"], "level": [49, "%"]}"#,
            r#"hygrometer/- {"relative-humidity": [50, "%"]}"#,
            r#"signal/bluetooth {"rssi": [-73, "dBm"]}"#,
            r#"thermometer/- {"temperature": [24.3, "°C"]}"#,
        ]
    );
    let others: Vec<String> =
        ears.readings().into_iter().filter(|reading| !reading.contains("A4C138C38EE5")).collect();
    assert_eq!(others, [""; 0], "a beacon is no device, nor is a code of 433 MHz");
    assert_eq!(ears.odd, [""; 0]);
}

#[test]
fn theengs_says_the_same_keys() {
    let ears = Ears::capture("19-theengs-gateway.mqtt");
    assert_eq!(below(&ears, "nodes/bluetooth/A4C138165B5D").len(), 4);
    assert!(
        below(&ears, "nodes/bluetooth/F35285")
            .contains(&r#"hygrometer/- {"relative-humidity": [104.7, "%"]}"#.to_owned()),
        "what is said is shown, possible or not"
    );
}

#[test]
fn ruuvi_tags_are_decoded_from_what_their_gateway_passes_on() {
    let ears = Ears::capture("20-ruuvi-gateway.mqtt");
    // 0x1664 × 0.005, 0x55D5 × 0.0025, 0xC6DE + 50,000, 8, -12 and 1,008 mG, (0xAE76 >> 5) + 1,600, 0x0F.
    assert_eq!(
        below(&ears, "nodes/ruuvi/F4:1F:0C:28:CB:D6"),
        [
            r#"accelerometer/x {"acceleration": [0.008, "g"]}"#,
            r#"accelerometer/y {"acceleration": [-0.012, "g"]}"#,
            r#"accelerometer/z {"acceleration": [1.008, "g"]}"#,
            r#"barometer/- {"pressure": [100910, "Pa"]}"#,
            r#"battery/- {"voltage": [2995, "mV"]}"#,
            r#"hygrometer/- {"relative-humidity": [54.9325, "%"]}"#,
            r#"motion-sensor/- {"event-count": 15}"#,
            r#"signal/bluetooth {"rssi": [-25, "dBm"]}"#,
            r#"thermometer/- {"temperature": [28.660, "°C"]}"#,
        ]
    );
}

#[test]
fn every_voltage_of_data_format_five_is_exact() {
    let mut ears = Ears::new();
    for power in (0..=0xFFFE_u32).step_by(97) {
        let data = format!("0201061BFF9904058000FFFFFFFF800080008000{power:04X}FFFFFFFFFFFFFFFFFF");
        ears.hears("ruuvi/gw/tag", &format!(r#"{{"gw_mac":"gw","rssi":-1,"data":"{data}"}}"#));
        let battery =
            below(&ears, "nodes/ruuvi/tag").into_iter().find(|reading| reading.starts_with("battery"));
        let expected = format!(r#"battery/- {{"voltage": [{}, "mV"]}}"#, (power >> 5) + 1_600);
        assert_eq!(battery, Some(expected), "{power:04X}");
    }
}

#[test]
fn radio_sensors_are_known_by_model_and_id_wherever_they_are_heard() {
    let mut ears = Ears::capture("21-rtl433-mqtt.mqtt");
    let tower = "nodes/rtl_433/Acurite-Tower-2043";
    assert_eq!(
        below(&ears, tower),
        [
            r#"battery/- {"alarm": false}"#,
            r#"hygrometer/- {"relative-humidity": [81, "%"]}"#,
            r#"thermometer/- {"temperature": [5.3, "°C"]}"#,
        ]
    );
    // The same sensor, heard by rtl_433 itself.
    let said = r#"{"time":"x","model":"Acurite-Tower","id":2043,"channel":"B","battery_ok":0,"temperature_F":41.0,"humidity":80}"#;
    ears.hears("rtl_433/attic/events", said);
    assert_eq!(
        below(&ears, tower),
        [
            r#"battery/- {"alarm": true}"#,
            r#"hygrometer/- {"relative-humidity": [80, "%"]}"#,
            r#"thermometer/- {"temperature": [5.0, "°C"]}"#,
        ]
    );
}

#[test]
fn what_rtl_433_says_value_by_value_is_the_same_sensor() {
    let mut ears = Ears::new();
    let tower = "nodes/rtl_433/Acurite-Tower-2043";
    let value = |field: &str| format!("rtl_433/attic/devices/Acurite-Tower/B/2043/{field}");
    for (field, said) in [
        ("time", "2020-09-21 18:23:34"),
        ("battery_ok", "1"),
        ("temperature_C", "5.3"),
        ("humidity", "81"),
        ("mic", "CHECKSUM"),
    ] {
        ears.hears(&value(field), said);
    }
    let told = [
        r#"battery/- {"alarm": false}"#,
        r#"hygrometer/- {"relative-humidity": [81, "%"]}"#,
        r#"thermometer/- {"temperature": [5.3, "°C"]}"#,
    ];
    assert_eq!(below(&ears, tower), told);
    // Where rtl_433 says both, the sensor is there once.
    let event = r#"{"time":"x","model":"Acurite-Tower","id":2043,"channel":"B","battery_ok":1,"temperature_C":5.3,"humidity":81}"#;
    ears.hears("rtl_433/attic/events", event);
    assert_eq!(ears.readings().len(), told.len(), "{:?}", ears.readings());
    // What is no number is none.
    for odd in ["warm", "[1]", "{}", "1e999"] {
        ears.hears(&value("temperature_C"), odd);
    }
    assert_eq!(below(&ears, tower), told);
    ears.hears("rtl_433/attic/devices/Fineoffset-WHx080/125/rain_mm", "446.700");
    assert_eq!(
        below(&ears, "nodes/rtl_433/Fineoffset-WHx080-125"),
        [r#"rain-gauge/- {"rain": [446.700, "mm"]}"#]
    );
}
