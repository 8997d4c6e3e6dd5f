//! Who the dongle is: its id, its firmware, and the name that its topics bear.

use serde::Deserialize;

use super::word::is_id;
use crate::talk::{Payload, printable};

/// The id of a radio that is not ready yet.
const NOT_READY: &str = "000000000000";
/// Firmware names begin so, and the name of a gateway does not.
const PREFIXES: [&str; 2] = ["bcf-gateway-", "twr-gateway-"];
/// Firmware of a gateway with sensors of its own: it is a node as well.
const NODES: [&str; 3] = ["bcf-gateway-core-module", "bcf-usb-gateway", "twr-gateway-core-module"];

/// A gateway that has said who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// Twelve hexadecimal digits.
    pub id: String,
    /// The name of its firmware.
    pub firmware: String,
    /// The version of its firmware; very old ones do not say it.
    pub version: Option<String>,
    /// What it said, with today's keys.
    pub said: Payload,
}

/// What an `/info` tells.
#[derive(Debug, PartialEq, Eq)]
pub enum Info {
    /// A gateway at work.
    Ready(Gateway),
    /// Its radio is not ready: it is to be asked again.
    NotReady,
    /// Nothing that can be understood.
    Odd,
}

impl Info {
    /// Reads the payload of `/info`.
    pub fn read(payload: &Payload) -> Self {
        #[derive(Deserialize)]
        struct Said {
            id: Option<String>,
            // Old firmware says `address`.
            address: Option<String>,
            firmware: Option<String>,
            version: Option<String>,
        }
        let Some(Said { id, address, firmware, version }) = payload.get() else { return Self::Odd };
        let is_old = id.is_none();
        match id.or(address) {
            Some(id) if id == NOT_READY => Self::NotReady,
            Some(id) if is_id(&id) => {
                let said = if is_old { renamed(payload) } else { payload.clone() };
                Self::Ready(Gateway { id, firmware: firmware.unwrap_or_default(), version, said })
            }
            _ => Self::Odd,
        }
    }
}

/// The payload with `id` in the place of `address`.
fn renamed(payload: &Payload) -> Payload {
    let mut object: serde_json::Map<String, serde_json::Value> = payload.get().unwrap_or_default();
    if let Some(id) = object.remove("address") {
        object.insert("id".into(), id);
    }
    Payload::of(&object)
}

impl Gateway {
    /// Its name: as configured, or after its firmware (`bcf-gateway-usb-dongle` is `usb-dongle`).
    pub fn name(&self, configured: Option<&str>) -> String {
        if let Some(name) = configured {
            return name.replace("{id}", &self.id);
        }
        let firmware = PREFIXES.iter().find_map(|prefix| self.firmware.strip_prefix(prefix));
        let name = firmware.unwrap_or(&self.firmware).split(':').next().unwrap_or_default();
        if super::nodes::is_name(name) { name.to_owned() } else { self.id.clone() }
    }

    /// Whether it has sensors of its own and so is a node, too.
    pub fn is_node(&self) -> bool {
        NODES.iter().any(|prefix| self.firmware.starts_with(prefix))
    }

    /// One phrase for people.
    pub fn to_phrase(&self) -> String {
        let version = self.version.as_deref().unwrap_or("of no version");
        printable(&format!("{} {version} ({})", self.firmware, self.id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn info(text: &str) -> Info {
        Info::read(&Payload::parse(text).expect(text))
    }

    fn name(firmware: &str, configured: Option<&str>) -> String {
        let said = Payload::empty();
        Gateway { id: "836d19839c3b".into(), firmware: firmware.into(), version: None, said }.name(configured)
    }

    #[test]
    fn a_gateway_is_named_after_its_firmware() {
        assert_eq!(name("bcf-gateway-usb-dongle", None), "usb-dongle");
        assert_eq!(name("bcf-gateway-core-module:v1", None), "core-module");
        assert_eq!(name("twr-gateway-core-module", None), "core-module");
        assert_eq!(name("my-gateway", None), "my-gateway");
        assert_eq!(name("", None), "836d19839c3b");
        assert_eq!(name("a/b", None), "836d19839c3b");
        assert_eq!(name("bcf-gateway-usb-dongle", Some("attic-{id}")), "attic-836d19839c3b");
    }

    #[test]
    fn what_old_firmware_says_gets_todays_key() {
        let Info::Ready(gateway) = info(r#"{"address":"836d19839c3b","firmware":"bcf-gateway-usb-dongle"}"#)
        else {
            panic!("it is ready")
        };
        assert_eq!(gateway.said.as_str(), r#"{"firmware":"bcf-gateway-usb-dongle","id":"836d19839c3b"}"#);
        let new = r#"{"id": "836d19839c3b", "firmware": "f", "version": "v1.10.0"}"#;
        let Info::Ready(gateway) = info(new) else { panic!("it is ready") };
        assert_eq!(gateway.said.as_str(), new, "as it was said");
    }

    #[test]
    fn a_radio_that_is_not_ready_is_no_gateway_yet() {
        assert_eq!(info(r#"{"id": "000000000000", "firmware": "f", "version": "v.1.0.0"}"#), Info::NotReady);
        for odd in ["null", "{}", r#"{"id": 5}"#, r#"{"id": "x"}"#, "[]"] {
            assert_eq!(info(odd), Info::Odd, "{odd}");
        }
    }
}
