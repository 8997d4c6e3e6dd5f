//! One view's stream: a task that turns updates into frames once and writes them to every client of that view.
//!
//! Updates come from the hub's ring, leave through each client's [`Conn`]. What came while the task was busy is
//! gathered into one chunk, so the busier the hub the fewer the writes. A client that cannot keep up loses its place
//! when the log has moved on: it is told how many messages it missed and gets the present values.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Bytes, BytesMut};
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{broadcast, mpsc};

use super::conn::{Conn, Offer};
use super::frame;
use super::log::{Chunk, Log};
use super::view::View;
use crate::hub::{CommandEvent, Hub, Now, Step, Update};

/// Updates gathered into one chunk at the most.
const CHUNK_MESSAGES: u32 = 512;
/// Bytes after which a chunk takes no further update; over MQTT one may have a megabyte.
const CHUNK_BYTES: usize = 1 << 20;
/// Clients written to before other tasks of this thread get their turn.
const TURN: usize = 256;

/// A client's arrival.
pub(super) struct Join {
    pub(super) conn: Arc<Conn>,
    /// The answer to the handshake, sent first.
    pub(super) greeting: Option<String>,
    /// Whether the present values are wanted.
    pub(super) snapshot: bool,
}

pub(super) enum Request {
    Join(Join),
    /// What waited for this client has left.
    Drained(u64),
    Leave(u64),
}

/// Sends to a running feed.
pub(super) type FeedHandle = mpsc::UnboundedSender<Request>;

/// The feeds that run, by view.
#[derive(Clone)]
pub(super) struct Feeds {
    hub: Hub,
    running: Arc<Mutex<HashMap<View, mpsc::WeakUnboundedSender<Request>>>>,
}

impl Feeds {
    pub(super) fn new(hub: Hub) -> Self {
        Self { hub, running: Arc::default() }
    }

    /// The feed of `view`, started if it does not run. It ends when nobody holds its handle.
    pub(super) fn of(&self, view: &View) -> FeedHandle {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        let feed = running.get(view).and_then(mpsc::WeakUnboundedSender::upgrade);
        if let Some(feed) = feed.filter(|feed| !feed.is_closed()) {
            return feed;
        }
        running.retain(|_, feed| feed.upgrade().is_some());
        let (sender, requests) = mpsc::unbounded_channel();
        running.insert(view.clone(), sender.downgrade());
        let (snapshot, stream) = self.hub.subscribe(Now::now());
        let feed = Feed::new(self.hub.clone(), view.clone(), stream, snapshot.seq);
        // Its writes never wait, so the scheduler's budget would only be mistaken for full sockets.
        tokio::spawn(tokio::task::coop::unconstrained(feed.run(requests)));
        sender
    }
}

struct Feed {
    hub: Hub,
    view: View,
    stream: broadcast::Receiver<Arc<Update>>,
    /// The last update in the log.
    seq: u64,
    log: Log,
    /// The present values as frames, for the next who needs them before anything else happens.
    present: Option<Bytes>,
    /// Offers made, so that other tasks get their turn.
    served: usize,
    members: Vec<Member>,
    places: HashMap<u64, usize>,
    text: String,
}

struct Member {
    conn: Arc<Conn>,
    /// The chunk it gets next.
    chunk: u64,
    /// The messages up to there.
    messages: u64,
}

impl Feed {
    fn new(hub: Hub, view: View, stream: broadcast::Receiver<Arc<Update>>, seq: u64) -> Self {
        Self {
            hub,
            view,
            stream,
            seq,
            log: Log::default(),
            present: None,
            served: 0,
            members: Vec::new(),
            places: HashMap::new(),
            text: String::new(),
        }
    }

    async fn run(mut self, mut requests: mpsc::UnboundedReceiver<Request>) {
        loop {
            tokio::select! {
                biased;
                request = requests.recv() => match request {
                    Some(request) => {
                        let end = self.log.end();
                        self.request(request);
                        if self.log.end() != end {
                            self.spread().await;
                        }
                    }
                    None => return,
                },
                update = self.stream.recv() => match update {
                    Ok(update) => {
                        let mut chunk = Chunk::default();
                        self.take(&update, &mut chunk);
                        self.gather(&mut chunk);
                        self.log.push(chunk);
                        self.spread().await;
                    }
                    Err(RecvError::Lagged(missed)) => self.missed(missed),
                    Err(RecvError::Closed) => return,
                },
            }
        }
    }

    /// Whatever else waits in the ring goes into the same chunk.
    fn gather(&mut self, chunk: &mut Chunk) {
        while chunk.messages < CHUNK_MESSAGES && chunk.frames.len() < CHUNK_BYTES {
            match self.stream.try_recv() {
                Ok(update) => self.take(&update, chunk),
                Err(TryRecvError::Lagged(missed)) => {
                    self.log.push(std::mem::take(chunk));
                    return self.missed(missed);
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    fn take(&mut self, update: &Update, chunk: &mut Chunk) {
        self.seq = update.seq;
        self.present = None;
        self.text.clear();
        if self.view.write(update, &mut self.text) {
            frame::push_text(&mut chunk.frames, &self.text);
            chunk.messages += 1;
        } else if let Some(event) = &update.event {
            self.answer(event, chunk);
        }
    }

    /// Tells the one who asked, where not everybody of this view hears of commands.
    fn answer(&mut self, event: &CommandEvent, chunk: &mut Chunk) {
        let Some(place) = self.places.get(&event.by.client).copied() else { return };
        if event.client_id.is_some() {
            self.text.clear();
            self.view.write_event(event, &mut self.text);
        } else if matches!(event.step, Step::Refused | Step::Unanswered) {
            self.text = super::error::refused(&self.view, event);
        } else {
            return;
        }
        let answer = frame::text(&self.text);
        // What the device said before this step has to be heard before it. Whoever has lost its place hears the
        // present values soon; to give them here would read the ring in the midst of reading it.
        self.log.push(std::mem::take(chunk));
        let member = &mut self.members[place];
        if member.chunk >= self.log.first && member.conn.offer(self.log.since(member.chunk)) == Offer::Taken {
            (member.chunk, member.messages) = self.log.end();
        }
        member.conn.send([answer]);
    }

    /// Offers the new chunks to everybody who is not waiting for his socket.
    async fn spread(&mut self) {
        // Present values for one of them bring the log further, and those before it have to hear that, too. Where this
        // does not end soon, there is more to come anyway.
        for _ in 0..4 {
            let end = self.log.end();
            let mut place = 0;
            while place < self.members.len() {
                if self.serve(place) {
                    place += 1;
                }
                self.served = self.served.wrapping_add(1);
                if self.served.is_multiple_of(TURN) {
                    tokio::task::yield_now().await;
                }
            }
            if self.log.end() == end {
                return;
            }
        }
    }

    /// Offers what one member has not had yet; `false` if it has left and another took its place.
    fn serve(&mut self, place: usize) -> bool {
        let member = &mut self.members[place];
        if member.chunk < self.log.first {
            if member.conn.is_blocked() {
                return true;
            }
            let missed = self.log.begins - member.messages;
            self.resume(place, missed);
            return true;
        }
        match member.conn.offer(self.log.since(member.chunk)) {
            Offer::Blocked => true,
            Offer::Taken => {
                (member.chunk, member.messages) = self.log.end();
                true
            }
            Offer::Ended => {
                let id = member.conn.id;
                self.leave(id);
                false
            }
        }
    }

    fn request(&mut self, request: Request) {
        match request {
            Request::Join(join) => self.join(join),
            Request::Leave(id) => self.leave(id),
            Request::Drained(id) => {
                if let Some(place) = self.places.get(&id).copied() {
                    self.serve(place);
                }
            }
        }
    }

    fn join(&mut self, join: Join) {
        let Join { conn, greeting, snapshot } = join;
        self.leave(conn.id);
        let greeting = greeting.map(|greeting| frame::text(&greeting));
        let present = snapshot.then(|| self.present());
        if conn.send(greeting.into_iter().chain(present)) == Offer::Ended {
            return;
        }
        let (chunk, messages) = self.log.end();
        self.places.insert(conn.id, self.members.len());
        self.members.push(Member { conn, chunk, messages });
    }

    fn leave(&mut self, id: u64) {
        let Some(place) = self.places.remove(&id) else { return };
        self.members.swap_remove(place);
        if let Some(moved) = self.members.get(place) {
            self.places.insert(moved.conn.id, place);
        }
    }

    /// The present values, after bringing the log to exactly the same moment. Made once for all who come at it.
    fn present(&mut self) -> Bytes {
        if let Some(frames) = &self.present {
            return frames.clone();
        }
        let mut frames = BytesMut::new();
        self.write_snapshot(&mut frames);
        let frames = frames.freeze();
        self.present = Some(frames.clone());
        frames
    }

    fn write_snapshot(&mut self, frames: &mut BytesMut) {
        let snapshot = self.hub.snapshot(Now::now());
        let mut chunk = Chunk::default();
        while self.seq < snapshot.seq {
            match self.stream.try_recv() {
                Ok(update) => self.take(&update, &mut chunk),
                // What was lost here is in the snapshot for the newcomer and told to the others.
                Err(TryRecvError::Lagged(missed)) => {
                    self.log.push(std::mem::take(&mut chunk));
                    self.missed(missed);
                }
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        self.log.push(chunk);
        let mut topics = 0;
        for entry in &snapshot.entries {
            self.text.clear();
            if self.view.write_entry(entry, &mut self.text) {
                frame::push_text(frames, &self.text);
                topics += 1;
            }
        }
        if self.view.events {
            for fact in self.view.own_facts(&snapshot) {
                frame::push_text(frames, &fact);
            }
            frame::push_text(frames, &format!("[\"$hub/snapshot\", {{\"topics\": {topics}}}]"));
        }
    }

    /// A client lost its place in the log: it is told so and starts again from the present values.
    fn resume(&mut self, place: usize, missed: u64) {
        let lost = frame::text(&format!("[\"$hub/lost\", {{\"missed\": {missed}}}]"));
        let present = self.present();
        let member = &mut self.members[place];
        member.conn.send([lost, present]);
        (member.chunk, member.messages) = self.log.end();
    }

    /// The feed itself fell behind the ring: everybody missed the same.
    fn missed(&mut self, missed: u64) {
        tracing::warn!(missed, "the hub was faster than its listeners could be served");
        self.log.forget(missed);
        self.present = None;
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        // A fault of ours must not leave clients with values that only look alive.
        if std::thread::panicking() {
            self.members
                .iter()
                .for_each(|member| member.conn.close(1011, "a fault of the hub; connect again"));
        }
    }
}

#[cfg(test)]
mod tests;
