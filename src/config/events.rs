//! `[events]`: how long it is kept who switched what.

use std::time::Duration;

use crate::events::Settings;
use crate::sheet::{MIB, Section};

const MONTH: Duration = Duration::from_secs(30 * 86_400);
/// A hundred years.
const LONGEST: Duration = Duration::from_secs(36_525 * 86_400);

pub(super) fn read(section: Section<'_>) -> Settings {
    let default = Settings::default();
    let settings = Settings {
        keep: section.duration("keep", MONTH..=LONGEST, default.keep),
        size: section.size("size", MIB..=1024 * MIB, default.size),
    };
    section.finish();
    settings
}
