// Commands: a press becomes one message with an id, and the tile follows its steps. Between the press and the
// device's own word a switch stands in the middle; it never shows a wish as the truth.

import { takeHands } from "./hands.js";
import { announce } from "./live.js";
import { Digits, plain } from "./message.js";
import { all, find, ofTopic, redraw } from "./tiles.js";
import { explained, shown } from "./state.js";
import { duration, fill, word, words } from "./words.js";

// Two presses within this time are one double click, and a double click is one wish.
const DOUBLE_MS = 600;
// How long a tile says that a command was confirmed; then it is simply so.
const CONFIRMED_MS = 8000;
// How long a locked tile stays open for a second press.
const OPEN_MS = 5000;
const own = `page-${Math.random().toString(36).slice(2, 10)}`;
const account = document.querySelector("[data-part=account]")?.textContent ?? "";
const pressed = new WeakMap();
const opened = new WeakMap();
let count = 0;

/** Takes over the forms of the tiles. */
export function takeForms(talk) {
  takeHands((tile, wish) => !asksFirst(tile) && ask(talk, tile, wish));
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (new URL(form.action).pathname !== "/set") return;
    event.preventDefault();
    const { topic, key, value, as } = Object.fromEntries(new FormData(form));
    const tile = find(topic, key);
    if (!tile || asksFirst(tile)) return;
    if (value !== undefined) set(talk, tile, as === "number" ? Number(value) : value, form);
    else if (event.submitter) press(talk, tile, event.submitter.value);
  });
}

/** The first press of a tile that its person locked only opens it, for a while. */
function asksFirst({ element }) {
  if (element.dataset.locked !== "kept") return false;
  const isOpen = "open" in element.dataset;
  open(element, !isOpen);
  return !isOpen;
}

function open(element, isOpen) {
  element.toggleAttribute("data-open", isOpen);
  const again = element.querySelector("[data-part=again]");
  again.hidden = !isOpen;
  clearTimeout(opened.get(element));
  if (!isOpen) return;
  announce(again.textContent);
  opened.set(element, setTimeout(open, OPEN_MS, element, false));
}

function press(talk, tile, value) {
  const now = performance.now();
  if (tile.command?.step === "pending" || now - (pressed.get(tile) ?? -DOUBLE_MS) < DOUBLE_MS) return;
  pressed.set(tile, now);
  const wish = tile.kind === "switch" || tile.kind === "button" ? value === "true" : value;
  ask(talk, tile, wish);
}

/** What somebody wrote; the field is free again as soon as it is on its way. */
function set(talk, tile, wish, form) {
  if (tile.command?.step === "pending") return;
  if (ask(talk, tile, wish)) form.reset();
}

function ask(talk, tile, wish) {
  count += 1;
  const message = [`${tile.topic}/set`, { [tile.key]: wish }, { id: `${own}-${count}` }];
  if (!talk.send(JSON.stringify(message))) return false;
  tile.tell({ step: "pending", wish: written(wish), value: wish, by: account });
  return true;
}

/** A step of somebody's command, from `$hub/command`. */
export function step(event) {
  if (!event || typeof event.topic !== "string" || !event.topic.endsWith("/set")) return;
  const topic = event.topic.slice(0, -4);
  for (const tile of ofTopic(topic)) {
    const wish = event.payload?.[tile.key];
    if (wish === undefined || event.code === "superseded") continue;
    follow(tile, event, wish);
  }
}

function follow(tile, event, wish) {
  const after = plain(event.after_ms) ?? 0;
  switch (event.step) {
    case "accepted":
    case "sent":
      if (tile.command?.step === "pending" && written(tile.command.value) === written(wish) && tile.command.by === event.by) return;
      tile.tell({ step: "pending", wish: written(wish), value: wish, by: event.by });
      return;
    case "confirmed":
      tile.tell({ step: "confirmed", after });
      setTimeout(forget, CONFIRMED_MS, tile, tile.command);
      announce(fill(words.say_confirmed, { name: tile.name, value: written(wish) }));
      return;
    case "refused":
      tile.tell({ step: "refused", code: event.code, reason: event.reason ?? "" });
      announce(fill(words.say_failed, { name: tile.name, reason: fill(words.refused, { reason: explained(tile.command) }) }));
      return;
    case "unanswered":
      tile.tell({ step: "unanswered", after });
      announce(fill(words.say_unanswered, { name: tile.name, after: duration(after), value: shown(tile) }));
      return;
    case "unconfirmable":
      tile.tell({ step: "unconfirmable" });
  }
}

/** A wish in words. */
function written(wish) {
  return wish !== null && typeof wish === "object" && !(wish instanceof Digits) ? JSON.stringify(wish) : word(wish);
}

function forget(tile, command) {
  if (tile.command !== command) return;
  tile.command = null;
  redraw(tile);
}

/** The connection is gone: what was on its way has an unknown end. */
export function lose() {
  for (const tile of all()) {
    if (tile.command?.step !== "pending") continue;
    tile.command = { step: "lost" };
    tile.fixed = false;
    redraw(tile);
  }
}
