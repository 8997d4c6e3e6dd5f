//! Who is on an unknown port: asked politely, in a fixed order, and only when a person wants it.
//!
//! Unlike everything else about [`super::ports`] this opens the port and writes to it, so each [`Step`] tells what was
//! written and what came back. The radio dongle is asked first, because its question is harmless to a bridge that was
//! not greeted yet; then a bridge. If neither answers, the port is only listened to, at each speed that a definition
//! knows, for somebody who speaks by the clock. What definitions ask an unknown port comes last.
//!
//! | file | what lives there |
//! | --- | --- |
//! | `native` | answers in the hub's own two protocols |
//! | `taught` | words that a definition knows |
//! | `questions` | what definitions ask, and what answers it |

mod native;
mod questions;
mod taught;

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use tokio::time::{Instant, timeout_at};

use super::line::{Port, PortName, Speech, Speed, Trouble};
use super::ports::Roots;
use super::wired::Speaks;
use crate::device::catalog::Catalog;
use crate::device::frame::hex;
use crate::talk::printable;
use native::Ear;
use questions::Question;
pub use taught::{By, Device};
use taught::{Ears, speeds};

/// How much of what came is looked through for an answer, and how much is shown.
const KEPT: usize = 4 << 10;
const SHOWN: usize = 80;
/// Once somebody unproven was understood, this long for others who may be meant.
const SECOND_THOUGHTS: Duration = Duration::from_millis(400);

/// What is asked, and how patiently.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Which port.
    pub port: PortName,
    /// Bits per second of the first two questions.
    pub baud: u32,
    /// For each answer.
    pub wait: Duration,
    /// The longest time at each speed for somebody who speaks by the clock.
    pub listen: Duration,
    /// The definitions there are.
    pub catalog: Arc<Catalog>,
    /// Who it is at most; nobody means everybody.
    pub only: Vec<Speaks>,
}

/// What was done on a port and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Probed {
    /// One after the other.
    pub steps: Vec<Step>,
    /// Who is there.
    pub found: Found,
}

/// One question, or one time of listening.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// The speed and the characters, `9600 8N1`; none where another machine sets them.
    pub at: Option<String>,
    /// Who was asked; nobody where it was only listened.
    pub asked: Option<String>,
    /// What was written, text as text, bytes as hexadecimal digits.
    pub wrote: Option<String>,
    /// How many bytes came.
    pub bytes: usize,
    /// The beginning of them.
    pub came: String,
}

/// Who is there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "says")]
pub enum Found {
    /// A bridge that answered the greeting: what it says of itself.
    Bridge(String),
    /// Somebody who speaks Clown.Talk lines without answering: one of them.
    Speaks(String),
    /// A radio dongle, which a link of kind `tower` speaks with.
    Dongle(String),
    /// A device that a definition knows, for a link of kind `wired`.
    Device(Device),
    /// Text or noise that nobody knows: the beginning of it.
    Noise(String),
    /// Nothing came.
    Silence,
    /// The port could not be used.
    Trouble(String),
}

/// Asks on a port; `each` is told of every step as soon as it is over.
pub async fn probe(plan: &Plan, each: impl FnMut(&Step)) -> Probed {
    let mut probe = Probe { plan, each, steps: Vec::new(), best: None };
    let found = match probe.run().await {
        Ok(found) => found,
        Err(trouble) => Found::Trouble(format!("{trouble}; {}", trouble.hint())),
    };
    Probed { steps: probe.steps, found }
}

struct Probe<'a, F> {
    plan: &'a Plan,
    each: F,
    steps: Vec<Step>,
    /// What there is to say if nobody answers.
    best: Option<Found>,
}

/// What a port says during one step.
struct Hearing<'a> {
    port: &'a Port,
    bytes: usize,
    /// The last of them.
    kept: Vec<u8>,
    shown: Vec<u8>,
}

impl<F: FnMut(&Step)> Probe<'_, F> {
    async fn run(&mut self) -> Result<Found, Trouble> {
        if self.plan.only.is_empty()
            && let Some(found) = self.ask_natives().await?
        {
            return Ok(found);
        }
        for speed in speeds(&self.plan.catalog, &self.plan.only, self.is_set_elsewhere()) {
            if let Some(device) = self.listen(speed).await? {
                return Ok(Found::Device(device));
            }
        }
        let all = questions::of(&self.plan.catalog, &self.plan.only, self.is_set_elsewhere());
        for question in all {
            if let Some(device) = self.ask(&question).await? {
                return Ok(Found::Device(device));
            }
        }
        Ok(self.best.take().unwrap_or(Found::Silence))
    }

    /// Whether another machine sets the speed.
    fn is_set_elsewhere(&self) -> bool {
        matches!(&self.plan.port, PortName::Server(server) if server.speech != Speech::Rfc2217)
    }

    async fn open(&self, speed: Speed) -> Result<Port, Trouble> {
        Port::open(&self.plan.port, speed, &Roots::system()).await
    }

    fn tell(&mut self, speed: Speed, asked: Option<&str>, wrote: Option<String>, hearing: &Hearing<'_>) {
        let at = (!self.is_set_elsewhere()).then(|| speed.to_string());
        let came = show(&hearing.shown);
        let step = Step { at, asked: asked.map(str::to_owned), wrote, bytes: hearing.bytes, came };
        (self.each)(&step);
        self.steps.push(step);
    }

    async fn ask_natives(&mut self) -> Result<Option<Found>, Trouble> {
        let speed = Speed::of(self.plan.baud);
        let port = self.open(speed).await?;
        let mut ear = Ear::default();
        for (asked, question) in native::QUESTIONS {
            let mut hearing = Hearing::new(&port);
            let until = Instant::now() + self.plan.wait;
            // The empty line ends what another program may have begun.
            let wrote = hearing.write(format!("\n{question}\n").as_bytes(), until).await?;
            while ear.answer.is_none() && hearing.more(until, |bytes| ear.take(bytes)).await? {}
            self.tell(speed, Some(asked), wrote.then(|| question.to_owned()), &hearing);
            if let Some(answer) = ear.answer {
                return Ok(Some(answer));
            }
        }
        self.best = ear.best;
        // Whoever speaks like this needs no definition.
        Ok(self.best.take_if(|best| matches!(best, Found::Speaks(_) | Found::Dongle(_))))
    }

    /// Listens at one speed for whoever speaks by the clock.
    async fn listen(&mut self, speed: Speed) -> Result<Option<Device>, Trouble> {
        let mut ears =
            Ears::new(&self.plan.catalog, &self.plan.only, (!self.is_set_elsewhere()).then_some(speed));
        let port = self.open(speed).await?;
        let mut hearing = Hearing::new(&port);
        let begin = Instant::now();
        let end = begin + ears.rhythm().max(self.plan.wait).min(self.plan.listen);
        let mut until = end;
        while !ears.is_sure() && hearing.more(until, |bytes| ears.hear(bytes)).await? {
            if ears.is_about() {
                until = until.min(Instant::now() + SECOND_THOUGHTS);
            }
        }
        self.tell(speed, None, None, &hearing);
        self.keep_noise(&hearing, speed);
        Ok(ears.verdict(speed))
    }

    /// Asks what a definition asks an unknown port.
    async fn ask(&mut self, question: &Question) -> Result<Option<Device>, Trouble> {
        let port = self.open(question.speed).await?;
        let mut hearing = Hearing::new(&port);
        let until = Instant::now() + self.plan.wait;
        let mut is_answered = false;
        let wrote = hearing.write(&question.bytes, until).await?;
        while !is_answered && hearing.more(until, |_| {}).await? {
            is_answered = question.is_answered(&hearing.kept);
        }
        let wrote = wrote.then(|| whole(&question.bytes));
        self.tell(question.speed, Some(&question.profile.id), wrote, &hearing);
        self.keep_noise(&hearing, question.speed);
        Ok(is_answered.then(|| question.device()))
    }

    /// The first noise is remembered, for want of anything better.
    fn keep_noise(&mut self, hearing: &Hearing<'_>, speed: Speed) {
        if hearing.bytes > 0 && self.best.is_none() {
            self.best = Some(Found::Noise(format!("{} (at {speed})", show(&hearing.shown))));
        }
    }
}

impl<'a> Hearing<'a> {
    fn new(port: &'a Port) -> Self {
        Self { port, bytes: 0, kept: Vec::new(), shown: Vec::new() }
    }

    /// Writes all of it, or nothing is known to have been written.
    async fn write(&self, mut bytes: &[u8], until: Instant) -> Result<bool, Trouble> {
        while !bytes.is_empty() {
            match timeout_at(until, self.port.write(bytes)).await {
                Ok(Ok(count)) => bytes = &bytes[count..],
                Ok(Err(error)) => return Err(self.port.lost(&error)),
                Err(_) => return Ok(false),
            }
        }
        Ok(true)
    }

    /// Waits for bytes; whether some came in time.
    async fn more(&mut self, until: Instant, mut each: impl FnMut(&[u8])) -> Result<bool, Trouble> {
        let mut buffer = [0; 4096];
        match timeout_at(until, self.port.read(&mut buffer)).await {
            Err(_) => Ok(false),
            Ok(Ok(0)) => Err(self.port.unplugged()),
            Ok(Err(error)) => Err(self.port.lost(&error)),
            Ok(Ok(count)) => {
                let bytes = &buffer[..count];
                self.bytes += count;
                let room = SHOWN.saturating_sub(self.shown.len()).min(count);
                self.shown.extend_from_slice(&bytes[..room]);
                self.kept.extend_from_slice(bytes);
                let over = self.kept.len().saturating_sub(KEPT);
                self.kept.drain(..over);
                each(bytes);
                Ok(true)
            }
        }
    }
}

/// The beginning of bytes for people.
fn show(bytes: &[u8]) -> String {
    whole(bytes).chars().take(SHOWN).collect()
}

/// Bytes for people: text where they are text, otherwise digits.
fn whole(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.chars().all(|c| !c.is_control() || c.is_whitespace()) => printable(text.trim()),
        Ok(_) | Err(_) => hex::shown(bytes),
    }
}
