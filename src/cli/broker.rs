//! `--broker` and what gets a program in there, for subcommands that speak MQTT themselves.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::exit;
use super::print;
use crate::device::dialect::Settings;
use crate::hub::LinkState;
use crate::link::mqtt::login::{Secret, Source};
use crate::link::mqtt::{Address, Config, HubName, Timing, tls};

/// Where the broker is, and who we are there.
#[derive(Args, Clone, Debug)]
pub struct BrokerArgs {
    /// The broker: mqtt://HOST:PORT, mqtts://HOST:PORT or unix:/PATH.
    #[arg(long, value_name = "URL", value_parser = address, default_value = "mqtt://127.0.0.1:1883")]
    broker: Address,
    /// The account at the broker.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// A file that holds the password alone.
    #[arg(long, value_name = "FILE", requires = "user")]
    password_file: Option<PathBuf>,
    /// A variable of the environment that holds the password.
    #[arg(long, value_name = "NAME", requires = "user", conflicts_with = "password_file")]
    password_env: Option<String>,
    /// The broker's own certificate authority (PEM), instead of the system's.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
}

fn address(text: &str) -> Result<Address, String> {
    Address::parse(text).map_err(|bad| bad.0.unwrap_or_else(|| "write mqtt://HOST:PORT".to_owned()))
}

impl BrokerArgs {
    /// How to connect; `purpose` makes a name that no hub has.
    pub fn config(&self, purpose: &str) -> Config {
        let secret = self.password_file.clone().map(Secret::File);
        let process = std::process::id();
        Config {
            address: self.broker.clone(),
            version: None,
            login: Source {
                user: self.user.clone(),
                password: secret.or(self.password_env.clone().map(Secret::Env)),
            },
            tls: tls::Files { ca: self.ca.clone(), identity: None },
            client_id: format!("clown-{purpose}-{process}"),
            keep_alive: Duration::from_secs(20),
            topics: Vec::new(),
            bases: Vec::new(),
            retain: false,
            discovery: Settings { dialects: BTreeSet::new(), ..Settings::default() },
            hub: HubName { id: format!("{process:08x}"), host: "command line".to_owned() },
            folder: None,
            timing: Timing::default(),
        }
    }

    /// Tells why the broker cannot be used. Code 2 where a file that was named is no good, else 3.
    pub fn report(&self, state: &LinkState) -> ExitCode {
        let advice = self.advice(state);
        let hint = if advice.is_empty() { String::new() } else { format!("; {advice}") };
        // Most reasons name the broker already.
        let broker = self.broker.to_string();
        let broker = if state.reason.contains(&broker) { String::new() } else { format!("{broker}: ") };
        print::error(format_args!("{broker}{}{hint}", state.reason));
        match state.code {
            "no-password" | "tls-files" => exit::usage(),
            _ => exit::unreachable(),
        }
    }

    /// What a link is told to change stands in the configuration, here it is an option; and nothing is tried again.
    fn advice<'a>(&self, state: &'a LinkState) -> &'a str {
        match state.code {
            "not-authorized" if self.user.is_some() => "check --user and the password",
            "not-authorized" => "give --user, and --password-file or --password-env",
            "broker-absent" | "unknown-host" | "no-route" => "start the broker, or check --broker",
            "tls-required" => "write mqtts:// in --broker",
            "tls-unknown-ca" => "name the authority that signed it with --ca FILE",
            "moved" => "change --broker",
            "failed" | "broker-busy" | "broker-stopped" | "keep-alive" => "try it again later",
            _ => &state.hint,
        }
    }
}
