//! Accepts connections until the hub stops, also when the system has no more of something for a while.

use std::{
    io,
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};

use crate::stop::Stop;

/// The same trouble is said again only after this.
const SAY_EVERY: Duration = Duration::from_secs(10);

/// Hands every connection of `listener` to `visit`, until `stop`.
pub async fn accept(listener: &TcpListener, stop: &Stop, visit: impl Fn(TcpStream, SocketAddr)) {
    let mut trouble = Trouble::default();
    loop {
        let accepted = tokio::select! {
            () = stop.requested() => return,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((socket, address)) => {
                trouble.wait = Duration::ZERO;
                visit(socket, address);
            }
            Err(error) => sleep(trouble.wait_after(&error)).await,
        }
    }
}

/// What goes wrong when accepting: said once in a while, and waited for without a busy loop.
#[derive(Default)]
struct Trouble {
    wait: Duration,
    said: Option<Instant>,
}

impl Trouble {
    fn wait_after(&mut self, error: &io::Error) -> Duration {
        const SHORTEST: Duration = Duration::from_millis(10);
        const LONGEST: Duration = Duration::from_secs(1);
        if self.said.is_none_or(|said| said.elapsed() > SAY_EVERY) {
            tracing::error!("cannot accept a connection: {error} (too many open files? raise LimitNOFILE)");
            self.said = Some(Instant::now());
        }
        self.wait = (self.wait * 2).clamp(SHORTEST, LONGEST);
        self.wait
    }
}
