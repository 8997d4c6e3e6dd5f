//! The headers that every answer carries, and why the browser may do so little.
//!
//! Everything comes from the hub itself: no foreign host, no inline script or style, no frame around a page that can
//! switch a relay. The endpoint's own origin is named beside `'self'`, because older browsers do not take `'self'` for
//! `wss:`. The policy for referrers is `same-origin` and not `no-referrer`: with the latter browsers send
//! `Origin: null` with our own forms, and a form could no longer be told from a stranger's.

use axum::http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, STRICT_TRANSPORT_SECURITY,
        X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
};

/// The same for every answer.
const FIXED: [(HeaderName, HeaderValue); 6] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (REFERRER_POLICY, HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin")),
    (HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("same-origin")),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static(
            "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), \
             microphone=(), midi=(), payment=(), serial=(), usb=()",
        ),
    ),
];

/// An answer that pages elsewhere may show in a frame; an extension of it. Only a tile that a token was made for is one.
#[derive(Clone, Copy, Debug)]
pub struct Framed;

/// What the headers depend on.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The `Host` of the request, already found to be ours.
    pub authority: Option<&'a str>,
    /// Whether the visitor came over TLS.
    pub tls: bool,
    /// Whether the certificate is one that browsers trust without being asked.
    pub trusted_certificate: bool,
    /// Whether a page elsewhere may show it in a frame.
    pub framed: bool,
}

/// Completes the headers of an answer; what a handler set itself stays.
pub fn complete(headers: &mut HeaderMap, setting: Setting<'_>) {
    for (name, value) in FIXED {
        if name != X_FRAME_OPTIONS || !setting.framed {
            headers.entry(name).or_insert(value);
        }
    }
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers.entry(CONTENT_SECURITY_POLICY).or_insert_with(|| policy(setting));
    // With the local certificate a browser that once remembered it could never again be let through by its user.
    if setting.tls && setting.trusted_certificate {
        let year = HeaderValue::from_static("max-age=31536000");
        headers.entry(STRICT_TRANSPORT_SECURITY).or_insert(year);
    }
}

fn policy(setting: Setting<'_>) -> HeaderValue {
    let scheme = if setting.tls { "wss" } else { "ws" };
    let ancestors = if setting.framed { "*" } else { "'none'" };
    let endpoint = setting.authority.map(|authority| format!(" {scheme}://{authority}")).unwrap_or_default();
    let policy = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self'{endpoint}; manifest-src 'self'; worker-src 'self'; form-action 'self'; frame-ancestors {ancestors}; \
         base-uri 'none'"
    );
    // An authority that was checked holds only characters a header may hold.
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete_for(tls: bool, trusted_certificate: bool) -> HeaderMap {
        let mut headers = HeaderMap::new();
        complete(
            &mut headers,
            Setting { authority: Some("hub.local:8443"), tls, trusted_certificate, framed: false },
        );
        headers
    }

    #[test]
    fn every_answer_carries_the_strict_headers() {
        let headers = complete_for(true, false);
        let check = |name: &str, expected: &str| {
            assert!(headers[name].to_str().unwrap().contains(expected), "{name}: {:?}", headers[name]);
        };
        check("content-security-policy", "default-src 'none';");
        check("content-security-policy", "connect-src 'self' wss://hub.local:8443;");
        check("content-security-policy", "frame-ancestors 'none'");
        check("content-security-policy", "base-uri 'none'");
        check("x-content-type-options", "nosniff");
        check("x-frame-options", "DENY");
        check("referrer-policy", "same-origin");
        check("cross-origin-opener-policy", "same-origin");
        check("permissions-policy", "camera=()");
        check("cache-control", "no-store");
        assert!(!headers["content-security-policy"].to_str().unwrap().contains("unsafe"));
    }

    #[test]
    fn only_a_trusted_certificate_asks_browsers_to_remember_https() {
        assert!(complete_for(true, true).contains_key("strict-transport-security"));
        assert!(!complete_for(true, false).contains_key("strict-transport-security"));
        assert!(!complete_for(false, true).contains_key("strict-transport-security"));
    }

    #[test]
    fn what_a_handler_says_about_caching_stays() {
        let mut headers = HeaderMap::new();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=60"));
        complete(
            &mut headers,
            Setting { authority: None, tls: true, trusted_certificate: false, framed: false },
        );
        assert_eq!(headers[CACHE_CONTROL], "public, max-age=60");
    }
}
