//! How a device says that it is there or gone, and which of several such words counts.

use super::Topics;
use super::pointer::Pointer;
use super::template::Template;
use crate::talk::model::Value;

/// How a device says whether it is there.
#[derive(Debug)]
pub struct Availability {
    /// Where.
    pub topics: Topics,
    /// Where in the payload.
    pub value: Pointer,
    /// What is made of it.
    pub template: Option<Template>,
    /// Words for here.
    pub online: Vec<Value>,
    /// Words for gone.
    pub offline: Vec<Value>,
    /// Whose word it is, if it is not the device's own: a gateway that carries many devices.
    pub bridge: Option<Box<str>>,
}

/// Which of several words about availability counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AvailabilityMode {
    /// The last one.
    #[default]
    Latest,
    /// It is there if all say so.
    All,
    /// It is there if one says so.
    Any,
}

impl AvailabilityMode {
    /// Whether it is there by what each has said and what was said just now; nothing if that is not known yet.
    pub fn judge(self, said: &[Option<bool>], latest: bool) -> Option<bool> {
        match self {
            Self::Latest => Some(latest),
            Self::All if said.contains(&Some(false)) => Some(false),
            Self::All => said.iter().all(|one| *one == Some(true)).then_some(true),
            Self::Any if said.contains(&Some(true)) => Some(true),
            Self::Any => said.iter().all(|one| *one == Some(false)).then_some(false),
        }
    }
}
