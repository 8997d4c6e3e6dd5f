//! Tokens for programs: 256 random bits, shown once, kept as a hash only.
//!
//! A token is too long to guess, so its hash needs no salt and no slowness.

use std::io;
use std::sync::Arc;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::web::random;
use crate::web::rights::Share;

/// Every token begins with this, so that people and secret scanners see what it is.
const PREFIX: &str = "clown-hub-";

/// What is kept of a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// What its owner calls it.
    pub name: Box<str>,
    /// Its hash.
    pub id: TokenId,
    /// The one tile that it is for; nothing if it may do everything.
    pub share: Option<Arc<Share>>,
}

/// The hash of a token: enough to recognise it, not enough to use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenId(pub [u8; 32]);

/// Whether a secret is meant to be a token.
pub fn looks_like(secret: &str) -> bool {
    secret.starts_with(PREFIX)
}

impl Token {
    /// A fresh token called `name`, and its secret, to be shown once.
    pub fn make(name: &str) -> io::Result<(Self, String)> {
        let secret = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(random::bytes::<32>()?));
        Ok((Self { name: name.into(), id: TokenId::of(&secret), share: None }, secret))
    }
}

impl TokenId {
    /// The hash of a secret that somebody shows.
    pub fn of(secret: &str) -> Self {
        Self(Sha256::digest(secret).into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_recognised_and_no_two_are_equal() {
        let (token, secret) = Token::make("grafana").unwrap();
        assert_eq!(TokenId::of(&secret), token.id);
        assert_ne!(Token::make("grafana").unwrap().1, secret);
        assert_eq!(secret.len(), PREFIX.len() + 43);
    }
}
