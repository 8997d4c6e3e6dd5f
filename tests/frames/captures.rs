//! Every capture, and the readings that the dialect's own documentation gives for it.

use crate::dialects::{capture, frames, grouped};
use crate::stage::{Port, profile};
use clown_hub::device::frame::Why;
use clown_hub::device::frame::modbus::{Answer, Request};

/// Feeds `bytes` and expects exactly these readings and reasons of damage.
fn check(id: &str, bytes: &[u8], readings: &[&str], damage: &[Why]) {
    let profile = profile(id);
    let outcome = Port::open(&profile).feed(bytes).outcome();
    let mut wanted: Vec<&str> = readings.to_vec();
    wanted.sort_unstable();
    assert_eq!(outcome.readings.iter().collect::<Vec<_>>(), wanted, "{id}");
    assert_eq!(outcome.damage.iter().map(|damage| damage.why).collect::<Vec<_>>(), damage, "{id}");
    assert_eq!(outcome.odd, 0, "{id}");
    // However the line cuts them, the same bytes mean the same.
    for size in [1, 2, 3, 7, 64] {
        let mut port = Port::open(&profile);
        bytes.chunks(size).for_each(|piece| {
            port.feed(piece);
        });
        assert_eq!(port.outcome(), outcome, "{id} in pieces of {size}");
    }
}

#[test]
fn rflink_sensors_are_devices_of_their_own() {
    // TEMP is hex tenths with a sign bit, BARO hex, HUM decimal; WINDIR counts 22.5°.
    check(
        "rflink/433-mhz-device",
        &capture("27-rflink.serial.txt"),
        &[
            "nodes/rflink/Cresta-8301 wind-meter/- wind-direction 112.5 °",
            "nodes/rflink/Cresta-8301 wind-meter/- wind-speed 0.0 km/h",
            "nodes/rflink/Cresta-8301 wind-meter/- gust-speed 0.0 km/h",
            "nodes/rflink/Cresta-8301 thermometer/wind temperature 19.5 ℃",
            "nodes/rflink/Cresta-8301 thermometer/chill temperature 19.5 ℃",
            "nodes/rflink/Cresta-8301 battery/- alarm true",
            "nodes/rflink/Cresta-3001 thermometer/- temperature 18.0 ℃",
            "nodes/rflink/Cresta-3001 hygrometer/- relative-humidity 50 %",
            "nodes/rflink/Cresta-3001 battery/- alarm false",
            "nodes/rflink/NewKaku-008440e6 relay/a state false",
            "nodes/rflink/UPM-Esic-0001 thermometer/- temperature 20.7 ℃",
            "nodes/rflink/UPM-Esic-0001 hygrometer/- relative-humidity 16 %",
            "nodes/rflink/UPM-Esic-0001 battery/- alarm false",
            "nodes/rflink/Alecto-V1-0334 thermometer/- temperature -1.3 ℃",
            "nodes/rflink/Alecto-V1-0334 hygrometer/- relative-humidity 33 %",
            "nodes/rflink/Alecto-V1-0334 battery/- alarm false",
            "nodes/rflink/Oregon-BTHR-5a6d thermometer/- temperature 19.0 ℃",
            "nodes/rflink/Oregon-BTHR-5a6d hygrometer/- relative-humidity 40 %",
            "nodes/rflink/Oregon-BTHR-5a6d barometer/- pressure 983 hPa",
            "nodes/rflink/Oregon-BTHR-5a6d battery/- alarm false",
        ],
        &[],
    );
}

#[test]
fn a_gps_tells_where_it_is() {
    // 53° 27.04024′ N is 53.450671°, 2° 14.41560′ W is −2.24026°; the second position is 53° 27.04033′ in RMC only.
    check(
        "nmea/gps",
        &capture("29-nmea.serial.txt"),
        &[
            "nodes/nmea/- gps/- latitude 53.450671 °",
            "nodes/nmea/- gps/- longitude -2.24026 °",
            "nodes/nmea/- gps/- altitude 36.3 m",
            "nodes/nmea/- gps/- satellites 8",
            "nodes/nmea/- gps/- fix 1",
            "nodes/nmea/- gps/- speed 0.273 kn",
            "nodes/nmea/- gps/- speed 0.099 kn",
        ],
        &[],
    );
}

#[test]
fn lines_of_an_emontx_are_read_in_three_shapes() {
    let lines = capture("28-emontx-keyvalue.serial.txt");
    // The first line after opening could be half a line: the other shapes are lines of other devices.
    let bytes = [b"x\n".as_slice(), &lines].concat();
    check(
        "openenergymonitor/emontx",
        &bytes,
        &[
            "nodes/openenergymonitor/- power-meter/- voltage 246.81 V",
            "nodes/openenergymonitor/- power-meter/- event-count 1",
            "nodes/openenergymonitor/- power-meter/1 power 79 W",
            "nodes/openenergymonitor/- power-meter/1 energy 0 Wh",
            "nodes/openenergymonitor/- power-meter/1 power 100 W",
            "nodes/openenergymonitor/- power-meter/2 power 200 W",
        ],
        &[Why::Began, Why::Shape, Why::Shape],
    );
}

#[test]
fn nodes_of_mysensors_are_told_apart() {
    check(
        "mysensors/node",
        &capture("39-mysensors.serial.txt"),
        &["nodes/mysensors/12 thermometer/6 temperature 36.5 ℃", "nodes/mysensors/13 relay/7 state true"],
        &[Why::Began],
    );
}

#[test]
fn a_teleinfo_meter_is_read_but_for_its_damaged_group() {
    check(
        "enedis/linky-historic",
        &grouped().recorded(),
        &[
            "nodes/enedis/812164547605 power-meter/- apparent-power 440 VA",
            "nodes/enedis/812164547605 power-meter/- current 1 A",
            "nodes/enedis/812164547605 power-meter/- tariff HP..",
            "nodes/enedis/812164547605 power-meter/hc energy-import 2669308 Wh",
            "nodes/enedis/812164547605 power-meter/hp energy-import 418037 Wh",
        ],
        // What stood there before the first STX, and the group whose label lost its first letters.
        &[Why::Noise, Why::Checksum],
    );
}

#[test]
fn telegrams_of_three_generations_are_read() {
    let kept = |prefix: &str, values: &[&str]| -> Vec<String> {
        values.iter().map(|value| format!("nodes/dsmr/- {prefix}{value}")).collect()
    };
    let five = kept(
        "",
        &[
            "power-meter/- power 244.000 W",
            "power-meter/- tariff 2",
            "power-meter/export power 0.000 W",
            "power-meter/t1 energy-import 4.426 kWh",
            "power-meter/t1 energy-export 2.444 kWh",
            "power-meter/t2 energy-import 2.399 kWh",
            "power-meter/t2 energy-export 0.000 kWh",
            "power-meter/l1 power 70.000 W",
            "power-meter/l1 voltage 230.0 V",
            "power-meter/l1 current 0.48 A",
            "power-meter/l2 power 32.000 W",
            "power-meter/l2 voltage 230.0 V",
            "power-meter/l2 current 0.44 A",
            "power-meter/l3 power 142.000 W",
            "power-meter/l3 voltage 229.0 V",
            "power-meter/l3 current 0.86 A",
            "power-meter/l1-export power 0.000 W",
            "power-meter/l2-export power 0.000 W",
            "power-meter/l3-export power 0.000 W",
            "gas-meter/1 gas 0.107 m³",
        ],
    );
    let five: Vec<&str> = five.iter().map(String::as_str).collect();
    check("dsmr/p1", &capture("23-dsmr5-p1.telegram"), &five, &[]);
    let four = kept(
        "",
        &[
            "power-meter/- power 2027.000 W",
            "power-meter/- tariff 2",
            "power-meter/export power 0.000 W",
            "power-meter/t1 energy-import 1581.123 kWh",
            "power-meter/t1 energy-export 0.000 kWh",
            "power-meter/t2 energy-import 1435.706 kWh",
            "power-meter/t2 energy-export 0.000 kWh",
            "power-meter/l1 power 170.000 W",
            "power-meter/l1 current 0 A",
            "power-meter/l2 power 1247.000 W",
            "power-meter/l2 current 6 A",
            "power-meter/l3 power 209.000 W",
            "power-meter/l3 current 2 A",
            "power-meter/l1-export power 0.000 W",
            "power-meter/l2-export power 0.000 W",
            "power-meter/l3-export power 0.000 W",
            "gas-meter/1 gas 981.443 m³",
        ],
    );
    let four: Vec<&str> = four.iter().map(String::as_str).collect();
    check("dsmr/p1", &capture("24-dsmr42-p1.telegram"), &four, &[]);
    let two = kept(
        "",
        &[
            "power-meter/- power 1010.00 W",
            "power-meter/- tariff 1",
            "power-meter/export power 0.00 W",
            "power-meter/t1 energy-import 1.001 kWh",
            "power-meter/t1 energy-export 1.001 kWh",
            "power-meter/t2 energy-import 1.001 kWh",
            "power-meter/t2 energy-export 1.001 kWh",
            "gas-meter/1 gas 1.001 m³",
        ],
    );
    let two: Vec<&str> = two.iter().map(String::as_str).collect();
    check("dsmr/p1-v2", &capture("25-dsmr22-p1.telegram"), &two, &[]);
}

#[test]
fn a_solar_charger_is_found_in_the_middle_of_its_blocks() {
    let profile = profile("victron/mppt");
    let dump = capture("26-vedirect-bluesolar.bin");
    let outcome = Port::open(&profile).feed(&dump).outcome();
    let whole = dump.windows(9).filter(|bytes| *bytes == b"Checksum\t").count();
    let has = |reading: &str| {
        let told = format!("nodes/victron/HQ1411MYIKN {reading}");
        assert!(outcome.readings.contains(&told), "{told}: {outcome:#?}");
    };
    // The first block of the dump; V and VPV are mV, I mA, H19 0.01 kWh, CS 3 is bulk.
    has("battery/- voltage 12.530 V");
    has("battery/- current 0.620 A");
    has("solar-charger/- power 8 W");
    has("solar-charger/- voltage 33.580 V");
    has("solar-charger/- mode bulk");
    has("solar-charger/- energy 82.72 kWh");
    assert!(whole > 10, "{whole} blocks");
    // The end of the block before the first, and the beginning of the block after the last.
    assert_eq!(outcome.damage.iter().map(|damage| damage.why).collect::<Vec<_>>(), [Why::Noise, Why::Cut]);
}

#[test]
fn a_solar_charger_tells_its_registers_between_its_text() {
    let hex = [
        "V\t12530\r\nI\t620\r\nChecksum\t".as_bytes(),
        b"\xb0\r\n",
        // The battery's capacity, which nobody asked for; question and answer of Victron's FAQ on VE.Direct.
        b":70010003E\n:7001000C80076\n",
        b"PID\t0xA042\r\n:7D5ED00E20",
        b"4A6\n:7D5ED00E205A6\n",
        // There is no such register (flag 1).
        b":7A8ED0100B8\n",
    ];
    let readings = ["nodes/victron/- battery/- voltage 12.50 V"];
    check("victron/mppt-hex", &hex.concat(), &readings, &[Why::Checksum]);
}

#[test]
fn binary_sensors_say_what_their_datasheets_say() {
    check(
        "nova/sds011",
        &frames("33-sds011.serial.hex", '<').concat(),
        &[
            "nodes/nova/A160 particulate-sensor/- pm2-5 123.6 µg/m³",
            "nodes/nova/A160 particulate-sensor/- pm10 261.8 µg/m³",
        ],
        &[],
    );
    check(
        "winsen/mh-z19",
        &frames("35-mhz19.serial.hex", '<').concat(),
        &["nodes/winsen/- co2-sensor/- concentration 823 ppm"],
        &[],
    );
    check(
        "plantower/pms5003",
        &frames("34-pms5003.serial.hex", '<')[0],
        &[
            "nodes/plantower/- particulate-sensor/- pm1 4 µg/m³",
            "nodes/plantower/- particulate-sensor/- pm2-5 5 µg/m³",
            "nodes/plantower/- particulate-sensor/- pm10 8 µg/m³",
            "nodes/plantower/- particulate-sensor/above-0-3 particles 795 1/dl",
            "nodes/plantower/- particulate-sensor/above-0-5 particles 249 1/dl",
            "nodes/plantower/- particulate-sensor/above-1-0 particles 27 1/dl",
            "nodes/plantower/- particulate-sensor/above-2-5 particles 6 1/dl",
            "nodes/plantower/- particulate-sensor/above-5-0 particles 3 1/dl",
            "nodes/plantower/- particulate-sensor/above-10-0 particles 3 1/dl",
        ],
        &[],
    );
}

#[test]
fn a_board_says_who_it_is_and_what_its_pins_are() {
    // A0 is 0x2A | 0x03 << 7 = 426 of 1023 at 5 V; of port 0 pin 2 is high, which is a contact to GND that is open.
    check(
        "firmata/standard",
        &frames("38-firmata.serial.hex", '<').concat(),
        &[
            "nodes/firmata/- device/- firmware StandardFirmata",
            "nodes/firmata/- adc/0 voltage 2.08 V",
            "nodes/firmata/- input/2 state false",
            "nodes/firmata/- input/4 state false",
        ],
        &[],
    );
    // Answers to pin state queries, composed by the protocol's table: pin 13 is on, pin 3 at 128 of 255.
    let states = [0xf0, 0x6e, 13, 1, 1, 0xf7, 0xf0, 0x6e, 3, 3, 0, 1, 0xf7];
    check(
        "firmata/standard",
        &states,
        &["nodes/firmata/- relay/13 state true", "nodes/firmata/- light/3 brightness 50 %"],
        &[],
    );
}

#[test]
fn relays_on_usb_answer_when_they_are_asked() {
    let bytes = frames("36-lcus-usb-relay.serial.hex", '<').concat();
    let profile = profile("lcus/lcus-8");
    let mut port = Port::open(&profile);
    // Before a question there was silence, so the first line is whole.
    let outcome = port.silence().feed(&bytes).outcome();
    let readings: Vec<&str> = outcome.readings.iter().map(String::as_str).collect();
    assert_eq!(readings, ["nodes/lcus/- relay/1 state true", "nodes/lcus/- relay/2 state false"]);
    assert_eq!(outcome.damage, []);
}

#[test]
fn an_sml_meter_tells_its_scaled_values() {
    // 0x0D637E08 tenths of a watt-hour, 0xA8 W in all, of them 117, 22 and 29 W; the other capture is cut.
    let whole = frames("37-sml-meter.serial.hex", '<').concat();
    let cut = frames("40-sml-damaged.serial.hex", '<').concat();
    check(
        "sml/meter",
        &[cut, whole].concat(),
        &[
            "nodes/sml/090149534B000403DF63 power-meter/- power 168 W",
            "nodes/sml/090149534B000403DF63 power-meter/- energy-import 22462.4136 kWh",
            "nodes/sml/090149534B000403DF63 power-meter/l1 power 117 W",
            "nodes/sml/090149534B000403DF63 power-meter/l2 power 22 W",
            "nodes/sml/090149534B000403DF63 power-meter/l3 power 29 W",
            "nodes/sml/090149534B000403DF63 power-meter/t1 energy-import 22462.4136 kWh",
            "nodes/sml/090149534B000403DF63 power-meter/t2 energy-import 0.0000 kWh",
        ],
        &[Why::Checksum],
    );
}

#[test]
fn a_modbus_meter_is_read_and_relays_are_written() {
    let asked = &frames("32-modbus-rtu-sdm-meter.serial.hex", '>')[0];
    let told = &frames("32-modbus-rtu-sdm-meter.serial.hex", '<')[0];
    let meter = profile("eastron/sdm230");
    let request = Request::parse(asked).expect("a whole request");
    let Answer::Said(content) = request.answer(told) else { panic!("{:?}", request.answer(told)) };
    let registers = meter.registers.as_ref().expect("[modbus]");
    let json = registers.json(&request, &content);
    assert_eq!(json.as_deref(), Some("{\"unit\": 1, \"voltage\": 230.20001}"));
    let outcome = Port::of(&meter).frame(&json.expect("JSON")).outcome();
    assert_eq!(
        outcome.readings.iter().collect::<Vec<_>>(),
        ["nodes/eastron/1 power-meter/- voltage 230.2 V"]
    );
    let all: Vec<usize> = registers.requests(1).iter().map(|request| request.bytes().len()).collect();
    assert_eq!(all, [8, 8], "everything in two requests");

    let written = frames("31-modbus-rtu-relay.serial.hex", '>');
    let board = profile("waveshare/modbus-rtu-relay");
    let registers = board.registers.as_ref().expect("[modbus]");
    let wishes = [(1, true), (1, false), (2, true), (2, false), (3, true), (4, true)];
    for (wire, (number, state)) in written.iter().zip(wishes) {
        let path = ["relay".to_owned(), number.to_string()];
        let request = registers.write(1, &path, &state.to_string()).expect("a relay");
        assert_eq!(request.bytes(), *wire, "relay {number} {state}");
        assert!(matches!(request.answer(wire), Answer::Said(_)), "the board answers with the same bytes");
    }
}
