//! Why something that could be pressed cannot be: the tile shows its state, a lock and the reason in words.

use crate::web::text::Live;

/// What keeps a tile from being pressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// Nobody has accepted the device yet.
    NotAccepted,
    /// Whoever looks at the page may only look.
    ReadOnly,
    /// Its owner locked this very tile: a first press opens it for a moment.
    Kept,
}

impl Lock {
    /// Every reason.
    #[cfg(test)]
    pub const ALL: [Self; 3] = [Self::NotAccepted, Self::ReadOnly, Self::Kept];

    /// `data-locked`.
    pub fn code(self) -> &'static str {
        match self {
            Self::NotAccepted => "not-accepted",
            Self::ReadOnly => "read-only",
            Self::Kept => "kept",
        }
    }

    /// Whether nothing opens it here.
    pub fn is_shut(self) -> bool {
        match self {
            Self::NotAccepted | Self::ReadOnly => true,
            Self::Kept => false,
        }
    }

    /// The reason.
    pub fn words(self, live: &Live) -> &'static str {
        match self {
            Self::NotAccepted => live.locked_new,
            Self::ReadOnly => live.locked_looking,
            Self::Kept => live.locked_kept,
        }
    }
}
