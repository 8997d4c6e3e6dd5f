//! Every table and every key of a definition file, with what it means.

use super::columns::{
    any_text, each, hex, may, must, names, one, pointer, some, table, text, topic, truth, whole, words,
};
use super::{Field, Form, Table};
use crate::device::vocabulary::{QUANTITIES, TYPES};

// What is sent has the same keys wherever it stands.
const WHEN: Field = may("when", Form::When, "What its payload has to have");
const ON: Field = any_text("on", "What is sent for true");
const OFF: Field = any_text("off", "What is sent for false");
const LINE: Field = any_text("line", "The same for a serial line; its end is added");
const HEX: Field = any_text("hex", "The same as bytes: hexadecimal digits, a template");
const REGISTER: Field = pointer("register", "The register of [modbus] that is written, or read: /relay/{n}");
const AS: Field = words("as", &["line", "hex"], "Whether on, off and map are lines or bytes");
const END: Field = hex("end", "Bytes that are added behind the checksum");
const QOS: Field = whole("qos", 0, 2, "How sure a broker makes of it");
const MAP: Field = names("map", "What is sent for each word of a choice");
const SUM: Field =
    may("checksum", Form::Checksum(&[], "checksum-sent"), "What proves the bytes; it is added behind them");

/// Every table of a definition; the first is the file itself.
pub const FILE: &[Table] = &[
    table(
        "definition",
        "A family of devices: how it is recognised, what it has, how that is read and set, and examples",
        &[
            must("name", Form::Text, "The family, for people: Plus 1PM"),
            must("vendor", Form::Text, "Who makes it; devices stand below nodes/<vendor>/"),
            text("called", "What its owner calls it, in a file about one single device: Desk lamp"),
            may("models", Form::Texts, "Names of models it holds for"),
            text("docs", "Where the maker documents it"),
            one("match", "match", "How such a device is recognised"),
            one("serial", "serial", "The serial port it is on, and what it is asked there"),
            may(
                "frame",
                Form::OneOf(&["frame-lines", "frame-block", "frame-binary", "frame-sml", "frame-firmata"]),
                "How its words stand on a serial line; without it each line is a text or JSON",
            ),
            one("modbus", "modbus", "What it keeps in registers of Modbus"),
            may(
                "variant",
                Form::Variants,
                "Ways its topics may be arranged: words that stand for parts of topics",
            ),
            some("unfold", "unfold", "Messages that hold what belongs under other topics, too"),
            must("property", Form::Each("property"), "What it has"),
            some("availability", "availability", "How it says that it is there or gone"),
            words(
                "availability_mode",
                &["latest", "all", "any"],
                "Which of several words about that counts; by default the last one",
            ),
            each("quirk", "quirk", "What is odd about it"),
            each("example", "example", "What it was heard to say or is told, and what comes of it"),
        ],
    ),
    table(
        "match",
        "How a device is recognised; without it, by any message a property is read from",
        &[
            may("topic", Form::Topics, "A message under one of these topics shows that the device is there"),
            WHEN,
            text(
                "native",
                "The word by which a device introduces itself that speaks Clown.Talk: nothing is translated then",
            ),
            may(
                "id",
                Form::Pointers,
                "Where the device's id stands in the payload, if no topic captures {id}; several are joined",
            ),
            text("id_as", "The id, made of what topics capture: {model}-{number}"),
            text("id_looks", "What an id looks like, a regular expression; another one is no id"),
            text("id_else", "The id of a device that does not tell one"),
            names("capture", "What is captured from the payload: { node = \"/0\" }"),
        ],
    ),
    table(
        "unfold",
        "A message that holds several: each part is read as if it had a topic of its own",
        &[
            must("topic", Form::Topic, "Where it is said"),
            WHEN,
            pointer("value", "Where its parts stand: /params/{part}; by default all of it"),
            must("under", Form::Topic, "The topic of each part: {id}/status/{part}"),
        ],
    ),
    table(
        "property",
        "Something that is shown and used as one thing",
        &[
            must(
                "id",
                Form::Suggested(types, "/-"),
                "TYPE/ADDRESS, such as relay/0, thermometer/- or relay/{n}",
            ),
            may(
                "quantity",
                Form::Suggested(quantities, ""),
                "What it measures or does; by default what the type is about",
            ),
            words(
                "kind",
                &["number", "total", "switch", "truth", "choice", "text", "event", "button", "json"],
                "How it is shown and used; by default as its quantity is",
            ),
            text("name", "Its name for people"),
            text("icon", "What is shown beside it"),
            may("unit", Form::Suggested(units, ""), "Its unit; by default the usual one of its quantity"),
            may("range", Form::Range, "Both ends of a gauge and of what may be set"),
            may("step", Form::Above0, "The step between values that may be set"),
            may("words", Form::Texts, "The words of a choice; by default those of the map it is read by"),
            may("interval", Form::Time, "How often it usually speaks"),
            may("ends", Form::Time, "How long `true` lasts, of a truth that nobody says the end of"),
            may("pin", Form::Pin, "The pin of a board that speaks Firmata: 13, or an analog input, A0"),
            words(
                "mode",
                &["output", "input", "pull-up", "analog", "pwm", "servo"],
                "What the pin is used for",
            ),
            some("read", "read", "How it is read; each way in its turn"),
            some("write", "write", "How it is set; several are sent in this order"),
            some("ask", "send", "What makes the device tell it"),
        ],
    ),
    table(
        "read",
        "How a value is taken out of what the device says",
        &[
            topic("topic", "Where it is said; without it on a line of its own"),
            may("when", Form::When, "What else the payload has to have"),
            any_text(
                "between",
                "What stands between columns or pairs of a text; one blank is any number of them",
            ),
            text("is", "What stands between a name and its value"),
            pointer("value", "Where the value stands in the payload; by default all of it"),
            text("regex", "What is cut out of it: the group `value`, or the whole match"),
            text("template", "What is made of it, with `value`, `json` and captures: {{ value | lower }}"),
            may("map", Form::Map, "What its words mean: { ON = true, OFF = false }"),
            words(
                "digits",
                &["decimal", "hex", "hex-int16", "hex-sign16", "hex-little", "hex-little-int"],
                "How its number is written",
            ),
            may("scale", Form::Factor, "What the number is multiplied by: 0.1, or \"1/60000\""),
            may("offset", Form::Number, "What is added afterwards"),
            whole("decimals", 0, 9, "What it is rounded to"),
        ],
    ),
    table(
        "write",
        "How a property is set",
        &[
            topic("topic", "Where it is sent; without it on a line of its own"),
            ON,
            OFF,
            any_text("payload", "What is sent, a template with `value` and captures; by default the value"),
            LINE,
            HEX,
            REGISTER,
            AS,
            SUM,
            END,
            MAP,
            may("scale", Form::Factor, "The scale it is read with; what is sent is divided by it"),
            may("offset", Form::Number, "The offset it is read with; subtracted before"),
            whole("decimals", 0, 9, "As it is read with"),
            QOS,
            may(
                "confirm",
                Form::WordOrSome(&["state", "echo", "nothing"], "send"),
                "What shows that it is done: the state, the same bytes coming back, nothing, or what asks for it",
            ),
            some("timed", "send", "What is sent for a state that the device ends itself after `seconds`"),
            truth(
                "optimistic",
                "Whether the wished value is said before the device has answered: the first word is not believed",
            ),
            some("refused_by", "refused_by", "What says that it was not done, and why"),
        ],
    ),
    table(
        "refused_by",
        "A message that refuses a command that was given",
        &[
            must("topic", Form::Topics, "Where it is said; one topic or several"),
            WHEN,
            pointer("value", "Where the reason stands in the payload; by default all of it"),
            text(
                "regex",
                "What is cut out of it: the group `value`, or the whole match; no match, no refusal",
            ),
            may(
                "key",
                Form::Scalars,
                "What the group `key` of the regular expression has to be, one of these",
            ),
            text("template", "What is made of it; nothing refuses nothing"),
        ],
    ),
    table(
        "send",
        "One thing that is sent",
        &[
            topic("topic", "Where; without it on a line of its own"),
            ON,
            OFF,
            any_text("payload", "What is sent, a template with `value`, `seconds` and captures"),
            LINE,
            HEX,
            REGISTER,
            AS,
            SUM,
            END,
            MAP,
            may("scale", Form::Factor, "The scale it is read with"),
            may("offset", Form::Number, "The offset it is read with"),
            whole("decimals", 0, 9, "As it is read with"),
            QOS,
        ],
    ),
    table(
        "availability",
        "How the device says that it is there or gone",
        &[
            must("topic", Form::Topic, "Where"),
            pointer("value", "Where in the payload; by default all of it"),
            text("template", "What is made of it"),
            may("online", Form::Scalars, "Words for here; by default online"),
            may("offline", Form::Scalars, "Words for gone; by default offline"),
            may("lost", Form::Scalars, "Words for a connection that broke off without a good-bye"),
            may("asleep", Form::Scalars, "Words for a sleep, in which it hears no command"),
            text("bridge", "Whose word it is, if it is a gateway's that carries the device"),
        ],
    ),
    table(
        "quirk",
        "Something odd about the device",
        &[must("text", Form::Text, "What"), text("link", "Where that can be read")],
    ),
    table(
        "example",
        "What a device was heard to say or is told, and what comes of it; run by `clown-hub check`",
        &[
            must("source", Form::Text, "Who recorded it, of which device"),
            text("topic", "The topic of a message"),
            any_text("payload", "Its payload, as it was"),
            text("line", "A line of a serial port, without its end"),
            text("text", "Characters of a serial port, ends of lines and all"),
            hex("hex", "Bytes of a serial port"),
            hex("request", "What was asked before these bytes came, on Modbus"),
            may("command", Form::Values, "What a property is set to: { \"relay/0\" = true }"),
            names("device", "What the device of a command is known by: { id = \"plug-1\" }"),
            may(
                "gives",
                Form::Values,
                "What comes of it: { \"power-meter/0\" = { power = [12.4, \"W\"] } }; {} is nothing",
            ),
            some("sends", "sent", "What is sent because of it"),
            one("refused", "refused", "What refuses the command then"),
            truth("online", "Whether the device says that it is there"),
            words(
                "presence",
                &["online", "asleep", "offline", "lost"],
                "How the device says that it is, if there or gone will not do",
            ),
            words(
                "damage",
                &["began", "cut", "checksum", "too-long", "not-text", "shape", "noise"],
                "What is wrong with the bytes, if they are no whole frame",
            ),
        ],
    ),
    table(
        "refused",
        "A message that refuses a command",
        &[
            must("topic", Form::Text, "Its topic"),
            must("payload", Form::AnyText, "Its payload, as it was"),
            must("reason", Form::Text, "The reason that comes of it"),
        ],
    ),
    table(
        "sent",
        "One thing that is sent",
        &[
            text("topic", "Where; nothing on a line"),
            any_text("payload", "What"),
            any_text("line", "What, on a serial line, without its end"),
            hex("hex", "What, on a serial line, as bytes with their checksum"),
        ],
    ),
];

fn types() -> Vec<&'static str> {
    TYPES.iter().map(|(name, _)| *name).collect()
}

fn quantities() -> Vec<&'static str> {
    QUANTITIES.iter().map(|quantity| quantity.name).collect()
}

fn units() -> Vec<&'static str> {
    let mut units: Vec<&str> = Vec::new();
    for unit in QUANTITIES.iter().flat_map(|quantity| quantity.units) {
        if !units.contains(unit) {
            units.push(unit);
        }
    }
    units
}
