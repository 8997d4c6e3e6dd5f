// What the page says in words beside the graphs: times on the reader's clock, and the value of each series under the cursor.

import { moment, number, steps } from "./axes.js";
import { meaning, stateAt } from "./bands.js";
import { bars, placeAt } from "./lines.js";

const when = document.querySelector("[data-part=when]");

const two = (n) => String(n).padStart(2, "0");

/** A moment as a field of a form has it. */
function field(at) {
  const date = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${date}T${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

/** Writes the server's times, which are UTC, as the reader's. */
export function localize(root) {
  for (const time of root.querySelectorAll("time[data-part=moment]")) {
    time.textContent = moment(new Date(time.dateTime), Number(time.dataset.width ?? 0));
  }
  for (const input of root.querySelectorAll("input[data-at]")) {
    if (input !== document.activeElement) input.value = field(new Date(Number(input.dataset.at)));
    input.removeAttribute("aria-invalid");
  }
  for (const zone of root.querySelectorAll("[data-part=zone]")) zone.hidden = true;
}

/** What a series said at a moment, in words; nothing if nobody knows. */
function said(line, at) {
  if (line.kind !== "number") {
    const state = stateAt(line, at);
    return state === null ? null : meaning(line, state);
  }
  if (line.form === "bars") {
    const step = steps(line.shown);
    const bar = bars(line, step).find(({ from, to }) => at >= from && at < to);
    return bar ? `+ ${number(bar.value)}` : null;
  }
  const n = placeAt(line, at);
  const value = line.mean[n];
  if (n < 0 || value === null || (!line.exact && at >= line.at[n] + 3 * line.width)) return null;
  const isRange = !line.exact && line.least[n] !== line.greatest[n];
  return isRange ? `${number(value)} (${number(line.least[n])} … ${number(line.greatest[n])})` : number(value);
}

/** Shows the values under the cursor, or the latest where there is none. */
export function point(lines, at) {
  for (const line of lines) {
    const chip = document.querySelector(`[data-part=chips] [data-series="${CSS.escape(line.series)}"]`);
    if (!chip) continue;
    const words = at === null ? latest(line) : said(line, at);
    chip.querySelector("[data-part=value]").textContent = words ?? "–";
    chip.toggleAttribute("data-pointed", at !== null);
  }
  when.hidden = at === null;
  if (at !== null) when.textContent = moment(new Date(at), Math.min(3_600_000, Math.max(0, ...lines.map(({ width }) => width))));
}

function latest(line) {
  const values = line.kind === "number" && !line.exact ? line.last : line.mean;
  const value = values.at(-1) ?? null;
  if (value === null) return null;
  return line.kind === "number" ? number(value) : meaning(line, value);
}
