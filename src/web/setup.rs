//! The code of the first start: whoever reads it on the console may make the first account.
//!
//! Eighty random bits, in letters that are not mistaken for each other; it lives in memory only and is of no use once
//! there is an account.

use std::{fmt, io};

use subtle::ConstantTimeEq;

use super::random;

/// No I, L, O, U: read aloud and typed they are mistaken for others.
const LETTERS: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const GROUPS: usize = 4;
const GROUP: usize = 4;

/// A one-time setup code; prints as nothing but by [`text`](Self::text).
pub struct SetupCode([u8; GROUPS * GROUP]);

impl SetupCode {
    /// A code nobody can guess.
    pub fn make() -> io::Result<Self> {
        let random: [u8; GROUPS * GROUP] = random::bytes()?;
        Ok(Self(random.map(|byte| LETTERS[usize::from(byte % 32)])))
    }

    /// The code for a person: `K7QF-2M9D-0RTY-8WXZ`.
    pub fn text(&self) -> String {
        let groups: Vec<_> = self.0.chunks(GROUP).map(String::from_utf8_lossy).collect();
        groups.join("-")
    }

    /// Whether somebody typed it; case, hyphens and blanks do not matter, and O is 0, I and L are 1.
    pub fn is(&self, typed: &str) -> bool {
        let letters: Vec<u8> = typed
            .bytes()
            .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'-')
            .map(|byte| match byte.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                other => other,
            })
            .collect();
        letters.ct_eq(&self.0).into()
    }
}

impl fmt::Debug for SetupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetupCode")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_recognised_as_people_type_it_and_nothing_else_is() {
        let code = SetupCode(*b"K7QF2M9D01TY8WXZ");
        assert_eq!(code.text(), "K7QF-2M9D-01TY-8WXZ");
        for good in ["K7QF-2M9D-01TY-8WXZ", "k7qf2m9d01ty8wxz", " K7QF 2M9D OLTY 8WXZ\n", "k7qf2m9dOity8wxz"]
        {
            assert!(code.is(good), "{good:?}");
        }
        for bad in ["", "K7QF", "K7QF-2M9D-01TY-8WX", "K7QF-2M9D-01TY-8WXZZ", "K7QF-2M9D-01TY-8WXY", "é"] {
            assert!(!code.is(bad), "{bad:?}");
        }
        assert_ne!(SetupCode::make().unwrap().text(), SetupCode::make().unwrap().text());
        assert_eq!(format!("{code:?}"), "SetupCode");
    }
}
