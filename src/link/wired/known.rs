//! Which definitions a link is heard with, and what they say of its port.

use std::sync::Arc;
use std::time::Duration;

use super::{Config, Speaks};
use crate::device::catalog::Catalog;
use crate::device::profile::Profile;
use crate::device::profile::serial::Settings;
use crate::hub::{LinkState, Phase};
use crate::sheet::nearest;

/// The speed of most boards, where neither the link nor its definitions name one.
pub const USUAL_BAUD: u32 = 9_600;

/// What is known of whoever is on the line.
#[derive(Clone, Debug)]
pub struct Known {
    /// Each device, or each kind of device that tells its own id.
    pub devices: Vec<Device>,
    /// Speeds it may have, the usual one first.
    pub bauds: Vec<u32>,
    /// What a character is made of.
    pub settings: Settings,
    /// Whether they are units of Modbus.
    pub is_bus: bool,
}

/// A device on the line.
#[derive(Clone, Debug)]
pub struct Device {
    /// Which unit of a Modbus it is.
    pub unit: Option<u8>,
    /// Its definition.
    pub profile: Arc<Profile>,
}

/// Why definitions do not fit a line.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// There is none with this id.
    #[error("there is no definition `{id}`{}", meant(.near))]
    None {
        /// The id that the link names.
        id: String,
        /// What was probably meant.
        near: Option<String>,
    },
    /// It is about devices at a broker.
    #[error("the definition `{0}` is not about a serial line")]
    NotSerial(String),
    /// Devices whose own language is Clown.Talk have links of their own.
    #[error("`{0}` speaks Clown.Talk by itself")]
    Native(String),
    /// Units of Modbus and others cannot share a line.
    #[error("`{0}` is a unit of Modbus and `{1}` is not; they cannot share a line")]
    Mixed(String, String),
    /// Only units of Modbus can be reached by Modbus TCP.
    #[error("`{0}` is no unit of Modbus, so it cannot be reached by modbus://")]
    NotModbus(String),
    /// A unit number where there are no units.
    #[error("`{0}` is no unit of Modbus, so it has no number")]
    NoUnits(String),
    /// Two devices answer to one number.
    #[error("unit {0} is there twice")]
    Twice(u8),
    /// They are used at different speeds.
    #[error("`{0}` and `{1}` are used at different speeds")]
    Speeds(String, String),
    /// Their characters are made differently.
    #[error("`{0}` and `{1}` send characters of different kinds")]
    Characters(String, String),
}

fn meant(near: &Option<String>) -> String {
    near.as_ref().map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

impl Unfit {
    /// What to do about it.
    pub fn hint(&self) -> &'static str {
        match self {
            Self::None { .. } => {
                "definitions of your own are files in the devices folder; `clown-hub check` names their mistakes"
            }
            Self::NotSerial(_) => "name a definition with [serial]",
            Self::Native(_) => "write kind = \"serial\" for a bridge, kind = \"tower\" for a radio dongle",
            Self::Mixed(..) => "give each its own adapter",
            Self::NotModbus(_) => "write tcp:// or rfc2217:// for a server of serial ports",
            Self::NoUnits(_) => "leave out the number",
            Self::Twice(_) => "give each unit on the bus its own number",
            Self::Speeds(..) => "set `baud` of the link",
            Self::Characters(..) => "set `settings` of the link, such as \"8N1\"",
        }
    }

    /// The state of a link with such definitions. A file may be mended at any time, so it is looked at again.
    pub fn state(&self) -> LinkState {
        LinkState::not_up(Phase::Waiting, "definition", self.to_string(), self.hint())
    }
}

impl Known {
    /// What the definitions in force say of a link.
    pub fn of(config: &Config, catalog: &Catalog) -> Result<Self, Unfit> {
        let devices = config.speaks.iter().map(|speaks| device(speaks, catalog));
        let devices = devices.collect::<Result<Vec<_>, _>>()?;
        let is_bus = devices.iter().any(|device| device.profile.registers.is_some());
        let id = |device: &Device| device.profile.id.to_string();
        if let (true, Some(other)) =
            (is_bus, devices.iter().find(|device| device.profile.registers.is_none()))
        {
            let unit = devices.iter().find(|device| device.profile.registers.is_some());
            return Err(Unfit::Mixed(unit.map(id).unwrap_or_default(), id(other)));
        }
        if let Some(other) = devices.first().filter(|_| config.is_tcp() && !is_bus) {
            return Err(Unfit::NotModbus(id(other)));
        }
        let mut units: Vec<u8> = devices.iter().filter_map(|device| device.unit).collect();
        units.sort_unstable();
        if let Some(twice) = units.windows(2).find(|pair| pair[0] == pair[1]) {
            return Err(Unfit::Twice(twice[0]));
        }
        let (mut bauds, mut settings) = (Vec::new(), config.settings);
        let mut first: Option<&Device> = None;
        for known in &devices {
            let Some(serial) = &known.profile.serial else { continue };
            match first {
                None => {
                    bauds.clone_from(&serial.baud);
                    settings = settings.or(Some(serial.settings));
                }
                Some(first) => {
                    // A speed that all of them may have will do.
                    bauds.retain(|baud| serial.baud.contains(baud));
                    if bauds.is_empty() && config.baud.is_none() {
                        return Err(Unfit::Speeds(id(first), id(known)));
                    }
                    if config.settings.is_none() && settings != Some(serial.settings) {
                        return Err(Unfit::Characters(id(first), id(known)));
                    }
                }
            }
            first = first.or(Some(known));
        }
        Ok(Self { bauds, settings: settings.unwrap_or_default(), is_bus, devices })
    }

    /// Who is meant, for people: `Eastron SDM230`, and of several that there are more.
    pub fn names(&self) -> String {
        let mut names: Vec<String> = self.devices.iter().map(Device::name).collect();
        names.dedup();
        match names.as_slice() {
            [one] => one.clone(),
            [one, rest @ ..] => format!("{one} and {} more", rest.len()),
            [] => "nobody".to_owned(),
        }
    }

    /// How often somebody is to be heard at least, if the definitions tell.
    pub fn rhythm(&self) -> Option<Duration> {
        self.devices.iter().filter_map(|device| device.rhythm()).max()
    }

    /// Whether nobody ever says a word.
    pub fn is_mute(&self) -> bool {
        self.devices.iter().all(|device| device.profile.properties.iter().all(|known| known.reads.is_empty()))
    }

    /// Why a conversation has to begin anew with the definitions that are in force now; nothing if they are the same.
    pub fn differs(&self, config: &Config, catalog: &Catalog) -> Option<LinkState> {
        match Self::of(config, catalog) {
            Ok(known) if self.is_same(&known) => None,
            Ok(_) => {
                let reason = "a definition has changed; the port is opened anew";
                Some(LinkState::not_up(Phase::Connecting, "connecting", reason, ""))
            }
            Err(unfit) => Some(unfit.state()),
        }
    }

    fn is_same(&self, other: &Self) -> bool {
        let pairs = self.devices.iter().zip(&other.devices);
        self.devices.len() == other.devices.len()
            && pairs.into_iter().all(|(one, other)| Arc::ptr_eq(&one.profile, &other.profile))
    }

    /// The definitions alone.
    pub fn catalog(&self) -> Arc<Catalog> {
        Arc::new(Catalog::new(self.devices.iter().map(|device| device.profile.clone())))
    }
}

impl Device {
    fn name(&self) -> String {
        let Profile { vendor, name, .. } = &*self.profile;
        format!("{vendor} {name}")
    }

    fn rhythm(&self) -> Option<Duration> {
        let serial = self.profile.serial.as_ref()?;
        if !serial.ask.is_empty() || self.profile.registers.is_some() || self.profile.board().is_some() {
            return Some(serial.interval);
        }
        self.profile.properties.iter().filter_map(|property| property.interval).min()
    }
}

fn device(speaks: &Speaks, catalog: &Catalog) -> Result<Device, Unfit> {
    let id = speaks.definition.clone();
    let Some(number) = catalog.find(&id) else {
        let near = nearest(&id, catalog.iter().map(|profile| &*profile.id)).map(str::to_owned);
        return Err(Unfit::None { id, near });
    };
    let profile = catalog.profile(number).clone();
    if profile.recognised.native.is_some() {
        return Err(Unfit::Native(id));
    }
    if profile.serial.is_none() {
        return Err(Unfit::NotSerial(id));
    }
    let unit = match (&profile.registers, speaks.unit) {
        (Some(registers), unit) => Some(unit.unwrap_or(registers.unit)),
        (None, None) => None,
        (None, Some(_)) => return Err(Unfit::NoUnits(id)),
    };
    Ok(Device { unit, profile })
}
