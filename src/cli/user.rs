//! `clown-hub user`: accounts and tokens, changed beside a running hub, which notices within seconds.
//!
//! A password comes from the terminal without echo, from a file or from standard input, never from an argument: those
//! are seen by everybody in `ps`.

mod password;

use std::fs::DirBuilder;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Args, Subcommand};
use serde_json::json;

use super::{check, exit, place, print};
use crate::talk::Topic;
use crate::web::account::password::{PasswordHash, check as check_password};
use crate::web::account::token::Token;
use crate::web::account::{Account, Accounts, name};
use crate::web::rights::Share;
use password::PasswordError;

/// Make, list, change and remove accounts and their tokens.
#[derive(Args)]
#[command(after_help = "\
A password is asked for on the terminal, or read from --password-file, or from standard input.
A running hub notices changes by itself; sessions and connections of changed accounts end.

Examples:
  clown-hub user add anna
  clown-hub user passwd anna --password-file /run/secrets/anna
  clown-hub user token anna grafana
  clown-hub user token anna grafana --revoke
  clown-hub user token anna wall --tile nodes/bridge/0/relay/i2c0-3b --switch
  clown-hub user list --json")]
pub struct UserArgs {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    place: place::Place,
}

#[derive(Subcommand)]
enum Action {
    /// Make an account.
    Add(WithPassword),
    /// Give an account a new password; its sessions end.
    Passwd(WithPassword),
    /// List accounts and their tokens.
    List {
        /// Print one JSON object.
        #[arg(long)]
        json: bool,
    },
    /// Remove an account with its sessions and tokens.
    Remove {
        /// The account.
        name: String,
    },
    /// Make a token for a program and print it, this once; or revoke it.
    Token {
        /// The account that the program acts for.
        account: String,
        /// What to call the token.
        name: String,
        /// Revoke the token of this name.
        #[arg(long)]
        revoke: bool,
        /// Make it for this one tile: the topic of a property, such as nodes/bridge/0/relay/i2c0-3b.
        #[arg(long, value_name = "TOPIC", conflicts_with = "revoke")]
        tile: Option<String>,
        /// The tile may also be switched with it.
        #[arg(long, requires = "tile")]
        switch: bool,
    },
}

#[derive(Args)]
struct WithPassword {
    /// The account.
    name: String,
    /// Read the password from the first line of this file.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

/// Does what was asked.
pub fn run(args: &UserArgs) -> ExitCode {
    let data = match args.place.data() {
        Ok(data) => data,
        Err(problems) => {
            check::print_problems(&problems);
            return exit::usage();
        }
    };
    // Accounts are often made before the first start.
    if let Err(error) = DirBuilder::new().recursive(true).mode(0o700).create(&data) {
        print::error(format_args!("cannot make the data folder {}: {error}", data.display()));
        return exit::failed();
    }
    let outcome = Accounts::open(&data).map_err(Into::into).and_then(|accounts| act(&args.action, &accounts));
    match outcome {
        Ok(()) => exit::DONE,
        Err(error) => {
            print::error(error);
            exit::failed()
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum UserError {
    #[error(transparent)]
    Web(#[from] crate::web::WebError),
    #[error(transparent)]
    Password(#[from] PasswordError),
}

fn act(action: &Action, accounts: &Accounts) -> Result<(), UserError> {
    match action {
        Action::Add(with) => {
            name::check(&with.name).map_err(|reason| PasswordError::Refused(reason.to_owned()))?;
            if accounts.find(&with.name).is_some() {
                let text =
                    format!("there is already an account {:?}; `passwd` gives it a new password", with.name);
                return Err(PasswordError::Refused(text).into());
            }
            accounts.add(&with.name, hash(with)?)?;
            print::remark(format_args!("{} may log in", with.name));
        }
        Action::Passwd(with) => {
            if accounts.find(&with.name).is_none() {
                let text = format!("there is no account {:?}; `clown-hub user list` shows them", with.name);
                return Err(PasswordError::Refused(text).into());
            }
            accounts.set_password(&with.name, hash(with)?)?;
            print::remark(format_args!("{} has a new password; old sessions end", with.name));
        }
        Action::List { json } => list(&accounts.all(), *json),
        Action::Remove { name } => {
            accounts.remove(name)?;
            print::remark(format_args!("{name} is removed"));
        }
        Action::Token { account, name, revoke: true, .. } => {
            accounts.remove_token(account, name)?;
            print::remark(format_args!("the token {name} of {account} is revoked"));
        }
        Action::Token { account, name, revoke: false, tile, switch } => {
            let (mut token, secret) = Token::make(name).map_err(crate::web::WebError::from)?;
            token.share = tile.as_deref().map(|topic| share(topic, *switch)).transpose()?;
            let address = token.share.as_ref().map(|share| share.address());
            accounts.add_token(account, token)?;
            print::line(&secret);
            print::remark("keep it safe: it is shown this once");
            if let Some(address) = address {
                print::remark(format_args!("its tile: https://HOST{address}?token={secret}"));
            }
        }
    }
    Ok(())
}

fn share(topic: &str, may_switch: bool) -> Result<Arc<Share>, UserError> {
    let topic = Topic::new(topic)
        .map_err(|error| crate::web::WebError::Account(format!("--tile {topic:?}: {error}")))?;
    Ok(Arc::new(Share { topic, may_switch }))
}

fn hash(with: &WithPassword) -> Result<PasswordHash, UserError> {
    let password = password::read(with.password_file.as_deref())?;
    check_password(&password, &with.name).map_err(|weak| PasswordError::Refused(weak.to_string()))?;
    Ok(PasswordHash::of(&password)?)
}

fn list(accounts: &[std::sync::Arc<Account>], as_json: bool) {
    let tokens = |account: &Account| -> Vec<String> {
        account.tokens.iter().map(|token| token.name.to_string()).collect()
    };
    if as_json {
        let list: Vec<_> = accounts
            .iter()
            .map(|account| json!({ "name": &*account.name, "tokens": tokens(account) }))
            .collect();
        print::line(json!({ "accounts": list }));
        return;
    }
    for account in accounts {
        match tokens(account) {
            none if none.is_empty() => print::line(&account.name),
            tokens => print::line(format_args!("{}  (tokens: {})", account.name, tokens.join(", "))),
        };
    }
    if accounts.is_empty() {
        print::remark("no account yet: `clown-hub user add NAME`, or open the page of the running hub");
    }
}
