// How links are.

import { visible } from "./message.js";
import { fill, words } from "./words.js";

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
