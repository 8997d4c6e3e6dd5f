// The line under a value: which mark, which words, and whether an age belongs to them. Same rules as `note.rs`.

import { duration, fill, word, words } from "./words.js";
import { Digits, plain, visible } from "./message.js";

/** What to say about a tile. What a broker remembers was said some time; a sentence about it must not end in the air. */
export function note(tile) {
  const said = sentence(tile);
  if (said.timed && !tile.at) return line(said.mark, `${said.text} ${words.some_time}`.trimStart(), false);
  return said;
}

function sentence(tile) {
  const step = tile.command?.step ?? "";
  switch (step) {
    case "pending":
      return line("pending", fill(words.switching, { value: tile.command.wish, by: visible(tile.command.by) }), false);
    case "refused":
      return line("refused", fill(words.refused, { reason: explained(tile.command) }), false);
    case "unanswered":
      return line(
        "unanswered",
        fill(words.unanswered, { after: duration(tile.command.after), value: shown(tile) }),
        true,
      );
    case "lost":
      return line("unanswered", fill(words.lost_command, { value: shown(tile) }), true);
    case "unconfirmable":
      return line("online", words.unconfirmable, false);
  }
  switch (tile.presence) {
    case "stale":
    case "silent":
    case "asleep":
    case "offline":
    case "lost":
    case "remembered":
      return line(tile.presence, words[tile.presence], true);
    case "unknown":
      return line("unheard", words.unheard, false);
  }
  if (isStrange(tile)) return line("strange", tile.element.dataset.outside, true);
  if (step === "confirmed") {
    return line("confirmed", fill(words.confirmed, { after: duration(tile.command.after) }), true);
  }
  if (tile.value === null && !tile.at) return line("online", tile.kind === "button" ? "" : words.never_said, false);
  if (tile.value === null) return line("online", words.said_unknown, true);
  return line("online", ["count", "event"].includes(tile.kind) ? words.counted : "", true);
}

/** A reason with what it is about in the reader's language, if that is another one. */
export function explained({ code, reason }) {
  const about = words.refusals[code];
  return about ? `${about} (${visible(reason)})` : visible(reason);
}

/** Whether the value is none that can be. Same rule as `possible.rs`. */
export function isStrange(tile) {
  const { low, high, outside } = tile.element.dataset;
  const value = plain(tile.value);
  if (outside === undefined) return false;
  // A value that came with the page was judged there.
  if (typeof tile.value === "string") return tile.element.hasAttribute("data-strange");
  if (value === undefined) return false;
  return (low !== "" && value < Number(low)) || (high !== "" && value > Number(high));
}

/** What the tile shows now, in words. */
export function shown(tile) {
  const { value } = tile;
  return visible(value !== null && typeof value === "object" && !(value instanceof Digits) ? JSON.stringify(value) : word(value));
}

function line(mark, text, timed) {
  return { mark, text, timed };
}
