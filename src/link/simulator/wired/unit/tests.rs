//! A unit of Modbus, asked with frames as the specification and those who explain it write them, checksums and all.

use super::super::tests::{Line, profile};
use super::super::{Happening, Setup};
use crate::device::frame::hex;
use crate::link::simulator::plugged::Plugged;

use super::*;

/// Requests and answers of simplymodbus.ca, unit 17: coils 20 to 56, registers 108 to 110, and some to write to.
const BOARD: &str = r#"
name = "Board"
vendor = "Acme"
[serial]
baud = 9600
interval = "5 s"
[modbus]
unit = 17
registers = [
  { name = "coil", table = "coil", at = 19, count = 37 },
  { name = "level", table = "holding", at = 107, count = 3 },
  { name = "setting", table = "holding", at = 1, count = 2 },
  { name = "secret", table = "holding", at = 200, read = false },
]
[[property]]
id = "relay/{n}"
read = { value = "/coil/{n}" }
write = { register = "/coil/{n}" }
[[example]]
source = "simplymodbus.ca FC01"
request = "11 01 00 13 00 25 0E 84"
hex = "11 01 05 CD 6B B2 0E 1B 45 E6"
gives = {}
[[example]]
source = "simplymodbus.ca FC03"
request = "11 03 00 6B 00 03 76 87"
hex = "11 03 06 AE 41 56 52 43 40 49 AD"
gives = {}
[[example]]
source = "the answer above, damaged"
request = "11 03 00 6B 00 03 76 87"
hex = "11 03 06 AE 41 56 52 43 41 49 AD"
damage = "checksum"
"#;

struct Bus(Line);

impl Bus {
    fn board() -> Self {
        Self(Line::of(BOARD))
    }

    fn built_in(id: &str, setup: Setup) -> Self {
        Self(Line::new(&profile(id), setup))
    }

    /// What comes back within the silence that ends every request.
    fn ask(&mut self, request: &str) -> String {
        let Line { device, at } = &mut self.0;
        device.hear(*at, &hex::read(request).expect(request));
        *at += super::super::SILENCE;
        hex::shown(&device.take(*at).concat())
    }

    fn check(&mut self, request: &str, answer: &str) {
        assert_eq!(self.ask(request), answer, "{request}");
    }
}

#[test]
fn it_reads_what_the_examples_say() {
    let mut bus = Bus::board();
    bus.check("11 01 00 13 00 25 0E 84", "11 01 05 CD 6B B2 0E 1B 45 E6");
    bus.check("11 03 00 6B 00 03 76 87", "11 03 06 AE 41 56 52 43 40 49 AD");
    // Two of the three.
    bus.check("11 03 00 6C 00 02 06 86", "11 03 04 56 52 43 40 6B 6B");
}

#[test]
fn it_writes_and_tells_the_write_again() {
    let mut bus = Bus::board();
    bus.check("11 06 00 01 00 03 9A 9B", "11 06 00 01 00 03 9A 9B");
    bus.check("11 03 00 01 00 01 D7 5A", "11 03 02 00 03 39 86");
    bus.check("11 10 00 01 00 02 04 00 0A 01 02 C6 F0", "11 10 00 01 00 02 12 98");
    bus.check("11 03 00 01 00 02 97 5B", "11 03 04 00 0A 01 02 4B A1");
    bus.check("11 0F 00 13 00 0A 02 CD 01 BF 0B", "11 0F 00 13 00 0A 26 99");
    bus.check("11 05 00 14 FF 00 CE AE", "11 05 00 14 FF 00 CE AE");
    // 0xCD is coils 19 to 26; of them coil 20 came on, which turns 0xCD into 0xCF.
    bus.check("11 01 00 13 00 08 CE 99", "11 01 01 CF 15 1C");
}

#[test]
fn what_it_cannot_do_is_an_exception() {
    let mut bus = Bus::board();
    bus.check("11 02 00 00 00 01 BB 5A", "11 82 02 C0 A4");
    bus.check("11 03 00 6A 00 03 27 47", "11 83 02 C1 34");
    bus.check("11 03 00 6B 00 7E B6 A6", "11 83 03 00 F4");
    bus.check("11 06 00 63 00 03 3B 45", "11 86 02 C2 64");
    bus.check("11 05 00 14 12 34 82 29", "11 85 03 03 54");
    // Function 0x2B is known only by the silence behind it.
    bus.check("11 2B 0E 01 00 B1 B4", "11 AB 01 9F 35");
}

#[test]
fn what_is_not_for_it_or_damaged_is_nothing_to_it() {
    let mut bus = Bus::board();
    bus.check("0A 01 04 A1 00 01 AC 63", "");
    bus.check("11 06 00 01 00 04 9A 9B", "");
    bus.check("11 06 00 01", "");
    bus.check("00 06 00 01 00 03 99 DA", "");
    bus.check("11 03 00 01 00 01 D7 5A", "11 03 02 00 03 39 86");
    // A click of the bus in front, and two requests at once.
    bus.check("FF 11 03 00 01 00 01 D7 5A", "11 03 02 00 03 39 86");
    let twice = "11 03 00 01 00 01 D7 5A 11 03 00 01 00 01 D7 5A";
    bus.check(twice, "11 03 02 00 03 39 86 11 03 02 00 03 39 86");
}

#[test]
fn what_was_written_stays_while_examples_take_turns() {
    let mut bus = Bus::built_in("waveshare/modbus-rtu-relay", Setup::default());
    bus.check("01 01 00 00 00 08 3D CC", "01 01 01 05 91 8B");
    bus.check("01 05 00 01 FF 00 DD FA", "01 05 00 01 FF 00 DD FA");
    bus.0.at += Duration::from_secs(60);
    bus.check("01 01 00 00 00 08 3D CC", "01 01 01 07 10 4A");
}

#[test]
fn a_coil_that_falls_by_itself_falls_by_itself() {
    let mut bus = Bus::built_in("waveshare/modbus-rtu-relay", Setup::default());
    bus.check("01 05 00 00 00 00 CD CA", "01 05 00 00 00 00 CD CA");
    // Relay 1 on for 0.7 s.
    bus.check("01 05 02 00 00 07 8D B0", "01 05 02 00 00 07 8D B0");
    bus.check("01 01 00 00 00 01 FD CA", "01 01 01 01 90 48");
    bus.0.at += Duration::from_millis(700);
    bus.check("01 01 00 00 00 01 FD CA", "01 01 01 00 51 88");
}

#[test]
fn examples_of_the_same_registers_take_turns_and_the_unit_can_be_chosen() {
    let mut bus = Bus::built_in("eastron/sdm230", Setup::default());
    let mut heard = std::collections::BTreeSet::new();
    for _ in 0..4 {
        heard.insert(bus.ask("01 04 00 00 00 02 71 CB"));
        bus.0.at += Duration::from_secs(5);
    }
    let recorded = ["01 04 04 43 65 33 33 AA FA", "01 04 04 43 66 33 34 1B 38"];
    assert!(heard.iter().eq(recorded.iter()), "{heard:?}");
    let setup = Setup { id: Some("3".into()), ..Setup::default() };
    let mut third = Bus::built_in("eastron/sdm230", setup);
    third.check("01 04 00 00 00 02 71 CB", "");
    assert!(third.ask("03 04 00 00 00 02 70 29").starts_with("03 04 04 43 6"));
}

#[test]
fn a_unit_that_refuses_says_so_and_reads_on() {
    let mut bus = Bus::board();
    bus.0.device.happen(bus.0.at, Happening::Refuse(true));
    bus.check("11 06 00 01 00 03 9A 9B", "11 86 04 42 66");
    bus.check("11 03 00 01 00 01 D7 5A", "11 03 02 00 00 79 87");
}
