//! How the pieces to copy reach this hub and its broker.

use std::net::IpAddr;

use serde::Deserialize;

use super::snippets::Way;
use crate::hub::Hub;
use crate::talk::Topic;
use crate::web::page::shell::Shell;
use crate::web::parts::Web;

/// How visitors of this page reach the hub.
pub fn way(web: &Web, shell: &Shell, is_tls: bool) -> Way {
    Way {
        host: shell.host.clone(),
        is_tls,
        is_own_ca: web.tls.as_ref().is_some_and(|tls| tls.ca_pem().is_some()),
        account: shell.account.clone().unwrap_or_default(),
        broker: broker(&web.hub, &shell.host),
    }
}

/// Where the hub's own broker is for whoever reaches the page at `host`; TLS where there is a choice.
fn broker(hub: &Hub, host: &str) -> Option<(String, u16, bool)> {
    #[derive(Deserialize)]
    struct Fact {
        #[serde(default)]
        listening: Vec<String>,
    }
    let told = Topic::new("$hub/broker").ok().and_then(|topic| hub.fact(&topic))?;
    let Fact { listening } = told.get()?;
    let of = |scheme: &str| listening.iter().find_map(|address| address.strip_prefix(scheme));
    let (address, is_tls) = match of("mqtts://") {
        Some(address) => (address, true),
        None => (of("mqtt://")?, false),
    };
    let address: std::net::SocketAddr = address.parse().ok()?;
    let typed = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_any = |ip: IpAddr| ip.is_unspecified();
    let name = if is_any(address.ip()) { typed.to_owned() } else { address.ip().to_string() };
    Some((name.trim_matches(['[', ']']).to_owned(), address.port(), is_tls))
}
