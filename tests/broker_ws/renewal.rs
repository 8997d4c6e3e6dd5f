//! The certificate at the broker's own port with TLS.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::common::{Certificates, Flaw, tls, until};
use crate::packet::{PING, V5};
use crate::stage::{Broker, PASSWORD, USER};
use crate::web::hello;

/// Puts a new pair in the place of the one in use, the certificate last.
fn install(from: &Certificates, folder: &Path) {
    for (file, name) in [("server.key", "hub.key"), ("server.pem", "hub.pem")] {
        let (fresh, place) = (folder.join("fresh"), folder.join(name));
        fs::copy(from.file(file), &fresh).expect("the temporary folder is writable");
        fs::set_permissions(&fresh, Permissions::from_mode(0o600)).expect("it is ours");
        fs::rename(&fresh, &place).expect("it is ours");
    }
}

#[tokio::test]
async fn hubs_own_certificate_serves_mqtt_and_its_authority_is_trusted() {
    let broker = Broker::closed("");
    let door = broker.tls_door().account(USER, PASSWORD);
    let mut subscriber = door.subscribe(&["-t", "a/#", "-v"]).await;
    door.publish(&["-t", "a/b", "-m", "encrypted", "-V", "5"]).await;
    assert_eq!(subscriber.line().await, "a/b encrypted");
    // A client that trusts somebody else hangs up.
    let folder = tempfile::tempdir().expect("a temporary folder");
    let other = Certificates::make(folder.path(), Flaw::None);
    let distrusting = crate::common::MqttDoor::tcp(broker.tls_port()).trusting(&other.ca());
    let told = distrusting.account(USER, PASSWORD).try_publish(&["-t", "a/b", "-m", "x"]).await;
    assert!(told.is_err());
    broker.logs("no TLS came about").await;
}

#[tokio::test]
async fn renewed_certificate_serves_new_clients_and_old_ones_stay() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let make = |name: &str| {
        let place = folder.path().join(name);
        fs::create_dir(&place).expect("the temporary folder is writable");
        Certificates::make(&place, Flaw::None)
    };
    let (old, new) = (make("old"), make("new"));
    install(&old, folder.path());
    let path = |name: &str| folder.path().join(name).display().to_string();
    let web = format!("[web]\ncert = {:?}\nkey = {:?}\n", path("hub.pem"), path("hub.key"));
    let broker = Broker::configured("anonymous = false", &web);
    let authority = format!("127.0.0.1:{}", broker.tls_port());
    let mut stream = tls::connect(&authority, tls::trusting(&old.ca())).await.expect("the old certificate");
    stream.write_all(&hello(V5, "stays").bytes()).await.expect("the broker reads");
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await.expect("a CONNACK");
    assert_eq!(answer[3], 0);
    install(&new, folder.path());
    until("the new certificate", || async {
        tls::connect(&authority, tls::trusting(&new.ca())).await.ok().map(drop)
    })
    .await;
    assert!(
        tls::connect(&authority, tls::trusting(&old.ca())).await.is_err(),
        "the old one is not shown any more"
    );
    // Whoever was connected goes on.
    stream.write_all(&PING).await.expect("the broker reads");
    let mut rest = Vec::new();
    while !rest.ends_with(&[0xD0, 0]) {
        let byte = stream.read_u8().await.expect("the connection stays");
        rest.push(byte);
    }
    let door = crate::common::MqttDoor::tcp(broker.tls_port()).trusting(&new.ca());
    door.account(USER, PASSWORD).publish(&["-t", "a/b", "-m", "x"]).await;
}
