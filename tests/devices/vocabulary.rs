//! The tables of words in `devices/README.md` against the words that the reader of files knows.

use std::fmt::Write;

use clown_hub::device::Kind;
use clown_hub::device::vocabulary::{ICONS, QUANTITIES, Quantity, Sort, TYPES, usual_icon};

/// The word of `kind` that says the same.
fn kind(sort: Sort) -> &'static str {
    match sort {
        Sort::Number => "number",
        Sort::Total => "total",
        Sort::Truth => "switch` or `truth",
        Sort::Choice => "choice",
        Sort::Text => "text",
        Sort::Event => "event",
        Sort::Any => "json",
    }
}

fn types() -> String {
    let mut table = String::from("| type | what it is about | picture |\n| --- | --- | --- |\n");
    for (kind, about) in TYPES {
        let icon = usual_icon(&format!("{kind}/-"), about, &Kind::Number);
        let _ = writeln!(table, "| `{kind}` | `{about}` | `{icon}` |");
    }
    table
}

fn quantities() -> String {
    let mut table = String::from(
        "| quantity | kind | units, the usual one first | always |\n| --- | --- | --- | --- |\n",
    );
    for Quantity { name, sort, units, limits } in QUANTITIES {
        let units: Vec<String> = units.iter().map(|unit| format!("`{unit}`")).collect();
        let limits = limits.map_or_else(String::new, |(low, high)| format!("{low} to {high}"));
        let row = format!("| `{name}` | `{}` | {} | {limits} |", kind(*sort), units.join(", "));
        let _ = writeln!(table, "{}", row.replace("|  |", "| |").replace("|  |", "| |"));
    }
    table
}

#[test]
fn every_word_of_the_vocabulary_is_listed_and_no_other() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/devices/README.md");
    let page = std::fs::read_to_string(path).expect("it is there");
    let icons: Vec<String> = ICONS.iter().map(|icon| format!("`{icon}`")).collect();
    let listed: Vec<&str> = page.lines().filter(|line| line.starts_with("`alarm`, ")).collect();
    assert_eq!(listed, [icons.join(", ").as_str()], "the pictures of devices/README.md");
    for table in [types(), quantities()] {
        assert!(page.contains(&format!("\n{table}\n")), "devices/README.md lacks this table:\n\n{table}");
    }
}
