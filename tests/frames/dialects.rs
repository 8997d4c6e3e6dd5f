//! Dialects of serial lines, each with two whole words of its device: bytes that somebody recorded or documented.

use std::path::Path;

use clown_hub::device::frame::hex;

/// A dialect: its definition, what was recorded of it, and two whole words.
pub struct Dialect {
    pub id: &'static str,
    /// The name of the capture below tests/data/dialects.
    capture: &'static str,
    pub first: Vec<u8>,
    pub second: Vec<u8>,
}

impl Dialect {
    /// What was recorded, as it came on the line.
    pub fn recorded(&self) -> Vec<u8> {
        match self.capture {
            // What a terminal showed: marks and blanks at line ends are put back as the mode has them.
            name if name.contains("teleinfo") => {
                let text = String::from_utf8(capture(name)).expect("text");
                let group = |line: &str| format!("\n{}\r", line.replace("HP..", "HP..  "));
                let groups: String = text.lines().map(group).collect();
                format!("{}\u{3}", groups.replacen("\nADCO", "\u{3}\u{2}\nADCO", 1)).into_bytes()
            }
            name if name.ends_with(".hex") => frames(name, '<').concat(),
            name => capture(name),
        }
    }
}

fn dialect(id: &'static str, capture: &'static str, first: &[u8], second: &[u8]) -> Dialect {
    Dialect { id, capture, first: first.to_vec(), second: second.to_vec() }
}

/// Dialects that prove every frame.
pub fn proved() -> Vec<Dialect> {
    let dump = capture("26-vedirect-bluesolar.bin");
    let starts: Vec<usize> = memchr::memmem::find_iter(&dump, b"\r\nPID\t").collect();
    let pms = frames("34-pms5003.serial.hex", '<');
    let sds = &frames("33-sds011.serial.hex", '<')[0];
    let other_sds = [0xaa, 0xc0, 0x10, 0, 0x20, 0, 0xa1, 0x60, 0x31, 0xab];
    let sml = frames("37-sml-meter.serial.hex", '<').concat();
    let mhz = &frames("35-mhz19.serial.hex", '<')[0];
    let other_mhz = [0xff, 0x86, 0x01, 0x90, 0x44, 0, 0, 0, 0xa5];
    let (five, four) = (capture("23-dsmr5-p1.telegram"), capture("24-dsmr42-p1.telegram"));
    vec![
        dialect(
            "nmea/gps",
            "29-nmea.serial.txt",
            b"$GPGGA,102929.00,5327.04024,N,00214.41560,W,1,08,1.16,36.3,M,48.5,M,,*7E\r\n",
            b"$GPRMC,102930.00,A,5327.04033,N,00214.41550,W,0.099,,070321,,,A*69\r\n",
        ),
        dialect(
            "victron/mppt-hex",
            "26-vedirect-bluesolar.bin",
            b":7D5ED00E204A6\n",
            b":7BCED00B4230000CE\n",
        ),
        dialect(
            "victron/mppt",
            "26-vedirect-bluesolar.bin",
            &dump[starts[0]..starts[1]],
            &dump[starts[1]..starts[2]],
        ),
        dialect("dsmr/p1", "23-dsmr5-p1.telegram", &five, &four),
        dialect("plantower/pms5003", "34-pms5003.serial.hex", &pms[0], &pms[1]),
        dialect("nova/sds011", "33-sds011.serial.hex", sds, &other_sds),
        dialect("winsen/mh-z19", "35-mhz19.serial.hex", mhz, &other_mhz),
        dialect("sml/meter", "37-sml-meter.serial.hex", &sml, &sml),
    ]
}

/// Dialects whose frames prove nothing; only what looks wrong as a whole is found out.
pub fn trusted() -> Vec<Dialect> {
    let two = capture("25-dsmr22-p1.telegram");
    vec![
        dialect(
            "rflink/433-mhz-device",
            "27-rflink.serial.txt",
            b"20;2D;UPM/Esic;ID=0001;TEMP=00cf;HUM=16;BAT=OK;\r\n",
            b"20;36;Alecto V1;ID=0334;TEMP=800d;HUM=33;BAT=OK;\r\n",
        ),
        dialect("mysensors/node", "39-mysensors.serial.txt", b"12;6;1;0;0;36.5\n", b"13;7;1;0;2;1\n"),
        dialect(
            "openenergymonitor/emontx",
            "28-emontx-keyvalue.serial.txt",
            b"MSG:1,Vrms:246.81,P1:79,E1:0,pulse:1\r\n",
            b"power1:100,power2:200\r\n",
        ),
        dialect("lcus/lcus-8", "36-lcus-usb-relay.serial.hex", b"CH1: ON\r\n", b"CH2: OFF\r\n"),
        dialect("dsmr/p1-v2", "25-dsmr22-p1.telegram", &two, &two),
    ]
}

/// The dialect whose groups are proved one by one.
pub fn grouped() -> Dialect {
    // Two bits of each character are not covered by its checksum but by the parity of the line: 7E1.
    let frame = "\u{2}\nADCO 812164547605 H\r\nHCHC 002669308 (\r\nPAPP 00440 )\r\u{3}".as_bytes();
    dialect("enedis/linky-historic", "30-teleinfo-historic.serial.txt", frame, frame)
}

/// The bytes of a capture, without its notes.
pub fn capture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/dialects").join(name);
    let bytes = std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut kept = Vec::new();
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        if !line.starts_with(b"# ") {
            kept.extend_from_slice(line);
        }
    }
    kept
}

/// The frames of a capture in hexadecimal digits that a device sent (`<`) or was sent (`>`).
pub fn frames(name: &str, direction: char) -> Vec<Vec<u8>> {
    let text = String::from_utf8(capture(name)).expect("text");
    let lines = text.lines().filter_map(|line| line.strip_prefix(direction));
    lines.map(|line| hex::read(line).unwrap_or_else(|| panic!("{name}: {line}"))).collect()
}
