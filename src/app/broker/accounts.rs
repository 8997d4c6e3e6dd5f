//! The hub's accounts at the broker's door: a name with its password, or with one of its tokens as the password.

use std::net::IpAddr;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::broker::{Accounts, Act, Denied, Right};
use crate::web::account::token;
use crate::web::auth::{Via, Who};
use crate::web::doors::{self, Doors};
use crate::web::rights::Rights;

/// Asks the doors of the web, whose limits against guessing hold here too.
pub struct OwnAccounts(pub Doors);

impl Accounts for OwnAccounts {
    fn admit<'a>(
        &'a self,
        address: IpAddr,
        user: &'a str,
        password: &'a str,
    ) -> BoxFuture<'a, Result<Arc<dyn Right>, Denied>> {
        Box::pin(async move {
            let who = self.identify(address, user, password).await.map_err(|denied| match denied {
                doors::Denied::Wrong => Denied::Wrong,
                doors::Denied::TooMany(_) | doors::Denied::Busy => Denied::Later,
            })?;
            self.0.witness().used(&who, address, "mqtt");
            let right: Arc<dyn Right> = Arc::new(Admitted { doors: self.0.clone(), who });
            Ok(right)
        })
    }
}

impl OwnAccounts {
    async fn identify(&self, address: IpAddr, user: &str, password: &str) -> Result<Who, doors::Denied> {
        if !token::looks_like(password) {
            let account = self.0.by_password(address, user, password).await?;
            let via = Via::Basic(account.password.mark());
            return Ok(Who { account: account.name.clone(), via, rights: Rights::All });
        }
        let who = self.0.by_token(address, password)?;
        // A name that is not the token's owner is a mistake that would be looked for long; a token for a tile has no
        // business here.
        let is_whole = who.rights == Rights::All;
        if is_whole && *who.account == *user { Ok(who) } else { Err(doors::Denied::Wrong) }
    }
}

/// Somebody whom the doors let in. Accounts have no roles yet: who is in may do everything that is anybody's business.
struct Admitted {
    doors: Doors,
    who: Who,
}

impl Right for Admitted {
    fn account(&self) -> &str {
        &self.who.account
    }

    fn is_over(&self) -> bool {
        self.doors.is_over(&self.who)
    }

    fn allows(&self, _: Act<'_>) -> bool {
        true
    }
}
