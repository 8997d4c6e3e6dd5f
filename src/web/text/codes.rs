//! What refusals and troubles of links mean, by their code, for readers of another language.
//!
//! The hub gives its reasons in English, with every name and number; that text is always shown. A language with a table
//! here says first, in its own words, what it is about.

use serde::{Serialize, Serializer};

/// Short words for codes.
#[derive(Debug)]
pub struct Codes(&'static [(&'static str, &'static str)]);

impl Codes {
    /// The words for a code, if this language needs any.
    pub fn of(&self, code: &str) -> Option<&'static str> {
        self.0.iter().find(|(known, _)| *known == code).map(|(_, words)| *words)
    }
}

impl Serialize for Codes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}

/// English needs none: the reasons are English.
pub(super) const NONE: Codes = Codes(&[]);

pub(super) const CS_REFUSALS: Codes = Codes(&[
    ("bad-payload", "takový obsah zařízení nezná"),
    ("bad-qos", "QoS je 0, 1 nebo 2"),
    ("bad-topic", "téma není v pořádku"),
    ("busy", "příliš mnoho příkazů čeká, zkuste to znovu"),
    ("device", "zařízení to odmítlo"),
    ("late", "na odeslání už bylo pozdě, příkaz NEBYL doručen"),
    ("loop", "stejný příkaz právě přišel i odjinud, smyčka byla přerušena"),
    ("no-broker", "tohle spojení nepřenáší témata, jen příkazy svému zařízení"),
    ("no-such-device", "takové zařízení tu není"),
    ("no-such-link", "takové spojení tu není"),
    ("not-a-command", "tohle není příkaz"),
    ("not-sent", "příkaz NEBYL doručen"),
    ("offline", "zařízení je nedostupné, příkaz NEBYL doručen"),
    ("refused", "broker to odmítl"),
    ("read-only", "tohle lze jen číst"),
    ("reserved", "témata s `$` na začátku patří brokeru a hubu"),
    ("too-long", "zpráva je příliš dlouhá"),
    ("vanished", "zařízení mezitím zmizelo"),
]);

pub(super) const CS_LINKS: Codes = Codes(&[
    ("busy", "Port používá jiný program. Ukončete ho, nebo dejte hubu jiný port."),
    ("connecting", "Spojení se otevírá."),
    ("fault", "Spojení spadlo chybou hubu a spouští se znovu."),
    ("forbidden", "Hub nesmí port používat."),
    ("loop", "Zprávy se vracejí dokola; hub smyčku přerušuje. Omezte témata, nebo přidejte předponu."),
    ("missing", "Zařízení tu není. Zapojte ho, hub si port otevře sám."),
    ("refused", "Port nelze použít. Co je k dispozici, ukáže clown-hub ports."),
    ("removed", "Spojení už není v konfiguraci."),
    ("silent", "Zařízení je zapojené, ale mlčí."),
    ("stopped", "Hub se zastavuje."),
    ("unplugged", "Zařízení bylo odpojeno. Zapojte ho, hub bude pokračovat sám."),
]);
