//! The language switch: a form in the menu, a cookie, and back to where one was.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use serde::Deserialize;

use super::control::see_other;
use super::problem;
use super::shell::Shell;
use crate::web::address::is_own;
use crate::web::server::Peer;
use crate::web::text::Lang;

/// The chosen language.
#[derive(Clone, Debug, Deserialize)]
pub struct Choice {
    lang: String,
    #[serde(default)]
    back: String,
}

/// `POST /language` of a visitor at `peer`.
pub fn choose(shell: Shell, peer: Option<Peer>, choice: &Choice) -> Response {
    let Some(lang) = Lang::from_tag(&choice.lang) else {
        return problem::page(shell, StatusCode::BAD_REQUEST, &choice.lang);
    };
    let mut answer = see_other(if is_own(&choice.back) { &choice.back } else { "/" });
    let secure = if peer.is_none_or(|peer| peer.tls) { "; Secure" } else { "" };
    let cookie = format!("lang={}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly{secure}", lang.code());
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        answer.headers_mut().insert(header::SET_COOKIE, cookie);
    }
    answer
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    #[test]
    fn the_choice_is_kept_and_leads_nowhere_else() {
        let check = |lang: &str, back: &str, expect: Option<(&str, &str)>| {
            let shell = Shell::new(&HeaderMap::new(), None, "/");
            let answer = choose(shell, None, &Choice { lang: lang.into(), back: back.into() });
            let text = |name| answer.headers().get(name).map(|value: &HeaderValue| value.to_str().unwrap());
            let found =
                text(header::SET_COOKIE).map(|cookie| (&cookie[..7], text(header::LOCATION).unwrap()));
            assert_eq!(found, expect, "{lang} {back}");
        };
        check("cs", "/log?filter=%23", Some(("lang=cs", "/log?filter=%23")));
        check("en", "", Some(("lang=en", "/")));
        check("en", "//evil.example", Some(("lang=en", "/")));
        check("en", "/\\evil.example", Some(("lang=en", "/")));
        check("en", "https://evil.example", Some(("lang=en", "/")));
        check("en", "/x\r\nSet-Cookie: a=b", Some(("lang=en", "/")));
        check("xx", "/", None);
    }
}
