//! Which physical device it is, whatever a dialect calls it: by the addresses of radios that stand in its names.
//!
//! `A4:C1:38:C3:8E:E5`, `a4c138c38ee5`, `shellyplus1pm-a4c138c38ee5` and `zigbee2mqtt_0x286d970001037539` hold one; two
//! announcements with the same address are of one device.

/// Digits of a MAC address and of an EUI-64.
const LENGTHS: [usize; 2] = [12, 16];

/// The addresses that stand in a name, as lower-case digits without anything between them.
pub fn addresses(name: &str) -> Vec<Box<str>> {
    let plain = name.to_lowercase();
    let joined = join_pairs(&plain);
    let words = joined.split(|c: char| !c.is_ascii_alphanumeric());
    let digits = words.map(|word| word.strip_prefix("0x").unwrap_or(word));
    digits.filter(|digits| is_address(digits)).map(Into::into).collect()
}

fn is_address(digits: &str) -> bool {
    let is_told = |digit: u8| !matches!(digit, b'0' | b'f');
    LENGTHS.contains(&digits.len())
        && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
        // Nobody's and everybody's.
        && digits.bytes().any(is_told)
}

/// `a4:c1:38` as `a4c138`: pairs of digits with a colon or dash between them.
fn join_pairs(text: &str) -> String {
    let bytes = text.as_bytes();
    let is_hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    // Such a mark stands between two digits on either side, and no third one is beside them.
    let joins = |at: usize| {
        at >= 2
            && matches!(bytes[at], b':' | b'-')
            && is_hex(at - 1)
            && is_hex(at - 2)
            && !(at >= 3 && is_hex(at - 3))
            && is_hex(at + 1)
            && is_hex(at + 2)
            && !is_hex(at + 3)
    };
    text.char_indices().filter(|(at, _)| !joins(*at)).map(|(_, c)| c).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_found_in_every_spelling() {
        let check = |name: &str, found: &[&str]| {
            let addresses = addresses(name);
            assert_eq!(addresses.iter().map(|one| &**one).collect::<Vec<_>>(), found, "{name}");
        };
        check("A4:C1:38:C3:8E:E5", &["a4c138c38ee5"]);
        check("a4-c1-38-c3-8e-e5", &["a4c138c38ee5"]);
        check("a4c138c38ee5", &["a4c138c38ee5"]);
        check("shellyplus1pm-4417939341dc", &["4417939341dc"]);
        check("zigbee2mqtt_0x286d970001037539", &["286d970001037539"]);
        check("0x286d970001037539_temperature_zigbee2mqtt", &["286d970001037539"]);
        check("ea334450945afc", &[]);
        check("kitchen", &[]);
        check("000000000000", &[]);
        check("ff:ff:ff:ff:ff:ff", &[]);
        check("beef-café", &[]);
    }
}
