//! What a Modbus device keeps where: requests that read it, requests that write it, and what was read as JSON.
//!
//! A value is pointed at as in every payload: `/voltage`, or `/relay/3` where several of a kind lie side by side.
//! Registers that lie near each other are read in one go.

use super::fields::{self, Field, Kind, Order, number};
use super::modbus::{Request, Table};
use crate::talk::Payload;

/// Everything a device keeps.
#[derive(Debug)]
pub struct Registers {
    /// The unit it usually is.
    pub unit: u8,
    /// What it has.
    pub all: Vec<Register>,
    /// Registers in between that may be read along.
    pub gap: u16,
    /// The most registers that one request reads; of coils sixteen times as many.
    pub most: u16,
}

/// One value, or several of a kind side by side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Register {
    /// Its name in the JSON.
    pub name: Box<str>,
    /// Where it lies.
    pub table: Table,
    /// Its address, counted from 0 as on the wire.
    pub at: u16,
    /// How many there are; several are an object of their numbers.
    pub count: u16,
    /// The number of the first one.
    pub first: u16,
    /// What it means. Bits are truths; a coil with a kind is told a number instead.
    pub kind: Option<Kind>,
    /// In which order its bytes stand.
    pub order: Order,
    /// The one bit that is meant.
    pub bit: Option<u32>,
    /// Whether even one register or coil is written with the function for several.
    pub is_written_as_many: bool,
    /// Whether it is read; some are only written.
    pub is_read: bool,
}

/// A run of registers or coils: its table, its first address, and the address behind it.
type Run = (Table, u32, u32);

impl Register {
    /// Registers or coils that each of them takes.
    fn each(&self) -> u16 {
        match self.kind {
            Some(kind) if !self.table.is_bits() => u16::try_from(kind.size().div_ceil(2)).unwrap_or(1),
            Some(_) | None => 1,
        }
    }

    /// Where the one behind `index` others lies.
    fn run(&self, index: u16) -> Run {
        let at = u32::from(self.at) + u32::from(index) * u32::from(self.each());
        (self.table, at, at + u32::from(self.each()))
    }

    /// The address behind the last one.
    pub fn end(&self) -> u32 {
        self.run(self.count.saturating_sub(1)).2
    }

    /// The value in what a request for `at` and what follows has read.
    fn json(&self, from: usize, content: &[u8]) -> Option<String> {
        let (Some(kind), false) = (self.kind, self.table.is_bits()) else {
            return Some((content.get(from / 8)? >> (from % 8) & 1 == 1).to_string());
        };
        let field = Field {
            name: self.name.clone(),
            // One byte lies in the lower half of its register.
            at: isize::try_from(2 * from + kind.size() % 2).ok()?,
            kind,
            order: self.order,
            bit: self.bit,
        };
        field.json(content)
    }
}

impl Registers {
    /// Requests that read everything there is, as few as may be.
    pub fn requests(&self, unit: u8) -> Vec<Request> {
        let known = self.all.iter().filter(|register| register.is_read);
        let mut runs: Vec<Run> =
            known.flat_map(|register| (0..register.count).map(|index| register.run(index))).collect();
        runs.sort_unstable();
        let mut blocks: Vec<Run> = Vec::new();
        for (table, from, end) in runs {
            let most = u32::from(self.most) * if table.is_bits() { 16 } else { 1 };
            match blocks.last_mut() {
                Some((same, begin, last))
                    if *same == table
                        && from <= *last + u32::from(self.gap)
                        && end.max(*last) - *begin <= most =>
                {
                    *last = end.max(*last);
                }
                _ => blocks.push((table, from, end)),
            }
        }
        blocks.into_iter().filter_map(|run| read(unit, run)).collect()
    }

    /// The request that reads what `path` points at: all of them, or the one with that number.
    pub fn ask(&self, unit: u8, path: &[String]) -> Result<Request, String> {
        let (register, index) = self.find(path)?;
        let run = match index {
            Some(index) => register.run(index),
            None => (register.table, u32::from(register.at), register.end()),
        };
        read(unit, run).ok_or_else(|| "the address is too large".to_owned())
    }

    /// The request that writes `value` – a number, `true` or `false` – to what `path` points at.
    pub fn write(&self, unit: u8, path: &[String], value: &str) -> Result<Request, String> {
        let (register, index) = self.find(path)?;
        let name = &register.name;
        let index = match (index, register.count) {
            (Some(index), _) => index,
            (None, 1) => 0,
            (None, _) => return Err(format!("there are several `{name}`; say which, such as /{name}/{{n}}")),
        };
        let at = u16::try_from(register.run(index).1).map_err(|_| "the address is too large")?;
        let wrong = || format!("\"{value:.40}\" is no value for `{name}`");
        let [high, low] = at.to_be_bytes();
        let body: Vec<u8> = match (register.table, register.is_written_as_many) {
            (Table::Coil, is_many) => {
                let told = number(value).ok_or_else(wrong)?;
                match (register.kind, told, is_many) {
                    // A coil that takes a number is an extra of some boards, such as a flash of so many tenths.
                    (Some(_), told, _) => {
                        let [first, second] = u16::try_from(told).map_err(|_| wrong())?.to_be_bytes();
                        vec![5, high, low, first, second]
                    }
                    (None, bit @ (0 | 1), true) => vec![15, high, low, 0, 1, 1, u8::from(bit == 1)],
                    (None, bit @ (0 | 1), false) => vec![5, high, low, if bit == 1 { 0xff } else { 0 }, 0],
                    (None, _, _) => return Err(wrong()),
                }
            }
            (Table::Holding, is_many) => {
                let bytes = encoded(register, value).ok_or_else(wrong)?;
                match bytes.as_slice() {
                    [first, second] if !is_many => vec![6, high, low, *first, *second],
                    bytes => {
                        let length = u8::try_from(bytes.len()).map_err(|_| wrong())?;
                        [&[16, high, low, 0, length / 2, length], bytes].concat()
                    }
                }
            }
            (Table::Discrete | Table::Input, _) => return Err(format!("`{name}` cannot be written")),
        };
        Ok(Request { unit, body: body.into() })
    }

    /// What the answer to a reading request says, as JSON with the unit; nothing if nothing is known there.
    pub fn json(&self, request: &Request, content: &[u8]) -> Option<String> {
        let (table, at, count) = request.range()?;
        let (at, end) = (u32::from(at), u32::from(at) + u32::from(count));
        let one = |register: &Register, index: u16| {
            let (of, from, to) = register.run(index);
            let is_inside = of == table && register.is_read && from >= at && to <= end;
            is_inside.then(|| register.json(usize::try_from(from - at).ok()?, content)).flatten()
        };
        let member = |register: &Register| {
            let value = match register.count {
                1 => one(register, 0)?,
                count => {
                    let some: Vec<String> = (0..count)
                        .filter_map(|index| {
                            Some(format!("\"{}\": {}", register.first + index, one(register, index)?))
                        })
                        .collect();
                    (!some.is_empty()).then(|| format!("{{{}}}", some.join(", ")))?
                }
            };
            Some(format!("{}: {value}", Payload::of(&*register.name).as_str()))
        };
        let members: Vec<String> = self.all.iter().filter_map(member).collect();
        (!members.is_empty()).then(|| format!("{{\"unit\": {}, {}}}", request.unit, members.join(", ")))
    }

    /// Which register is meant, and how many lie in front of the one.
    fn find(&self, path: &[String]) -> Result<(&Register, Option<u16>), String> {
        let (name, rest) = path.split_first().ok_or("nothing is pointed at")?;
        let register = self.all.iter().find(|register| *register.name == **name);
        let register = register.ok_or_else(|| format!("there is no register `{name}`"))?;
        match rest {
            [] => Ok((register, None)),
            [number] if register.count > 1 => {
                let index = number.parse::<u16>().ok().and_then(|number| number.checked_sub(register.first));
                let index = index.filter(|index| *index < register.count);
                let last = register.first + (register.count - 1);
                let known = format!("`{name}` has the numbers {} to {last}", register.first);
                index.map(|index| (register, Some(index))).ok_or(known)
            }
            [_, ..] => Err(format!("nothing lies below `{name}`")),
        }
    }
}

fn read(unit: u8, (table, from, end): Run) -> Option<Request> {
    Some(Request::read(unit, table, u16::try_from(from).ok()?, u16::try_from(end - from).ok()?))
}

/// A value as the bytes of its registers.
fn encoded(register: &Register, value: &str) -> Option<Vec<u8>> {
    if register.bit.is_some() {
        // The other bits of the register are not known.
        return None;
    }
    let kind = register.kind?;
    Some(register.order.arranged(&fields::encoded(kind, kind.size().next_multiple_of(2), value)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::frame::hex;

    fn register(name: &str, table: Table, at: u16, kind: Option<Kind>) -> Register {
        Register {
            name: name.into(),
            table,
            at,
            count: 1,
            first: 0,
            kind,
            order: Order::Big,
            bit: None,
            is_written_as_many: false,
            is_read: true,
        }
    }

    fn registers() -> Registers {
        let float = Some(Kind::Float(4));
        let relays = Register { count: 8, first: 1, ..register("relay", Table::Coil, 0, None) };
        let flash = register("flash", Table::Coil, 0x0200, Some(Kind::Unsigned(2)));
        Registers {
            unit: 1,
            gap: 4,
            most: 100,
            all: vec![
                register("voltage", Table::Input, 0, float),
                register("current", Table::Input, 6, float),
                register("import", Table::Input, 0x48, float),
                register("setpoint", Table::Holding, 3, Some(Kind::Signed(2))),
                register("total", Table::Holding, 10, Some(Kind::Unsigned(4))),
                relays,
                Register { count: 8, first: 1, is_read: false, ..flash },
            ],
        }
    }

    fn path(text: &str) -> Vec<String> {
        text.split('/').map(str::to_owned).collect()
    }

    #[test]
    fn what_lies_near_is_read_in_one_go() {
        let bodies: Vec<String> =
            registers().requests(1).iter().map(|request| hex::shown(&request.body)).collect();
        assert_eq!(
            bodies,
            ["01 00 00 00 08", "03 00 03 00 01", "03 00 0A 00 02", "04 00 00 00 08", "04 00 48 00 02"]
        );
        let near = Registers { gap: 100, most: 12, ..registers() };
        assert_eq!(
            near.requests(1).len(),
            4,
            "setpoint and total lie in nine registers, import too far away"
        );
    }

    #[test]
    fn values_are_written_with_the_function_they_need() {
        let check = |at: &str, value: &str, body: Result<&str, &str>| {
            let written = registers().write(1, &path(at), value);
            let told = written.map(|request| hex::shown(&request.body));
            match (told, body) {
                (Ok(told), Ok(body)) => assert_eq!(told, body, "{at} {value}"),
                (Err(told), Err(why)) => assert!(told.contains(why), "{at} {value}: {told}"),
                (told, body) => panic!("{at} {value}: {told:?}, expected {body:?}"),
            }
        };
        check("relay/1", "true", Ok("05 00 00 FF 00"));
        check("relay/8", "false", Ok("05 00 07 00 00"));
        check("relay/9", "true", Err("1 to 8"));
        check("relay/0", "true", Err("1 to 8"));
        check("relay", "true", Err("say which"));
        check("relay/1", "2", Err("no value"));
        check("flash/2", "7", Ok("05 02 01 00 07"));
        check("setpoint", "-2", Ok("06 00 03 FF FE"));
        check("setpoint", "32768", Err("no value"));
        check("setpoint", "1.5", Err("no value"));
        check("total", "70000", Ok("10 00 0A 00 02 04 00 01 11 70"));
        check("voltage", "1", Err("cannot be written"));
        check("power", "1", Err("no register"));
        check("total/1", "1", Err("nothing lies below"));
    }

    #[test]
    fn what_is_read_is_told_under_its_name_and_number() {
        let registers = registers();
        let json = |request: &Request, content: &[u8]| registers.json(request, content);
        let all = &registers.requests(7)[0];
        assert_eq!(
            json(all, &[0b0000_0101]).as_deref(),
            Some(
                "{\"unit\": 7, \"relay\": {\"1\": true, \"2\": false, \"3\": true, \"4\": false, \
                 \"5\": false, \"6\": false, \"7\": false, \"8\": false}}"
            )
        );
        let one = registers.ask(7, &path("relay/2")).expect("there are eight");
        assert_eq!(hex::shown(&one.body), "01 00 01 00 01");
        assert_eq!(json(&one, &[1]).as_deref(), Some("{\"unit\": 7, \"relay\": {\"2\": true}}"));
        let voltage = registers.ask(7, &path("voltage")).expect("there is one");
        assert_eq!(
            json(&voltage, &[0x43, 0x65, 0x33, 0x33]).as_deref(),
            Some("{\"unit\": 7, \"voltage\": 229.2}")
        );
        assert_eq!(json(&voltage, &[0x43]), None, "half a value is none");
        assert_eq!(json(&Request::read(7, Table::Input, 99, 1), &[0, 0]), None);
    }
}
