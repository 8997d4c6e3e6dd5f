//! Opens the web: certificate, accounts, endpoint, pages, on the ports of the configuration.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::SystemTime;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path as Segment, Request};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use subtle::ConstantTimeEq;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::AppError;
use super::listen::listen;
use super::local::Local;
use crate::config::{LinkConfig, WebConfig};
use crate::hub::Hub;
use crate::stop::Stop;
use crate::web::account::Accounts;
use crate::web::names::Names;
use crate::web::page::{Shell, dashboard};
use crate::web::random::{self, hex};
use crate::web::server::{Mode, Server};
use crate::web::talk::{Admission, ENDPOINT, Endpoint, TalkConfig};
use crate::web::tls::Tls;
use crate::web::{DoorConfig, WebError, assets};

/// The web while it is open.
pub struct Web {
    /// Where HTTPS and wss are served; the port is known by now.
    pub listening: SocketAddr,
    /// SHA-256 of the certificate.
    pub fingerprint: String,
    /// Everybody who is connected.
    pub endpoint: Endpoint,
    /// What the first account is made with, as long as there is none.
    pub setup_code: Option<String>,
    token: String,
    names: Names,
    servers: Vec<JoinHandle<Result<(), WebError>>>,
}

impl Web {
    /// Opens everything; visitors are answered from here on.
    pub async fn open(
        config: &WebConfig,
        data: &Path,
        accounts: Accounts,
        hub: &Hub,
        stop: &Stop,
    ) -> Result<Self, AppError> {
        let listener = listen(config.listen).await?;
        let plain = match config.plain_http {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let doors = doors(config);
        let names = Names::of_this_machine(&config.names);
        let tls = Tls::open(&doors, data, &names, SystemTime::now())?;
        let fingerprint = tls.fingerprint();
        let started = crate::hub::iso(SystemTime::now());
        let talk = TalkConfig {
            require_handshake: config.require_handshake,
            push_commands: config.push_commands,
            started,
        };
        let endpoint = Endpoint::new(hub.clone(), talk);
        let token = hex(&random::bytes::<32>().map_err(WebError::from)?);
        let router = router(hub.clone(), endpoint.clone(), Accepted { accounts, token: token.clone() });
        let listening = listener.local_addr().map_err(WebError::from)?;
        let server = Server::new(&doors, Some(tls.clone()), names.clone());
        let mut servers = Vec::new();
        let mut serve = |listener: TcpListener, mode: Mode| {
            let (server, router, stop) = (server.clone(), router.clone(), stop.clone());
            servers.push(tokio::spawn(async move { server.serve(listener, mode, router, stop).await }));
        };
        serve(listener, Mode::Tls);
        if let Some(plain) = plain {
            let is_loopback = plain.local_addr().is_ok_and(|address| address.ip().is_loopback());
            serve(plain, if is_loopback { Mode::Plain } else { Mode::Redirect(listening.port()) });
        }
        tokio::spawn(tls.keep_fresh(stop.clone()));
        Ok(Self { listening, fingerprint, endpoint, setup_code: None, token, names, servers })
    }

    /// An address people can use: the one listened on, or one of this machine if it listens on all.
    pub fn authority(&self) -> String {
        let ip = self.listening.ip();
        let ip = if ip.is_unspecified() {
            let reachable = |address: &IpAddr| !address.is_loopback() && address.is_ipv4() == ip.is_ipv4();
            self.names.addresses().into_iter().find(reachable).unwrap_or(IpAddr::from([127, 0, 0, 1]))
        } else {
            ip
        };
        SocketAddr::new(ip, self.listening.port()).to_string()
    }

    /// An address that works on this machine.
    fn local_authority(&self) -> String {
        let ip = self.listening.ip();
        let ip = match ip {
            IpAddr::V4(v4) if v4.is_unspecified() => IpAddr::from([127, 0, 0, 1]),
            IpAddr::V6(v6) if v6.is_unspecified() => IpAddr::V6(std::net::Ipv6Addr::LOCALHOST),
            other => other,
        };
        SocketAddr::new(ip, self.listening.port()).to_string()
    }

    /// How programs on this machine come in.
    pub fn local(&self, links: &[LinkConfig]) -> Local {
        Local {
            endpoint: format!("wss://{}/auth/{ENDPOINT}", self.local_authority()),
            token: self.token.clone(),
            fingerprint: Some(self.fingerprint.clone()),
            bases: links.iter().map(|link| link.base.to_string()).collect(),
            pid: std::process::id(),
        }
    }

    /// Waits until every listener has closed and said what it had to.
    pub async fn closed(self) {
        for server in self.servers {
            match server.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!("a listener failed: {error}"),
                Err(error) => tracing::error!("a listener broke: {error}"),
            }
        }
    }
}

fn doors(config: &WebConfig) -> DoorConfig {
    DoorConfig {
        cert: config.cert.clone(),
        key: config.key.clone(),
        names: config.names.clone(),
        origins: Vec::new(),
        connections: config.connections,
        connections_per_address: config.connections_per_address,
    }
}

/// Who is let in.
#[derive(Clone)]
struct Accepted {
    accounts: Accounts,
    /// What programs on this machine show, as the account `local`.
    token: String,
}

fn router(hub: Hub, endpoint: Endpoint, accounts: Accepted) -> Router {
    let for_page = accounts.clone();
    let page = move |request: Request<Body>| {
        let answer = match account(&for_page, &request) {
            Some(name) => {
                let shell = Shell::new(request.headers(), Some(&name), "/");
                dashboard::page(&hub, shell, &dashboard::Said::default())
            }
            None => unauthorized(),
        };
        async move { answer }
    };
    let upgrade = move |Segment(segment): Segment<String>, request: Request<Body>| {
        let answer = match account(&accounts, &request) {
            Some(account) => endpoint
                .upgrade(request, &segment, Admission { account, right: "".into() })
                .unwrap_or_else(|error| (error.status(), error.to_string()).into_response()),
            None => unauthorized(),
        };
        async move { answer }
    };
    Router::new()
        .route("/", get(page))
        .route("/auth/{segment}", get(upgrade))
        .route("/assets/{hash}/{name}", get(assets::serve))
}

fn account(accepted: &Accepted, request: &Request<Body>) -> Option<Arc<str>> {
    let value = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    if let Some(token) = value.strip_prefix("Bearer ") {
        let is_ours: bool = token.as_bytes().ct_eq(accepted.token.as_bytes()).into();
        return is_ours.then(|| "local".into());
    }
    let text = base64::prelude::BASE64_STANDARD.decode(value.strip_prefix("Basic ")?).ok()?;
    let text = String::from_utf8(text).ok()?;
    let (name, password) = text.split_once(':')?;
    let account = accepted.accounts.find(name)?;
    account.password.fits(password).then(|| account.name.clone())
}

fn unauthorized() -> Response {
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Basic realm=\"clown-hub\"")]).into_response()
}
