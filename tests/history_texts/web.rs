//! Programs that ask over HTTPS with an account and its password, as curl does.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::bench::HARD;
use crate::common::{Answer, Https, Hub, Launch, basic, tls, until};

const IMPORT: &str = "/api/history/import";
/// An account and its password.
const ACCOUNT: (&str, &str) = ("ada", "a-long-password-1");

fn visitor(hub: &Hub) -> Https {
    Https::new(hub).basic(hub.said("account"), hub.said("password"))
}

async fn import(hub: &Hub, asked: &str, text: &str) -> Answer {
    visitor(hub).request("POST", &format!("{IMPORT}{asked}"), None, text).await
}

fn told(answer: &Answer) -> Value {
    serde_json::from_str(&answer.body).unwrap_or_else(|error| panic!("{error}: {}", answer.body))
}

#[tokio::test]
async fn a_file_goes_in_and_comes_out() {
    let hub = Hub::demo();
    let answer = import(&hub, "", HARD).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let told = told(&answer);
    assert_eq!((&told["samples"], &told["refused_lines"]), (&11.into(), &0.into()));
    assert_eq!(
        (&told["first"], &told["last"]),
        (&"2026-01-01T00:00:00.000Z".into(), &"2026-01-01T00:00:30.000Z".into())
    );
    let out = visitor(&hub)
        .get("/api/history/samples?series=nodes/a/door%23open&from=2026-01-01&to=1767225602000")
        .await;
    assert_eq!(out.body.lines().count(), 3, "{}", out.body);
    assert_eq!(out.header("content-type"), "text/csv; charset=utf-8");
    assert!(out.header("content-disposition").starts_with("attachment; filename=\"history-20"));
    let line = import(&hub, "?format=line&precision=s", "m,room=a t=1.5,on=true 1767225600\nm t=x 1\n").await;
    let told = self::told(&line);
    assert_eq!((told["samples"].as_u64(), told["refused"][0]["line"].as_u64()), (Some(2), Some(2)), "{told}");
    let out = visitor(&hub).get("/api/history/samples?series=m/%2B%23t&format=json").await;
    assert_eq!(
        out.body,
        "{\"time\":\"2026-01-01T00:00:00.000Z\",\"series\":\"m/room=a#t\",\"value\":1.5,\"unit\":null}\n"
    );
}

#[tokio::test]
async fn what_makes_no_sense_is_refused_in_words() {
    let hub = Hub::demo();
    let check = async |method: &str, path: &str, body: &str, status: u16, expect: &str| {
        let answer = visitor(&hub).request(method, path, None, body).await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.body);
        if !expect.is_empty() {
            let told = told(&answer);
            let all = format!("{} – {}", told["error"], told["hint"]);
            assert!(
                all.contains(expect) && told["hint"].as_str().is_some_and(|hint| !hint.is_empty()),
                "{all}"
            );
        }
    };
    let samples = "/api/history/samples";
    check("GET", &format!("{samples}?series=nowhere"), "", 404, "there is no series nowhere").await;
    check("GET", &format!("{samples}?series="), "", 400, "no series").await;
    check("GET", &format!("{samples}?from=yesterday"), "", 400, "from: ").await;
    check("GET", &format!("{samples}?from=now&to=-1h"), "", 400, "from is not before to").await;
    check("GET", &format!("{samples}?format=xml"), "", 400, "csv or json").await;
    check("GET", &format!("{samples}?form=csv"), "", 400, "there are series, from, to, format").await;
    check("GET", &format!("{samples}?from=0&from=1"), "", 400, "from is there twice").await;
    check("POST", samples, "", 405, "").await;
    check("GET", IMPORT, "", 405, "").await;
    check("PUT", IMPORT, "x", 405, "").await;
    check("DELETE", samples, "", 400, "one series has to be named").await;
    check("DELETE", &format!("{samples}?series=nowhere"), "", 404, "there is no series").await;
    check("POST", &format!("{IMPORT}?format=xml"), "x", 400, "none of csv, json, line").await;
    check("POST", &format!("{IMPORT}?room=x"), "x", 400, "room").await;
    check("POST", IMPORT, "hello", 422, "one column only").await;
    check("POST", &format!("{IMPORT}?format=line"), &"hello\n".repeat(300_000), 422, "lines is understood")
        .await;
    check("POST", &format!("{IMPORT}?format=json"), "\u{0}", 422, "no text").await;
    check("POST", IMPORT, "", 200, "").await;
    check("HEAD", samples, "", 200, "").await;
}

#[tokio::test]
async fn strangers_and_their_pages_are_turned_away() {
    // The demo lets pages of others in; a hub does not.
    let hub = Launch::run("").account(ACCOUNT.0, ACCOUNT.1).start();
    let visitor = |hub: &Hub| Https::new(hub).basic(ACCOUNT.0, ACCOUNT.1);
    let nobody = Https::new(&hub);
    for (method, path) in
        [("GET", "/api/history/samples"), ("POST", IMPORT), ("DELETE", "/api/history/samples?series=a")]
    {
        let answer = nobody.request(method, path, None, "").await;
        assert_eq!(answer.status, 401, "{method} {path}");
        let foreign = visitor(&hub).header("origin", "https://evil.example");
        if method != "GET" {
            assert_eq!(foreign.request(method, path, None, HARD).await.status, 403, "{method} {path}");
        }
    }
    // A login that the browser sends by itself counts from our own pages only.
    let browser = Https::new(&hub);
    let fields = [("account", ACCOUNT.0), ("name", ACCOUNT.0), ("password", ACCOUNT.1)];
    let own = Https::new(&hub).header("origin", hub.address());
    let _ = own.post_form("/login", &fields).await;
    let cookies = own.cookies();
    assert!(!cookies.is_empty(), "the browser is signed in");
    let stolen = browser.header("cookie", &cookies).header("origin", "https://evil.example");
    assert_eq!(stolen.request("POST", IMPORT, None, HARD).await.status, 403);
    assert_eq!(own.request("POST", IMPORT, None, HARD).await.status, 200);
}

/// A connection on which a request is written by hand.
async fn by_hand(hub: &Hub, head: &str) -> tokio_rustls::client::TlsStream<tokio::net::TcpStream> {
    let mut stream = tls::connect(hub.authority(), tls::trusting(&hub.ca())).await.expect("the hub accepts");
    let credential = basic(hub.said("account"), hub.said("password"));
    let head = format!("{head}\r\nHost: {}\r\nAuthorization: {credential}\r\n", hub.authority());
    stream.write_all(head.as_bytes()).await.expect("the hub reads");
    stream
}

#[tokio::test]
async fn one_import_at_a_time_and_one_that_breaks_off_lets_the_next_one_in() {
    let hub = Hub::demo();
    let mut slow = by_hand(&hub, &format!("POST {IMPORT} HTTP/1.1")).await;
    slow.write_all(b"Content-Length: 100000\r\n\r\ntime,series,value,unit\r\n2026-01-01,slow#t,1,\r\n")
        .await
        .unwrap();
    slow.flush().await.unwrap();
    until("the slow one to be under way", async || {
        let answer = import(&hub, "", HARD).await;
        (answer.status == 503).then_some(())
    })
    .await;
    drop(slow);
    until("the next one to be let in", async || (import(&hub, "", HARD).await.status == 200).then_some(()))
        .await;
}

#[tokio::test]
async fn a_reader_that_stops_harms_nobody() {
    let hub = Hub::demo();
    let mut text = String::from("time,series,value,unit\n");
    for line in 0..200_000 {
        text.push_str(&format!("{},long#t,{},\n", 1_767_225_600_000_u64 + line * 1_000, line % 100));
    }
    let answer = import(&hub, "?times=ms", &text).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let mut readers = Vec::new();
    for _ in 0..4 {
        let mut reader = by_hand(&hub, "GET /api/history/samples?series=long%23t HTTP/1.1").await;
        reader.write_all(b"\r\n").await.unwrap();
        let mut some = [0; 4_096];
        reader.read_exact(&mut some).await.expect("the answer begins");
        assert!(some.starts_with(b"HTTP/1.1 200 OK"), "{}", String::from_utf8_lossy(&some[..100]));
        readers.push(reader);
    }
    // They take nothing more; others are answered and recording goes on.
    let whole = visitor(&hub).get("/api/history/samples?series=long%23t").await;
    assert_eq!(whole.body.lines().count(), 200_001);
    assert_eq!(import(&hub, "", HARD).await.status, 200);
    let mut first = readers.remove(0);
    drop(readers);
    // One that goes on later gets the rest.
    let mut rest = Vec::new();
    let done = tokio::time::timeout(Duration::from_secs(20), async {
        let mut piece = vec![0; 65_536];
        while !rest.ends_with(b"0\r\n\r\n") {
            let read = first.read(&mut piece).await.expect("the answer goes on");
            assert!(read > 0, "the answer ends early");
            rest.extend_from_slice(&piece[..read]);
        }
    });
    done.await.expect("the rest comes");
    assert!(String::from_utf8_lossy(&rest).contains("2026-01-03T07:33:19.000Z,long#t,99,"));
}
