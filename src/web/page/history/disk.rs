//! What history costs the disk: the size of its file, what is written in a day, and how long a memory card bears that.

use super::figure::number;
use crate::history::Facts;
use crate::web::text::{History as Texts, Lang, fill};

/// What is said about it, a sentence each; and whether somebody should read them.
pub struct Disk {
    /// The sentences.
    pub said: Vec<String>,
    /// Whether something was lost, or the disk does not last.
    pub warns: bool,
}

impl Disk {
    /// What the facts come to.
    pub fn new(lang: Lang, facts: &Facts) -> Self {
        let texts = &lang.text().history;
        let values = [
            ("bytes", &*amount(lang, BINARY, facts.bytes)),
            ("most", &*amount(lang, BINARY, facts.most_bytes)),
        ];
        let mut said = vec![fill(texts.disk_size, &values)];
        let years = facts.pace.and_then(|pace| pace.years);
        said.push(match facts.pace {
            None => texts.disk_early.to_owned(),
            Some(pace) => {
                let values = [
                    ("bytes", &*amount(lang, DECIMAL, pace.bytes_per_day)),
                    ("years", &*lasting(texts, lang, years)),
                ];
                fill(if years.is_some() { texts.disk_pace } else { texts.disk_writes }, &values)
            }
        });
        let counted = [(facts.left_out as u64, texts.disk_left_out), (facts.lost, texts.disk_lost)];
        let counted = counted.into_iter().filter(|(count, _)| *count > 0);
        said.extend(counted.map(|(count, words)| fill(words, &[("n", &count.to_string())])));
        Self { said, warns: facts.lost > 0 || years.is_some_and(|years| years < 5.0) }
    }
}

fn lasting(texts: &Texts, lang: Lang, years: Option<f64>) -> String {
    match years {
        Some(years) if years < 100.0 => fill(texts.disk_years, &[("n", &number(lang, years))]),
        Some(_) => texts.disk_long.to_owned(),
        None => String::new(),
    }
}

/// Files are measured as the configuration does it, what is written as card makers do.
const BINARY: [(f64, &str); 3] = [(1_073_741_824.0, "GiB"), (1_048_576.0, "MiB"), (1_024.0, "KiB")];
const DECIMAL: [(f64, &str); 3] = [(1e9, "GB"), (1e6, "MB"), (1e3, "kB")];

/// Bytes as people read them.
#[expect(clippy::cast_precision_loss, reason = "nobody reads sixteen digits")]
fn amount(lang: Lang, units: [(f64, &str); 3], bytes: u64) -> String {
    let bytes = bytes as f64;
    let found = units.into_iter().find(|(size, _)| bytes >= *size);
    let (size, unit) = found.unwrap_or((1.0, "B"));
    format!("{} {unit}", number(lang, (bytes / size * 10.0).round() / 10.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::wear::Pace;

    #[test]
    fn what_is_written_and_how_long_a_card_bears_it_is_said() {
        let mut facts = Facts { bytes: 1_258_291, most_bytes: 512 << 20, ..Facts::default() };
        let said = |facts: &Facts| Disk::new(Lang::En, facts).said.join(" ");
        assert_eq!(
            said(&facts),
            "The file has 1.2 MiB of at most 512 MiB. \
             What the hub writes in a day is known ten minutes after the start."
        );
        facts.pace = Some(Pace { bytes_per_day: 48_000_000, years: Some(12.34) });
        let told = said(&facts);
        assert!(told.contains("The hub writes 48 MB a day"), "{told}");
        assert!(told.ends_with("a memory card of this size bears that for about 12.34 years."), "{told}");
        assert!(!Disk::new(Lang::En, &facts).warns);
        facts.pace = Some(Pace { bytes_per_day: 1, years: Some(1e6) });
        assert!(said(&facts).ends_with("bears that for more than 100 years."));
        facts.pace = Some(Pace { bytes_per_day: 900, years: None });
        (facts.lost, facts.left_out) = (7, 2);
        let told = said(&facts);
        assert!(
            told.contains("writes 900 B a day")
                && told.contains("2 quantities")
                && told.contains("7 samples")
        );
        assert!(Disk::new(Lang::Cs, &facts).warns);
    }
}
