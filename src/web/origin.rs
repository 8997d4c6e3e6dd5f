//! From whose page a request comes: a stranger's page must not use the visitor's login (CSRF, cross-site WebSockets).
//!
//! Browsers say it in `Origin` and `Sec-Fetch-Site`. A login that the browser sends by itself (the cookie) counts only
//! from our own pages. A password or token in the request may also come without any page, and from pages whose origin
//! the configuration names.

use axum::http::{HeaderMap, HeaderName, header};

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Where a request comes from, as far as the browser says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// One of our own pages.
    Own,
    /// No page: a program, or a browser that says nothing.
    Absent,
    /// Another page, by its origin; `null` and contradictions too.
    Foreign(String),
}

impl Origin {
    /// The origin of a request that came over TLS or not.
    pub fn of(headers: &HeaderMap, tls: bool) -> Self {
        let site = headers.get(SEC_FETCH_SITE).map(|site| site.to_str().unwrap_or("cross-site"));
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let origin = origins.next().map(|origin| origin.to_str().unwrap_or("null"));
        if origins.next().is_some() {
            return Self::Foreign("two origins".into());
        }
        let own = headers.get(header::HOST).and_then(|host| host.to_str().ok()).map(|host| own(host, tls));
        match (origin, site) {
            (Some(origin), site) => {
                let is_own = own.is_some_and(|own| own.eq_ignore_ascii_case(origin));
                let agrees = site.is_none_or(|site| site == "same-origin");
                if is_own && agrees { Self::Own } else { Self::Foreign(origin.to_owned()) }
            }
            (None, Some("same-origin")) => Self::Own,
            // `none` is the person: an address that was typed, a bookmark.
            (None, Some("none") | None) => Self::Absent,
            (None, Some(_)) => Self::Foreign("another site".into()),
        }
    }

    /// Whether a request may act for the visitor. `brings_secret`: it carries a password or token of its own;
    /// `allowed`: origins of the configuration, `*` for all.
    pub fn may_act(&self, brings_secret: bool, allowed: &[String]) -> bool {
        match self {
            Self::Own => true,
            Self::Absent => brings_secret,
            Self::Foreign(origin) => {
                brings_secret && allowed.iter().any(|one| one == "*" || one.eq_ignore_ascii_case(origin))
            }
        }
    }
}

/// The origin of our pages as a browser writes it: without the port that the scheme implies.
fn own(host: &str, tls: bool) -> String {
    let (scheme, implied) = if tls { ("https", ":443") } else { ("http", ":80") };
    format!("{scheme}://{}", host.strip_suffix(implied).unwrap_or(host))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(origin: Option<&str>, site: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "hub.local:8443".parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        if let Some(site) = site {
            headers.insert(SEC_FETCH_SITE, site.parse().unwrap());
        }
        headers
    }

    #[test]
    fn a_cookie_counts_from_our_own_pages_only() {
        let check = |origin, site, cookie: bool, secret: bool| {
            let found = Origin::of(&headers(origin, site), true);
            assert_eq!(found.may_act(false, &[]), cookie, "cookie: {origin:?} {site:?} {found:?}");
            assert_eq!(found.may_act(true, &[]), secret, "secret: {origin:?} {site:?} {found:?}");
        };
        check(Some("https://hub.local:8443"), None, true, true);
        check(Some("https://HUB.local:8443"), Some("same-origin"), true, true);
        check(None, Some("same-origin"), true, true);
        check(None, None, false, true);
        check(None, Some("none"), false, true);
        for foreign in [
            "null",
            "",
            "http://hub.local:8443",
            "https://hub.local",
            "https://hub.local:84430",
            "https://hub.local:8443.evil.example",
            "https://evil.example",
            "https://evilhub.local:8443",
            "https://hub.local:8443@evil.example",
            "https://hub.local:8443/",
            "wss://hub.local:8443",
            "*",
        ] {
            check(Some(foreign), None, false, false);
            check(Some(foreign), Some("same-origin"), false, false);
        }
        for site in ["cross-site", "same-site", "", "SAME-ORIGIN"] {
            check(None, Some(site), false, false);
            check(Some("https://hub.local:8443"), Some(site), false, false);
        }
    }

    #[test]
    fn a_page_that_the_configuration_names_may_bring_its_own_secret() {
        let origin = Origin::of(&headers(Some("https://page.example"), Some("cross-site")), true);
        assert!(origin.may_act(true, &["https://page.example".into()]));
        assert!(origin.may_act(true, &["*".into()]));
        assert!(!origin.may_act(true, &["https://page.example:444".into()]));
        assert!(!origin.may_act(false, &["*".into()]));
    }

    #[test]
    fn the_implied_port_is_no_difference_and_two_origins_are() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "hub.local:443".parse().unwrap());
        headers.append(header::ORIGIN, "https://hub.local".parse().unwrap());
        assert_eq!(Origin::of(&headers, true), Origin::Own);
        headers.append(header::ORIGIN, "https://evil.example".parse().unwrap());
        assert!(!Origin::of(&headers, true).may_act(true, &[]));
    }
}
