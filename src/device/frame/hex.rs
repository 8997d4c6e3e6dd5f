//! Bytes as people write them: `AA C0 D4 04`.

/// Reads pairs of digits, with or without anything blank between them; nothing if that is not all there is.
pub fn read(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok()))
        .collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

/// Writes them with a blank between bytes.
pub fn shown(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02X}")).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_read_and_shown_alike() {
        assert_eq!(read("aac0 D4\n04"), Some(vec![0xaa, 0xc0, 0xd4, 4]));
        assert_eq!(shown(&[0xaa, 0xc0, 0xd4, 4]), "AA C0 D4 04");
        assert_eq!(read(""), Some(Vec::new()));
        for wrong in ["A", "AA C", "0x10", "xy", "é0"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
