//! `clown-hub talk URL [MESSAGE…]`: connect, shake hands, print the stream, send what is typed.

use std::io::{BufRead, IsTerminal};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::client::address::Address;
use super::client::{Client, ClientError};
use super::{exit, print, reach, watch, work};

/// Speak Clown.Talk with a hub: print what it says, send what is typed.
#[derive(Args)]
#[command(after_help = "\
After the handshake the given messages are sent, then every line of standard input: what is typed \
on a terminal, or what comes through a pipe. When there is nothing more to send, the answers of the \
next --linger seconds are printed and talk ends; with --follow it stays until Ctrl-C. Lines are sent \
as they are; the hub says what is wrong with them.

Examples:
  clown-hub talk wss://clown:bigclown@127.0.0.1:8443/auth/clown-talk-server_nodes_bridge_simulator --ca ca.pem
  clown-hub talk hub.local '[\"nodes/bridge/0/relay/i2c0-3b/set\", {\"state\": true}, {\"id\": 1}]' < /dev/null
  clown-hub talk local --follow < /dev/null")]
pub struct TalkArgs {
    /// wss://USER:PASSWORD@HOST:PORT/PATH; or `local` for the hub on this machine. A token is taken from CLOWN_HUB_TOKEN.
    url: String,
    /// Messages to send first, such as '["relay/i2c0-3b/get", {}]'.
    #[arg(value_name = "MESSAGE")]
    messages: Vec<String>,
    /// What the handshake asks for; {} is what it was in 2016.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    wishes: String,
    /// Send no handshake.
    #[arg(long, conflicts_with = "wishes")]
    no_handshake: bool,
    /// How long answers are waited for after the last line was sent, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = seconds)]
    linger: f64,
    /// Stay until Ctrl-C when there is nothing more to send.
    #[arg(long)]
    follow: bool,
    /// Print JSON lines on a terminal, too.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    trust: reach::TrustArgs,
    #[command(flatten)]
    place: super::place::Place,
}

fn seconds(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|s| (0.0..=86_400.0).contains(s)).ok_or_else(|| "0 to 86400 seconds".into())
}

/// Talks until there is nothing more to say, or Ctrl-C.
pub fn run(args: &TalkArgs) -> ExitCode {
    work::until_interrupted(exit::DONE, async {
        let target = match args.url.as_str() {
            "local" => reach::local(&args.place).map(|(target, _)| target),
            url => Address::parse(url).map(|address| args.trust.target(address)).map_err(Into::into),
        };
        let connected = async { Ok(Client::connect(&target?).await?) };
        let mut client = match connected.await {
            Ok(client) => client,
            Err(error) => return reach::ReachError::report(&error),
        };
        let outcome = talk(args, &mut client).await;
        match outcome {
            Ok(()) => {
                client.close().await;
                exit::DONE
            }
            Err(error) => {
                print::error(&error);
                error.exit()
            }
        }
    })
}

async fn talk(args: &TalkArgs, client: &mut Client) -> Result<(), ClientError> {
    if !args.no_handshake {
        let answer = client.handshake(&args.wishes).await?;
        watch::show(&answer, args.json);
    }
    for message in &args.messages {
        client.send(message).await?;
    }
    if std::io::stdin().is_terminal() {
        print::remark("connected; type messages, end with Ctrl-D or Ctrl-C");
    }
    let mut lines = lines();
    let mut ends: Option<Instant> = None;
    loop {
        tokio::select! {
            line = lines.recv(), if ends.is_none() => match line {
                Some(line) => client.send(&line).await?,
                None => ends = Some(Instant::now() + linger(args)),
            },
            text = client.next() => {
                if !watch::show(&text?, args.json) {
                    return Ok(());
                }
            }
            () = sleep_until(ends.unwrap_or_else(Instant::now)), if ends.is_some() => return Ok(()),
        }
    }
}

fn linger(args: &TalkArgs) -> Duration {
    if args.follow { Duration::from_secs(u64::from(u32::MAX)) } else { Duration::from_secs_f64(args.linger) }
}

/// The lines of standard input that are not blank. A thread reads them, because a terminal cannot be polled; it ends
/// with the program.
fn lines() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if !line.trim().is_empty() && sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}
