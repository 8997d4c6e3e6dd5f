//! `offer` of a link to a broker and of `[broker]`: to whom the hub's devices are offered there.

use toml_edit::Value;

use crate::link::mqtt::flow::routes::Route;
use crate::sheet::{Section, Typed, nearest, quoted};

const KEY: &str = "offer";

/// Whether devices are offered to Home Assistant, on a link with these topics.
pub(super) fn read(section: &Section<'_>, topics: &[Route]) -> bool {
    let offers = !section.or(KEY, Vec::<To>::new()).is_empty();
    if offers && !topics.is_empty() && !topics.iter().any(Route::gives) {
        let found = "found, but no line of `topics` lets anything out".to_owned();
        let hint = r#"add "nodes/# out" to topics: what is offered has to say how it is"#;
        section.fault(KEY, found, "only where something goes out".into(), Some(hint.into()));
    }
    offers
}

/// Who takes them.
struct To;

const HOME_ASSISTANT: &str = "homeassistant";

impl Typed for To {
    const ALLOWED: &'static str = "\"homeassistant\"";

    fn read(value: &Value) -> Result<Self, Option<String>> {
        let word = value.as_str().ok_or(None)?;
        if word == HOME_ASSISTANT {
            return Ok(Self);
        }
        Err(nearest(word, [HOME_ASSISTANT]).map(|near| format!("did you mean {near}?")))
    }

    fn show(&self) -> String {
        quoted(HOME_ASSISTANT)
    }
}
