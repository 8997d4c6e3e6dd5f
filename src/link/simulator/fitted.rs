//! What is plugged into the simulated bridge: the devices of the original with their default addresses.
//!
//! The order is bc-bridge's own table order, which its device list keeps.

/// The kinds of devices a bridge can carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The bridge's own light.
    Led,
    /// TMP112, `℃`.
    Thermometer,
    /// OPT3001, `lux`.
    LuxMeter,
    /// MPL3115A2, `kPa` and `m`.
    Barometer,
    /// HDC2080, `%`.
    HumiditySensor,
    /// A switch; 3b feeds the heater, 3f the fan.
    Relay,
    /// CO₂ module, `ppm`.
    Co2Sensor,
    /// SSD1306; takes lines, never answers.
    DisplayOled,
}

impl Kind {
    /// The first level of its topics.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Led => "led",
            Kind::Thermometer => "thermometer",
            Kind::LuxMeter => "lux-meter",
            Kind::Barometer => "barometer",
            Kind::HumiditySensor => "humidity-sensor",
            Kind::Relay => "relay",
            Kind::Co2Sensor => "co2-sensor",
            Kind::DisplayOled => "display-oled",
        }
    }

    /// Whether it measures; the others are actuators.
    pub fn is_sensor(self) -> bool {
        match self {
            Kind::Thermometer | Kind::LuxMeter | Kind::Barometer | Kind::HumiditySensor | Kind::Co2Sensor => {
                true
            }
            Kind::Led | Kind::Relay | Kind::DisplayOled => false,
        }
    }

    /// Seconds between two publications after power-on.
    pub fn usual_interval_s(self) -> u64 {
        match self {
            Kind::Co2Sensor => 16,
            _ => 1,
        }
    }
}

/// One device at one address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fitted {
    /// What it is.
    pub kind: Kind,
    /// The second level of its topics.
    pub address: &'static str,
}

impl Fitted {
    /// `TYPE/ADDRESS`.
    pub fn path(&self) -> String {
        format!("{}/{}", self.kind.word(), self.address)
    }
}

/// Everything the simulated bridge carries.
pub const FITTED: [Fitted; 10] = [
    Fitted { kind: Kind::Led, address: "-" },
    Fitted { kind: Kind::Thermometer, address: "i2c0-48" },
    Fitted { kind: Kind::Thermometer, address: "i2c1-48" },
    Fitted { kind: Kind::LuxMeter, address: "i2c0-44" },
    Fitted { kind: Kind::Barometer, address: "i2c0-60" },
    Fitted { kind: Kind::HumiditySensor, address: "i2c0-40" },
    Fitted { kind: Kind::Relay, address: "i2c0-3b" },
    Fitted { kind: Kind::Relay, address: "i2c0-3f" },
    Fitted { kind: Kind::Co2Sensor, address: "i2c0-38" },
    Fitted { kind: Kind::DisplayOled, address: "i2c0-3c" },
];

/// The device under `kind/address`, as it stands in [`FITTED`].
pub fn position(kind: &str, address: &str) -> Option<usize> {
    FITTED.iter().position(|fitted| fitted.kind.word() == kind && fitted.address == address)
}
