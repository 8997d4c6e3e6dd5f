//! What happens between clients of one feed when some are behind and others leave.

use std::time::Instant;

use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::hub::{By, Command, HubConfig, LinkHandle, LinkInfo, LinkState};
use crate::talk::{Message, Payload, Topic};
use crate::web::places::Places;
use crate::web::stream::Stream;

struct Scene {
    feed: Feed,
    link: LinkHandle,
    peers: Vec<TcpStream>,
}

impl Scene {
    /// A feed with clients 1 to `clients`, each at the end of the log.
    async fn with(clients: u64) -> Self {
        let hub = Hub::new(HubConfig::default(), Now::now());
        let info = LinkInfo { name: "usb".into(), kind: "serial", base: Topic::new("nodes/bridge/0").ok() };
        let (link, _) = hub.attach(Now::now(), info);
        link.state(Now::now(), LinkState::up("bridge"));
        let (snapshot, stream) = hub.subscribe(Now::now());
        let view =
            View { base: None, filters: Vec::new(), events: false, raw: true, commands: false, scope: None };
        let mut scene = Self { feed: Feed::new(hub, view, stream, snapshot.seq), link, peers: Vec::new() };
        for id in 1..=clients {
            let conn = scene.conn(id).await;
            scene.feed.join(Join { conn, greeting: None, snapshot: false });
        }
        scene
    }

    async fn conn(&mut self, id: u64) -> Arc<Conn> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (peer, accepted) = tokio::join!(TcpStream::connect(address), listener.accept());
        self.peers.push(peer.unwrap());
        let place = Places::new(1, 1).take(address.ip()).unwrap();
        Conn::new(id, Stream::plain(accepted.unwrap().0, place), Instant::now())
    }

    fn says(&self, line: &str) {
        self.link.publish(Now::now(), Message::parse(line).unwrap());
    }

    fn asks_in_vain(&self, client: u64) {
        let command = Command {
            topic: Topic::new("nobody/relay/0/set").unwrap(),
            payload: Payload::empty(),
            by: By { account: "ada".into(), client, from: None },
            id: None,
        };
        drop(self.feed.hub.command(Now::now(), command));
    }

    /// What a client has got until `last`.
    async fn heard(&mut self, client: usize, last: &str) -> String {
        let (mut bytes, mut all) = ([0; 4096], String::new());
        while !all.contains(last) {
            let read = self.peers[client - 1].read(&mut bytes);
            let count =
                tokio::time::timeout(std::time::Duration::from_secs(5), read).await.expect(&all).unwrap();
            assert!(count > 0, "closed after {all:?}");
            all.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
        all
    }
}

#[tokio::test]
async fn one_that_left_does_not_disturb_the_present_values_of_another() {
    let mut scene = Scene::with(3).await;
    scene.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    scene.asks_in_vain(2);
    scene.feed.members[1].conn.close(1013, "gone");
    scene.feed.missed(1);
    assert!(
        scene.feed.serve(2),
        "the last one gets the present values, with the answer to client 2 on the way"
    );
    let heard = scene.heard(3, "relay/i2c0-3b").await;
    assert!(heard.contains("$hub/lost"), "{heard}");
}

#[tokio::test]
async fn thousands_of_answers_to_those_who_lost_their_place_need_no_deep_stack() {
    let mut scene = Scene::with(2).await;
    scene.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    for _ in 0..2_000 {
        scene.asks_in_vain(1);
        scene.asks_in_vain(2);
    }
    scene.feed.missed(1);
    assert!(scene.feed.serve(0) && scene.feed.serve(1));
    assert!(scene.heard(1, "no-such-device").await.contains("clown.talk/-/error"));
}

#[tokio::test]
async fn what_came_while_another_got_the_present_values_is_heard_at_once() {
    let mut scene = Scene::with(2).await;
    scene.feed.missed(1);
    assert!(scene.feed.serve(0));
    // Client 1 is at the end of the log, client 2 has lost its place; the next word comes in between.
    scene.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    scene.feed.present = None;
    scene.feed.spread().await;
    assert!(scene.heard(2, "relay/i2c0-3b").await.contains("$hub/lost"));
    scene.heard(1, "relay/i2c0-3b").await;
}

#[tokio::test]
async fn present_values_are_made_once_for_all_who_come_at_the_same_moment() {
    let mut scene = Scene::with(0).await;
    scene.says(r#"["relay/i2c0-3b", {"state": true}]"#);
    let (first, second) = (scene.feed.present(), scene.feed.present());
    assert_eq!(first.as_ptr(), second.as_ptr());
    scene.says(r#"["relay/i2c0-3b", {"state": false}]"#);
    let update = scene.feed.stream.try_recv().unwrap();
    scene.feed.take(&update, &mut Chunk::default());
    assert!(String::from_utf8_lossy(&scene.feed.present()).contains("false"), "never old ones");
}
