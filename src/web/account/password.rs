//! What is kept of a password, and which passwords are good enough.
//!
//! argon2id with 12 MiB, three passes, one lane: the smallest memory that OWASP recommends, so that the two hashes that
//! may run at once leave a 512 MB Raspberry Pi room to live.

use std::fmt;
use std::sync::{Mutex, PoisonError};

use argon2::{
    Algorithm, Argon2, Block, Params, Version,
    password_hash::{PasswordHasher, phc},
};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::web::{error::WebError, random};

const MEMORY_KIB: u32 = 12 * 1024;
const PASSES: u32 = 3;
const LANES: u32 = 1;
/// More than any hash of ours, less than a Raspberry Pi has: a foreign hash in the file must not take the machine.
const MOST_MEMORY_KIB: u32 = 128 * 1024;
/// The shortest password.
pub const SHORTEST: usize = 10;
/// Nobody types more; hashing it would cost the server time.
pub const LONGEST: usize = 1024;

/// The demo's password, hashed beforehand so that the demo starts at once.
const OF_THE_DEMO: &str =
    "$argon2id$v=19$m=12288,t=3,p=1$LU8JjTxrcrnnYHm258sQGw$vWX9axVQQz/FH14x85POTTTBr2rBB6gbJ46HJQRd1ss";
/// The hash of a random password nobody knows: unknown accounts pay the same time as known ones.
const OF_NOBODY: &str =
    "$argon2id$v=19$m=12288,t=3,p=1$MBg7mvUBWEP/NjNHvyRgDQ$4gbhGbo3Ze1pLMI0s2JZWTehujzpB7ZPHE7D61hLH90";

/// A password's hash; it prints as nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct PasswordHash(phc::PasswordHash);

/// Tells two passwords of an account apart without saying anything about them: sessions carry it and end when it
/// changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Mark(u64);

impl PasswordHash {
    /// Hashes a password; takes tens of milliseconds and [`MEMORY_KIB`].
    pub fn of(password: &str) -> Result<Self, WebError> {
        let salt: [u8; 16] = random::bytes()?;
        let hash = argon2().hash_password_with_salt(password.as_bytes(), &salt);
        hash.map(Self)
            .map_err(|error| std::io::Error::other(format!("cannot hash a password: {error}")).into())
    }

    /// The hash of the demo's password.
    pub fn of_the_demo() -> Self {
        Self::read(OF_THE_DEMO).expect("the hash in this file is sound, a test says so")
    }

    /// A hash that no known password fits.
    pub fn of_nobody() -> Self {
        Self::read(OF_NOBODY).expect("the hash in this file is sound, a test says so")
    }

    /// Reads the text form (PHC); says what is wrong with it.
    pub fn read(text: &str) -> Result<Self, &'static str> {
        let damaged = "damaged: expected $argon2id$v=19$m=…,t=…,p=…$salt$hash";
        let hash = phc::PasswordHash::new(text).map_err(|_| damaged)?;
        let params = Params::try_from(&hash).map_err(|_| damaged)?;
        let whole = hash.salt.is_some() && hash.hash.is_some_and(|hash| hash.len() >= 16);
        if hash.algorithm.as_str() != "argon2id" || hash.version != Some(19) || !whole {
            return Err(damaged);
        }
        if params.m_cost() > MOST_MEMORY_KIB || params.t_cost() > 16 || params.p_cost() > 4 {
            return Err("asks for more memory or time than this hub spends on a password");
        }
        Ok(Self(hash))
    }

    /// Whether `password` fits; takes as long as [`of`](Self::of).
    pub fn fits(&self, password: &str) -> bool {
        let (Some(salt), Some(expected)) = (&self.0.salt, &self.0.hash) else { return false };
        let Ok(params) = Params::try_from(&self.0) else { return false };
        let mut memory = Memory::of(params.block_count());
        let mut found = vec![0; expected.len()];
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let made =
            argon2.hash_password_into_with_memory(password.as_bytes(), salt, &mut found, &mut memory.blocks);
        made.is_ok() && bool::from(found.ct_eq(expected.as_ref()))
    }

    /// The text form for the accounts file.
    pub fn text(&self) -> String {
        self.0.to_string()
    }

    /// Which password this is.
    pub fn mark(&self) -> Mark {
        Mark::of(&self.text())
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

impl Mark {
    fn of(text: &str) -> Self {
        let digest = Sha256::digest(text);
        Self(digest.iter().take(8).fold(0, |mark, byte| mark << 8 | u64::from(*byte)))
    }

    /// The number, for the sessions file.
    pub fn number(self) -> u64 {
        self.0
    }

    /// The mark of [`number`](Self::number).
    pub fn from_number(number: u64) -> Self {
        Self(number)
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
        .expect("the parameters above are within argon2's bounds");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

/// The memory of one hash. It is used again: given back to the system's allocator it would stay in the pool of
/// whichever thread had it, 12 MiB in each.
struct Memory {
    blocks: Vec<Block>,
}

static SPARE: Mutex<Vec<Vec<Block>>> = Mutex::new(Vec::new());
/// As many as hash at the same time.
const MOST_SPARE: usize = 2;

impl Memory {
    fn of(blocks: usize) -> Self {
        let mut memory = SPARE.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        memory.resize(blocks, Block::new());
        Self { blocks: memory }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let blocks = std::mem::take(&mut self.blocks);
        let mut spare = SPARE.lock().unwrap_or_else(PoisonError::into_inner);
        // A foreign hash may have needed more.
        if spare.len() < MOST_SPARE && blocks.capacity() <= MEMORY_KIB as usize {
            spare.push(blocks);
        }
    }
}

/// Why a password is not good enough.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Weak {
    /// Fewer than [`SHORTEST`] characters.
    #[error("a password needs at least 10 characters")]
    Short,
    /// More than [`LONGEST`] bytes.
    #[error("a password may have 1024 bytes; take a shorter one")]
    Long,
    /// Among the first that anybody would try.
    #[error("this password is among the first that anybody would try: take several unrelated words")]
    Obvious,
}

/// Says why `password` is not good enough for the account `name`.
pub fn check(password: &str, name: &str) -> Result<(), Weak> {
    const OBVIOUS: [&str; 12] = [
        "bigclown",
        "clown",
        "password",
        "heslo",
        "raspberry",
        "1234567890",
        "0123456789",
        "9876543210",
        "qwertyuiop",
        "qwertzuiop",
        "abcdefghij",
        "letmein",
    ];
    let (lower, name) = (password.to_lowercase(), name.to_lowercase());
    if password.len() > LONGEST {
        return Err(Weak::Long);
    }
    if password.chars().count() < SHORTEST {
        return Err(Weak::Short);
    }
    let letters_beside =
        |word: &str| lower.replace(word, "").chars().filter(|character| character.is_alphabetic()).count();
    let is_little_more_than = |word: &str| lower.contains(word) && letters_beside(word) < 4;
    let is_the_name = name.chars().count() > 2 && is_little_more_than(&name);
    let mut different: Vec<char> = lower.chars().collect();
    different.sort_unstable();
    different.dedup();
    if OBVIOUS.into_iter().any(is_little_more_than) || is_the_name || different.len() < 5 {
        return Err(Weak::Obvious);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::account::DEMO_PASSWORD;

    #[test]
    fn a_hash_fits_its_password_only_and_says_nothing() {
        let hash = PasswordHash::of("correct horse battery").unwrap();
        assert!(hash.fits("correct horse battery"));
        assert!(!hash.fits("correct horse batterx") && !hash.fits(""));
        assert!(hash.text().starts_with("$argon2id$v=19$m=12288,t=3,p=1$"), "{}", hash.text());
        assert_eq!(PasswordHash::read(&hash.text()).unwrap(), hash);
        assert_eq!(format!("{hash:?}"), "PasswordHash");
        let again = PasswordHash::of("correct horse battery").unwrap();
        assert_ne!(again.mark(), hash.mark(), "the salt differs");
    }

    #[test]
    fn the_hashes_of_this_file_are_sound() {
        assert!(PasswordHash::of_the_demo().fits(DEMO_PASSWORD));
        assert!(!PasswordHash::of_nobody().fits(DEMO_PASSWORD));
        let costs = |hash: PasswordHash| hash.text().split('$').nth(3).map(str::to_owned);
        assert_eq!(costs(PasswordHash::of_nobody()).as_deref(), Some("m=12288,t=3,p=1"));
        assert_eq!(costs(PasswordHash::of_the_demo()).as_deref(), Some("m=12288,t=3,p=1"));
    }

    #[test]
    fn obvious_passwords_are_refused() {
        for good in ["correct horse battery", "Žluťoučký kůň", "x7#kQ9!mZ2", "clown around the clock"] {
            assert_eq!(check(good, "clown"), Ok(()), "{good}");
        }
        let long = "ab cdefgh".repeat(200);
        for bad in [
            "",
            "short",
            "123456789",
            "bigclown",
            "bigclown12",
            "BigClown!!",
            "password123",
            "1234567890",
            "aaaaaaaaaaaa",
            "ababababab",
            "anna123456",
            &long,
        ] {
            assert!(check(bad, "anna").is_err(), "{bad}");
        }
    }
}
