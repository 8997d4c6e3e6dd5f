//! A Raspberry Pi that is none: its sensors are files of the test, laid over `/sys/class` in a name space that only the
//! hub lives in.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use super::common::Launch;

/// Lays `$0` over the sensors and becomes the hub.
const OVER: &str = "mount --bind \"$0\" /sys/class && exec \"$@\"";

/// The sensors.
pub struct Pi {
    class: TempDir,
}

impl Pi {
    /// With good power, and 48.2 °C.
    pub fn new() -> Self {
        let pi = Self::bare();
        fs::create_dir_all(pi.place("hwmon/hwmon0")).expect("a folder");
        fs::create_dir_all(pi.place("hwmon/hwmon1")).expect("a folder");
        fs::create_dir_all(pi.place("thermal/thermal_zone0")).expect("a folder");
        pi.write("hwmon/hwmon0/name", "cpu_thermal");
        pi.write("hwmon/hwmon1/name", "rpi_volt");
        pi.low(false);
        pi.hot(48_200);
        pi
    }

    /// A machine without sensors.
    pub fn bare() -> Self {
        Self { class: tempfile::tempdir().expect("a temporary folder") }
    }

    fn place(&self, name: &str) -> PathBuf {
        self.class.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        // Beside it and renamed, so that the hub never reads half of it.
        fs::write(self.place("next"), format!("{text}\n")).expect("it is our own");
        fs::rename(self.place("next"), self.place(name)).expect("it is our own");
    }

    /// The voltage is too low, or good.
    pub fn low(&self, is_low: bool) {
        self.write("hwmon/hwmon1/in0_lcrit_alarm", if is_low { "1" } else { "0" });
    }

    /// Thousandths of a degree.
    pub fn hot(&self, temperature: u32) {
        self.write("thermal/thermal_zone0/temp", &temperature.to_string());
    }

    /// The hub runs on this machine.
    pub fn runs(&self, launch: Launch) -> Launch {
        let class = self.class.path().display().to_string();
        launch.by(&["unshare", "--user", "--map-root-user", "--mount", "sh", "-c", OVER, &class])
    }
}
