//! P-9: a plug with a loose contact. Alone in its program, because it counts open files.

mod common;

#[path = "serial/rig.rs"]
#[allow(dead_code)]
mod rig;

use std::fs;

use common::{FakeBridge, Manners, until};
use rig::Rig;

fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").expect("proc").count()
}

#[tokio::test]
async fn fifty_unplugs_leave_no_open_file_and_one_event_each() {
    let bridge = FakeBridge::plugged(Manners::default());
    let mut rig = Rig::new(bridge.path());
    rig.comes_to("up").await;
    let before = open_files();
    let (mut lost, mut up) = (0, 0);
    for _ in 0..50 {
        bridge.unplug().await;
        rig.comes_to("unplugged").await;
        bridge.plug().await;
        rig.comes_to("up").await;
    }
    rig.hub.tell(clown_hub::hub::Now::now(), &rig::topic("$hub/end"), &0);
    loop {
        let update = rig.hears(|update| update.is_own()).await;
        match update.message.topic.as_str() {
            "$hub/end" => break,
            "$hub/link/bridge" => {
                let text = update.message.payload.as_str();
                lost += usize::from(text.contains("\"unplugged\"") && !text.contains("\"missing\""));
                up += usize::from(text.contains("\"state\":\"up\""));
            }
            _ => {}
        }
    }
    assert!((50..=60).contains(&lost), "{lost} times unplugged");
    assert!((51..=170).contains(&up), "{up} times up");
    until("all files to be closed", || async { Some(()).filter(|()| open_files() <= before) }).await;
}
