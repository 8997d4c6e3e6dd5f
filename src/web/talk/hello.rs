//! The handshake: `clown.talk/-/config/set` asks, `clown.talk/-/config/ok` answers with the five keys of bc-bridge.
//!
//! The empty object gets what a client of 2016 got; a modern one asks for more with `events`, `snapshot`, `raw` and `filters`.
//! Keys that nobody knows are ignored, as bc-bridge did.

use crate::talk::dialect::HANDSHAKE_OK;
use crate::talk::{Malformed, Payload, TopicFilter, write_text};

use super::TalkConfig;

/// Filters a client may give.
const MAX_FILTERS: usize = 32;

/// What a client asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Hello {
    /// Also the hub's own facts.
    pub(super) events: bool,
    /// The present values first.
    pub(super) snapshot: bool,
    /// Also what belongs to no device.
    pub(super) raw: bool,
    /// Only these topics.
    pub(super) filters: Vec<TopicFilter>,
    /// Whether anything was asked for at all; the answer names it only then.
    modern: bool,
}

impl Default for Hello {
    fn default() -> Self {
        Self { events: false, snapshot: true, raw: true, filters: Vec::new(), modern: false }
    }
}

#[derive(serde::Deserialize)]
struct Asked {
    events: Option<bool>,
    snapshot: Option<bool>,
    raw: Option<bool>,
    filters: Option<Vec<String>>,
}

/// Reads the payload of the handshake.
pub(super) fn read(payload: &Payload) -> Result<Hello, Malformed> {
    let hint = "send {} or {\"events\": true, \"snapshot\": true, \"filters\": [\"thermometer/#\"]}";
    let wrong = |reason: String| Malformed::new("handshake", reason, hint);
    if !payload.is_object() {
        return Err(wrong("the handshake's payload is not an object".to_owned()));
    }
    let asked: Asked = serde_json::from_str(payload.as_str())
        .map_err(|error| wrong(format!("the handshake cannot be understood: {error}")))?;
    let filters = asked.filters.as_deref().unwrap_or_default();
    if filters.len() > MAX_FILTERS {
        return Err(wrong(format!("{} filters; at most {MAX_FILTERS} are taken", filters.len())));
    }
    let parsed = filters
        .iter()
        .map(|text| TopicFilter::new(text).map_err(|error| wrong(format!("{text:.60}: {error}"))));
    let mut filters: Vec<TopicFilter> = parsed.collect::<Result<_, _>>()?;
    // Equal wishes make equal views, and equal views share their frames.
    filters.sort();
    filters.dedup();
    let modern = asked.events.or(asked.snapshot).or(asked.raw).is_some() || asked.filters.is_some();
    let default = Hello::default();
    Ok(Hello {
        events: asked.events.unwrap_or(default.events),
        snapshot: asked.snapshot.unwrap_or(default.snapshot),
        raw: asked.raw.unwrap_or(default.raw),
        filters,
        modern,
    })
}

/// The text of the answer.
pub(super) fn greeting(hello: &Hello, config: &TalkConfig) -> String {
    #[derive(serde::Serialize)]
    #[serde(rename_all = "kebab-case")]
    struct Greeting<'a> {
        ack: bool,
        device: &'a str,
        capabilities: u8,
        firmware_datetime: &'a str,
        firmware_release: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        events: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        snapshot: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        raw: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        filters: Option<Vec<&'a str>>,
    }
    let answer = Greeting {
        ack: false,
        device: "bridge",
        capabilities: 1,
        firmware_datetime: &config.started,
        firmware_release: env!("CARGO_PKG_VERSION"),
        events: hello.modern.then_some(hello.events),
        snapshot: hello.modern.then_some(hello.snapshot),
        raw: (hello.modern && !hello.raw).then_some(false),
        filters: hello.modern.then(|| hello.filters.iter().map(TopicFilter::as_str).collect()),
    };
    let mut text = String::new();
    write_text(&mut text, HANDSHAKE_OK, Payload::of(&answer).as_str(), None);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(payload: &str, expect: Result<(bool, bool, usize), &str>) {
        let found = read(&Payload::parse(payload).expect(payload));
        let found = found.map(|hello| (hello.events, hello.snapshot, hello.filters.len()));
        assert_eq!(found.map_err(|what| what.code), expect, "{payload}");
    }

    #[test]
    fn the_empty_object_is_2016_and_more_can_be_asked_for() {
        check("{}", Ok((false, true, 0)));
        check(r#"{"unknown": [1]}"#, Ok((false, true, 0)));
        check(r#"{"events": true, "snapshot": false}"#, Ok((true, false, 0)));
        check(r#"{"raw": false}"#, Ok((false, true, 0)));
        check(r#"{"raw": 0}"#, Err("handshake"));
        check(r##"{"filters": ["b", "#", "b"]}"##, Ok((false, true, 2)));
        check("null", Err("handshake"));
        check("[]", Err("handshake"));
        check("\"x\"", Err("handshake"));
        check(r#"{"events": "yes"}"#, Err("handshake"));
        check(r#"{"filters": ["a#"]}"#, Err("handshake"));
    }

    #[test]
    fn the_answer_to_the_empty_object_has_the_five_keys_in_their_order() {
        let config = TalkConfig { started: "2016-07-01T21:46:07.057Z".into(), ..TalkConfig::default() };
        let text = greeting(&Hello::default(), &config);
        let expect = concat!(
            r#"["clown.talk/-/config/ok", {"ack":false,"device":"bridge","capabilities":1,"#,
            r#""firmware-datetime":"2016-07-01T21:46:07.057Z","firmware-release":""#,
            env!("CARGO_PKG_VERSION"),
            r#""}]"#
        );
        assert_eq!(text, expect);
    }
}
