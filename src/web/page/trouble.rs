//! What ails the hub itself, on every page: a disk that cannot be written.

use super::show::visible;
use crate::hub::Hub;
use crate::talk::Topic;
use crate::web::text::Text;

/// A place on the page for a part of the hub that may be in trouble.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TroubleView {
    /// Whose trouble: the topic below `$hub/`.
    pub about: &'static str,
    /// What that means.
    pub title: &'static str,
    /// Why, and what to do; nothing if all is well.
    pub words: Option<String>,
}

/// The parts that tell their troubles under `$hub/history`, `$hub/broker` and `$hub/events`.
pub fn troubles(hub: &Hub, text: &'static Text) -> Vec<TroubleView> {
    [
        ("history", text.live.history_trouble),
        ("broker", text.live.broker_trouble),
        ("events", text.live.events_trouble),
    ]
    .into_iter()
    .map(|(about, title)| TroubleView { about, title, words: words(hub, about, text) })
    .collect()
}

fn words(hub: &Hub, about: &str, text: &'static Text) -> Option<String> {
    #[derive(serde::Deserialize)]
    struct Fact {
        trouble: Option<Trouble>,
    }
    #[derive(serde::Deserialize)]
    struct Trouble {
        code: String,
        reason: String,
        hint: String,
    }
    let fact: Fact = hub.fact(&Topic::new(&format!("$hub/{about}")).ok()?)?.get()?;
    let Trouble { code, reason, hint } = fact.trouble?;
    let said = visible(&format!("{reason}; {hint}"));
    Some(match text.live.disks.of(&code) {
        Some(words) => format!("{words} ({said})"),
        None => said,
    })
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
}
