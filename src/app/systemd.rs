//! What systemd is told: ready, reloading, stopping, alive. Without systemd nothing happens.

use std::time::Duration;

use sd_notify::NotifyState;

/// The hub serves.
pub fn ready(status: &str) {
    notify(&[NotifyState::Ready, NotifyState::Status(status)]);
}

/// The configuration is read again; [`ready`] ends that.
pub fn reloading() {
    // Since version 253 systemd wants to know when, by the monotonic clock.
    match NotifyState::monotonic_usec_now() {
        Ok(now) => notify(&[NotifyState::Reloading, now]),
        Err(error) => tracing::debug!("the monotonic clock cannot be read: {error}"),
    }
}

/// The hub drains.
pub fn stopping() {
    notify(&[NotifyState::Stopping]);
}

/// How often systemd wants a sign of life, if it does: half of its patience.
pub fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled().map(|patience| patience / 2)
}

/// A sign of life.
pub fn alive() {
    notify(&[NotifyState::Watchdog]);
}

fn notify(state: &[NotifyState<'_>]) {
    if std::env::var_os("NOTIFY_SOCKET").is_none() {
        return;
    }
    if let Err(error) = sd_notify::notify(state) {
        tracing::warn!("systemd cannot be notified (NotifyAccess= of the unit?): {error}");
    }
}
