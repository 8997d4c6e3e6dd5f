// What graphs show of one series: the arrays of `/api/history/chart`, and what is heard meanwhile, never more than a screen needs.

/** More points than this are asked for anew, thinned. */
export const MOST = 4000;
const ARRAYS = ["at", "mean", "least", "greatest", "last", "count", "gain"];

/** A line of the chart with how it looks: its label, its ink, and whether it is a line, bars or a band. */
export function line(told, look) {
  return { ...told, ...look };
}

/** Takes a value that was heard; whether there are too many by now. */
export function hear(line, at, value) {
  const end = line.at.length - 1;
  if (line.kind !== "number") {
    if (end < 0 || line.mean[end] !== value) push(line, { at, mean: value });
  } else if (line.exact) {
    const before = line.mean[end];
    push(line, { at, mean: value, gain: end < 0 || before === null ? 0 : gained(before, value) });
  } else {
    intoPiece(line, end, at, value);
  }
  return line.at.length > MOST;
}

/** How much a counter grew; one that fell began anew. */
const gained = (before, now) => (now >= before ? now - before : now);

function intoPiece(line, end, at, value) {
  const begin = Math.floor(at / line.width) * line.width;
  const gain = end < 0 || line.last[end] === null ? 0 : gained(line.last[end], value);
  if (end < 0 || line.at[end] < begin || line.mean[end] === null) {
    push(line, { at: begin, mean: value, least: value, greatest: value, last: value, count: 1, gain });
    return;
  }
  line.count[end] += 1;
  line.mean[end] += (value - line.mean[end]) / line.count[end];
  line.least[end] = Math.min(line.least[end], value);
  line.greatest[end] = Math.max(line.greatest[end], value);
  line.last[end] = value;
  line.gain[end] += gain;
}

function push(line, values) {
  for (const [name, value] of Object.entries(values)) line[name]?.push(value);
}

/** Lets go of what is long out of sight, or of the older half if there is too much. */
export function trim(line, from) {
  let gone = Math.max(0, line.at.findIndex((at) => at >= from) - 1);
  if (line.at.length - gone > MOST) gone = line.at.length >> 1;
  if (gone < 64) return;
  for (const name of ARRAYS) line[name]?.splice(0, gone);
}

/** The last place that began at a moment or before it; -1 if there is none. */
export function placeAt({ at }, moment) {
  let [low, high] = [0, at.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[middle] <= moment) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** The bars of a counter: how much was added in each step of time that is whole on the reader's clock. */
export function bars(line, step) {
  const all = [];
  for (let n = 0; n < line.at.length; n += 1) {
    if (line.mean[n] === null) continue;
    // A piece belongs where its middle is: days of UTC are not those of the reader.
    const from = step.begin(line.at[n] + line.width / 2);
    const bar = all.at(-1);
    if (bar?.from === from) bar.value += line.gain[n];
    else all.push({ from, to: step.begin(from + step.ms * 1.5), value: line.gain[n] });
  }
  return all;
}
