//! What pages say about definitions, and the names that those in the binary give to properties, in other languages.
//!
//! A definition is written in English. Whoever writes one of their own names things as they like; only names that stand
//! here are said in another language.

/// The texts about definitions.
#[derive(Debug)]
pub struct Definitions {
    /// A file that is not taken, while its last good version is in force.
    pub earlier: &'static str,
    /// … while the definition in the binary counts.
    pub built_in: &'static str,
    /// … and nothing counts.
    pub nothing: &'static str,
    /// The folder itself cannot be read.
    pub folder: &'static str,
    /// `{n}` more mistakes than are shown.
    pub more: &'static str,
    /// Before the definition's id.
    pub definition: &'static str,
    /// The link to the maker's documentation.
    pub docs: &'static str,
    /// The link from a quirk to its source.
    pub source: &'static str,
}

pub(super) const EN: Definitions = Definitions {
    earlier: "A definition has a mistake; its earlier version stays in force",
    built_in: "A definition has a mistake; the hub's own counts instead",
    nothing: "A definition has a mistake; its devices are not understood",
    folder: "The folder of definitions cannot be read",
    more: "and {n} more",
    definition: "Definition",
    docs: "Its maker's documentation",
    source: "source",
};

pub(super) const CS_TEXTS: Definitions = Definitions {
    earlier: "Definice má chybu; platí dál její předchozí verze",
    built_in: "Definice má chybu; místo ní platí ta, kterou má hub v sobě",
    nothing: "Definice má chybu; jejím zařízením hub nerozumí",
    folder: "Složku s definicemi nelze přečíst",
    more: "a ještě {n}",
    definition: "Definice",
    docs: "Dokumentace výrobce",
    source: "zdroj",
};

/// A name as the definitions write it, in Czech.
pub(super) const CS: &[(&str, &str)] = &[
    ("Air pressure", "Tlak vzduchu"),
    ("Altitude", "Nadmořská výška"),
    ("Battery", "Baterie"),
    ("Battery low", "Slabá baterie"),
    ("Brightness", "Jas"),
    ("Button", "Tlačítko"),
    ("Button held", "Podržení tlačítka"),
    ("Button held for", "Doba podržení"),
    ("Bytes", "Bajty"),
    ("Bytes read", "Přečtené bajty"),
    ("Bytes to read", "Kolik bajtů číst"),
    ("Bytes written", "Zapsané bajty"),
    ("CO₂", "CO₂"),
    ("Clear", "Smazat"),
    ("Colour", "Barva"),
    ("Colours", "Barvy"),
    ("Device on the bus", "Zařízení na sběrnici"),
    ("Distance", "Vzdálenost"),
    ("Door", "Dveře"),
    ("Effect", "Efekt"),
    ("Export", "Dodávka"),
    ("Fan and laser", "Ventilátor a laser"),
    ("Firmware", "Firmware"),
    ("Flood", "Zaplavení"),
    ("Humidity", "Vlhkost"),
    ("Import", "Odběr"),
    ("Knob", "Otočný ovladač"),
    ("LED", "LED"),
    ("Let new devices join", "Vpustit nová zařízení"),
    ("Light", "Světlo"),
    ("Line 1", "Řádek 1"),
    ("Line 2", "Řádek 2"),
    ("Line 3", "Řádek 3"),
    ("Line 4", "Řádek 4"),
    ("Line 5", "Řádek 5"),
    ("Line 6", "Řádek 6"),
    ("Line 7", "Řádek 7"),
    ("Line 8", "Řádek 8"),
    ("Motion", "Pohyb"),
    ("Movement", "Otřes"),
    ("Off-peak hours", "Nízký tarif"),
    ("Particles of that size in µm and more, in 0.1 l", "Částice této velikosti v µm a větší, v 0,1 l"),
    ("Peak hours", "Vysoký tarif"),
    ("Pulses", "Impulsy"),
    ("Radio", "Rádio"),
    ("Relay", "Relé"),
    ("Restart", "Restartovat"),
    ("Soil moisture", "Vlhkost půdy"),
    ("Soil temperature", "Teplota půdy"),
    ("Soil, errors", "Půda, chyby"),
    ("Soil, raw", "Půda, hrubá hodnota"),
    ("Temperature", "Teplota"),
    ("Temperature inside", "Teplota uvnitř"),
    ("Text", "Text"),
    ("Thermometer", "Teploměr"),
    ("Too hot", "Přehřátí"),
    ("Vapours", "Výpary"),
    ("Version", "Verze"),
    ("Zero point, only in fresh air", "Nulový bod, jen na čerstvém vzduchu"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::builtin;

    #[test]
    fn every_name_of_the_binarys_definitions_has_its_translation() {
        assert!(CS.is_sorted_by(|(one, _), (two, _)| one < two), "each once, in order");
        let named = builtin::profiles().iter().flat_map(|profile| &profile.properties);
        let names = named.filter_map(|property| property.name.as_deref());
        let missing: std::collections::BTreeSet<&str> =
            names.filter(|name| !CS.iter().any(|(known, _)| known == name)).collect();
        assert!(missing.is_empty(), "add them to src/web/text/devices.rs: {missing:?}");
    }
}
