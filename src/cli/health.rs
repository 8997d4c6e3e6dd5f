//! `clown-hub health`: whether a hub serves, by one question to `/healthz`; for watchers and scripts.

use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Args;
use hyper::Method;
use serde_json::json;
use tokio::time::timeout;

use super::client::{ClientError, Target, http};
use super::reach::{Reach, ReachError, local};
use super::{exit, print, work};
use crate::web::health::PATH;

/// Ask a hub whether it serves; nobody has to be signed in.
#[derive(Args)]
#[command(after_help = "\
The exit code is 0 if it serves, 1 if it says that it does not, 3 if there is no answer.

Examples:
  clown-hub health
  clown-hub health --config /etc/clown-hub/clown-hub.toml --json
  clown-hub health --url https://hub.local --ca ca.pem")]
pub struct HealthArgs {
    #[command(flatten)]
    reach: Reach,
    /// Seconds to wait for the answer.
    #[arg(long, value_name = "SECONDS", default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    wait: u64,
    /// Print one JSON object instead of text.
    #[arg(long)]
    json: bool,
}

/// Asks; exit code 0 if the hub serves.
pub fn run(args: &HealthArgs) -> ExitCode {
    let start = Instant::now();
    let outcome = target(args).and_then(|target| {
        let waiting = Duration::from_secs(args.wait);
        match work::wait(async { timeout(waiting, http::send(&target, Method::GET, PATH, Vec::new())).await })
        {
            Ok(Ok(answer)) => Ok(answer.map(|_| target.address.authority())?),
            Ok(Err(_)) => {
                Err(ClientError::Slow { at: target.address.authority(), seconds: args.wait }.into())
            }
            Err(error) => Err(ClientError::Connect { at: target.address.authority(), error }.into()),
        }
    });
    let ms = start.elapsed().as_millis();
    let at = match outcome {
        Ok(at) => at,
        Err(error) => return failed(&error, args.json),
    };
    if args.json {
        print::line(json!({ "ok": true, "at": at, "ms": ms }));
    } else {
        print::line(format_args!("{at} serves; it answered in {ms} ms"));
    }
    exit::DONE
}

/// The hub to ask; what would open it is not told to it for this.
fn target(args: &HealthArgs) -> Result<Target, ReachError> {
    let target = match args.reach.named()? {
        Some(target) => target,
        None => local(args.reach.place())?.0,
    };
    let mut target = Target { token: None, ..target };
    target.address.account = None;
    Ok(target)
}

fn failed(error: &ReachError, json: bool) -> ExitCode {
    if json {
        print::line(json!({ "ok": false, "error": error.to_string() }));
    } else {
        print::error(error);
    }
    match error {
        ReachError::Client(ClientError::Refused { .. }) => exit::failed(),
        error => error.exit(),
    }
}
