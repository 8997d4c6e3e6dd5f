//! A broker that is killed again and again while clients speak, and what must be there in the end.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::sleep;

use super::broker::Process;
use super::wire::{Client, Heard, publish};

/// How often the broker is killed.
const ROUNDS: u32 = 50;
/// How many messages wait for their acknowledgement at most.
const WINDOW: usize = 10;
/// Between two messages: what is to be tested is the moment of the kill, not the speed.
const BREATH: Duration = Duration::from_millis(1);

/// What the clients know: it must be true afterwards.
#[derive(Default)]
struct Ledger {
    /// Messages by their text, as far as their publisher knows that they were taken.
    acknowledged: HashMap<Vec<u8>, u8>,
    /// The last value of each topic that was acknowledged, and the last that was sent.
    retained: BTreeMap<String, (u32, u32)>,
    /// What each session got, and how often.
    got: HashMap<&'static str, HashMap<Vec<u8>, u32>>,
    /// The numbers of quality 2 that each session has and the broker has not released.
    held: HashSet<(&'static str, u16)>,
}

type Shared = Arc<Mutex<Ledger>>;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_acknowledged_is_lost_in_fifty_kills() {
    let folder = tempfile::tempdir().unwrap();
    let shared = Shared::default();
    let mut quality_2 = Exact::default();
    subscribe(folder.path()).await;
    for round in 0..ROUNDS {
        let broker = Process::start(folder.path());
        let address = broker.address;
        let mut tasks = vec![
            tokio::spawn(speak(address, shared.clone(), round)),
            tokio::spawn(retain(address, shared.clone(), round)),
            tokio::spawn(listen(address, shared.clone(), "here")),
        ];
        if round % 5 == 4 {
            tasks.push(tokio::spawn(listen(address, shared.clone(), "away")));
        }
        let exact = tokio::spawn(quality_2.go_on(address, shared.clone(), round));
        sleep(Duration::from_millis(20 + u64::from(fastrand::u16(..480)))).await;
        broker.kill();
        for task in tasks {
            task.await.unwrap();
        }
        quality_2 = exact.await.unwrap();
    }
    let broker = Process::start(folder.path());
    // The last messages of quality 2 are brought to their end.
    quality_2.go_on(broker.address, shared.clone(), ROUNDS).await;
    for session in ["here", "away"] {
        take_all(broker.address, &shared, session).await;
    }
    check_retained(broker.address, &shared).await;
    broker.kill();
    report(&shared.lock().unwrap());
}

fn report(ledger: &Ledger) {
    for (session, got) in &ledger.got {
        let missing = ledger.acknowledged.keys().filter(|text| !got.contains_key(*text)).count();
        let twice = |qos: u8| {
            let of = |(text, times): &(&Vec<u8>, &u32)| {
                **times > 1 && ledger.acknowledged.get(*text) == Some(&qos)
            };
            got.iter().filter(of).count()
        };
        let (all, one, two) = (ledger.acknowledged.len(), twice(1), twice(2));
        println!(
            "{session}: {all} acknowledged, {missing} missing, again as if new: {one} of quality 1, {two} of quality 2"
        );
        assert_eq!(missing, 0, "{session}");
        assert_eq!(two, 0, "{session}: quality 2 is exactly once");
        assert!(all > 500, "hardly anything was said: {all}");
    }
}

/// Makes the sessions that everything is for.
async fn subscribe(folder: &Path) {
    let broker = Process::start(folder);
    for session in ["here", "away"] {
        let mut client = Client::connect(broker.address, session, false).await;
        client.subscribe("a/#", 2).await;
        client.leave().await;
    }
    broker.kill();
}

/// Publishes with quality 1 until the broker is gone.
async fn speak(address: SocketAddr, shared: Shared, round: u32) {
    let Some(mut client) = Client::try_connect(address, "speaker", true).await else { return };
    let text = |number: u16| format!("one {round} {number}").into_bytes();
    let mut waiting = 0;
    for number in 1.. {
        if client
            .try_send(&publish(&format!("a/{}", number % 7), &text(number), 1, false, number))
            .await
            .is_none()
        {
            return;
        }
        waiting += 1;
        sleep(BREATH).await;
        if waiting < WINDOW {
            continue;
        }
        match client.read().await {
            Some(Heard::Control { kind: 4, packet }) => {
                shared.lock().unwrap().acknowledged.insert(text(packet), 1);
                waiting -= 1;
            }
            Some(other) => panic!("{other:?}"),
            None => return,
        }
    }
}

/// Sets retained messages until the broker is gone.
async fn retain(address: SocketAddr, shared: Shared, round: u32) {
    let Some(mut client) = Client::try_connect(address, "retainer", true).await else { return };
    for number in 1.. {
        sleep(BREATH).await;
        let (topic, value) = (format!("r/{}", number % 20), round * 100_000 + u32::from(number));
        shared.lock().unwrap().retained.entry(topic.clone()).or_default().1 = value;
        if client.try_send(&publish(&topic, value.to_string().as_bytes(), 1, true, number)).await.is_none() {
            return;
        }
        match client.read().await {
            Some(Heard::Control { kind: 4, .. }) => {
                shared.lock().unwrap().retained.entry(topic).or_default().0 = value;
            }
            Some(other) => panic!("{other:?}"),
            None => return,
        }
    }
}

/// A client that keeps what it has sent with quality 2 until that has come to its end.
#[derive(Default)]
struct Exact {
    /// By number: the text, and whether the broker has it.
    open: BTreeMap<u16, (Vec<u8>, bool)>,
    count: u32,
}

impl Exact {
    async fn go_on(mut self, address: SocketAddr, shared: Shared, round: u32) -> Self {
        let Some(mut client) = Client::try_connect(address, "exact", false).await else { return self };
        for (number, (text, is_taken)) in &self.open {
            let again = if *is_taken {
                vec![0x62, 2, (number >> 8) as u8, (number & 0xff) as u8]
            } else {
                let mut again = publish("a/exact", text, 2, false, *number);
                again[0] |= 8;
                again
            };
            if client.try_send(&again).await.is_none() {
                return self;
            }
        }
        loop {
            while self.open.len() < WINDOW && round < ROUNDS {
                self.count += 1;
                let (text, number) =
                    (format!("two {}", self.count).into_bytes(), (self.count % 60_000 + 1) as u16);
                self.open.insert(number, (text.clone(), false));
                if client.try_send(&publish("a/exact", &text, 2, false, number)).await.is_none() {
                    return self;
                }
            }
            if self.open.is_empty() {
                return self;
            }
            sleep(BREATH).await;
            match client.read().await {
                Some(Heard::Control { kind: 5, packet }) => {
                    let Some((text, is_taken)) = self.open.get_mut(&packet) else {
                        panic!("PUBREC of {packet}")
                    };
                    *is_taken = true;
                    shared.lock().unwrap().acknowledged.insert(text.clone(), 2);
                    if client.try_send(&[0x62, 2, (packet >> 8) as u8, (packet & 0xff) as u8]).await.is_none()
                    {
                        return self;
                    }
                }
                Some(Heard::Control { kind: 7, packet }) => drop(self.open.remove(&packet)),
                Some(other) => panic!("{other:?}"),
                None => return self,
            }
        }
    }
}

/// Takes messages and acknowledges them until the broker is gone.
async fn listen(address: SocketAddr, shared: Shared, session: &'static str) {
    let Some(mut client) = Client::try_connect(address, session, false).await else { return };
    while let Some(heard) = client.read().await {
        if take(&mut client, heard, &shared, session).await.is_none() {
            return;
        }
    }
}

/// Takes all that still waits in a session.
async fn take_all(address: SocketAddr, shared: &Shared, session: &'static str) {
    let mut client = Client::connect(address, session, false).await;
    assert!(client.is_known, "{session}");
    while let Some(heard) = client.within(Duration::from_secs(2)).await {
        take(&mut client, heard, shared, session).await.unwrap();
        let ledger = shared.lock().unwrap();
        let got = &ledger.got[session];
        if ledger.acknowledged.keys().all(|text| got.contains_key(text)) {
            return;
        }
    }
}

async fn take(client: &mut Client, heard: Heard, shared: &Shared, session: &'static str) -> Option<()> {
    let answer = match heard {
        Heard::Publish { payload, qos, packet, dup, .. } => {
            let mut ledger = shared.lock().unwrap();
            // Under a number that was not released it is the same message again.
            let is_new = if qos == 1 { !dup } else { ledger.held.insert((session, packet)) };
            let known = ledger.got.entry(session).or_default().contains_key(&payload);
            if is_new || !known {
                *ledger.got.entry(session).or_default().entry(payload).or_default() += 1;
            }
            [if qos == 1 { 0x40 } else { 0x50 }, 2, (packet >> 8) as u8, (packet & 0xff) as u8]
        }
        Heard::Control { kind: 6, packet } => {
            shared.lock().unwrap().held.remove(&(session, packet));
            [0x70, 2, (packet >> 8) as u8, (packet & 0xff) as u8]
        }
        other => panic!("{other:?}"),
    };
    client.try_send(&answer).await
}

async fn check_retained(address: SocketAddr, shared: &Shared) {
    let mut client = Client::connect(address, "reader", true).await;
    client.subscribe("r/#", 1).await;
    let found: HashMap<_, _> = client.drain(Duration::from_secs(1)).await.into_iter().collect();
    let ledger = shared.lock().unwrap();
    let mut values = HashSet::new();
    for (topic, (acknowledged, sent)) in &ledger.retained {
        let value: u32 = String::from_utf8_lossy(&found[topic]).parse().unwrap();
        assert!((*acknowledged..=*sent).contains(&value), "{topic}: {value}, not {acknowledged}..={sent}");
        values.insert(value);
    }
    println!("{} retained topics are as new as was acknowledged", values.len());
}
