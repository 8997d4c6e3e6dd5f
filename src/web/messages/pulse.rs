//! How often something is said: a count, the moment of the last word, and a rate that is right for a meter with ten
//! words a second and for a door with one a day.
//!
//! The rate is a mean that forgets with [`MEMORY_S`]: each pause between two words counts as much as it lasted. After
//! that it can only be less than one word in the time since the last, which whoever shows it has to apply
//! ([`Pulse::rate`] does).

/// How fast the mean forgets, in seconds.
const MEMORY_S: f64 = 10.0;
/// Words that make a rhythm: two may have come together by chance.
const BELIEVED: u8 = 3;

/// The words of one topic, or of everything below a level.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Pulse {
    /// How many there were.
    pub count: u64,
    /// When the last one came, in milliseconds since 1970 on the hub's clock; 0 if none did.
    pub at: u64,
    /// Words a second as of the last one, as if there had been none before the first.
    mean: f32,
    /// How much of that mean is about the time since the first word: 0 at first, towards 1.
    known: f32,
    /// Live words up to [`BELIEVED`]; what was only remembered is no part of a rhythm.
    live: u8,
}

impl Pulse {
    /// Hears a word at `at`; `live` unless it comes from somebody's memory.
    pub fn hear(&mut self, at: u64, live: bool) {
        self.count += 1;
        if live {
            if self.live > 0 {
                // Both clocks are the hub's; it may have been set back meanwhile.
                let pause = at.saturating_sub(self.at) as f64 / 1000.0;
                let share = -(-pause / MEMORY_S).exp_m1();
                // The limit for a pause of nothing is 1 / MEMORY_S.
                let added = if pause > 0.0 { share / pause } else { 1.0 / MEMORY_S };
                self.mean = (f64::from(self.mean) * (1.0 - share) + added) as f32;
                self.known = (f64::from(self.known) * (1.0 - share) + share) as f32;
            }
            self.live = (self.live + 1).min(BELIEVED);
        }
        self.at = at;
    }

    /// Words a second at `now`; 0 as long as nobody can say.
    pub fn rate(&self, now: u64) -> f64 {
        let silent = now.saturating_sub(self.at) as f64 / 1000.0;
        let mean = self.believed();
        if silent * mean > 1.0 { 1.0 / silent } else { mean }
    }

    /// Words a second as of the last one, to two digits.
    pub fn mean(&self) -> f64 {
        two_digits(self.believed())
    }

    fn believed(&self) -> f64 {
        // What came all at once has no rhythm.
        if self.live < BELIEVED || self.known < 1e-6 { 0.0 } else { f64::from(self.mean / self.known) }
    }
}

/// A rate to two digits, so that it is shown as calmly as it is meant.
pub fn two_digits(rate: f64) -> f64 {
    if rate <= 0.0 {
        return 0.0;
    }
    let scale = 10f64.powf(1.0 - rate.log10().floor());
    (rate * scale).round() / scale
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(pauses_ms: impl IntoIterator<Item = u64>) -> (Pulse, u64) {
        let (mut pulse, mut at) = (Pulse::default(), 1_000_000);
        pulse.hear(at, true);
        for pause in pauses_ms {
            at += pause;
            pulse.hear(at, true);
        }
        (pulse, at)
    }

    #[test]
    fn a_rate_is_right_for_the_quick_and_for_the_slow() {
        let check = |pauses: Vec<u64>, expect: f64| {
            let (pulse, at) = after(pauses.clone());
            let rate = pulse.rate(at);
            assert!((rate - expect).abs() < expect * 0.05, "{rate} is not {expect} for {:?}", pauses[0]);
        };
        check(vec![2; 20_000], 500.0);
        check(vec![100; 1000], 10.0);
        check(vec![1000; 100], 1.0);
        check(vec![1000; 2], 1.0);
        check(vec![60_000; 3], 1.0 / 60.0);
        check(vec![86_400_000; 2], 1.0 / 86_400.0);
        // Gathered by a buffer on the way: ten at once, each second.
        check([vec![1000], vec![0; 9]].concat().repeat(60), 10.5);
    }

    #[test]
    fn nothing_is_known_after_one_word_and_less_while_it_is_silent() {
        let (pulse, at) = after([]);
        assert_eq!((pulse.count, pulse.rate(at)), (1, 0.0));
        let (pulse, at) = after([0; 5]);
        assert_eq!(pulse.rate(at), 0.0, "all at once");
        let (pulse, at) = after([1000; 60]);
        assert!((pulse.rate(at + 500) - 1.0).abs() < 0.05);
        assert!((pulse.rate(at + 20_000) - 0.05).abs() < 0.001);
    }

    #[test]
    fn what_was_only_remembered_is_counted_and_has_no_rhythm() {
        let mut pulse = Pulse::default();
        for at in [1_000, 2_000, 3_000] {
            pulse.hear(at, false);
        }
        assert_eq!((pulse.count, pulse.at, pulse.mean()), (3, 3_000, 0.0));
    }

    #[test]
    fn a_clock_that_is_set_back_breaks_nothing() {
        let (mut pulse, at) = after([1000; 20]);
        pulse.hear(at - 500_000, true);
        assert!(pulse.rate(at - 500_000).is_finite());
        assert!(pulse.mean() < 2.0);
    }

    #[test]
    fn rates_have_two_digits() {
        for (rate, expect) in [(0.0, 0.0), (123.4, 120.0), (0.016_66, 0.017), (9.96, 10.0), (1.04, 1.0)] {
            assert!((two_digits(rate) - expect).abs() < 1e-9, "{rate}");
        }
    }
}
