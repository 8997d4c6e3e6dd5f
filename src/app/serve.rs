//! Opens the web: certificate, accounts, endpoint, pages, on the ports of the configuration.

use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::time::SystemTime;

use axum::Router;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::AppError;
use super::listen::listen;
use super::local::Local;
use super::mdns::{self, Mdns, https};
use crate::config::{LinkConfig, MdnsConfig, WebConfig};
use crate::events::Events;
use crate::history::History;
use crate::hub::{Hub, Now, iso};
use crate::stop::Stop;
use crate::talk::Topic;
use crate::web::WebError;
use crate::web::decisions::Decisions;
use crate::web::doors::Doors;
use crate::web::layout::Layouts;
use crate::web::messages::Record;
use crate::web::messages::tree::Bounds;
use crate::web::mqtt::Mqtt;
use crate::web::names::Names;
use crate::web::page::newcomers::OwnFolder;
use crate::web::parts;
use crate::web::routes::{end_with_rights, router};
use crate::web::server::{Mode, Server};
use crate::web::talk::{ENDPOINT, Endpoint, TalkConfig};
use crate::web::tls::Tls;

/// The web while it is open.
pub struct Web {
    /// Where HTTPS and wss are served; the port is known by now.
    pub listening: SocketAddr,
    /// Everybody who is connected.
    pub endpoint: Endpoint,
    /// Who may come in.
    pub doors: Doors,
    /// The certificate, which the broker shows, too.
    pub tls: Tls,
    /// What lets the local network find it, if anything does.
    pub mdns: Option<Mdns>,
    names: Names,
    tasks: Vec<JoinHandle<Result<(), WebError>>>,
}

impl Web {
    /// Opens everything over the data folder, with the folder of definitions beside it; visitors are answered from here on.
    pub async fn open(
        (config, mdns): (&WebConfig, &MdnsConfig),
        (data, devices): (&Path, &Path),
        doors: Doors,
        decisions: &Decisions,
        (mqtt, history, events): (Option<Mqtt>, Option<History>, Events),
        stop: &Stop,
    ) -> Result<Self, AppError> {
        let listener = listen(config.listen).await?;
        let plain = match config.plain_http {
            Some(address) => Some(listen(address).await?),
            None => None,
        };
        let listening = listener.local_addr().map_err(WebError::from)?;
        let names = Names::of_this_machine(&config.doors.names);
        let mdns = mdns::Plan { config: mdns, listening, data, names: &names };
        mdns.prepare();
        let tls = Tls::open(&config.doors, data, &names, SystemTime::now())?;
        let hub = decisions.hub();
        let record = record(config, hub);
        let endpoint = Endpoint::new(hub.clone(), record.clone(), decisions.clone(), talk(config));
        let mut web = Self {
            listening,
            endpoint: endpoint.clone(),
            doors: doors.clone(),
            mdns: mdns.start(&tls, stop),
            tls: tls.clone(),
            names: names.clone(),
            tasks: Vec::new(),
        };
        let router = router(parts::Web {
            hub: hub.clone(),
            record,
            endpoint: endpoint.clone(),
            decisions: decisions.clone(),
            layouts: Layouts::open(data),
            own_folder: OwnFolder(devices.into()),
            doors: doors.clone(),
            tls: Some(tls.clone()),
            mqtt,
            history,
            events: Some(events),
            stop: stop.clone(),
        });
        let server = Server::new(&config.doors, Some(tls.clone()), names);
        web.serve(&server, listener, Mode::Tls, &router, stop);
        if let Some(plain) = plain {
            let is_loopback = plain.local_addr().is_ok_and(|address| address.ip().is_loopback());
            let mode = if is_loopback { Mode::Plain } else { Mode::Redirect(listening.port()) };
            web.serve(&server, plain, mode, &router, stop);
        }
        web.look_after(doors, tls, stop);
        Ok(web)
    }

    fn serve(&mut self, server: &Server, listener: TcpListener, mode: Mode, router: &Router, stop: &Stop) {
        let (server, router, stop) = (server.clone(), router.clone(), stop.clone());
        self.tasks.push(tokio::spawn(async move { server.serve(listener, mode, router, stop).await }));
    }

    /// Starts what goes on beside serving: fresh certificates, rights that end, clients that are gone.
    fn look_after(&mut self, doors: Doors, tls: Tls, stop: &Stop) {
        let (clients, until) = (self.endpoint.clients().clone(), stop.clone());
        tokio::spawn(async move { clients.look_after(&until).await });
        tokio::spawn(end_with_rights(doors.clone(), self.endpoint.clone()));
        tokio::spawn(tls.keep_fresh(stop.clone()));
        // At the end it writes the sessions, which is worth waiting for.
        let until = stop.clone();
        self.tasks.push(tokio::spawn(async move {
            doors.watch(until).await;
            Ok(())
        }));
    }

    /// An address people can use: the one listened on, or one of this machine if it listens on all.
    pub fn authority(&self) -> String {
        self.reachable(self.listening)
    }

    /// The address of the pages; nobody writes the usual port.
    pub fn address(&self) -> String {
        let authority = self.authority();
        format!("https://{}", authority.strip_suffix(":443").unwrap_or(&authority))
    }

    /// The same with the name by which the local network finds this hub, if it is announced.
    pub fn by_name(&self) -> Option<String> {
        self.names.announced().map(|host| https(&host, self.listening.port()))
    }

    /// The same of any address this hub listens on.
    pub fn reachable(&self, listening: SocketAddr) -> String {
        let ip = listening.ip();
        let ip = if ip.is_unspecified() {
            // Who listens on all of IPv6 hears IPv4, too.
            let reachable = |address: &IpAddr| !address.is_loopback() && (address.is_ipv4() || ip.is_ipv6());
            self.names.addresses().into_iter().find(reachable).unwrap_or(IpAddr::from([127, 0, 0, 1]))
        } else {
            ip
        };
        SocketAddr::new(ip, listening.port()).to_string()
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
            token: self.doors.local_token().to_owned(),
            fingerprint: Some(self.tls.fingerprint()),
            address: self.address(),
            by_name: self.by_name(),
            setup_code: self.doors.setup_code(),
            bases: links.iter().filter_map(|link| link.base.as_ref()).map(Topic::to_string).collect(),
            pid: std::process::id(),
        }
    }

    /// Waits until every listener has closed and everything is written.
    pub async fn closed(self) {
        if let Some(mdns) = self.mdns {
            mdns.closed().await;
        }
        for task in self.tasks {
            match task.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => tracing::error!(
                    "a listener failed, so its address is not served any more; restart the hub: {error}"
                ),
                Err(error) => {
                    tracing::error!("a part of the web broke; restart the hub and report this line: {error}")
                }
            }
        }
    }
}

/// Listens to the hub until it closes.
fn record(config: &WebConfig, hub: &Hub) -> Record {
    let bounds = Bounds { past: config.messages_mib << 20, ..Bounds::default() };
    let record = Record::new(bounds, Now::now());
    tokio::spawn(record.listen(hub));
    record
}

fn talk(config: &WebConfig) -> TalkConfig {
    TalkConfig {
        require_handshake: config.require_handshake,
        push_commands: config.push_commands,
        started: iso(SystemTime::now()),
    }
}
