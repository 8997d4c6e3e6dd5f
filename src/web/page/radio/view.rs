//! Gateways and their nodes as ready values: from the facts of the links and from what the hub knows of links and devices.

use std::time::SystemTime;

use super::fact::{Fact, Last, Node, facts, moment};
use crate::hub::{Phase, Presence, Snapshot};
use crate::web::address::encoded;
use crate::web::page::facts::link_view;
use crate::web::page::note::{Note, Stamp};
use crate::web::page::show::visible;
use crate::web::page::view::LinkView;
use crate::web::text::{Text, fill};

/// The kind of the links that have a radio.
pub const KIND: &str = "tower";
/// How long a node that was just paired stands out, in seconds.
const NEW_S: u64 = 60;

/// One gateway.
pub struct GatewayView {
    /// The name of its link, for forms.
    pub link: String,
    /// What people call it.
    pub name: String,
    /// Its id, firmware and version; none if nobody answers.
    pub about: Option<About>,
    /// How its link is.
    pub line: LinkView,
    /// Whether it can be commanded now.
    pub is_there: bool,
    /// `data-pairing`: whether nodes can be paired now, `yes`, `no` or `unknown`.
    pub pairing: &'static str,
    /// How many nodes, of how many.
    pub count: String,
    /// Whether there is no room.
    pub full: bool,
    /// What happened last.
    pub last: Option<(String, Option<Stamp>)>,
    /// Its nodes, those with names first.
    pub nodes: Vec<NodeView>,
    /// The address of the question before all nodes are removed.
    pub purge: String,
}

/// What a gateway is.
pub struct About {
    /// Its id.
    pub id: String,
    /// Firmware and version.
    pub firmware: String,
}

/// One node.
pub struct NodeView {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// The name that was given; empty if none was.
    pub alias: String,
    /// Firmware and version; empty if it has not said them.
    pub firmware: String,
    /// `data-mode`.
    pub mode: &'static str,
    /// Whether it can be commanded, in words.
    pub mode_words: &'static str,
    /// Its battery.
    pub battery: Option<String>,
    /// `data-presence`.
    pub presence: &'static str,
    /// When it last spoke.
    pub note: Note,
    /// Whether it was paired a moment ago.
    pub is_new: bool,
    /// The address of the question before it is removed.
    pub remove: String,
    /// The address of its messages.
    pub messages: String,
}

/// All gateways, by the names of their links.
pub fn gateways(text: &'static Text, snapshot: &Snapshot) -> Vec<GatewayView> {
    let facts = facts(snapshot);
    let links = snapshot.links.iter().filter(|link| link.kind == KIND);
    let mut all: Vec<GatewayView> = links
        .map(|link| {
            let fact = facts.iter().find(|fact| *fact.link == *link.name);
            let line = link_view(&text.live, link);
            GatewayView::new(text, snapshot, fact, line, (&link.name, link.state.phase == Phase::Up))
        })
        .collect();
    all.sort_by(|one, other| one.link.cmp(&other.link));
    all
}

impl GatewayView {
    fn new(
        text: &'static Text,
        snapshot: &Snapshot,
        fact: Option<&Fact>,
        line: LinkView,
        (link, is_up): (&str, bool),
    ) -> Self {
        let r = &text.radio;
        let gateway = fact.and_then(|fact| fact.gateway.as_ref());
        let (known, most) = fact.map_or((0, 0), |fact| (fact.nodes.len(), fact.capacity));
        let nodes = fact.map_or(&[][..], |fact| &fact.nodes);
        let last = fact.and_then(|fact| fact.last.as_ref());
        let mut views: Vec<NodeView> =
            nodes.iter().map(|node| NodeView::new(text, snapshot, node, last, (link, is_up))).collect();
        views.sort_by(|a, b| (a.alias.is_empty(), &a.name).cmp(&(b.alias.is_empty(), &b.name)));
        let counts = [("n", &*known.to_string()), ("most", &*most.to_string())];
        Self {
            link: link.to_owned(),
            name: visible(gateway.map_or(link, |gateway| &gateway.name)),
            about: gateway.map(|gateway| About {
                id: visible(&gateway.id),
                firmware: firmware(Some(&gateway.firmware), gateway.version.as_deref()),
            }),
            line,
            is_there: is_up && gateway.is_some_and(|gateway| !gateway.name.is_empty()),
            pairing: match fact.and_then(|fact| fact.pairing).filter(|_| is_up) {
                Some(true) => "yes",
                Some(false) => "no",
                None => "unknown",
            },
            count: if most > 0 { fill(r.count, &counts) } else { String::new() },
            full: most > 0 && (known >= most || last.is_some_and(|last| last.event == "attach-failure")),
            last: last
                .map(|last| said(text, nodes, last, snapshot.at))
                .filter(|(words, _)| !words.is_empty()),
            nodes: views,
            purge: format!("/radio/sure?do=purge&link={}", encoded(link)),
        }
    }
}

/// What happened, in words; empty if the page has none.
fn said(text: &Text, nodes: &[Node], last: &Last, now: SystemTime) -> (String, Option<Stamp>) {
    let r = &text.radio;
    let id = last.id.as_deref().unwrap_or_default();
    let words = match last.event.as_str() {
        "attached" => r.attached,
        "attach-failure" => r.attach_failure,
        "detached" => r.detached,
        "purged" => r.purged,
        "renamed" => r.renamed,
        _ => "",
    };
    let node = nodes.iter().find(|node| node.id == id);
    let name = node.map_or_else(|| visible(id), full_name);
    (fill(words, &[("node", &name)]), moment(&last.at).map(|at| Stamp::new(at, now)))
}

/// `kitchen (836d1983718a)`
pub fn full_name(node: &Node) -> String {
    let (name, id) = (visible(node.called()), visible(&node.id));
    if name == id { id } else { format!("{name} ({id})") }
}

fn firmware(firmware: Option<&str>, version: Option<&str>) -> String {
    let parts = [firmware, version].into_iter().flatten().filter(|part| !part.is_empty());
    visible(&parts.collect::<Vec<_>>().join(" "))
}

impl NodeView {
    fn new(
        text: &'static Text,
        snapshot: &Snapshot,
        node: &Node,
        last: Option<&Last>,
        (link, is_up): (&str, bool),
    ) -> Self {
        let [listening, sleeping, unknown] = text.radio.modes;
        let (mode, mode_words) = match node.mode.as_str() {
            "listening" if is_up => ("listening", listening),
            "listening" => ("listening", text.radio.in_vain),
            "sleeping" => ("sleeping", sleeping),
            _ => ("unknown", unknown),
        };
        let heard = node.heard.as_deref().and_then(moment);
        let presence = presence(snapshot, node, link, is_up && heard.is_some());
        let presence = if heard.is_none() { Presence::Unknown } else { presence };
        let mut note = Note::new(&text.live, presence, None, "", heard.map(|at| Stamp::new(at, snapshot.at)));
        if presence == Presence::Unknown {
            text.radio.unheard.clone_into(&mut note.words);
        } else if presence == Presence::Online {
            text.radio.heard.clone_into(&mut note.words);
        }
        let is_new = last.filter(|last| last.event == "attached" && last.id.as_deref() == Some(&node.id));
        let age = is_new.and_then(|last| moment(&last.at)).and_then(|at| snapshot.at.duration_since(at).ok());
        let at = format!("nodes/hardwario/{}", node.id);
        Self {
            id: visible(&node.id),
            name: visible(node.called()),
            alias: node.alias.as_deref().map(visible).unwrap_or_default(),
            firmware: firmware(node.firmware.as_deref(), node.version.as_deref()),
            mode,
            mode_words,
            battery: node.battery.as_ref().map(|(volts, unit)| visible(&format!("{} {unit}", volts.get()))),
            presence: presence.word(),
            note,
            is_new: age.is_some_and(|age| age.as_secs() < NEW_S),
            remove: format!("/radio/sure?do=remove&link={}&id={}", encoded(link), encoded(&node.id)),
            messages: format!("/messages?at={}", encoded(&at)),
        }
    }
}

/// Whether a node still speaks. What its gateway cannot tell now is never shown as true now.
fn presence(snapshot: &Snapshot, node: &Node, link: &str, is_up: bool) -> Presence {
    if !is_up {
        return Presence::Offline;
    }
    let own = |base: &str| base.rsplit('/').next() == Some(&node.id);
    let device = snapshot.devices.iter().find(|device| *device.link == *link && own(device.base.as_str()));
    match device.map(|device| device.presence) {
        None | Some(Presence::Unknown) => Presence::Online,
        Some(presence) => presence,
    }
}
