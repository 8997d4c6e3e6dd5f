//! `[modbus]`: what a device keeps in which registers.

use super::{Variants, binary};
use crate::device::frame::fields::{Kind, ORDERS, Order};
use crate::device::frame::modbus::Table;
use crate::device::frame::registers::{Register, Registers};
use crate::device::profile::Send;
use crate::device::profile::pointer::Pointer;
use crate::sheet::{Section, nearest, quoted};

const TABLES: [(&str, Table); 4] = [
    ("coil", Table::Coil),
    ("discrete", Table::Discrete),
    ("holding", Table::Holding),
    ("input", Table::Input),
];

pub(super) fn read(root: &Section<'_>) -> Option<Registers> {
    if !root.has("modbus") {
        return None;
    }
    let section = root.section("modbus");
    if !section.is_there() {
        return None;
    }
    let registers = Registers {
        unit: section.number("unit", 1..=247u8, 1),
        gap: section.number("gap", 0..=100u16, 0),
        most: section.number("most", 4..=125u16, 100),
        all: section.sections("registers").into_iter().filter_map(register).collect(),
    };
    if !section.has("registers") {
        let allowed =
            r#"what it keeps, such as [{ name = "voltage", table = "input", at = 0, type = "f32" }]"#;
        section.fault("registers", "is missing".into(), allowed.into(), None);
    }
    section.finish();
    Some(registers)
}

fn register(section: Section<'_>) -> Option<Register> {
    let name = section.must::<String>("name");
    let table = section.choice("table", &TABLES, None);
    let at = section.number("at", 0..=u16::MAX, 0);
    if !section.has("at") {
        let allowed = "its address as on the wire, counted from 0: input register 30001 is 0".into();
        section.fault("at", "is missing".into(), allowed, None);
    }
    let count = section.number("count", 1..=2_000u16, 1);
    let first = section.number("first", 0..=1_000u16, 0);
    let kind = section.has("type").then(|| binary::kind(&section)).flatten();
    // Asked for even where the type says it.
    let _ = section.has("length");
    let is_word = matches!(table, Some(Table::Holding | Table::Input));
    let register = Register {
        name: name.unwrap_or_default().into(),
        table: table.unwrap_or(Table::Input),
        at,
        count,
        first,
        kind: if is_word { kind.or(Some(Kind::Unsigned(2))) } else { kind },
        order: section.choice("order", &ORDERS, Some(Order::Big)).unwrap_or_default(),
        bit: section.has("bit").then(|| section.number("bit", 0..=63u32, 0)),
        is_written_as_many: section.or("many", false),
        is_read: section.or("read", true),
    };
    let is_writable = matches!(register.table, Table::Coil | Table::Holding);
    for key in ["many", "read"].into_iter().filter(|key| section.has(key) && !is_writable) {
        let allowed = "only beside a coil or a holding register";
        section.fault(key, "found where nothing is written".into(), allowed.into(), None);
    }
    if register.table == Table::Discrete && register.kind.is_some() {
        let told = "found beside bits that are only read".into();
        section.fault("type", told, "no type: a bit is true or false".into(), None);
    }
    if register.end() > 0x1_0000 {
        section.fault("at", format!("found {at}"), "an address with all of them below 65536".into(), None);
    }
    let is_whole = section.has("name") && table.is_some();
    section.finish();
    is_whole.then_some(register)
}

/// The register that a pointer leads to.
fn find<'a>(variants: &'a Variants, path: &Pointer) -> Option<&'a Register> {
    let name = path.as_str().split('/').nth(1)?;
    variants.registers.as_ref()?.all.iter().find(|register| *register.name == *name)
}

/// Whether what a pointer leads to can be read.
pub(super) fn is_read(variants: &Variants, path: &Pointer) -> bool {
    find(variants, path).is_some_and(|register| register.is_read)
}

/// What asks for what a pointer leads to, if that is a register.
pub(super) fn asks(variants: &Variants, path: &Pointer) -> Option<Send> {
    is_read(variants, path).then(|| Send::asks(path.clone()))
}

/// Notes what is wrong with `register = "/relay/{n}"`.
pub(super) fn check(section: &Section<'_>, variants: &Variants, path: &Pointer) {
    let Some(registers) = &variants.registers else {
        let allowed = "a [modbus] with registers".into();
        section.fault("register", "found without [modbus]".into(), allowed, None);
        return;
    };
    if find(variants, path).is_none() {
        let names = || registers.all.iter().map(|register| &*register.name);
        let near = nearest(path.as_str().split('/').nth(1).unwrap_or_default(), names());
        let hint = near.map(|near| format!("did you mean \"/{near}\"?"));
        let allowed = names().map(|name| format!("/{name}")).collect::<Vec<_>>().join(", ");
        section.fault("register", format!("found {}", quoted(path.as_str())), allowed, hint);
    }
}
