//! The documentation as people read it: on a forge, where every link and anchor has to lead somewhere, and as the small
//! site that `make book` builds, which loads nothing from elsewhere.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use common::need;
use regex::Regex;

/// Pages of the root that link to others, beside all of `docs`.
const PAGES: &[&str] = &["README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md", "devices/README.md"];
/// Pages that are for those who work on the hub.
const NOT_IN_THE_BOOK: &[&str] = &["SUMMARY.md", "plan.md"];
/// The README is the short path.
const LONGEST_README: usize = 120;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(file: &Path) -> String {
    fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// Names of the pages in `docs`.
fn docs() -> Vec<String> {
    let entries = fs::read_dir(root().join("docs")).expect("the folder of pages");
    let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"));
    names.filter(|name| name.ends_with(".md")).collect()
}

/// `a/../b` as `b`.
fn plain(path: &Path) -> PathBuf {
    let mut all = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(all.pop()),
            Component::CurDir => {}
            part => all.push(part),
        }
    }
    all
}

/// What a forge calls the headings of a page.
fn anchors(text: &str) -> BTreeSet<String> {
    let link = Regex::new(r"\[([^\]]*)\]\([^)]*\)").expect("a good expression");
    let mut count: BTreeMap<String, usize> = BTreeMap::new();
    let mut found = BTreeSet::new();
    let mut inside = false;
    for line in text.lines() {
        inside ^= line.starts_with("```");
        let heading = line.trim_start_matches('#');
        if inside || heading.len() == line.len() || !heading.starts_with(' ') {
            continue;
        }
        let heading = link.replace_all(heading.trim(), "$1").to_lowercase();
        let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let anchor: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let before = count.entry(anchor.clone()).or_default();
        found.insert(if *before == 0 { anchor } else { format!("{anchor}-{before}") });
        *before += 1;
    }
    found
}

/// The text without blocks of code, and without code within lines.
fn prose(text: &str) -> String {
    let mut inside = false;
    let mut prose = String::new();
    for line in text.lines() {
        if line.starts_with("```") {
            inside = !inside;
        } else if !inside && !line.starts_with("    ") {
            prose.extend(line.split('`').step_by(2));
            prose.push('\n');
        }
    }
    prose
}

#[test]
fn links_and_anchors_of_the_pages_lead_somewhere() {
    let link = Regex::new(r"\]\(([^)\s]+)\)").expect("a good expression");
    let mut complaints = Vec::new();
    let mut count = 0;
    let pages = PAGES.iter().map(|page| (*page).to_owned());
    for page in pages.chain(docs().into_iter().map(|name| format!("docs/{name}"))) {
        for found in link.captures_iter(&prose(&read(&root().join(&page)))) {
            let target = &found[1];
            if target.contains("://") {
                continue;
            }
            count += 1;
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            let here = Path::new(&page);
            let file = if file.is_empty() {
                here.into()
            } else {
                plain(&here.parent().expect("a folder").join(file))
            };
            let file = root().join(file);
            if !file.exists() {
                complaints.push(format!("{page}: {target}: there is no such file"));
            } else if !anchor.is_empty() && !anchors(&read(&file)).contains(anchor) {
                complaints.push(format!("{page}: {target}: there is no such heading"));
            }
        }
    }
    assert!(count > 150, "only {count} links were found");
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

#[test]
fn the_book_has_every_page_and_the_readme_is_short() {
    let summary = read(&root().join("docs/SUMMARY.md"));
    for name in docs() {
        let is_in = summary.contains(&format!("]({name})"));
        assert_eq!(is_in, !NOT_IN_THE_BOOK.contains(&name.as_str()), "docs/SUMMARY.md and {name}");
    }
    let lines = read(&root().join("README.md")).lines().count();
    assert!(lines <= LONGEST_README, "README.md has {lines} lines; move what is long to a page of docs");
}

/// Every file below a folder.
fn files(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder of the book") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files(&path, all) } else { all.push(path) }
    }
}

/// What is wrong with the links of a page of the site.
fn broken(site: &Path, page: &Path, html: &str) -> Vec<String> {
    let link = Regex::new(r#"\b(href|src)="([^"]*)""#).expect("a good expression");
    let tag = Regex::new(r"<(\w+)[^>]*>").expect("a good expression");
    let mut complaints = Vec::new();
    for tag in tag.captures_iter(html) {
        for found in link.captures_iter(&tag[0]) {
            let target = found[2].replace("&amp;", "&");
            if target.contains("://") || target.starts_with("//") {
                // A link that somebody may follow is fine, a thing that a browser loads is not.
                if &tag[1] != "a" {
                    complaints.push(format!("{}: loads {target}", page.display()));
                }
                continue;
            }
            let (file, anchor) = target.split_once('#').unwrap_or((&target, ""));
            let folder = page.parent().expect("a folder");
            let file = if file.is_empty() { page.to_owned() } else { plain(&folder.join(file)) };
            let is_there = file.starts_with(site) && file.exists();
            let has = |anchor: &str| read(&file).contains(&format!("id=\"{anchor}\""));
            if !is_there
                || (!anchor.is_empty() && file.extension().is_some_and(|is| is == "html") && !has(anchor))
            {
                complaints.push(format!("{}: {target} leads nowhere", page.display()));
            }
        }
    }
    complaints
}

#[test]
fn the_site_loads_nothing_from_elsewhere_and_its_links_lead_somewhere() {
    need("mdbook", "mdbook by cargo install mdbook");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let site = folder.path().join("book");
    let output =
        need("bash", "the Debian package bash").arg("scripts/book").arg(&site).current_dir(root()).output();
    let output = output.expect("it starts");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !said.contains("WARN") && !said.contains("ERROR"), "{said}");

    let mut all = Vec::new();
    files(&site, &mut all);
    let loads =
        Regex::new(r#"(?:url\(|@import|src=|import\()\s*["']?(?:https?:)?//"#).expect("a good expression");
    let mut complaints = Vec::new();
    for file in &all {
        let kind = file.extension().and_then(|kind| kind.to_str()).unwrap_or_default();
        match kind {
            // What is shown for an address that there is not; its links count from the root of a server.
            "html" if file.ends_with("404.html") => {}
            "html" => complaints.extend(broken(&site, file, &read(file))),
            "css" if loads.is_match(&read(file)) => complaints.push(format!("{}: loads", file.display())),
            _ => {}
        }
    }
    assert!(all.iter().any(|file| file.ends_with("troubleshooting.html")), "{all:?}");
    assert!(site.join("index.html").exists(), "there is a first page");
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}
