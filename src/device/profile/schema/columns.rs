//! The columns of the tables: keys that tables need or may have, each with the form most of its kind have.

use super::{Field, Form, Table};

pub(super) const fn table(name: &'static str, about: &'static str, fields: &'static [Field]) -> Table {
    Table { name, about, fields }
}

pub(super) const fn must(key: &'static str, form: Form, about: &'static str) -> Field {
    Field { key, must: true, form, about }
}

pub(super) const fn may(key: &'static str, form: Form, about: &'static str) -> Field {
    Field { key, must: false, form, about }
}

pub(super) const fn text(key: &'static str, about: &'static str) -> Field {
    may(key, Form::Text, about)
}

pub(super) const fn any_text(key: &'static str, about: &'static str) -> Field {
    may(key, Form::AnyText, about)
}

pub(super) const fn hex(key: &'static str, about: &'static str) -> Field {
    may(key, Form::Hex, about)
}

pub(super) const fn topic(key: &'static str, about: &'static str) -> Field {
    may(key, Form::Topic, about)
}

pub(super) const fn pointer(key: &'static str, about: &'static str) -> Field {
    may(key, Form::Pointer, about)
}

pub(super) const fn truth(key: &'static str, about: &'static str) -> Field {
    may(key, Form::Truth, about)
}

pub(super) const fn names(key: &'static str, about: &'static str) -> Field {
    may(key, Form::Names, about)
}

pub(super) const fn whole(key: &'static str, least: i64, most: i64, about: &'static str) -> Field {
    may(key, Form::Whole(least, most), about)
}

pub(super) const fn words(key: &'static str, words: &'static [&'static str], about: &'static str) -> Field {
    may(key, Form::Words(words), about)
}

pub(super) const fn one(key: &'static str, table: &'static str, about: &'static str) -> Field {
    may(key, Form::One(table), about)
}

pub(super) const fn each(key: &'static str, table: &'static str, about: &'static str) -> Field {
    may(key, Form::Each(table), about)
}

pub(super) const fn some(key: &'static str, table: &'static str, about: &'static str) -> Field {
    may(key, Form::Some(table), about)
}
