//! Units of Modbus behind one pseudo-terminal, made from the specification and not from the hub's own code.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::task::JoinHandle;

use crate::common::PtyDevice;

/// What a unit keeps, and how it behaves.
#[derive(Clone, Default)]
pub struct Unit {
    /// Coils by address.
    pub coils: Vec<bool>,
    /// Input registers by address.
    pub inputs: Vec<u16>,
    /// Says nothing.
    pub is_dead: bool,
    /// Says that it does, and does not.
    pub is_stuck: bool,
    /// The exception that every write is answered with.
    pub refuses: Option<u8>,
    /// Answers with a wrong checksum.
    pub is_damaged: bool,
    /// The same, where it tells what was written.
    pub is_echo_damaged: bool,
}

/// The units of a bus and what they were asked.
#[derive(Default)]
pub struct Bus {
    pub units: BTreeMap<u8, Unit>,
    /// Every request that came: unit and function.
    pub asked: Vec<(u8, u8)>,
}

/// Plays the units on a line until it is dropped.
pub struct Slaves {
    pub bus: Arc<Mutex<Bus>>,
    task: JoinHandle<()>,
}

impl Slaves {
    pub fn play(mut line: PtyDevice, units: impl IntoIterator<Item = (u8, Unit)>) -> Self {
        let bus = Arc::new(Mutex::new(Bus { units: units.into_iter().collect(), asked: Vec::new() }));
        let played = bus.clone();
        let task = tokio::spawn(async move {
            let mut heard = Vec::new();
            loop {
                tokio::time::sleep(Duration::from_millis(1)).await;
                heard.extend(line.take_bytes());
                while let Some(length) = length(&heard) {
                    let request: Vec<u8> = heard.drain(..length).collect();
                    let answer = answer(&mut played.lock().expect("no test panics with it"), &request);
                    if let Some(answer) = answer {
                        line.write(&answer).await;
                    }
                }
            }
        });
        Self { bus, task }
    }

    /// Changes a unit.
    pub fn change(&self, unit: u8, change: impl FnOnce(&mut Unit)) {
        change(self.bus.lock().expect("no test panics with it").units.get_mut(&unit).expect("it is there"));
    }

    /// How often each unit was asked since this was asked last.
    pub fn take_asked(&self) -> BTreeMap<u8, usize> {
        let mut counts = BTreeMap::new();
        for (unit, _) in self.bus.lock().expect("no test panics with it").asked.drain(..) {
            *counts.entry(unit).or_default() += 1;
        }
        counts
    }
}

impl Drop for Slaves {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How long the request at the front is, if all of it is there.
pub fn length(heard: &[u8]) -> Option<usize> {
    let length = match heard.get(1)? {
        15 | 16 => 9 + usize::from(*heard.get(6)?),
        _ => 8,
    };
    (heard.len() >= length).then_some(length)
}

/// What a unit says to a whole request.
pub fn answer(bus: &mut Bus, request: &[u8]) -> Option<Vec<u8>> {
    let (said, check) = request.split_at(request.len() - 2);
    assert_eq!(check, crc(said), "the hub's checksum: {request:02X?}");
    let [number, function, high, low, many, few] = *said else { panic!("no such request: {request:02X?}") };
    bus.asked.push((number, function));
    let unit = bus.units.get_mut(&number).filter(|unit| !unit.is_dead)?;
    let (at, count) = (usize::from(high) << 8 | usize::from(low), usize::from(many) << 8 | usize::from(few));
    let mut body = vec![number, function];
    match function {
        1 => match unit.coils.get(at..at + count) {
            Some(coils) => {
                let bytes = coils.chunks(8).map(|bits| {
                    bits.iter().enumerate().fold(0, |byte, (at, is_on)| byte | u8::from(*is_on) << at)
                });
                let bytes: Vec<u8> = bytes.collect();
                body.push(bytes.len() as u8);
                body.extend(bytes);
            }
            None => body = vec![number, 0x81, 2],
        },
        4 => match unit.inputs.get(at..at + count) {
            Some(words) => {
                body.push(2 * count as u8);
                body.extend(words.iter().flat_map(|word| word.to_be_bytes()));
            }
            None => body = vec![number, 0x84, 2],
        },
        5 if unit.refuses.is_some() => body = vec![number, 0x85, unit.refuses.unwrap_or_default()],
        5 => {
            if !unit.is_stuck {
                unit.coils[at] = count == 0xff00;
            }
            body = said.to_vec();
        }
        _ => body = vec![number, function | 0x80, 1],
    }
    let mut check = crc(&body);
    if unit.is_damaged || unit.is_echo_damaged && function == 5 {
        check[0] ^= 0x55;
    }
    body.extend(check);
    Some(body)
}

/// CRC-16/MODBUS, bit by bit as the specification describes it.
fn crc(bytes: &[u8]) -> [u8; 2] {
    let mut crc = 0xffff_u16;
    for byte in bytes {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xa001 } else { crc >> 1 };
        }
    }
    crc.to_le_bytes()
}
