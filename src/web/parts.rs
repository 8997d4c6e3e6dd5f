//! What stands behind the addresses: the parts that handlers take.

use axum::extract::FromRef;

use super::decisions::Decisions;
use super::doors::Doors;
use super::layout::Layouts;
use super::messages::Record;
use super::mqtt::Mqtt;
use super::page::newcomers::OwnFolder;
use super::talk::Endpoint;
use super::tls::Tls;
use crate::events::Events;
use crate::history::History;
use crate::hub::Hub;
use crate::stop::Stop;

/// Everything the addresses need.
#[derive(Clone)]
pub struct Web {
    /// What is true.
    pub hub: Hub,
    /// What was said lately.
    pub record: Record,
    /// The Clown.Talk endpoint.
    pub endpoint: Endpoint,
    /// What people decide about devices that announced themselves.
    pub decisions: Decisions,
    /// How people arrange their dashboards.
    pub layouts: Layouts,
    /// Where a definition of such a device is saved.
    pub own_folder: OwnFolder,
    /// Who may come in.
    pub doors: Doors,
    /// The certificate; none on plain loopback.
    pub tls: Option<Tls>,
    /// The way to the hub's own broker, if it has one and the web leads there.
    pub mqtt: Option<Mqtt>,
    /// What was, if it is recorded.
    pub history: Option<History>,
    /// Who switched what, if it is recorded.
    pub events: Option<Events>,
    /// Connections end with it.
    pub stop: Stop,
}

/// A handler takes a part as `State<Part>`.
macro_rules! parts {
    ($($part:ty: $field:ident),* $(,)?) => {$(
        impl FromRef<Web> for $part {
            fn from_ref(web: &Web) -> Self {
                web.$field.clone()
            }
        }
    )*};
}

parts! {
    Hub: hub,
    Option<Mqtt>: mqtt,
    Option<History>: history,
    Doors: doors,
    Stop: stop,
    Option<Events>: events,
    Record: record,
    Decisions: decisions,
    Layouts: layouts,
    OwnFolder: own_folder,
    Endpoint: endpoint,
}
