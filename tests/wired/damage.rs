//! Every dialect damaged in every way on a real port of a running hub: no wrong value is told, what is damaged is counted
//! by its reason, and the next whole word is heard. Every position is tried at the framers (tests/frames); here some are.

use std::collections::BTreeSet;

use tokio::sync::broadcast::{self, Receiver, Sender};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::common::{Heard, PATIENCE, PtyDevice, TalkClient};
use crate::dialects::{Dialect, grouped, proved, trusted};
use crate::model::{Model, Reading, Said, readings};
use crate::rig::Rig;

/// Positions of flipped bits and of cuts that are tried of each dialect.
const FLIPS: usize = 16;
const CUTS: usize = 8;
/// Rounds of noise.
const NOISES: u64 = 8;
/// Messages that wait for whoever plays a slow dialect.
const AWAIT: usize = 1 << 16;

/// One line that is played.
struct Line {
    name: String,
    device: PtyDevice,
    model: Model,
    heard: Receiver<Heard>,
    /// Below this lies what devices say that tell no id, on any of the lines.
    places: Vec<String>,
    /// What the whole words and the whole capture say.
    right: BTreeSet<Reading>,
    /// The last word about the link.
    link: Option<Heard>,
}

impl Line {
    fn new(dialect: &Dialect, heard: Receiver<Heard>) -> Self {
        let name = dialect.id.replace('/', "-");
        let whole = [&dialect.recorded(), &dialect.first, &dialect.second];
        let right = whole.into_iter().flat_map(|bytes| said_by(dialect, &name, bytes)).collect();
        let (device, model) = (PtyDevice::plugged(), Model::new(dialect.id, &name));
        Self { name, device, model, heard, places: Vec::new(), right, link: None }
    }

    /// What each of the two whole words says.
    fn says(&self, dialect: &Dialect) -> [BTreeSet<Reading>; 2] {
        [&dialect.first, &dialect.second].map(|bytes| said_by(dialect, &self.name, bytes))
    }

    fn section(&self, dialect: &Dialect) -> String {
        format!(
            "[[link]]\nname = \"{}\"\nkind = \"wired\"\ndevice = \"{}\"\nspeaks = [\"{}\"]\n",
            self.name,
            self.device.path().display(),
            dialect.id
        )
    }

    /// Waits until the hub has its port open.
    async fn opened(&mut self) {
        while self.link.as_ref().is_none_or(|link| link.payload["code"] != "connecting") {
            self.next("the beginning").await;
        }
    }

    /// Plays bytes, and hears all that comes of them.
    async fn play(&mut self, what: &str, bytes: &[u8]) -> Vec<Said> {
        let mut wanted = self.model.feed(bytes);
        self.device.write(bytes).await;
        let is_silence_told = self.model.is_waiting() && {
            let after = self.model.silence();
            let is_told = after.is_empty();
            wanted.extend(after);
            is_told
        };
        for reading in readings(&wanted) {
            assert!(self.right.contains(&reading), "{}, {what}: the wrong reading {reading:?}", self.name);
        }
        for wanted in &wanted {
            let told = self.message(what).await;
            assert_eq!(told, *wanted, "{}, {what}: {bytes:02X?}", self.name);
        }
        if is_silence_told {
            self.counted(what).await;
        }
        wanted
    }

    /// Plays a damaged word with a whole one behind it: that one is heard, and what is missing of the first is counted.
    async fn next_is_heard(
        &mut self,
        what: &str,
        damaged: &[u8],
        next: &[u8],
        says: &[BTreeSet<Reading>; 2],
    ) {
        let before = self.model.faults();
        let told = readings(&self.play(what, &[damaged, next].concat()).await);
        let [first, second] = says;
        let lost: Vec<_> = second.difference(&told).collect();
        assert!(lost.is_empty(), "{}, {what}: lost {lost:?}", self.name);
        let is_counted = self.model.faults() > before;
        assert!(is_counted || first.is_subset(&told), "{}, {what}: nobody counted it", self.name);
    }

    /// The next message of the device.
    async fn message(&mut self, what: &str) -> Said {
        loop {
            let heard = self.next(what).await;
            let is_anothers = |place: &String| *place != self.model.below && heard.topic.starts_with(place);
            if heard.topic.starts_with(&self.model.below) && !self.places.iter().any(is_anothers) {
                return (heard.topic, heard.payload);
            }
        }
    }

    /// Waits until the link has counted what the model has.
    async fn counted(&mut self, what: &str) {
        while !self.is_counted() {
            self.next(what).await;
        }
    }

    fn is_counted(&self) -> bool {
        let Some(link) = &self.link else { return false };
        self.model.counts().iter().all(|(what, times)| link.payload["counts"][what] == *times)
    }

    async fn next(&mut self, what: &str) -> Heard {
        let Ok(heard) = timeout(PATIENCE, self.heard.recv()).await else {
            let told = self.link.as_ref().map(|link| link.payload.to_string());
            panic!(
                "{}, {what}: waited in vain; {:?} was to be counted: {told:?}",
                self.name,
                self.model.counts()
            )
        };
        let heard = heard.expect("the hub goes on, and nobody is that slow");
        if heard.topic == format!("$hub/link/{}", self.name) {
            self.link = Some(heard.clone());
        }
        heard
    }
}

/// What bytes say that stand between silences.
fn said_by(dialect: &Dialect, link: &str, bytes: &[u8]) -> BTreeSet<Reading> {
    let mut model = Model::new(dialect.id, link);
    model.silence();
    let mut said = model.feed(bytes);
    said.extend(model.silence());
    readings(&said)
}

fn flipped(bytes: &[u8], at: usize, bit: usize) -> Vec<u8> {
    let mut damaged = bytes.to_vec();
    damaged[at] ^= 1 << bit;
    damaged
}

/// Positions from the first to the last byte.
fn positions(length: usize, count: usize) -> impl Iterator<Item = usize> {
    let count = count.min(length);
    (0..count).map(move |number| number * (length - 1) / (count - 1).max(1))
}

fn noise(random: &mut fastrand::Rng) -> Vec<u8> {
    (0..random.usize(1..40)).map(|_| random.u8(..)).collect()
}

/// Words that prove themselves: whatever is damaged, the word behind it is heard at once.
async fn play_proved(mut line: Line, dialect: Dialect) {
    let Dialect { first, second, .. } = &dialect;
    let says = &line.says(&dialect);
    line.play("the capture", &dialect.recorded()).await;
    line.play("two whole ones", &[&first[..], second].concat()).await;
    for (number, at) in positions(first.len(), FLIPS).enumerate() {
        let bit = (number * 5 + 3) % 8;
        let what = format!("bit {bit} of byte {at}");
        line.next_is_heard(&what, &flipped(first, at, bit), second, says).await;
    }
    for at in positions(first.len() - 1, CUTS).map(|at| at + 1) {
        line.next_is_heard(&format!("cut at {at}"), &first[..at], second, says).await;
        // A line end alone is nothing that was damaged.
        if !first[at..].trim_ascii().is_empty() {
            line.next_is_heard(&format!("begun at {at}"), &first[at..], second, says).await;
        }
    }
    let end = first.iter().rposition(|byte| !byte.is_ascii_whitespace()).expect("a word") + 1;
    line.play("joined", &[&first[..end], second, second].concat()).await;
    for seed in 0..NOISES {
        let noise = noise(&mut fastrand::Rng::with_seed(seed));
        let what = format!("noise {seed}");
        line.next_is_heard(&what, &[&noise[..], first, &noise].concat(), second, says).await;
    }
    line.counted("at the end").await;
}

/// Words that prove nothing: what looks wrong as a whole is found out, and what stops in the middle by the silence behind.
async fn play_trusted(mut line: Line, dialect: Dialect) {
    let Dialect { first, second, .. } = &dialect;
    let twice = second.repeat(2);
    let says = &line.says(&dialect);
    // The port is opened in the middle of a word.
    line.next_is_heard("begun", &first[first.len() / 2..], &twice, says).await;
    line.play("the capture", &dialect.recorded()).await;
    for at in positions(first.len(), FLIPS) {
        // Another bit may be another word; the highest one is no text.
        line.next_is_heard(&format!("bit 7 of byte {at}"), &flipped(first, at, 7), &twice, says).await;
    }
    for at in [first.len() / 3, first.len() * 2 / 3] {
        let what = format!("stopped at {at}");
        assert_eq!(line.play(&what, &first[..at]).await, [], "{}, {what}", line.name);
        line.play(&what, second).await;
    }
    let end = first.iter().rposition(|byte| !byte.is_ascii_whitespace()).expect("a word") + 1;
    line.next_is_heard("joined", &first[..end], &twice, says).await;
    for seed in 0..NOISES {
        let mut noise = noise(&mut fastrand::Rng::with_seed(seed));
        noise.push(0xff);
        line.next_is_heard(&format!("noise {seed}"), &[&noise[..], b"\n"].concat(), second, says).await;
    }
    line.counted("at the end").await;
}

/// Passes everything that the script hears on to whoever plays a line.
async fn pass_on(mut script: TalkClient, to: Sender<Heard>) {
    while let Ok(heard) = script.next().await {
        // The last ones that listened may have gone.
        let _ = to.send(heard);
    }
}

#[tokio::test]
async fn whatever_is_damaged_on_a_line_is_counted_and_never_told() {
    let (to, _) = broadcast::channel(AWAIT);
    let line = |dialect: Dialect| (Line::new(&dialect, to.subscribe()), dialect);
    let mut proved: Vec<_> = proved().into_iter().chain([grouped()]).map(line).collect();
    let mut trusted: Vec<_> = trusted().into_iter().map(line).collect();
    let all = || proved.iter().chain(&trusted).map(|(line, _)| line);
    let places: Vec<String> = all().filter_map(|line| line.model.place()).collect();
    proved.iter_mut().chain(&mut trusted).for_each(|(line, _)| line.places.clone_from(&places));
    let sections: String =
        proved.iter().chain(&trusted).map(|(line, dialect)| line.section(dialect)).collect();
    let Rig { hub, script } = Rig::of(&sections).await;
    let passing = tokio::spawn(pass_on(script, to.clone()));
    let mut played = JoinSet::new();
    for (mut line, dialect) in proved {
        line.opened().await;
        played.spawn(play_proved(line, dialect));
    }
    for (mut line, dialect) in trusted {
        line.opened().await;
        played.spawn(play_trusted(line, dialect));
    }
    while let Some(line) = played.join_next().await {
        line.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()));
    }
    passing.abort();
    drop(hub);
}
