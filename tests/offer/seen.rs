//! What Home Assistant sees at a broker: announcements in the device form, presence, values by their templates.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::{MqttDoor, PATIENCE, Subscriber};

/// How long is listened before it is looked again.
const MOMENT: Duration = Duration::from_millis(50);

/// Everything that was heard, as Home Assistant keeps it.
pub struct Seen {
    subscriber: Subscriber,
    /// The last message of each topic, and how many there were; an empty one takes it out.
    last: BTreeMap<String, (String, usize)>,
}

impl Seen {
    pub async fn at(door: &MqttDoor) -> Self {
        let subscriber = door.subscribe(&["-t", "#", "-F", "%t %p"]).await;
        Self { subscriber, last: BTreeMap::new() }
    }

    fn take(&mut self, line: &[u8]) {
        let line = String::from_utf8_lossy(line);
        let (topic, text) = line.trim_end_matches('\n').split_once(' ').unwrap_or((&line, ""));
        let known = self.last.entry(topic.to_owned()).or_default();
        *known = (text.to_owned(), known.1 + 1);
    }

    /// Listens until it is so.
    pub async fn until(&mut self, what: &str, is_so: impl Fn(&Self) -> bool) {
        let start = Instant::now();
        while !is_so(self) {
            assert!(start.elapsed() < PATIENCE, "waited in vain for {what}; seen: {:#?}", self.last);
            if let Some(line) = self.subscriber.bytes_within(MOMENT).await {
                self.take(&line);
            }
        }
    }

    /// The announcement of a device, by the end of its id.
    fn config(&self, device: &str) -> Option<Value> {
        let (_, (text, _)) = self.last.iter().find(|(topic, _)| is_config(topic, device))?;
        if text.is_empty() { None } else { Some(serde_json::from_str(text).expect("JSON")) }
    }

    pub fn is_offered(&self, device: &str) -> bool {
        self.config(device).is_some()
    }

    pub async fn until_offered(&mut self, device: &str, is_offered: bool) {
        self.until("the announcement", |seen| seen.is_offered(device) == is_offered).await;
    }

    /// Topics of what is announced now.
    pub fn offered(&self) -> Vec<&str> {
        let here =
            self.last.iter().filter(|(topic, (text, _))| topic.ends_with("/config") && !text.is_empty());
        here.map(|(topic, _)| topic.as_str()).collect()
    }

    /// What was left at the broker beside the births of hubs.
    pub fn left(&self) -> Vec<&str> {
        let presence = self.last.iter().filter(|(topic, (text, _))| {
            topic.starts_with("clown-hub/") && topic.split('/').count() > 3 && !text.is_empty()
        });
        self.offered().into_iter().chain(presence.map(|(topic, _)| topic.as_str())).collect()
    }

    /// How often a device was announced.
    pub fn count(&self, device: &str) -> usize {
        self.last.iter().find(|(topic, _)| is_config(topic, device)).map_or(0, |(_, (_, count))| *count)
    }

    /// How often a value was said.
    pub fn values(&self, topic: &str) -> usize {
        self.last.get(topic).map_or(0, |(_, count)| *count)
    }

    pub fn components(&self, device: &str) -> Vec<(String, Value)> {
        let config = self.config(device).unwrap_or_default();
        let all = config["cmps"].as_object().cloned().unwrap_or_default();
        all.into_iter().filter(|(_, one)| one.get("unique_id").is_some()).collect()
    }

    /// A component of a device, as soon as it is announced.
    pub async fn component(&mut self, device: &str, id: &str) -> Value {
        let find = |seen: &Self| seen.components(device).into_iter().find(|(known, _)| known == id);
        self.until(id, |seen| find(seen).is_some()).await;
        find(self).expect("just seen").1
    }

    /// Where a device has to be said to be there, and what is said there.
    pub fn availability(&self, device: &str) -> Vec<(String, Option<Value>)> {
        let config = self.config(device).unwrap_or_default();
        assert_eq!(config["availability_mode"], "all", "{config}");
        let all = config["availability"].as_array().cloned().unwrap_or_default();
        let said = |one: &Value| {
            let topic = one["topic"].as_str().expect("a topic").to_owned();
            let text = self.last.get(&topic).map(|(text, _)| text.as_str()).unwrap_or_default();
            let told = render(one["value_template"].as_str().expect("a template"), text);
            (topic, told)
        };
        all.iter().map(said).collect()
    }

    pub fn is_available(&self, device: &str) -> bool {
        let words = self.availability(device);
        words.len() == 2 && words.iter().all(|(_, word)| word.as_ref().is_some_and(|word| word == "online"))
    }

    pub async fn until_available(&mut self, device: &str, is_there: bool) {
        self.until_offered(device, true).await;
        let what = if is_there { "the device to be there" } else { "the device to be gone" };
        self.until(what, |seen| seen.is_available(device) == is_there).await;
    }

    /// Waits for a hub's birth after whatever was said before.
    pub async fn until_birth(&mut self, state: &str) {
        let is_birth = |topic: &str| topic.starts_with("clown-hub/") && topic.split('/').count() == 3;
        let wanted = format!(r#"{{"state":"{state}""#);
        self.until("the birth", |seen| {
            seen.last.iter().any(|(topic, (text, _))| is_birth(topic) && text.starts_with(&wanted))
        })
        .await;
    }

    /// What Home Assistant would show, in the words of its templates.
    fn state(&self, component: &Value) -> Option<Value> {
        let topic = component["state_topic"].as_str()?;
        let (text, _) = self.last.get(topic)?;
        render(component["value_template"].as_str()?, text)
    }

    pub async fn until_state(&mut self, component: &Value, word: &str) {
        // A template writes truth as Python does.
        let shown = |value: Value| match value {
            Value::Bool(true) => "True".to_owned(),
            Value::Bool(false) => "False".to_owned(),
            Value::String(text) => text,
            other => other.to_string(),
        };
        self.until(word, |seen| seen.state(component).map(shown).as_deref() == Some(word)).await;
    }

    /// Waits until something stands where the template of a component points.
    pub async fn until_value(&mut self, id: &str, component: &Value) {
        if component.get("state_topic").is_none() {
            return;
        }
        self.until(id, |seen| seen.state(component).is_some()).await;
        if component["p"] == "sensor" && component.get("state_class").is_some() {
            let value = self.state(component).expect("just seen");
            assert!(value.is_number(), "{id}: {value} is no number");
        }
    }
}

fn is_config(topic: &str, device: &str) -> bool {
    topic.starts_with("homeassistant/device/clown-hub-") && topic.ends_with(&format!("-{device}/config"))
}

/// What a template that only points into JSON points at.
fn render(template: &str, text: &str) -> Option<Value> {
    let inside = template.trim().strip_prefix("{{")?.strip_suffix("}}")?.trim();
    let path = inside.strip_suffix(" | is_defined").unwrap_or(inside).strip_prefix("value_json")?;
    let mut value: Value = serde_json::from_str(text).ok()?;
    for step in
        path.replace("['", ".").replace("']", "").replace('[', ".").replace(']', "").split('.').skip(1)
    {
        value = match step.parse::<usize>() {
            Ok(place) => value.get(place)?.clone(),
            Err(_) => value.get(step)?.clone(),
        };
    }
    Some(value)
}
