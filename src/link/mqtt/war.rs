//! Two clients with one client id throw each other out, again and again: noticed after three rounds.
//!
//! A broker of version 5 says that another client came; one of version 3.1.1 only closes the connection, and so it looks
//! from Mosquitto in version 5, too, whose word is so short that the library does not read it. So connections that
//! were closed within seconds, one after the other, count as well. Whoever notices tries again only every minute, so that
//! the other one can live.

use std::time::Duration;

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
    pub fn judge(&mut self, state: &LinkState, lived: Duration) -> bool {
        if lived >= PEACE {
            self.rounds = 0;
        }
        // While a war lasts we live as long as the other one waits.
        let is_short = lived < SECONDS || self.is_on();
        match state.code {
            "taken-over" => self.rounds += 1,
            "lost" if is_short && !lived.is_zero() => self.rounds += 1,
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

    fn ended(war: &mut War, code: &'static str, lived_s: u64) -> bool {
        let state = LinkState::not_up(Phase::Waiting, code, "", "");
        war.judge(&state, Duration::from_secs(lived_s))
    }

    #[test]
    fn the_third_time_is_a_war() {
        for code in ["taken-over", "lost"] {
            let mut war = War::default();
            let rounds: Vec<bool> = (0..4).map(|_| ended(&mut war, code, 1)).collect();
            assert_eq!(rounds, [false, false, true, true], "{code}");
        }
    }

    #[test]
    fn a_connection_that_was_lost_is_no_round() {
        let mut war = War::default();
        for _ in 0..10 {
            assert!(!ended(&mut war, "lost", 30));
        }
        for code in ["lost", "lost", "broker-absent", "lost", "lost"] {
            let lived = if code == "lost" { 1 } else { 0 };
            assert!(!ended(&mut war, code, lived), "the broker itself comes and goes");
        }
    }

    #[test]
    fn a_war_lasts_while_the_other_one_comes_back_and_ends_in_peace() {
        let mut war = War::default();
        let first: Vec<bool> = (0..3).map(|_| ended(&mut war, "lost", 1)).collect();
        assert_eq!(first, [false, false, true]);
        assert!(ended(&mut war, "lost", 60));
        assert!(!ended(&mut war, "lost", 700));
        assert!(!ended(&mut war, "taken-over", 700));
    }
}
