//! Certificates: the local authority over restarts and new names, own certificates with their faults, reloading.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

mod doors;

use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use axum::Router;
use clown_hub::web::{DoorConfig, names::Names, server::Mode, tls::Tls};
use doors::{Doors, connect, trusting};
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use tempfile::TempDir;

const DAY: Duration = Duration::from_secs(86_400);

fn open(data: &Path, host: &str, now: SystemTime) -> Tls {
    Tls::open(&DoorConfig::default(), data, &Names::new(host, &[]), now).unwrap()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn clients_that_trust_the_authority_accept_every_name_of_the_machine() {
    let config =
        DoorConfig { names: vec!["hub.example.org".into(), "192.0.2.7".into()], ..DoorConfig::default() };
    let doors = Doors::open(Mode::Tls, config, Router::new()).await;
    for name in
        ["localhost", "127.0.0.1", "::1", "greenhouse", "greenhouse.local", "hub.example.org", "192.0.2.7"]
    {
        doors.session(name).await.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    assert!(doors.session("evil.example").await.is_err());
}

#[tokio::test]
async fn certificates_stay_over_restarts_and_keys_are_private() {
    let data = tempfile::tempdir().unwrap();
    let now = SystemTime::now();
    let first = open(data.path(), "greenhouse", now);
    let again = open(data.path(), "greenhouse", now + DAY);
    assert_eq!(first.fingerprint(), again.fingerprint());
    assert_eq!(first.ca_pem(), again.ca_pem());
    assert_eq!(mode(&data.path().join("ca-key.pem")), 0o600);
    assert_eq!(mode(&data.path().join("host.pem")), 0o600);
    assert_eq!(first.fingerprint().len(), 64);
}

#[test]
fn the_host_certificate_is_renewed_a_month_before_its_end_and_the_authority_stays() {
    let data = tempfile::tempdir().unwrap();
    let now = SystemTime::now();
    let tls = open(data.path(), "greenhouse", now);
    let (fingerprint, authority) = (tls.fingerprint(), tls.ca_pem().map(str::to_owned));
    assert!(!tls.refresh(now + 300 * DAY).unwrap());
    assert!(tls.refresh(now + 340 * DAY).unwrap());
    assert_ne!(tls.fingerprint(), fingerprint);
    assert_eq!(tls.ca_pem().map(str::to_owned), authority);
    let renamed = open(data.path(), "orangery", now + 341 * DAY);
    assert_ne!(renamed.fingerprint(), tls.fingerprint());
    assert_eq!(renamed.ca_pem().map(str::to_owned), authority);
}

#[test]
fn a_clock_that_jumps_a_century_and_back_does_not_lose_the_authority() {
    let data = tempfile::tempdir().unwrap();
    let now = SystemTime::now();
    let tls = open(data.path(), "greenhouse", now);
    let authority = tls.ca_pem().map(str::to_owned);
    let far = now + 36_500 * DAY;
    assert!(tls.refresh(far).unwrap());
    assert!(!tls.refresh(far + DAY).unwrap(), "a certificate a day would wear out the card");
    assert!(tls.refresh(now + DAY).unwrap());
    assert_eq!(tls.ca_pem().map(str::to_owned), authority);
}

#[tokio::test]
async fn a_machine_without_a_clock_makes_certificates_that_are_valid_today() {
    let data = tempfile::tempdir().unwrap();
    let tls = open(data.path(), "greenhouse", UNIX_EPOCH + Duration::from_secs(30));
    let fingerprint = tls.fingerprint();
    assert!(!tls.refresh(UNIX_EPOCH + Duration::from_secs(60)).unwrap());
    assert_eq!(tls.fingerprint(), fingerprint);
    let today = open(data.path(), "greenhouse", UNIX_EPOCH + Duration::from_secs(1_795_000_000));
    assert_eq!(today.fingerprint(), fingerprint);
}

#[test]
fn an_authority_without_its_key_is_a_fault_that_names_the_way_out() {
    let data = tempfile::tempdir().unwrap();
    open(data.path(), "greenhouse", SystemTime::now());
    let try_again = || {
        let names = Names::new("greenhouse", &[]);
        Tls::open(&DoorConfig::default(), data.path(), &names, SystemTime::now()).unwrap_err().to_string()
    };
    let key = data.path().join("ca-key.pem");
    fs::write(&key, KeyPair::generate().unwrap().serialize_pem()).unwrap();
    assert!(try_again().contains("does not belong to the key"), "{}", try_again());
    fs::remove_file(&key).unwrap();
    assert!(try_again().contains("remove both"), "{}", try_again());
    fs::write(data.path().join("host.pem"), "rubbish").unwrap();
    fs::remove_file(data.path().join("ca.pem")).unwrap();
    open(data.path(), "greenhouse", SystemTime::now());
}

/// An own certificate and its key in a folder.
struct Own {
    folder: TempDir,
    config: DoorConfig,
}

impl Own {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| Some(folder.path().join(name));
        let config = DoorConfig { cert: path("cert.pem"), key: path("key.pem"), ..DoorConfig::default() };
        let own = Self { folder, config };
        own.renew(2036);
        own
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.folder.path().join(name), text).unwrap();
        let mode = if name == "key.pem" { 0o600 } else { 0o644 };
        fs::set_permissions(self.folder.path().join(name), fs::Permissions::from_mode(mode)).unwrap();
    }

    fn renew(&self, until: i32) {
        let pair = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(vec!["hub.example.org".into()]).unwrap();
        params.not_before = date_time_ymd(2025, 1, 1);
        params.not_after = date_time_ymd(until, 1, 1);
        self.write("cert.pem", &params.self_signed(&pair).unwrap().pem());
        self.write("key.pem", &pair.serialize_pem());
    }

    fn open(&self) -> Result<Tls, String> {
        let names = Names::new("greenhouse", &[]);
        Tls::open(&self.config, self.folder.path(), &names, SystemTime::now())
            .map_err(|error| error.to_string())
    }
}

#[test]
fn every_fault_of_an_own_certificate_has_its_words() {
    let check = |spoil: &dyn Fn(&Own), file: &str, words: &str| {
        let own = Own::new();
        spoil(&own);
        let error = own.open().err().unwrap_or_else(|| panic!("{words}: accepted"));
        assert!(error.contains(file) && error.contains(words), "{error:?} should say {file:?} and {words:?}");
    };
    let open_to_all = |own: &Own| {
        let key = own.folder.path().join("key.pem");
        fs::set_permissions(key, fs::Permissions::from_mode(0o644)).unwrap();
    };
    let remove = |name: &'static str| move |own: &Own| fs::remove_file(own.folder.path().join(name)).unwrap();
    check(&|own| own.renew(2026), "cert.pem", "expired on Jan  1");
    check(&open_to_all, "key.pem", "chmod 640");
    check(&remove("cert.pem"), "cert.pem", "cannot read");
    check(&remove("key.pem"), "key.pem", "cannot read");
    check(&|own| own.write("cert.pem", "rubbish"), "cert.pem", "holds no certificate");
    check(&|own| own.write("key.pem", "rubbish"), "key.pem", "holds no private key");
    let other = KeyPair::generate().unwrap().serialize_pem();
    check(&|own| own.write("key.pem", &other), "key.pem", "does not belong");
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_and_a_bad_one_is_not() {
    let own = Own::new();
    let tls = own.open().unwrap();
    assert!(tls.is_own());
    assert_eq!(tls.ca_pem(), None);
    let first = tls.fingerprint();
    assert!(!tls.refresh(SystemTime::now()).unwrap());
    own.write("key.pem", "rubbish");
    assert!(tls.refresh(SystemTime::now()).is_err());
    assert!(!tls.refresh(SystemTime::now()).unwrap(), "a fault is said once");
    assert_eq!(tls.fingerprint(), first);
    own.renew(2037);
    assert!(tls.refresh(SystemTime::now()).unwrap());
    assert_ne!(tls.fingerprint(), first);
}

#[tokio::test]
async fn only_an_own_certificate_asks_for_https_for_a_year() {
    let own = Own::new();
    let tls = own.open().unwrap();
    let server = clown_hub::web::server::Server::new(&own.config, Some(tls), Names::new("greenhouse", &[]));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = clown_hub::stop::Stop::new();
    tokio::spawn(async move { server.serve(listener, Mode::Tls, Router::new(), stop).await });
    let trusted = trusting(&own.folder.path().join("cert.pem"));
    let session = connect(address, "hub.example.org", trusted).await.unwrap();
    let answer = doors::exchange(session, doors::get("/").as_bytes()).await;
    assert_eq!(answer.header("strict-transport-security"), Some("max-age=31536000"));
}
