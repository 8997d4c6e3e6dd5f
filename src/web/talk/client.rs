//! One client's conversation: handshake, then commands in and the stream out.
//!
//! Text frames come in through the WebSocket library, one message per line; everything that leaves goes through the
//! client's [`Conn`]. Before the handshake nothing is pushed and nothing is carried out. A fault is answered by name
//! and disturbs nobody else.

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use tokio::io::{AsyncRead, ReadBuf};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::error::{CapacityError, Error as WsError};
use tokio_tungstenite::tungstenite::protocol::{Message as Frame, Role, WebSocketConfig};

use super::clients::Clients;
use super::conn::{Conn, Driven, Half};
use super::error;
use super::feed::{FeedHandle, Feeds, Join, Request};
use super::hello::{self, Hello};
use super::looks::{self, Looks};
use super::view::View;
use super::{MAX_MESSAGE, TalkConfig, standing};
use crate::hub::{By, Command, Hub, Now};
use crate::talk::dialect::{HANDSHAKE, modern};
use crate::talk::model::Scenario;
use crate::talk::{Malformed, Message, Payload, Topic, printable};
use crate::web::auth::Who;
use crate::web::decisions::Decisions;
use crate::web::messages::Record;
use crate::web::rights::Rights;
use crate::web::stream::Stream;

/// Read buffer per client: commands are short, and thousands of clients are idle.
const READ_BUFFER: usize = 512;
/// Bad messages and repeated handshakes per minute after which a client is closed (1008).
const MAX_BAD: u32 = 100;

/// Commands at once: everybody hears of each, so one client must not push out of the ring what others have not heard.
const COMMANDS_AT_ONCE: f64 = 1_000.0;
/// Commands per second in the long run; whoever waits for each outcome stays below it.
const COMMANDS_PER_SECOND: f64 = 20_000.0;

/// A frame that may hold many commands.
const LONG_FRAME: usize = 4096;

/// Asks whether the hub is there; a browser can send no ping of its own.
const PROBE: &str = "clown.talk/-/config/get";

/// What a conversation needs of the hub.
#[derive(Clone)]
pub(super) struct Talk {
    pub(super) hub: Hub,
    pub(super) record: Record,
    pub(super) decisions: Decisions,
    pub(super) feeds: Feeds,
    pub(super) clients: Clients,
    pub(super) config: Arc<TalkConfig>,
}

struct Client {
    talk: Talk,
    conn: Arc<Conn>,
    by: By,
    rights: Rights,
    base: Option<Topic>,
    /// Set by the handshake.
    feed: Option<FeedHandle>,
    /// What it looks at beside the stream.
    looks: Looks,
    bad: u32,
    bad_since: Instant,
    /// Commands it may still send now, as counted at that moment.
    commands: (f64, Instant),
}

enum Next {
    Frame(Option<Result<Frame, WsError>>),
    Driven(Driven),
}

/// Speaks with one client until one of both sides ends it.
pub(super) async fn converse(
    talk: Talk,
    stream: Stream,
    begun: Vec<u8>,
    (who, by): (Who, By),
    base: Option<Topic>,
) {
    let rights = who.rights.clone();
    let conn = talk.clients.admit(stream, who);
    let by = By { client: conn.id, ..by };
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE));
    let half = Half(conn.clone());
    let mut socket = WebSocketStream::from_partially_read(half, begun, Role::Server, Some(config)).await;
    let now = Instant::now();
    let (bad, commands, looks) = (0, (COMMANDS_AT_ONCE, now), Looks::default());
    let mut client =
        Client { talk, conn, by, rights, base, feed: None, looks, bad, bad_since: now, commands };
    if !client.talk.config.require_handshake {
        client.join(&Hello::default(), None);
    }
    client.run(&mut socket).await;
    client.talk.clients.leave(client.conn.id);
    if let Some(feed) = &client.feed {
        // A feed that is gone has no members to remove.
        let _ = feed.send(Request::Leave(client.conn.id));
    }
    // The peer may be gone already; then there is nobody to say good-bye to.
    let _ = tokio::time::timeout(
        Duration::from_secs(1),
        tokio::io::AsyncWriteExt::shutdown(&mut Half(client.conn)),
    )
    .await;
}

impl Client {
    async fn run(&mut self, socket: &mut WebSocketStream<Half>) {
        loop {
            let next = poll_fn(|cx| {
                if let Poll::Ready(driven) = self.conn.poll_drive(cx) {
                    return Poll::Ready(Next::Driven(driven));
                }
                socket.poll_next_unpin(cx).map(Next::Frame)
            });
            match next.await {
                Next::Driven(Driven::Ended) => return,
                Next::Driven(Driven::Drained) => {
                    if let Some(feed) = &self.feed {
                        // A feed ends only after its last client.
                        let _ = feed.send(Request::Drained(self.conn.id));
                    }
                }
                Next::Frame(None) => return,
                Next::Frame(Some(Ok(frame))) => {
                    self.refill(Instant::now());
                    self.frame(&frame);
                    if frame.len() > LONG_FRAME {
                        // Everybody hears of its commands before the next such frame is read.
                        tokio::task::yield_now().await;
                    }
                }
                Next::Frame(Some(Err(error))) => {
                    if self.violated(&error) {
                        self.linger().await;
                    }
                    return;
                }
            }
        }
    }

    /// Takes what a client still sends after a violation, without looking at it: closing a socket with unread bytes
    /// would destroy the reason on its way. Whoever looks after the clients ends it in time.
    async fn linger(&self) {
        let mut scrap = [0; READ_BUFFER];
        let mut half = Half(self.conn.clone());
        poll_fn(|cx| {
            while let Poll::Ready(driven) = self.conn.poll_drive(cx) {
                if driven == Driven::Ended {
                    return Poll::Ready(());
                }
            }
            let mut taken = ReadBuf::new(&mut scrap);
            match Pin::new(&mut half).poll_read(cx, &mut taken) {
                Poll::Ready(Ok(())) if !taken.filled().is_empty() => {
                    // Others have their turn between two pieces.
                    cx.waker().wake_by_ref();
                    Poll::Pending
                }
                Poll::Ready(_) => Poll::Ready(()),
                Poll::Pending => Poll::Pending,
            }
        })
        .await;
    }

    fn frame(&mut self, frame: &Frame) {
        if self.conn.is_closing() {
            return;
        }
        match frame {
            Frame::Text(text) => self.text(text),
            Frame::Binary(_) => {
                let reason = "binary frames carry no Clown.Talk messages";
                self.bad(&Malformed::new("binary", reason, "send the message as a text frame"));
            }
            Frame::Ping(_) | Frame::Pong(_) | Frame::Close(_) | Frame::Frame(_) => {}
        }
    }

    /// The protocol itself was violated: the client is told the code. `false` if nobody is there to be told.
    fn violated(&self, error: &WsError) -> bool {
        let (code, reason) = match error {
            WsError::Capacity(CapacityError::MessageTooLong { .. }) => {
                (1009, "a message may have 65,536 bytes")
            }
            WsError::Utf8(_) => (1007, "text frames are UTF-8"),
            WsError::Protocol(_) | WsError::Capacity(_) => (1002, "not according to RFC 6455"),
            _ => return false,
        };
        if self.conn.is_closing() {
            return false;
        }
        self.conn.close(code, reason);
        true
    }

    /// One frame may hold several messages, one per line; a line end after the last one is usual.
    fn text(&mut self, text: &str) {
        if text.trim_matches([' ', '\t', '\r', '\n']).is_empty() {
            return self.line(text);
        }
        for line in text.split('\n').filter(|line| !line.trim_matches([' ', '\t', '\r']).is_empty()) {
            if self.conn.is_closing() {
                return;
            }
            self.line(line);
        }
    }

    fn line(&mut self, line: &str) {
        let said = Message::parse(line).and_then(|message| self.message(message));
        if let Err(what) = said {
            self.bad(&what);
        }
    }

    fn message(&mut self, message: Message) -> Result<(), Malformed> {
        let relative = modern(message.topic.as_str());
        if relative == HANDSHAKE {
            let hello = hello::read(&message.payload)?;
            let greeting = hello::greeting(&hello, &self.talk.config);
            // Each costs the hub all present values.
            if self.feed.is_none() || self.may_go_on() {
                self.join(&hello, Some(greeting));
            }
            return Ok(());
        }
        if self.feed.is_none() {
            let hint = "begin with [\"clown.talk/-/config/set\", {}]";
            return Err(Malformed::new("handshake", "commands are taken after the handshake", hint));
        }
        if relative == PROBE {
            self.conn.answer(&hello::greeting(&Hello::default(), &self.talk.config));
            return Ok(());
        }
        let is_beyond = || looks::about(&relative).is_some() || standing::is_about(&relative);
        if self.rights != Rights::All && is_beyond() {
            let hint = "use a whole account, or leave the kiosk";
            return Err(Malformed::new("locked", "this right is for tiles alone", hint));
        }
        if let Some(code) = looks::about(&relative) {
            return self.look(code, &relative, &message.payload);
        }
        if standing::is_about(&relative) {
            return self.decide(&relative, &message);
        }
        if relative.starts_with('$') {
            let hint = "send commands to devices, such as relay/i2c0-3b/set";
            return Err(Malformed::new("reserved", "topics that begin with `$` are not for clients", hint));
        }
        let scenario = Scenario::of(&relative);
        let topic =
            Topic::new(&relative).map_err(|error| Malformed::new("topic", error.to_string(), "see docs"))?;
        let topic = self.base.as_ref().map_or_else(|| topic.clone(), |base| base.join(&topic));
        if !scenario.is_command() && !self.talk.hub.obeys(&topic) {
            let hint = "a command ends with /set, /get or /config/…; only devices say values";
            return Err(Malformed::new("not-a-command", format!("`{relative:.200}` is not a command"), hint));
        }
        let id = message.options.as_ref().map(id_of).transpose()?.flatten();
        self.may_command()?;
        let by = self.by.clone();
        let allowed = self.rights.may_command(&topic, Instant::now());
        let command = Command { topic, payload: message.payload, by, id };
        // The steps come back through the feed, in order with what the device says.
        match allowed {
            Ok(()) => self.talk.hub.command(Now::now(), command),
            Err(refusal) => self.talk.hub.forbid(Now::now(), command, refusal),
        };
        Ok(())
    }

    /// Shows what is asked for beside the stream.
    fn look(&mut self, code: &'static str, relative: &str, payload: &Payload) -> Result<(), Malformed> {
        if self.base.is_some() {
            let reason =
                "the messages of all topics and serial lines are told at the endpoint without a base";
            return Err(Malformed::new(code, reason, "connect to /auth/clown-talk-server"));
        }
        self.looks.take(&self.talk, &self.conn, relative, payload)
    }

    /// Devices that announced themselves are listed, or accepted, ignored, taken back.
    fn decide(&mut self, relative: &str, message: &Message) -> Result<(), Malformed> {
        if self.base.is_some() {
            let reason = "it is decided about devices at the endpoint without a base";
            return Err(Malformed::new("standing", reason, "connect to /auth/clown-talk-server"));
        }
        self.may_command()?;
        let asked = standing::read(relative, &message.payload)?;
        let answer = standing::answer(self.talk.decisions.clone(), self.by.clone(), asked);
        let id = message.options.as_ref().map(id_of).transpose()?.flatten();
        let conn = self.conn.clone();
        tokio::spawn(async move { conn.answer(&answer.await.text(id.as_deref())) });
        Ok(())
    }

    /// Time gives commands back between frames only: however slow the machine, one frame holds no more than that.
    fn refill(&mut self, now: Instant) {
        let (left, counted) = self.commands;
        let since = now.saturating_duration_since(counted).as_secs_f64();
        self.commands = ((left + since * COMMANDS_PER_SECOND).min(COMMANDS_AT_ONCE), now);
    }

    fn may_command(&mut self) -> Result<(), Malformed> {
        if self.commands.0 < 1.0 {
            let reason = format!("more than {COMMANDS_AT_ONCE} commands at once");
            return Err(Malformed::new("too-fast", reason, "send less, or wait for the outcome of each"));
        }
        self.commands.0 -= 1.0;
        Ok(())
    }

    fn join(&mut self, hello: &Hello, greeting: Option<String>) {
        let view = View {
            base: self.base.clone(),
            filters: hello.filters.clone(),
            events: hello.events,
            raw: hello.raw,
            commands: self.talk.config.push_commands,
            scope: match &self.rights {
                Rights::Tile(share) => Some(share.topic.clone()),
                Rights::All | Rights::Kiosk(_) => None,
            },
        };
        let feed = self.talk.feeds.of(&view);
        if let Some(before) = self.feed.take()
            && !before.same_channel(&feed)
        {
            let _ = before.send(Request::Leave(self.conn.id));
        }
        let join = Join { conn: self.conn.clone(), greeting, snapshot: hello.snapshot };
        // The feed runs as long as this handle lives.
        let _ = feed.send(Request::Join(join));
        self.feed = Some(feed);
    }

    fn bad(&mut self, what: &Malformed) {
        tracing::debug!(account = %self.by.account, code = what.code, "bad message: {}", printable(&what.reason));
        if self.may_go_on() {
            self.conn.answer(&error::malformed(what));
        }
    }

    /// Counts what a client does not do often; too often ends the conversation.
    fn may_go_on(&mut self) -> bool {
        if self.bad_since.elapsed() > Duration::from_secs(60) {
            (self.bad, self.bad_since) = (0, Instant::now());
        }
        self.bad += 1;
        if self.bad > MAX_BAD {
            self.conn.close(1008, "100 bad messages or repeated handshakes in a minute");
        }
        self.bad <= MAX_BAD
    }
}

/// The `id` of a command's options, as JSON text: a string or a number of at most 64 characters.
fn id_of(options: &Payload) -> Result<Option<Arc<str>>, Malformed> {
    #[derive(serde::Deserialize)]
    struct Options<'a> {
        #[serde(borrow)]
        id: Option<&'a serde_json::value::RawValue>,
    }
    let Some(Options { id: Some(id) }) = options.get() else { return Ok(None) };
    let id = id.get();
    if id.len() > 64 || id.starts_with(['{', '[']) {
        return Err(Malformed::new(
            "id",
            "the id is neither a short string nor a number",
            "send {\"id\": \"c1\"}",
        ));
    }
    Ok(Some(id.into()))
}
