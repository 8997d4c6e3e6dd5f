//! The MESSAGES page: the tree of topics, one topic, publishing, what brokers remember.

mod words;

use serde::Serialize;
pub(super) use words::{CS, EN};

/// The texts of the MESSAGES page.
#[derive(Debug)]
pub struct Messages {
    /// What the page is.
    pub lead: &'static str,
    /// Label of the search field.
    pub search: &'static str,
    /// Label of the choice of a link.
    pub link: &'static str,
    /// Label of the choice of a kind.
    pub kind: &'static str,
    /// Nothing is left out.
    pub all: &'static str,
    /// Kinds of messages in the plural: values, commands, answers, the hub's own, remembered.
    pub kinds: [&'static str; 5],
    /// Applies the search, without script.
    pub apply: &'static str,
    /// Opens every level.
    pub expand: &'static str,
    /// Shuts every level.
    pub collapse: &'static str,
    /// Holds the view.
    pub pause: &'static str,
    /// Name of the tree.
    pub tree: &'static str,
    /// Above a tree that shows a part only: all topics.
    pub root: &'static str,
    /// The next rows, without script.
    pub further: &'static str,
    /// Nothing was said yet.
    pub empty: &'static str,
    /// Nothing is found.
    pub nothing: &'static str,
    /// Headings of columns: last value, rate, age, count.
    pub columns: [&'static str; 4],
    /// The tree as a file.
    pub export_tree: &'static str,
    /// Every message that is still known as a file.
    pub export_past: &'static str,
    /// The way to what brokers remember.
    pub retained: &'static str,
    /// In place of a topic while none is chosen.
    pub choose: &'static str,
    /// From a topic back to the tree.
    pub back: &'static str,
    /// A topic that nobody has spoken under, or not since long.
    pub unknown: &'static str,
    /// The last payload.
    pub last: &'static str,
    /// JSON laid out.
    pub laid_out: &'static str,
    /// Exactly as sent.
    pub as_sent: &'static str,
    /// Bytes in hexadecimal digits.
    pub bytes: &'static str,
    /// An empty payload.
    pub no_bytes: &'static str,
    /// Not all of it: the first `{shown}` of `{all}`.
    pub first_of: &'static str,
    /// The link to the whole payload.
    pub whole: &'static str,
    /// Heading of the differences between message `{a}` and `{b}`.
    pub difference: &'static str,
    /// Byte for byte the same.
    pub same: &'static str,
    /// Too long to be compared.
    pub too_long: &'static str,
    /// `{n}` more differences.
    pub more: &'static str,
    /// The whole value, where a path would stand.
    pub whole_value: &'static str,
    /// There is one message only.
    pub one_only: &'static str,
    /// The message before the last one was forgotten.
    pub one_left: &'static str,
    /// Heading of the history.
    pub history: &'static str,
    /// Where the history begins: message `{n}`; all before are forgotten: `{gone}`.
    pub begins: &'static str,
    /// The history is complete: `{n}` messages since the hub began to listen.
    pub complete: &'static str,
    /// Older messages.
    pub older: &'static str,
    /// Button that compares the two that are chosen.
    pub compare: &'static str,
    /// Above the columns that choose what is compared: from, to.
    pub compared: [&'static str; 2],
    /// Screen reader: compare message `{n}` as the first, as the second.
    pub as_first: &'static str,
    /// Screen reader: compare message `{n}` as the second.
    pub as_second: &'static str,
    /// Heading of what can be copied.
    pub copy: &'static str,
    /// What can be copied: topic, payload.
    pub copies: [&'static str; 2],
    /// Where a value comes from: `{from}`.
    pub from: &'static str,
    /// Known from memory only, since the time that follows.
    pub memory: &'static str,
    /// Heading and button of the form.
    pub publish: &'static str,
    /// Label of the topic field.
    pub topic: &'static str,
    /// Label of the payload field.
    pub payload: &'static str,
    /// Retain box.
    pub retain: &'static str,
    /// What retaining means.
    pub retain_hint: &'static str,
    /// No link carries MQTT.
    pub no_link: &'static str,
    /// Heading of the list of what brokers remember.
    pub retained_title: &'static str,
    /// What that list is.
    pub retained_lead: &'static str,
    /// Nothing to list.
    pub retained_none: &'static str,
    /// Asks the brokers what they remember now.
    pub ask: &'static str,
    /// The brokers told `{n}` messages.
    pub asked: &'static str,
    /// Before a value that was heard: whether it lies at the broker is not known for sure.
    pub last_heard: &'static str,
    /// Since when a topic that was heard is silent.
    pub silent_since: &'static str,
    /// Label of the choice of an age.
    pub silent_for: &'static str,
    /// Ages: any, an hour, a day, a week, 30 days.
    pub ages: [&'static str; 5],
    /// Since when a topic is known from memory.
    pub since: &'static str,
    /// Button: clear what is chosen.
    pub clear: &'static str,
    /// Button: clear all `{n}` that are listed.
    pub clear_all: &'static str,
    /// Are you sure, `{n}` topics.
    pub sure: &'static str,
    /// What clearing does.
    pub sure_hint: &'static str,
    /// Button: yes.
    pub yes: &'static str,
    /// Link: no.
    pub no: &'static str,
    /// `{n}` topics were cleared, `{failed}` were not.
    pub cleared: &'static str,
    /// Clearing was given up, `{n}` topics were not tried.
    pub stopped: &'static str,
    /// Nothing was chosen.
    pub none_chosen: &'static str,
    /// Steps of a message: accepted, sent, confirmed, refused, unanswered, unconfirmable.
    pub steps: [&'static str; 6],
    /// What the script says.
    pub live: Live,
}

/// What the script of the MESSAGES page says.
#[derive(Debug, Serialize)]
pub struct Live {
    /// `{topics}` topics, `{messages}` messages.
    pub facts: &'static str,
    /// A search found `{topics}` topics; there are `{messages}` messages.
    pub found_of: &'static str,
    /// A search found `{n}` topics.
    pub found: &'static str,
    /// The record was too slow for `{n}` messages.
    pub missed: &'static str,
    /// The record forgot `{n}` topics.
    pub forgotten: &'static str,
    /// The view is held, `{n}` messages since.
    pub paused: &'static str,
    /// A row of several topics: `{n}`.
    pub below: &'static str,
    /// An empty level.
    pub no_name: &'static str,
    /// An empty payload.
    pub no_value: &'static str,
    /// In place of a topic while none is chosen.
    pub choose: &'static str,
    /// From a topic back to the tree.
    pub back: &'static str,
    /// Copied.
    pub copied: &'static str,
    /// The payload is JSON.
    pub is_json: &'static str,
    /// The payload is not JSON and is sent as text: why.
    pub is_text: &'static str,
    /// An empty payload removes what is retained.
    pub is_empty: &'static str,
    /// The hub could not be asked.
    pub unreachable: &'static str,
    /// The hub did not tell what became of a message.
    pub no_outcome: &'static str,
    /// A message is too long for the form.
    pub too_long: &'static str,
    /// A message is on its way.
    pub sending: &'static str,
}
