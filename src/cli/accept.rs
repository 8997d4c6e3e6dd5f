//! `clown-hub accept` and `clown-hub ignore`: what becomes of devices that announced themselves.
//!
//! Both speak to the running hub through its endpoint, like `set`; the hub keeps what was decided.

use std::process::ExitCode;

use clap::Args;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::{Client, ClientError};
use super::print::{Paint, Style};
use super::{depth, exit, print, reach, work};
use crate::talk::Message;

/// List devices that announced themselves, or let them be commanded.
#[derive(Args)]
#[command(after_help = "\
Without a device the list is printed: new ones first, at last announcements that are set aside because \
their device is known otherwise. A base may be short if it is clear which device is meant. What was accepted stays so over a restart of the hub.

Examples:
  clown-hub accept
  clown-hub accept nodes/tasmota/plug
  clown-hub accept --all --dialect tasmota
  clown-hub accept plug --undo")]
pub struct AcceptArgs {
    /// Accept everything that is new.
    #[arg(long, conflicts_with_all = ["bases", "undo"])]
    all: bool,
    /// With --all: only what announced itself in this dialect, such as tasmota.
    #[arg(long, value_name = "DIALECT", requires = "all")]
    dialect: Option<String>,
    #[command(flatten)]
    which: Which,
}

/// Leave devices that announced themselves out of every page.
#[derive(Args)]
#[command(after_help = "\
An ignored device still speaks, and what it says is on the MESSAGES page; it has no tiles and cannot \
be commanded.

Examples:
  clown-hub ignore nodes/tasmota/neighbour
  clown-hub ignore neighbour --undo")]
pub struct IgnoreArgs {
    #[command(flatten)]
    which: Which,
}

/// Which devices, of which hub.
#[derive(Args)]
struct Which {
    /// Base topics of devices, such as nodes/tasmota/plug.
    #[arg(value_name = "BASE")]
    bases: Vec<String>,
    /// Take back what was decided: they are new again.
    #[arg(long, requires = "bases")]
    undo: bool,
    /// Print one JSON object.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: reach::Reach,
}

/// Why it was not done.
#[derive(Debug, thiserror::Error)]
enum AcceptError {
    #[error("{0:?} can mean {1}; write more of it")]
    Ambiguous(String, String),
    #[error("{0}")]
    Refused(String),
    #[error(transparent)]
    Reach(#[from] reach::ReachError),
}

impl From<ClientError> for AcceptError {
    fn from(error: ClientError) -> Self {
        Self::Reach(error.into())
    }
}

/// A device as the hub lists it.
#[derive(Deserialize)]
struct Listed {
    base: String,
    standing: String,
    name: String,
    dialect: String,
    vendor: String,
    family: String,
    link: String,
    room: Option<String>,
    properties: usize,
    not_understood: usize,
}

/// An announcement that does not count, as the hub lists it.
#[derive(Deserialize)]
struct ListedAside {
    name: String,
    dialect: String,
    key: String,
    link: String,
    definition: Option<String>,
    known_as: Option<String>,
    known_in: Option<String>,
    known_on: Option<String>,
}

/// Lists, or accepts.
pub fn run(args: &AcceptArgs) -> ExitCode {
    let which = &args.which;
    if which.bases.is_empty() && !args.all {
        return finish(which, async |client| list(which, client).await);
    }
    let standing = if which.undo { "new" } else { "accepted" };
    finish(which, async |client| {
        let wish = match args.all {
            true => json!({ "all": true, "dialect": args.dialect, "standing": standing }),
            false => json!({ "bases": meant(which, client).await?, "standing": standing }),
        };
        decide(which, client, &wish).await
    })
}

/// Ignores.
pub fn run_ignore(args: &IgnoreArgs) -> ExitCode {
    let which = &args.which;
    if which.bases.is_empty() {
        print::error("no device is named; `clown-hub accept` lists them");
        return exit::usage();
    }
    let standing = if which.undo { "new" } else { "ignored" };
    finish(which, async |client| {
        let wish = json!({ "bases": meant(which, client).await?, "standing": standing });
        decide(which, client, &wish).await
    })
}

fn finish(which: &Which, task: impl AsyncFnOnce(&mut Client) -> Result<(), AcceptError>) -> ExitCode {
    work::until_interrupted(exit::failed(), async {
        let mut client = match which.reach.connect(None).await {
            Ok(client) => client,
            Err(error) => return error.report(),
        };
        let done = async {
            client.handshake(r#"{"snapshot": false, "filters": ["$nothing"]}"#).await?;
            task(&mut client).await
        };
        match done.await {
            Ok(()) => {
                client.close().await;
                exit::DONE
            }
            Err(error) => {
                print::error(&error);
                match error {
                    AcceptError::Reach(error) => error.exit_of_failure(),
                    AcceptError::Ambiguous(..) => exit::usage(),
                    AcceptError::Refused(_) => exit::failed(),
                }
            }
        }
    })
}

/// Asks the hub and waits for its answer.
async fn ask(client: &mut Client, what: &str, wish: &Value) -> Result<Value, AcceptError> {
    let id = format!("accept-{}", std::process::id());
    client.send(&json!([format!("clown.talk/-/standing/{what}"), wish, { "id": id }]).to_string()).await?;
    loop {
        let Ok(message) = Message::parse(&client.next().await?) else { continue };
        let payload: Value = serde_json::from_str(message.payload.as_str()).unwrap_or_default();
        match message.topic.as_str() {
            "clown.talk/-/standing" | "clown.talk/-/standing/ok" => return Ok(payload),
            "clown.talk/-/error" => {
                let reason = payload["reason"].as_str().unwrap_or(message.payload.as_str());
                return Err(AcceptError::Refused(print::harmless(reason).into_owned()));
            }
            _ => {}
        }
    }
}

fn strange(error: serde_json::Error) -> AcceptError {
    AcceptError::Refused(format!("the hub lists strangely: {error}"))
}

async fn listed(client: &mut Client) -> Result<(Value, Vec<Listed>), AcceptError> {
    let answer = ask(client, "get", &json!({})).await?;
    let devices = Vec::<Listed>::deserialize(&answer["devices"]).map_err(strange)?;
    Ok((answer, devices))
}

/// The bases that were named, in full.
async fn meant(which: &Which, client: &mut Client) -> Result<Vec<String>, AcceptError> {
    let (_, devices) = listed(client).await?;
    let known: Vec<String> = devices.into_iter().map(|device| device.base).collect();
    let full = |base: &String| {
        let base = base.trim_end_matches('/');
        match depth::meant(base, &known)[..] {
            [full] => Ok(full.to_owned()),
            // It may have been decided about and be away now; the hub knows.
            [] => Ok(base.to_owned()),
            ref many => Err(AcceptError::Ambiguous(base.to_owned(), many.join(" and "))),
        }
    };
    which.bases.iter().map(full).collect()
}

async fn decide(which: &Which, client: &mut Client, wish: &Value) -> Result<(), AcceptError> {
    let done = ask(client, "set", wish).await?;
    if which.json {
        print::line(&done);
        return Ok(());
    }
    let standing = done["standing"].as_str().unwrap_or_default();
    let bases = done["bases"].as_array().map(Vec::as_slice).unwrap_or_default();
    for base in bases.iter().filter_map(Value::as_str) {
        print::line(format_args!("{}  {}", coloured(standing), print::harmless(base)));
    }
    if bases.is_empty() {
        print::remark("nothing is new");
    }
    Ok(())
}

async fn list(which: &Which, client: &mut Client) -> Result<(), AcceptError> {
    let (answer, mut devices) = listed(client).await?;
    if which.json {
        print::line(&answer);
        return Ok(());
    }
    devices.sort_by_key(|device| match device.standing.as_str() {
        "new" => 0,
        "accepted" => 1,
        _ => 2,
    });
    let widest = devices.iter().map(|device| device.base.chars().count()).max().unwrap_or_default();
    for device in &devices {
        if !print::line(line(device, widest)) {
            break;
        }
    }
    let aside = answer.get("set_aside").map(Vec::<ListedAside>::deserialize).transpose();
    let aside = aside.map_err(strange)?.unwrap_or_default();
    for announcement in &aside {
        if !print::line(aside_line(announcement)) {
            break;
        }
    }
    if devices.is_empty() && aside.is_empty() {
        print::remark("no device has announced itself");
    }
    Ok(())
}

fn line(device: &Listed, widest: usize) -> String {
    let Listed { base, standing, name, dialect, vendor, family, link, room, properties, not_understood } =
        device;
    let room = room.as_ref().map(|room| format!(", {room}")).unwrap_or_default();
    let unknown = match not_understood {
        0 => String::new(),
        number => format!(", {number} not understood"),
    };
    let about = format!(
        "{name}{room}  {vendor} {family}, {dialect} on {link}: {}{unknown}",
        match properties {
            1 => "1 property".to_owned(),
            number => format!("{number} properties"),
        }
    );
    format!("{}  {:widest$}  {}", coloured(standing), print::harmless(base), print::harmless(&about))
}

fn aside_line(aside: &ListedAside) -> String {
    let ListedAside { name, dialect, key, link, definition, known_as, known_in, known_on } = aside;
    let known = match (definition, known_in, known_on) {
        (Some(definition), ..) => format!("by the definition {definition}"),
        (None, Some(dialect), _) => {
            format!("as {} from {dialect}", known_as.as_deref().unwrap_or_default())
        }
        (None, None, on) => {
            let (base, link) = (known_as.as_deref().unwrap_or_default(), on.as_deref().unwrap_or_default());
            format!("as {base} on {link}")
        }
    };
    let about = format!("{name}  {key}, {dialect} on {link}: known {known}");
    format!("{}  {}", coloured("aside"), print::harmless(&about))
}

/// All words are as wide as the longest one.
fn coloured(standing: &str) -> String {
    let style = match standing {
        "new" => Style::Yellow,
        "accepted" => Style::Green,
        _ => Style::Faint,
    };
    Paint::stdout().word(style, format!("{:8}", print::harmless(standing)))
}
