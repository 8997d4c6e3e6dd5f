//! Signing in and setting up.

/// The texts of the login and setup pages.
#[derive(Debug)]
pub struct Door {
    /// Heading of the login page.
    pub sign_in: &'static str,
}

pub(super) const EN: Door = Door { sign_in: "Sign in" };

pub(super) const CS: Door = Door { sign_in: "Přihlášení" };
