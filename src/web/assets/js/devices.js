// Whole devices: whether they speak, and how the links are that bring them.

import { visible } from "./message.js";
import { forget, lookAgain } from "./newcomers.js";
import { all, ofTopic, presence as judge } from "./tiles.js";
import { fill, words } from "./words.js";

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
  for (const tile of all()) {
    if (!tile.topic.startsWith(`${topic}/`)) continue;
    if (fact.presence === "silent" && tile.presence === "online") judge(tile.topic, "silent");
    if (fact.presence === "offline" && ["online", "silent"].includes(tile.presence)) judge(tile.topic, "offline");
    // What has no rhythm of its own is present again with its device; the others speak for themselves.
    if (fact.presence === "online" && tile.presence === "silent" && !tile.regular) judge(tile.topic, "online");
  }
}

/** `$hub/link/<name>`: the line and the box at the head of its devices. */
export function link(name, fact) {
  for (const element of document.querySelectorAll(`[data-link="${CSS.escape(name)}"]`)) {
    if (element.dataset.phase !== undefined) {
      element.dataset.phase = fact.state;
      element.querySelector("use").setAttribute("href", fact.state === "up" ? "#mark-online" : "#mark-offline");
      element.querySelector("[data-part=words]").textContent = words[`link_${fact.state}`] ?? words.link_down;
    } else {
      // That all is well needs no words.
      const well = fact.state === "up" && !fact.hint;
      const [reason, hint] = well ? ["", ""] : [visible(fact.reason ?? ""), visible(fact.hint ?? "")];
      const about = well ? undefined : words.links[fact.code];
      const dropped = Number(fact.counts?.dropped ?? 0);
      element.hidden = !reason && !dropped;
      element.querySelector("[data-part=dropped]").textContent = dropped ? fill(words.dropped, { n: dropped }) : "";
      element.querySelector("[data-part=reason]").textContent = about ?? reason;
      const both = hint ? `${reason}; ${hint}` : reason;
      element.querySelector("[data-part=hint]").textContent = about ? `(${both})` : hint;
    }
  }
}
