//! The files a page needs beside itself: styles, scripts, icons, embedded in the program.
//!
//! They are served under `/assets/<hash>/<name>`, where the hash covers the content of all of them. So an address
//! never changes its meaning and may be kept for ever, modules may import each other by relative names, and a page
//! from before an update never mixes with files from after it. Nothing here is secret and nothing comes from elsewhere.

use std::fmt::Write;
use std::io::Read;
use std::sync::LazyLock;

use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};

use super::compress;

/// One embedded file.
struct Asset {
    name: &'static str,
    kind: &'static str,
    body: Body,
}

/// What is in a file.
#[derive(Clone, Copy)]
enum Body {
    /// By gzip.
    Packed(&'static [u8]),
    /// As it is.
    Plain(&'static [u8]),
}

impl Body {
    /// The bytes in the program.
    fn held(self) -> &'static [u8] {
        match self {
            Self::Packed(bytes) | Self::Plain(bytes) => bytes,
        }
    }

    /// The file as it was written.
    fn whole(self) -> Bytes {
        match self {
            Self::Plain(bytes) => Bytes::from_static(bytes),
            Self::Packed(bytes) => {
                let mut whole = Vec::new();
                GzDecoder::new(bytes)
                    .read_to_end(&mut whole)
                    .expect("it was packed when the program was built");
                whole.into()
            }
        }
    }
}

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";
const TXT: &str = "text/plain; charset=utf-8";
const PNG: &str = "image/png";

/// A text, packed when the program was built: `src/build.rs`.
macro_rules! packed {
    ($file:literal) => {
        Body::Packed(include_bytes!(concat!(env!("OUT_DIR"), "/assets/", $file, ".gz")))
    };
}

/// A picture, which is packed by itself.
macro_rules! plain {
    ($file:literal) => {
        Body::Plain(include_bytes!(concat!("assets/", $file)))
    };
}

const ASSETS: &[Asset] = &[
    Asset { name: "style.css", kind: CSS, body: packed!("css/style.css") },
    Asset { name: "log.css", kind: CSS, body: packed!("css/7-log.css") },
    Asset { name: "messages.css", kind: CSS, body: packed!("css/8-messages.css") },
    Asset { name: "radio.css", kind: CSS, body: packed!("css/9-radio.css") },
    Asset { name: "newcomers.css", kind: CSS, body: packed!("css/10-newcomers.css") },
    Asset { name: "console.css", kind: CSS, body: packed!("css/11-console.css") },
    Asset { name: "history.css", kind: CSS, body: packed!("css/12-history.css") },
    Asset { name: "uplot.css", kind: CSS, body: packed!("vendor/uplot/uPlot.min.css") },
    Asset { name: "uplot.js", kind: JS, body: packed!("vendor/uplot/uPlot.iife.min.js") },
    Asset { name: "uplot.txt", kind: TXT, body: packed!("vendor/uplot/LICENSE") },
    Asset { name: "linked.css", kind: CSS, body: packed!("css/13-links.css") },
    Asset { name: "events.css", kind: CSS, body: packed!("css/14-events.css") },
    Asset { name: "tester.css", kind: CSS, body: packed!("css/15-tester.css") },
    Asset { name: "device.css", kind: CSS, body: packed!("css/17-device.css") },
    Asset { name: "one.css", kind: CSS, body: packed!("css/18-one.css") },
    Asset { name: "icon.svg", kind: SVG, body: packed!("icon/icon.svg") },
    Asset { name: "icons.svg", kind: SVG, body: packed!("icons/icons.svg") },
    Asset { name: "icons.txt", kind: TXT, body: packed!("icons/LICENSE") },
    Asset { name: "icon-180.png", kind: PNG, body: plain!("icon/icon-180.png") },
    Asset { name: "icon-192.png", kind: PNG, body: plain!("icon/icon-192.png") },
    Asset { name: "icon-512.png", kind: PNG, body: plain!("icon/icon-512.png") },
    Asset { name: "icon-maskable-512.png", kind: PNG, body: plain!("icon/icon-maskable-512.png") },
    Asset {
        name: "manifest.webmanifest",
        kind: "application/manifest+json",
        body: packed!("icon/manifest.webmanifest"),
    },
    Asset { name: "dashboard.js", kind: JS, body: packed!("js/dashboard.js") },
    Asset { name: "arrange.css", kind: CSS, body: packed!("css/16-arrange.css") },
    Asset { name: "arrange.js", kind: JS, body: packed!("js/arrange.js") },
    Asset { name: "carry.js", kind: JS, body: packed!("js/carry.js") },
    Asset { name: "device.js", kind: JS, body: packed!("js/device.js") },
    Asset { name: "log.js", kind: JS, body: packed!("js/log.js") },
    Asset { name: "console.js", kind: JS, body: packed!("js/console.js") },
    Asset { name: "messages.js", kind: JS, body: packed!("js/messages.js") },
    Asset { name: "radio.js", kind: JS, body: packed!("js/radio.js") },
    Asset { name: "history.js", kind: JS, body: packed!("js/history.js") },
    Asset { name: "events.js", kind: JS, body: packed!("js/events.js") },
    Asset { name: "tester.js", kind: JS, body: packed!("js/tester.js") },
    Asset { name: "view.js", kind: JS, body: packed!("js/view.js") },
    Asset { name: "chart.js", kind: JS, body: packed!("js/chart.js") },
    Asset { name: "axes.js", kind: JS, body: packed!("js/axes.js") },
    Asset { name: "lines.js", kind: JS, body: packed!("js/lines.js") },
    Asset { name: "bands.js", kind: JS, body: packed!("js/bands.js") },
    Asset { name: "gestures.js", kind: JS, body: packed!("js/gestures.js") },
    Asset { name: "facts.js", kind: JS, body: packed!("js/facts.js") },
    Asset { name: "choose.js", kind: JS, body: packed!("js/choose.js") },
    Asset { name: "picture.js", kind: JS, body: packed!("js/picture.js") },
    Asset { name: "spark.js", kind: JS, body: packed!("js/spark.js") },
    Asset { name: "relaid.js", kind: JS, body: packed!("js/relaid.js") },
    Asset { name: "shelf.js", kind: JS, body: packed!("js/shelf.js") },
    Asset { name: "morph.js", kind: JS, body: packed!("js/morph.js") },
    Asset { name: "tree.js", kind: JS, body: packed!("js/tree.js") },
    Asset { name: "rows.js", kind: JS, body: packed!("js/rows.js") },
    Asset { name: "topic.js", kind: JS, body: packed!("js/topic.js") },
    Asset { name: "publish.js", kind: JS, body: packed!("js/publish.js") },
    Asset { name: "talk.js", kind: JS, body: packed!("js/talk.js") },
    Asset { name: "message.js", kind: JS, body: packed!("js/message.js") },
    Asset { name: "state.js", kind: JS, body: packed!("js/state.js") },
    Asset { name: "tiles.js", kind: JS, body: packed!("js/tiles.js") },
    Asset { name: "slider.js", kind: JS, body: packed!("js/slider.js") },
    Asset { name: "color.js", kind: JS, body: packed!("js/color.js") },
    Asset { name: "hands.js", kind: JS, body: packed!("js/hands.js") },
    Asset { name: "commands.js", kind: JS, body: packed!("js/commands.js") },
    Asset { name: "devices.js", kind: JS, body: packed!("js/devices.js") },
    Asset { name: "linked.js", kind: JS, body: packed!("js/linked.js") },
    Asset { name: "links.js", kind: JS, body: packed!("js/links.js") },
    Asset { name: "newcomers.js", kind: JS, body: packed!("js/newcomers.js") },
    Asset { name: "age.js", kind: JS, body: packed!("js/age.js") },
    Asset { name: "words.js", kind: JS, body: packed!("js/words.js") },
    Asset { name: "live.js", kind: JS, body: packed!("js/live.js") },
    Asset { name: "one.js", kind: JS, body: packed!("js/one.js") },
    Asset { name: "kiosk.js", kind: JS, body: packed!("js/kiosk.js") },
    Asset { name: "offline.js", kind: JS, body: packed!("js/offline.js") },
    Asset { name: "speak.js", kind: JS, body: packed!("js/speak.js") },
    Asset { name: "filter.js", kind: JS, body: packed!("js/filter.js") },
];

static HASH: LazyLock<String> = LazyLock::new(|| {
    let mut sha = Sha256::new();
    for asset in ASSETS {
        sha.update(asset.name);
        sha.update(asset.body.held());
    }
    sha.finalize().iter().take(6).fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
});

/// The hash of all files, which stands for the version of the pages.
pub fn hash() -> &'static str {
    &HASH
}

/// The address of a file.
pub fn url(name: &str) -> String {
    debug_assert!(ASSETS.iter().any(|asset| asset.name == name), "no asset {name}");
    format!("/assets/{}/{name}", hash())
}

/// `GET /assets/{hash}/{name}`: the file, to be kept for ever; 404 for a hash of another version.
pub async fn serve(Path((wanted, name)): Path<(String, String)>, asked: HeaderMap) -> Response {
    let found = ASSETS.iter().find(|asset| asset.name == name).filter(|_| wanted == hash());
    match found {
        Some(asset) => send(asset, &asked, "public, max-age=31536000, immutable"),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn send(asset: &Asset, asked: &HeaderMap, keep: &'static str) -> Response {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(asset.kind)),
        (header::CACHE_CONTROL, HeaderValue::from_static(keep)),
    ];
    match asset.body {
        Body::Packed(packed) if compress::accepts_gzip(asked) => {
            let encoding = [
                (header::CONTENT_ENCODING, HeaderValue::from_static("gzip")),
                (header::VARY, HeaderValue::from_static("accept-encoding")),
            ];
            (headers, encoding, packed).into_response()
        }
        body => (headers, body.whole()).into_response(),
    }
}

/// `GET /fragment/version`: the version of the pages, for a page that was away and may be from before an update.
pub async fn version() -> &'static str {
    hash()
}

/// `GET /robots.txt`: whoever has no account sees nothing but the login, and the endpoints are for nobody who collects.
pub async fn robots() -> Response {
    ([(header::CONTENT_TYPE, TXT)], "User-agent: *\nDisallow: /auth/\n").into_response()
}

/// `GET /favicon.ico`, for those who ask without reading the page.
pub async fn favicon(asked: HeaderMap) -> Response {
    serve(Path((hash().to_owned(), "icon.svg".to_owned())), asked).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::vocabulary::ICONS;

    #[tokio::test]
    async fn files_are_served_for_ever_and_only_in_this_version() {
        let ask =
            async |hash: &str, name: &str| serve(Path((hash.into(), name.into())), HeaderMap::new()).await;
        let answer = ask(hash(), "style.css").await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.headers()[header::CONTENT_TYPE], CSS);
        assert!(answer.headers()[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        assert_eq!(ask("000000000000", "style.css").await.status(), StatusCode::NOT_FOUND);
        assert_eq!(ask(hash(), "../Cargo.toml").await.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn files_name_only_files_that_exist() {
        for asset in ASSETS.iter().filter(|asset| asset.kind == JS) {
            let source = String::from_utf8(asset.body.whole().into()).unwrap();
            for import in source.lines().filter_map(|line| line.split(" from \"./").nth(1)) {
                let name = import.trim_end_matches("\";");
                assert!(ASSETS.iter().any(|asset| asset.name == name), "{} imports {name}", asset.name);
            }
        }
    }

    #[test]
    fn nothing_comes_from_elsewhere() {
        for asset in ASSETS.iter().filter(|asset| asset.kind != PNG) {
            let text =
                String::from_utf8(asset.body.whole().into()).unwrap().replace("http://www.w3.org/", "");
            // Where it is from, in a comment; nobody fetches it.
            let text = text.replace("/*! https://github.com/leeoniya/uPlot", "");
            assert!(!text.contains("http://") && !text.contains("https://"), "{}", asset.name);
        }
    }

    #[test]
    fn every_picture_of_the_vocabulary_is_drawn_and_no_other() {
        let drawn = include_str!("assets/icons/icons.svg").split("<symbol id=\"").skip(1);
        let drawn: Vec<_> = drawn.filter_map(|symbol| symbol.split('"').next()).collect();
        assert_eq!(drawn, ICONS);
        let source = include_str!("assets/icons/README.md");
        for icon in ICONS {
            assert!(source.contains(&format!("\n| {icon} | ")), "{icon}: from which drawing?");
        }
    }

    /// Whether each file is the one whose checksum its source notes.
    fn check_sums(source: &str, files: &[(&str, &[u8])]) {
        for (name, body) in files {
            let sum =
                Sha256::digest(body).iter().fold(String::new(), |sum, byte| sum + &format!("{byte:02x}"));
            assert!(source.contains(&format!("{sum}  {name}")), "{name} is not the noted one: {sum}");
        }
    }

    #[test]
    fn drawings_are_those_of_their_source() {
        let files: [(&str, &[u8]); 2] = [
            ("icons.svg", include_bytes!("assets/icons/icons.svg")),
            ("LICENSE", include_bytes!("assets/icons/LICENSE")),
        ];
        check_sums(include_str!("assets/icons/README.md"), &files);
    }

    #[test]
    fn what_others_made_is_as_they_published_it() {
        let files: [(&str, &[u8]); 3] = [
            ("uPlot.iife.min.js", include_bytes!("assets/vendor/uplot/uPlot.iife.min.js")),
            ("uPlot.min.css", include_bytes!("assets/vendor/uplot/uPlot.min.css")),
            ("LICENSE", include_bytes!("assets/vendor/uplot/LICENSE")),
        ];
        check_sums(include_str!("assets/vendor/README.md"), &files);
    }
}
