// What the page says, in the language it was made in; the same texts as the server's (`text.rs`).

export const words = JSON.parse(document.querySelector("meta[name=words]").content);

/** Puts values in place of `{name}`. */
export function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);
}

/** How long ago, in words. */
export function ago(milliseconds) {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 2) return words.now;
  if (seconds < 60) return fill(words.seconds, { n: seconds });
  if (seconds < 3600) return fill(words.minutes, { n: Math.floor(seconds / 60) });
  if (seconds < 86400) return fill(words.hours, { n: Math.floor(seconds / 3600) });
  return fill(words.days, { n: Math.floor(seconds / 86400) });
}

/** A duration as people say it: `12 ms`, `3 s`, `2.5 s`. */
export function duration(milliseconds) {
  if (milliseconds < 1) return "< 1 ms";
  if (milliseconds < 1000) return `${milliseconds} ms`;
  if (milliseconds % 1000 < 100) return `${Math.floor(milliseconds / 1000)} s`;
  return `${Math.floor(milliseconds / 1000)}.${Math.floor((milliseconds % 1000) / 100)} s`;
}

/** A word of the protocol as people read it. */
export function word(value) {
  if (value === true || value === "on") return words.on;
  if (value === false || value === "off") return words.off;
  if (value === null || value === undefined) return words.unknown;
  return String(value);
}
