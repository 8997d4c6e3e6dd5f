//! Records what the hub tells, and tells the hub how that goes.

use std::path::Path;
use std::time::Duration;

use super::AppError;
use super::tell::tell;
use crate::config::HistoryConfig;
use crate::history::keeper::Keeping;
use crate::history::{FILE, History};
use crate::hub::Hub;
use crate::stop::Stop;

/// Begins to record, if that is wanted. How it goes is told under `$hub/history` whenever that has changed.
pub fn record(
    config: &HistoryConfig,
    data: &Path,
    hub: &Hub,
    stop: &Stop,
) -> Result<(Option<History>, Option<Keeping>), AppError> {
    if !config.record {
        return Ok((None, None));
    }
    let (history, keeping) = History::record(&data.join(FILE), config.settings.clone(), hub)
        .map_err(|error| AppError::System { what: "start the thread that records history", error })?;
    tell(hub, stop, "$hub/history", history.watch(), Duration::ZERO);
    Ok((Some(history), Some(keeping)))
}
