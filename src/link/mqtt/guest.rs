//! A connection for a while, for tools that are no link of a hub: the simulator, whoever watches.

use tokio::task::spawn_blocking;

use super::client::{self, Client, Poll, Publish};
use super::failure::may_be_the_version;
use super::{Config, Version};
use crate::hub::LinkState;

/// Prepares a connection as [`client::open`] does, without holding up others.
pub async fn open(config: &Config, will: Publish) -> Result<(Client, Poll), LinkState> {
    let config = config.clone();
    match spawn_blocking(move || client::open(&config, will)).await {
        Ok(opened) => opened,
        // Only a panic in there ends so.
        Err(broken) => std::panic::resume_unwind(broken.into_panic()),
    }
}

/// Goes on to version 3.1.1 where nobody has asked for a version and this one may not be understood; whether it did.
pub fn other_version(config: &mut Config, lost: &LinkState) -> bool {
    let is_worth_it = config.version.is_none() && may_be_the_version(lost);
    if is_worth_it {
        config.version = Some(Version::V4);
    }
    is_worth_it
}
