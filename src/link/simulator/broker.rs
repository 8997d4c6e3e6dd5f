//! A played device at a broker: it says its examples every now and then and answers what is sent to it.
//!
//! It misbehaves as it is told: silent, late, damaged, lost, deaf to commands. A broker that is lost is looked for again.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::Faults;
use super::faults::damage;
use super::played::{Obeyed, Played, Words};
use crate::hub::LinkState;
use crate::link::mqtt::Config;
use crate::link::mqtt::client::{Client, Event, Poll, Publish};
use crate::link::mqtt::guest;
use crate::stop::Stop;

/// How soon a lost broker is looked for again.
const AGAIN: Duration = Duration::from_secs(1);
/// Longer than anybody watches.
const NEVER: Duration = Duration::from_secs(86_400);
/// At most so much waits for its delay.
const WAITING: usize = 4_096;

/// How the device plays.
#[derive(Clone, Debug)]
pub struct Play {
    /// Time between two rounds of what it says of its own accord.
    pub every: Duration,
    /// Whether the broker keeps what it says.
    pub retain: bool,
    /// How it misbehaves.
    pub faults: Faults,
    /// The same seed misbehaves in the same way.
    pub seed: u64,
}

/// What happens, for whoever watches.
#[derive(Debug)]
pub enum Happened {
    /// The broker let it in, and it hears what is sent to it.
    Up,
    /// The broker lets it not listen there, for this reason.
    Deaf(String, String),
    /// The broker is gone.
    Lost(LinkState),
    /// It was told something and does it.
    Obeyed(String),
    /// It was told something and does not.
    Ignored(String),
}

/// Plays until somebody asks to stop. The error is why the broker could not be reached the first time.
pub async fn play(
    config: &Config,
    device: Played,
    play: Play,
    stop: &Stop,
    mut tell: impl FnMut(Happened),
) -> Result<(), LinkState> {
    let random = fastrand::Rng::with_seed(play.seed);
    let mut player = Player { device, play, random, waiting: VecDeque::new() };
    let mut was_up = false;
    let mut config = config.clone();
    loop {
        let lost = match guest::open(&config, player.will()).await {
            Ok((client, poll)) => match player.session(&client, poll, stop, &mut was_up, &mut tell).await {
                None => return Ok(()),
                Some(lost) => lost,
            },
            Err(state) => state,
        };
        if !was_up && guest::other_version(&mut config, &lost) {
            continue;
        }
        if !was_up {
            return Err(lost);
        }
        tell(Happened::Lost(lost));
        tokio::select! {
            () = stop.requested() => return Ok(()),
            () = sleep(AGAIN) => {}
        }
    }
}

struct Player {
    device: Played,
    play: Play,
    random: fastrand::Rng,
    waiting: VecDeque<(Instant, Publish)>,
}

impl Player {
    /// The broker says that it is gone, if the device would have arranged for that.
    fn will(&self) -> Publish {
        match self.device.gone() {
            Some(words) => publish(words, true),
            None => publish((format!("{}/gone", self.device.base()), "offline".into()), false),
        }
    }

    /// One connection; nothing if it ended because somebody asked.
    async fn session(
        &mut self,
        client: &Client,
        mut poll: Poll,
        stop: &Stop,
        was_up: &mut bool,
        tell: &mut impl FnMut(Happened),
    ) -> Option<LinkState> {
        let mut round = Instant::now() + NEVER;
        let filters = self.device.filters();
        let mut unheard = filters.len();
        loop {
            let due = self.waiting.front().map_or(round, |(due, _)| round.min(*due));
            tokio::select! {
                () = stop.requested() => {
                    self.leave(client, poll).await;
                    return None;
                }
                event = poll.next() => match event {
                    Ok(Event::Up { .. }) => {
                        *was_up = true;
                        self.enter(client, &filters);
                        round = Instant::now();
                        if unheard == 0 {
                            tell(Happened::Up);
                        }
                    }
                    Ok(Event::Heard(heard)) => self.hear(&heard, tell),
                    Ok(Event::Subscribed { filter, granted }) => {
                        if let Err(reason) = granted {
                            tell(Happened::Deaf(filter, reason));
                        }
                        unheard = unheard.saturating_sub(1);
                        if unheard == 0 {
                            tell(Happened::Up);
                        }
                    }
                    // Nobody here waits to hear what became of a message, and what cannot be heard is no command.
                    Ok(Event::Acknowledged(_) | Event::Refused(..) | Event::Unheard { .. }) => {}
                    Err(lost) => return Some(lost),
                },
                () = sleep_until(due) => {
                    if round <= Instant::now() {
                        round = Instant::now() + self.play.every;
                        let said = self.device.round();
                        self.put(said, self.play.retain);
                    }
                }
            }
            self.flush(client);
        }
    }

    /// Listens, and says that it is there.
    fn enter(&mut self, client: &Client, filters: &[String]) {
        for filter in filters {
            // There is room for thousands of them.
            let _ = client.subscribe(filter, 1);
        }
        if let Some(words) = self.device.here() {
            self.put(vec![words], true);
        }
    }

    /// Says that it is gone; a broker that is full hears it as the will.
    async fn leave(&self, client: &Client, mut poll: Poll) {
        if let Some(words) = self.device.gone() {
            let _ = client.publish(publish(words, true));
        }
        client.disconnect();
        while poll.next().await.is_ok() {}
    }

    fn hear(&mut self, heard: &Publish, tell: &mut impl FnMut(Happened)) {
        let shown = || format!("{} {}", heard.topic, String::from_utf8_lossy(&heard.payload));
        if heard.retain {
            // What a broker remembers is no command.
            return;
        }
        if self.play.faults.refuse.is_some() {
            return tell(Happened::Ignored(shown()));
        }
        match self.device.hear(&heard.topic, &heard.payload) {
            Obeyed::Nothing => tell(Happened::Ignored(shown())),
            Obeyed::Done(what, said) => {
                tell(Happened::Obeyed(what));
                self.put(said, self.play.retain);
            }
        }
    }

    /// Lets words wait for their time, through everything that may happen to them.
    fn put(&mut self, said: Vec<Words>, retain: bool) {
        for words in said {
            let faults = &self.play.faults;
            if faults.silence || self.random.f64() < faults.loss || self.waiting.len() >= WAITING {
                continue;
            }
            let mut publish = publish(words, retain);
            if self.random.f64() < faults.garbage {
                publish.payload = damage(&mut self.random, &publish.payload).into();
            }
            self.waiting.push_back((Instant::now() + faults.delay, publish));
        }
    }

    fn flush(&mut self, client: &Client) {
        let now = Instant::now();
        while self.waiting.front().is_some_and(|(due, _)| *due <= now) {
            let Some((_, publish)) = self.waiting.pop_front() else { return };
            if let Err(full) = client.publish(publish) {
                tracing::debug!(%full, "a message of the played device was lost");
            }
        }
    }
}

fn publish((topic, payload): Words, retain: bool) -> Publish {
    Publish { topic, payload: payload.into(), qos: 0, retain, ..Publish::default() }
}
