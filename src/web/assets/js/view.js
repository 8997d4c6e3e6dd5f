// What a graph is about: which series and which time. It lives in the address, so that a link shows the same again; a time
// that ends now goes on with the clock.

import { local } from "./age.js";
import { DAY, HOUR, MINUTE, SECOND } from "./axes.js";

// The hub's clock dates what is recorded; ours may be wrong.
const made = document.body.dataset.now;
const skew = made ? local(made) - Date.parse(made) : 0;

/** This moment on the hub's clock. */
export const now = () => Math.round(Date.now() - skew);

export const SHORTEST = 10 * SECOND;
const LONGEST = 60 * 366 * DAY;
const UNITS = [[7 * DAY, "w"], [DAY, "d"], [HOUR, "h"], [MINUTE, "m"], [SECOND, "s"]];

export class View {
  constructor(names, from, to, isLive) {
    this.names = names;
    this.isLive = isLive;
    this.length = to - from;
    this.end = to;
  }

  /** One that was kept with an address. */
  static of({ names, length, end, isLive }) {
    return new View(names, end - length, end, isLive);
  }

  /** What is kept with its address. */
  get kept() {
    return { names: this.names, length: this.length, end: this.end, isLive: this.isLive };
  }

  /** Both ends, in milliseconds. */
  get range() {
    const to = this.isLive ? now() : this.end;
    return [to - this.length, to];
  }

  /** The same series at another time; one that reaches to now goes on with it. */
  at(from, to) {
    const length = Math.min(LONGEST, Math.max(SHORTEST, to - from));
    const latest = now();
    const middle = (from + to) / 2;
    const end = Math.round(to - from === length ? to : middle + length / 2);
    return new View(this.names, end - Math.round(length), Math.min(end, latest), end >= latest);
  }

  /** The same time of other series. */
  of(names) {
    const [from, to] = this.range;
    return new View(names, from, to, this.isLive);
  }

  /** The part of an address that says all this. */
  get query() {
    const [from, to] = this.range;
    const when = this.isLive ? [`-${ago(this.length)}`, "now"] : [stamp(from), stamp(to)];
    return [...this.names.map((name) => `series=${encodeURIComponent(name)}`), `from=${when[0]}`, `to=${when[1]}`].join("&");
  }
}

/** A length of time in the largest unit that it is whole in. */
function ago(length) {
  const seconds = Math.round(length / SECOND) * SECOND;
  const [unit, letter] = UNITS.find(([unit]) => seconds % unit === 0);
  return `${seconds / unit}${letter}`;
}

const stamp = (at) => new Date(at).toISOString().replace(".000Z", "Z");
