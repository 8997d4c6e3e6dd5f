//! A template of an announcement as the way to read a value, or to say one.
//!
//! Most only point into JSON: those become pointers, and a factor behind them a factor, so that digits stay as they were
//! sent. Others go to the language of templates that definitions have. What neither can say is an error with its reason.

use crate::device::dialect::entry::Way;
use crate::device::profile::template::{GIVEN, Template, Words, is_function};

/// What is taken out of a payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    /// What stands at a pointer.
    At {
        /// The pointer; nothing is all of it.
        pointer: String,
        /// A factor, `0.1` or `1/10`.
        factor: Option<String>,
        /// What it is rounded to.
        decimals: Option<u8>,
    },
    /// What a template makes of it.
    Made {
        /// The template.
        text: String,
        /// What has to be there.
        needs: Option<String>,
    },
}

/// Why a template cannot be used.
fn strange(why: &str) -> String {
    format!("needs a template the hub does not know: {why}")
}

impl Taken {
    /// Everything.
    pub fn all() -> Self {
        Self::At { pointer: String::new(), factor: None, decimals: None }
    }

    /// By a template.
    pub fn by(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let inside = text.strip_prefix("{{").and_then(|text| text.strip_suffix("}}"));
        let inside = inside.map(|inside| inside.trim_matches(['-', '+']).trim());
        if let Some(taken) = inside.and_then(plain) {
            return if let Self::At { pointer, .. } = &taken
                && pointer.contains(['{', '}'])
            {
                Err(strange("a name in it has a bracket"))
            } else {
                Ok(taken)
            };
        }
        check(text)?;
        Ok(Self::Made { text: text.to_owned(), needs: needs(text) })
    }

    /// Where it stands, if that is all there is to it.
    pub fn pointer(&self) -> Option<&str> {
        match self {
            Self::At { pointer, factor: None, decimals: None } => Some(pointer),
            Self::At { .. } | Self::Made { .. } => None,
        }
    }

    /// The way to it under a topic.
    pub fn way(&self, topic: &str) -> Way {
        let way = Way::at(topic);
        match self {
            Self::At { pointer, factor, decimals } => {
                let way = if pointer.is_empty() { way } else { way.value(pointer) };
                let way = factor.iter().fold(way, |way, factor| way.scale(factor));
                decimals.iter().fold(way, |way, decimals| way.decimals(*decimals))
            }
            Self::Made { text, needs } => {
                needs.iter().fold(way.template(text), |way, pointer| way.when(pointer, []))
            }
        }
    }
}

/// What is sent for a word, if a template says it with `value`.
pub(super) fn said(template: Option<&str>, word: &str) -> Result<String, String> {
    let Some(template) = template else { return Ok(word.to_owned()) };
    check(template)?;
    let template = Template::new(template).map_err(|why| strange(&why))?;
    template.render(&Words::default().with("value", word)).map_err(|why| strange(&why))
}

/// What is sent for a number, of which `names` are other names of `value`. Numbers are numbers there, not texts.
pub(super) fn number(template: &str, names: &[&str]) -> Result<String, String> {
    const NUMBER: &str = "{% set value = (value | float) if '.' in value else (value | int) %}";
    let mut text = NUMBER.to_owned();
    for name in names.iter().filter(|name| template.contains(**name)) {
        text.push_str(&format!("{{% set {name} = value %}}"));
    }
    text.push_str(template);
    check(&text)?;
    Ok(text)
}

/// What is sent with variables that `sets` makes of `value`.
pub(super) fn made(sets: &str, template: &str) -> Result<String, String> {
    let text = format!("{sets}{template}");
    check(&text)?;
    Ok(text)
}

/// Whether the language of definitions can say it.
fn check(text: &str) -> Result<(), String> {
    let template = Template::new(text).map_err(|why| strange(&why))?;
    match template.names().find(|name| !GIVEN.contains(name) && !is_function(name)) {
        Some(name) => Err(strange(&format!("nothing is called `{name:.40}` here"))),
        None => Ok(()),
    }
}

/// The one place that a template looks at, if it does not say itself what happens without it: a message without it
/// says nothing then.
fn needs(text: &str) -> Option<String> {
    if ["default", "defined", ".get(", "float(", "int("].iter().any(|word| text.contains(word)) {
        return guarded(text);
    }
    only_place(text)
}

/// `x | is_defined` alone says that there is nothing without `x`.
fn guarded(text: &str) -> Option<String> {
    let rest = text.replace("is_defined", "");
    let is_guarded = rest.len() < text.len();
    let has_others = ["default", "defined", ".get("].iter().any(|word| rest.contains(word));
    if is_guarded && !has_others { only_place(text) } else { None }
}

fn only_place(text: &str) -> Option<String> {
    let mut places: Vec<String> = Vec::new();
    for (at, name) in text.match_indices("value_json") {
        let (pointer, _) = path(&text[at + name.len()..])?;
        // An index that is calculated is no part of the way.
        if pointer.is_empty() || pointer.contains(['{', '}']) {
            return None;
        }
        if !places.contains(&pointer) {
            places.push(pointer);
        }
    }
    if places.len() == 1 { places.pop() } else { None }
}

/// `value`, `value_json.a['b'] | float * 0.1 | round(2)` and the like; nothing if it is more than that.
fn plain(text: &str) -> Option<Taken> {
    if let Some((inside, behind)) = bracketed(text) {
        let taken = plain(inside)?;
        return match rounded(behind) {
            Some(decimals) => with_decimals(taken, decimals),
            None => scaled(taken, behind.trim()),
        };
    }
    let (pointer, rest) = match text.strip_prefix("value_json") {
        Some(rest) => path(rest)?,
        None => (String::new(), text.strip_prefix("value")?),
    };
    if rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '(' || c == '.' || c == '[') {
        return None;
    }
    let taken = Taken::At { pointer, factor: None, decimals: None };
    let mut rest = rest.trim();
    for filter in ["is_defined", "float", "float(0)", "string"] {
        if let Some(behind) = filtered(rest, filter) {
            rest = behind;
        }
    }
    match rounded(rest) {
        Some(decimals) => with_decimals(taken, decimals),
        None => scaled(taken, rest),
    }
}

/// What stands behind `| filter`.
fn filtered<'a>(text: &'a str, filter: &str) -> Option<&'a str> {
    let rest = text.strip_prefix('|')?.trim_start().strip_prefix(filter)?;
    let goes_on = rest.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '(');
    (!goes_on).then(|| rest.trim_start())
}

/// `(inside) behind`.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    let inside = text.strip_prefix('(')?;
    let mut depth = 1_usize;
    for (at, letter) in inside.char_indices() {
        match letter {
            '(' => depth += 1,
            ')' => depth -= 1,
            '"' | '\'' => return None,
            _ => {}
        }
        if depth == 0 {
            return Some((&inside[..at], &inside[at + 1..]));
        }
    }
    None
}

/// The decimals of `| round(2)` at the end.
fn rounded(text: &str) -> Option<u8> {
    let digits = text.trim().strip_prefix('|')?.trim_start().strip_prefix("round")?.trim_start();
    if digits.is_empty() {
        return Some(0);
    }
    let digits = digits.strip_prefix('(')?.strip_suffix(')')?.trim();
    if digits.is_empty() { Some(0) } else { digits.parse().ok().filter(|decimals| *decimals <= 9) }
}

fn with_decimals(taken: Taken, decimals: u8) -> Option<Taken> {
    match taken {
        Taken::At { pointer, factor, decimals: None } => {
            Some(Taken::At { pointer, factor, decimals: Some(decimals) })
        }
        Taken::At { .. } | Taken::Made { .. } => None,
    }
}

/// `* 0.1`, `/ 10` or nothing behind it.
fn scaled(taken: Taken, rest: &str) -> Option<Taken> {
    if rest.is_empty() {
        return Some(taken);
    }
    let Taken::At { pointer, factor: None, decimals: None } = taken else { return None };
    let times = rest.strip_prefix('*');
    let number = times.or_else(|| rest.strip_prefix('/'))?.trim();
    let is_number = number.starts_with(|c: char| c.is_ascii_digit())
        && number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
        && number.parse::<f64>().is_ok_and(|number| number > 0.0);
    let factor = if times.is_some() { number.to_owned() } else { format!("1/{number}") };
    is_number.then_some(Taken::At { pointer, factor: Some(factor), decimals: None })
}

/// `.a['b'][0]` as a pointer, and what stands behind it.
fn path(text: &str) -> Option<(String, &str)> {
    let (mut pointer, mut rest) = (String::new(), text);
    loop {
        if let Some(name) = rest.strip_prefix('.') {
            let end = name.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(name.len());
            if end == 0 || name[end..].starts_with('(') {
                return None;
            }
            step(&mut pointer, &name[..end]);
            rest = &name[end..];
        } else if let Some(inside) = rest.strip_prefix('[') {
            let inside = inside.trim_start();
            let quote = inside.chars().next()?;
            let (name, behind) = match quote {
                '"' | '\'' => inside[1..].split_once(quote)?,
                _ => inside.split_at(inside.find(|c: char| !c.is_ascii_digit())?),
            };
            if name.is_empty() || name.contains('\\') {
                return None;
            }
            step(&mut pointer, name);
            rest = behind.trim_start().strip_prefix(']')?;
        } else {
            return Some((pointer, rest));
        }
    }
}

fn step(pointer: &mut String, name: &str) {
    pointer.push('/');
    pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match Taken::by(text) {
            Ok(Taken::At { pointer, factor, decimals }) => {
                let factor = factor.map(|factor| format!(" × {factor}")).unwrap_or_default();
                let decimals = decimals.map(|decimals| format!(" ~{decimals}")).unwrap_or_default();
                format!("at {pointer}{factor}{decimals}")
            }
            Ok(Taken::Made { needs, .. }) => format!("made, needs {}", needs.as_deref().unwrap_or("-")),
            Err(why) => why,
        }
    }

    #[test]
    fn templates_that_only_point_become_pointers() {
        for (text, expect) in [
            ("{{ value }}", "at "),
            ("{{value}}", "at "),
            ("{{ value | float }}", "at "),
            ("{{ value_json }}", "at "),
            ("{{ value_json.a.b }}", "at /a/b"),
            ("{{value_json.POWER}}", "at /POWER"),
            ("{{ value_json['a']['b'] }}", "at /a/b"),
            ("{{ value_json[\"a/b\"].c[0] }}", "at /a~1b/c/0"),
            ("{{ value_json.tempc | is_defined }}", "at /tempc"),
            ("{{- value_json.x|float -}}", "at /x"),
            ("{{ value_json.x | float(0) }}", "at /x"),
            ("{{ value | float | round(1) }}", "at  ~1"),
            ("{{ value|float|round }}", "at  ~0"),
            ("{{ value_json.x * 0.1 }}", "at /x × 0.1"),
            ("{{ value_json.x | float / 10 }}", "at /x × 1/10"),
            ("{{ (value_json.x | float * 0.001) | round(2) }}", "at /x × 0.001 ~2"),
            ("{{ (value_json.x) / 1000 }}", "at /x × 1/1000"),
        ] {
            assert_eq!(shown(text), expect, "{text}");
        }
    }

    #[test]
    fn others_are_made_if_the_language_can() {
        for (text, expect) in [
            ("{% if value_json.output is true %}on{% else %}off{% endif %}", "made, needs /output"),
            ("{{ value_json.x | int }}", "made, needs /x"),
            ("{{ value_json.x | default(0) }}", "made, needs -"),
            ("{{ value_json.x | is_defined | int }}", "made, needs /x"),
            ("{{ value_json.a + value_json.b }}", "made, needs -"),
            ("{{ value_json.on | iif('ON', 'OFF') }}", "made, needs /on"),
            ("{{ iif(value_json.on, 'ON', 'OFF') }}", "made, needs /on"),
            ("{{ float(value | float) * 99 + 1 }}", "made, needs -"),
            ("{{ value_json.x * 0.1 | round(1) }}", "made, needs /x"),
            ("{{ value_json.x | multiply(0.1) }}", "made, needs /x"),
            ("{{ value.split(',')[0] }}", "made, needs -"),
            ("{{ value | lower }}", "made, needs -"),
            ("on: {{ value }}", "made, needs -"),
            ("fixed", "made, needs -"),
        ] {
            assert_eq!(shown(text), expect, "{text}");
        }
    }

    #[test]
    fn what_the_language_cannot_is_told_with_its_reason() {
        for (text, why) in [
            ("{{ now() }}", "nothing is called `now`"),
            ("{{ states('sun.sun') }}", "nothing is called `states`"),
            ("{{ value_json.x | regex_findall('a') }}", "unknown filter `regex_findall`"),
            ("{% for x in value_json %}{{ x }}{% endfor %}", "only `if` and `set`"),
            ("{{ value_json.x", "syntax error"),
            ("{{ value.encode() }}", "unknown method `encode`"),
            ("{{ value is match('a') }}", "unknown test `match`"),
            ("{{ value_json['a{b'] }}", "has a bracket"),
        ] {
            let told = shown(text);
            assert!(
                told.starts_with("needs a template the hub does not know: ") && told.contains(why),
                "{text}: {told}"
            );
        }
    }

    #[test]
    fn commands_are_written_out() {
        assert_eq!(said(None, "ON").as_deref(), Ok("ON"));
        assert_eq!(said(Some(r#"{"s": "{{ value }}"}"#), "ON").as_deref(), Ok(r#"{"s": "ON"}"#));
        assert!(said(Some("{{ entity_id }}"), "ON").is_err());
        let text = number(r#"{"p": {{ position }}}"#, &["position"]).expect("valid");
        let render =
            |value: &str| Template::new(&text).expect("valid").render(&Words::default().with("value", value));
        assert_eq!(render("50").as_deref(), Ok(r#"{"p": 50}"#));
        assert_eq!(render("21.5").as_deref(), Ok(r#"{"p": 21.5}"#));
    }
}
