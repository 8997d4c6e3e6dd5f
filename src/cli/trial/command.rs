//! What a definition sends for a command, and what confirms it.

use std::sync::Arc;

use serde_json::json;
use serde_json::value::RawValue;

use super::{heading, row};
use crate::cli::print::{self, Paint, Style};
use crate::device::Expect;
use crate::device::catalog::Catalog;
use crate::device::profile::captures::Captures;
use crate::device::profile::{Profile, Property, level};
use crate::device::translate::{Order, Sending, Translator};
use crate::talk::{Payload, Topic};

/// Shows what is sent; whether the command can be given.
pub(super) fn run(
    profile: &Arc<Profile>,
    command: &str,
    device: &Captures,
    as_json: bool,
) -> Result<bool, String> {
    let (topic, payload) = parsed(profile, command)?;
    let id = device.get("id").ok_or("the device has no id; give --device id=…")?;
    let base = Topic::new(&format!("nodes/{}/{}", profile.vendor_level(), level(id)))
        .map_err(|error| error.to_string())?;
    let mut translator = Translator::new(Arc::new(Catalog::new([profile.clone()])));
    translator.introduce(&base, profile, device.clone());
    let order = translator.command(&base, &topic, &payload).ok_or("the device is not known")?;
    if as_json {
        print::line(match &order {
            Ok(order) => {
                let sends: Vec<_> = order.sends.iter().map(told).collect();
                json!({ "ok": true, "sends": sends, "confirmed_by": confirms(order, &topic) })
            }
            Err(refusal) => json!({ "ok": false, "code": refusal.code, "reason": refusal.reason }),
        });
        return Ok(order.is_ok());
    }
    heading("command", "");
    row("topic", &format!("{base}/{topic}"));
    row("payload", payload.as_str());
    let refusal = match order {
        Ok(order) => {
            print::line("");
            heading("sends", "");
            for Sending { topic, payload, qos, .. } in &order.sends {
                let quality = if *qos == 0 { String::new() } else { format!("  (QoS {qos})") };
                let shown = if payload.is_empty() { "(nothing)" } else { payload };
                row(topic.as_deref().unwrap_or("line"), &format!("{shown}{quality}"));
            }
            print::line("");
            heading("confirmed by", "");
            print::line(format_args!("  {}", print::harmless(&confirms(&order, &topic))));
            return Ok(true);
        }
        Err(refusal) => refusal,
    };
    let refused = Paint::stdout().word(Style::Red, format_args!("refused ({}):", refusal.code));
    print::line(format_args!("\n{refused} {}", print::harmless(&refusal.reason)));
    Ok(false)
}

fn told(sending: &Sending) -> serde_json::Value {
    json!({ "topic": sending.topic, "payload": sending.payload, "qos": sending.qos })
}

fn confirms(order: &Order, topic: &str) -> String {
    let id = topic.rsplit_once('/').map_or(topic, |(id, _)| id);
    match &order.expect {
        Expect::Reading { key, value } => format!("the device saying that {id} {key} is {value}"),
        Expect::Word => format!("any word of the device about {id}"),
        Expect::Answer => "the device's answer".to_owned(),
        Expect::Link => "what its link takes for an answer".to_owned(),
        Expect::Receipt => "the same bytes coming back, or the broker's acknowledgement".to_owned(),
        Expect::Nothing => "nothing: the device never answers this, the command is unconfirmable".to_owned(),
    }
}

/// `relay/0={"state": true}`, `relay/0=true`, `select/-=off` or `relay/0/get`. A bare value is one of the quantity that
/// can be set, and a word needs no quotes.
fn parsed(profile: &Profile, command: &str) -> Result<(String, Payload), String> {
    let Some((id, payload)) = command.split_once('=') else {
        let topic = command.ends_with("/get").then(|| command.to_owned());
        let topic = topic.ok_or("write the command as TYPE/ADDRESS={…} or TYPE/ADDRESS/get")?;
        return Ok((topic, Payload::empty()));
    };
    let (id, payload) = (id.trim_end_matches("/set"), payload.trim());
    let text = if payload.starts_with('{') {
        payload.to_owned()
    } else {
        let value = serde_json::from_str::<Box<RawValue>>(payload);
        let value =
            value.map_or_else(|_| serde_json::Value::from(payload).to_string(), |json| json.to_string());
        format!("{{\"{}\": {value}}}", settable(profile, id))
    };
    let payload = Payload::parse(&text).map_err(|error| format!("{payload} is no JSON: {}", error.reason))?;
    Ok((format!("{id}/set"), payload))
}

/// What is set by a bare value: the first quantity of the property that can be set.
fn settable<'a>(profile: &'a Profile, id: &str) -> &'a str {
    let is_it = |property: &&Property| {
        property.write.is_some() && property.id.captures(id, &Captures::default()).is_some()
    };
    profile.properties.iter().find(is_it).map_or("state", |property| &*property.quantity)
}
