//! Opens the web: certificate, accounts, endpoint, pages, on the ports of the configuration.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::SystemTime;

use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::AppError;
use super::listen::listen;
use super::local::Local;
use crate::config::{LinkConfig, WebConfig};
use crate::hub::Hub;
use crate::stop::Stop;
use crate::web::doors::Doors;
use crate::web::names::Names;
use crate::web::routes::{self, end_with_rights, router};
use crate::web::server::{Mode, Server};
use crate::web::talk::{ENDPOINT, Endpoint, TalkConfig};
use crate::web::tls::Tls;
use crate::web::{DoorConfig, WebError};

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
        doors: Doors,
        hub: &Hub,
        stop: &Stop,
    ) -> Result<Self, AppError> {
        let listener = listen(config.listen).await?;
        let plain = match config.plain_http {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let door_config = self::doors(config);
        let names = Names::of_this_machine(&config.names);
        let tls = Tls::open(&door_config, data, &names, SystemTime::now())?;
        let fingerprint = tls.fingerprint();
        let started = crate::hub::iso(SystemTime::now());
        let talk = TalkConfig {
            require_handshake: config.require_handshake,
            push_commands: config.push_commands,
            started,
        };
        let endpoint = Endpoint::new(hub.clone(), talk);
        let token = doors.local_token().to_owned();
        let setup_code = doors.setup_code();
        let router = router(routes::Web {
            hub: hub.clone(),
            endpoint: endpoint.clone(),
            doors: doors.clone(),
            tls: Some(tls.clone()),
        });
        let (clients, until) = (endpoint.clients().clone(), stop.clone());
        tokio::spawn(async move { clients.look_after(&until).await });
        tokio::spawn(end_with_rights(doors.clone(), endpoint.clone()));
        tokio::spawn(doors.watch(stop.clone()));
        let listening = listener.local_addr().map_err(WebError::from)?;
        let server = Server::new(&door_config, Some(tls.clone()), names.clone());
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
        Ok(Self { listening, fingerprint, endpoint, setup_code, token, names, servers })
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

/// What the configuration says about the doors.
pub fn doors(config: &WebConfig) -> DoorConfig {
    DoorConfig {
        cert: config.cert.clone(),
        key: config.key.clone(),
        names: config.names.clone(),
        origins: Vec::new(),
        connections: config.connections,
        connections_per_address: config.connections_per_address,
    }
}
