//! What devices the hub understands: the definitions in force, given to the hub, and again whenever one is saved.
//!
//! What is wrong with a file is logged once, and stands under `$hub/definitions` until it is mended.

use std::path::Path;

use serde::Serialize;

use super::definitions::{Definitions, Instead, News, Refused};
use crate::hub::{Hub, Now, iso};
use crate::sheet::Problem;
use crate::stop::Stop;
use crate::talk::Topic;

/// What is told under `$hub/definitions`.
#[derive(Serialize)]
struct Facts<'a> {
    state: &'static str,
    /// Since when it is so.
    since: String,
    /// How many definitions are in force.
    definitions: usize,
    /// How many of them are the user's.
    own: usize,
    /// Ids of those that are new, were taken anew or are gone since this was told last.
    changed: Vec<&'a str>,
    /// The files that are not taken.
    refused: Vec<NotTaken>,
}

#[derive(Serialize)]
struct NotTaken {
    id: Box<str>,
    instead: &'static str,
    problems: Vec<Problem>,
}

/// Teaches the hub what the binary and `folder` know, now and whenever something is saved there, until `stop`.
pub fn teach(hub: &Hub, folder: &Path, stop: &Stop) {
    let definitions = Definitions::open(Some(folder));
    for refused in definitions.refused() {
        log(&refused);
    }
    let catalog = definitions.catalog();
    tracing::info!(
        definitions = catalog.len(),
        own = definitions.own(),
        folder = %folder.display(),
        "devices are understood by their definitions"
    );
    hub.teach(Now::now(), catalog);
    tell(hub, &News::default(), &definitions);
    let teller = hub.clone();
    definitions.watch(stop.clone(), move |news, definitions| {
        news.refused.iter().for_each(log);
        if !news.taken.is_empty() {
            tracing::info!("definitions were taken: {}", news.taken.join(", "));
        }
        let (replaced, gone): (Vec<&str>, Vec<&str>) =
            news.gone.iter().map(|id| &**id).partition(|id| definitions.catalog().find(id).is_some());
        if !gone.is_empty() {
            tracing::info!("definitions are gone: {}", gone.join(", "));
        }
        if !replaced.is_empty() {
            tracing::info!("definitions of the binary count again: {}", replaced.join(", "));
        }
        // Taught before it is told: whoever looks after the news sees what is new.
        teller.teach(Now::now(), definitions.catalog());
        tell(&teller, news, definitions);
    });
}

fn log(refused: &Refused) {
    let instead = match refused.instead {
        Instead::Earlier => "its earlier version stays in force",
        Instead::BuiltIn => "the definition in the binary counts instead",
        Instead::Nothing => "its devices are not understood",
    };
    tracing::error!("the definition {} has mistakes, {instead}", refused.id);
    for problem in &refused.problems.0 {
        tracing::error!("{problem}");
    }
}

fn tell(hub: &Hub, news: &News, definitions: &Definitions) {
    let refused: Vec<NotTaken> = definitions.refused().into_iter().map(NotTaken::from).collect();
    let now = Now::now();
    let facts = Facts {
        state: if refused.is_empty() { "good" } else { "faulty" },
        since: iso(now.wall),
        definitions: definitions.catalog().len(),
        own: definitions.own(),
        changed: news.taken.iter().chain(&news.gone).map(|id| &**id).collect(),
        refused,
    };
    let topic = Topic::new("$hub/definitions").expect("two words are a topic");
    hub.establish(now, &topic, &facts);
}

impl From<Refused> for NotTaken {
    fn from(refused: Refused) -> Self {
        let instead = match refused.instead {
            Instead::Earlier => "earlier",
            Instead::BuiltIn => "built-in",
            Instead::Nothing => "nothing",
        };
        Self { id: refused.id, instead, problems: refused.problems.0 }
    }
}
