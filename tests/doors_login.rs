//! Logging in at the border: wrong credentials, limits, strangers' pages, sessions, setup, revoked rights.

// Helpers of tests are tests.
#![allow(clippy::unwrap_used)]

mod doors;

use std::{fs, time::Duration};

use axum::{Router, middleware, routing::get};
use base64::{Engine, engine::general_purpose::STANDARD};
use clown_hub::{
    hub::Now,
    web::{
        DoorConfig,
        account::{Accounts, password::PasswordHash, token::Token},
        auth::{Who, require_login},
        doors::Doors as Keeper,
        login::{self, Entrance},
        server::Mode,
    },
};
use doors::{Answer, Doors};
use tempfile::TempDir;

const PASSWORD: &str = "correct horse battery";

/// A hub with guarded routes and the account `anna`.
struct House {
    doors: Doors,
    keeper: Keeper,
    data: TempDir,
}

impl House {
    async fn open() -> Self {
        let data = tempfile::tempdir().unwrap();
        Accounts::open(data.path()).unwrap().add_first("anna", PasswordHash::of(PASSWORD).unwrap()).unwrap();
        Self::at(data, DoorConfig::default()).await
    }

    async fn at(data: TempDir, config: DoorConfig) -> Self {
        let keeper = Keeper::open(&config, data.path(), Now::now()).unwrap();
        let whoami = |who: Who| async move { format!("{} by {}", who.account, who.via) };
        let entrance = Entrance { doors: keeper.clone(), tls: None };
        let router = Router::new()
            .route("/", get(whoami).post(whoami))
            .route("/log", get(whoami))
            .route("/auth/{endpoint}", get(whoami))
            .route("/assets/{*file}", get(|| async { "file" }))
            .merge(login::routes(entrance))
            .layer(middleware::from_fn_with_state(keeper.clone(), require_login));
        let doors = Doors::open(Mode::Plain, config, router).await;
        Self { doors, keeper, data }
    }

    fn origin(&self) -> String {
        format!("http://{}", self.doors.address)
    }

    async fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.doors.address);
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() {
            request += &format!(
                "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n",
                body.len()
            );
        }
        self.doors.plain(&format!("{request}\r\n{body}")).await
    }

    async fn get(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.ask("GET", path, headers, "").await
    }

    async fn with(&self, authorization: &str) -> Answer {
        self.get("/", &[("Authorization", authorization)]).await
    }

    async fn post(&self, path: &str, body: &str) -> Answer {
        self.ask("POST", path, &[("Origin", &self.origin())], body).await
    }

    /// Logs in and gives the cookie.
    async fn log_in(&self) -> String {
        let answer = self.post("/login", "name=anna&password=correct+horse+battery&next=%2Flog").await;
        assert_eq!((answer.status, answer.header("location")), (303, Some("/log")), "{answer:?}");
        cookie(&answer)
    }
}

fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

fn basic(text: &str) -> String {
    format!("Basic {}", STANDARD.encode(text))
}

#[tokio::test]
async fn wrong_credentials_in_every_variant_get_the_same_401() {
    let right = basic(&format!("anna:{PASSWORD}"));
    let house = House::open().await;
    assert_eq!(house.with(&right).await.body, "anna by password");
    let long = basic(&format!("anna:{}", "x".repeat(4000)));
    let names = ["anna:", "anna", "", ":", ":correct horse battery", "Anna:correct horse battery"];
    let mut variants: Vec<String> = names.iter().map(|text| basic(text)).collect();
    for password in [
        "c",
        "correct",
        "correct horse batter",
        "correct horse battery ",
        " correct horse battery",
        "correct horse batteryy",
        "Correct Horse Battery",
        "CORRECT HORSE BATTERY",
        "correct horse battery\0",
        "correct horse battery\n",
        "anna",
        "bigclown",
        "null",
        "true",
        "' or '1'='1",
        "*",
        "%",
        "$argon2id$v=19$m=12288,t=3,p=1$",
        "correct:horse:battery",
        ":correct horse battery",
        "correct horse battery:",
    ] {
        variants.push(basic(&format!("anna:{password}")));
    }
    variants.push(basic("clown:bigclown"));
    variants.push(basic(&format!("anna\0:{PASSWORD}")));
    variants.push(basic(&format!("ann:{PASSWORD}")));
    variants.push(basic(&format!("#:{PASSWORD}")));
    variants.push(long);
    variants.push(format!("Basic {}", STANDARD.encode([b'a', b'n', b'n', b'a', b':', 0xff])));
    for raw in [
        "Basic",
        "Basic ",
        "Basic !!!",
        "basic anna:correct",
        "Digest anna",
        "Bearer ",
        "Bearer x",
        "Bearer null",
    ] {
        variants.push(raw.to_owned());
    }
    variants.push(right.replace("Basic ", "Basic"));
    variants.push(right.trim_end_matches('=').chars().take(20).collect());
    variants.push(format!("Bearer {PASSWORD}"));
    assert!(variants.len() >= 35, "{}", variants.len());
    let mut bodies = Vec::new();
    for variant in &variants {
        // A house of its own for each: the limit has its own test.
        let house = House::at(copy(&house.data), DoorConfig::default()).await;
        let answer = house.with(variant).await;
        assert_eq!(answer.status, 401, "{variant:?}: {answer:?}");
        assert_eq!(answer.header("www-authenticate"), Some("Basic realm=\"clown-hub\", charset=\"UTF-8\""));
        bodies.push(answer.body);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    let twice = house.get("/", &[("Authorization", &right), ("Authorization", &right)]).await;
    assert_eq!(twice.status, 401);
}

fn copy(data: &TempDir) -> TempDir {
    let fresh = tempfile::tempdir().unwrap();
    fs::copy(data.path().join("accounts.toml"), fresh.path().join("accounts.toml")).unwrap();
    fresh
}

#[tokio::test]
async fn right_credentials_are_hashed_once_and_unknown_names_pay_like_known_ones() {
    let house = House::open().await;
    for _ in 0..50 {
        assert_eq!(house.with(&basic(&format!("anna:{PASSWORD}"))).await.status, 200);
    }
    assert_eq!(house.keeper.hashes(), 1);
    house.with(&basic("anna:wrong")).await;
    assert_eq!(house.keeper.hashes(), 2);
    house.with(&basic("nobody:wrong")).await;
    assert_eq!(house.keeper.hashes(), 3);
}

#[tokio::test]
async fn the_eleventh_wrong_password_waits_even_if_it_is_right_and_nothing_does_not_count() {
    let house = House::open().await;
    let right = basic(&format!("anna:{PASSWORD}"));
    assert_eq!(house.with(&right).await.status, 200);
    let upgrade = [("Upgrade", "websocket"), ("Connection", "Upgrade")];
    for _ in 0..30 {
        let answer = house.get("/auth/clown-talk-server", &upgrade).await;
        assert_eq!(answer.status, 401, "an upgrade without anything: {answer:?}");
        assert!(answer.header("www-authenticate").is_some());
        assert_eq!(house.get("/", &[]).await.status, 401);
    }
    for n in 0..10 {
        let wrong = basic(&format!("anna:wrong {n}"));
        let headers = [upgrade[0], upgrade[1], ("Authorization", &*wrong)];
        assert_eq!(house.get("/auth/clown-talk-server", &headers).await.status, 401);
    }
    let answer = house.with(&right).await;
    assert_eq!(answer.status, 429);
    let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait));
    assert_eq!(house.post("/login", "name=anna&password=correct+horse+battery").await.status, 429);
    let elsewhere = "192.0.2.9".parse().unwrap();
    assert!(house.keeper.by_password(elsewhere, "anna", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn every_path_but_the_open_ones_needs_a_login_whatever_tricks_are_played() {
    let house = House::open().await;
    for path in [
        "/",
        "/log",
        "/auth/clown-talk-server",
        "/nothing",
        "/%6cog",
        "//log",
        "/./log",
        "/log/",
        "/log;a=b",
        "/LOG",
        "/assets/../log",
        "/assets/%2e%2e/log",
        "/assets/..%2flog",
        "/assets//log",
        "/assets/..",
        "/assets\\..\\log",
        "/assets/%252e%252e/log",
        "/login/",
        "/login/../log",
        "/login%2f..%2flog",
        "/login;/../log",
        "/login//",
        "/setup/x",
        "/ca.pem/../log",
        "/assets",
        "/assets/",
        "/assets/.hidden",
        "/.%2e/log",
    ] {
        let answer = house.get(path, &[]).await;
        assert_eq!(answer.status, 401, "{path}: {answer:?}");
        let answer = house.get(path, &[("Accept", "text/html")]).await;
        assert!(
            answer.status == 303 && answer.header("location").unwrap().starts_with("/login"),
            "{path}: {answer:?}"
        );
    }
    for (path, status) in
        [("/login", 200), ("/assets/style.css", 200), ("/assets/js/a-b_1.js", 200), ("/ca.pem", 404)]
    {
        assert_eq!(house.get(path, &[]).await.status, status, "{path}");
    }
    assert_eq!(house.get("/setup", &[]).await.header("location"), Some("/"));
}

#[tokio::test]
async fn a_session_lives_from_login_to_logout() {
    let house = House::open().await;
    let first = house.log_in().await;
    let answer = house.get("/", &[("Cookie", &first)]).await;
    assert!(answer.body.starts_with("anna by session"), "{answer:?}");
    // Logging in again gives a new id, and the old one is dead: nothing was fixed beforehand.
    let body = "name=anna&password=correct+horse+battery";
    let headers = [("Origin", &*house.origin()), ("Cookie", &first)];
    let second = cookie(&house.ask("POST", "/login", &headers, body).await);
    assert_ne!(first, second);
    assert_eq!(house.get("/", &[("Cookie", &first)]).await.status, 401);
    let answer = house.ask("POST", "/logout", &[("Origin", &house.origin()), ("Cookie", &second)], "").await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/login")));
    assert!(answer.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(house.get("/", &[("Cookie", &second)]).await.status, 401);
    for fake in ["clown-hub=", "clown-hub=x", "clown-hub=null", &format!("x{second}")] {
        assert_eq!(house.get("/", &[("Cookie", fake)]).await.status, 401, "{fake}");
    }
}

#[tokio::test]
async fn a_session_survives_a_restart_and_nothing_in_the_folder_opens_the_door() {
    let house = House::open().await;
    let cookie = house.log_in().await;
    let secret = cookie.split('=').nth(1).unwrap();
    let again = House::at(house.data, DoorConfig::default()).await;
    assert_eq!(again.get("/", &[("Cookie", &cookie)]).await.status, 200);
    for entry in fs::read_dir(again.data.path()).unwrap() {
        let text = String::from_utf8_lossy(&fs::read(entry.unwrap().path()).unwrap()).into_owned();
        assert!(!text.contains(secret) && !text.contains(PASSWORD));
    }
}

#[tokio::test]
async fn the_cookie_is_strict() {
    use clown_hub::web::auth::cookie;
    let secure = cookie(Some("secret"), true);
    assert_eq!(secure, "__Host-clown-hub=secret; Path=/; HttpOnly; SameSite=Strict; Max-Age=2592000; Secure");
    assert!(!cookie(Some("secret"), false).contains("Secure"));
}

#[tokio::test]
async fn a_strangers_page_changes_nothing() {
    let house = House::open().await;
    let cookie = house.log_in().await;
    let own = house.origin();
    let basic = basic(&format!("anna:{PASSWORD}"));
    let check = async |origin: Option<&str>, site: Option<&str>, by_cookie: u16, by_password: u16| {
        let mut headers = Vec::new();
        headers.extend(origin.map(|origin| ("Origin", origin)));
        headers.extend(site.map(|site| ("Sec-Fetch-Site", site)));
        for (secret, status) in [(("Cookie", &*cookie), by_cookie), (("Authorization", &*basic), by_password)]
        {
            let mut headers = headers.clone();
            headers.push(secret);
            let post = house.ask("POST", "/", &headers, "").await.status;
            assert_eq!(post, status, "post {headers:?}");
            headers.extend([("Upgrade", "websocket"), ("Connection", "Upgrade")]);
            let upgrade = house.get("/auth/clown-talk-server", &headers).await.status;
            // Whoever says nothing of a page is asked for a password.
            let status = if origin.is_none() && site.is_none() && status == 403 { 401 } else { status };
            assert_eq!(upgrade, status, "upgrade {headers:?}");
        }
    };
    check(Some(&own), None, 200, 200).await;
    check(Some(&own), Some("same-origin"), 200, 200).await;
    check(None, Some("same-origin"), 200, 200).await;
    check(None, None, 403, 200).await;
    check(Some("null"), None, 403, 403).await;
    check(Some("https://evil.example"), None, 403, 403).await;
    check(Some(&format!("{own}.evil.example")), None, 403, 403).await;
    check(Some(&own[..own.len() - 1]), None, 403, 403).await;
    check(Some(&own), Some("cross-site"), 403, 403).await;
    check(None, Some("cross-site"), 403, 403).await;
    for path in ["/login", "/logout", "/setup"] {
        let answer =
            house.ask("POST", path, &[("Origin", "https://evil.example")], "name=anna&password=x").await;
        assert_eq!(answer.status, 403, "{path}");
        assert_eq!(house.ask("POST", path, &[], "name=anna&password=x").await.status, 403, "{path}");
    }
    assert_eq!(house.ask("OPTIONS", "/", &[("Origin", "https://evil.example")], "").await.status, 403);
    assert_eq!(house.get("/", &[("Cookie", &cookie)]).await.status, 200, "still logged in");
}

#[tokio::test]
async fn a_page_that_the_configuration_names_may_bring_a_password_but_no_cookie() {
    let house = House::open().await;
    let config = DoorConfig { origins: vec!["https://page.example".into()], ..DoorConfig::default() };
    let house = House::at(copy(&house.data), config).await;
    let (cookie, basic) = (house.log_in().await, basic(&format!("anna:{PASSWORD}")));
    let page = [("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Origin", "https://page.example")];
    let ask = async |secret| {
        house.get("/auth/clown-talk-server", &[page[0], page[1], page[2], secret]).await.status
    };
    assert_eq!(ask(("Authorization", &basic)).await, 200);
    assert_eq!(ask(("Cookie", &cookie)).await, 401);
    // Browsers ask without the password first and need the challenge.
    let answer = house.get("/auth/clown-talk-server", &page).await;
    assert_eq!(answer.status, 401);
    assert!(answer.header("www-authenticate").is_some());
}

#[tokio::test]
async fn a_link_from_elsewhere_asks_again_from_our_own_page() {
    let house = House::open().await;
    let from_elsewhere = [("Accept", "text/html"), ("Sec-Fetch-Site", "cross-site")];
    let answer = house.get("/log?a=%22b&c", &from_elsewhere).await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.contains("content=\"0;url=/log?a=%22b&amp;c\""), "{}", answer.body);
    let answer = house.get("//evil.example/", &from_elsewhere).await;
    assert!(answer.body.contains("0;url=/\""), "{}", answer.body);
    let own = [("Accept", "text/html"), ("Sec-Fetch-Site", "same-origin")];
    assert_eq!(house.get("/log?a=b", &own).await.header("location"), Some("/login?next=/log%3Fa%3Db"));
}

#[tokio::test]
async fn login_leads_to_paths_of_this_hub_only() {
    let house = House::open().await;
    for next in
        ["//evil.example", "/%5cevil.example", "https%3A%2F%2Fevil.example", "javascript:alert(1)", "%2F%2Fx"]
    {
        let answer =
            house.post("/login", &format!("name=anna&password=correct+horse+battery&next={next}")).await;
        assert_eq!(answer.header("location"), Some("/"), "{next}");
    }
}

#[tokio::test]
async fn the_login_page_shows_hostile_text_as_text_and_says_nothing_about_the_account() {
    let house = House::open().await;
    let body = "name=%22%3E%3Cscript%3E&password=wrong&next=%22%3E%3Cscript%3E";
    let answer = house.post("/login", body).await;
    assert_eq!(answer.status, 401);
    assert_eq!(answer.header("www-authenticate"), None);
    assert!(!answer.body.contains("<script>") && answer.body.contains("role=\"alert\""), "{}", answer.body);
    let wrong = house.post("/login", "name=anna&password=wrong").await.body;
    let unknown = house.post("/login", "name=otto&password=wrong").await.body;
    let content = |page: &str| page.split("<main").nth(1).unwrap().to_owned();
    assert_eq!(content(&wrong).replace("anna", "otto"), content(&unknown));
    let czech = house.get("/login", &[("Accept-Language", "cs")]).await;
    assert!(czech.body.contains("Přihlášení"));
}

#[tokio::test]
async fn a_hub_without_an_account_serves_nothing_but_the_setup() {
    let house = House::at(tempfile::tempdir().unwrap(), DoorConfig::default()).await;
    let code = house.keeper.setup_code().unwrap();
    assert_eq!(house.get("/", &[("Accept", "text/html")]).await.header("location"), Some("/setup"));
    assert_eq!(house.get("/login", &[("Accept", "text/html")]).await.header("location"), Some("/setup"));
    let upgrade = [("Upgrade", "websocket"), ("Connection", "Upgrade")];
    let answer = house.get("/auth/clown-talk-server", &upgrade).await;
    assert_eq!(answer.status, 503);
    assert!(answer.body.contains("no account yet"));
    assert_eq!(house.with(&basic("clown:bigclown")).await.status, 503);
    assert!(house.get("/setup", &[]).await.body.contains("name=\"code\""));
    let set_up = async |code: &str, name: &str, password: &str| {
        house.post("/setup", &format!("code={code}&name={name}&password={password}")).await
    };
    for (name, password) in
        [("%23", "correct+horse"), ("", "correct+horse"), ("anna", "short"), ("anna", "bigclown12")]
    {
        assert_eq!(set_up(&code, name, password).await.status, 422, "{name} {password}");
    }
    assert_eq!(set_up("K7QF-2M9D-0000-0000", "anna", "correct+horse+battery").await.status, 401);
    let answer = set_up(&code.to_lowercase(), "anna", "correct+horse+battery").await;
    assert_eq!((answer.status, answer.header("location")), (303, Some("/")), "{answer:?}");
    assert_eq!(house.get("/", &[("Cookie", &cookie(&answer))]).await.status, 200);
    assert_eq!(house.with(&basic(&format!("anna:{PASSWORD}"))).await.status, 200);
    // The code is dead, and so is the way.
    assert_eq!(house.keeper.setup_code(), None);
    assert_eq!(set_up(&code, "eve", "correct+horse+battery").await.status, 401);
    assert!(
        Keeper::open(&DoorConfig::default(), house.data.path(), Now::now()).unwrap().setup_code().is_none()
    );
}

#[tokio::test]
async fn the_setup_code_cannot_be_guessed_at_leisure() {
    let house = House::at(tempfile::tempdir().unwrap(), DoorConfig::default()).await;
    let ask = async || house.post("/setup", "code=x&name=anna&password=correct+horse+battery").await.status;
    for _ in 0..10 {
        assert_eq!(ask().await, 401);
    }
    assert_eq!(ask().await, 429);
}

#[tokio::test]
async fn tokens_open_the_door_until_they_are_revoked() {
    let house = House::open().await;
    let cli = Accounts::open(house.data.path()).unwrap();
    let (token, secret) = Token::make("grafana").unwrap();
    cli.add_token("anna", token).unwrap();
    house.keeper.look(Now::now());
    let bearer = format!("Bearer {secret}");
    assert!(house.with(&bearer).await.body.starts_with("anna by token"));
    assert_eq!(house.with(&bearer[..bearer.len() - 1]).await.status, 401);
    assert_eq!(house.with(&format!("{bearer}x")).await.status, 401);
    cli.remove_token("anna", "grafana").unwrap();
    house.keeper.look(Now::now());
    assert_eq!(house.with(&bearer).await.status, 401);
}

#[tokio::test]
async fn programs_of_the_machine_come_in_by_the_token_of_the_process() {
    let house = House::at(tempfile::tempdir().unwrap(), DoorConfig::default()).await;
    let bearer = format!("Bearer {}", house.keeper.local_token());
    assert_eq!(house.with(&bearer).await.body, "local by token", "also before the setup");
    let who = house.keeper.by_token("127.0.0.1".parse().unwrap(), house.keeper.local_token()).unwrap();
    assert!(!house.keeper.is_over(&who));
    let again = House::at(house.data, DoorConfig::default()).await;
    assert_eq!(again.with(&bearer).await.status, 503, "another process, another token");
}

#[tokio::test]
async fn rights_that_end_are_announced_to_whoever_holds_a_connection_open() {
    use std::net::IpAddr;
    let house = House::open().await;
    let address = IpAddr::from([192, 0, 2, 1]);
    let cookie = house.log_in().await;
    let secret = cookie.split('=').nth(1).unwrap();
    let by_session = house.keeper.by_session(secret).unwrap();
    let account = house.keeper.by_password(address, "anna", PASSWORD).await.unwrap();
    let by_password = Who {
        account: account.name.clone(),
        via: clown_hub::web::auth::Via::Basic(account.password.mark()),
        rights: clown_hub::web::rights::Rights::All,
    };
    let mut changes = house.keeper.changes();
    changes.mark_unchanged();
    house.keeper.look(Now::now());
    assert!(!changes.has_changed().unwrap(), "nothing ended");
    assert!(!house.keeper.is_over(&by_session) && !house.keeper.is_over(&by_password));
    house.keeper.end_session(secret);
    assert!(changes.has_changed().unwrap());
    assert!(house.keeper.is_over(&by_session) && !house.keeper.is_over(&by_password));
    // Another program changes the password: the running watch notices within five seconds.
    let stop = clown_hub::stop::Stop::new();
    let watch = tokio::spawn(house.keeper.clone().watch(stop.clone()));
    changes.mark_unchanged();
    let cli = Accounts::open(house.data.path()).unwrap();
    cli.set_password("anna", PasswordHash::of("another good password").unwrap()).unwrap();
    tokio::time::timeout(Duration::from_secs(5), changes.changed()).await.unwrap().unwrap();
    assert!(house.keeper.is_over(&by_password));
    assert_eq!(house.with(&basic(&format!("anna:{PASSWORD}"))).await.status, 401);
    assert_eq!(house.with(&basic("anna:another good password")).await.status, 200);
    stop.request();
    watch.await.unwrap();
}
