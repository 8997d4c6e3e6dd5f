// Clown.Talk messages: `[topic, payload, options]`, with numbers kept as they were written.

/** A number and the text it came in: 24.50 stays 24.50. */
export class Digits {
  constructor(value, text) {
    this.value = value;
    this.text = text;
  }

  toString() {
    return this.text;
  }

  toJSON() {
    return this.value;
  }
}

const keepDigits = (_key, value, context) =>
  typeof value === "number" ? new Digits(value, context?.source ?? String(value)) : value;

/** Reads one message; `null` if it is none. */
export function parse(text) {
  try {
    const message = JSON.parse(text, keepDigits);
    if (!Array.isArray(message) || typeof message[0] !== "string") return null;
    return { topic: message[0], payload: message[1], options: message[2] ?? {} };
  } catch {
    return null;
  }
}

/** A plain number out of a payload's value, or `undefined`. */
export const plain = (value) => (value instanceof Digits ? value.value : undefined);

const HIDDEN =
  /[\u0000-\u001f\u007f-\u00a0\u00ad\u061c\u1680\u180e\u2000-\u200f\u2028-\u202f\u205f-\u206f\u3000\ufeff]/g;

/** Text from outside with everything invisible or direction-changing written out. */
export function visible(text) {
  const shown = String(text);
  const short = shown.length > 400 ? `${shown.slice(0, 400)}…` : shown;
  return short.replace(HIDDEN, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}
