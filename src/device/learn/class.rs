//! What sort of values something says, told by the values alone.

/// The sort of several values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Class {
    /// Numbers, in quotes or not.
    Number,
    /// True and false, or words for them: on, off.
    Truth(Words),
    /// One of a few words.
    Word,
    /// Any text.
    Text,
}

/// The words for true and false; nothing if JSON's own are said.
pub(super) type Words = Option<(&'static str, &'static str)>;

/// Words for on and off.
const PAIRS: &[(&str, &str)] = &[
    ("true", "false"),
    ("ON", "OFF"),
    ("on", "off"),
    ("On", "Off"),
    ("TRUE", "FALSE"),
    ("True", "False"),
    ("open", "closed"),
    ("OPEN", "CLOSED"),
    ("open", "close"),
    ("yes", "no"),
    ("active", "inactive"),
];
/// Words for here and gone.
const PRESENCE: &[(&str, &str)] = &[
    ("online", "offline"),
    ("Online", "Offline"),
    ("ONLINE", "OFFLINE"),
    ("connected", "disconnected"),
    ("alive", "dead"),
    ("ready", "lost"),
    ("up", "down"),
];
/// The most words of a choice.
const MOST_WORDS: usize = 6;

impl Class {
    /// The sort of values, given as JSON; nothing if there is no value among them.
    pub(super) fn of<'a>(values: impl Iterator<Item = &'a str>) -> Option<Self> {
        let values: Vec<&str> = values.filter(|value| *value != "null").collect();
        let first = values.first()?;
        if first.starts_with(['{', '[']) {
            return None;
        }
        if values.iter().all(|value| matches!(*value, "true" | "false")) {
            return Some(Self::Truth(None));
        }
        let texts: Vec<String> = values.iter().map(|value| plain(value)).collect();
        if texts.iter().all(|text| is_number(text)) {
            return Some(Self::Number);
        }
        let said = distinct(&texts);
        let pair = pair_of(PAIRS, &said);
        if pair.is_some() {
            return Some(Self::Truth(pair));
        }
        let is_word = |word: &&str| (1..=24).contains(&word.len()) && !word.contains(['{', ':', '/', '\n']);
        let is_choice = said.len() <= MOST_WORDS && texts.len() >= 3 * said.len() && said.iter().all(is_word);
        Some(if is_choice && said.len() > 1 { Self::Word } else { Self::Text })
    }
}

/// Words for here and gone, if nothing else is said.
pub(super) fn presence(values: &[String], is_named_so: bool) -> Option<(&'static str, &'static str)> {
    let said = distinct(values);
    pair_of(PRESENCE, &said).or_else(|| {
        let pairs = &[("true", "false"), ("1", "0"), ("ON", "OFF")];
        if is_named_so { pair_of(pairs, &said) } else { None }
    })
}

fn pair_of(pairs: &[(&'static str, &'static str)], said: &[&str]) -> Option<(&'static str, &'static str)> {
    pairs.iter().find(|(on, off)| said.iter().all(|word| word == on || word == off)).copied()
}

/// Each text once, in the order they were said.
pub(super) fn distinct(texts: &[String]) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    for text in texts {
        if all.len() <= MOST_WORDS && !all.contains(&text.as_str()) {
            all.push(text);
        }
    }
    all
}

/// A JSON value as text, without quotes.
pub(super) fn plain(json: &str) -> String {
    match json.starts_with('"') {
        true => serde_json::from_str(json).unwrap_or_else(|_| json.to_owned()),
        false => json.to_owned(),
    }
}

/// A number as the reader of definitions takes it.
pub(super) fn is_number(text: &str) -> bool {
    crate::device::profile::number::number(text, crate::device::profile::number::Digits::Decimal).is_some()
}

/// What was seen, for people: `21.5 … 22.5 in 4 messages`.
pub(super) fn seen(class: Class, texts: &[String]) -> String {
    let times = if texts.len() == 1 { "once".to_owned() } else { format!("in {} messages", texts.len()) };
    let numbers = texts.iter().filter(|text| is_number(text));
    let value = |text: &&String| text.parse::<f64>().unwrap_or_default();
    let low = numbers.clone().min_by(|one, other| value(one).total_cmp(&value(other)));
    let high = numbers.max_by(|one, other| value(one).total_cmp(&value(other)));
    match (class, low, high) {
        (Class::Number, Some(low), Some(high)) if low != high => format!("{low} … {high} {times}"),
        _ => {
            let said: Vec<String> = distinct(texts).into_iter().map(|text| format!("{text:.40}")).collect();
            format!("{} {times}", said.join(", "))
        }
    }
}
