//! The page as HTML, and its forms on a hub with two devices.

use std::path::Path;

use axum::http::header;

use super::*;
use crate::hub::{HubConfig, LinkInfo, LinkState};
use crate::talk::{Message, Topic};

/// A hub with a bridge and a lamp, and arrangements in a folder.
struct Play {
    hub: Hub,
    layouts: Layouts,
    folder: tempfile::TempDir,
}

impl Play {
    fn new() -> Self {
        let hub = Hub::new(HubConfig::default(), Now::now());
        for name in ["bridge", "lamp"] {
            let base = Topic::new(&format!("nodes/{name}/0")).ok();
            let (link, _) = hub.attach(Now::now(), LinkInfo { name: name.into(), kind: "serial", base });
            link.state(Now::now(), LinkState::up(""));
            for line in
                [r#"["relay/0", {"state": true}]"#, r#"["thermometer/0", {"temperature": [21.5, "℃"]}]"#]
            {
                link.publish(Now::now(), Message::parse(line).unwrap());
            }
        }
        let folder = tempfile::tempdir().unwrap();
        Self { hub, layouts: Layouts::open(folder.path()), folder }
    }

    async fn does(&self, fields: &[(&str, &str)]) -> Done {
        let mut form = Form::default();
        for (name, value) in fields {
            let value = (*value).to_owned();
            match *name {
                "do" => form.what = value,
                "list" => form.list = value,
                "thing" => form.thing = value,
                "of" => form.of = value,
                "room" => form.room = value,
                _ => form.name = value,
            }
        }
        let text = crate::web::text::Lang::En.text();
        let devices = facts::devices(text, &self.hub.snapshot(Now::now()));
        act(&self.layouts, "ada", text, &form, &devices).await
    }

    fn page(&self, lang: &str) -> String {
        let mut headers = HeaderMap::new();
        headers.insert(header::COOKIE, format!("lang={lang}").parse().unwrap());
        let shell = Shell::new(&headers, Some("ada"), "/arrange");
        let plan = plan(shell.text(), &self.hub, &self.layouts.of("ada"), "");
        ArrangePage { shell, plan, done: None }.render().unwrap()
    }

    fn file(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("dashboard/ada.toml")).unwrap()
    }
}

#[tokio::test]
async fn forms_change_the_file_and_the_page() {
    let play = Play::new();
    assert!(play.page("en").contains("You see what everyone sees."));
    let done = play.does(&[("do", "into"), ("thing", "nodes/lamp/0"), ("room", "Kitchen & co")]).await;
    assert_eq!(done.step, "confirmed", "{}", done.words);
    assert!(done.address.unwrap().starts_with("/arrange?done=kept&at=nodes/lamp/0#thing-"));
    play.does(&[("do", "name"), ("thing", "nodes/lamp/0/relay/0#state"), ("name", "<Lamp>")]).await;
    play.does(&[("do", "lock"), ("thing", "nodes/lamp/0/relay/0#state")]).await;
    play.does(&[("do", "star"), ("thing", "nodes/lamp/0/relay/0#state")]).await;
    play.does(&[("do", "hide"), ("thing", "nodes/bridge/0/thermometer/0#temperature")]).await;
    let page = play.page("en");
    for part in [
        "This is your own",
        "Kitchen &#38; co",
        "&#60;Lamp&#62;",
        ">locked<",
        ">hidden<",
        "No favourite any more",
    ] {
        assert!(page.contains(part), "no {part} in {page}");
    }
    assert!(play.file().contains("\"nodes/lamp/0/relay/0#state\" = \"<Lamp>\"\n"), "{}", play.file());
    assert!(play.page("cs").contains("Tohle je vaše vlastní uspořádání"));
}

#[tokio::test]
async fn what_cannot_be_done_is_told_and_changes_nothing() {
    let play = Play::new();
    let check = async |fields: &[(&str, &str)], expect: &str| {
        let done = play.does(fields).await;
        assert_eq!(done.step, "refused", "{}", done.words);
        assert!(done.words.contains(expect), "{}", done.words);
        assert!(!Path::new(&play.folder.path().join("dashboard")).exists());
    };
    check(&[("do", "dance")], "nothing that can be done").await;
    check(&[("do", "before"), ("list", "moon"), ("thing", "a"), ("of", "b")], "nothing that can be done")
        .await;
    check(&[("do", "star"), ("thing", "../../etc/passwd")], "../../etc/passwd is not there any more").await;
    check(&[("do", "add-room"), ("name", "")], "at least one character").await;
    check(&[("do", "name"), ("thing", "nodes/lamp/0"), ("name", "\u{202e}x")], "cannot be seen").await;
}
