//! Runs a subcommand that waits for the network, and ends it cleanly on Ctrl-C.

use std::process::ExitCode;

use tokio::runtime::Builder;
use tokio::signal::unix::{SignalKind, signal};

use super::{exit, print};

/// Runs `work` to its end, or until an interrupt, which ends with the code `interrupt`.
pub fn until_interrupted(interrupt: ExitCode, work: impl Future<Output = ExitCode>) -> ExitCode {
    run(async {
        tokio::select! {
            code = work => code,
            () = interrupted() => interrupt,
        }
    })
}

/// Waits for `work`, which needs the network for a moment; an interrupt ends the program.
pub fn wait<T>(work: impl Future<Output = T>) -> std::io::Result<T> {
    Ok(Builder::new_current_thread().enable_all().build()?.block_on(work))
}

/// Runs `work` to its end; it looks after signals itself.
pub fn to_the_end(work: impl Future<Output = ExitCode>) -> ExitCode {
    run(work)
}

fn run(work: impl Future<Output = ExitCode>) -> ExitCode {
    // One thread is enough for one connection, and starts fastest.
    match Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => {
            let code = runtime.block_on(work);
            // A look-up of a name that hangs must not hold up the end.
            runtime.shutdown_background();
            code
        }
        Err(error) => {
            print::error(format_args!("cannot start: {error}"));
            exit::failed()
        }
    }
}

/// Returns when the program is asked to end.
pub async fn interrupted() {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        // Without signals there is nothing to wait for; the default action still ends the program.
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}
