//! How the line of the dongle goes wrong, and what a person does to it while it runs.

use std::time::Duration;

use super::wire::is_id;

/// Longest delay that can be asked for.
const LONGEST_DELAY_MS: u64 = 3_600_000;

/// How the simulated dongle misbehaves.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// It hears and obeys, and says nothing.
    pub silence: bool,
    /// Share of its lines that arrive damaged, 0 to 1.
    pub garbage: f64,
    /// Share of its lines that break off, so that the next one continues them, 0 to 1.
    pub halves: f64,
    /// Share of its lines that never arrive, 0 to 1.
    pub loss: f64,
    /// What it says is late by this much.
    pub delay: Duration,
    /// It cannot write aliases.
    pub eeprom_is_broken: bool,
}

/// Something that happens to the dongle or its nodes.
#[derive(Clone, Debug, PartialEq)]
pub enum Happening {
    /// Somebody presses the button of this node, or walks by.
    Press(String),
    /// This node gets its power anew.
    Boot(String),
    /// The next node that is not paired asks for it.
    Pair,
    /// The dongle is pulled out, and plugged in again after a while.
    Unplug(Duration),
    /// One fault changes.
    Fault(Fault),
    /// A line of somebody's own making.
    Say(String),
}

/// A fault and how bad it is now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Fault {
    /// See [`Faults::silence`].
    Silence(bool),
    /// See [`Faults::garbage`].
    Garbage(f64),
    /// See [`Faults::halves`].
    Halves(f64),
    /// See [`Faults::loss`].
    Loss(f64),
    /// See [`Faults::delay`].
    Delay(Duration),
    /// See [`Faults::eeprom_is_broken`].
    Eeprom(bool),
}

impl Faults {
    /// From now on.
    pub fn change(&mut self, fault: Fault) {
        match fault {
            Fault::Silence(silence) => self.silence = silence,
            Fault::Garbage(share) => self.garbage = share,
            Fault::Halves(share) => self.halves = share,
            Fault::Loss(share) => self.loss = share,
            Fault::Delay(delay) => self.delay = delay,
            Fault::Eeprom(is_broken) => self.eeprom_is_broken = is_broken,
        }
    }
}

impl Happening {
    /// What is written to the program while it runs, and what to write instead if it means nothing.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
        let rest = rest.trim();
        match word {
            "press" => Ok(Self::Press(id(rest)?)),
            "boot" => Ok(Self::Boot(id(rest)?)),
            "pair" if rest.is_empty() => Ok(Self::Pair),
            "unplug" => Ok(Self::Unplug(seconds(rest)?)),
            "say" if !rest.is_empty() => Ok(Self::Say(rest.to_owned())),
            "eeprom" => Ok(Self::Fault(Fault::Eeprom(choice(rest, "broken", "good")?))),
            _ => line_fault(word, rest)?.map(Self::Fault).ok_or_else(|| format!(
                "{text:?} means nothing here; say press ID, boot ID, pair, unplug SECONDS, silence on|off, \
                 eeprom broken|good, garbage SHARE, halves SHARE, loss SHARE, delay-ms MS, or say LINE"
            )),
        }
    }
}

/// A fault that every line may have, if `word` names one.
pub(in super::super) fn line_fault(word: &str, rest: &str) -> Result<Option<Fault>, String> {
    Ok(Some(match word {
        "silence" => Fault::Silence(choice(rest, "on", "off")?),
        "garbage" => Fault::Garbage(number(rest, 1.0, "a share")?),
        "halves" => Fault::Halves(number(rest, 1.0, "a share")?),
        "loss" => Fault::Loss(number(rest, 1.0, "a share")?),
        "delay-ms" => {
            let ms = number(rest, LONGEST_DELAY_MS as f64, "milliseconds")?;
            Fault::Delay(Duration::from_secs_f64(ms / 1_000.0))
        }
        _ => return Ok(None),
    }))
}

/// How long something is away.
pub(in super::super) fn seconds(text: &str) -> Result<Duration, String> {
    number(text, 3_600.0, "seconds").map(Duration::from_secs_f64)
}

fn id(text: &str) -> Result<String, String> {
    if is_id(text) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(format!("{text:?} is no id of a node; it has twelve hexadecimal digits, as 836d1983718a"))
    }
}

fn number(text: &str, most: f64, what: &str) -> Result<f64, String> {
    let number = text.parse().ok().filter(|number| (0.0..=most).contains(number));
    number.ok_or_else(|| format!("{text:?} is not {what} from 0 to {most}"))
}

fn choice(text: &str, yes: &str, no: &str) -> Result<bool, String> {
    match text {
        _ if text == yes => Ok(true),
        _ if text == no => Ok(false),
        _ => Err(format!("{text:?} is neither {yes} nor {no}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_happens_is_read_from_a_line() {
        let check = |text: &str, expected| assert_eq!(Happening::parse(text).ok(), expected, "{text}");
        check("press 836D1983718A", Some(Happening::Press("836d1983718a".into())));
        check(" pair ", Some(Happening::Pair));
        check("unplug 0.5", Some(Happening::Unplug(Duration::from_millis(500))));
        check("delay-ms 250", Some(Happening::Fault(Fault::Delay(Duration::from_millis(250)))));
        check("garbage 1", Some(Happening::Fault(Fault::Garbage(1.0))));
        check("eeprom broken", Some(Happening::Fault(Fault::Eeprom(true))));
        check(r#"say ["a/b", 1]"#, Some(Happening::Say(r#"["a/b", 1]"#.into())));
        for wrong in ["", "press", "press 1", "pair all", "unplug -1", "garbage 2", "silence", "say", "dance"]
        {
            check(wrong, None);
        }
    }
}
