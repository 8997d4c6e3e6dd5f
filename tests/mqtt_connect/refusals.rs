//! A broker that does not let the hub in: every cause has its own code, words and way out, and none is retried fast.

use std::time::{Duration, Instant};

use clown_hub::hub::{LinkState, Phase};
use clown_hub::link::mqtt::{Config, Version, tls};

use crate::common::{Flaw, Mosquitto, Setup, Tls, free_port, until};
use crate::rig::{Rig, VERSIONS, config, encrypted, plain, with_login};

/// Checks that a link of this configuration comes to `code`, and that its words say `says`.
async fn check(config: Config, code: &str, says: &str) -> LinkState {
    let rig = Rig::new(config);
    let state = rig.comes_to(code).await;
    assert_eq!(state.phase, Phase::Waiting);
    assert!(state.reason.contains(says), "wanted {says}, got {state:?}");
    assert!(!state.hint.is_empty(), "{state:?}");
    rig.end().await;
    state
}

async fn tls_broker(client_certificates: bool, flaw: Flaw) -> Mosquitto {
    let tls = Some(Tls { client_certificates, flaw });
    Mosquitto::start(Setup { tls, ..Setup::default() }).await
}

#[tokio::test]
async fn nobody_there_and_nobody_known_are_two_messages() {
    check(config(&format!("mqtt://127.0.0.1:{}", free_port())), "broker-absent", "no broker listens").await;
    check(config(&format!("mqtt://[::1]:{}", free_port())), "broker-absent", "mqtt://[::1]").await;
    check(config("unix:/nonexistent/mosquitto.sock"), "broker-absent", "unix:/nonexistent").await;
    check(config("mqtt://no-such-host.invalid"), "unknown-host", "no-such-host.invalid is not known").await;
    check(config("mqtts://no-such-host.invalid"), "unknown-host", "no-such-host.invalid is not known").await;
}

#[tokio::test]
async fn a_wrong_password_is_named_and_retried_slowly_and_a_right_one_lets_in() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    let setup = Setup { password: Some(("hub", "right")), ..Setup::default() };
    for version in VERSIONS {
        let broker = Mosquitto::start(setup.clone()).await;
        std::fs::write(&file, "s3cr3t-wrong\n").unwrap();
        let config = Config { version: Some(version), ..with_login(plain(&broker), "hub", &file) };
        let start = Instant::now();
        let rig = Rig::new(config);
        let state = rig.comes_to("not-authorized").await;
        assert!(state.reason.contains("user hub"), "{state:?}");
        assert!(!format!("{state:?}").contains("s3cr3t"), "{state:?}");
        let tries = || broker.log().matches("New connection from").count();
        let before = tries();
        let again = until("another try", || async { (tries() > before).then(Instant::now) }).await;
        assert!(again - start >= Duration::from_secs(2), "retried after {:?}", again - start);
        std::fs::write(&file, "right\r\n").unwrap();
        rig.comes_to("up").await;
        rig.end().await;
    }
}

#[tokio::test]
async fn a_login_that_is_missing_is_another_message_than_one_that_is_wrong() {
    let setup = Setup { password: Some(("hub", "right")), ..Setup::default() };
    let broker = Mosquitto::start(setup).await;
    let state = check(plain(&broker), "not-authorized", "without a login").await;
    assert!(state.hint.contains("password_file"), "{state:?}");
    let absent = with_login(plain(&broker), "hub", "/nonexistent/password".as_ref());
    let state = check(absent, "no-password", "/nonexistent/password").await;
    assert!(state.hint.contains("chmod 600"), "{state:?}");
}

#[tokio::test]
async fn a_certificate_for_other_names_is_refused_with_its_names() {
    let broker = tls_broker(false, Flaw::Name).await;
    let state = check(encrypted(&broker, "localhost"), "tls-name", "elsewhere.example").await;
    assert!(state.reason.contains("not for localhost"), "{state:?}");
    check(encrypted(&broker, "127.0.0.1"), "tls-name", "elsewhere.example, not for 127.0.0.1").await;
}

#[tokio::test]
async fn an_expired_certificate_is_refused_with_its_date() {
    let broker = tls_broker(false, Flaw::Expired).await;
    check(encrypted(&broker, "localhost"), "tls-expired", "good until 2020-01-01").await;
}

/// What `openssl req -x509` makes, the first thing people try.
#[tokio::test]
async fn a_certificate_that_signed_itself_is_no_servers_and_told_so() {
    let tls = Some(Tls { client_certificates: false, flaw: Flaw::None });
    let mut broker = Mosquitto::absent(Setup { tls, ..Setup::default() });
    let mut params = rcgen::CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let key = rcgen::KeyPair::generate().expect("a key");
    let pem = params.self_signed(&key).expect("a certificate").pem();
    for name in ["ca.pem", "server.pem"] {
        std::fs::write(broker.certificates().file(name), &pem).unwrap();
    }
    std::fs::write(broker.certificates().file("server.key"), key.serialize_pem()).unwrap();
    broker.restart().await;
    let state =
        check(encrypted(&broker, "localhost"), "tls-certificate", "of an authority, not of a server").await;
    assert!(state.hint.contains("certificate of its own"), "{state:?}");
}

#[tokio::test]
async fn an_unknown_authority_is_refused_and_named() {
    let (broker, other) = (tls_broker(false, Flaw::None).await, tls_broker(false, Flaw::None).await);
    let ca = Some(other.certificates().ca());
    let strange = Config { tls: tls::Files { ca, identity: None }, ..encrypted(&broker, "localhost") };
    check(strange, "tls-unknown-ca", "").await;
    let system = Config { tls: tls::Files::default(), ..encrypted(&broker, "localhost") };
    let state = check(system, "tls-unknown-ca", "does not know").await;
    assert!(state.hint.contains("ca ="), "{state:?}");
}

#[tokio::test]
async fn tls_and_plain_ports_are_told_apart_in_both_directions() {
    let (encrypted_port, plain_port) =
        (tls_broker(false, Flaw::None).await, Mosquitto::start(Setup::default()).await);
    for version in VERSIONS {
        let wrong = Config { version: Some(version), ..plain(&encrypted_port) };
        let state = check(wrong, "tls-required", "speaks TLS only").await;
        assert!(state.hint.contains("mqtts://"), "{state:?}");
        let tls = tls::Files { ca: Some(encrypted_port.certificates().ca()), identity: None };
        let url = format!("mqtts://127.0.0.1:{}", plain_port.port());
        let wrong = Config { version: Some(version), tls, ..config(&url) };
        check(wrong, "not-tls", "does not answer in TLS").await;
    }
}

#[tokio::test]
async fn a_client_certificate_is_shown_to_who_asks_for_one() {
    let broker = tls_broker(true, Flaw::None).await;
    let files = broker.certificates();
    let with = |name: &str| tls::Files {
        ca: Some(files.ca()),
        identity: Some(tls::Identity {
            cert: files.file(&format!("{name}.pem")),
            key: files.file(&format!("{name}.key")),
        }),
    };
    for version in VERSIONS {
        let none = Config { version: Some(version), ..encrypted(&broker, "localhost") };
        let state = check(none.clone(), "client-certificate", "asks for a client certificate").await;
        assert!(state.hint.contains("cert"), "{state:?}");
        check(Config { tls: with("stranger"), ..none.clone() }, "client-certificate", "does not accept")
            .await;
        let rig = Rig::new(Config { tls: with("client"), ..none });
        rig.comes_to("up").await;
        rig.end().await;
    }
    let mut mixed = with("client");
    mixed.identity.as_mut().expect("there is one").key = files.file("stranger.key");
    check(Config { tls: mixed, ..encrypted(&broker, "localhost") }, "tls-files", "client certificate").await;
}

#[tokio::test]
async fn certificates_are_read_anew_at_every_connection() {
    let broker = tls_broker(false, Flaw::None).await;
    let folder = tempfile::tempdir().unwrap();
    let ca = folder.path().join("ca.pem");
    let tls = tls::Files { ca: Some(ca.clone()), identity: None };
    let rig = Rig::new(Config { tls, ..encrypted(&broker, "localhost") });
    let state = rig.comes_to("tls-files").await;
    assert!(state.reason.contains("ca.pem"), "{state:?}");
    std::fs::copy(broker.certificates().ca(), &ca).unwrap();
    rig.comes_to("up").await;
    rig.end().await;
}

#[tokio::test]
async fn tls_is_spoken_to_names_and_to_addresses_in_both_versions() {
    let broker = tls_broker(false, Flaw::None).await;
    for host in ["localhost", "127.0.0.1"] {
        for version in VERSIONS {
            let rig = Rig::new(Config { version: Some(version), ..encrypted(&broker, host) });
            let state = rig.comes_to("up").await;
            assert!(state.reason.contains(&format!("MQTT {}", version.word())), "{state:?}");
            rig.end().await;
        }
    }
}

#[tokio::test]
async fn a_unix_socket_is_a_broker_as_well() {
    let broker = Mosquitto::start(Setup { unix: true, ..Setup::default() }).await;
    for version in VERSIONS {
        let url = format!("unix:{}", broker.unix().display());
        let rig = Rig::new(Config { version: Some(version), ..config(&url) });
        rig.comes_to("up").await;
        rig.end().await;
    }
    assert_eq!(Version::V5.other(), Version::V4);
}
