// What a hand does before it is a wish: a thumb that is dragged, steps that are counted, a colour that is looked for. While it is
// under way nothing is asked and nothing that the device says moves it; what is let go is asked once.

import { find, redraw } from "./tiles.js";
import { sent } from "./color.js";
import { shownNumber, wished } from "./slider.js";

// So long a key or a step is followed by another one; all of them are one wish.
const PAUSE_MS = 600;
// What a thumb that came back to its place leaves behind is nothing.
const LATER_MS = 80;
const timers = new WeakMap();

/** Takes over sliders, steps and colours; `ask(tile, wish)` says whether it is on its way. */
export function takeHands(ask) {
  let isByPointer = false;
  on("pointerdown", (tile, input) => {
    isByPointer = true;
    if (input.type === "range") hold(tile, Number(input.value));
  });
  on("keydown", () => (isByPointer = false));
  on("input", (tile, input) => {
    if (input.type === "number") {
      tile.isTyped = true;
      redraw(tile);
    } else hold(tile, input.type === "range" ? Number(input.value) : input.value);
  });
  on("change", (tile, input) => {
    if (input.type === "range") letGo(tile, ask, isByPointer ? 0 : PAUSE_MS);
    if (input.type === "color") letGo(tile, ask, 0);
  });
  for (const end of ["pointerup", "pointercancel", "focusout"]) {
    on(end, (tile) => setTimeout(() => !timers.has(tile) && hold(tile, null), LATER_MS));
  }
  document.addEventListener("submit", (event) => {
    const tile = tileOf(event.target);
    if (!tile?.parts.hand) return;
    event.preventDefault();
    // Only its own hand is asked for, and not by `commands.js` once more.
    event.stopImmediatePropagation();
    const { hand } = tile.parts;
    const by = event.submitter?.name === "by" ? Number(event.submitter.value) : null;
    if (by !== null) step(tile, hand, by);
    else hold(tile, hand.type === "color" ? hand.value : Number(hand.value));
    letGo(tile, ask, by === null ? 0 : PAUSE_MS);
  });
}

function on(name, take) {
  document.addEventListener(name, (event) => {
    if (event.target.dataset?.part !== "hand") return;
    const tile = tileOf(event.target);
    if (tile) take(tile, event.target);
  });
}

function tileOf(element) {
  const tile = element.closest(".tile");
  return tile && find(tile.dataset.topic, tile.dataset.key);
}

function hold(tile, value) {
  if (tile.hand === value) return;
  tile.hand = value;
  redraw(tile);
}

/** One step from where the hand is, within the ends. */
function step(tile, hand, by) {
  const from = tile.isTyped ? Number(hand.value) : (tile.hand ?? wished(tile) ?? shownNumber(tile) ?? Number(hand.value));
  const decimals = (number) => String(number).split(".")[1]?.length ?? 0;
  const sum = Number((from + by).toFixed(Math.max(decimals(from), decimals(by))));
  const [low, high] = [hand.min === "" ? -Infinity : Number(hand.min), hand.max === "" ? Infinity : Number(hand.max)];
  tile.isTyped = false;
  hand.value = String(Math.min(high, Math.max(low, sum)));
  hold(tile, Number(hand.value));
}

function letGo(tile, ask, after) {
  clearTimeout(timers.get(tile));
  timers.set(tile, setTimeout(send, after, tile, ask));
}

function send(tile, ask) {
  timers.delete(tile);
  const { hand } = tile;
  tile.hand = null;
  tile.isTyped = false;
  const wish = tile.kind === "color" && hand !== null ? sent(tile.key, tile.value, hand) : hand;
  const isNew = wish !== null && (tile.kind === "color" || wish !== (wished(tile) ?? shownNumber(tile)));
  if (isNew && tile.element.isConnected) ask(tile, wish);
  redraw(tile);
}
