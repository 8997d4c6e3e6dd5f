//! Keeps a link running: starts its session, starts it again when it ends, and says how the link is.
//!
//! A session is one conversation with a device, from opening to loss; it returns the state that explains its end. A
//! panic in a session is such an end too and leaves the rest of the hub alone. Between sessions commands are refused
//! with the reason at once; none waits for better times.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Mutex, OwnedMutexGuard, mpsc},
    task::JoinSet,
};

use super::{backoff::Backoff, status::Status};
use crate::{
    device::Refusal,
    hub::{LinkHandle, LinkState, Now, Outgoing, Phase},
    stop::Stop,
};

/// How long a session may take to end after it was asked to.
const GRACE: Duration = Duration::from_secs(2);

/// What a session works with.
pub struct Session {
    /// What is heard goes to the hub here.
    pub handle: LinkHandle,
    /// Whether the device can be talked to goes here.
    pub status: Status,
    /// What the hub wants to be said; every command is answered by `sent` or `refuse`.
    pub commands: OwnedMutexGuard<mpsc::Receiver<Outgoing>>,
    /// When it is requested, the session ends.
    pub stop: Stop,
}

/// How a session ended.
#[derive(Debug)]
pub struct Ended {
    /// What is told.
    pub state: LinkState,
    /// When the next one begins; none leaves it to the usual pauses.
    pub pause: Option<Duration>,
}

impl From<LinkState> for Ended {
    fn from(state: LinkState) -> Self {
        Self { state, pause: None }
    }
}

/// Runs sessions until `stop`. The state that a session returns is told, then the next one begins after a pause.
pub async fn supervise<S, F>(
    handle: LinkHandle,
    commands: mpsc::Receiver<Outgoing>,
    stop: Stop,
    mut session: S,
) where
    S: FnMut(Session) -> F,
    F: Future<Output: Into<Ended> + Send> + Send + 'static,
{
    let status = Status::new(handle.clone());
    let commands = Arc::new(Mutex::new(commands));
    let mut backoff = Backoff::default();
    while !stop.is_requested() {
        status.begin();
        let ended = run(session(Session {
            handle: handle.clone(),
            status: status.clone(),
            commands: commands.clone().lock_owned().await,
            stop: stop.clone(),
        }));
        let ended = tokio::select! {
            ended = ended => ended,
            () = overdue(&stop) => break,
        };
        if stop.is_requested() {
            break;
        }
        if status.was_up() {
            backoff.reset();
        }
        status.set(Now::now(), ended.state.clone());
        let wait = ended.pause.unwrap_or_else(|| backoff.pause());
        pause(wait, &handle, &ended.state, &mut *commands.lock().await, &stop).await;
    }
    let stopped = LinkState::not_up(Phase::Down, "stopped", "the link was stopped", "");
    status.set(Now::now(), stopped.clone());
    let mut commands = commands.lock().await;
    commands.close();
    while let Some(command) = commands.recv().await {
        refuse(&handle, &command, &stopped);
    }
}

/// Runs one session as a task of its own; its panic is a state. Dropping the future ends the task.
async fn run(session: impl Future<Output: Into<Ended> + Send> + Send + 'static) -> Ended {
    let mut task = JoinSet::new();
    task.spawn(async { session.await.into() });
    match task.join_next().await {
        Some(Ok(ended)) => ended,
        Some(Err(error)) => broken(error.try_into_panic().ok()).into(),
        // One task was spawned, so there is one to join.
        None => broken(None).into(),
    }
}

fn broken(panic: Option<Box<dyn std::any::Any + Send>>) -> LinkState {
    let said = panic.as_deref().and_then(|panic| {
        panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied())
    });
    let reason = format!("the link failed by a fault of clown-hub: {}", said.unwrap_or("cancelled"));
    LinkState::not_up(Phase::Waiting, "fault", reason, "it is started again; please report this line")
}

/// Ends when a session has not obeyed a stop in time.
async fn overdue(stop: &Stop) {
    stop.requested().await;
    tokio::time::sleep(GRACE).await;
}

/// Waits, but no longer than until somebody asks for the next try, and refuses what is asked for meanwhile.
async fn pause(
    wait: Duration,
    handle: &LinkHandle,
    state: &LinkState,
    commands: &mut mpsc::Receiver<Outgoing>,
    stop: &Stop,
) {
    let end = tokio::time::sleep(wait);
    let again = handle.again();
    tokio::pin!(end);
    loop {
        tokio::select! {
            () = stop.requested() => return,
            () = &mut end => return,
            () = again.notified() => return,
            Some(command) = commands.recv() => refuse(handle, &command, state),
        }
    }
}

/// Refuses a command because the link is in `state`.
pub fn refuse(handle: &LinkHandle, command: &Outgoing, state: &LinkState) {
    let reason = format!("not delivered: {}", state.reason);
    handle.refuse(Now::now(), command.id, Refusal::new(state.code, reason));
}
