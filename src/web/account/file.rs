//! The accounts file: TOML with one `[[account]]` per account and one `[[account.token]]` per token.
//!
//! Whatever is not understood is an error with its line, so that a damaged line never becomes an account or takes one
//! away.

use std::{fmt::Write, fs, io, ops::Range, path::Path, sync::Arc};

use toml_edit::{ArrayOfTables, Document, Item, Table};

use super::{
    Account, name,
    password::PasswordHash,
    token::{Token, TokenId},
};
use crate::{
    talk::Topic,
    web::{
        error::WebError,
        random::{from_hex, hex},
        rights::Share,
    },
};

const HEAD: &str = "# The accounts of this hub. `clown-hub user` changes them; a running hub notices.\n";

/// A place in the text and what is wrong there.
type Fault = (usize, String);

/// The accounts of the file at `path`; none if it does not exist.
pub fn read(path: &Path) -> Result<Vec<Arc<Account>>, WebError> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(WebError::read(path, error)),
    };
    let text = String::from_utf8_lossy(&bytes);
    parse(&text).map_err(|(at, reason)| WebError::Accounts {
        path: path.to_owned(),
        line: text.get(..at).unwrap_or(&text).matches('\n').count() + 1,
        reason: format!("{reason}; restore the file from a backup, or remove it to set the hub up again"),
    })
}

/// The file that holds `list`.
pub fn text(list: &[Account]) -> String {
    let mut text = HEAD.to_owned();
    for account in list {
        // Names hold neither quotes nor backslashes; writing to a String cannot fail.
        let _ = write!(
            text,
            "\n[[account]]\nname = \"{}\"\npassword = \"{}\"\n",
            account.name,
            account.password.text()
        );
        for token in &account.tokens {
            let _ = write!(
                text,
                "\n[[account.token]]\nname = \"{}\"\nsha256 = \"{}\"\n",
                token.name,
                hex(&token.id.0)
            );
            if let Some(share) = &token.share {
                let topic = toml_edit::Value::from(share.topic.as_str());
                let _ = writeln!(text, "tile = {topic}\nswitch = {}", share.may_switch);
            }
        }
    }
    text
}

fn parse(text: &str) -> Result<Vec<Arc<Account>>, Fault> {
    let document = Document::parse(text).map_err(|error| {
        (start(error.span()), format!("damaged: {}", error.message().replace('\n', ", ")))
    })?;
    only(document.as_table(), &["account"])?;
    let Some(item) = document.get("account") else {
        return Err((0, "holds no account".into()));
    };
    let mut list: Vec<Arc<Account>> = Vec::new();
    for table in tables(item, "account")? {
        let account = account(table)?;
        if list.iter().any(|other| other.name == account.name) {
            return Err((start(table.span()), format!("the account {:?} is there twice", account.name)));
        }
        list.push(Arc::new(account));
    }
    Ok(list)
}

fn account(table: &Table) -> Result<Account, Fault> {
    only(table, &["name", "password", "token"])?;
    let (at, text) = string(table, "password")?;
    let password = PasswordHash::read(text).map_err(|reason| (at, format!("password: {reason}")))?;
    let mut tokens: Vec<Token> = Vec::new();
    if let Some(item) = table.get("token") {
        for table in tables(item, "account.token")? {
            tokens.push(token(table)?);
        }
    }
    Ok(Account { name: named(table)?.into(), password, tokens })
}

fn token(table: &Table) -> Result<Token, Fault> {
    only(table, &["name", "sha256", "tile", "switch"])?;
    let (at, text) = string(table, "sha256")?;
    let id = from_hex(text).ok_or((at, "sha256: expected 64 hexadecimal digits".to_owned()))?;
    Ok(Token { name: named(table)?.into(), id: TokenId(id), share: share(table)? })
}

/// The tile that a token is for.
fn share(table: &Table) -> Result<Option<Arc<Share>>, Fault> {
    let may_switch = match table.get("switch") {
        None => false,
        Some(item) => item
            .as_bool()
            .ok_or_else(|| (start(item.span()), "`switch`: expected true or false".to_owned()))?,
    };
    if !table.contains_key("tile") {
        // Whoever wrote it meant a token for less than everything.
        let at = table.get("switch").map_or(0, |item| start(item.span()));
        return if table.contains_key("switch") {
            Err((at, "`switch` needs a `tile`".into()))
        } else {
            Ok(None)
        };
    }
    let (at, text) = string(table, "tile")?;
    let topic = Topic::new(text).map_err(|error| (at, format!("tile: {error}")))?;
    Ok(Some(Arc::new(Share { topic, may_switch })))
}

fn named(table: &Table) -> Result<&str, Fault> {
    let (at, text) = string(table, "name")?;
    name::check(text).map_err(|reason| (at, format!("name {text:?}: {reason}")))?;
    Ok(text)
}

fn tables<'a>(item: &'a Item, name: &str) -> Result<&'a ArrayOfTables, Fault> {
    item.as_array_of_tables()
        .filter(|tables| !tables.is_empty())
        .ok_or_else(|| (start(item.span()), format!("expected [[{name}]]")))
}

fn string<'a>(table: &'a Table, key: &str) -> Result<(usize, &'a str), Fault> {
    let Some(item) = table.get(key) else {
        return Err((start(table.span()), format!("`{key}` is missing")));
    };
    match item.as_str() {
        Some(text) => Ok((start(item.span()), text)),
        None => Err((start(item.span()), format!("`{key}`: expected text in quotes"))),
    }
}

fn only(table: &Table, keys: &[&str]) -> Result<(), Fault> {
    let Some((key, _)) = table.iter().find(|(key, _)| !keys.contains(key)) else { return Ok(()) };
    let at = table.key(key).and_then(|key| key.span());
    Err((start(at), format!("`{}` means nothing here: expected {}", key.escape_debug(), keys.join(", "))))
}

fn start(span: Option<Range<usize>>) -> usize {
    span.map_or(0, |span| span.start)
}
