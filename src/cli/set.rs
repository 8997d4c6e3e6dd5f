//! `clown-hub set TOPIC key=value…`: one command, and what became of it.

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use super::client::{Client, ClientError};
use super::print::{Paint, Style};
use super::{depth, exit, print, reach, work};
use crate::talk::{Message, Payload, Topic};

/// Command a device: send TOPIC/set with the given values.
#[derive(Args)]
#[command(after_help = "\
The topic may be short if it is clear which device is meant. A value is taken as JSON if it is \
JSON, otherwise as text. With --wait every step is printed and exit code 0 means that the device \
itself confirmed; without it, that the hub has accepted the command.

Examples:
  clown-hub set relay/i2c0-3b state=true --wait
  clown-hub set nodes/bridge/0/led/- state=2-dot
  clown-hub set thermometer/i2c0-48/config publish-interval=30
  clown-hub set display-oled/i2c0-3c '{\"line-0\": \"Hello\"}'")]
pub struct SetArgs {
    /// What to command, such as relay/i2c0-3b; /set is added.
    #[arg(value_parser = topic)]
    topic: Topic,
    /// Values as key=value, or the whole payload as one JSON object.
    #[arg(required = true, value_name = "KEY=VALUE")]
    values: Vec<String>,
    /// Wait until the device has confirmed, and print every step.
    #[arg(long, short)]
    wait: bool,
    /// Give up waiting after this many seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u64).range(1..=3600))]
    timeout: u64,
    /// Print every step as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: reach::Reach,
}

fn topic(text: &str) -> Result<Topic, String> {
    Topic::new(text.trim_end_matches('/')).map_err(|error| error.to_string())
}

/// How a command ended.
enum End {
    Good,
    Bad,
}

/// Why a command was not sent.
#[derive(Debug, thiserror::Error)]
enum SetError {
    #[error("{0:?} is not key=value; write for example state=true, or one JSON object")]
    Value(String),
    #[error("{0:?} can mean {1}; write more of the topic")]
    Ambiguous(Topic, String),
    #[error("the hub did not understand: {0}")]
    Misunderstood(String),
    #[error(
        "nothing more was heard of the command for {0} s; nobody knows whether it was done, look at the device"
    )]
    Timeout(u64),
    #[error(transparent)]
    Reach(#[from] reach::ReachError),
}

impl From<ClientError> for SetError {
    fn from(error: ClientError) -> Self {
        Self::Reach(error.into())
    }
}

/// Sends the command; the exit code says whether it was accepted, or with `--wait` confirmed.
pub fn run(args: &SetArgs) -> ExitCode {
    let payload = match payload(&args.values) {
        Ok(payload) => payload,
        Err(error) => {
            print::error(error);
            return exit::usage();
        }
    };
    // Whoever interrupts does not know what became of the command.
    work::until_interrupted(exit::failed(), async {
        let mut client = match args.reach.connect(None).await {
            Ok(client) => client,
            Err(error) => return error.report(),
        };
        let limit = Duration::from_secs(args.timeout);
        let ended = timeout(limit, command(args, &payload, &mut client)).await;
        match ended.unwrap_or(Err(SetError::Timeout(args.timeout))) {
            Ok(end) => {
                client.close().await;
                match end {
                    End::Good => exit::DONE,
                    End::Bad => exit::failed(),
                }
            }
            Err(error) => {
                print::error(&error);
                match error {
                    SetError::Reach(error) => error.exit_of_failure(),
                    SetError::Value(_) | SetError::Ambiguous(..) => exit::usage(),
                    SetError::Misunderstood(_) | SetError::Timeout(_) => exit::failed(),
                }
            }
        }
    })
}

/// The payload that `key=value…` means.
fn payload(values: &[String]) -> Result<Payload, SetError> {
    if let [text] = values
        && text.trim_start().starts_with('{')
    {
        return Payload::parse(text).map_err(|error| SetError::Misunderstood(error.reason.into_owned()));
    }
    let mut object = Map::new();
    for value in values {
        let (key, value) = value.split_once('=').ok_or_else(|| SetError::Value(value.clone()))?;
        if key.is_empty() || object.contains_key(key) {
            return Err(SetError::Value(format!("{key}={value}")));
        }
        let value = serde_json::from_str(value).unwrap_or_else(|_| Value::String(value.to_owned()));
        object.insert(key.to_owned(), value);
    }
    Payload::parse(&Value::Object(object).to_string())
        .map_err(|error| SetError::Misunderstood(error.reason.into_owned()))
}

async fn command(args: &SetArgs, payload: &Payload, client: &mut Client) -> Result<End, SetError> {
    let action = action(&args.topic);
    let property = action.rsplit_once('/').map_or(action.as_str(), |(property, _)| property);
    let device = property.strip_suffix("/config").unwrap_or(property);
    let wishes = json!({ "events": true, "snapshot": true, "filters": depth::at_any_depth(device) });
    client.handshake(&wishes.to_string()).await?;
    let mut known = known(client).await?;
    if depth::meant(device, &known).is_empty() {
        // A relay says nothing until it is switched; then the bases tell where it can be.
        known = depth::below_bases(device, &args.reach.bases()?);
    }
    let full = match depth::meant(device, &known)[..] {
        // The hub knows better why a topic nobody has spoken of cannot be commanded.
        [] => action.clone(),
        [full] => format!("{full}{}", &action[device.len()..]),
        ref many => return Err(SetError::Ambiguous(args.topic.clone(), many.join(" and "))),
    };
    let id = format!("set-{}", std::process::id());
    client.send(&format!("[{}, {}, {}]", json!(full), payload.as_str(), json!({ "id": id }))).await?;
    loop {
        let text = client.next().await?;
        let Ok(message) = Message::parse(&text) else { continue };
        match message.topic.as_str() {
            "clown.talk/-/error" => return Err(SetError::Misunderstood(reason(&message))),
            "$hub/command" => {}
            _ => continue,
        }
        let Ok(step) = serde_json::from_str::<Value>(message.payload.as_str()) else { continue };
        if step["id"] != id.as_str() {
            continue;
        }
        if let Some(end) = show(args, &step) {
            return Ok(end);
        }
    }
}

/// `TOPIC/set`, unless the topic already ends with an action.
fn action(topic: &Topic) -> String {
    match topic.as_str().rsplit('/').next() {
        Some("set" | "get" | "update" | "list" | "scan") => topic.to_string(),
        _ => format!("{topic}/set"),
    }
}

/// The topics of the snapshot.
async fn known(client: &mut Client) -> Result<Vec<String>, ClientError> {
    let mut known = Vec::new();
    loop {
        let Ok(message) = Message::parse(&client.next().await?) else { continue };
        match message.topic.as_str() {
            "$hub/snapshot" => return Ok(known),
            topic if topic.starts_with('$') || known.iter().any(|known| known == topic) => {}
            topic => known.push(topic.to_owned()),
        }
    }
}

fn reason(error: &Message) -> String {
    let value: Value = serde_json::from_str(error.payload.as_str()).unwrap_or_default();
    let word = |key: &str| value[key].as_str().map(|text| print::harmless(text).into_owned());
    match (word("reason"), word("hint")) {
        (Some(reason), Some(hint)) => format!("{reason}; {hint}"),
        (Some(reason), None) => reason,
        _ => print::harmless(error.payload.as_str()).into_owned(),
    }
}

/// Prints a step; gives the end of the command if this is it.
fn show(args: &SetArgs, step: &Value) -> Option<End> {
    let word = step["step"].as_str().unwrap_or_default();
    let end = match word {
        "accepted" | "sent" => (!args.wait).then_some(End::Good),
        "confirmed" => Some(End::Good),
        "unconfirmable" if !args.wait => Some(End::Good),
        _ => Some(End::Bad),
    };
    if args.json {
        print::line(step);
    } else if args.wait || matches!(end, Some(End::Bad)) {
        print::line(sentence(word, step));
    }
    end
}

fn sentence(word: &str, step: &Value) -> String {
    let paint = Paint::stdout();
    let after = step["after_ms"].as_u64().map(|ms| format!(" after {ms} ms")).unwrap_or_default();
    let why = step["reason"].as_str().map(|why| format!(": {}", print::harmless(why))).unwrap_or_default();
    match word {
        "accepted" | "sent" => word.to_owned(),
        "confirmed" => format!("{}{after}", paint.word(Style::Green, word)),
        "unanswered" => {
            let why = if why.is_empty() { ": nobody knows whether it was done" } else { &why };
            format!("{}{after}{why}", paint.word(Style::Red, word))
        }
        "unconfirmable" => {
            format!("{}: the device never answers such commands", paint.word(Style::Yellow, word))
        }
        _ => format!("{}{why}", paint.word(Style::Red, word)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(values: &[&str], wanted: &str) {
        let values: Vec<String> = values.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(payload(&values).expect(wanted).as_str(), wanted);
    }

    #[test]
    fn values_are_json_if_they_are_and_text_otherwise() {
        check(&["state=true"], r#"{"state":true}"#);
        check(&["state=2-dot", "x=24.50"], r#"{"state":"2-dot","x":24.5}"#);
        check(&["a=", "b=c=d", "e=\"5\""], r#"{"a":"","b":"c=d","e":"5"}"#);
        check(&[r#"{"line-0": "a=b"}"#], r#"{"line-0": "a=b"}"#);
        for wrong in [&["state"][..], &["=true"], &["a=1", "a=2"], &["{"]] {
            let values: Vec<String> = wrong.iter().map(|text| (*text).to_owned()).collect();
            assert!(payload(&values).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn set_is_added_to_what_is_no_action() {
        for (text, wanted) in [
            ("relay/i2c0-3b", "relay/i2c0-3b/set"),
            ("relay/i2c0-3b/get", "relay/i2c0-3b/get"),
            ("thermometer/i2c0-48/config", "thermometer/i2c0-48/config/set"),
        ] {
            assert_eq!(action(&topic(text).unwrap()), wanted);
        }
    }
}
