//! Rights that are less than everything: kiosks with their PINs, tokens for single tiles.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use super::{Denied, Doors};
use crate::hub::Now;
use crate::web::account::Accounts;
use crate::web::account::password::PasswordHash;
use crate::web::account::token::Token;
use crate::web::error::WebError;
use crate::web::rights::{Kiosk, Share};
use crate::web::session::SessionId;

impl Doors {
    /// Makes a browser's session a kiosk that this PIN opens, or with `None` an ordinary one again; what is open by its
    /// right begins anew.
    pub async fn set_kiosk(&self, id: SessionId, pin: Option<&str>) -> Result<(), WebError> {
        let kiosk = match pin.map(str::to_owned) {
            None => None,
            Some(pin) => {
                let hashed = tokio::task::spawn_blocking(move || PasswordHash::of(&pin)).await;
                let hashed = hashed.map_err(|error| WebError::System(std::io::Error::other(error)))??;
                Some(Arc::new(Kiosk::new(hashed)))
            }
        };
        if self.shared.sessions.set_kiosk(Now::now(), id, kiosk) {
            self.announce();
        }
        Ok(())
    }

    /// Makes a token of this account for one tile; gives its secret.
    pub async fn share(&self, account: &Arc<str>, name: &str, share: Share) -> Result<String, WebError> {
        let (mut token, secret) = Token::make(name)?;
        token.share = Some(Arc::new(share));
        let owner = account.clone();
        self.change(move |accounts| accounts.add_token(&owner, token)).await?;
        tracing::info!(account = &**account, token = name, "a token for one tile was made");
        Ok(secret)
    }

    /// Revokes a token of this account that is for one tile; what is open by it ends.
    pub async fn revoke(&self, account: &Arc<str>, name: &str) -> Result<(), WebError> {
        let is_share = |token: &Token| &*token.name == name && token.share.is_some();
        if !self.shared.accounts.find(account).is_some_and(|owner| owner.tokens.iter().any(is_share)) {
            return Err(WebError::Account(format!("{account:?} has no token {name:?} for a tile")));
        }
        let (owner, token) = (account.clone(), name.to_owned());
        self.change(move |accounts| accounts.remove_token(&owner, &token)).await?;
        tracing::info!(account = &**account, token = name, "a token for one tile was revoked");
        self.announce();
        Ok(())
    }

    /// Changes the file of accounts, for which a memory card may take its time, and tells the events.
    async fn change(
        &self,
        change: impl FnOnce(&Accounts) -> Result<(), WebError> + Send + 'static,
    ) -> Result<(), WebError> {
        let (doors, before) = (self.clone(), self.shared.accounts.all());
        let done = tokio::task::spawn_blocking(move || change(&doors.shared.accounts)).await;
        done.unwrap_or_else(|error| Err(WebError::System(std::io::Error::other(error))))?;
        self.shared.witness.accounts(&before, &self.shared.accounts.all());
        Ok(())
    }

    /// The tokens of an account for the tile of a property: their names, and whether they may switch it.
    pub fn shares(&self, account: &str, topic: &str) -> Vec<(String, bool)> {
        let account = self.shared.accounts.find(account);
        let tokens = account.iter().flat_map(|account| &account.tokens);
        let shares = tokens.filter_map(|token| Some((token, token.share.as_ref()?)));
        let of_this = shares.filter(|(_, share)| share.topic.as_str() == topic);
        of_this.map(|(token, share)| (token.name.to_string(), share.may_switch)).collect()
    }

    /// Whether this is the PIN of a kiosk; wrong ones are counted, as wrong passwords are.
    pub async fn check_pin(&self, address: IpAddr, kiosk: &Arc<Kiosk>, pin: &str) -> Result<(), Denied> {
        const ANY_PIN: &str = "\0pin";
        self.shared.limit.attempt(Instant::now(), address, ANY_PIN).map_err(|too_many| {
            self.shared.witness.limited("pin", address);
            Denied::TooMany(too_many)
        })?;
        let (kiosk, pin) = (kiosk.clone(), pin.to_owned());
        let fits = tokio::task::spawn_blocking(move || kiosk.pin.fits(&pin)).await;
        if fits.unwrap_or(false) {
            self.shared.limit.forgive(address, ANY_PIN);
            return Ok(());
        }
        tracing::warn!(%address, "wrong PIN");
        self.shared.witness.wrong(None, "pin", address);
        Err(Denied::Wrong)
    }
}
