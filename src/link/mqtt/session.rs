//! The life of an MQTT link: connects, lets the [`Flow`] speak, says good-bye, and rests before the next attempt.
//!
//! One task does everything, so nothing waits for anything: the connection is polled, the hub's stream is passed to the
//! flow, commands are carried out or refused. The hub's stream is heard through outages, too, as what could not be sent
//! is counted. What outlives a connection lives in [`Link`]: the flow, the version that was understood, the pauses.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{Mutex, broadcast, mpsc};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use super::client::{self, Client, Event, Full, MAX_PACKET, Poll, Publish};
use super::failure;
use super::flow::Flow;
use super::flow::notes::short;
use super::war::War;
use super::{Config, Version, leaks};
use crate::hub::{Fault, LinkHandle, LinkState, Now, Outgoing, Phase, Recall, Update};
use crate::link::backoff::{Backoff, jittered};
use crate::link::supervise::{Ended, Session, refuse, supervise};
use crate::stop::Stop;

/// How long a good-bye may take; the supervisor waits a little longer.
const GOODBYE: Duration = Duration::from_millis(1500);
/// How often the flow looks at what waits.
const TICK: Duration = Duration::from_millis(250);
/// Updates passed on in a row before the connection gets its turn.
const BATCH: usize = 64;

/// Runs the link until `stop`.
pub async fn run(config: Config, handle: LinkHandle, commands: mpsc::Receiver<Outgoing>, stop: Stop) {
    for leak in leaks::find(&config.address, &config.login, &config.tls) {
        tracing::warn!("link {}: {leak}; {}", handle.name(), leak.hint());
    }
    let link = Arc::new(Mutex::new(Link::new(config, &handle)));
    supervise(handle, commands, stop, move |session| {
        let link = link.clone();
        async move { link.lock().await.session(session).await }
    })
    .await;
}

/// What outlives a connection.
struct Link {
    config: Config,
    flow: Flow,
    /// Who wants to know what the broker remembers.
    recalls: mpsc::Receiver<Recall>,
    /// The hub's stream; nothing once the hub has closed it.
    updates: Option<broadcast::Receiver<Arc<Update>>>,
    /// The connection, or the last one, which takes nothing any more.
    client: Client,
    /// What is told while the link is up, but for what the flow adds.
    up: Option<LinkState>,
    /// The version that is tried first.
    version: Version,
    /// Whether the broker may be asked to keep messages.
    retains: bool,
    war: War,
    backoff: Backoff,
    pause: Duration,
}

/// How a connection went.
struct Went {
    state: LinkState,
    /// Since the broker let us in; zero if it never did.
    lived: Duration,
}

impl Link {
    fn new(config: Config, handle: &LinkHandle) -> Self {
        let (_, updates) = handle.listen(Now::now());
        Self {
            flow: Flow::new(&config, handle.clone()),
            recalls: handle.recalls(),
            updates: Some(updates),
            client: Client::absent(),
            up: None,
            version: config.version.unwrap_or(Version::V5),
            retains: true,
            war: War::default(),
            backoff: Backoff::up_to(config.timing.pause),
            pause: Duration::ZERO,
            config,
        }
    }

    async fn session(&mut self, mut session: Session) -> Ended {
        self.rest(&mut session).await;
        if session.status.get().is_none() {
            let reason = format!("connecting to {}", self.config.address);
            session.status.set(Now::now(), LinkState::not_up(Phase::Connecting, "connecting", reason, ""));
        }
        let mut went = self.welcomed(&mut session).await;
        let is_strange = went.lived.is_zero() && failure::may_be_the_version(&went.state);
        if is_strange && self.config.version.is_none() && !session.stop.is_requested() {
            let first = self.version;
            self.version = first.other();
            let second = self.welcomed(&mut session).await;
            if second.lived.is_zero() {
                self.version = first;
            } else {
                went = second;
            }
        }
        self.up = None;
        self.flow.lost();
        self.judge(went)
    }

    /// One connection, or a second one without anything retained where the broker may have minded.
    async fn welcomed(&mut self, session: &mut Session) -> Went {
        self.retains = true;
        let went = self.connection(session).await;
        let is_strange = went.lived.is_zero() && failure::may_be_the_will(&went.state, self.version);
        if !is_strange || session.stop.is_requested() {
            return went;
        }
        self.retains = false;
        let second = self.connection(session).await;
        if second.lived.is_zero() { went } else { second }
    }

    /// What is told, and when it is tried again.
    fn judge(&mut self, went: Went) -> Ended {
        let Went { mut state, lived } = went;
        if lived >= self.config.timing.good {
            self.backoff.reset();
        }
        let is_war = self.war.judge(&state, lived);
        if is_war {
            state = failure::war(&self.config, &state);
        } else if state.code == "taken-over" {
            state.code = "replaced";
        }
        let is_patient = is_war || failure::is_patient(&state);
        self.pause = if is_patient { jittered(self.config.timing.patience) } else { self.backoff.pause() };
        // The pause is made at the beginning of the next session, where the hub's stream is heard.
        Ended { state, pause: Some(Duration::ZERO) }
    }

    /// Lets the pause go by.
    async fn rest(&mut self, session: &mut Session) {
        let end = sleep(std::mem::take(&mut self.pause));
        let again = session.handle.again();
        tokio::pin!(end);
        let mut tick = ticks();
        loop {
            tokio::select! {
                () = session.stop.requested() => return,
                () = &mut end => return,
                () = again.notified() => return,
                Some(command) = session.commands.recv() => refuse_now(session, &command),
                update = next(&mut self.updates) => self.told(update),
                _ = tick.tick() => self.tick(session),
            }
        }
    }

    /// One connection from its beginning to its end.
    async fn connection(&mut self, session: &mut Session) -> Went {
        let config = Config { version: Some(self.version), ..self.config.clone() };
        let will = Publish { retain: self.retains, ..self.flow.will() };
        let opened = spawn_blocking(move || client::open(&config, will)).await;
        let (client, mut poll) = match opened {
            Ok(Ok(opened)) => opened,
            Ok(Err(state)) => return Went { state, lived: Duration::ZERO },
            // Only a panic in there ends so; it is the session's.
            Err(broken) => std::panic::resume_unwind(broken.into_panic()),
        };
        let mut up: Option<Instant> = None;
        let mut tick = ticks();
        loop {
            tokio::select! {
                () = session.stop.requested() => {
                    if up.is_some() {
                        self.leave(&mut poll, session.stop.is_for_good()).await;
                    }
                    self.flow.close(Now::now());
                    return Went { state: stopped(), lived: Duration::ZERO };
                }
                event = poll.next() => match event {
                    Ok(Event::Up { session_present }) => {
                        up = Some(Instant::now());
                        self.client = client.clone();
                        tracing::debug!(session_present, "link {}: the broker let us in", session.handle.name());
                        self.up = Some(self.up_state());
                        self.flow.up(Now::now(), &self.client);
                        self.tell(session);
                    }
                    Ok(event) => self.event(session, event),
                    Err(state) => {
                        let lived = up.map(|up| up.elapsed().max(Duration::from_nanos(1))).unwrap_or_default();
                        return Went { state, lived };
                    }
                },
                Some(command) = session.commands.recv() => match up {
                    Some(_) => self.flow.command(Now::now(), &self.client, command),
                    None => refuse_now(session, &command),
                },
                Some(asker) = self.recalls.recv(), if up.is_some() => self.flow.recall(asker),
                update = next(&mut self.updates) => self.told(update),
                () = self.client.room(), if self.flow.waits() => self.flow.pump(Now::now(), &self.client),
                _ = tick.tick() => self.tick(session),
            }
        }
    }

    /// A message larger than others may be is a list of devices, or left out.
    fn large(&mut self, session: &Session, publish: &Publish) {
        if !self.flow.heard_list(Now::now(), publish) {
            let (size, limit) = (publish.payload.len(), MAX_PACKET);
            let why = Full::Packet { size, limit }.to_string();
            self.left_out(session, &publish.topic, &why);
        }
    }

    fn left_out(&mut self, session: &Session, topic: &str, why: &str) {
        session.handle.count(Fault::Dropped, 1);
        // Somebody may say thousands of them: the first one is named, all are counted.
        if self.up.as_ref().is_some_and(|up| up.code == "left-out") {
            return;
        }
        let topic = short(topic);
        let reason = format!("{}; left out a message on {topic}: {why}", self.up_state().reason);
        let hint = "remove it there, or exclude it from topics";
        self.up = Some(LinkState { code: "left-out", reason, hint: hint.into(), ..self.up_state() });
        self.tell(session);
    }

    fn event(&mut self, session: &Session, event: Event) {
        match event {
            Event::Heard(publish) if publish.payload.len() > MAX_PACKET => self.large(session, &publish),
            Event::Heard(publish) => self.flow.heard(Now::now(), &self.client, publish),
            Event::Acknowledged(ticket) => self.flow.acknowledged(Now::now(), ticket),
            Event::Refused(ticket, why) => self.flow.refused(Now::now(), ticket, &why),
            Event::Subscribed { granted: Ok(_), .. } => {}
            Event::Subscribed { filter, granted: Err(why) } if self.flow.is_optional(&filter) => {
                tracing::debug!("{} refuses {filter}: {why}", self.config.address);
            }
            Event::Subscribed { filter, granted: Err(why) } => {
                let reason = format!("{}, which refuses {filter}: {why}", self.up_state().reason);
                let hint = "allow this user to read it at the broker, or leave it out of topics";
                let up = LinkState { code: "not-subscribed", reason, hint: hint.into(), ..self.up_state() };
                self.up = Some(up);
                self.tell(session);
            }
            Event::Unheard { topic, why } => self.left_out(session, &topic, &why),
            // A second one never comes on one connection.
            Event::Up { .. } => {}
        }
    }

    fn up_state(&self) -> LinkState {
        let without = if self.client.retains() { "" } else { ", which keeps no retained messages" };
        LinkState::up(format!(
            "connected to {} in MQTT {}{without}",
            self.config.address,
            self.version.word()
        ))
    }

    fn tick(&mut self, session: &Session) {
        self.flow.tick(Now::now(), &self.client);
        self.tell(session);
    }

    /// Tells how the link is while it is up.
    fn tell(&mut self, session: &Session) {
        if let Some(up) = &self.up {
            let now = Now::now();
            session.status.set(now, self.flow.state(now, up.clone()));
        }
    }

    /// Passes the hub's words to the flow, and what waits behind them.
    fn told(&mut self, first: Result<Arc<Update>, u64>) {
        let (now, mut next, mut passed) = (Now::now(), Some(first), 0);
        while let Some(update) = next {
            match update {
                Ok(update) => self.flow.update(now, &self.client, &update),
                Err(missed) => self.flow.lagged(now, missed),
            }
            passed += 1;
            if passed == BATCH {
                return;
            }
            next = match self.updates.as_mut().map(broadcast::Receiver::try_recv) {
                Some(Ok(update)) => Some(Ok(update)),
                Some(Err(TryRecvError::Lagged(missed))) => Some(Err(missed)),
                Some(Err(TryRecvError::Empty | TryRecvError::Closed)) | None => None,
            };
        }
    }

    /// Says good-bye and waits until it is written.
    async fn leave(&mut self, poll: &mut Poll, for_good: bool) {
        let farewell = async {
            while !self.flow.goodbye(Now::now(), &self.client, for_good) {
                tokio::select! {
                    () = self.client.room() => {}
                    event = poll.next() => if event.is_err() { return },
                }
            }
            self.client.disconnect();
            while poll.next().await.is_ok() {}
        };
        if timeout(GOODBYE, farewell).await.is_err() {
            tracing::debug!("{} took no good-bye; it publishes the will", self.config.address);
        }
    }
}

/// The next update, or how many were missed; never, once the hub has closed its stream.
async fn next(updates: &mut Option<broadcast::Receiver<Arc<Update>>>) -> Result<Arc<Update>, u64> {
    loop {
        let Some(receiver) = updates else { return std::future::pending().await };
        match receiver.recv().await {
            Ok(update) => return Ok(update),
            Err(RecvError::Lagged(missed)) => return Err(missed),
            Err(RecvError::Closed) => *updates = None,
        }
    }
}

fn refuse_now(session: &Session, command: &Outgoing) {
    let state = session.status.get().unwrap_or_else(stopped);
    refuse(&session.handle, command, &state);
}

fn stopped() -> LinkState {
    LinkState::not_up(Phase::Down, "stopped", "the link was stopped", "")
}

fn ticks() -> tokio::time::Interval {
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}
