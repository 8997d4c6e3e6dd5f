//! A broker of `mqtt5`'s parts around the store, in this process or in one of its own that can be killed.

use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::pin::Pin;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Duration;

use clown_hub::broker::store::{Store, StoreLimits, Witness};
use mqtt5::broker::auth::{AuthProvider, AuthResult};
use mqtt5::broker::client_handler::ClientHandler;
use mqtt5::broker::config::BrokerConfig;
use mqtt5::broker::resource_monitor::{ResourceLimits, ResourceMonitor};
use mqtt5::broker::router::MessageRouter;
use mqtt5::broker::storage::{DynamicStorage, MemoryBackend, QueueLimits};
use mqtt5::broker::sys_topics::BrokerStats;
use mqtt5::broker::transport::{BrokerTransport, WebSocketTransport};
use mqtt5::packet::connect::ConnectPacket;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::task::JoinSet;

/// Wide enough that no test loses anything by them.
pub const LIMITS: StoreLimits =
    StoreLimits { queue: QueueLimits { max_messages: 100_000, max_bytes: 64 * 1024 * 1024 }, in_flight: 20 };

/// A running broker.
pub struct Broker {
    pub address: SocketAddr,
    pub store: Option<Store>,
    closing: broadcast::Sender<()>,
    task: tokio::task::JoinHandle<()>,
}

impl Broker {
    /// With a store in `folder`, or with nothing but memory.
    pub async fn start(folder: Option<&Path>) -> Self {
        let store = folder.map(|folder| Store::open(&folder.join("broker.sqlite"), LIMITS).unwrap());
        Self::around(store).await
    }

    pub async fn around(store: Option<Store>) -> Self {
        let memory = || Arc::new(DynamicStorage::Memory(MemoryBackend::with_queue_limits(LIMITS.queue)));
        let storage = store.as_ref().map_or_else(memory, Store::storage);
        let hooks = store.as_ref().map(Store::hooks);
        let witness = store.as_ref().map(Store::witness);
        let mut router = MessageRouter::with_storage(storage.clone());
        if let Some(hooks) = &hooks {
            router = router.with_event_handler(hooks.clone());
        }
        let router = Arc::new(router);
        router.recover_sessions(u32::MAX).await.unwrap();
        router.initialize().await.unwrap();
        let config = Arc::new(BrokerConfig {
            max_outbound_inflight: LIMITS.in_flight,
            event_handler: hooks,
            ..BrokerConfig::default()
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let closing = broadcast::Sender::new(1);
        let (stats, stop) = (Arc::new(BrokerStats::new()), closing.clone());
        let monitor = Arc::new(ResourceMonitor::new(ResourceLimits {
            max_connections: usize::MAX,
            max_connections_per_ip: usize::MAX,
            max_message_rate_per_client: 0,
            max_bandwidth_per_client: 0,
            max_connection_rate: u32::MAX,
            rate_limit_window: Duration::from_secs(1),
        }));
        let mut over = closing.subscribe();
        let task = tokio::spawn(async move {
            let mut clients = JoinSet::new();
            loop {
                let (stream, peer) = tokio::select! {
                    accepted = listener.accept() => accepted.unwrap(),
                    _ = over.recv() => break,
                };
                stream.set_nodelay(true).unwrap();
                let name = Arc::new(Name::default());
                let transport = transport(stream, peer, witness.as_ref(), &name);
                let handler = ClientHandler::new(
                    transport,
                    peer,
                    config.clone(),
                    router.clone(),
                    name,
                    Some(storage.clone()),
                    stats.clone(),
                    monitor.clone(),
                    stop.subscribe(),
                );
                clients.spawn(handler.run());
            }
            while clients.join_next().await.is_some() {}
        });
        Self { address, store, closing, task }
    }

    /// Ends all clients, then the store.
    pub async fn stop(self) {
        let _ = self.closing.send(());
        self.task.await.unwrap();
        if let Some(store) = self.store {
            store.close().await;
        }
    }
}

/// The id of one connection's client; everybody may do everything.
#[derive(Default)]
struct Name(OnceLock<Arc<str>>);

type Answer<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

impl AuthProvider for Name {
    fn authenticate<'a>(
        &'a self,
        connect: &'a ConnectPacket,
        _: SocketAddr,
    ) -> Answer<'a, mqtt5::Result<AuthResult>> {
        self.0.set(connect.client_id.as_str().into()).unwrap();
        Box::pin(std::future::ready(Ok(AuthResult::success())))
    }

    fn authorize_publish<'a>(&'a self, _: &str, _: Option<&'a str>, _: &'a str) -> Answer<'a, bool> {
        Box::pin(std::future::ready(true))
    }

    fn authorize_subscribe<'a>(&'a self, _: &str, _: Option<&'a str>, _: &'a str) -> Answer<'a, bool> {
        Box::pin(std::future::ready(true))
    }
}

fn transport(
    stream: TcpStream,
    peer: SocketAddr,
    witness: Option<&Witness>,
    name: &Arc<Name>,
) -> BrokerTransport {
    let (wire, name) = (Wire(stream, peer), name.clone());
    match witness {
        None => BrokerTransport::WebSocket(Box::new(wire)),
        Some(witness) => {
            BrokerTransport::WebSocket(Box::new(witness.watch(wire, move || name.0.get().cloned())))
        }
    }
}

/// A socket as `mqtt5` takes it from others.
struct Wire(TcpStream, SocketAddr);

impl WebSocketTransport for Wire {
    fn peer_addr(&self) -> mqtt5::Result<SocketAddr> {
        Ok(self.1)
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// A broker in a process of its own.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
}

/// Which folder the child's store is in.
const FOLDER: &str = "CLOWN_HUB_TEST_STORE";

impl Process {
    /// Starts this test program again, as a broker.
    pub fn start(folder: &Path) -> Self {
        let program = std::env::current_exe().unwrap();
        let mut child = Command::new(program)
            .args(["--ignored", "--exact", "a_broker_until_it_is_killed", "--nocapture"])
            .env(FOLDER, folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
            line.split_once("listening on ").and_then(|(_, address)| address.trim().parse().ok())
        });
        // Nobody reads on: the child has nothing more to say that matters.
        std::thread::spawn(move || lines.for_each(drop));
        Self { child, address: address.expect("the broker did not start") }
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(mut self) {
        drop(self.child.stdin.take());
        self.child.wait().unwrap();
    }

    /// `kill -9`.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// What the child does.
pub async fn run_child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let broker = Broker::start(Some(Path::new(&folder))).await;
    println!("\nlistening on {}", broker.address);
    // The parent's end closes when it goes, however it goes.
    let _ = tokio::task::spawn_blocking(|| std::io::stdin().lines().for_each(drop)).await;
    broker.stop().await;
}
