// Keeps every `<time data-part=age>` relative: "3 s ago". One timer for the whole page.

import { ago } from "./words.js";

// The hub's clock against ours, so that a phone with a wrong clock still shows right ages.
const made = Date.parse(document.body.dataset.now);
const answered = performance.timeOrigin + (performance.getEntriesByType("navigation")[0]?.responseStart ?? 0);
const skew = Number.isNaN(made) ? 0 : answered - made;

/** A time of the hub on our clock, in milliseconds. */
export function local(iso) {
  return Date.parse(iso) + skew;
}

/** Shows that `element` is about the moment `at` (milliseconds of our clock), or about none. */
export function stamp(element, at) {
  if (!at) {
    element.removeAttribute("datetime");
    element.textContent = "";
    return;
  }
  element.at = at;
  element.setAttribute("datetime", new Date(at - skew).toISOString());
  refresh(element, Date.now());
}

function refresh(element, now) {
  element.at ??= local(element.getAttribute("datetime"));
  const text = ago(Math.max(0, now - element.at));
  if (element.textContent !== text) element.textContent = text;
}

/** Brings all ages up to date. */
export function refreshAll() {
  const now = Date.now();
  for (const element of document.querySelectorAll("time[data-part=age][datetime]")) {
    element.title ||= new Date(local(element.getAttribute("datetime"))).toLocaleString();
    refresh(element, now);
  }
}

setInterval(() => document.hidden || refreshAll(), 1000);
document.addEventListener("visibilitychange", () => document.hidden || refreshAll());
refreshAll();
