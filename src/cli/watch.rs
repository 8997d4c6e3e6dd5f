//! `clown-hub watch FILTER`: what devices say, as it comes.

use std::borrow::Cow;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::client::{Client, ClientError};
use super::print::{Paint, Style};
use super::{depth, exit, print, reach, work};
use crate::talk::{Message, TopicFilter};

/// Print what devices say: the known values first, then every message as it comes.
#[derive(Args)]
#[command(after_help = "\
A filter may be short: thermometer/# is matched below every base. Into a pipe every message is \
one line of JSON, [\"topic\", payload]. The hub's own facts are under $hub/#.

Examples:
  clown-hub watch '#'
  clown-hub watch 'thermometer/#' --live
  clown-hub watch 'relay/+' --count 1 | jq '.[1].state'
  clown-hub watch '$hub/command'
  clown-hub watch '#' --url wss://clown:bigclown@127.0.0.1:8443 --ca ca.pem")]
pub struct WatchArgs {
    /// Topic with `+` for one level and `#` for all further levels.
    #[arg(default_value = "#", value_parser = filter)]
    filter: TopicFilter,
    /// Leave out the values that are already known.
    #[arg(long)]
    live: bool,
    /// End after this many messages.
    #[arg(long, short = 'n', value_name = "N")]
    count: Option<u64>,
    /// Only this base topic, such as nodes/bridge/0; topics are then relative to it.
    #[arg(long, value_name = "TOPIC")]
    base: Option<String>,
    /// Print JSON lines on a terminal, too.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    reach: reach::Reach,
}

fn filter(text: &str) -> Result<TopicFilter, String> {
    TopicFilter::new(text).map_err(|error| error.to_string())
}

/// Prints until the count is reached, nobody reads any more, or Ctrl-C.
pub fn run(args: &WatchArgs) -> ExitCode {
    work::until_interrupted(exit::DONE, async {
        let mut client = match args.reach.connect(args.base.as_deref()).await {
            Ok(client) => client,
            Err(error) => return reach::ReachError::report(&error),
        };
        match watch(args, &mut client).await {
            Ok(()) => {
                client.close().await;
                exit::DONE
            }
            Err(error) => {
                print::error(&error);
                // A stream that ends by itself was not what was asked for.
                exit::unreachable()
            }
        }
    })
}

async fn watch(args: &WatchArgs, client: &mut Client) -> Result<(), ClientError> {
    let wishes = json!({
        "snapshot": !args.live,
        // With events the known values come with their age, and it is told when this line is too slow.
        "events": true,
        "filters": depth::at_any_depth(args.filter.as_str()),
    });
    client.handshake(&wishes.to_string()).await?;
    let own_facts = args.filter.as_str().starts_with('$');
    let mut left = args.count;
    while left != Some(0) {
        let text = client.next().await?;
        let topic = Message::parse(&text).ok().map(|message| message.topic);
        match topic.as_ref().map(|topic| topic.as_str()) {
            Some("$hub/lost") if !own_facts => print::remark(format_args!("this line is too slow: {text}")),
            // Filters of the endpoint are about devices; the hub's own facts all come.
            Some(topic) if topic.starts_with('$') && !(own_facts && args.filter.matches(topic)) => continue,
            _ => {}
        }
        if !show(&text, args.json) {
            return Ok(());
        }
        left = left.map(|left| left - 1);
    }
    Ok(())
}

/// Prints one message; false when nobody reads it any more.
pub fn show(text: &str, json: bool) -> bool {
    use std::io::IsTerminal;
    match Message::parse(text) {
        Ok(message) if !json && std::io::stdout().is_terminal() => print::line(pretty(&message)),
        _ => print::line(text),
    }
}

/// Of a value that was known before: its presence and since when; other options as they are.
fn age(options: &str) -> Cow<'_, str> {
    let known: Option<Value> = serde_json::from_str(options).ok();
    let word = |key: &str| known.as_ref()?.get(key)?.as_str();
    match (word("presence"), word("at").and_then(|at| at.get(..19))) {
        (Some(presence), Some(at)) => format!("({presence}, said {}Z)", at.replace('T', " ")).into(),
        _ => options.into(),
    }
}

fn pretty(message: &Message) -> String {
    let paint = Paint::stdout();
    let now = OffsetDateTime::now_utc();
    let clock = format!("{:02}:{:02}:{:02}Z", now.hour(), now.minute(), now.second());
    let options = match &message.options {
        Some(options) => format!("  {}", paint.word(Style::Faint, print::harmless(&age(options.as_str())))),
        None => String::new(),
    };
    format!(
        "{}  {}  {}{options}",
        paint.word(Style::Faint, clock),
        paint.word(Style::Cyan, print::harmless(message.topic.as_str())),
        print::harmless(message.payload.as_str()),
    )
}

#[cfg(test)]
mod tests {
    use super::age;

    #[test]
    fn a_known_value_tells_its_presence_and_time_in_words() {
        let options = r#"{"at":"2026-11-21T00:13:32.036Z","presence":"online","usual_s":1.0}"#;
        assert_eq!(age(options), "(online, said 2026-11-21 00:13:32Z)");
        for other in
            [r#"{"id": 1}"#, r#"{"at":"soon","presence":"online"}"#, r#"{"at":"ž234567890123456789"}"#]
        {
            assert_eq!(age(other), other);
        }
    }
}
