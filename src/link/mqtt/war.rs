//! Two clients with one client id throw each other out, again and again: noticed after three rounds.
//!
//! A broker of version 5 says that another client came. One of version 3.1.1 only closes the connection, so there three
//! connections in a row that were closed within seconds count. Whoever notices tries again only every minute, so that
//! the other one can live.

use std::time::Duration;

use super::Version;
use crate::hub::LinkState;

/// Rounds until a war is called one.
const ROUNDS: u32 = 3;
/// A connection that was closed after less, without a reason, may have been thrown out.
const SECONDS: Duration = Duration::from_secs(10);
/// A connection that lived so long ends a war: whoever comes then is a newcomer.
const PEACE: Duration = Duration::from_secs(600);

/// How often in a row we were thrown out.
#[derive(Debug, Default)]
pub struct War {
    rounds: u32,
}

impl War {
    /// A connection ended with `state` after the broker had let us in for `lived`; not at all if that is zero. Returns
    /// whether it is a war.
    pub fn judge(&mut self, version: Version, state: &LinkState, lived: Duration) -> bool {
        if lived >= PEACE {
            self.rounds = 0;
        }
        // While a war lasts we live as long as the other one waits.
        let is_short = lived < SECONDS || self.is_on();
        match (state.code, version) {
            ("taken-over", _) => self.rounds += 1,
            ("lost", Version::V4) if is_short && !lived.is_zero() => self.rounds += 1,
            // The broker was stopped, the network failed: nobody threw us out.
            _ => self.rounds = 0,
        }
        self.is_on()
    }

    fn is_on(&self) -> bool {
        self.rounds >= ROUNDS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Phase;

    fn ended(war: &mut War, version: Version, code: &'static str, lived_s: u64) -> bool {
        let state = LinkState::not_up(Phase::Waiting, code, "", "");
        war.judge(version, &state, Duration::from_secs(lived_s))
    }

    #[test]
    fn the_third_time_is_a_war_in_both_versions() {
        for (version, code) in [(Version::V5, "taken-over"), (Version::V4, "lost")] {
            let mut war = War::default();
            let rounds: Vec<bool> = (0..4).map(|_| ended(&mut war, version, code, 1)).collect();
            assert_eq!(rounds, [false, false, true, true], "{code}");
        }
    }

    #[test]
    fn a_connection_that_was_lost_is_no_round() {
        let mut war = War::default();
        for _ in 0..10 {
            assert!(!ended(&mut war, Version::V4, "lost", 30));
            assert!(!ended(&mut war, Version::V5, "lost", 1), "version 5 would have said who came");
        }
        for code in ["lost", "lost", "broker-absent", "lost", "lost"] {
            let lived = if code == "lost" { 1 } else { 0 };
            assert!(!ended(&mut war, Version::V4, code, lived), "the broker itself comes and goes");
        }
    }

    #[test]
    fn a_war_lasts_while_the_other_one_comes_back_and_ends_in_peace() {
        let mut war = War::default();
        let first: Vec<bool> = (0..3).map(|_| ended(&mut war, Version::V4, "lost", 1)).collect();
        assert_eq!(first, [false, false, true]);
        assert!(ended(&mut war, Version::V4, "lost", 60));
        assert!(!ended(&mut war, Version::V4, "lost", 700));
        assert!(!ended(&mut war, Version::V4, "taken-over", 700));
    }
}
