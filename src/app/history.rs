//! Records what the hub tells, and tells the hub how that goes.

use std::path::Path;

use super::AppError;
use crate::config::HistoryConfig;
use crate::history::keeper::Keeping;
use crate::history::{FILE, History};
use crate::hub::{Hub, Now};
use crate::stop::Stop;
use crate::talk::Topic;

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
    let (mut facts, hub, stop) = (history.watch(), hub.clone(), stop.clone());
    // The thread may have said something already.
    facts.mark_changed();
    let topic = Topic::new("$hub/history").expect("two words are a topic");
    tokio::spawn(async move {
        loop {
            tokio::select! {
                () = stop.requested() => return,
                changed = facts.changed() => if changed.is_err() {
                    return;
                },
            }
            let told = facts.borrow_and_update().clone();
            hub.establish(Now::now(), &topic, &told);
        }
    });
    Ok((Some(history), Some(keeping)))
}
