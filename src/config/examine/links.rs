//! The files that links name. A link with a bad one says so and goes on trying while the hub runs; `clown-hub check`
//! finds it before.

use std::path::Path;

use crate::config::{LinkKind, Loaded, MqttConfig};
use crate::link::mqtt::login::Secret;
use crate::link::mqtt::tls::BadFiles;
use crate::link::mqtt::{leaks, tls};
use crate::sheet::Problem;

/// Every file of a link that is no good.
pub fn examine_links(loaded: &Loaded) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (prefix, config) in brokers(loaded) {
        // A variable of the environment is the running hub's, not that of whoever checks.
        if let Some(secret @ Secret::File(_)) = &config.login.password
            && let Err(error) = secret.read()
        {
            let key = format!("{prefix}.password_file");
            problems.push(loaded.problem(&key, error.to_string(), Some(error.hint())));
        }
        if config.url.is_tls()
            && let Err(bad) = tls::read(&config.tls)
        {
            let key = format!("{prefix}.{}", key_of(&bad, config));
            problems.push(loaded.problem(&key, bad.to_string(), Some(bad.hint().to_owned())));
        }
    }
    problems
}

/// What works, but could give a secret away.
pub fn warnings(loaded: &Loaded) -> Vec<Problem> {
    let found = |(prefix, config): (String, &MqttConfig)| {
        leaks::find(&config.url, &config.login, &config.tls).into_iter().map(move |leak| {
            let key = format!("{prefix}.{}", leak.key());
            loaded.problem(&key, leak.to_string(), Some(leak.hint()))
        })
    };
    brokers(loaded).flat_map(found).collect()
}

/// Every link to a broker, with the name of its section.
fn brokers(loaded: &Loaded) -> impl Iterator<Item = (String, &MqttConfig)> {
    loaded.config.links.iter().enumerate().filter_map(|(index, link)| match &link.kind {
        LinkKind::Mqtt(config) => Some((format!("link[{}]", index + 1), config)),
        LinkKind::Serial(_) | LinkKind::Tower(_) | LinkKind::Wired(_) | LinkKind::Simulator(_) => None,
    })
}

fn key_of(bad: &BadFiles, config: &MqttConfig) -> &'static str {
    let is = |path: &Path, other: Option<&Path>| Some(path) == other;
    match bad {
        BadFiles::File { path, .. } if is(path, config.tls.ca.as_deref()) => "ca",
        BadFiles::File { path, .. } => {
            let key = config.tls.identity.as_ref().map(|identity| &*identity.key);
            if is(path, key) { "key" } else { "cert" }
        }
        BadFiles::Identity { .. } => "cert",
        BadFiles::NoRoots => "ca",
    }
}
