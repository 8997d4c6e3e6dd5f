//! Who asks, and from where: what a command carries along from the request or connection that it came by.

use axum::{
    body::Body,
    extract::FromRequestParts,
    http::{Response, request::Parts},
};

use super::account::name::LOCAL;
use super::auth::{Via, Who};
use super::server::Peer;
use crate::hub::{By, Means, Whence};

/// Who asks by a request of its own, such as a form.
impl<S: Send + Sync> FromRequestParts<S> for By {
    type Rejection = Response<Body>;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Self::Rejection> {
        let who = Who::from_request_parts(parts, state).await?;
        Ok(asker(&who, parts.extensions.get::<Peer>(), Means::Form))
    }
}

/// Who asks by a WebSocket, as which the client gets its number later.
pub fn by_socket(who: &Who, peer: Option<&Peer>) -> By {
    asker(who, peer, Means::Page)
}

fn asker(who: &Who, peer: Option<&Peer>, of_a_browser: Means) -> By {
    let means = match who.via {
        Via::Session(_) => of_a_browser,
        Via::Basic(_) | Via::Token(_) if *who.account == *LOCAL => Means::Local,
        Via::Basic(_) | Via::Token(_) => Means::Script,
    };
    let address = peer.map(|peer| peer.address.ip().to_canonical());
    By { account: who.account.clone(), client: 0, from: Some(Whence { means, address }) }
}
