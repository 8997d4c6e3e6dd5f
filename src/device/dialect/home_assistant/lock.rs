//! Locks: whether they are locked, and what they are doing.

use toml_edit::Value as Toml;

use super::entity::Entity;
use crate::device::dialect::draft::Draft;

/// What a lock says, the option with its word, the usual word, and whether it is locked then.
const STATES: [(&str, &str, &str, Option<bool>); 5] = [
    ("locked", "state_locked", "LOCKED", Some(true)),
    ("unlocked", "state_unlocked", "UNLOCKED", Some(false)),
    ("locking", "state_locking", "LOCKING", None),
    ("unlocking", "state_unlocking", "UNLOCKING", None),
    ("jammed", "state_jammed", "JAMMED", None),
];

/// A lock.
pub(super) fn lock(draft: &mut Draft, entity: &Entity) -> Result<(), String> {
    let options = &entity.options;
    if options.has("code_format") {
        return Err("wants a code, which is not asked for here".into());
    }
    let told = entity.told("state_topic", "value_template")?;
    let asked = entity.asked("command_topic", "command_template", told.is_some())?;
    let asked = asked.ok_or("has no command_topic")?;
    let (lock, unlock) = (options.word("payload_lock", "LOCK"), options.word("payload_unlock", "UNLOCK"));
    if lock == unlock {
        return Err(format!("is told \"{lock:.40}\" to lock and to unlock"));
    }
    let words = STATES.map(|(word, option, usual, is_locked)| (word, options.word(option, usual), is_locked));
    let nothing = options.word("payload_reset", "None");
    let mut state = entity.entry("lock");
    let mut does = entity.entry("lock").quantity("action").words(words.iter().map(|(word, ..)| *word));
    if let Some(told) = &told {
        let truth = |is_locked: &Option<bool>| is_locked.map_or_else(|| Toml::from("null"), Toml::from);
        let null = || [(nothing.as_str(), Toml::from("null"))];
        // While it moves, and when it is stuck, nobody knows whether it is locked.
        let means = words.iter().map(|(_, said, is_locked)| (said.as_str(), truth(is_locked)));
        state = state.read(told.way().map(means.chain(null())));
        let names = words.iter().map(|(word, said, _)| (said.as_str(), Toml::from(*word)));
        does = does.read(told.way().map(names.chain(null())));
    }
    draft.entries.push(state.write(asked.on_off(&lock, &unlock)?));
    if told.is_some() {
        draft.entries.push(does);
    }
    if let Some(open) = options.text("payload_open") {
        let button = entity.entry_at("button", &format!("{}-open", entity.address));
        let again =
            entity.asked("command_topic", "command_template", false)?.ok_or("has no command_topic")?;
        draft.entries.push(button.write(again.literal(&open)?));
    }
    Ok(())
}
