//! Arrangements in a folder: what a change does to the file, and what a hand in the file does to the page.

use std::path::PathBuf;

use super::*;

fn present() -> Present {
    let device = |base: &str, tiles: &[&str]| {
        (base.to_owned(), tiles.iter().map(|tile| format!("{base}/{tile}")).collect())
    };
    Present(vec![
        device("a", &["relay/0#state", "temp"]),
        device("b", &["relay/0#state"]),
        device("c", &["temp"]),
    ])
}

fn before(of: &str) -> Beside {
    Beside { side: Side::Before, of: of.into() }
}

fn after(of: &str) -> Beside {
    Beside { side: Side::After, of: of.into() }
}

/// Rooms and their devices in one line: `Kitchen: b a | c`, those in no room last.
fn shown(layout: &Layout) -> String {
    let rooms = layout.rooms.iter().map(|room| format!("{}: {}", room.name, room.devices.join(" ")));
    rooms.chain([layout.devices.join(" ")]).collect::<Vec<_>>().join(" | ")
}

#[test]
fn each_change_does_what_it_says() {
    let check = |changes: &[Change], expect: Result<&str, ChangeError>| {
        let mut layout = Layout::default();
        let mut all = changes.iter().map(|change| change.apply(&mut layout, &present()));
        let end = all.find(Result::is_err).unwrap_or(Ok(()));
        assert_eq!(end.map(|()| shown(&layout)), expect.map(str::to_owned), "{changes:?}");
    };
    let into = |base: &str, room: &str| Change::IntoRoom(base.into(), Some(room.into()));
    let device = |base: &str, beside| Change::Device(base.into(), beside);
    check(&[device("c", before("a"))], Ok("c a b"));
    check(&[device("a", after("b"))], Ok("b a c"));
    check(&[device("a", after("a"))], Ok("a b c"));
    check(&[into("b", "Kitchen")], Ok("Kitchen: b | "));
    check(&[into("b", "Kitchen"), into("a", " kitchen ")], Ok("Kitchen: b a | "));
    check(&[into("b", "Kitchen"), device("a", before("b"))], Ok("Kitchen: a b | "));
    check(&[into("b", "Kitchen"), device("b", after("a"))], Ok("Kitchen:  | a b c"));
    check(&[into("b", "K"), into("a", "L"), device("b", before("a"))], Ok("K:  | L: b a | "));
    check(&[into("b", "Kitchen"), Change::IntoRoom("b".into(), None)], Ok("Kitchen:  | "));
    check(&[into("b", "K"), Change::RemoveRoom("K".into())], Ok(""));
    check(&[into("b", "K"), into("a", "L"), Change::Room("L".into(), before("K"))], Ok("L: a | K: b | "));
    check(&[into("b", "K"), into("a", "L"), Change::Room("K".into(), after("L"))], Ok("L: a | K: b | "));
    check(&[into("b", "K"), Change::RenameRoom("K".into(), "k".into())], Ok("k: b | "));
    check(&[into("b", "K"), Change::AddRoom("k".into())], Err(ChangeError::Taken("k".into())));
    check(&[Change::AddRoom(" ".into())], Err(ChangeError::Empty));
    check(&[Change::AddRoom("x".repeat(101))], Err(ChangeError::Long));
    check(&[Change::AddRoom("x\u{202e}".into())], Err(ChangeError::Invisible));
    check(&[device("gone", before("a"))], Err(ChangeError::Gone("gone".into())));
    check(&[device("a", before("gone"))], Err(ChangeError::Gone("gone".into())));
    check(&[Change::Star("gone".into(), true)], Err(ChangeError::Gone("gone".into())));
    check(&[Change::Star("gone".into(), false)], Ok(""));
    check(&[Change::Name("a".into(), "x".repeat(101))], Err(ChangeError::Long));
}

#[test]
fn what_is_away_keeps_its_place() {
    let mut layout = Layout { devices: vec!["away".into(), "c".into()], ..Layout::default() };
    Change::Device("a".into(), before("c")).apply(&mut layout, &present()).unwrap();
    assert_eq!(shown(&layout), "away a c b");
}

#[test]
fn file_is_read_as_it_was_written() {
    let mut layout = Layout::default();
    let name = |thing: &str, name: &str| Change::Name(thing.into(), name.into());
    for change in [
        Change::IntoRoom("b".into(), Some("Dílna \"u garáže\" \\ #1".into())),
        Change::Tile("a/temp".into(), before("a/relay/0#state")),
        Change::Star("a/temp".into(), true),
        Change::Hide("c".into(), true),
        Change::Lock("b/relay/0#state".into(), true),
        Change::Device("c".into(), before("a")),
        name("a", "Lampa"),
        name("b/relay/0#state", "日本 🐟"),
    ] {
        change.apply(&mut layout, &present()).unwrap();
    }
    let text = file::text("ada", &layout);
    assert_eq!(file::parse(Path::new("ada.toml"), text.clone()).unwrap(), layout);
    assert!(text.starts_with("# What ada sees on the dashboard."), "{text}");
    assert_eq!(
        file::parse(Path::new("ada.toml"), file::text("ada", &Layout::default())).unwrap(),
        Layout::default()
    );
    name("a", "Lampa 2").apply(&mut layout, &present()).unwrap();
    let later = file::text("ada", &layout);
    let differ = text.lines().zip(later.lines()).filter(|(one, other)| one != other).count();
    assert_eq!((differ, text.lines().count()), (1, later.lines().count()), "a change of a name is one line");
}

#[test]
fn damage_is_told_with_its_place() {
    let check = |text: &str, expect: &str| {
        let problems = file::parse(Path::new("ada.toml"), text.to_owned()).unwrap_err().to_string();
        assert!(problems.contains(expect), "{problems}");
    };
    check("favourites = [", "ada.toml:1:");
    check("\nfavorites = []", "ada.toml:2:1: favorites: unknown key");
    check("\nfavorites = []", "did you mean favourites?");
    check("hidden = \"a\"", "write [\"a\"]");
    check("hidden = [\"a\", 7]", "ada.toml:1:16: hidden: found 7");
    check("hidden = [\"a\", \"a\"]", "\"a\" is there twice");
    check("[room]\nname = \"K\"", "write [[room]], with two brackets");
    check("[[room]]\ndevices = []", "room[1].name: is missing");
    check("[[room]]\nname = \"K\"\n[[room]]\nname = \"k\"", "\"k\" is there twice");
    check(
        "[[room]]\nname = \"K\"\ndevices=[\"a\"]\n[[room]]\nname = \"L\"\ndevices=[\"a\"]",
        "\"a\" is in two rooms",
    );
    check("[names]\n\"a\" = 7", "ada.toml:2:1: names.a: found 7");
    check("[names]\n\"a\" = \"\"", "names.a: a name has at least one character");
    check("[names]\nnodes.a = \"x\"", "with quotes around both");
    check("[order]\n\"a\" = \"b\"", "order.a: found \"b\"");
}

struct Desk {
    folder: tempfile::TempDir,
    layouts: Layouts,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let layouts = Layouts::open(folder.path());
        Self { folder, layouts }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join("dashboard").join(name)
    }

    async fn does(&self, account: &str, change: Change) -> Result<(), LayoutError> {
        self.layouts.change(account, change, present()).await
    }
}

fn room(base: &str) -> Change {
    Change::IntoRoom(base.into(), Some("Kitchen".into()))
}

#[tokio::test]
async fn everybody_sees_everyones_until_they_make_their_own() {
    let desk = Desk::new();
    assert!(!desk.layouts.of("ada").is_own);
    desk.does("ada", room("a")).await.unwrap();
    assert!(desk.layouts.of("ada").is_own && !desk.layouts.of("bob").is_own);
    assert_eq!(shown(&desk.layouts.of("bob").layout), "");
    desk.layouts.share("ada").await.unwrap();
    assert_eq!(shown(&desk.layouts.of("bob").layout), "Kitchen: a | ");
    desk.does("bob", room("b")).await.unwrap();
    assert_eq!(shown(&desk.layouts.of("bob").layout), "Kitchen: a b | ", "it began as a copy");
    assert_eq!(shown(&desk.layouts.of("ada").layout), "Kitchen: a | ");
    desk.layouts.give_up("bob").await.unwrap();
    desk.layouts.give_up("bob").await.unwrap();
    assert!(!desk.layouts.of("bob").is_own && !desk.file("bob.toml").exists());
    let local = desk.does("local", room("a")).await.unwrap_err();
    assert!(matches!(local, LayoutError::NoAccount(_)), "{local}");
    assert!(matches!(desk.does("../x", room("a")).await, Err(LayoutError::NoAccount(_))));
    // Somebody who is called so has a file of another name.
    desk.does("everyone", room("c")).await.unwrap();
    assert_eq!(shown(&desk.layouts.of("carl").layout), "Kitchen: a | ");
    assert!(desk.file("+everyone.toml").exists());
}

#[tokio::test]
async fn damaged_file_is_not_written_over_and_the_last_good_one_counts() {
    let desk = Desk::new();
    desk.does("ada", room("a")).await.unwrap();
    let good = std::fs::read_to_string(desk.file("ada.toml")).unwrap();
    std::fs::write(desk.file("ada.toml"), good.replace("Kitchen", "Cellar")).unwrap();
    assert_eq!(shown(&desk.layouts.of("ada").layout), "Cellar: a | ", "a hand in the file is seen");
    std::fs::write(desk.file("ada.toml"), "rooms?").unwrap();
    let seen = desk.layouts.of("ada");
    assert_eq!(shown(&seen.layout), "Cellar: a | ");
    assert!(seen.problems.unwrap().to_string().contains("ada.toml:1:"));
    assert!(matches!(desk.does("ada", room("b")).await, Err(LayoutError::Unread(_))));
    assert!(matches!(desk.layouts.share("ada").await, Err(LayoutError::Unread(_))));
    assert_eq!(std::fs::read_to_string(desk.file("ada.toml")).unwrap(), "rooms?");
    desk.layouts.give_up("ada").await.unwrap();
    assert_eq!(std::fs::read_to_string(desk.file("ada.toml.damaged")).unwrap(), "rooms?");
    desk.does("ada", room("b")).await.unwrap();
    assert_eq!(shown(&desk.layouts.of("ada").layout), "Kitchen: b | ");
}
