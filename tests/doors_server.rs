//! The accept loop at its border: limits of size, time and number, names, redirects, headers, the upgraded stream.

mod doors;

use std::time::{Duration, Instant};

use axum::{Router, extract::Request, http::StatusCode, routing};
use clown_hub::web::{DoorConfig, server::Mode, stream::Stream};
use doors::{Doors, exchange, get, rest};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::mpsc,
};

fn router() -> Router {
    let echo = |body: String| async move { body };
    Router::new().route("/", routing::get(|| async { "here" }).post(echo))
}

async fn open(mode: Mode) -> Doors {
    Doors::open(mode, DoorConfig::default(), router()).await
}

#[tokio::test]
async fn a_page_comes_over_tls_with_every_header() {
    let doors = open(Mode::Tls).await;
    for (path, status) in [("/", 200), ("/nothing", 404)] {
        let answer = doors.secure(&get(path)).await;
        assert_eq!(answer.status, status);
        for header in [
            "content-security-policy",
            "x-content-type-options",
            "x-frame-options",
            "referrer-policy",
            "permissions-policy",
            "cross-origin-opener-policy",
            "cache-control",
        ] {
            assert!(answer.header(header).is_some(), "{header} is missing: {}", answer.head);
        }
        assert_eq!(answer.header("strict-transport-security"), None);
        assert_eq!(answer.header("server"), None);
    }
}

#[tokio::test]
async fn plain_http_on_the_tls_port_is_sent_to_https() {
    let doors = open(Mode::Tls).await;
    let answer = doors.plain("GET /log?x=1 HTTP/1.1\r\nHost: localhost:8443\r\n\r\n").await;
    assert_eq!(answer.status, 308);
    assert_eq!(answer.header("location"), Some("https://localhost:8443/log?x=1"));
    let answer = doors.plain("GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n").await;
    assert_eq!((answer.status, answer.header("location")), (421, None));
}

#[tokio::test]
async fn a_redirecting_listener_names_the_https_port() {
    let doors = open(Mode::Redirect(8443)).await;
    let location = |answer: doors::Answer| answer.header("location").map(str::to_owned);
    let answer = doors.plain("GET /a HTTP/1.1\r\nHost: 127.0.0.1:80\r\n\r\n").await;
    assert_eq!(location(answer).as_deref(), Some("https://127.0.0.1:8443/a"));
    let answer = doors.plain("GET //evil.example/ HTTP/1.1\r\nHost: [::1]\r\n\r\n").await;
    assert_eq!(location(answer).as_deref(), Some("https://[::1]:8443//evil.example/"));
}

#[tokio::test]
async fn plain_http_is_served_on_loopback_only() {
    let doors = open(Mode::Plain).await;
    assert_eq!(doors.plain(&get("/")).await.body, "here");
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let refused = doors.server.serve(listener, Mode::Plain, router(), doors.stop.clone()).await;
    assert!(refused.unwrap_err().to_string().contains("would show passwords"));
}

#[tokio::test]
async fn a_request_names_exactly_one_host_and_that_is_ours() {
    let doors = open(Mode::Plain).await;
    let check = async |head: &str, status: u16| {
        let answer = doors.plain(&format!("{head}Connection: close\r\n\r\n")).await;
        assert_eq!(answer.status, status, "{head:?}: {answer:?}");
    };
    check("GET / HTTP/1.1\r\nHost: greenhouse.local:1\r\n", 200).await;
    check("GET / HTTP/1.1\r\nHost: 192.0.2.1\r\n", 200).await;
    check("GET / HTTP/1.1\r\nHost: evil.example\r\n", 421).await;
    check("GET / HTTP/1.1\r\nHost: localhost.evil.example\r\n", 421).await;
    check("GET / HTTP/1.1\r\n", 400).await;
    check("GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n", 400).await;
    check("GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n", 400).await;
    check("GET http://localhost/ HTTP/1.1\r\nHost: localhost\r\n", 200).await;
    // HTTP/2 without having been offered it: the connection ends.
    check("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0).await;
}

#[tokio::test]
async fn giant_headers_are_refused_within_a_second() {
    let doors = open(Mode::Plain).await;
    let many: String = (0..10_000).map(|n| format!("x-{n}: 1\r\n")).collect();
    let long = format!("x: {}\r\n", "a".repeat(1024 * 1024));
    for (what, head, statuses) in [("many", many, [431, 431]), ("long", long, [431, 431])] {
        let start = Instant::now();
        let answer = doors.plain(&format!("GET / HTTP/1.1\r\nHost: localhost\r\n{head}\r\n")).await;
        // The refusal may be lost when the system resets a connection with unread bytes.
        assert!(statuses.contains(&answer.status) || answer.head.is_empty(), "{what}: {answer:?}");
        assert!(start.elapsed() < Duration::from_secs(1), "{what}: {:?}", start.elapsed());
    }
    let path = "a".repeat(20_000);
    let answer = doors.plain(&get(&format!("/{path}"))).await;
    assert!([414, 431].contains(&answer.status), "{answer:?}");
}

#[tokio::test]
async fn a_body_may_have_64_kib() {
    let doors = open(Mode::Plain).await;
    let post = |length: usize| {
        let head = "POST / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n";
        format!("{head}Content-Length: {length}\r\n\r\n{}", "a".repeat(length))
    };
    assert_eq!(doors.plain(&post(65_536)).await.body.len(), 65_536);
    assert_eq!(doors.plain(&post(65_537)).await.status, 413);
    let chunk = format!("ffff\r\n{}\r\n", "a".repeat(0xffff));
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n";
    assert_eq!(doors.plain(&format!("{head}{chunk}{chunk}0\r\n\r\n")).await.status, 413);
}

#[tokio::test(start_paused = true)]
async fn whoever_is_slow_is_cut() {
    let doors = open(Mode::Plain).await;
    for begun in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: localhost\r\n"] {
        let mut socket = TcpStream::connect(doors.address).await.unwrap();
        socket.write_all(begun.as_bytes()).await.unwrap();
        rest(&mut socket).await;
    }
    let begun = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nab";
    assert_eq!(doors.plain(begun).await.status, 408);
    // Visitors who never finish their TLS handshake.
    let doors = open(Mode::Tls).await;
    for begun in [&b""[..], &[0x16, 3, 1, 2]] {
        let mut socket = TcpStream::connect(doors.address).await.unwrap();
        socket.write_all(begun).await.unwrap();
        rest(&mut socket).await;
    }
    assert!(tokio::time::Instant::now().elapsed() < Duration::from_secs(70));
}

#[tokio::test]
async fn a_full_hub_says_so_and_serves_again_when_somebody_left() {
    let config = DoorConfig { connections: 1, ..DoorConfig::default() };
    let doors = Doors::open(Mode::Tls, config, router()).await;
    let mut first = doors.session("localhost").await.unwrap();
    first.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    assert_eq!(first.read_u8().await.unwrap(), b'H');
    let refused = doors.secure(&get("/")).await;
    assert_eq!((refused.status, refused.body.as_str()), (503, "too many connections\n"));
    assert!(refused.header("retry-after").is_some());
    drop(first);
    while doors.server.connections() > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(doors.secure(&get("/")).await.status, 200);
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let doors = open(Mode::Plain).await;
    let two = format!("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n{}", get("/nothing"));
    let answer = doors.plain(&two).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("HTTP/1.1 404"), "{answer:?}");
}

#[tokio::test]
async fn an_upgraded_stream_comes_back_whole_and_keeps_its_place() {
    let (sender, mut streams) = mpsc::unbounded_channel::<Stream>();
    let upgrade = move |mut request: Request| async move {
        let upgrade = hyper::upgrade::on(&mut request);
        tokio::spawn(async move {
            let parts = upgrade.await.unwrap().downcast::<TokioIo<Stream>>().unwrap();
            assert_eq!(&parts.read_buf[..], b"");
            sender.send(parts.io.into_inner()).unwrap();
        });
        (StatusCode::SWITCHING_PROTOCOLS, [("connection", "upgrade"), ("upgrade", "echo")])
    };
    let router = Router::new().route("/up", routing::get(upgrade));
    let doors = Doors::open(Mode::Tls, DoorConfig::default(), router).await;
    let mut visitor = doors.session("localhost").await.unwrap();
    let request = "GET /up HTTP/1.1\r\nHost: localhost\r\nConnection: upgrade\r\nUpgrade: echo\r\n\r\n";
    visitor.write_all(request.as_bytes()).await.unwrap();
    let mut stream = streams.recv().await.unwrap();
    assert!(stream.is_tls());
    assert_eq!(doors.server.connections(), 1);
    stream.write_all(b"hello").await.unwrap();
    stream.flush().await.unwrap();
    // Stopping the doors ends the accept loop, not what was upgraded.
    doors.stop.request();
    doors.task.await.unwrap();
    stream.write_all(b" again").await.unwrap();
    stream.shutdown().await.unwrap();
    drop(stream);
    assert!(rest(&mut visitor).await.ends_with("hello again"));
    assert_eq!(doors.server.connections(), 0);
}

#[tokio::test]
async fn stopping_lets_an_answer_finish_and_takes_no_new_visitor() {
    let (begun, mut has_begun) = mpsc::channel::<()>(1);
    let (go_on, waiting) = tokio::sync::watch::channel(false);
    let slow = move || async move {
        begun.send(()).await.unwrap();
        waiting.clone().wait_for(|go_on| *go_on).await.unwrap();
        "finished"
    };
    let router = Router::new().route("/slow", routing::get(slow));
    let doors = Doors::open(Mode::Plain, DoorConfig::default(), router).await;
    let socket = TcpStream::connect(doors.address).await.unwrap();
    let answer =
        tokio::spawn(async move { exchange(socket, b"GET /slow HTTP/1.1\r\nHost: localhost\r\n\r\n").await });
    has_begun.recv().await.unwrap();
    doors.stop.request();
    while TcpStream::connect(doors.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    go_on.send(true).unwrap();
    assert_eq!(answer.await.unwrap().body, "finished");
    doors.task.await.unwrap();
}
