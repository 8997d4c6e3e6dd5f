// Whole devices: whether they speak.

import { local, stamp } from "./age.js";
import { visible } from "./message.js";
import { forget, lookAgain } from "./newcomers.js";
import { all, ofTopic, presence as judge } from "./tiles.js";
import { words } from "./words.js";

/** `$hub/presence/<topic>`: about a property, or about a device and with it about all its properties. */
export function presence(topic, fact) {
  if (!fact || typeof fact.presence !== "string") return;
  const tiles = ofTopic(topic);
  if (fact.presence === "unknown" && tiles.some((tile) => tile.presence !== "unknown")) {
    forget(topic);
    return;
  }
  if (tiles.length) {
    for (const tile of tiles) tile.regular = fact.usual_s !== undefined;
    judge(topic, fact.presence, fact.last);
    return;
  }
  const section = document.querySelector(`.device[data-base="${CSS.escape(topic)}"]`);
  if (section && section.dataset.given !== (fact.name ?? "")) lookAgain();
  if (section) away(section, fact);
  for (const tile of all()) {
    if (!tile.topic.startsWith(`${topic}/`)) continue;
    const follows = followed(fact.presence, tile);
    if (follows !== tile.presence) judge(tile.topic, follows);
  }
}

/** How a property is when its device is so; the hub says the same of each, thousands of them one after the other. */
function followed(device, { presence, regular }) {
  const live = ["online", "stale", "silent", "asleep"].includes(presence);
  switch (device) {
    case "silent":
      return presence === "online" || presence === "stale" ? "silent" : presence;
    case "asleep":
    case "offline":
    case "lost":
      return live ? device : presence;
    case "online":
      if (presence === "asleep") return "online";
      // What has no rhythm of its own is present again with its device; the others speak for themselves.
      if (presence === "silent") return regular ? "stale" : "online";
  }
  return presence;
}

/** The line at the head of a device that is not there or does not listen; same rules as `absence.rs`. */
function away(section, fact) {
  const element = section.querySelector("[data-part=away]");
  const controls = section.querySelector("[data-part=controls]");
  const said = {
    silent: [words.fell_silent, words.silent_hint],
    asleep: [words.fell_asleep, words.asleep_hint],
    offline: [words.went_offline, words.offline_hint],
    lost: [words.got_lost, words.offline_hint],
  }[fact.presence];
  const [sentence, hint] = said ?? ["", ""];
  element.hidden = !said;
  element.dataset.presence = fact.presence;
  element.querySelector("use").setAttribute("href", `#mark-${fact.presence}`);
  element.querySelector("[data-part=words]").textContent = sentence;
  element.querySelector("[data-part=hint]").textContent = hint;
  element.querySelector("[data-part=reason]").textContent = said && fact.reason ? `(${visible(fact.reason)})` : "";
  stamp(element.querySelector("[data-part=age]"), said && fact.since && local(fact.since));
  // Nobody has accepted it: it stays off limits whatever it says.
  if (section.dataset.new !== undefined) return;
  controls.disabled = Boolean(said) && fact.presence !== "silent";
  if (controls.disabled) controls.setAttribute("aria-label", hint);
  else controls.removeAttribute("aria-label");
  if (controls.disabled) controls.removeAttribute("role");
  else controls.setAttribute("role", "none");
}
