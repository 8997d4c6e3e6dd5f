//! What a series of InfluxDB is called here: `{measurement}/{tag:room}#{field}`.
//!
//! `{tags}` are all tags by their keys in order, each as a level `key=value`. Everything up to the first `#` of the
//! template is the topic; what follows is the quantity.

use std::str::FromStr;

use crate::history::name::Name;
use crate::talk::Topic;

/// What is used if nothing else is said: no two series of InfluxDB become one.
pub const DEFAULT: &str = "{measurement}/{tags}#{field}";

/// A pattern of names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    topic: Vec<Part>,
    quantity: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    Measurement,
    Field,
    Tags,
    Tag(Box<str>),
}

/// Why a text is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Something in braces that is nothing.
    #[error("{{{0}}} means nothing here; there are {{measurement}}, {{field}}, {{tags}} and {{tag:NAME}}")]
    Unknown(String),
    /// No end.
    #[error("a brace is opened and never closed in {0:?}")]
    Open(String),
    /// Nothing before the `#`.
    #[error("the template {0:?} has no topic; write one such as {DEFAULT}")]
    Empty(String),
}

/// What a line of InfluxDB says beside its values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The measurement.
    pub measurement: String,
    /// Tags by their keys, in order.
    pub tags: Vec<(String, String)>,
}

impl Default for Template {
    fn default() -> Self {
        let part = |part| vec![part];
        Self {
            topic: vec![Part::Measurement, Part::Text("/".into()), Part::Tags],
            quantity: part(Part::Field),
        }
    }
}

impl FromStr for Template {
    type Err = TemplateError;

    fn from_str(text: &str) -> Result<Self, TemplateError> {
        let (topic, quantity) = text.split_once('#').unwrap_or((text, ""));
        if topic.is_empty() {
            return Err(TemplateError::Empty(text.to_owned()));
        }
        Ok(Self { topic: parts(topic)?, quantity: parts(quantity)? })
    }
}

fn parts(text: &str) -> Result<Vec<Part>, TemplateError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('{') {
        let (inside, behind) = behind.split_once('}').ok_or_else(|| TemplateError::Open(text.to_owned()))?;
        if !before.is_empty() {
            parts.push(Part::Text(before.into()));
        }
        parts.push(match inside {
            "measurement" => Part::Measurement,
            "field" => Part::Field,
            "tags" => Part::Tags,
            _ => match inside.strip_prefix("tag:") {
                Some(tag) if !tag.is_empty() => Part::Tag(tag.into()),
                _ => return Err(TemplateError::Unknown(inside.to_owned())),
            },
        });
        rest = behind;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.into()));
    }
    Ok(parts)
}

impl Template {
    /// The name of a field's series; a reason if there is none.
    pub fn name(&self, origin: &Origin, field: &str) -> Result<Name, String> {
        let topic = fill(&self.topic, origin, field)?;
        let topic = topic.trim_end_matches('/');
        Topic::new(topic)
            .map_err(|error| format!("{topic:?} is no topic: {error}; choose another template"))?;
        Ok(Name { topic: topic.into(), quantity: fill(&self.quantity, origin, field)?.into() })
    }

    /// The whole as a text, for units.
    pub fn text(&self, origin: &Origin, field: &str) -> Result<String, String> {
        let behind = fill(&self.quantity, origin, field)?;
        let text = fill(&self.topic, origin, field)?;
        Ok(if behind.is_empty() { text } else { format!("{text}#{behind}") })
    }
}

fn fill(parts: &[Part], origin: &Origin, field: &str) -> Result<String, String> {
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Text(part) => text.push_str(part),
            Part::Measurement => text.push_str(&origin.measurement),
            Part::Field => text.push_str(field),
            Part::Tags => {
                let tags: Vec<_> = origin.tags.iter().map(|(key, value)| format!("{key}={value}")).collect();
                // Without tags there is no empty level.
                if tags.is_empty() && text.ends_with('/') {
                    text.pop();
                }
                text.push_str(&tags.join("/"));
            }
            Part::Tag(tag) => match origin.tags.iter().find(|(key, _)| *key == **tag) {
                Some((_, value)) => text.push_str(value),
                None => return Err(format!("there is no tag `{tag}`, which the template wants")),
            },
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(measurement: &str, tags: &[(&str, &str)]) -> Origin {
        let tags = tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
        Origin { measurement: measurement.to_owned(), tags }
    }

    #[test]
    fn names_are_made_of_what_the_line_says() {
        let weather = origin("weather", &[("location", "us-midwest"), ("season", "summer")]);
        let check = |template: &str, expect: &str| {
            let template: Template = template.parse().expect(template);
            let name = template.name(&weather, "temperature").map(|name| name.to_string());
            assert_eq!(name.unwrap_or_else(|reason| reason), expect);
        };
        assert_eq!(DEFAULT.parse(), Ok(Template::default()));
        check(DEFAULT, "weather/location=us-midwest/season=summer#temperature");
        check("{measurement}/{tag:location}#{field}", "weather/us-midwest#temperature");
        check("influx/{tags}/{field}", "influx/location=us-midwest/season=summer/temperature");
        check("x#y", "x#y");
        check("{tag:room}#{field}", "there is no tag `room`, which the template wants");
        let bare: Template = "a/{tags}/b#{field}".parse().unwrap();
        assert_eq!(bare.name(&origin("m", &[]), "v").unwrap().to_string(), "a/b#v");
        let hash = Template::default().name(&origin("m", &[("host", "web#1")]), "v").unwrap();
        assert_eq!(hash.to_string(), "m/host=web%231#v");
        assert!(Template::default().name(&origin("+", &[]), "v").unwrap_err().contains("another template"));
    }

    #[test]
    fn other_templates_are_refused() {
        let check = |text: &str, expect: &str| {
            let error = text.parse::<Template>().unwrap_err().to_string();
            assert!(error.contains(expect), "{error}");
        };
        check("{room}#x", "{room} means nothing here; there are {measurement}");
        check("{tag:}#x", "{tag:} means nothing");
        check("a/{field", "never closed");
        check("#{field}", "has no topic");
        check("", "has no topic");
    }
}
