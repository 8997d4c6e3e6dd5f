//! Where the machine shows how it is: files of the kernel, and the file system of the data folder.
//!
//! The kernel asks the firmware of a Raspberry Pi every 2 s whether the voltage was too low since the last time, and shows
//! the answer as `in0_lcrit_alarm` of the sensor `rpi_volt` (its `drivers/hwmon/raspberrypi-hwmon.c`): whoever reads
//! it once a second misses nothing, and reading changes nothing. `get_throttled`, which older kernels had beside it, is not
//! read: it makes them write a warning with a stack trace, and kernels since 6.12 of 2025 have it no more.

use std::fs;
use std::path::{Path, PathBuf};

use super::judge::{Seen, Space};

const SENSORS: &str = "/sys/class/hwmon";
const TEMPERATURE: &str = "/sys/class/thermal/thermal_zone0/temp";

/// What of it this machine has.
#[derive(Debug)]
pub struct Sight {
    data: PathBuf,
    /// Where a Raspberry Pi shows its voltage.
    alarm: Option<PathBuf>,
}

impl Sight {
    /// Of the machine with this data folder.
    pub fn new(data: &Path) -> Self {
        Self { data: data.to_owned(), alarm: None }
    }

    /// Looks whether the sensor is there by now; its driver may be loaded late.
    pub fn find(&mut self) {
        if self.alarm.is_none() {
            self.alarm = voltage_alarm(Path::new(SENSORS));
        }
    }

    /// Only what may last for a second or two.
    pub fn glance(&mut self, seen: &mut Seen) {
        let alarm = self.alarm.as_ref().and_then(|path| fs::read_to_string(path).ok());
        seen.is_low = alarm.map(|text| text.trim() == "1");
        if seen.is_low.is_none() {
            self.alarm = None;
        }
    }

    /// The rest. What another machine calls its first temperature, and from where on it minds, nobody knows.
    pub fn look(&self, seen: &mut Seen) {
        seen.celsius = self.alarm.as_ref().and_then(|_| {
            let text = fs::read_to_string(TEMPERATURE).ok()?;
            Some(text.trim().parse::<f64>().ok()? / 1_000.0)
        });
        seen.space = rustix::fs::statvfs(&self.data).ok().map(|disk| Space {
            free: disk.f_bavail.saturating_mul(disk.f_frsize),
            size: disk.f_blocks.saturating_mul(disk.f_frsize),
        });
    }
}

fn voltage_alarm(sensors: &Path) -> Option<PathBuf> {
    let is_voltage = |sensor: &PathBuf| {
        fs::read_to_string(sensor.join("name")).is_ok_and(|name| name.trim() == "rpi_volt")
    };
    let sensor = fs::read_dir(sensors).ok()?.flatten().map(|entry| entry.path()).find(is_voltage)?;
    Some(sensor.join("in0_lcrit_alarm")).filter(|alarm| alarm.exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sensor_is_found_among_others_by_its_name() {
        let sensors = tempfile::tempdir().unwrap();
        assert_eq!(voltage_alarm(sensors.path()), None);
        assert_eq!(voltage_alarm(Path::new("/nonexistent")), None);
        for (number, name) in ["cpu_thermal", "rpi_volt", "nvme"].iter().enumerate() {
            let sensor = sensors.path().join(format!("hwmon{number}"));
            fs::create_dir(&sensor).unwrap();
            fs::write(sensor.join("name"), format!("{name}\n")).unwrap();
        }
        assert_eq!(voltage_alarm(sensors.path()), None, "it has no alarm");
        let alarm = sensors.path().join("hwmon1/in0_lcrit_alarm");
        fs::write(&alarm, "0\n").unwrap();
        assert_eq!(voltage_alarm(sensors.path()), Some(alarm));
    }
}
