//! Announcements that do not count, as the page lists them: who, how it was announced, and by what it is known instead.

use crate::device::roster::Favour;
use crate::hub::SetAside;
use crate::web::page::show::visible;
use crate::web::text::{Text, fill};

/// The most of them on the page.
const SHOWN: usize = 100;

/// Announcements that do not count.
pub struct SetAsides {
    /// With how many there are.
    pub heading: String,
    /// The first of them.
    pub shown: Vec<Line>,
    /// How many more there are, in words.
    pub more: String,
}

/// One of them.
pub struct Line {
    /// Tells it from the others, for the script.
    pub mark: String,
    /// What people call it.
    pub name: String,
    /// What its dialect calls it.
    pub key: String,
    /// In which dialect, and on which link.
    pub way: String,
    /// By what it is known instead.
    pub known: String,
}

impl SetAsides {
    /// Nothing if every announcement counts.
    pub fn new(text: &'static Text, all: &[SetAside]) -> Option<Self> {
        let n = &text.newcomers;
        let many = |words: &str, number: usize| fill(words, &[("n", &number.to_string())]);
        let more = all.len().saturating_sub(SHOWN);
        (!all.is_empty()).then(|| Self {
            heading: many(n.aside_list, all.len()),
            shown: all.iter().take(SHOWN).map(|one| Line::new(text, one)).collect(),
            more: if more > 0 { many(n.aside_more, more) } else { String::new() },
        })
    }
}

impl Line {
    fn new(text: &'static Text, one: &SetAside) -> Self {
        let (n, SetAside { link, aside }) = (&text.newcomers, one);
        let dialect = aside.dialect.word();
        let known = match &aside.favour {
            Favour::Definition(id) => fill(n.aside_definition, &[("definition", &visible(id))]),
            Favour::Announcement(base, dialect) => {
                fill(n.aside_announced, &[("base", &visible(base.as_str())), ("dialect", dialect.word())])
            }
            Favour::Link(base, link) => {
                fill(n.aside_link, &[("base", &visible(base.as_str())), ("link", &visible(link))])
            }
        };
        Self {
            mark: visible(&format!("{dialect} {link} {}", aside.key)),
            name: visible(&aside.name),
            key: visible(&aside.key),
            way: fill(n.way, &[("dialect", dialect), ("link", &visible(link))]),
            known,
        }
    }
}
