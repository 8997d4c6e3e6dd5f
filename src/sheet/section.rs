//! A typed reader over one table of the file: every key is asked for once, with its default.
//!
//! Reading never stops at a problem: the problem goes to the sheet, the default stands in, and reading goes on. Keys
//! nobody asked for are problems too ([`Section::finish`]), so no setting – above all none about security – is ever
//! silently ignored.

use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::ops::{Range, RangeInclusive};
use std::time::Duration;

use toml_edit::{Item, TableLike, Value};

use super::nearest::nearest;
use super::paper::Sheet;
use super::size::Size;
use super::typed::{Typed, quoted, show_duration};

/// One `[table]`, or an empty one where the file has none.
pub struct Section<'a> {
    /// The file.
    pub sheet: &'a Sheet,
    name: String,
    table: Option<&'a dyn TableLike>,
    span: Option<Range<usize>>,
    asked: RefCell<Vec<&'static str>>,
    is_faulty: Cell<bool>,
}

/// One line of a table whose keys are free.
pub struct Entry<'a> {
    /// Its full name, for problems.
    pub path: String,
    /// Its key.
    pub name: &'a str,
    /// What stands there.
    pub item: &'a Item,
    /// Where.
    pub span: Option<Range<usize>>,
}

impl<'a> Section<'a> {
    /// The whole file.
    pub fn root(sheet: &'a Sheet, table: &'a dyn TableLike) -> Self {
        Self {
            sheet,
            name: String::new(),
            table: Some(table),
            span: None,
            asked: RefCell::default(),
            is_faulty: Cell::new(false),
        }
    }

    /// `[key]`, empty if the file has none.
    pub fn section(&self, key: &'static str) -> Section<'a> {
        let item = self.item(key);
        let table = item.and_then(Item::as_table_like);
        if let (Some(item), None) = (item, table) {
            let found = if item.is_array_of_tables() { format!("found [[{key}]]") } else { found(item) };
            self.fault(key, found, format!("a table [{key}]"), None);
        }
        self.child(self.path(key), table, item.and_then(Item::span))
    }

    /// Every `[[key]]`, in the order of the file.
    pub fn sections(&self, key: &'static str) -> Vec<Section<'a>> {
        let Some(item) = self.item(key) else { return Vec::new() };
        let tables: Option<Vec<(&dyn TableLike, _)>> = match item {
            Item::ArrayOfTables(list) => {
                Some(list.iter().map(|table| (table as &dyn TableLike, table.span())).collect())
            }
            Item::Value(Value::Array(list)) => list
                .iter()
                .map(|value| value.as_inline_table().map(|table| (table as &dyn TableLike, table.span())))
                .collect(),
            _ => None,
        };
        let Some(tables) = tables else {
            let hint = item.is_table().then(|| format!("write [[{key}]], with two brackets"));
            let found = if item.is_table() { format!("found one [{key}] table") } else { found(item) };
            self.fault(key, found, format!("any number of [[{key}]] tables"), hint);
            return Vec::new();
        };
        tables
            .into_iter()
            .enumerate()
            .map(|(index, (table, span))| {
                self.child(format!("{}[{}]", self.path(key), index + 1), Some(table), span)
            })
            .collect()
    }

    /// `key` as one table or any number of them: `key = {…}`, `key = [{…}, {…}]`, `[key]` or `[[key]]`.
    pub fn tables(&self, key: &'static str) -> Vec<Section<'a>> {
        match self.item(key) {
            None => Vec::new(),
            Some(item) if item.is_table_like() => vec![self.section(key)],
            Some(item) if item.is_array_of_tables() || item.is_array() => self.sections(key),
            Some(item) => {
                self.fault(key, found(item), "a table {…}, or a list of them [{…}, {…}]".into(), None);
                Vec::new()
            }
        }
    }

    /// What stands in the table `key`, whose keys are free.
    pub fn entries(&self, key: &'static str) -> Vec<Entry<'a>> {
        let Some(item) = self.item(key) else { return Vec::new() };
        let Some(table) = item.as_table_like() else {
            self.fault(key, found(item), "a table {…}".into(), None);
            return Vec::new();
        };
        let entry = |(name, item): (&'a str, &'a Item)| {
            let span = table.key(name).and_then(|key| key.span()).or_else(|| item.span());
            Entry { path: format!("{}.{name}", self.path(key)), name, item, span }
        };
        table.iter().map(entry).collect()
    }

    /// The value of `key`, whatever it is, and where it stands.
    pub fn value(&self, key: &'static str) -> Option<&'a Value> {
        let item = self.item(key)?;
        if item.as_value().is_none() {
            self.fault(key, found(item), "a value".into(), None);
        }
        item.as_value()
    }

    /// Line and column where the section begins.
    pub fn place(&self) -> (usize, usize) {
        self.sheet.place(self.span.as_ref().map_or(0, |span| span.start))
    }

    fn child(
        &self,
        name: String,
        table: Option<&'a dyn TableLike>,
        span: Option<Range<usize>>,
    ) -> Section<'a> {
        let (asked, is_faulty) = (RefCell::default(), Cell::new(false));
        Section { sheet: self.sheet, name, table, span, asked, is_faulty }
    }

    /// The value of `key`, or `default`.
    pub fn or<T: Typed>(&self, key: &'static str, default: T) -> T {
        let read = self.typed(key);
        let given = read.is_some();
        let value = read.unwrap_or(default);
        self.note(key, given, || value.show());
        value
    }

    /// The value of `key`, if there is one.
    pub fn maybe<T: Typed>(&self, key: &'static str) -> Option<T> {
        let value = self.typed(key);
        self.note(key, value.is_some(), || value.as_ref().map(T::show).unwrap_or_default());
        value
    }

    /// The value of `key`, which has to be there.
    pub fn must<T: Typed>(&self, key: &'static str) -> Option<T> {
        match self.item(key) {
            None => self.fault(key, "is missing".into(), T::ALLOWED.into(), None),
            Some(item) if item.as_str() == Some("") => {
                self.fault(key, found(item), T::ALLOWED.into(), None);
                return None;
            }
            Some(_) => {}
        }
        self.maybe(key)
    }

    /// A list that has to be there; every entry that is wrong is a problem at its own place.
    pub fn list<T: Typed>(&self, key: &'static str) -> Option<Vec<T>> {
        let Some(list) = self.item(key).and_then(Item::as_array) else {
            let item = self.item(key);
            let hint = item.and_then(Item::as_str).map(|text| format!("write [{}]", quoted(text)));
            self.fault(key, item.map_or("is missing".into(), found), T::ALLOWED.into(), hint);
            return None;
        };
        let entry = |value: &Value| {
            T::read(value).map_err(|hint| {
                let found = T::found(value).unwrap_or_else(|| found(&Item::Value(value.clone())));
                self.sheet.problem(value.span(), &self.path(key), found, T::ALLOWED.into(), hint);
            })
        };
        // All are read before the first problem ends it.
        let read: Vec<Result<T, ()>> = list.iter().map(entry).collect();
        let read: Option<Vec<T>> = read.into_iter().map(Result::ok).collect();
        self.note(key, true, || read.as_ref().map(Vec::show).unwrap_or_default());
        read
    }

    /// A whole number within limits.
    pub fn number<N>(&self, key: &'static str, limits: RangeInclusive<N>, default: N) -> N
    where
        N: TryFrom<i64> + PartialOrd + Display + Copy,
    {
        let allowed = || format!("a whole number from {} to {}", limits.start(), limits.end());
        let read = self.read(key, allowed, |value| {
            let number = value.as_integer().ok_or_else(|| {
                value
                    .as_str()
                    .and_then(|text| text.parse::<i64>().ok())
                    .map(|n| format!("write {n}, without quotes"))
            })?;
            N::try_from(number).ok().filter(|number| limits.contains(number)).ok_or(None)
        });
        self.note(key, read.is_some(), || read.unwrap_or(default).to_string());
        read.unwrap_or(default)
    }

    /// A duration within limits.
    pub fn duration(
        &self,
        key: &'static str,
        limits: RangeInclusive<Duration>,
        default: Duration,
    ) -> Duration {
        let allowed = || {
            let (least, most) = (show_duration(*limits.start()), show_duration(*limits.end()));
            format!(r#"a time in quotes from "{least}" to "{most}""#)
        };
        let read = self.read(key, allowed, |value| {
            let duration = Duration::read(value)?;
            if limits.contains(&duration) { Ok(duration) } else { Err(None) }
        });
        self.note(key, read.is_some(), || read.unwrap_or(default).show());
        read.unwrap_or(default)
    }

    /// A number of bytes within limits.
    pub fn size(&self, key: &'static str, limits: RangeInclusive<u64>, default: u64) -> u64 {
        let Size(size) = self.or(key, Size(default));
        if !limits.contains(&size) {
            let allowed = format!("from {} to {}", Size(*limits.start()).show(), Size(*limits.end()).show());
            self.fault(key, format!("found {}", Size(size).show()), allowed, None);
        }
        size
    }

    /// One of a few words. Without a default the key has to be there.
    pub fn choice<T: Copy + PartialEq>(
        &self,
        key: &'static str,
        words: &[(&'static str, T)],
        default: Option<T>,
    ) -> Option<T> {
        let allowed = || words.iter().map(|(word, _)| quoted(word)).collect::<Vec<_>>().join(", ");
        if default.is_none() && self.item(key).is_none() {
            self.fault(key, "is missing".into(), allowed(), None);
        }
        let read = self.read(key, allowed, |value| {
            let text = value.as_str().ok_or(None)?;
            words.iter().find(|(word, _)| *word == text).map(|(_, meaning)| *meaning).ok_or_else(|| {
                nearest(text, words.iter().map(|(word, _)| *word))
                    .map(|word| format!("did you mean {}?", quoted(word)))
            })
        });
        let chosen = read.or(default);
        let shown =
            || words.iter().find(|(_, meaning)| Some(*meaning) == chosen).map(|(word, _)| quoted(word));
        self.note(key, read.is_some(), || shown().unwrap_or_default());
        chosen
    }

    /// Whether the file has such a table.
    pub fn is_there(&self) -> bool {
        self.table.is_some()
    }

    /// Whether anything was wrong with a value in it, so that what follows of it need not be told.
    pub fn is_faulty(&self) -> bool {
        self.is_faulty.get()
    }

    /// Whether the file sets `key`.
    pub fn has(&self, key: &'static str) -> bool {
        self.item(key).is_some()
    }

    /// Notes a problem with the value of `key`, or with the section if it has none.
    pub fn fault(&self, key: &'static str, found: String, allowed: String, hint: Option<String>) {
        self.is_faulty.set(true);
        let at = self.item(key).and_then(Item::span).or_else(|| self.span.clone());
        self.sheet.problem(at, &self.path(key), found, allowed, hint);
    }

    /// Reports every key that nobody asked for.
    pub fn finish(self) {
        let asked = self.asked.into_inner();
        for (key, item) in self.table.iter().flat_map(|table| table.iter()) {
            if asked.contains(&key) {
                continue;
            }
            let at = self
                .table
                .and_then(|table| table.key(key))
                .and_then(|key| key.span())
                .or_else(|| item.span());
            let path = if self.name.is_empty() { key.into() } else { format!("{}.{key}", self.name) };
            let hint = nearest(key, asked.iter().copied()).map(|word| format!("did you mean {word}?"));
            let what = if item.is_value() { "unknown key" } else { "unknown section" };
            self.sheet.problem(at, &path, what.into(), asked.join(", "), hint);
        }
    }

    fn item(&self, key: &'static str) -> Option<&'a Item> {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
        self.table.and_then(|table| table.get(key))
    }

    fn typed<T: Typed>(&self, key: &'static str) -> Option<T> {
        let item = self.item(key)?;
        match item.as_value().ok_or(None).and_then(T::read) {
            Ok(value) => Some(value),
            Err(hint) => {
                let told = item.as_value().and_then(T::found).unwrap_or_else(|| found(item));
                self.fault(key, told, T::ALLOWED.into(), hint);
                None
            }
        }
    }

    fn read<T>(
        &self,
        key: &'static str,
        allowed: impl FnOnce() -> String,
        read: impl FnOnce(&Value) -> Result<T, Option<String>>,
    ) -> Option<T> {
        let item = self.item(key)?;
        let outcome = item.as_value().ok_or(None).and_then(read);
        match outcome {
            Ok(value) => Some(value),
            Err(hint) => {
                self.fault(key, found(item), allowed(), hint);
                None
            }
        }
    }

    fn path(&self, key: &str) -> String {
        if self.name.is_empty() { key.into() } else { format!("{}.{key}", self.name) }
    }

    fn note(&self, key: &'static str, given: bool, value: impl FnOnce() -> String) {
        self.sheet.setting(|| {
            let span = self.item(key).and_then(Item::span).filter(|_| given);
            (self.path(key), value(), span)
        });
    }
}

/// What stands in the file, cut to what fits a line.
pub fn found(item: &Item) -> String {
    let text = match item {
        Item::Value(value) => value.clone().decorated("", "").to_string(),
        Item::Table(_) | Item::ArrayOfTables(_) => "a table".into(),
        Item::None => "nothing".into(),
    };
    let line: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(60).collect();
    if line.len() < text.len() { format!("found {line}…") } else { format!("found {line}") }
}
