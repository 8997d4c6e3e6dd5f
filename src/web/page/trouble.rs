//! What ails the hub itself and its machine, on every page: a disk that cannot be written, too little power.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::show::visible;
use crate::hub::Hub;
use crate::talk::Topic;
use crate::web::text::Text;

/// A place on the page for a part of the hub that may be in trouble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TroubleView {
    /// Whose trouble: the topic below `$hub/`, and the part of the machine.
    pub about: &'static str,
    /// What that means.
    pub title: &'static str,
    /// Why, and what to do; nothing if all is well.
    pub words: Option<String>,
}

/// What a part of the hub, or of its machine, tells of itself.
#[derive(Default, Deserialize)]
struct Fact {
    trouble: Option<Trouble>,
}

#[derive(Deserialize)]
struct Trouble {
    code: String,
    reason: String,
    hint: String,
}

/// The parts that tell their troubles under `$hub/history`, `$hub/broker` and `$hub/events`, and what `$hub/machine` tells.
pub fn troubles(hub: &Hub, text: &'static Text) -> Vec<TroubleView> {
    let live = &text.live;
    let parts =
        [("history", live.history_trouble), ("broker", live.broker_trouble), ("events", live.events_trouble)];
    let mut parts: Vec<_> =
        parts.map(|(about, title)| (about, title, told::<Fact>(hub, about).trouble)).into();
    let is_full = |trouble: &Option<Trouble>| trouble.as_ref().is_some_and(|it| it.code == "disk_full");
    let is_told = parts.iter().any(|(_, _, trouble)| is_full(trouble));
    let mut machine: BTreeMap<String, Fact> = told(hub, "machine");
    let mut of = |part: &str| machine.remove(part).and_then(|fact| fact.trouble);
    // What cannot be written because the disk is full says so itself.
    let disk = of("disk").filter(|_| !is_told);
    parts.push(("machine/power", live.power_trouble, of("power")));
    parts.push(("machine/heat", live.heat_trouble, of("heat")));
    parts.push(("machine/disk", live.disk_trouble, disk));
    let view = |(about, title, trouble): (_, _, Option<Trouble>)| TroubleView {
        about,
        title,
        words: trouble.map(|trouble| words(trouble, text)),
    };
    parts.into_iter().map(view).collect()
}

/// What stands under a topic of the hub's own; the default if nothing does.
fn told<T: DeserializeOwned + Default>(hub: &Hub, about: &str) -> T {
    let fact = Topic::new(&format!("$hub/{about}")).ok().and_then(|topic| hub.fact(&topic));
    fact.and_then(|fact| fact.get()).unwrap_or_default()
}

fn words(Trouble { code, reason, hint }: Trouble, text: &'static Text) -> String {
    let said = visible(&format!("{reason}; {hint}"));
    match text.live.disks.of(&code) {
        Some(words) => format!("{words} ({said})"),
        None => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::{HubConfig, Now};
    use crate::web::text::Lang;

    #[test]
    fn a_trouble_is_told_with_its_reason_and_gone_when_it_is_over() {
        let hub = Hub::new(HubConfig::default(), Now::now());
        let topic = Topic::new("$hub/history").unwrap();
        let said = |lang: Lang| troubles(&hub, lang.text()).remove(0).words;
        assert_eq!(said(Lang::ALL[0]), None);
        let trouble = serde_json::json!({"code": "disk_full", "reason": "no <space>", "hint": "free some"});
        hub.establish(Now::now(), &topic, &serde_json::json!({ "trouble": trouble, "series": 1 }));
        assert_eq!(said(Lang::ALL[0]).unwrap(), "no <space>; free some");
        assert!(said(Lang::ALL[1]).unwrap().ends_with(" (no <space>; free some)"));
        hub.establish(Now::now(), &topic, &serde_json::json!({ "series": 1 }));
        assert_eq!(said(Lang::ALL[0]), None);
    }

    #[test]
    fn a_full_disk_is_told_once() {
        let hub = Hub::new(HubConfig::default(), Now::now());
        let full = serde_json::json!({"code": "disk_full", "reason": "0 MiB", "hint": "free some"});
        let tell = |name: &str, fact: serde_json::Value| {
            hub.establish(Now::now(), &Topic::new(name).unwrap(), &fact);
        };
        let said = || {
            let all = troubles(&hub, Lang::ALL[0].text());
            all.into_iter().filter(|view| view.words.is_some()).map(|view| view.about).collect::<Vec<_>>()
        };
        let low = serde_json::json!({"low": true, "times": 1, "trouble": full});
        tell("$hub/machine", serde_json::json!({"power": low, "disk": {"free": 1, "trouble": full}}));
        assert_eq!(said(), ["machine/power", "machine/disk"]);
        tell("$hub/events", serde_json::json!({ "trouble": full }));
        assert_eq!(said(), ["events", "machine/power"]);
    }
}
