//! The page that says what did not work, why, and where to go from here.

use askama::Template;
use axum::http::StatusCode;
use axum::response::Response;

use super::html;
use super::shell::Shell;
use super::show::visible;

#[derive(Template)]
#[template(path = "error.html")]
struct Problem {
    shell: Shell,
    title: &'static str,
    detail: String,
    hint: &'static str,
}

/// The page for `status`; `detail` names the thing, in the words of whoever refused it.
pub fn page(mut shell: Shell, status: StatusCode, detail: &str) -> Response {
    // It stands in the place of another page, and is none that the navigation could mark.
    shell.path.clear();
    let frame = &shell.text().frame;
    let (title, hint) = match status {
        StatusCode::NOT_FOUND => (frame.missing_title, frame.missing_hint),
        status if status.is_server_error() => (frame.failed_title, frame.failed_hint),
        _ => (frame.refused_title, frame.refused_hint),
    };
    html(status, &Problem { shell, title, detail: visible(detail), hint })
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderMap;

    use super::*;

    #[test]
    fn a_problem_names_the_thing_and_a_way_out() {
        let shell = Shell::new(&HeaderMap::new(), None, "/x");
        let answer = page(shell.clone(), StatusCode::NOT_FOUND, "");
        assert_eq!(answer.status(), StatusCode::NOT_FOUND);
        let problem = Problem { shell, title: "t", detail: visible("<b>\u{202e}"), hint: "h" };
        let html = problem.render().unwrap();
        assert!(html.contains("&#60;b&#62;\\u{202e}"), "{html}");
        assert!(html.contains("href=\"/\""));
    }

    #[tokio::test]
    async fn no_page_of_the_navigation_is_marked_on_a_problem() {
        let answer = page(Shell::new(&HeaderMap::new(), Some("ada"), "/"), StatusCode::NOT_FOUND, "/nothing");
        let body = axum::body::to_bytes(answer.into_body(), 65_536).await.unwrap();
        let html = String::from_utf8_lossy(&body);
        assert!(html.contains("/nothing") && !html.contains("aria-current"), "{html}");
    }
}
