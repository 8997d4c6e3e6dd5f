//! `devices/README.md` and the blueprint `devices/_new.toml` against the reader of files: every key is documented, none
//! that is not there, and every example holds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use clown_hub::device::profile::schema::{self, Form, Table};
use clown_hub::device::profile::{Profile, file};
use clown_hub::device::prove;

fn text(name: &str) -> String {
    let path = format!("{}/devices/{name}", env!("CARGO_MANIFEST_DIR"));
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Reads a whole definition; fails with everything that is wrong, and with every example that does not hold.
fn prove(what: &str, text: &str) -> Arc<Profile> {
    let profile = file::read("test", Path::new(what), text.to_owned())
        .unwrap_or_else(|problems| panic!("{problems}\nin\n{text}"));
    let profile = Arc::new(profile);
    let differences = prove::prove(&profile);
    assert!(differences.is_empty(), "{what}: {differences:#?}\nin\n{text}");
    profile
}

/// The parts of the page that are about tables of the file: names of the tables, and what stands there.
fn parts(page: &str) -> Vec<(Vec<&str>, &str)> {
    page.split("\n#")
        .filter_map(|part| {
            let (_, rest) = part.split_once("<!-- ")?;
            let (names, rest) = rest.split_once(" -->")?;
            Some((names.split(' ').collect(), rest))
        })
        .collect()
}

/// The keys that a part documents: the first words of the rows of its table.
fn documented(part: &str) -> BTreeSet<&str> {
    let keys = part.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    keys.collect()
}

fn tables() -> BTreeMap<&'static str, &'static Table> {
    schema::tables().map(|table| (table.name, table)).collect()
}

#[test]
fn every_key_of_the_format_is_documented_and_no_other() {
    let (page, tables) = (text("README.md"), tables());
    let mut seen = BTreeSet::new();
    for (names, part) in parts(&page) {
        let keys = documented(part);
        let of_tables: Vec<&Table> = names
            .iter()
            .map(|name| *tables.get(name).unwrap_or_else(|| panic!("there is no table {name}")))
            .collect();
        let known: BTreeSet<&str> =
            of_tables.iter().flat_map(|table| table.fields).map(|field| field.key).collect();
        assert_eq!(keys, known, "devices/README.md, {names:?}: left documented, right the format's");
        for field in of_tables.iter().flat_map(|table| table.fields) {
            if let Form::Words(words) = &field.form {
                for word in *words {
                    assert!(part.contains(&format!("`{word}`")), "{names:?} {}: `{word}`", field.key);
                }
            }
        }
        seen.extend(names);
    }
    let missing: Vec<_> = tables.keys().filter(|name| !seen.contains(**name)).collect();
    assert!(missing.is_empty(), "devices/README.md says nothing of {missing:?}");
}

#[test]
fn every_example_of_the_page_is_a_good_definition() {
    let page = text("README.md");
    let blocks: Vec<&str> =
        page.split("```toml\n").skip(1).filter_map(|block| block.split("```").next()).collect();
    assert!(blocks.len() >= 16, "{}", blocks.len());
    for block in blocks {
        let mut whole = String::new();
        if !block.starts_with("name = ") {
            whole.push_str("name = \"Page\"\nvendor = \"Acme\"\n");
        }
        whole.push_str(block);
        if !block.contains("[[property]]") {
            whole.push_str("\n[[property]]\nid = \"thermometer/-\"\nread = { topic = \"page/{id}\" }\n");
        }
        prove("devices/README.md", &whole);
    }
}

#[test]
fn the_blueprint_is_good_as_it_is_and_with_everything_in_use() {
    let blueprint = text("_new.toml");
    let profile = prove("devices/_new.toml", &blueprint);
    assert_eq!(profile.properties.len(), 2);
    let used: Vec<&str> = blueprint
        .lines()
        .map(|line| line.strip_prefix('#').filter(|rest| !rest.starts_with(' ')).unwrap_or(line))
        .collect();
    let profile = prove("devices/_new.toml", &used.join("\n"));
    assert_eq!((profile.properties.len(), prove::unproven(&profile)), (3, Vec::new()));
}
