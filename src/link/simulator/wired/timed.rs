//! Coils that a device lets fall by itself: which of a definition's commands with `for` a write of Modbus is.

use std::sync::Arc;
use std::time::Duration;

use crate::device::catalog::Catalog;
use crate::device::frame::modbus::{Request, Table};
use crate::device::profile::captures::Captures;
use crate::device::profile::pointer::Pointer;
use crate::device::profile::{Form, Profile};
use crate::device::prove;
use crate::device::translate::Translator;
use crate::talk::{Payload, Topic};

/// What a number in a write may be in seconds: tenths, milliseconds, minutes …
const PARTS: [f64; 5] = [1.0, 10.0, 100.0, 1_000.0, 1.0 / 60.0];

/// Understands commands that end by themselves.
#[derive(Debug)]
pub(super) struct Timed {
    profile: Arc<Profile>,
    unit: u8,
    base: Option<Topic>,
    translator: Translator,
}

impl Timed {
    /// For the device that is this unit.
    pub fn new(profile: Arc<Profile>, unit: u8) -> Self {
        let mut translator = Translator::new(Arc::new(Catalog::new([profile.clone()])));
        let mut device = Captures::default();
        let base = device.put(&"id".into(), &unit.to_string()).and_then(|()| prove::base(&profile, &device));
        if let Some(base) = &base {
            translator.introduce(base, &profile, device);
        }
        Self { profile, unit, base, translator }
    }

    /// The coil, its state and for how long, if this body of a write is such a command.
    pub fn meant(&self, body: &[u8]) -> Option<((Table, u16), bool, Duration)> {
        let [5, high, low, number @ ..] = body else { return None };
        let [first, second] = *<&[u8; 2]>::try_from(number).ok()?;
        let (at, told) = (u16::from_be_bytes([*high, *low]), u16::from_be_bytes([first, second]));
        let registers = self.profile.registers.as_ref()?;
        let register = registers.all.iter().find(|register| {
            let is_inside = at >= register.at && u32::from(at) < register.end();
            register.table == Table::Coil && register.kind.is_some() && is_inside
        })?;
        let index = register.first + (at - register.at);
        self.profile.properties.iter().find_map(|property| {
            let write = property.write.as_ref()?;
            let (timed, state) = (path(&write.timed.as_ref()?.form)?, path(&write.sends.first()?.form)?);
            if timed.as_str().split('/').nth(1) != Some(&*register.name) {
                return None;
            }
            let mut captures = Captures::default();
            if let Some(name) = timed.names().next() {
                captures.put(&name.into(), &index.to_string())?;
            }
            let id = property.id.fill(&captures).ok()?;
            let coil = registers.ask(self.unit, &state.fill(&captures).ok()?).ok()?.range()?;
            let (is_on, seconds) = self.searched(&id, &property.quantity, told, body)?;
            Some(((coil.0, coil.1), is_on, seconds))
        })
    }

    /// The state and the seconds for which the definition writes this.
    fn searched(&self, id: &str, quantity: &str, told: u16, body: &[u8]) -> Option<(bool, Duration)> {
        let states = [true, false].into_iter();
        states.flat_map(|is_on| PARTS.map(|part| (is_on, f64::from(told) / part))).find_map(
            |(is_on, seconds)| {
                let quantity = Payload::of(quantity);
                let wish = format!("{{{}: {is_on}, \"for\": {seconds}}}", quantity.as_str());
                let order = self.translator.command(
                    self.base.as_ref()?,
                    &format!("{id}/set"),
                    &Payload::parse(&wish).ok()?,
                )?;
                let written = Request::parse(order.ok()?.sends.first()?.bytes.as_deref()?)?;
                let is_it = *written.body == *body;
                is_it
                    .then(|| Duration::try_from_secs_f64(seconds).ok())
                    .flatten()
                    .map(|seconds| (is_on, seconds))
            },
        )
    }
}

fn path(form: &Form) -> Option<&Pointer> {
    match form {
        Form::Register(path) => Some(path),
        Form::Line | Form::Hex(_) | Form::Pin(_) => None,
    }
}
