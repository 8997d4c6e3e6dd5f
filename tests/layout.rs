//! How people arrange their dashboards, seen from outside: forms, pages, and the files in the data folder.

mod common;

use std::path::PathBuf;

use common::{Answer, Https, Hub, Launch, until};

const PASSWORD: &str = "correct horse battery";
const MANUAL: &str = include_str!("../docs/dashboard.md");

/// Two bridges, `nodes/bridge/0` and `nodes/bridge/1`.
fn config() -> String {
    (0..2)
        .map(|n| format!("[[link]]\nname = \"{n}\"\nkind = \"simulator\"\nbase = \"nodes/bridge/{n}\"\n"))
        .collect()
}

struct House {
    hub: Hub,
}

impl House {
    async fn new() -> Self {
        let launch = Launch::run(&config()).account("ada", PASSWORD).account("bob", PASSWORD);
        let house = Self { hub: launch.start() };
        house.is_there().await;
        house
    }

    /// Both bridges have said what they have.
    async fn is_there(&self) {
        until("both bridges", async || {
            let page = self.page("ada").await;
            let has = |n: u8| page.contains(&format!("data-topic=\"nodes/bridge/{n}/thermometer/i2c0-48\""));
            (has(0) && has(1)).then_some(())
        })
        .await;
    }

    fn person(&self, name: &str) -> Https {
        Https::new(&self.hub).basic(name, PASSWORD)
    }

    async fn page(&self, name: &str) -> String {
        self.person(name).get("/").await.body
    }

    async fn does(&self, name: &str, fields: &[(&str, &str)]) -> Answer {
        self.person(name).post_form("/arrange", fields).await
    }

    fn path(&self, name: &str) -> PathBuf {
        self.hub.data().join("dashboard").join(name)
    }

    fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.path(name)).unwrap_or_default()
    }
}

/// What stands in this order on a page.
fn in_order(page: &str, parts: &[&str]) {
    let mut rest = page;
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("{part} is not there, or too early, in {page}"));
        rest = &rest[at + part.len()..];
    }
}

fn different(one: &str, other: &str) -> Vec<String> {
    let lines: Vec<&str> = one.lines().collect();
    other.lines().filter(|line| !lines.contains(line)).map(str::to_owned).collect()
}

const RELAY: &str = "nodes/bridge/1/relay/i2c0-3b#state";

#[tokio::test]
async fn change_is_one_line_of_a_file_and_only_its_persons_dashboard() {
    let house = House::new().await;
    let before = house.page("bob").await;
    let kept = house.does("ada", &[("do", "into"), ("thing", "nodes/bridge/1"), ("room", "Workshop")]).await;
    assert_eq!(kept.status, 303, "{}", kept.body);
    assert!(kept.header("location").starts_with("/arrange?done=kept&at=nodes/bridge/1#"));
    in_order(
        &house.page("ada").await,
        &["<h2>Workshop</h2>", "data-base=\"nodes/bridge/1\"", "data-base=\"nodes/bridge/0\""],
    );
    assert!(!house.page("bob").await.contains("Workshop"));
    let first = house.file("ada.toml");
    house.does("ada", &[("do", "name"), ("thing", RELAY), ("name", "Lamp")]).await;
    let second = house.file("ada.toml");
    assert_eq!(different(&first, &second), ["[names]", "\"nodes/bridge/1/relay/i2c0-3b#state\" = \"Lamp\""]);
    house.does("ada", &[("do", "name"), ("thing", RELAY), ("name", "Desk lamp")]).await;
    assert_eq!(different(&second, &house.file("ada.toml")).len(), 1);
    let page = house.page("ada").await;
    assert!(page.contains(">Desk lamp</h3><code>relay/i2c0-3b</code>"), "the topic stays beneath: {page}");
    house.does("ada", &[("do", "star"), ("thing", RELAY)]).await;
    let page = house.page("ada").await;
    in_order(
        &page,
        &["<h2>Favourites</h2>", "data-topic=\"nodes/bridge/1/relay/i2c0-3b\"", "<h2>Workshop</h2>"],
    );
    assert_eq!(page.matches("data-topic=\"nodes/bridge/1/relay/i2c0-3b\"").count(), 1, "it is there once");
    house.does("ada", &[("do", "hide"), ("thing", "nodes/bridge/0")]).await;
    let page = house.page("ada").await;
    assert!(page.contains("Hidden: 1") && !page.contains("data-base=\"nodes/bridge/0\""));

    // Everyone's, and back to it.
    house.does("ada", &[("do", "share")]).await;
    assert!(house.page("bob").await.contains("Workshop"));
    house.does("bob", &[("do", "remove-room"), ("thing", "Workshop")]).await;
    assert!(!house.page("bob").await.contains("Workshop") && house.page("ada").await.contains("Workshop"));
    house.does("bob", &[("do", "give-up")]).await;
    assert!(!house.path("bob.toml").exists() && house.page("bob").await.contains("Workshop"));
    assert_ne!(before, house.page("bob").await);

    // It outlives the hub.
    let house = House { hub: house.hub.restart() };
    house.is_there_without("nodes/bridge/0").await;
    in_order(&house.page("ada").await, &["<h2>Favourites</h2>", "Desk lamp", "<h2>Workshop</h2>"]);
}

impl House {
    /// After a start with a device hidden.
    async fn is_there_without(&self, hidden: &str) {
        until("the shown bridge", async || {
            let page = self.page("ada").await;
            (page.contains("nodes/bridge/1/thermometer") && !page.contains(&format!("{hidden}/thermo")))
                .then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn file_is_edited_by_hand_and_a_damaged_one_is_told_and_not_written_over() {
    let house = House::new().await;
    house.does("ada", &[("do", "add-room"), ("name", "Kitchen")]).await;
    let edited = house
        .file("ada.toml")
        .replace("name = \"Kitchen\"\ndevices = []", "name = \"Cellar\"\ndevices = [\"nodes/bridge/0\"]");
    std::fs::write(house.path("ada.toml"), &edited).expect("the file is there");
    in_order(&house.page("ada").await, &["<h2>Cellar</h2>", "data-base=\"nodes/bridge/0\""]);
    let damaged = edited.replace("favourites", "favorites");
    std::fs::write(house.path("ada.toml"), &damaged).expect("the file is there");
    for path in ["/", "/arrange"] {
        let page = house.person("ada").get(path).await.body;
        assert!(page.contains("ada.toml:4:1: favorites: unknown key"), "{page}");
        assert!(page.contains("did you mean favourites?") && page.contains("Cellar"), "{page}");
    }
    let refused = house.does("ada", &[("do", "add-room"), ("name", "Attic")]).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("Nothing was changed") && refused.body.contains("Mend it first"));
    assert_eq!(house.file("ada.toml"), damaged);
    std::fs::write(house.path("ada.toml"), &edited).expect("the file is there");
    let json = house.person("ada").header("accept", "application/json");
    let told = json.post_form("/arrange", &[("do", "add-room"), ("name", "Attic")]).await;
    assert_eq!(told.body, r#"{"answer":"Kept.","step":"confirmed"}"#);
    let later = house.file("ada.toml");
    assert!(later.contains("name = \"Attic\"") && later.contains("name = \"Cellar\""), "{later}");
    // Nobody writes beside the folder, and no stranger writes at all.
    let strange = house.does("ada", &[("do", "star"), ("thing", "../../../accounts")]).await;
    assert_eq!(strange.status, 422);
    assert_eq!(Https::new(&house.hub).post_form("/arrange", &[("do", "share")]).await.status, 401);
}

#[tokio::test]
async fn program_switches_a_locked_tile_as_before() {
    let house = House::new().await;
    house.does("ada", &[("do", "lock"), ("thing", RELAY)]).await;
    assert!(house.page("ada").await.contains("data-locked=\"kept\""));
    let topic = RELAY.trim_end_matches("#state");
    let pressed =
        house.person("ada").post_form("/set", &[("topic", topic), ("key", "state"), ("value", "true")]).await;
    assert_eq!(pressed.status, 303, "{}", pressed.body);
    assert!(pressed.body.starts_with("confirmed"), "{}", pressed.body);
}

#[tokio::test]
async fn example_of_the_manual_arranges_the_dashboard_as_it_says() {
    let example =
        MANUAL.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).expect("an example");
    let house = House::new().await;
    std::fs::create_dir_all(house.path("")).expect("the data folder is writable");
    std::fs::write(house.path("ada.toml"), example).expect("the data folder is writable");
    let page = house.page("ada").await;
    in_order(
        &page,
        &[
            "<h2>Favourites</h2>",
            "nodes/bridge/0/relay/i2c0-3b",
            ">Lamp</h3>",
            "<h2>Workshop</h2>",
            "Bridge by the door</a></h2>",
            "<h2>Garage</h2>",
            "data-base=\"nodes/bridge/1\"",
        ],
    );
    assert!(page.contains("data-locked=\"kept\"") && page.contains("Hidden: 1"), "{page}");
}
