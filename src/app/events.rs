//! Records who switched what, and tells the hub how that goes.

use std::path::Path;
use std::time::Duration;

use super::AppError;
use crate::events::keeper::Keeping;
use crate::events::{Event, Events, FOLDER, Kind, Settings};
use crate::hub::{Hub, Now};
use crate::stop::Stop;
use crate::talk::Topic;

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
    let (mut facts, hub, stop) = (events.watch(), hub.clone(), stop.clone());
    // The thread may have said something already.
    facts.mark_changed();
    let topic = Topic::new("$hub/events").expect("two words are a topic");
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
            tokio::time::sleep(TELL_EVERY).await;
        }
    });
    Ok((events, keeping))
}

/// The last event of a run that was stopped properly.
pub fn stopped(events: &Events) {
    events.note(Event::new(Kind::Hub, "stopped"));
}
