//! A real Chromium by chromedriver, with a profile of its own; its console is part of what a test sees.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use fantoccini::elements::Element;
use fantoccini::wd::WebDriverCompatibleCommand;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper::Method;
use hyper_util::client::legacy::connect::HttpConnector;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::{ParseError, Url};

use super::{Hub, need, node_module, until};

/// One browser with one window. End it with [`Browser::close`]; dropping it kills it.
pub struct Browser {
    client: Client,
    driver: Child,
    process: Option<Pid>,
    profile: TempDir,
}

/// What keeps a test's browser quiet: no sandbox (CI is root), nothing asked of the network behind our back.
const ARGUMENTS: &[&str] = &[
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-domain-reliability",
    "--disable-client-side-phishing-detection",
    "--metrics-recording-only",
    "--no-proxy-server",
    "--hide-scrollbars",
    "--window-size=1280,900",
];

/// Controls that a finger of 44 × 44 px around their middle would miss; links inside a sentence are exempt.
const SMALL_TARGETS: &str = "
    const small = [];
    for (const control of document.querySelectorAll('a, button, summary, select, input:not([type=hidden])')) {
        if (!control.checkVisibility({ visibilityProperty: true }) || control.matches('p a, .skip')) continue;
        control.scrollIntoView({ block: 'center', behavior: 'instant' });
        const box = control.getBoundingClientRect();
        if (box.width === 0) continue;
        const [x, y] = [box.left + box.width / 2, box.top + box.height / 2];
        const hits = [[-21, 0], [21, 0], [0, -21], [0, 21]].every(([dx, dy]) => {
            const hit = document.elementFromPoint(x + dx, y + dy);
            return hit !== null && (control.contains(hit) || hit.closest('label')?.control === control);
        });
        if (!hits) small.push(`${control.outerHTML.slice(0, 120)} ${box.width} x ${box.height}`);
    }
    return small;";

impl Browser {
    /// A desktop browser that speaks English.
    pub async fn open() -> Self {
        Self::with(&[], json!({})).await
    }

    /// A browser whose person prefers this language, like `cs`.
    pub async fn speaking(language: &str) -> Self {
        Self::with(&[&format!("--lang={language}")], json!({ "intl.accept_languages": language })).await
    }

    /// A browser whose person switched scripts off.
    pub async fn without_script() -> Self {
        Self::with(&[], json!({ "profile.managed_default_content_settings.javascript": 2 })).await
    }

    /// A browser that may send credentials for a page from elsewhere. Chromium counts the `user:password@` of an
    /// address among third-party cookies, and blocks them as it comes from Debian.
    pub async fn with_foreign_credentials() -> Self {
        Self::with(&[], json!({ "profile.cookie_controls_mode": 0 })).await
    }

    async fn with(arguments: &[&str], preferences: Value) -> Self {
        let profile =
            tempfile::Builder::new().prefix("clown-hub-browser-").tempdir().expect("a temporary folder");
        let (driver, address) = start_driver();
        let mut all: Vec<String> = ARGUMENTS.iter().chain(arguments).map(|text| (*text).into()).collect();
        all.push(format!("--user-data-dir={}", profile.path().display()));
        let chromium = need("chromium", "the Debian package chromium");
        let capabilities = json!({
            "browserName": "chrome",
            "acceptInsecureCerts": true,
            "goog:loggingPrefs": { "browser": "ALL" },
            "goog:chromeOptions": { "binary": chromium.get_program().to_str(), "args": all, "prefs": preferences },
        });
        let Value::Object(capabilities) = capabilities else { unreachable!("it is written as an object") };
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&address)
            .await
            .expect("chromedriver starts the browser");
        let process = client
            .capabilities()
            .and_then(|all| all.get("goog:processID"))
            .and_then(Value::as_i64)
            .and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
        Self { client, driver, process, profile }
    }

    /// Opens the dashboard by the login page, as the demo's person.
    pub async fn sign_in(&self, hub: &Hub) {
        self.goto(&hub.url("/")).await;
        self.fill(&[("name", hub.said("account")), ("password", hub.said("password"))]).await;
        self.find("form[action='/logout']").await;
    }

    /// Fills the fields of the form in the page and sends it.
    pub async fn fill(&self, fields: &[(&str, &str)]) {
        for (name, value) in fields {
            let field = self.find(&format!("main [name={name}]")).await;
            field.clear().await.expect("a field can be emptied");
            field.send_keys(value).await.expect("a field takes text");
        }
        self.click("main form:has([name=password], [name=payload]) button").await;
    }

    /// Everything else WebDriver can do.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// Opens a page and waits until it is loaded.
    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.unwrap_or_else(|error| panic!("cannot open {url}: {error}"));
    }

    /// The element for a CSS selector, once it is there.
    pub async fn find(&self, css: &str) -> Element {
        until(&format!("an element {css}"), async || self.client.find(Locator::Css(css)).await.ok()).await
    }

    /// The visible text of an element.
    pub async fn text(&self, css: &str) -> String {
        self.find(css).await.text().await.unwrap_or_default()
    }

    /// Waits until the visible text of an element fulfils the wish, and gives it.
    pub async fn text_when(&self, css: &str, wish: impl Fn(&str) -> bool) -> String {
        until(&format!("the text of {css} to change"), async || {
            let text = self.client.find(Locator::Css(css)).await.ok()?.text().await.ok()?;
            wish(&text).then_some(text)
        })
        .await
    }

    /// Clicks as a person does: on what is there at that moment, even if the page has just laid it out again.
    pub async fn click(&self, css: &str) {
        for attempt in 1.. {
            let element = self.find(css).await;
            match element.click().await {
                Ok(()) => return,
                Err(error) if attempt < 5 && error.is_stale_element_reference() => {}
                Err(error) => panic!("cannot click {css}: {error}"),
            }
        }
    }

    /// Runs a piece of script in the page; it `return`s what the test asks.
    pub async fn script(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Waits until a piece of script returns something true, and gives it.
    pub async fn script_true(&self, what: &str, script: &str) -> Value {
        until(what, async || {
            let value = self.client.execute(script, Vec::new()).await.ok()?;
            let is_true = !matches!(value, Value::Null | Value::Bool(false));
            is_true.then_some(value)
        })
        .await
    }

    /// A phone in the hand: 390 pixels wide, touched, twice as dense.
    pub async fn as_phone(&self) {
        let screen = json!({ "width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true });
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
        self.devtools("Emulation.setTouchEmulationEnabled", json!({ "enabled": true })).await;
    }

    /// A desktop window of this size.
    pub async fn as_desktop(&self, width: u32, height: u32) {
        let screen = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.devtools("Emulation.setDeviceMetricsOverride", screen).await;
    }

    /// What the person prefers, like `prefers-color-scheme: dark` or `prefers-reduced-motion: reduce`.
    pub async fn prefers(&self, feature: &str, value: &str) {
        let features = json!({ "features": [{ "name": feature, "value": value }] });
        self.devtools("Emulation.setEmulatedMedia", features).await;
    }

    /// The network is cut (`true`) or back.
    pub async fn offline(&self, offline: bool) {
        self.devtools("Network.enable", json!({})).await;
        let network =
            json!({ "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1 });
        self.devtools("Network.emulateNetworkConditions", network).await;
    }

    /// Controls that a finger would miss, as a list.
    pub async fn small_targets(&self) -> Value {
        self.script(SMALL_TARGETS).await
    }

    /// What axe-core finds wrong with the page as it is now, for every rule of WCAG 2.2 AA and its good practice.
    pub async fn axe(&self) -> Vec<String> {
        let source = std::fs::read_to_string(node_module("axe-core/axe.min.js")).expect("it is text");
        self.client.execute(&source, Vec::new()).await.expect("axe-core is loaded");
        let look = "const done = arguments[0];
            axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => done(violations.flatMap(
                ({ id, help, nodes }) => nodes.map(({ html, failureSummary }) =>
                    `${id}: ${help}: ${html.slice(0, 160)} ${failureSummary.split('\\n')[1] ?? ''}`))));";
        let found = self.client.execute_async(look, Vec::new()).await.expect("axe-core looks at the page");
        serde_json::from_value(found).expect("a list of texts")
    }

    /// Fails if axe-core finds something.
    pub async fn assert_accessible(&self) {
        let found = self.axe().await;
        assert!(found.is_empty(), "axe-core finds:\n{}", found.join("\n"));
    }

    /// A command of the DevTools protocol.
    pub async fn devtools(&self, command: &str, parameters: Value) -> Value {
        let body = json!({ "cmd": command, "params": parameters });
        let vendor = Vendor { path: "goog/cdp/execute", body };
        self.client.issue_cmd(vendor).await.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// The whole page as `target/screenshots/NAME.png`.
    pub async fn screenshot(&self, name: &str) -> PathBuf {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
        std::fs::create_dir_all(&folder).expect("target is writable");
        let file = folder.join(name).with_extension("png");
        let wishes = json!({ "format": "png", "captureBeyondViewport": true });
        let answer = self.devtools("Page.captureScreenshot", wishes).await;
        let image =
            STANDARD.decode(answer["data"].as_str().expect("the picture is text")).expect("it is base64");
        std::fs::write(&file, image).expect("the picture can be written");
        file
    }

    /// What the browser wrote to its console since the last call: errors, policy violations, failed requests.
    pub async fn console(&self) -> Vec<String> {
        let vendor = Vendor { path: "se/log", body: json!({ "type": "browser" }) };
        let entries = self.client.issue_cmd(vendor).await.expect("chromedriver keeps the console");
        let show = |entry: &Value| format!("{} {}", entry["level"], entry["message"]);
        entries.as_array().map(|all| all.iter().map(show).collect()).unwrap_or_default()
    }

    /// Fails if the console holds a warning or an error.
    pub async fn assert_quiet(&self) {
        let noise: Vec<_> = self.console().await.into_iter().filter(|line| is_noise(line)).collect();
        assert!(noise.is_empty(), "the browser's console holds:\n{}", noise.join("\n"));
    }

    /// Ends the browser.
    pub async fn close(self) {
        let _ = self.client.clone().close().await;
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Killing only the driver would leave the browser behind.
        if let Some(process) = self.process {
            let _ = kill_process(process, Signal::KILL);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn is_noise(line: &str) -> bool {
    line.starts_with("\"SEVERE\"") || line.starts_with("\"WARNING\"")
}

/// Starts chromedriver on a port of its own choice. It takes the same port for IPv4 and IPv6 and gives up where one of
/// them is taken, so it is asked again.
fn start_driver() -> (Child, String) {
    (0..10).find_map(|_| try_driver()).expect("chromedriver finds a free port")
}

fn try_driver() -> Option<(Child, String)> {
    let mut driver = need("chromedriver", "the Debian package chromium-driver")
        .arg("--port=0")
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("chromedriver starts");
    let mut stdout = BufReader::new(driver.stdout.take().expect("stdout is piped"));
    let mut line = String::new();
    while !line.contains("successfully on port") {
        line.clear();
        if stdout.read_line(&mut line).expect("chromedriver writes text") == 0 {
            let _ = driver.wait();
            return None;
        }
    }
    // It goes on writing; nobody reading would block it one day.
    std::thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
    let port: String = line.chars().filter(char::is_ascii_digit).collect();
    Some((driver, format!("http://127.0.0.1:{port}")))
}

/// A command that only Chromium knows.
#[derive(Debug)]
struct Vendor {
    path: &'static str,
    body: Value,
}

impl WebDriverCompatibleCommand for Vendor {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.path))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.body.to_string()))
    }
}
