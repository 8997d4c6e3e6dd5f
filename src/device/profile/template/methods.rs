//! Methods of texts and objects that templates may call, as Python has them: `{{ value.split(",")[0] }}`.

use minijinja::value::{ValueKind, from_args};
use minijinja::{Environment, Error, ErrorKind, Value, filters};

use super::filters::replace;

/// Every method there is.
pub(super) const METHODS: [&str; 9] =
    ["endswith", "get", "lower", "replace", "split", "startswith", "strip", "title", "upper"];

/// Tests that may stand behind `is`.
pub(super) const TESTS: [&str; 7] = ["defined", "false", "none", "number", "string", "true", "undefined"];

/// Adds them to a world.
pub(super) fn add_to(world: &mut Environment<'static>) {
    world.set_unknown_method_callback(|_, value, name, arguments| call(value, name, arguments));
}

fn call(value: &Value, name: &str, arguments: &[Value]) -> Result<Value, Error> {
    if name == "get" && value.kind() == ValueKind::Map {
        let (key, default): (Value, Option<Value>) = from_args(arguments)?;
        let found = value.get_item(&key)?;
        return Ok(if found.is_undefined() { default.unwrap_or_else(|| Value::from(())) } else { found });
    }
    let unknown =
        || Error::new(ErrorKind::UnknownMethod, format!("a {} has no method `{name}`", value.kind()));
    let text = value.as_str().ok_or_else(unknown)?;
    match name {
        "lower" => from_args::<()>(arguments).map(|()| Value::from(text.to_lowercase())),
        "upper" => from_args::<()>(arguments).map(|()| Value::from(text.to_uppercase())),
        "strip" => from_args::<()>(arguments).map(|()| Value::from(text.trim())),
        "title" => from_args::<()>(arguments).map(|()| Value::from(filters::title(text.into()))),
        "startswith" => from_args(arguments).map(|(start,): (&str,)| Value::from(text.starts_with(start))),
        "endswith" => from_args(arguments).map(|(end,): (&str,)| Value::from(text.ends_with(end))),
        "replace" => {
            let (from, to): (String, String) = from_args(arguments)?;
            replace(text.to_owned(), from, to).map(Value::from)
        }
        "split" => {
            let (between,): (Option<&str>,) = from_args(arguments)?;
            Ok(match between {
                Some("") => return Err(Error::new(ErrorKind::InvalidOperation, "splits at nothing")),
                Some(between) => text.split(between).collect(),
                None => text.split_whitespace().collect(),
            })
        }
        _ => Err(unknown()),
    }
}

#[cfg(test)]
mod tests {
    use super::METHODS;
    use crate::device::profile::template::{Template, Words};

    #[test]
    fn methods_do_as_in_python() {
        let render = |text: &str| {
            let words = Words::default().with("value", " a,B ").with_payload(r#"{"x": {"y": 1}}"#);
            Template::new(text)?.render(&words)
        };
        for (text, expect) in [
            ("{{ value.strip().split(',')[1] }}", "B"),
            ("{{ value.strip().lower() }}{{ value.upper().strip() }}", "a,bA,B"),
            ("{{ value.startswith(' a') }} {{ value.endswith('x') }}", "true false"),
            ("{{ value.replace(' ', '') }}", "a,B"),
            (
                "{{ value_json.get('x').y }} {{ value_json.get('z', 5) }} {{ value_json.get('z') }}",
                "1 5 null",
            ),
            ("{{ 'on off'.title() }}", "On Off"),
        ] {
            assert_eq!(render(text).as_deref(), Ok(expect), "{text}");
        }
        for text in ["{{ value.get('a') }}", "{{ value_json.lower() }}", "{{ value.split('') }}"] {
            assert!(render(text).is_err(), "{text}");
        }
        assert!(METHODS.is_sorted());
    }
}
