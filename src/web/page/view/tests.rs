//! Every kind of tile in every state: each has its mark and its words, and no two states of a kind look alike.
//!
//! The same tiles are written to `target/screenshots/tiles.html`, a page for whoever wants to look at all of them at once.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::time::Duration;

use askama::Template;
use axum::http::{HeaderMap, header};

use super::super::group::grouped;
use super::super::instrument::Widget;
use super::super::past::Past;
use super::super::shell::Shell;
use super::*;

/// The states, each with the mark and a word that must be there.
const STATES: [(&str, &str, &str); 15] = [
    ("rest", "online", ""),
    ("pending", "pending", "asked by ada"),
    ("refused", "refused", "refused: too hot"),
    ("unanswered", "unanswered", "no answer after 3 s"),
    ("stale", "stale", "overdue, last said"),
    ("silent", "silent", "silent, last said"),
    ("asleep", "asleep", "asleep, last said"),
    ("offline", "offline", "offline, last said"),
    ("lost", "lost", "connection lost"),
    ("remembered", "remembered", "remembered from"),
    ("unheard", "unheard", "has not spoken yet"),
    ("unknown", "online", "said “unknown”"),
    ("not accepted", "locked", "until the device is accepted"),
    ("only looking", "locked", "may only look"),
    ("kept", "locked", "by its owner"),
];

/// One kind: its name, its id, its key, what it says, what is asked of it, and what is special about it.
struct Sort {
    kind: &'static str,
    id: &'static str,
    key: &'static str,
    said: Value,
    wish: &'static str,
    change: fn(&mut Facts),
}

fn number(text: &str) -> Value {
    Value::Number { text: text.into(), value: text.parse().expect(text) }
}

fn words(words: &[&'static str]) -> Kind {
    Kind::Choice(words.iter().map(|word| (*word).into()).collect())
}

fn sorts() -> Vec<Sort> {
    let sort = |kind, id, key, said, wish, change| Sort { kind, id, key, said, wish, change };
    let text = |text: &str| Value::Text(text.into());
    vec![
        sort("switch", "relay/0", "state", Value::Bool(true), "off", |it| it.kind = Kind::Switch),
        sort("choice", "select/0", "mode", text("eco"), "boost", |it| {
            it.kind = words(&["eco", "boost", "off"])
        }),
        sort("setting", "note/0", "text", text("Hello"), "Bye", |it| it.kind = Kind::Text),
        sort("slider", "light/0", "brightness", number("40"), "70", |it| {
            it.range = Some(Range { min: 0.0, max: 100.0 });
            it.unit = "%".into();
        }),
        sort("stepper", "set-point/0", "set-point", number("21.50"), "23", |it| {
            it.range = Some(Range { min: 5.0, max: 30.0 });
            it.unit = "℃".into();
        }),
        sort("color", "light/0", "color", text("FF8A00"), "0040FF", |it| it.kind = Kind::Text),
        sort("position", "cover/0", "position", number("35"), "80", |it| it.unit = "%".into()),
        sort("moves", "cover/0", "action", text("stopped"), "opening", |it| {
            it.kind = words(&["opening", "open", "closing", "closed", "stopped"]);
        }),
        sort("button", "buzzer/0", "beep", Value::Null, "on", |it| {
            it.kind = Kind::Button;
            it.speaks = false;
        }),
        sort("gauge", "thermometer/0", "temperature", number("21.44"), "", |it| {
            it.range = Some(Range { min: -20.0, max: 60.0 });
            it.access = Access::Read;
            it.unit = "℃".into();
        }),
        sort("number", "meter/0", "power", number("1480"), "", |it| {
            it.access = Access::Read;
            it.unit = "W".into();
        }),
        sort("total", "meter/0", "energy", number("1284.62"), "", |it| {
            it.access = Access::Read;
            it.is_total = true;
            it.unit = "kWh".into();
        }),
        sort("count", "pir/0", "event-count", number("17"), "", |it| {
            it.kind = Kind::Event;
            it.access = Access::Read;
        }),
        sort("event", "button/0", "event", text("double press"), "", |it| {
            it.kind = Kind::Text;
            it.access = Access::Read;
        }),
        sort("text", "device/0", "firmware", text("1.4.2"), "", |it| {
            it.kind = Kind::Text;
            it.access = Access::Read;
        }),
    ]
}

fn now() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_795_212_600)
}

fn facts(sort: &Sort, state: &str) -> Facts {
    let mut facts = Facts {
        topic: format!("nodes/x/0/{}", sort.id),
        id: sort.id.into(),
        key: sort.key.into(),
        kind: Kind::Number,
        range: None,
        access: Access::ReadWrite,
        grain: None,
        icon: crate::device::vocabulary::usual_icon(sort.id, sort.key, &Kind::Text),
        given: None,
        said: sort.said.clone(),
        unit: String::new(),
        presence: Presence::Online,
        regular: true,
        at: Some(now()),
        step: None,
        possible: None,
        is_total: false,
        speaks: true,
        takes: None,
    };
    (sort.change)(&mut facts);
    if facts.kind == Kind::Button {
        facts.at = None;
    }
    match state {
        "pending" => facts.step = Some(Step::Pending { wish: sort.wish.into(), by: "ada".into() }),
        "refused" => facts.step = Some(Step::Refused { code: "x", reason: "too hot".into() }),
        "unanswered" => facts.step = Some(Step::Unanswered { after_ms: 3000 }),
        "stale" => facts.presence = Presence::Stale,
        "silent" => facts.presence = Presence::Silent,
        "asleep" => facts.presence = Presence::Asleep,
        "offline" => facts.presence = Presence::Offline,
        "lost" => facts.presence = Presence::Lost,
        "remembered" => facts.presence = Presence::Remembered,
        "unheard" => (facts.presence, facts.said, facts.at) = (Presence::Unknown, Value::Null, None),
        "unknown" => facts.said = Value::Null,
        _ => {}
    }
    facts
}

fn tile(text: &'static Text, sort: &Sort, state: &str) -> TileView {
    let tile = TileView::new(text, &facts(sort, state), now());
    match state {
        "not accepted" => tile.locked(Lock::NotAccepted),
        "only looking" => tile.locked(Lock::ReadOnly),
        "kept" => tile.locked(Lock::Kept),
        _ => tile,
    }
}

/// Whether a kind can be in that state at all.
fn has(sort: &Sort, state: &str) -> bool {
    let is_control = facts(sort, "rest").is_set();
    match state {
        "pending" | "refused" | "unanswered" | "not accepted" | "only looking" | "kept" => is_control,
        "unknown" => sort.kind != "button",
        _ => true,
    }
}

fn render(lang: &str, tile: TileView) -> String {
    let mut headers = HeaderMap::new();
    headers.insert(header::COOKIE, format!("lang={lang}").parse().expect("plain"));
    let shell = Shell::new(&headers, Some("ada"), "/");
    shell.tile(&tile, &Past::default()).render().expect("a tile renders")
}

/// What can be read and seen without a colour: texts, and which marks there are.
fn seen(html: &str) -> (BTreeSet<String>, String) {
    let marks = html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned);
    let text: String =
        html.split('<').filter_map(|part| part.split_once('>')).map(|(_, text)| text).collect();
    (marks.collect(), text.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[test]
fn every_kind_of_tile_says_every_state_with_a_mark_and_words() {
    let shell = Shell::new(&HeaderMap::new(), Some("ada"), "/");
    for sort in sorts() {
        let mut before: BTreeMap<(BTreeSet<String>, String), &str> = BTreeMap::new();
        for (state, mark, words) in STATES.into_iter().filter(|(state, ..)| has(&sort, state)) {
            let tile = tile(shell.text(), &sort, state);
            assert_eq!(tile.kind, sort.kind, "{state}");
            let html = render("en", tile);
            let (marks, text) = seen(&html);
            assert!(
                marks.contains(&format!("mark-{mark}")),
                "{} {state}: no mark {mark} in {html}",
                sort.kind
            );
            assert!(text.contains(words), "{} {state}: no `{words}` in {text}", sort.kind);
            assert_eq!(html.contains("data-locked="), mark == "locked", "{} {state}", sort.kind);
            let is_shut = mark == "locked" && state != "kept";
            assert_eq!(html.contains("<fieldset class=\"bare\" disabled>"), is_shut, "{} {state}", sort.kind);
            if let Some(alike) = before.insert((marks, text), state) {
                panic!("{}: {state} is told like {alike}", sort.kind);
            }
        }
    }
}

#[test]
fn a_wish_stands_beside_what_the_device_says_and_never_in_its_place() {
    let shell = Shell::new(&HeaderMap::new(), Some("ada"), "/");
    let html = |kind: &str, state: &str| {
        let sort = sorts().into_iter().find(|sort| sort.kind == kind).expect(kind);
        render("en", tile(shell.text(), &sort, state))
    };
    let check = |html: &str, parts: &[&str]| {
        for part in parts {
            assert!(html.contains(part), "no {part} in {html}");
        }
    };
    let slider = html("slider", "pending");
    check(&slider, &[">40<", "x2=\"40.00%\"", "value=\"70\" aria-label", "data-part=\"wish\">70<"]);
    check(&html("slider", "refused"), &[">40<", "value=\"40\" aria-label", "data-part=\"wish\"></output>"]);
    check(&html("stepper", "pending"), &[">21.50<", "value=\"23\"", "name=\"by\" value=\"-0.5\""]);
    check(&html("color", "pending"), &["fill=\"#ff8a00\"", "value=\"#0040ff\"", ">orange<", ">FF8A00<"]);
    check(&html("position", "pending"), &["35 % open", "height=\"18.20\"", "value=\"80\""]);
    check(&html("moves", "pending"), &[">stopped<", "value=\"opening\" data-sign=\"open\" data-wish"]);
}

#[test]
fn what_belongs_together_is_one_group_and_stays_tiles_of_its_own() {
    let text = Shell::new(&HeaderMap::new(), Some("ada"), "/").text();
    let sorts = sorts();
    let find = |kind: &str| sorts.iter().find(|sort| sort.kind == kind).expect(kind);
    let tiles = vec![tile(text, find("moves"), "refused"), tile(text, find("position"), "rest")];
    let mut group = grouped(text, "cover/0", tiles);
    let only = group.pop().expect("a group");
    assert!(group.is_empty() && only.is_control());
    let keys: Vec<&str> = only.leaves().iter().map(|tile| tile.key.as_str()).collect();
    assert_eq!(keys, ["position", "action"]);
    let Widget::Group(parts) = &only.locked(Lock::Kept).widget else { panic!("no group") };
    assert!(parts.iter().all(|tile| tile.lock == Some(Lock::Kept)));
    assert_eq!(parts.iter().map(|tile| tile.step).collect::<Vec<_>>(), ["", "refused"]);
}

const STYLES: [&str; 7] = [
    include_str!("../../assets/css/1-variables.css"),
    include_str!("../../assets/css/2-base.css"),
    include_str!("../../assets/css/3-layout.css"),
    include_str!("../../assets/css/4-frame.css"),
    include_str!("../../assets/css/5-widgets.css"),
    include_str!("../../assets/css/5a-levels.css"),
    include_str!("../../assets/css/6-states.css"),
];

/// A page with all of them, for eyes.
#[test]
fn gallery_of_all_tiles_is_written_for_whoever_wants_to_look() {
    let icons = include_str!("../../assets/icons/icons.svg");
    let css = STYLES.concat();
    let marks = include_str!("../../../../templates/marks.html");
    for lang in ["en", "cs"] {
        let shell = {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, format!("lang={lang}").parse().expect("plain"));
            Shell::new(&headers, Some("ada"), "/")
        };
        let mut body = String::new();
        for sort in sorts() {
            let place = if facts(&sort, "rest").is_set() { "controls" } else { "readings" };
            let _ = write!(body, "<section class=\"device\"><h2>{}</h2><div class=\"{place}\">", sort.kind);
            for (state, ..) in STATES.into_iter().filter(|(state, ..)| has(&sort, state)) {
                body += &render(lang, tile(shell.text(), &sort, state));
            }
            body += "</div></section>";
        }
        let body = body.replace(&shell.asset("icons.svg"), "");
        let page = format!(
            "<!doctype html><html lang=\"{lang}\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
             content=\"width=device-width\"><meta name=\"color-scheme\" content=\"light dark\"><style>{css}</style>\
             <body data-live=\"yes\"><div class=\"unseen\">{icons}</div>{marks}<main class=\"middle\" style=\"padding:1rem\">{body}</main>"
        );
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        std::fs::create_dir_all(&folder).expect("a folder");
        std::fs::write(folder.join(format!("tiles-{lang}.html")), page).expect("a page");
    }
}
