// Numbers that somebody sets, as they are drawn: the filled mark is what the device says, the hollow one is where a finger
// or a wish stands. Same rules as `level.rs` and `moves.rs`.

import { Digits, plain, visible } from "./message.js";
import { fill, words } from "./words.js";

/** The number that a tile shows, or `undefined`. */
export function shownNumber(tile) {
  const value = typeof tile.value === "string" && tile.value !== "" ? Number(tile.value) : plain(tile.value);
  return Number.isFinite(value) ? value : undefined;
}

/** The number on its way to the device, or `undefined`. */
export function wished(tile) {
  if (tile.command?.step !== "pending") return undefined;
  const { value } = tile.command;
  const wish = value instanceof Digits ? value.value : Number(value);
  return Number.isFinite(wish) ? wish : undefined;
}

/** A number with two ends. */
export function slider(tile) {
  const { hand, line, tip } = tile.parts;
  const [value, min, max] = [shownNumber(tile), Number(hand.min), Number(hand.max)];
  const place = value === undefined ? 0 : Math.min(100, Math.max(0, ((value - min) / (max - min)) * 100));
  set(line, "x2", `${place.toFixed(2)}%`);
  set(tip, "x1", `${place.toFixed(2)}%`);
  set(tip, "x2", `${place.toFixed(2)}%`);
  mark(tile, hand, value ?? min);
  const said = visible(tile.kind === "position" ? opened(tile) : `${tile.parts.number.textContent} ${tile.parts.unit.textContent}`);
  const wish = tile.hand ?? wished(tile);
  set(hand, "aria-valuetext", wish === undefined || wish === value ? said.trim() : `${said.trim()} → ${wish}`);
}

/** A number that is changed step by step. */
export function stepper(tile) {
  const { hand } = tile.parts;
  mark(tile, hand, tile.value instanceof Digits ? tile.value.text : (shownNumber(tile) ?? ""));
}

/** The hollow mark, or the field: under the finger, at the wish, or where the device says. */
function mark(tile, hand, said) {
  const wish = tile.hand ?? wished(tile);
  if (tile.hand === null && !tile.isTyped) {
    const text = String(wish ?? said);
    if (hand.value !== text) hand.value = text;
  }
  tile.element.toggleAttribute("data-typed", Boolean(tile.isTyped));
  const told = wish === undefined || wish === shownNumber(tile) ? "" : String(wish);
  if (tile.parts.wish.textContent !== told) tile.parts.wish.textContent = told;
}

/** How far a cover is open. */
export function position(tile) {
  const { state, shade, hand } = tile.parts;
  const value = shownNumber(tile);
  set(tile.element, "data-known", value === undefined ? "no" : "");
  const said = opened(tile);
  if (state.textContent !== said) state.textContent = said;
  if (hand) slider(tile);
  const [min, max] = hand ? [Number(hand.min), Number(hand.max)] : [0, 100];
  const open = value === undefined ? 0 : Math.min(1, Math.max(0, (value - min) / (max - min)));
  set(shade, "height", (28 * (1 - open)).toFixed(2));
}

function opened(tile) {
  const value = shownNumber(tile);
  if (value === undefined) return words.unknown;
  if (value <= 0) return words.closed;
  return value >= 100 ? words.open : fill(words.open_by, { n: visible(tile.value) });
}

/** A cover's buttons. */
export function moves(tile) {
  const { state } = tile.parts;
  const said = tile.value === null ? words.unknown : visible(words[tile.value] ?? tile.value);
  if (state.textContent !== said) state.textContent = said;
  const wish = tile.command?.step === "pending" ? tile.command.value : undefined;
  for (const button of tile.element.querySelectorAll("button")) button.toggleAttribute("data-wish", button.value === wish);
}

function set(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}
