//! A text that is divided: columns, or pairs of a name and a value.

use super::Parts;
use crate::talk::Payload;

/// One part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part<'a> {
    /// Its name, if it is a pair.
    pub name: Option<&'a str>,
    /// What it says.
    pub value: &'a str,
}

impl Parts {
    /// The parts of `text`, without the blanks around them.
    pub fn split<'a>(&self, text: &'a str) -> Vec<Part<'a>> {
        let (between, is) = match self {
            Self::Columns { between } => (between, None),
            Self::Pairs { between, is } => (between, Some(is)),
        };
        let part = |text: &'a str| {
            let pair = is.and_then(|is| text.split_once(&**is));
            let (name, value) = pair.map_or((None, text), |(name, value)| (Some(name.trim()), value));
            Part { name, value: value.trim() }
        };
        match &**between {
            " " => text.split_whitespace().map(part).collect(),
            between => text.split(between).map(part).collect(),
        }
    }

    /// The text as JSON that can be pointed into: an array of texts, or an object of texts. What is no pair among pairs
    /// has its place as its name, counted from 0.
    pub fn divide(&self, text: &str) -> String {
        let json = |text: &str| Payload::of(text).as_str().to_owned();
        let parts = self.split(text);
        match self {
            Self::Columns { .. } => {
                let columns: Vec<String> = parts.iter().map(|part| json(part.value)).collect();
                format!("[{}]", columns.join(", "))
            }
            Self::Pairs { .. } => {
                let pair = |(at, part): (usize, &Part<'_>)| {
                    let name = part.name.map_or_else(|| at.to_string(), str::to_owned);
                    format!("{}: {}", json(&name), json(part.value))
                };
                let pairs: Vec<String> = parts.iter().enumerate().map(pair).collect();
                format!("{{{}}}", pairs.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_divided_as_devices_write_them() {
        let columns = |between: &str| Parts::Columns { between: between.into() };
        assert_eq!(columns(" ").divide("10  1250 \t7"), r#"["10", "1250", "7"]"#);
        assert_eq!(columns(";").divide("12;6;;36.5"), r#"["12", "6", "", "36.5"]"#);
        let pairs = Parts::Pairs { between: ";".into(), is: "=".into() };
        assert_eq!(
            pairs.divide("20;2D;UPM/Esic;ID=0001;X=a=b"),
            r#"{"0": "20", "1": "2D", "2": "UPM/Esic", "ID": "0001", "X": "a=b"}"#
        );
    }
}
