//! The coils and registers of a played unit: what is read from them, what is written, and what takes turns in them.

use std::collections::{BTreeMap, BTreeSet};

use crate::device::frame::hex;
use crate::device::frame::modbus::{Answer as Told, Request, Table};
use crate::device::frame::registers::Registers;
use crate::device::profile::{Given, Profile};

/// It has no such register.
const NO_ADDRESS: u8 = 2;
/// It does not take this value, or not so many.
pub(super) const NO_VALUE: u8 = 3;

/// A place on the bus: a coil is 0 or 1.
pub(super) type Place = (Table, u16);

/// What a unit keeps.
#[derive(Debug)]
pub(super) struct Kept {
    all: BTreeMap<Place, u16>,
    /// Places that can be read.
    readable: BTreeSet<Place>,
    /// What the examples say, each in its turn.
    recorded: Vec<Vec<(Place, u16)>>,
    turn: usize,
    /// Places that somebody wrote to.
    written: BTreeSet<Place>,
}

impl Kept {
    /// What the definition has and the examples say.
    pub fn new(profile: &Profile, registers: &Registers) -> Self {
        let examples = profile.examples.iter().filter(|example| example.damage.is_none());
        let recorded: Vec<Vec<(Place, u16)>> =
            examples.filter_map(|example| recorded(&example.given)).filter(|some| !some.is_empty()).collect();
        let ranges = registers.requests(registers.unit).into_iter().filter_map(|request| request.range());
        let read = ranges.flat_map(|(table, at, count)| places(table, at, count));
        let told = recorded.iter().flatten();
        let readable: BTreeSet<Place> = read.chain(told.map(|(place, _)| *place)).collect();
        let mut all: BTreeMap<Place, u16> = readable.iter().map(|place| (*place, 0)).collect();
        for register in &registers.all {
            let count = register.end().saturating_sub(u32::from(register.at));
            let count = u16::try_from(count).unwrap_or(u16::MAX);
            places(register.table, register.at, count).for_each(|place| {
                all.entry(place).or_insert(0);
            });
        }
        all.extend(recorded.iter().flatten().copied());
        Self { all, readable, recorded, turn: 0, written: BTreeSet::new() }
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// How many answers of the examples take turns.
    pub fn count(&self) -> usize {
        self.recorded.len()
    }

    /// The next example is what it measures; what was written stays.
    pub fn turn(&mut self) {
        if let Some(next) = self.recorded.get(self.turn % self.recorded.len().max(1)) {
            let measured = next.iter().filter(|(place, _)| !self.written.contains(place));
            self.all.extend(measured.copied());
            self.turn += 1;
        }
    }

    /// What falls back by itself.
    pub fn fall(&mut self, place: Place, value: u16) {
        self.all.insert(place, value);
    }

    /// What is read, with its length in front, or the code of an exception.
    pub fn read(&self, table: Table, first: u16, count: u16) -> Result<Vec<u8>, u8> {
        let most = if table.is_bits() { 2_000 } else { 125 };
        if !(1..=most).contains(&count) {
            return Err(NO_VALUE);
        }
        if u32::from(first) + u32::from(count) > 0x1_0000 {
            return Err(NO_ADDRESS);
        }
        let value = |place: Place| self.readable.contains(&place).then(|| self.all[&place]).ok_or(NO_ADDRESS);
        let values: Vec<u16> = places(table, first, count).map(value).collect::<Result<_, _>>()?;
        let content: Vec<u8> = match table.is_bits() {
            true => values
                .chunks(8)
                .map(|bits| bits.iter().rev().fold(0, |byte, bit| byte << 1 | (bit & 1) as u8))
                .collect(),
            false => values.iter().flat_map(|word| word.to_be_bytes()).collect(),
        };
        let length = u8::try_from(content.len()).map_err(|_| NO_VALUE)?;
        Ok([&[table.reads(), length], &*content].concat())
    }

    /// Writes several; the answer and what that did, or the code of an exception.
    pub fn write_all(
        &mut self,
        function: u8,
        first: u16,
        count: u16,
        length: u8,
        content: &[u8],
    ) -> Result<(Vec<u8>, String), u8> {
        let is_bits = function == 15;
        let (table, most) = if is_bits { (Table::Coil, 1_968) } else { (Table::Holding, 123) };
        let bytes = if is_bits { count.div_ceil(8) } else { count.saturating_mul(2) };
        if !(1..=most).contains(&count) || u16::from(length) != bytes || content.len() != usize::from(length)
        {
            return Err(NO_VALUE);
        }
        let all: Vec<Place> = places(table, first, count).collect();
        if all.len() != usize::from(count) || !all.iter().all(|place| self.all.contains_key(place)) {
            return Err(NO_ADDRESS);
        }
        for (number, place) in all.into_iter().enumerate() {
            let value = match is_bits {
                true => u16::from(content[number / 8] >> (number % 8) & 1),
                false => u16::from_be_bytes([content[2 * number], content[2 * number + 1]]),
            };
            self.write(place, value)?;
        }
        let [high, low] = first.to_be_bytes();
        let [many, few] = count.to_be_bytes();
        let what = if is_bits { "coils" } else { "registers" };
        let told = format!("{count} {what} from {first} on = {}", hex::shown(content));
        Ok((vec![function, high, low, many, few], told))
    }

    /// Writes one, or tells the code of an exception.
    pub fn write(&mut self, place: Place, value: u16) -> Result<(), u8> {
        *self.all.get_mut(&place).ok_or(NO_ADDRESS)? = value;
        self.written.insert(place);
        Ok(())
    }
}

/// What an example says of which places.
fn recorded(given: &Given) -> Option<Vec<(Place, u16)>> {
    let Given::Answer { request, bytes } = given else { return None };
    let request = Request::parse(request)?;
    let (table, first, count) = request.range()?;
    let Told::Said(content) = request.answer(bytes) else { return None };
    let value = |number: usize| match table.is_bits() {
        true => Some(u16::from(content.get(number / 8)? >> (number % 8) & 1)),
        false => Some(u16::from_be_bytes([*content.get(2 * number)?, *content.get(2 * number + 1)?])),
    };
    places(table, first, count).enumerate().map(|(number, place)| Some((place, value(number)?))).collect()
}

/// Places side by side; none behind the last there can be.
fn places(table: Table, first: u16, count: u16) -> impl Iterator<Item = Place> {
    (0..count).map_while(move |number| Some((table, first.checked_add(number)?)))
}
