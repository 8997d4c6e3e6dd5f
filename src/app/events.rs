//! Records who switched what, and tells the hub how that goes.

use std::path::Path;
use std::time::Duration;

use super::AppError;
use super::tell::tell;
use crate::events::keeper::Keeping;
use crate::events::{Event, Events, FOLDER, Kind, Settings};
use crate::hub::Hub;
use crate::stop::Stop;

/// How often the hub is told of new events at most.
const TELL_EVERY: Duration = Duration::from_millis(300);

/// Begins to record. How it goes is told under `$hub/events` whenever that has changed.
pub fn record(
    settings: Settings,
    data: &Path,
    hub: &Hub,
    stop: &Stop,
) -> Result<(Events, Keeping), AppError> {
    let (events, keeping) = Events::record(&data.join(FOLDER), settings)
        .map_err(|error| AppError::System { what: "start the thread that records events", error })?;
    tokio::spawn(events.listen(hub));
    tell(hub, stop, "$hub/events", events.watch(), TELL_EVERY);
    Ok((events, keeping))
}

/// The last event of a run that was stopped properly.
pub fn stopped(events: &Events) {
    events.note(Event::new(Kind::Hub, "stopped"));
}
