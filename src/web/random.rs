//! Random bytes from the operating system, and the two forms in which they are shown.

use std::{fmt::Write, io};

/// `N` bytes nobody can guess.
pub fn bytes<const N: usize>() -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| io::Error::other(format!("no random numbers: {error}")))?;
    Ok(bytes)
}

/// A number nobody can guess.
pub fn number() -> io::Result<u64> {
    bytes().map(u64::from_le_bytes)
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Reads exactly `N` bytes of hexadecimal.
pub fn from_hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    if text.len() != N * 2 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().as_chunks::<2>().0) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hexadecimal_reads_back_and_refuses_what_is_not_whole() {
        let bytes: [u8; 32] = bytes().unwrap();
        assert_eq!(from_hex::<32>(&hex(&bytes)), Some(bytes));
        for bad in ["", "0", "zz", "0g", "+1", "000", "é"] {
            assert_eq!(from_hex::<1>(bad), None, "{bad}");
        }
    }
}
