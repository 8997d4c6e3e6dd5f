//! The tables about serial lines: the port, frames on it and what proves them.

use super::columns::{any_text, each, hex, may, must, one, some, table, text, truth, whole, words};
use super::{Field, Form, Table};
use crate::device::frame::checksum::SUMS;

const KIND: Field = may("kind", Form::Suggested(sums, ""), "A checksum by its name");
const POLY: Field =
    whole("poly", 1, 0xffff_ffff, "The polynomial of a check without a name, as catalogues list it");
const INIT: Field = whole("init", 0, 0xffff_ffff, "What its register begins with; by default 0");
const XOROUT: Field = whole("xorout", 0, 0xffff_ffff, "What its result is exclusive-or'ed with");
const REFLECT: Field = truth("reflect", "Whether its bits go in and come out lowest first");
const WIDTH: Field = whole("width", 8, 32, "Its bits: 8, 16 or 32; by default 16");
const LINE_SUM: Field = may(
    "checksum",
    Form::Checksum(&["nmea", "teleinfo", "teleinfo-standard", "vedirect-hex"], "checksum-line"),
    "What proves a line",
);
const LENGTH: Field = whole("length", 1, 64, "Bytes of hex or text");
const BIT: Field = whole("bit", 0, 63, "The one bit that is meant; the lowest is 0");
const WRITTEN: Field =
    words("written", &["big", "little", "hex"], "In which order, or as hexadecimal digits");
const NUMBERS: &[&str] = &[
    "u8", "i8", "u16", "i16", "u24", "u32", "i32", "u64", "i64", "f32", "f64", "bcd16", "bcd32", "hex",
    "text",
];
const ORDERS: &[&str] = &["big", "little", "abcd", "dcba", "cdab", "badc"];
const ORDER: Field = words("order", ORDERS, "In which order its bytes stand; by default big");

/// Every table that is about a serial line.
pub const SERIAL: &[Table] = &[
    table(
        "serial",
        "The serial port the device is on, and what it is asked there",
        &[
            must("baud", Form::Wholes(50, 4_000_000), "Its speed, or those it may have, the usual one first"),
            text("settings", "Data bits, parity and stop bits; by default 8N1"),
            may("usb", Form::TextOrTexts, "Vendor and product of the adapters it comes with: 1a86:7523"),
            some("probe", "send", "What asks an unknown port politely whether it is there"),
            may("answer", Form::TextOr("answer"), "What it answers then, a regular expression or bytes"),
            text("first_line", "What it says after it was switched on, a regular expression"),
            some("ask", "send", "What it is asked for its values, by turns"),
            may("interval", Form::Time, "How often; by default 10 s"),
            any_text("line_end", "What ends a line that is written to it; by default as its own do"),
        ],
    ),
    table("answer", "What a device answers", &[must("hex", Form::Hex, "Bytes that are among it")]),
    table(
        "frame-lines",
        "One line after the other",
        &[
            must("kind", Form::Words(&["lines", "talk"]), "Lines of text or JSON, or of [topic, payload]"),
            any_text("end", "What ends a line; by default \\n, with or without \\r in front of it"),
            any_text("start", "What every line begins with; no part of what it says"),
            any_text("between", "What stands between columns or pairs; a blank is any number of them"),
            any_text("is", "What stands between a name and its value"),
            whole("columns", 1, 1_000, "How many columns or pairs a whole line has"),
            text("pattern", "What a whole line looks like, a regular expression"),
            text("ignore", "Lines that say nothing, such as those of a log"),
            LINE_SUM,
            whole("longest", 8, 65_536, "The longest line in bytes; by default 4096"),
        ],
    ),
    table(
        "checksum-line",
        "What proves a line: hexadecimal digits behind a mark",
        &[
            KIND,
            POLY,
            INIT,
            XOROUT,
            REFLECT,
            WIDTH,
            must("mark", Form::AnyText, "The one character in front of the digits: *"),
        ],
    ),
    table(
        "frame-block",
        "Several lines between two marks",
        &[
            must("kind", Form::Words(&["block"]), "Several lines between two marks"),
            must("start", Form::TextOrTexts, "What a block begins with, or several such marks"),
            must("end", Form::AnyText, "What ends it"),
            may(
                "behind",
                Form::WholeOrWord(0, 64, "line"),
                "What behind the end belongs to it: so many bytes, or the rest of the line",
            ),
            may("checksum", Form::Checksum(&[], "checksum-block"), "What proves it, written behind its end"),
            must("lines", Form::One("block-lines"), "How its lines look"),
            any_text("skip", "What messages begin with that may come in between, up to a line end"),
            whole("longest", 8, 65_536, "The longest block in bytes; by default 8192"),
        ],
    ),
    table(
        "block-lines",
        "How the lines of a block look",
        &[
            any_text("between", "What stands between a name and its values"),
            truth("brackets", "Whether values stand in brackets behind their name, as on a P1 port"),
            LINE_SUM,
        ],
    ),
    table(
        "checksum-block",
        "What proves a block, from its start up to and with its end",
        &[KIND, POLY, INIT, XOROUT, REFLECT, WIDTH, WRITTEN],
    ),
    table(
        "frame-binary",
        "Bytes in fixed places",
        &[
            must("kind", Form::Words(&["binary"]), "Bytes in fixed places"),
            must("header", Form::HexOrHexes, "What a frame begins with, or several such headers"),
            may(
                "length",
                Form::WholeOr(2, 4_096, "length"),
                "How long it is, or where in it that stands; without it, up to its end mark",
            ),
            hex("end", "What it ends with"),
            may("checksum", Form::Checksum(&[], "checksum-binary"), "What proves it"),
            one("escape", "escape", "How bytes are written that would look like a mark"),
            each("fields", "field", "What it says"),
            whole("longest", 2, 65_536, "The longest frame in bytes; by default 512"),
        ],
    ),
    table(
        "frame-sml",
        "The Smart Message Language of meters",
        &[must(
            "kind",
            Form::Words(&["sml"]),
            "Smart Message Language: /server and /1-0:1.8.0/value with /1-0:1.8.0/unit",
        )],
    ),
    table(
        "frame-firmata",
        "Messages of a board whose pins are set and read",
        &[
            must("kind", Form::Words(&["firmata"]), "Firmata: /digital/2, /analog/0, /pin/13/output"),
            may(
                "sampling",
                Form::Time,
                "How often the board measures its analog inputs; by default as it likes",
            ),
        ],
    ),
    table(
        "modbus",
        "What the device keeps in registers of Modbus, on a serial bus or TCP",
        &[
            whole("unit", 1, 247, "The unit it usually is; by default 1"),
            whole("gap", 0, 100, "Registers in between that may be read along; by default none"),
            whole("most", 4, 125, "The most registers that one request reads; by default 100"),
            must("registers", Form::Each("register"), "What it keeps"),
        ],
    ),
    table(
        "register",
        "One value in registers or coils, or several side by side",
        &[
            must("name", Form::Text, "Its name: it is read as /name, or /name/{n} if there are several"),
            must("table", Form::Words(&["coil", "discrete", "holding", "input"]), "Where it lies"),
            must("at", Form::Whole(0, 65_535), "Its address as on the wire, counted from 0"),
            whole("count", 1, 2_000, "How many there are; by default 1"),
            whole("first", 0, 1_000, "The number of the first of several; by default 0"),
            words("type", NUMBERS, "What it means; by default u16, and true or false for bits"),
            LENGTH,
            ORDER,
            BIT,
            truth("many", "Whether one alone is written with the function for several"),
            truth("read", "Whether it is read; some are only written"),
        ],
    ),
    table(
        "length",
        "Where in a frame its length stands",
        &[
            whole("at", 0, 64, "Its first byte, counted from 0"),
            must("type", Form::Words(&["u8", "u16", "u24", "u32"]), "How many bytes it takes"),
            ORDER,
            whole("extra", 0, 4_096, "Bytes of the frame that it does not count"),
        ],
    ),
    table(
        "checksum-binary",
        "What proves a frame; negative places count from its end",
        &[
            KIND,
            POLY,
            INIT,
            XOROUT,
            REFLECT,
            WIDTH,
            WRITTEN,
            whole("at", -4_096, 4_096, "Where it stands; by default last, or in front of the end mark"),
            whole("from", -4_096, 4_096, "The first byte it covers; by default 0"),
            whole("to", -4_096, 4_096, "The byte behind the last one it covers; by default where it stands"),
        ],
    ),
    table(
        "checksum-sent",
        "What proves bytes that are sent",
        &[
            KIND,
            POLY,
            INIT,
            XOROUT,
            REFLECT,
            WIDTH,
            WRITTEN,
            whole("from", 0, 64, "The first byte it covers; by default 0"),
        ],
    ),
    table(
        "escape",
        "How bytes are written that would look like a mark",
        &[
            must("byte", Form::Hex, "What stands in front of such a byte"),
            whole("xor", 0, 255, "What such a byte is exclusive-or'ed with"),
            may("map", Form::Bytes, "Bytes that stand for others: { DC = \"C0\" }"),
        ],
    ),
    table(
        "field",
        "A value in a frame",
        &[
            must("name", Form::Text, "Its name: it is read as /name"),
            must("at", Form::Whole(-4_096, 4_096), "Its first byte, from 0; negative from the end"),
            must("type", Form::Words(NUMBERS), "What stands there"),
            LENGTH,
            ORDER,
            BIT,
        ],
    ),
];

fn sums() -> Vec<&'static str> {
    SUMS.iter().map(|(name, _)| *name).collect()
}
