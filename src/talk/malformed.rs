//! Why a text is no message: a code for programs, a reason and a hint for people.

use std::borrow::Cow;

/// A refused text. Serialized on the endpoint as `{"code": …, "reason": …, "hint": …}`.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, thiserror::Error)]
#[error("{reason}; {hint}")]
pub struct Malformed {
    /// A kebab-case word that never changes, for programs.
    pub code: &'static str,
    /// What was found, and where.
    pub reason: Cow<'static, str>,
    /// What to do instead.
    pub hint: &'static str,
}

impl Malformed {
    /// A refusal from its three parts.
    pub fn new(code: &'static str, reason: impl Into<Cow<'static, str>>, hint: &'static str) -> Self {
        Self { code, reason: reason.into(), hint }
    }
}
