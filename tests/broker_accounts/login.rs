//! Names, passwords, tokens, guessing, and those who come without any.

use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{Client, Ended};
use crate::common::Https;
use crate::packet::{BOTH, Hello, V3, V5, Version};
use crate::stage::{Broker, PASSWORD, USER};

/// A first packet with this user and password.
pub fn hello(version: Version, id: &str, user: &str, password: &str) -> Hello {
    Hello { account: Some((user.into(), password.into())), ..version.hello(id) }
}

/// The code with which a login is answered.
pub async fn answer(broker: &Broker, hello: Hello) -> u8 {
    let (mut client, welcome) = Client::asked(broker, hello).await;
    match welcome.code {
        0 => client.leave().await,
        _ => assert_eq!(client.ended().await, Ended::Closed),
    }
    welcome.code
}

/// Wrong user or password, and not authorized, in both versions.
const WRONG: [u8; 2] = [4, 0x86];
const NOT_AUTHORIZED: [u8; 2] = [5, 0x87];
const LATER: [u8; 2] = [3, 0x89];

fn of(version: Version, codes: [u8; 2]) -> u8 {
    codes[usize::from(version == V5)]
}

#[tokio::test]
async fn name_comes_in_with_its_password_or_one_of_its_tokens_and_nothing_else() {
    let broker = Broker::closed("");
    broker.user(&["add", "eve"], PASSWORD).await;
    let token = broker.user(&["token", USER, "sensors"], "").await;
    let eves = broker.user(&["token", "eve", "phone"], "").await;
    for version in BOTH {
        let check = async |user: &str, password: &str, codes: [u8; 2]| {
            let code = answer(&broker, hello(version, "somebody", user, password)).await;
            assert_eq!(code, of(version, codes), "{user} with {version:?}");
        };
        check(USER, PASSWORD, [0, 0]).await;
        check(USER, &token, [0, 0]).await;
        check("eve", &eves, [0, 0]).await;
        check(USER, "wrong", WRONG).await;
        check(USER, "", WRONG).await;
        check(USER, &eves, WRONG).await;
        check("eve", &token, WRONG).await;
        check(USER, &format!("{token}x"), WRONG).await;
        check("Ada", PASSWORD, WRONG).await;
        check("", PASSWORD, WRONG).await;
        check("", &token, WRONG).await;
        check("nobody", PASSWORD, WRONG).await;
        check("$hub", PASSWORD, WRONG).await;
        check("#", PASSWORD, WRONG).await;
        let code = answer(&broker, version.hello("nameless")).await;
        assert_eq!(code, of(version, NOT_AUTHORIZED), "without a name with {version:?}");
    }
    let line = broker.logs("wrong user or password").await;
    assert!(line.contains("127.0.0.1") && line.contains("clown-hub user add"), "{line}");
    let log = broker.hub().log();
    assert!(![PASSWORD, token.as_str(), eves.as_str()].iter().any(|secret| log.contains(secret)), "{log}");
}

#[tokio::test]
async fn guessing_is_limited_together_with_the_web() {
    let broker = Broker::closed("");
    for name in ["eve", "bob"] {
        broker.user(&["add", name], PASSWORD).await;
    }
    // Five wrong ones there and five here are ten.
    let web = Https::new(broker.hub()).header("Origin", broker.hub().address());
    for n in 0..5 {
        let login = web.post_form("/login", &[("name", "eve"), ("password", &format!("guess {n}"))]).await;
        assert_eq!(login.status, 401, "{}", login.body);
        let code = answer(&broker, hello(V5, "guesses", "eve", &format!("other guess {n}"))).await;
        assert_eq!(code, of(V5, WRONG));
    }
    for version in BOTH {
        let code = answer(&broker, hello(version, "guesses", "eve", PASSWORD)).await;
        assert_eq!(code, of(version, LATER), "the right one is too late, too");
    }
    let login = web.post_form("/login", &[("name", "eve"), ("password", PASSWORD)]).await;
    assert_eq!(login.status, 429);
    let line = broker.logs("after too many wrong passwords").await;
    assert!(line.contains("wait a minute") && line.contains("client=guesses"), "{line}");
    // Others are not kept out.
    assert_eq!(answer(&broker, hello(V3, "other", "bob", PASSWORD)).await, 0);
}

/// An address of this machine that is not loopback.
fn outside() -> IpAddr {
    let socket = std::net::UdpSocket::bind("0.0.0.0:0").expect("a socket");
    // Nothing is sent: the system only says from where it would be.
    socket.connect("192.0.2.200:9").expect("this test needs a network interface besides loopback");
    let address = socket.local_addr().expect("it is bound").ip();
    assert!(!address.is_loopback(), "this test needs a network interface besides loopback");
    address
}

async fn asked(address: SocketAddr, hello: Hello) -> u8 {
    let mut stream = TcpStream::connect(address).await.expect("the port is open");
    stream.write_all(&hello.bytes()).await.expect("the broker reads");
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await.expect("an answer");
    answer[3]
}

#[tokio::test]
async fn nobody_comes_in_without_a_password_unless_loopback_may_and_then_only_from_there() {
    let closed = Broker::with("anonymous = false");
    for version in BOTH {
        assert_eq!(answer(&closed, version.hello("nameless")).await, of(version, NOT_AUTHORIZED));
    }
    let broker = Broker::with("listen = \"0.0.0.0:PORT\"\nanonymous = \"loopback\"");
    let (near, far) = (IpAddr::from([127, 0, 0, 1]), outside());
    for version in BOTH {
        let at = |address| SocketAddr::new(address, broker.port());
        assert_eq!(asked(at(near), version.hello("near")).await, 0);
        assert_eq!(asked(at(far), version.hello("far")).await, of(version, NOT_AUTHORIZED));
        assert_eq!(asked(at(far), hello(version, "far", USER, PASSWORD)).await, 0);
        // Who says a name has to mean it.
        assert_eq!(asked(at(near), hello(version, "near", USER, "wrong")).await, of(version, WRONG));
    }
    // At the web's port everybody may seem to be near: a proxy stands there.
    let told = broker.web_door().paho("roundtrip.py", &["5"]).await;
    assert!(told.as_ref().is_err_and(|told| told.to_lowercase().contains("not authorized")), "{told:?}");
    let line = broker.logs("the broker hears passwords unencrypted there").await;
    assert!(line.contains("tls_listen"), "{line}");
}
