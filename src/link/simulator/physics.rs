//! The simulated room: what the sensors of the bridge feel.
//!
//! A slow day, people who come and go, a sun behind clouds, weather; a heater (relay 3b) and a fan (relay 3f).
//! Lags that take minutes in a real room take seconds here, so that somebody who switches the heater sees the
//! temperature follow. Every value is a pure function of the seed, the time of day at the start, the times
//! [`Room::advance`] was called with and the two switches; the random numbers are the room's own.

use std::f64::consts::{PI, TAU};
use std::time::Duration;

/// Longest step that is integrated in one piece.
const STEP_S: f64 = 60.0;
/// After a longer pause than this (a machine that slept) only the end of it is lived through.
const LONGEST_PAUSE_S: f64 = 86_400.0;

/// How many degrees the heater adds at the thermometer beside it, in the end.
const HEATER_NEAR: f64 = 9.0;
/// The same at the far end of the room.
const HEATER_FAR: f64 = 4.0;
/// How many degrees the fan takes away, in the end.
const FAN_COOLING: f64 = 1.5;
/// Metres above the sea.
const GROUND_M: f64 = 374.0;
/// Outdoor air, ppm.
const FRESH_AIR_PPM: f64 = 420.0;

/// The room and its weather.
#[derive(Clone, Debug)]
pub struct Room {
    random: fastrand::Rng,
    midnight_s: f64,
    at: Duration,
    near: f64,
    far: f64,
    cooling: f64,
    drift: f64,
    moisture: f64,
    concentration: f64,
    clouds: f64,
    sea_level_kpa: f64,
}

impl Room {
    /// A room at rest; `time_of_day` is what the clock on its wall shows at time zero.
    pub fn new(seed: u64, time_of_day: Duration) -> Self {
        let mut room = Self {
            random: fastrand::Rng::with_seed(seed),
            midnight_s: time_of_day.as_secs_f64(),
            at: Duration::ZERO,
            near: 0.0,
            far: 0.0,
            cooling: 0.0,
            drift: 0.0,
            moisture: 46.0,
            concentration: 0.0,
            clouds: 0.0,
            sea_level_kpa: 101.6,
        };
        room.concentration = FRESH_AIR_PPM + 210.0 * room.people();
        room.drift = 0.4 * room.gauss();
        room.clouds = room.gauss();
        room.moisture += 4.0 * room.gauss();
        room.sea_level_kpa += 0.6 * room.gauss();
        room
    }

    /// Lets time pass until `at` with the heater and the fan as they are; going back in time does nothing.
    pub fn advance(&mut self, at: Duration, heater: bool, fan: bool) {
        let mut left = at.saturating_sub(self.at).as_secs_f64().min(LONGEST_PAUSE_S);
        while left > 0.0 {
            let step = left.min(STEP_S);
            left -= step;
            self.at = at.saturating_sub(Duration::from_secs_f64(left));
            self.step(step, heater, fan);
        }
        self.at = self.at.max(at);
    }

    fn step(&mut self, dt: f64, heater: bool, fan: bool) {
        approach(
            &mut self.near,
            if heater { HEATER_NEAR } else { 0.0 },
            dt,
            if heater { 30.0 } else { 60.0 },
        );
        approach(&mut self.far, if heater { HEATER_FAR } else { 0.0 }, dt, 120.0);
        approach(&mut self.cooling, if fan { FAN_COOLING } else { 0.0 }, dt, 45.0);
        let (per_person, lag) = if fan { (60.0, 90.0) } else { (210.0, 1_200.0) };
        let breathed = FRESH_AIR_PPM + per_person * self.people();
        approach(&mut self.concentration, breathed, dt, lag);
        self.drift = self.wander(self.drift, 0.0, 0.4, dt, 3_600.0);
        self.clouds = self.wander(self.clouds, 0.0, 1.0, dt, 900.0);
        self.moisture = self.wander(self.moisture, 46.0, 4.0, dt, 4.0 * 3_600.0);
        self.sea_level_kpa = self.wander(self.sea_level_kpa, 101.6, 0.8, dt, 36.0 * 3_600.0);
    }

    /// `℃` at the thermometer beside the heater.
    pub fn temperature_near(&mut self) -> f64 {
        let noise = self.noise(0.03);
        sixteenths(self.air() + self.near + noise)
    }

    /// `℃` at the far end of the room.
    pub fn temperature_far(&mut self) -> f64 {
        let noise = self.noise(0.03);
        sixteenths(self.air() - 0.4 + self.far + noise)
    }

    /// `%`: the water in the air stays, so a warmer room is a drier one.
    pub fn relative_humidity(&mut self) -> f64 {
        let noise = self.noise(0.15);
        let warmed = self.moisture * saturation(21.0) / saturation(self.air() + self.far);
        (warmed + noise).clamp(5.0, 95.0)
    }

    /// `lux`: the sun through the window, and a lamp when somebody sits in the dark.
    pub fn illuminance(&mut self) -> f64 {
        let sun = self.sun();
        let lamp = if self.people() > 0.0 && sun < 0.25 { 160.0 } else { 0.0 };
        let daylight = 900.0 * sun.powf(1.3) * (0.62 + 0.35 * self.clouds.tanh());
        let flicker = 1.0 + self.noise(0.02);
        (daylight + lamp) * flicker + 0.3
    }

    /// `ppm`, as the module prints it.
    pub fn concentration(&mut self) -> i16 {
        let noise = self.noise(4.0);
        (self.concentration + noise).round().clamp(350.0, 10_000.0) as i16
    }

    /// `kPa` where the bridge stands.
    pub fn pressure(&self) -> f64 {
        self.sea_level_kpa.clamp(97.0, 105.0) * (1.0 - 2.255_77e-5 * GROUND_M).powf(5.255_88)
    }

    /// `m`, as the MPL3115A2 computes it from the pressure: it moves with the weather (data sheet, 9.1.3).
    pub fn altitude(&self) -> f64 {
        44_330.77 * (1.0 - (self.pressure() / 101.326).powf(0.190_263_2))
    }

    /// Temperature of the air without the heater.
    fn air(&self) -> f64 {
        let day = (TAU * (self.hour() - 16.0) / 24.0).cos();
        21.4 + 0.9 * day + self.drift - self.cooling
    }

    fn hour(&self) -> f64 {
        (self.midnight_s + self.at.as_secs_f64()).rem_euclid(86_400.0) / 3_600.0
    }

    /// How many people are in the room at this hour.
    fn people(&self) -> f64 {
        match self.hour() as u32 {
            0..7 => 0.0,
            7..9 => 2.0,
            9..16 => 1.0,
            16..22 => 3.0,
            _ => 1.0,
        }
    }

    /// 0 at night, 1 at noon.
    fn sun(&self) -> f64 {
        (PI * (self.hour() - 6.0) / 14.0).sin().max(0.0)
    }

    /// One exact step of a walk that is drawn back to `mean` (Ornstein and Uhlenbeck).
    fn wander(&mut self, from: f64, mean: f64, deviation: f64, dt: f64, lag_s: f64) -> f64 {
        let kept = (-dt / lag_s).exp();
        let pushed = deviation * (1.0 - kept * kept).sqrt() * self.gauss();
        mean + (from - mean) * kept + pushed
    }

    /// Roughly normal, never beyond ±3: the sum of twelve uniform numbers, cut.
    fn gauss(&mut self) -> f64 {
        let sum: f64 = (0..12).map(|_| self.random.f64()).sum();
        (sum - 6.0).clamp(-3.0, 3.0)
    }

    fn noise(&mut self, width: f64) -> f64 {
        width * (2.0 * self.random.f64() - 1.0)
    }
}

/// First-order lag, exact for any step.
fn approach(value: &mut f64, target: f64, dt: f64, lag_s: f64) {
    *value = target + (*value - target) * (-dt / lag_s).exp();
}

/// The smallest step of the TMP112.
fn sixteenths(celsius: f64) -> f64 {
    (celsius * 16.0).round() / 16.0
}

/// Saturation pressure of water vapour in hPa (Magnus).
fn saturation(celsius: f64) -> f64 {
    6.112 * (17.62 * celsius / (243.12 + celsius)).exp()
}
