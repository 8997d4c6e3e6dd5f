//! The doors of the real binary: every route behind the guard, the first setup, a person with a browser.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

mod common;

use std::{fs, path::Path};

use common::{Browser, Https, Hub, PATIENCE};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

const PASSWORD: &str = "correct horse battery";
/// What everybody may see; the list of `web::auth`, written again on purpose.
const OPEN: [&str; 10] = [
    "/login",
    "/logout",
    "/setup",
    "/language",
    "/ca.pem",
    "/favicon.ico",
    "/robots.txt",
    "/healthz",
    "/offline",
    "/worker.js",
];

/// Every path of a `.route("…"` in the sources.
fn routes() -> Vec<String> {
    let sources = ["src/web/routes.rs", "src/web/login.rs"];
    let text =
        sources.map(|file| fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap());
    let text = text.concat();
    let paths = text
        .split(".route(")
        .skip(1)
        .filter_map(|rest| rest.trim_start().strip_prefix('"')?.split('"').next());
    paths.map(|path| path.replace(['{', '}', '*'], "")).collect()
}

#[tokio::test]
async fn every_route_needs_a_login() {
    let hub = Hub::demo();
    let routes = routes();
    assert!(routes.len() >= 10 && routes.contains(&"/log".to_owned()), "{routes:?}");
    let stranger = Https::new(&hub);
    let page = Https::new(&hub).header("Accept", "text/html");
    let form = Https::new(&hub).header("Origin", hub.address());
    for path in
        routes.iter().map(String::as_str).filter(|path| !OPEN.contains(path) && !path.starts_with("/assets/"))
    {
        assert_eq!(stranger.get(path).await.status, 401, "GET {path}");
        assert_eq!(form.post_form(path, &[("a", "b")]).await.status, 401, "POST {path}");
        assert_eq!(form.request("DELETE", path, None, "").await.status, 401, "DELETE {path}");
        let answer = page.get(path).await;
        assert_eq!(answer.status, 303, "{path}");
        assert!(answer.header("location").starts_with("/login"), "{path}: {:?}", answer.headers);
    }
    let insider = Https::new(&hub).basic(hub.said("account"), hub.said("password"));
    assert_eq!(insider.get("/").await.status, 200);
    assert_eq!(insider.post_form("/set", &[]).await.status / 100, 4, "let in, and then not understood");
}

#[tokio::test]
async fn a_fresh_hub_has_no_account_and_the_demos_password_opens_nothing() {
    let hub = Hub::run("");
    let intruder = Https::new(&hub).basic("clown", "bigclown");
    assert_eq!(intruder.get("/").await.status, 503);
    let visitor = Https::new(&hub).header("Origin", hub.address());
    assert_eq!(visitor.get("/ca.pem").await.body, fs::read_to_string(hub.ca()).unwrap());
    let fields = [("code", hub.said("setup_code")), ("name", "anna"), ("password", PASSWORD)];
    let answer = visitor.post_form("/setup", &fields).await;
    assert_eq!((answer.status, answer.header("location")), (303, "/"), "{}", answer.body);
    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-clown-hub=") && cookie.contains("; Secure"), "{cookie}");
    assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
    assert_eq!(visitor.get("/").await.status, 200);
    assert_eq!(visitor.post_form("/logout", &[]).await.status, 303);
    assert_eq!(visitor.get("/").await.status, 401);
    assert_eq!(Https::new(&hub).basic("anna", PASSWORD).get("/").await.status, 200);
}

#[tokio::test]
async fn a_person_sets_up_signs_out_and_signs_in_again() {
    let hub = Hub::run("");
    let browser = Browser::open().await;
    let fill = async |name: &str, text: &str| {
        browser.find(&format!("[name={name}]")).await.send_keys(text).await.unwrap();
    };
    browser.goto(hub.address()).await;
    fill("code", &hub.said("setup_code").to_lowercase()).await;
    fill("name", "anna").await;
    fill("password", PASSWORD).await;
    browser.click("main button").await;
    browser.find("form[action='/logout']").await;
    browser.click(".menu summary").await;
    browser.click("form[action='/logout'] button").await;
    // Signed out is who sees the login page; going on before would race with it.
    browser.find("[name=password]").await;
    // The wanted page is remembered over a wrong password.
    browser.goto(&format!("{}/log?filter=x", hub.address())).await;
    fill("name", "anna").await;
    fill("password", "wrong").await;
    browser.click("main button").await;
    browser.text_when("[role=alert]", |text| text.contains("do not belong together")).await;
    fill("password", PASSWORD).await;
    browser.click("main button").await;
    browser.find("form[action='/logout']").await;
    assert_eq!(browser.script("return location.pathname + location.search").await, "/log?filter=x");
    browser.close().await;
}

#[tokio::test]
async fn a_link_on_a_strangers_page_leads_in_but_its_form_does_nothing() {
    let hub = Hub::demo();
    let browser = Browser::open().await;
    browser.goto(hub.address()).await;
    browser.find("[name=name]").await.send_keys("clown").await.unwrap();
    browser.find("[name=password]").await.send_keys("bigclown").await.unwrap();
    browser.click("main button").await;
    browser.find("form[action='/logout']").await;
    let address = hub.address();
    let page = format!(
        "<!doctype html><a href=\"{address}/log\">in</a>\
         <form method=\"post\" action=\"{address}/logout\"><button>out</button></form>"
    );
    let stranger = serve(page).await;
    browser.goto(&stranger).await;
    browser.click("a").await;
    browser.find("form[action='/logout']").await;
    assert_eq!(browser.script("return location.pathname").await, "/log");
    browser.goto(&stranger).await;
    browser.click("button").await;
    browser.text_when("body", |text| text.contains("may not do this")).await;
    browser.goto(&format!("{address}/")).await;
    browser.find("form[action='/logout']").await;
    browser.close().await;
}

/// A page of another site, until the test ends.
async fn serve(page: String) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let page = page.clone();
            tokio::spawn(async move {
                let mut request = [0; 4096];
                let read = tokio::time::timeout(PATIENCE, socket.read(&mut request)).await;
                let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
                let answer = format!("{head}Content-Length: {}\r\n\r\n{page}", page.len());
                if matches!(read, Ok(Ok(1..))) {
                    // The browser may have gone; then there is nobody to tell.
                    let _ = socket.write_all(answer.as_bytes()).await;
                }
            });
        }
    });
    format!("http://localhost:{}/", address.port())
}
