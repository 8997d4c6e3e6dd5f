//! What can be decided on the page, and what is said about it.

use serde::Deserialize;

use crate::hub::{By, Decision};
use crate::talk::Topic;
use crate::web::address::encoded;
use crate::web::decisions::{Decisions, Meant};
use crate::web::page::show::visible;
use crate::web::text::{Text, fill};

/// A form of the page.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Form {
    /// What is to be done.
    #[serde(default, rename = "do")]
    pub what: String,
    /// The device.
    #[serde(default)]
    pub base: String,
    /// The dialect, where all of its new devices are meant.
    #[serde(default)]
    pub dialect: String,
}

/// What became of a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// `confirmed` or `refused`: the name of its mark.
    pub step: &'static str,
    /// The same in words.
    pub words: String,
    /// The page to look at next.
    pub address: Option<String>,
}

/// Does what the form asks for.
pub async fn act(decisions: &Decisions, by: By, text: &'static Text, form: &Form) -> Done {
    let refused = |words: String| Done { step: "refused", words, address: None };
    let decision = match form.what.as_str() {
        "accept" | "accept-all" => Some(Decision::Accepted),
        "ignore" => Some(Decision::Ignored),
        "undo" => None,
        _ => return refused(text.newcomers.not_an_act.to_owned()),
    };
    let meant = match (form.what.as_str(), Topic::new(&form.base)) {
        ("accept-all", _) => Meant::New(Some(form.dialect.clone())),
        (_, Ok(base)) => Meant::Bases(vec![base]),
        (_, Err(error)) => return refused(error.to_string()),
    };
    match decisions.decide(by, meant, decision).await {
        Ok(bases) => {
            let about = match form.what.as_str() {
                "accept-all" => bases.len().to_string(),
                _ => form.base.clone(),
            };
            let address = format!("/new?done={}&about={}", form.what, encoded(&about));
            let done = Done::again(text, &form.what, &about).unwrap_or_else(|| refused(String::new()));
            Done { address: Some(address), ..done }
        }
        Err(error) => refused(fill(text.live.refused, &[("reason", &visible(&error.to_string()))])),
    }
}

impl Done {
    /// What is said of something that was done; nothing of what cannot be done.
    pub fn again(text: &'static Text, what: &str, about: &str) -> Option<Self> {
        let n = &text.newcomers;
        let words = match what {
            "accept" => n.accepted,
            "accept-all" => n.accepted_all,
            "ignore" => n.ignored,
            "undo" => n.undone,
            "file" => n.written,
            _ => return None,
        };
        let words =
            fill(words, &[("device", &visible(about)), ("n", &visible(about)), ("path", &visible(about))]);
        Some(Self { step: "confirmed", words, address: None })
    }
}
