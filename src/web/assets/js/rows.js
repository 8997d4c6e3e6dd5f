// One row of the tree of topics: what the hub told of it, put on its element.

import { local, stamp } from "./age.js";
import { plain, visible } from "./message.js";
import { fill } from "./words.js";

/** The texts of the MESSAGES page. */
export const more = JSON.parse(document.querySelector("meta[name=more-words]").content);

const template = document.querySelector("template[data-part=row]").content.firstElementChild;
const UNITS = [[1, "/s"], [60, "/min"], [3600, "/h"], [86400, "/d"]];
const DEEPEST = 12;

/** How a place is called when it is sent: by its topic, or by a mark where that is too long. */
export const place = (row) => (row.id === undefined ? row.topic : { id: row.id });

/** The same as a key of a map. */
export const keyOf = (row) => row.id ?? row.topic;

/** An element for any row. */
export function make() {
  const element = template.cloneNode(true);
  const [name, said, rate, age, count] = element.children;
  const [twig, leaf] = name.children;
  Object.assign(element, { twig, leaf, said, rate, time: age.firstElementChild, count });
  return element;
}

/** A rate as people say it, the same as `row.rs`; nothing can speak more often than it was silent. */
export function rateOf(perSecond, silentMs) {
  const mean = silentMs > 0 && perSecond * silentMs > 1000 ? 1000 / silentMs : perSecond;
  if (!(mean > 0)) return "";
  const [times, unit] = UNITS.find(([times]) => mean * times >= 0.95) ?? UNITS.at(-1);
  const n = mean * times;
  return `${n < 9.95 ? Math.round(n * 10) / 10 : Math.round(n)}${unit}`;
}

/** Puts a row on an element. */
export function draw(element, row, isChosen, isActive) {
  const level = plain(row.level) ?? 1;
  set(element, "data-level", Math.min(level, DEEPEST));
  set(element, "aria-level", level);
  const [place, of] = row.place;
  set(element, "aria-posinset", place);
  set(element, "aria-setsize", of);
  set(element, "data-kind", row.kind ?? "");
  set(element, "data-presence", row.presence ?? "");
  element.toggleAttribute("data-memory", row.memory === true);
  element.toggleAttribute("data-chosen", isChosen);
  element.toggleAttribute("data-active", isActive);
  set(element, "aria-selected", isChosen);
  if (row.open === undefined) {
    element.removeAttribute("aria-expanded");
    element.twig.removeAttribute("data-twig");
  } else {
    set(element, "aria-expanded", row.open);
    set(element.twig, "data-twig", row.open ? "open" : "shut");
  }
  say(element.leaf, row.name === "" ? more.no_name : visible(row.name));
  say(element.said, valueOf(row));
  say(element.count, plain(row.count) ?? 0);
  const at = local(row.at);
  if (element.time.at !== at) stamp(element.time, at);
  drawRate(element, row);
}

/** A rate falls while nothing is said. */
export function drawRate(element, row) {
  say(element.rate, rateOf(plain(row.rate) ?? 0, Date.now() - local(row.at)));
}

function valueOf(row) {
  if (row.form === undefined) return fill(more.below, { n: row.below });
  if (row.form === "empty") return more.no_value;
  return visible(row.value) + (row.cut ? "…" : "");
}

function say(element, text) {
  const words = String(text);
  if (element.textContent !== words) element.textContent = words;
}

function set(element, name, value) {
  const text = String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}
