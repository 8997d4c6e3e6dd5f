//! Every table and every key of a definition file, with what it means.

use super::{Form, Table, may, must};
use crate::device::vocabulary::{QUANTITIES, TYPES};

/// Every table of a definition; the first is the file itself.
pub const FILE: &[Table] = &[
    Table {
        name: "definition",
        about: "A family of devices: how it is recognised, what it has, how that is read and set, and examples",
        fields: &[
            must("name", Form::Text, "The family, for people: Plus 1PM"),
            must("vendor", Form::Text, "Who makes it; devices stand below nodes/<vendor>/"),
            may("models", Form::Texts, "Names of models it holds for"),
            may("docs", Form::Text, "Where the maker documents it"),
            may("match", Form::One("match"), "How such a device is recognised"),
            may("serial", Form::One("serial"), "The serial port it is on, and what it is asked there"),
            may(
                "frame",
                Form::OneOf(&["frame-lines", "frame-block", "frame-binary", "frame-sml"]),
                "How its words stand on a serial line; without it each line is a text or JSON",
            ),
            may("modbus", Form::One("modbus"), "What it keeps in registers of Modbus"),
            may(
                "variant",
                Form::Variants,
                "Ways its topics may be arranged: words that stand for parts of topics",
            ),
            may("unfold", Form::Some("unfold"), "Messages that hold what belongs under other topics, too"),
            must("property", Form::Each("property"), "What it has"),
            may("availability", Form::Some("availability"), "How it says that it is there or gone"),
            may(
                "availability_mode",
                Form::Words(&["latest", "all", "any"]),
                "Which of several words about that counts; by default the last one",
            ),
            may("quirk", Form::Each("quirk"), "What is odd about it"),
            may(
                "example",
                Form::Each("example"),
                "What it was heard to say or is told, and what comes of it",
            ),
        ],
    },
    Table {
        name: "match",
        about: "How a device is recognised; without it, by any message a property is read from",
        fields: &[
            may("topic", Form::Topics, "A message under one of these topics shows that the device is there"),
            may("when", Form::When, "What its payload has to have"),
            may(
                "native",
                Form::Text,
                "The word by which a device introduces itself that speaks Clown.Talk: nothing is translated then",
            ),
            may(
                "id",
                Form::Pointers,
                "Where the device's id stands in the payload, if no topic captures {id}; several are joined",
            ),
            may("id_looks", Form::Text, "What an id looks like, a regular expression; another one is no id"),
            may("id_else", Form::Text, "The id of a device that does not tell one"),
            may("capture", Form::Names, "What is captured from the payload: { node = \"/0\" }"),
        ],
    },
    Table {
        name: "unfold",
        about: "A message that holds several: each part is read as if it had a topic of its own",
        fields: &[
            must("topic", Form::Topic, "Where it is said"),
            may("when", Form::When, "What its payload has to have"),
            may("value", Form::Pointer, "Where its parts stand: /params/{part}; by default all of it"),
            must("under", Form::Topic, "The topic of each part: {id}/status/{part}"),
        ],
    },
    Table {
        name: "property",
        about: "Something that is shown and used as one thing",
        fields: &[
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
            may(
                "kind",
                Form::Words(&[
                    "number", "total", "switch", "truth", "choice", "text", "event", "button", "json",
                ]),
                "How it is shown and used; by default as its quantity is",
            ),
            may("name", Form::Text, "Its name for people"),
            may("icon", Form::Text, "What is shown beside it"),
            may("unit", Form::Suggested(units, ""), "Its unit; by default the usual one of its quantity"),
            may("range", Form::Range, "Both ends of a gauge and of what may be set"),
            may("step", Form::Above0, "The step between values that may be set"),
            may("words", Form::Texts, "The words of a choice; by default those of the map it is read by"),
            may("interval", Form::Time, "How often it usually speaks"),
            may("read", Form::Some("read"), "How it is read; each way in its turn"),
            may("write", Form::Some("write"), "How it is set; several are sent in this order"),
            may("ask", Form::Some("send"), "What makes the device tell it"),
        ],
    },
    Table {
        name: "read",
        about: "How a value is taken out of what the device says",
        fields: &[
            may("topic", Form::Topic, "Where it is said; without it on a line of its own"),
            may("when", Form::When, "What else the payload has to have"),
            may(
                "between",
                Form::AnyText,
                "What stands between columns or pairs of a text; one blank is any number of them",
            ),
            may("is", Form::Text, "What stands between a name and its value"),
            may("value", Form::Pointer, "Where the value stands in the payload; by default all of it"),
            may("regex", Form::Text, "What is cut out of it: the group `value`, or the whole match"),
            may(
                "template",
                Form::Text,
                "What is made of it, with `value`, `json` and captures: {{ value | lower }}",
            ),
            may("map", Form::Map, "What its words mean: { ON = true, OFF = false }"),
            may(
                "digits",
                Form::Words(&["decimal", "hex", "hex-int16", "hex-sign16"]),
                "How its number is written",
            ),
            may("scale", Form::Factor, "What the number is multiplied by: 0.1, or \"1/60000\""),
            may("offset", Form::Number, "What is added afterwards"),
            may("decimals", Form::Whole(0, 9), "What it is rounded to"),
        ],
    },
    Table {
        name: "write",
        about: "How a property is set",
        fields: &[
            may("topic", Form::Topic, "Where it is sent; without it on a line of its own"),
            may("on", Form::AnyText, "What is sent for true"),
            may("off", Form::AnyText, "What is sent for false"),
            may(
                "payload",
                Form::AnyText,
                "What is sent, a template with `value` and captures; by default the value",
            ),
            may("line", Form::AnyText, "The same for a serial line; its end is added"),
            may("hex", Form::AnyText, "The same as bytes: hexadecimal digits, a template"),
            may("register", Form::Pointer, "The register of [modbus] that is written, or read: /relay/{n}"),
            may("as", Form::Words(&["line", "hex"]), "Whether on, off and map are lines or bytes"),
            may(
                "checksum",
                Form::Checksum(&[], "checksum-sent"),
                "What proves the bytes; it is added behind them",
            ),
            may("end", Form::Hex, "Bytes that are added behind the checksum"),
            may("map", Form::Names, "What is sent for each word of a choice"),
            may("scale", Form::Factor, "The scale it is read with; what is sent is divided by it"),
            may("offset", Form::Number, "The offset it is read with; subtracted before"),
            may("decimals", Form::Whole(0, 9), "As it is read with"),
            may("qos", Form::Whole(0, 2), "How sure a broker makes of it"),
            may(
                "confirm",
                Form::WordOrSome(&["state", "echo", "nothing"], "send"),
                "What shows that it is done: the state, the same bytes coming back, nothing, or what asks for it",
            ),
            may(
                "timed",
                Form::Some("send"),
                "What is sent for a state that the device ends itself after `seconds`",
            ),
            may(
                "optimistic",
                Form::Truth,
                "Whether the wished value is said before the device has answered: the first word is not believed",
            ),
        ],
    },
    Table {
        name: "send",
        about: "One thing that is sent",
        fields: &[
            may("topic", Form::Topic, "Where; without it on a line of its own"),
            may("on", Form::AnyText, "What is sent for true"),
            may("off", Form::AnyText, "What is sent for false"),
            may("payload", Form::AnyText, "What is sent, a template with `value`, `seconds` and captures"),
            may("line", Form::AnyText, "The same for a serial line; its end is added"),
            may("hex", Form::AnyText, "The same as bytes: hexadecimal digits, a template"),
            may("register", Form::Pointer, "The register of [modbus] that is written, or read: /relay/{n}"),
            may("as", Form::Words(&["line", "hex"]), "Whether on, off and map are lines or bytes"),
            may(
                "checksum",
                Form::Checksum(&[], "checksum-sent"),
                "What proves the bytes; it is added behind them",
            ),
            may("end", Form::Hex, "Bytes that are added behind the checksum"),
            may("map", Form::Names, "What is sent for each word of a choice"),
            may("scale", Form::Factor, "The scale it is read with"),
            may("offset", Form::Number, "The offset it is read with"),
            may("decimals", Form::Whole(0, 9), "As it is read with"),
            may("qos", Form::Whole(0, 2), "How sure a broker makes of it"),
        ],
    },
    Table {
        name: "availability",
        about: "How the device says that it is there or gone",
        fields: &[
            must("topic", Form::Topic, "Where"),
            may("value", Form::Pointer, "Where in the payload; by default all of it"),
            may("online", Form::Scalars, "Words for here; by default online"),
            may("offline", Form::Scalars, "Words for gone; by default offline"),
            may("bridge", Form::Text, "Whose word it is, if it is a gateway's that carries the device"),
        ],
    },
    Table {
        name: "quirk",
        about: "Something odd about the device",
        fields: &[must("text", Form::Text, "What"), may("link", Form::Text, "Where that can be read")],
    },
    Table {
        name: "example",
        about: "What a device was heard to say or is told, and what comes of it; run by `clown-hub check`",
        fields: &[
            must("source", Form::Text, "Who recorded it, of which device"),
            may("topic", Form::Text, "The topic of a message"),
            may("payload", Form::AnyText, "Its payload, as it was"),
            may("line", Form::Text, "A line of a serial port, without its end"),
            may("text", Form::Text, "Characters of a serial port, ends of lines and all"),
            may("hex", Form::Hex, "Bytes of a serial port"),
            may("request", Form::Hex, "What was asked before these bytes came, on Modbus"),
            may("command", Form::Values, "What a property is set to: { \"relay/0\" = true }"),
            may("device", Form::Names, "What the device of a command is known by: { id = \"plug-1\" }"),
            may(
                "gives",
                Form::Values,
                "What comes of it: { \"power-meter/0\" = { power = [12.4, \"W\"] } }; {} is nothing",
            ),
            may("sends", Form::Some("sent"), "What is sent because of it"),
            may("online", Form::Truth, "Whether the device says that it is there"),
            may(
                "damage",
                Form::Words(&["began", "cut", "checksum", "too-long", "not-text", "shape", "noise"]),
                "What is wrong with the bytes, if they are no whole frame",
            ),
        ],
    },
    Table {
        name: "sent",
        about: "One thing that is sent",
        fields: &[
            may("topic", Form::Text, "Where; nothing on a line"),
            may("payload", Form::AnyText, "What"),
            may("line", Form::AnyText, "What, on a serial line, without its end"),
            may("hex", Form::Hex, "What, on a serial line, as bytes with their checksum"),
        ],
    },
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
