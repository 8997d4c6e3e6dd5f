//! Links that fall often, and what is known to be behind it: the power supply of the machine.
//!
//! A fall is an open port that goes away. Whoever watches the machine says what it saw ([`Hub::blame`]); a link that fell
//! [`OFTEN`] times within [`WITHIN`] then tells that as its code and hint, until one of both is over.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::link::{LinkState, Phase};
use super::links::Link;
use super::state::State;
use super::{Hub, Now};

/// So many falls are often.
const OFTEN: usize = 3;
/// How long a fall counts.
const WITHIN: Duration = Duration::from_secs(3_600);

/// When a link fell last.
#[derive(Debug, Default)]
pub(super) struct Falls(VecDeque<Instant>);

impl Falls {
    fn fell(&mut self, now: Instant) {
        self.0.push_back(now);
        if self.0.len() > OFTEN {
            self.0.pop_front();
        }
    }

    fn are_often(&self, now: Instant) -> bool {
        self.0.len() >= OFTEN && self.0.iter().all(|at| now.saturating_duration_since(*at) < WITHIN)
    }
}

impl Link {
    /// Notes that it left its state for this one.
    pub(super) fn note_fall(&mut self, now: Instant, next: &LinkState) {
        let is_plugged = matches!(self.info.kind, "serial" | "tower" | "wired");
        let is_far = next.code.starts_with("server-");
        if self.state.phase == Phase::Up && next.phase == Phase::Waiting && is_plugged && !is_far {
            self.falls.fell(now);
        }
    }

    /// Its state, with what is behind it if that is known.
    pub(super) fn explained(&self) -> LinkState {
        let mut state = self.state.clone();
        let is_over = state.phase == Phase::Down;
        if let Some(cause) = self.blamed.as_ref().filter(|_| !is_over) {
            state.code = "power";
            state.hint = cause.to_string();
            if state.phase == Phase::Up {
                state.reason = format!("up again, after {OFTEN} drops within an hour");
            }
        }
        state
    }
}

impl State {
    /// Takes up or lets go what is behind the falls of links, and tells those whose state reads otherwise now.
    pub(super) fn explain(&mut self, now: Now) {
        let mut changed = Vec::new();
        for link in self.links.values_mut() {
            let cause = self.blame.clone().filter(|_| link.falls.are_often(now.mono));
            if link.blamed != cause {
                link.blamed = cause;
                changed.push(link.info.name.clone());
            }
        }
        for name in changed {
            self.tell_link(now, &name);
        }
    }
}

impl Hub {
    /// What the falls of links within this hour come from, in words with the way out; nothing if nothing was seen.
    pub fn blame(&self, now: Now, cause: Option<Arc<str>>) {
        let mut state = self.lock();
        state.blame = cause;
        state.explain(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::{HubConfig, LinkInfo};
    use crate::talk::Topic;

    /// How the link is told after it fell at these seconds, seen at `at`, with under-voltage or without.
    fn check(falls: &[u64], code: &'static str, kind: &'static str, at: u64, cause: bool, expect: &str) {
        let start = Now::now();
        let later = |s: u64| Now { mono: start.mono + Duration::from_secs(s), ..start };
        let hub = Hub::new(HubConfig::default(), start);
        let (link, _commands) = hub.attach(start, LinkInfo { name: "usb".into(), kind, base: None });
        for fall in falls {
            link.state(later(*fall), LinkState::up(""));
            link.state(later(*fall), LinkState::not_up(Phase::Waiting, code, "gone", "plug it in"));
        }
        hub.blame(later(*falls.last().unwrap_or(&0)), cause.then(|| "buy another".into()));
        hub.tick(later(at));
        let snapshot = hub.snapshot(later(at));
        let state = &snapshot.links[0].state;
        assert_eq!(state.code, expect, "{falls:?} {code} {kind} {at} {cause}");
        assert_eq!(state.hint, if expect == "power" { "buy another" } else { "plug it in" });
    }

    #[test]
    fn power_is_blamed_for_what_falls_often_while_it_is_low() {
        check(&[1, 2, 3], "unplugged", "serial", 10, true, "power");
        check(&[1, 2, 3], "unplugged", "tower", 10, true, "power");
        check(&[1, 2, 3], "unplugged", "serial", 10, false, "unplugged");
        check(&[1, 2], "unplugged", "serial", 10, true, "unplugged");
        check(&[1, 2, 3], "unplugged", "serial", 3_605, true, "unplugged");
        check(&[1, 3_000, 3_500, 4_000], "unplugged", "serial", 4_001, true, "power");
        check(&[1, 2_000, 4_000], "unplugged", "serial", 4_001, true, "unplugged");
        check(&[1, 2, 3], "server-lost", "serial", 10, true, "server-lost");
        check(&[1, 2, 3], "lost", "mqtt", 10, true, "lost");
    }

    #[test]
    fn a_link_that_is_up_again_tells_what_is_behind_it_until_that_is_over() {
        let hub = Hub::new(HubConfig::default(), Now::now());
        let info = LinkInfo { name: "usb".into(), kind: "serial", base: Topic::new("nodes/a").ok() };
        let (link, _commands) = hub.attach(Now::now(), info);
        for _ in 0..OFTEN {
            link.state(Now::now(), LinkState::not_up(Phase::Waiting, "unplugged", "gone", ""));
            link.state(Now::now(), LinkState::up("firmware 1"));
        }
        link.state(Now::now(), LinkState::not_up(Phase::Waiting, "unplugged", "gone", ""));
        let (_, mut told) = hub.subscribe(Now::now());
        hub.blame(Now::now(), Some("buy another".into()));
        assert!(told.try_recv().unwrap().message.payload.as_str().contains(r#""code":"power""#));
        link.state(Now::now(), LinkState::up("firmware 1"));
        let state = || hub.snapshot(Now::now()).links[0].state.clone();
        assert_eq!((state().phase, state().code), (Phase::Up, "power"));
        assert!(state().reason.contains("3 drops"), "{:?}", state());
        hub.blame(Now::now(), None);
        assert_eq!((state().code, &*state().reason), ("up", "firmware 1"));
    }
}
