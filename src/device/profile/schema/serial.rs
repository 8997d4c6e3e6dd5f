//! The tables about serial lines: the port, frames on it and what proves them.

use super::{Field, Form, Table, may, must};
use crate::device::frame::checksum::SUMS;

const KIND: Field = may("kind", Form::Suggested(sums, ""), "A checksum by its name");
const POLY: Field = may(
    "poly",
    Form::Whole(1, 0xffff_ffff),
    "The polynomial of a check without a name, as catalogues list it",
);
const INIT: Field = may("init", Form::Whole(0, 0xffff_ffff), "What its register begins with; by default 0");
const XOROUT: Field = may("xorout", Form::Whole(0, 0xffff_ffff), "What its result is exclusive-or'ed with");
const REFLECT: Field = may("reflect", Form::Truth, "Whether its bits go in and come out lowest first");
const WIDTH: Field = may("width", Form::Whole(8, 32), "Its bits: 8, 16 or 32; by default 16");
const WRITTEN: Field =
    may("written", Form::Words(&["big", "little", "hex"]), "In which order, or as hexadecimal digits");
const NUMBERS: &[&str] = &[
    "u8", "i8", "u16", "i16", "u24", "u32", "i32", "u64", "i64", "f32", "f64", "bcd16", "bcd32", "hex",
    "text",
];
const ORDERS: &[&str] = &["big", "little", "abcd", "dcba", "cdab", "badc"];
const ORDER: Field = may("order", Form::Words(ORDERS), "In which order its bytes stand; by default big");

/// Every table that is about a serial line.
pub const SERIAL: &[Table] = &[
    Table {
        name: "serial",
        about: "The serial port the device is on, and what it is asked there",
        fields: &[
            must("baud", Form::Wholes(50, 4_000_000), "Its speed, or those it may have, the usual one first"),
            may("settings", Form::Text, "Data bits, parity and stop bits; by default 8N1"),
            may("usb", Form::TextOrTexts, "Vendor and product of the adapters it comes with: 1a86:7523"),
            may("probe", Form::Some("send"), "What asks an unknown port politely whether it is there"),
            may("answer", Form::TextOr("answer"), "What it answers then, a regular expression or bytes"),
            may("first_line", Form::Text, "What it says after it was switched on, a regular expression"),
            may("ask", Form::Some("send"), "What it is asked for its values, by turns"),
            may("interval", Form::Time, "How often; by default 10 s"),
            may(
                "line_end",
                Form::AnyText,
                "What ends a line that is written to it; by default as its own do",
            ),
        ],
    },
    Table {
        name: "answer",
        about: "What a device answers",
        fields: &[must("hex", Form::Hex, "Bytes that are among it")],
    },
    Table {
        name: "frame-lines",
        about: "One line after the other",
        fields: &[
            must("kind", Form::Words(&["lines", "talk"]), "Lines of text or JSON, or of [topic, payload]"),
            may("end", Form::AnyText, "What ends a line; by default \\n, with or without \\r in front of it"),
            may("start", Form::AnyText, "What every line begins with; no part of what it says"),
            may(
                "between",
                Form::AnyText,
                "What stands between columns or pairs; a blank is any number of them",
            ),
            may("is", Form::AnyText, "What stands between a name and its value"),
            may("columns", Form::Whole(1, 1_000), "How many columns or pairs a whole line has"),
            may("pattern", Form::Text, "What a whole line looks like, a regular expression"),
            may("ignore", Form::Text, "Lines that say nothing, such as those of a log"),
            may(
                "checksum",
                Form::Checksum(&["nmea", "teleinfo", "teleinfo-standard"], "checksum-line"),
                "What proves a line",
            ),
            may("longest", Form::Whole(8, 65_536), "The longest line in bytes; by default 4096"),
        ],
    },
    Table {
        name: "checksum-line",
        about: "What proves a line: hexadecimal digits behind a mark",
        fields: &[
            KIND,
            POLY,
            INIT,
            XOROUT,
            REFLECT,
            WIDTH,
            must("mark", Form::AnyText, "The one character in front of the digits: *"),
        ],
    },
    Table {
        name: "frame-block",
        about: "Several lines between two marks",
        fields: &[
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
            may("skip", Form::AnyText, "What messages begin with that may come in between, up to a line end"),
            may("longest", Form::Whole(8, 65_536), "The longest block in bytes; by default 8192"),
        ],
    },
    Table {
        name: "block-lines",
        about: "How the lines of a block look",
        fields: &[
            may("between", Form::AnyText, "What stands between a name and its values"),
            may(
                "brackets",
                Form::Truth,
                "Whether values stand in brackets behind their name, as on a P1 port",
            ),
            may(
                "checksum",
                Form::Checksum(&["nmea", "teleinfo", "teleinfo-standard"], "checksum-line"),
                "What proves a line",
            ),
        ],
    },
    Table {
        name: "checksum-block",
        about: "What proves a block, from its start up to and with its end",
        fields: &[KIND, POLY, INIT, XOROUT, REFLECT, WIDTH, WRITTEN],
    },
    Table {
        name: "frame-binary",
        about: "Bytes in fixed places",
        fields: &[
            must("kind", Form::Words(&["binary"]), "Bytes in fixed places"),
            must("header", Form::HexOrHexes, "What a frame begins with, or several such headers"),
            may(
                "length",
                Form::WholeOr(2, 4_096, "length"),
                "How long it is, or where in it that stands; without it, up to its end mark",
            ),
            may("end", Form::Hex, "What it ends with"),
            may("checksum", Form::Checksum(&[], "checksum-binary"), "What proves it"),
            may("escape", Form::One("escape"), "How bytes are written that would look like a mark"),
            may("fields", Form::Each("field"), "What it says"),
            may("longest", Form::Whole(2, 65_536), "The longest frame in bytes; by default 512"),
        ],
    },
    Table {
        name: "frame-sml",
        about: "The Smart Message Language of meters",
        fields: &[must(
            "kind",
            Form::Words(&["sml"]),
            "Smart Message Language: /server and /1-0:1.8.0/value with /1-0:1.8.0/unit",
        )],
    },
    Table {
        name: "modbus",
        about: "What the device keeps in registers of Modbus, on a serial bus or TCP",
        fields: &[
            may("unit", Form::Whole(1, 247), "The unit it usually is; by default 1"),
            may("gap", Form::Whole(0, 100), "Registers in between that may be read along; by default none"),
            may("most", Form::Whole(4, 125), "The most registers that one request reads; by default 100"),
            must("registers", Form::Each("register"), "What it keeps"),
        ],
    },
    Table {
        name: "register",
        about: "One value in registers or coils, or several side by side",
        fields: &[
            must("name", Form::Text, "Its name: it is read as /name, or /name/{n} if there are several"),
            must("table", Form::Words(&["coil", "discrete", "holding", "input"]), "Where it lies"),
            must("at", Form::Whole(0, 65_535), "Its address as on the wire, counted from 0"),
            may("count", Form::Whole(1, 2_000), "How many there are; by default 1"),
            may("first", Form::Whole(0, 1_000), "The number of the first of several; by default 0"),
            may("type", Form::Words(NUMBERS), "What it means; by default u16, and true or false for bits"),
            may("length", Form::Whole(1, 64), "Bytes of hex or text"),
            ORDER,
            may("bit", Form::Whole(0, 63), "The one bit that is meant; the lowest is 0"),
            may("many", Form::Truth, "Whether one alone is written with the function for several"),
            may("read", Form::Truth, "Whether it is read; some are only written"),
        ],
    },
    Table {
        name: "length",
        about: "Where in a frame its length stands",
        fields: &[
            may("at", Form::Whole(0, 64), "Its first byte, counted from 0"),
            must("type", Form::Words(&["u8", "u16", "u24", "u32"]), "How many bytes it takes"),
            ORDER,
            may("extra", Form::Whole(0, 4_096), "Bytes of the frame that it does not count"),
        ],
    },
    Table {
        name: "checksum-binary",
        about: "What proves a frame; negative places count from its end",
        fields: &[
            KIND,
            POLY,
            INIT,
            XOROUT,
            REFLECT,
            WIDTH,
            WRITTEN,
            may(
                "at",
                Form::Whole(-4_096, 4_096),
                "Where it stands; by default last, or in front of the end mark",
            ),
            may("from", Form::Whole(-4_096, 4_096), "The first byte it covers; by default 0"),
            may(
                "to",
                Form::Whole(-4_096, 4_096),
                "The byte behind the last one it covers; by default where it stands",
            ),
        ],
    },
    Table {
        name: "checksum-sent",
        about: "What proves bytes that are sent",
        fields: &[
            KIND,
            POLY,
            INIT,
            XOROUT,
            REFLECT,
            WIDTH,
            WRITTEN,
            may("from", Form::Whole(0, 64), "The first byte it covers; by default 0"),
        ],
    },
    Table {
        name: "escape",
        about: "How bytes are written that would look like a mark",
        fields: &[
            must("byte", Form::Hex, "What stands in front of such a byte"),
            may("xor", Form::Whole(0, 255), "What such a byte is exclusive-or'ed with"),
            may("map", Form::Bytes, "Bytes that stand for others: { DC = \"C0\" }"),
        ],
    },
    Table {
        name: "field",
        about: "A value in a frame",
        fields: &[
            must("name", Form::Text, "Its name: it is read as /name"),
            must("at", Form::Whole(-4_096, 4_096), "Its first byte, from 0; negative from the end"),
            must("type", Form::Words(NUMBERS), "What stands there"),
            may("length", Form::Whole(1, 64), "Bytes of hex or text"),
            ORDER,
            may("bit", Form::Whole(0, 63), "The one bit that is meant; the lowest is 0"),
        ],
    },
];

fn sums() -> Vec<&'static str> {
    SUMS.iter().map(|(name, _)| *name).collect()
}
