//! Devices that announced themselves, for scripts: `clown.talk/-/standing/get` lists them, `clown.talk/-/standing/set`
//! decides about them.
//!
//! What was decided is answered when it is kept, and told to everybody as `$hub/standing`. An id comes back with the
//! answer, so that whoever asks twice knows which one it is.

use serde::{Deserialize, Serialize};

use crate::device::roster::Favour;
use crate::hub::{By, Decision, DeviceView, SetAside, Standing};
use crate::talk::{Malformed, Payload, Topic, write_text};
use crate::web::decisions::{Decisions, Meant};

const LIST: &str = "clown.talk/-/standing/get";
const LISTED: &str = "clown.talk/-/standing";
const SET: &str = "clown.talk/-/standing/set";
const DONE: &str = "clown.talk/-/standing/ok";
const FAILED: &str = "clown.talk/-/error";

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    List,
    Set(Meant, Option<Decision>),
}

/// What is answered.
#[derive(Debug)]
pub(super) struct Answer {
    topic: &'static str,
    payload: Payload,
}

/// Whether this topic is about it.
pub(super) fn is_about(relative: &str) -> bool {
    relative == LIST || relative == SET
}

/// Reads what is asked.
pub(super) fn read(relative: &str, payload: &Payload) -> Result<Asked, Malformed> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Text {
        base: Option<String>,
        #[serde(default)]
        bases: Vec<String>,
        #[serde(default)]
        all: bool,
        dialect: Option<String>,
        standing: String,
    }
    let hint = "send {\"base\": \"nodes/tasmota/plug\", \"standing\": \"accepted\"}, or \"ignored\", or \"new\"; \
                {\"all\": true, \"dialect\": \"tasmota\", …} means all new ones";
    let wrong = |reason: String| Malformed::new("standing", reason, hint);
    if relative == LIST {
        return Ok(Asked::List);
    }
    let text: Text = serde_json::from_str(payload.as_str())
        .map_err(|error| wrong(format!("the wish cannot be understood: {error}")))?;
    let decision = match text.standing.as_str() {
        "accepted" => Some(Decision::Accepted),
        "ignored" => Some(Decision::Ignored),
        "new" => None,
        other => return Err(wrong(format!("a device cannot be made `{other:.40}`"))),
    };
    let named: Vec<String> = text.bases.into_iter().chain(text.base).collect();
    let meant = match (text.all, named.is_empty()) {
        (true, true) => Meant::New(text.dialect),
        (false, false) if text.dialect.is_none() => {
            let topic = |base: &String| {
                Topic::new(base).map_err(|error| wrong(format!("`{base:.100}` is no base: {error}")))
            };
            Meant::Bases(named.iter().map(topic).collect::<Result<_, _>>()?)
        }
        _ => return Err(wrong("either bases or `all` are needed; a dialect goes with `all`".to_owned())),
    };
    Ok(Asked::Set(meant, decision))
}

/// Does what is asked.
pub(super) async fn answer(decisions: Decisions, by: By, asked: Asked) -> Answer {
    #[derive(Serialize)]
    struct Done {
        bases: Vec<String>,
        standing: &'static str,
    }
    #[derive(Serialize)]
    struct Failed {
        code: &'static str,
        reason: String,
    }
    match asked {
        Asked::List => {
            let hub = decisions.hub();
            Answer { topic: LISTED, payload: listed(&hub.announced(), &hub.set_aside()) }
        }
        Asked::Set(meant, decision) => match decisions.decide(by, meant, decision).await {
            Ok(bases) => {
                let bases = bases.iter().map(Topic::to_string).collect();
                let standing = decision.map_or(Standing::New, Standing::from).word();
                Answer { topic: DONE, payload: Payload::of(&Done { bases, standing }) }
            }
            Err(error) => {
                let failed = Failed { code: error.code(), reason: error.to_string() };
                Answer { topic: FAILED, payload: Payload::of(&failed) }
            }
        },
    }
}

impl Answer {
    /// As a message, with the id (a JSON text) that came with the question.
    pub(super) fn text(&self, id: Option<&str>) -> String {
        let options = id.and_then(|id| Payload::parse(&format!("{{\"id\": {id}}}")).ok());
        let mut text = String::new();
        write_text(&mut text, self.topic, self.payload.as_str(), options.as_ref());
        text
    }
}

fn listed(devices: &[DeviceView], aside: &[SetAside]) -> Payload {
    #[derive(Serialize)]
    struct List<'a> {
        devices: Vec<Listed<'a>>,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        set_aside: Vec<ListedAside<'a>>,
    }
    #[derive(Serialize)]
    struct Listed<'a> {
        base: &'a str,
        standing: Standing,
        name: &'a str,
        dialect: &'a str,
        vendor: &'a str,
        family: &'a str,
        link: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        room: Option<&'a str>,
        properties: usize,
        not_understood: usize,
    }
    let listed = devices.iter().filter_map(|device| {
        let profile = device.profile.as_deref()?;
        let announced = profile.announced.as_ref()?;
        Some(Listed {
            base: device.base.as_str(),
            standing: device.standing,
            name: &announced.name,
            dialect: announced.dialect,
            vendor: &profile.vendor,
            family: &profile.name,
            link: &device.link,
            room: announced.area.as_deref(),
            properties: profile.properties.len(),
            not_understood: announced.unknown.len(),
        })
    });
    let set_aside = aside.iter().map(ListedAside::new).collect();
    Payload::of(&List { devices: listed.collect(), set_aside })
}

/// An announcement that does not count, and by what its device is known instead.
#[derive(Default, Serialize)]
struct ListedAside<'a> {
    name: &'a str,
    dialect: &'a str,
    key: &'a str,
    link: &'a str,
    /// Either a definition, or a base with the dialect or the link that made it known.
    #[serde(skip_serializing_if = "Option::is_none")]
    definition: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    known_as: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    known_in: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    known_on: Option<&'a str>,
}

impl<'a> ListedAside<'a> {
    fn new(one: &'a SetAside) -> Self {
        let SetAside { link, aside } = one;
        let told = Self {
            name: &aside.name,
            dialect: aside.dialect.word(),
            key: &aside.key,
            link,
            ..Self::default()
        };
        match &aside.favour {
            Favour::Definition(id) => Self { definition: Some(id), ..told },
            Favour::Announcement(base, dialect) => {
                Self { known_as: Some(base.as_str()), known_in: Some(dialect.word()), ..told }
            }
            Favour::Link(base, link) => Self { known_as: Some(base.as_str()), known_on: Some(link), ..told },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_is_understood_or_refused_with_its_reason() {
        let asked = |text: &str| read(SET, &Payload::parse(text).expect(text));
        let bases =
            |bases: &[&str]| Meant::Bases(bases.iter().map(|base| Topic::new(base).expect(base)).collect());
        let accepted = Some(Decision::Accepted);
        let good = [
            (r#"{"base": "a/b", "standing": "accepted"}"#, Asked::Set(bases(&["a/b"]), accepted)),
            (r#"{"bases": ["a", "b"], "standing": "new"}"#, Asked::Set(bases(&["a", "b"]), None)),
            (
                r#"{"all": true, "standing": "ignored"}"#,
                Asked::Set(Meant::New(None), Some(Decision::Ignored)),
            ),
            (
                r#"{"all": true, "dialect": "homie", "standing": "accepted"}"#,
                Asked::Set(Meant::New(Some("homie".into())), accepted),
            ),
        ];
        for (text, expected) in good {
            assert_eq!(asked(text), Ok(expected), "{text}");
        }
        for (text, part) in [
            (r#"{"base": "a"}"#, "standing"),
            (r#"{"base": "a/#", "standing": "new"}"#, "no base"),
            (r#"{"base": "a", "standing": "known"}"#, "`known`"),
            (r#"{"standing": "new"}"#, "either"),
            (r#"{"all": true, "base": "a", "standing": "new"}"#, "either"),
            (r#"{"base": "a", "dialect": "homie", "standing": "new"}"#, "either"),
            (r#"{"base": "a", "state": 1, "standing": "new"}"#, "state"),
            ("[]", "cannot be understood"),
        ] {
            let refused = asked(text).expect_err(text);
            assert!(refused.reason.contains(part), "{text}: {refused}");
        }
    }
}
