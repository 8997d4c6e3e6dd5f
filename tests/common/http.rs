//! A small HTTPS client: one connection per request, cookies kept, redirects shown and not followed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, COOKIE, HOST, SET_COOKIE};
use hyper::{HeaderMap, Request};
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use tokio::time::timeout;

use super::{Hub, PATIENCE, tls};

/// What the hub answered.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// A header's text; empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// A visitor without a browser.
pub struct Https {
    authority: String,
    tls: Arc<ClientConfig>,
    headers: Vec<(String, String)>,
    cookies: Mutex<BTreeMap<String, String>>,
}

impl Https {
    /// A visitor of this hub who has not said who they are.
    pub fn new(hub: &Hub) -> Self {
        Self::with_ca(hub.authority(), &hub.ca())
    }

    /// A visitor of `host:port` who trusts this authority.
    pub fn with_ca(authority: &str, ca: &Path) -> Self {
        Self {
            authority: authority.into(),
            tls: tls::trusting(ca),
            headers: Vec::new(),
            cookies: Mutex::default(),
        }
    }

    /// Sends this header with every request.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// Says who they are with every request.
    pub fn basic(self, account: &str, password: &str) -> Self {
        self.header(AUTHORIZATION.as_str(), &basic(account, password))
    }

    /// The cookies collected so far, as a `Cookie` header has them.
    pub fn cookies(&self) -> String {
        let cookies = self.cookies.lock().expect("the lock is never poisoned");
        cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }

    /// Fetches a page.
    pub async fn get(&self, path: &str) -> Answer {
        self.request("GET", path, None, "").await
    }

    /// Sends a form.
    pub async fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let encoded = |text: &str| percent(text);
        let body: Vec<_> =
            fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect();
        self.request("POST", path, Some("application/x-www-form-urlencoded"), &body.join("&")).await
    }

    /// Sends any request.
    pub async fn request(&self, method: &str, path: &str, kind: Option<&str>, body: &str) -> Answer {
        timeout(PATIENCE, self.exchange(method, path, kind, body))
            .await
            .unwrap_or_else(|_| panic!("no answer to {method} {path} within {PATIENCE:?}"))
    }

    async fn exchange(&self, method: &str, path: &str, kind: Option<&str>, body: &str) -> Answer {
        let stream = tls::connect(&self.authority, self.tls.clone()).await.expect("the hub accepts");
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.expect("the hub speaks HTTP");
        tokio::spawn(connection);
        let mut request = Request::builder().method(method).uri(path).header(HOST, &self.authority);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        if let Some(kind) = kind {
            request = request.header(CONTENT_TYPE, kind);
        }
        let cookies = self.cookies();
        if !cookies.is_empty() {
            request = request.header(COOKIE, cookies);
        }
        let request = request.body(Full::new(Bytes::from(body.to_owned()))).expect("a valid request");
        let answer = sender.send_request(request).await.expect("the hub answers");
        let (head, body) = answer.into_parts();
        let body = body.collect().await.expect("the whole body arrives").to_bytes();
        self.keep_cookies(&head.headers);
        Answer {
            status: head.status.as_u16(),
            headers: head.headers,
            body: String::from_utf8_lossy(&body).into_owned(),
        }
    }

    fn keep_cookies(&self, headers: &HeaderMap) {
        let mut cookies = self.cookies.lock().expect("the lock is never poisoned");
        for cookie in headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            let pair = cookie.split(';').next().unwrap_or_default();
            if let Some((name, value)) = pair.split_once('=') {
                cookies.insert(name.trim().into(), value.trim().into());
            }
        }
    }
}

/// `Basic …` of an account and its password.
pub fn basic(account: &str, password: &str) -> String {
    format!("Basic {}", STANDARD.encode(format!("{account}:{password}")))
}

fn percent(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).into() } else { format!("%{byte:02X}") })
        .collect()
}
