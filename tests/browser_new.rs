//! New devices in a real browser: on the dashboard and on the NEW page, with and without script.

#[path = "common/mod.rs"]
mod common;
#[path = "browser_new/people.rs"]
mod people;
#[path = "newcomers/rig.rs"]
mod rig;

use common::Browser;
use rig::{House, PASSWORD, base};

const FLASH: &str = "[data-part=flash] [data-part=words]";

async fn open(browser: &Browser, house: &House, path: &str) {
    browser.goto(&house.hub.url(path)).await;
    browser.fill(&[("name", "ada"), ("password", PASSWORD)]).await;
    browser.find("main").await;
}

fn card(device: &str) -> String {
    format!(".newcomer[data-key='{}']", base(device))
}

fn section(device: &str) -> String {
    format!(".device[data-base='{}']", base(device))
}

async fn fits(browser: &Browser) {
    let wide = "return document.documentElement.scrollWidth <= window.innerWidth";
    browser.script_true("nothing sideways", wide).await;
}

#[tokio::test]
async fn new_device_appears_is_read_and_accepted_in_two_browsers() {
    let house = House::new("").await;
    let mut script = house.script().await;
    house.announces("early", "Early bird").await;
    script.wait_topic("$hub/standing").await;
    let dashboard = Browser::open().await;
    open(&dashboard, &house, "/").await;
    let page = Browser::open().await;
    page.as_phone().await;
    open(&page, &house, "/new").await;
    page.find(&card("early")).await;
    dashboard.script("window.same = true").await;
    page.script("window.same = true").await;

    // A device announces itself while both pages are open.
    house.announces("desk", "Desk lamp").await;
    page.find(&card("desk")).await;
    house.is_there("desk").await;
    house.measures("desk", "21.50").await;
    page.text_when(&format!("{} .said", card("desk")), |text| text.contains("21.50")).await;
    page.text_when("[data-part=badge]", |text| text == "2").await;
    let number = format!(".newcomers {} [data-topic*=thermometer] .number", section("desk"));
    dashboard.text_when(&number, |text| text == "21.50").await;
    dashboard.text_when(".waiting", |text| text.contains("Nothing here can be switched")).await;
    let off = format!("return document.querySelector(\"{} .toggle\").matches(':disabled')", section("desk"));
    dashboard.script_true("the switch is off limits", &off).await;
    house.measures("desk", "22.75").await;
    page.text_when(&format!("{} .said", card("desk")), |text| text.contains("22.75")).await;
    dashboard.text_when(&number, |text| text == "22.75").await;
    dashboard.screenshot("new-dashboard").await;
    dashboard.assert_accessible().await;
    for part in ["unknown", "raw", "definition"] {
        page.click(&format!("{} [data-key={part}] > summary", card("desk"))).await;
    }
    let unknown = page.text(&format!("{} [data-key=unknown] li", card("desk"))).await;
    assert!(unknown.contains("rl[2] = 9") && unknown.contains("unknown kind of relay"), "{unknown}");
    page.text_when(&format!("{} [data-key=raw]", card("desk")), |text| text.contains("tele/desk/SENSOR"))
        .await;
    let text = page.text(&format!("{} [data-part=definition]", card("desk"))).await;
    assert!(text.contains("id = \"relay/1\""), "{text}");
    assert_eq!(page.small_targets().await, serde_json::json!([]));
    fits(&page).await;
    // With a radio, too.
    page.script(
        "document.querySelector('.nav > a').insertAdjacentHTML('afterend', '<a href=/radio>Radio</a>')",
    )
    .await;
    fits(&page).await;
    page.screenshot("new-phone").await;
    page.assert_accessible().await;
    page.prefers("prefers-color-scheme", "dark").await;
    page.screenshot("new-phone-dark").await;
    page.assert_accessible().await;

    // One accepts, both follow.
    page.click(&format!("{} [data-key=accept]", card("desk"))).await;
    page.text_when(FLASH, |text| text == format!("Accepted: {}", base("desk"))).await;
    page.script_true("it left the list", &format!("return !document.querySelector(\"{}\")", card("desk")))
        .await;
    let known = format!(".devices[data-group=known] > {} .toggle", section("desk"));
    let on = format!("return document.querySelector(\"{known}\")?.matches(':enabled')");
    dashboard.script_true("it can be switched", &on).await;
    let mut ears = house.ears("desk").await;
    dashboard.click(&known).await;
    assert_eq!(String::from_utf8_lossy(&ears.bytes().await).trim_end(), "cmnd/desk/POWER1 ON");
    house.switched("desk", "ON").await;
    let value = format!(
        "return document.querySelector(\"{} [data-kind=switch]\").dataset.value === 'true'",
        section("desk")
    );
    dashboard.script_true("it is on", &value).await;

    // The other one is ignored: gone from the dashboard, and can be taken back.
    page.click(&format!("{} [data-key=ignore]", card("early"))).await;
    dashboard
        .script_true("it is gone", &format!("return !document.querySelector(\"{}\")", section("early")))
        .await;
    dashboard.script_true("nothing is new", "return document.querySelector('.newcomers').hidden").await;
    page.click("details[data-key=ignored] > summary").await;
    page.click("details[data-key=ignored] button[value=undo]").await;
    page.find(&card("early")).await;
    dashboard.find(&format!(".newcomers {}", section("early"))).await;
    for browser in [&dashboard, &page] {
        assert_eq!(browser.script("return window.same").await, true, "no page was loaded again");
        browser.assert_quiet().await;
    }
    dashboard.close().await;
    page.close().await;
}

#[tokio::test]
async fn without_script_in_czech_a_device_is_accepted_and_becomes_a_file() {
    let house = House::new("").await;
    let mut script = house.script().await;
    for (device, name) in [("desk", "Lampa na stole"), ("shelf", "Police")] {
        house.announces(device, name).await;
        script.wait_topic("$hub/standing").await;
    }
    house.is_there("desk").await;
    let browser = Browser::without_script().await;
    browser.as_phone().await;
    open(&browser, &house, "/").await;
    browser.click(".menu > summary").await;
    browser.click("button[name=lang][value=cs]").await;
    browser.text_when(".waiting", |text| text.contains("dokud zařízení někdo nepřijme")).await;
    browser.screenshot("new-dashboard-czech").await;
    fits(&browser).await;
    browser.click(".waiting a").await;
    browser.text_when("h1", |text| text == "Nová").await;
    browser.click(&format!("{} [data-key=accept]", card("desk"))).await;
    browser.text_when(FLASH, |text| text == format!("Přijato: {}", base("desk"))).await;
    assert_eq!(house.listed()[0], (base("desk"), "accepted".into()));
    browser.screenshot("new-czech").await;
    assert_eq!(browser.text("nav [aria-current=page]").await.replace('\n', " "), "Nová 1");

    // The other one becomes a file, which the hub takes over.
    browser.click(&format!("{} [data-key=definition] > summary", card("shelf"))).await;
    browser.click(&format!("{} [data-key=make]", card("shelf"))).await;
    browser.text_when("h1", |text| text == "Udělat soubor pro Police?").await;
    browser.screenshot("new-file-czech").await;
    fits(&browser).await;
    browser.click(".card [data-weight=main]").await;
    browser.text_when(FLASH, |text| text.contains("tasmota/shelf.toml")).await;
    let file = house.hub.launch().config_file().with_file_name("devices").join("tasmota/shelf.toml");
    let text = std::fs::read_to_string(file).expect("it was written");
    assert!(text.contains("id_else = \"shelf\"") && text.contains("called = \"Police\""), "{text}");
    script
        .wait_for("the definition to be taken", |heard| {
            heard.topic == "$hub/definitions"
                && heard.payload["changed"] == serde_json::json!(["tasmota/shelf"])
        })
        .await;
    house.is_there("shelf").await;
    house.measures("shelf", "19.25").await;
    let heard = script.wait_topic(&format!("{}/thermometer/ds18b20", base("shelf"))).await;
    assert!(heard.text.contains("[19.25, \"°C\"]"), "{}", heard.text);
    browser.goto(&house.hub.url("/new")).await;
    browser.text_when("[data-key=aside] > summary", |text| text == "Stranou: 1").await;
    browser.click("[data-key=aside] > summary").await;
    browser.text_when("[data-key=aside] li", |text| text.contains("známé z definice tasmota/shelf")).await;
    browser.screenshot("new-aside-czech").await;
    fits(&browser).await;
    browser.goto(&house.hub.url("/")).await;
    browser.text_when(&format!("{} h2", section("shelf")), |name| name == "Police").await;
    let topic = format!("{}/relay/1/set", base("shelf"));
    let mut ears = house.ears("shelf").await;
    script.command(&topic, serde_json::json!({ "state": true }), "1").await;
    assert_eq!(String::from_utf8_lossy(&ears.bytes().await).trim_end(), "cmnd/shelf/POWER1 ON");
    assert_eq!(house.listed(), [(base("desk"), "accepted".into())], "a file needs nobody to accept it");
    browser.close().await;
}
