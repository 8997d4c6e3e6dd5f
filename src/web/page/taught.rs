//! What definitions have to do with the dashboard: what is known of a device by them, and what is wrong with a file.
//!
//! Which files are faulty is a fact of the hub's, `$hub/definitions`; the script fetches this part again when it changes.

use serde::Deserialize;

use super::show::visible;
use crate::device::profile::Profile;
use crate::hub::Snapshot;
use crate::sheet::Problem;
use crate::web::text::{Text, fill};

/// Mistakes that are shown of one file; the log has them all.
const SHOWN: usize = 3;

/// The state of the definitions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Definitions {
    /// Since when it is so; another one means that everything may be shown in another way.
    pub since: String,
    /// Files that are not taken.
    pub faults: Vec<Fault>,
}

/// A file that is not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What counts instead, in words.
    pub words: &'static str,
    /// Its mistakes, each with its place.
    pub problems: Vec<String>,
    /// How many are not shown, in words; empty if all are.
    pub more: String,
}

/// What is known of a device by its definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct About {
    /// The family: `Shelly Gen2`.
    pub family: String,
    /// The id of the definition.
    pub definition: String,
    /// Where the maker documents it.
    pub docs: Option<String>,
    /// What is odd about it.
    pub quirks: Vec<Quirk>,
}

/// Something odd about a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quirk {
    /// In a sentence.
    pub text: String,
    /// Where more of it is to be read.
    pub link: Option<String>,
}

impl Definitions {
    /// As the hub tells it.
    pub fn new(text: &'static Text, snapshot: &Snapshot) -> Self {
        #[derive(Deserialize)]
        struct Facts {
            since: String,
            refused: Vec<Refused>,
        }
        #[derive(Deserialize)]
        struct Refused {
            id: String,
            instead: String,
            problems: Vec<Problem>,
        }
        let told = snapshot.facts.iter().find(|(topic, _)| topic.as_str() == "$hub/definitions");
        let Some(Facts { since, refused }) = told.and_then(|(_, fact)| fact.get()) else {
            return Self::default();
        };
        let texts = &text.definitions;
        let fault = |Refused { id, instead, problems }: Refused| {
            let words = match &*instead {
                _ if id.is_empty() => texts.folder,
                "earlier" => texts.earlier,
                "built-in" => texts.built_in,
                _ => texts.nothing,
            };
            let hidden = problems.len().saturating_sub(SHOWN);
            let more =
                if hidden > 0 { fill(texts.more, &[("n", &hidden.to_string())]) } else { String::new() };
            let problems = problems.iter().take(SHOWN).map(|problem| visible(&problem.to_string())).collect();
            Fault { words, problems, more }
        };
        Self { since, faults: refused.into_iter().map(fault).collect() }
    }
}

impl About {
    /// What this profile says.
    pub fn new(profile: &Profile) -> Self {
        let web = |link: &str| is_web(link).then(|| link.to_owned());
        let quirk = |quirk: &crate::device::profile::Quirk| Quirk {
            text: visible(&quirk.text),
            link: quirk.link.as_deref().and_then(web),
        };
        Self {
            family: visible(&format!("{} {}", profile.vendor, profile.name)),
            definition: visible(&profile.id),
            docs: profile.docs.as_deref().and_then(web),
            quirks: profile.quirks.iter().map(quirk).collect(),
        }
    }
}

/// A definition may come from anybody: only addresses of pages become links.
fn is_web(link: &str) -> bool {
    link.starts_with("https://") || link.starts_with("http://")
}
