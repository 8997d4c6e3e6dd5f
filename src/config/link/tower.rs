//! `[[link]]` of kind `tower`: a radio dongle, and how its gateway and nodes are called.

use toml_edit::Value;

use super::{Port, Taken, is_line, port};
use crate::link::tower::nodes::is_name;
use crate::link::tower::{self, Naming};
use crate::sheet::{Section, Typed, quoted};

/// A radio dongle as the file describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TowerConfig {
    /// Which port.
    pub port: Port,
    /// How gateway and nodes are called.
    pub naming: Naming,
}

impl TowerConfig {
    /// The link itself.
    pub fn link(&self) -> tower::Config {
        tower::Config { naming: self.naming.clone(), ..tower::Config::new(self.port.clone()) }
    }
}

pub(super) fn read(section: &Section<'_>, taken: &mut Taken) -> Option<TowerConfig> {
    let port = port(section, taken).filter(|port| is_line(section, port));
    let naming = Naming {
        gateway: section.maybe::<Gateway>("gateway").map(|gateway| gateway.0),
        automatic: section.or("automatic_rename", true),
        fixed: names(section),
    };
    Some(TowerConfig { port: port?, naming })
}

fn names(section: &Section<'_>) -> Vec<(String, String)> {
    let given = section.has("rename").then(|| section.list::<Rename>("rename").unwrap_or_default());
    let names = given.unwrap_or_else(|| section.or("rename", Vec::new()));
    names.into_iter().map(|Rename(id, name)| (id, name)).collect()
}

/// What the topics call a gateway.
struct Gateway(String);

impl Typed for Gateway {
    const ALLOWED: &'static str =
        r#"a name without `/`, `+` and `#`, such as "attic"; `{id}` in it stands for the dongle's id"#;

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let text = value.as_str().ok_or(None)?;
        if text.contains("{ip}") {
            return Err(Some("an address may change; `{id}` never does".into()));
        }
        let is_reserved = matches!(text, "all" | "ping" | "pong");
        if is_name(&text.replace("{id}", "id")) && !is_reserved {
            Ok(Self(text.to_owned()))
        } else {
            Err(None)
        }
    }

    fn show(&self) -> String {
        quoted(&self.0)
    }
}

/// `836d1983631e room`: a node and its name.
#[derive(Clone)]
struct Rename(String, String);

impl Typed for Rename {
    const ALLOWED: &'static str = r#"a list of "ID NAME", such as ["836d1983631e room"]"#;

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let text = value.as_str().ok_or(None)?;
        let (id, name) = text.split_once(' ').ok_or(None)?;
        let is_id = id.len() == 12 && id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        if !is_id {
            return Err(Some("an id has 12 digits, 0-9 and a-f".into()));
        }
        if !is_name(name) || name.len() > tower::nodes::MAX_NAME {
            return Err(Some("a name has up to 32 bytes, no `/`, `+`, `#`, and no `$` in front".into()));
        }
        Ok(Self(id.to_owned(), name.to_owned()))
    }

    fn show(&self) -> String {
        quoted(&format!("{} {}", self.0, self.1))
    }
}
