//! What refusals and troubles of links mean, by their code, for readers of another language.
//!
//! The hub gives its reasons in English, with every name and number; that text is always shown. A language with a table
//! here says first, in its own words, what it is about.

use serde::{Serialize, Serializer};

/// Short words for codes.
#[derive(Debug)]
pub struct Codes(pub(super) &'static [(&'static str, &'static str)]);

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
    ("asleep", "zařízení spí, příkaz NEBYL doručen"),
    ("bad-name", "takové jméno uzel mít nemůže"),
    ("bad-payload", "takový obsah zařízení nezná"),
    ("bad-qos", "QoS je 0, 1 nebo 2"),
    ("bad-topic", "téma není v pořádku"),
    ("busy", "příliš mnoho příkazů čeká, zkuste to znovu"),
    ("definition", "definice zařízení tohle neumí říct"),
    ("device", "zařízení to odmítlo"),
    ("fixed", "jméno stojí v konfiguraci"),
    ("late", "na odeslání už bylo pozdě, příkaz NEBYL doručen"),
    ("loop", "stejný příkaz právě přišel i odjinud, smyčka byla přerušena"),
    ("name-taken", "tohle jméno už má jiný uzel"),
    ("no-answer", "zařízení neodpovědělo a nikdo neví, zda to udělalo"),
    ("no-broker", "tohle spojení nepřenáší témata, jen příkazy svému zařízení"),
    ("no-such-device", "takové zařízení tu není"),
    ("no-such-link", "takové spojení tu není"),
    ("not-a-command", "tohle není příkaz"),
    ("not-accepted", "zařízení ještě nikdo nepřijal"),
    ("not-stored", "brána si jméno neuložila"),
    ("not-sent", "příkaz NEBYL doručen"),
    ("offline", "zařízení je nedostupné, příkaz NEBYL doručen"),
    ("refused", "broker to odmítl"),
    ("read-only", "tohle lze jen číst"),
    ("reserved", "témata s `$` na začátku patří brokeru a hubu"),
    ("sleeping", "tento uzel spí a nelze ho ovládat"),
    ("table-full", "v bráně není pro další uzel místo"),
    ("too-long", "zpráva je příliš dlouhá"),
    ("unknown-node", "takový uzel není spárovaný"),
    ("vanished", "zařízení mezitím zmizelo"),
]);

pub(super) const CS_LINKS: Codes = Codes(&[
    ("banned", "Broker hub vykázal. Zeptejte se, kdo ho spravuje."),
    ("broker-absent", "Na téhle adrese žádný broker neběží. Spusťte ho, nebo opravte url."),
    ("broker-busy", "Broker je plný nebo ještě není připravený; hub to zkouší dál."),
    ("broker-refused", "Broker hub odmítl; proč, je v jeho logu."),
    ("broker-stopped", "Broker byl zastaven; hub to zkouší dál."),
    ("busy", "Port používá jiný program. Ukončete ho, nebo dejte hubu jiný port."),
    ("client-certificate", "Broker chce certifikát klienta, nebo ten náš nepřijal. Zkontrolujte cert a key."),
    ("client-id", "Broker nepřijal jméno klienta. Nastavte jiné client_id."),
    ("closed", "Broker beze slova zavřel spojení; proč, je v jeho logu."),
    ("connecting", "Spojení se otevírá."),
    ("definition", "Definice zařízení chybí, je v ní chyba, nebo se k téhle lince nehodí."),
    ("ended", "Broker spojení ukončil; proč, je v jeho logu."),
    ("failed", "Broker není dosažitelný; hub to zkouší dál."),
    ("fault", "Spojení spadlo chybou hubu a spouští se znovu."),
    ("forbidden", "Hub nesmí port používat."),
    ("keep-alive", "Broker přestal odpovídat. Zkontrolujte síť, hub to zkouší dál."),
    ("left-out", "Některé zprávy jsou příliš velké a hub je vynechává. Odstraňte je, nebo omezte topics."),
    ("loop", "Zprávy se vracejí dokola; hub smyčku přerušuje. Omezte témata, nebo přidejte předponu."),
    ("lost", "Spojení s brokerem se přerušilo; hub to zkouší dál."),
    ("missing", "Zařízení tu není. Zapojte ho, hub si port otevře sám."),
    ("moved", "Broker posílá klienty jinam. Změňte url."),
    ("no-access", "Hub nesmí spojení otevřít."),
    ("no-answer", "Broker spojení přijal, ale mlčí. Je to broker MQTT?"),
    ("no-password", "Heslo k brokeru nelze přečíst. Zapište ho do password_file a dejte tomu práva 600."),
    ("no-retain", "Broker si zprávy nepamatuje (retain) a hub kvůli nim nepustil dovnitř."),
    ("no-route", "K brokeru nevede žádná síť. Zkontrolujte kabel nebo Wi-Fi."),
    ("not-authorized", "Broker nepřijal jméno a heslo. Opravte user a heslo, hub to zkouší každou minutu."),
    ("not-subscribed", "Broker některá témata nepovolil. Dovolte je uživateli hubu, nebo je vynechte."),
    ("not-tls", "Tenhle port nemluví TLS. Zkontrolujte port; bez TLS je to mqtt://."),
    ("packet-too-large", "Broker posílá zprávu větší, než hub přijme. Odstraňte ji, nebo omezte topics."),
    (
        "power",
        "Spojení často padá a v poslední hodině kleslo napětí: nejspíš za to může napájení. Použijte originální zdroj, nebo USB hub s vlastním napájením.",
    ),
    ("protocol-error", "Tohle není broker MQTT, nebo nedodržuje pravidla."),
    ("quota", "Broker nemá pro tento hub místo. Zvyšte jeho limity."),
    ("radio-not-ready", "Brána odpovídá, ale její rádio ještě nepracuje. Odpojte ji a znovu zapojte."),
    ("refused", "Port nelze použít. Co je k dispozici, ukáže clown-hub ports."),
    ("removed", "Spojení už není v konfiguraci."),
    ("replaced", "K brokeru přišel jiný klient se stejným client_id."),
    (
        "shared-devices",
        "Příkazy, které přijdou přes broker, plní pro některá zařízení jiný hub. Když zmizí, převezme je tento.",
    ),
    ("server-absent", "Na téhle adrese žádný server sériových portů neběží."),
    ("server-lost", "Server sériového portu ukončil spojení; hub to zkouší dál."),
    ("server-unknown", "Takové jméno v síti není. Zkontrolujte adresu v device."),
    ("server-unreachable", "K serveru sériového portu se nelze dostat. Zkontrolujte síť a adresu."),
    ("silent", "Zařízení je zapojené, ale mlčí."),
    ("stopped", "Hub se zastavuje."),
    ("taken-over", "Dva klienti mají stejné client_id a vyhazují se navzájem. Dejte každému jiné."),
    ("timeout", "Broker neodpověděl včas. Zkontrolujte, zda běží, jeho adresu a firewall."),
    ("tls-certificate", "Certifikát brokeru není v pořádku."),
    ("tls-expired", "Certifikát brokeru už neplatí. Obnovte ho."),
    ("tls-failed", "TLS s brokerem selhalo; proč, je v jeho logu."),
    ("tls-files", "Soubory s certifikáty nelze použít. Zkontrolujte ca, cert a key."),
    ("tls-name", "Certifikát brokeru je pro jiné jméno. Napište do url jedno z jeho jmen."),
    ("tls-not-yet", "Certifikát brokeru ještě neplatí. Zkontrolujte hodiny obou strojů."),
    ("tls-required", "Broker chce TLS. Napište do url mqtts://."),
    ("tls-unknown-ca", "Certifikát brokeru podepsala neznámá autorita. Uveďte ji v ca."),
    ("unknown-host", "Takové jméno v síti není. Zkontrolujte url a DNS, nebo napište IP adresu."),
    ("unreadable", "Co přichází, není k přečtení. Zkontrolujte rychlost, kabel a druh spojení."),
    ("unplugged", "Zařízení bylo odpojeno. Zapojte ho, hub bude pokračovat sám."),
    ("version", "Broker nemluví touto verzí MQTT. Nastavte version, nebo ji vynechte."),
]);

pub(super) const CS_DISKS: Codes = Codes(&[
    ("disk_full", "Na disku není místo. Uvolněte ho, hub bude pokračovat sám."),
    ("disk_low", "Místo na disku brzy dojde. Něco uvolněte, nebo zmenšete historii."),
    ("hot", "Procesor se přehřívá a zpomaluje. Dopřejte mu vzduch, chladič nebo větráček."),
    ("io_error", "Disk hlásí chybu. Hub to zkouší dál."),
    ("read_only", "Na disk nelze zapisovat. Dovolte hubu zápis do jeho složky, bude pokračovat sám."),
    (
        "under_voltage",
        "V poslední hodině kleslo napětí pod mez. Použijte originální zdroj i s jeho kabelem, nebo USB hub s vlastním napájením.",
    ),
    ("unusable", "Soubor nelze použít. Hub to zkouší dál."),
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_trouble_of_a_broker_has_czech_words() {
        let sources = [
            include_str!("../../link/mqtt/failure.rs"),
            include_str!("../../link/mqtt/failure/certificate.rs"),
        ];
        let codes = sources.iter().flat_map(|source| source.split("waiting(").skip(1)).filter_map(|call| {
            let code = call.trim_start().strip_prefix('"')?;
            code.split('"').next()
        });
        let codes: Vec<&str> = codes.collect();
        assert!(codes.len() > 30, "{codes:?}");
        for code in codes {
            assert!(CS_LINKS.of(code).is_some(), "no Czech words for {code}");
        }
    }
}
