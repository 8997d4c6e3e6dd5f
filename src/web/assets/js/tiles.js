// The tiles: messages in, values and states on elements out. Work is gathered and done once per frame, newest wins,
// so that two hundred messages a second cost no more than sixty.

import { local, stamp } from "./age.js";
import { color } from "./color.js";
import { Digits, visible } from "./message.js";
import { moves, position, slider, stepper } from "./slider.js";
import { isStrange, note } from "./state.js";
import { word } from "./words.js";

const byTopic = new Map();
const waiting = new Map();
let frame = 0;
let unknownTopic = () => {};

/** `ask(topic)` is called for a message that no tile shows. */
export function onUnknown(ask) {
  unknownTopic = ask;
}

/** Takes all tiles below `root` under its care. */
export function adopt(root) {
  for (const element of root.querySelectorAll(".tile")) {
    const { topic, key } = element.dataset;
    const keys = byTopic.get(topic) ?? byTopic.set(topic, new Map()).get(topic);
    keys.set(key, new Tile(element));
  }
}

/** The tile of one property, if there is one. */
export function find(topic, key) {
  return byTopic.get(topic)?.get(key);
}

/** All tiles of a topic. */
export function ofTopic(topic) {
  return [...(byTopic.get(topic)?.values() ?? [])];
}

/** A property is gone, and its tiles with it. */
export function drop(topic) {
  for (const { element } of ofTopic(topic)) {
    const device = element.closest(".device");
    const group = element.closest(".group");
    element.remove();
    if (group && !group.querySelector(".tile")) group.remove();
    if (device && !device.querySelector(".tile")) device.remove();
  }
  byTopic.delete(topic);
  waiting.delete(topic);
}

/** A tile leaves the page; another one may take its place. */
export function release(tile) {
  const keys = byTopic.get(tile.topic);
  keys?.delete(tile.key);
  if (!keys?.size) byTopic.delete(tile.topic);
}

/** All tiles of the page. */
export function* all() {
  for (const keys of byTopic.values()) yield* keys.values();
}

/** A device said something. */
export function hear(topic, payload, options) {
  const change = waiting.get(topic) ?? {};
  const isObject = payload !== null && typeof payload === "object" && !Array.isArray(payload) && !(payload instanceof Digits);
  change.payload = isObject ? { ...change.payload, ...payload } : { "": payload };
  // What a broker remembers was said nobody knows when; the hub says apart what it thinks of the device.
  change.at = options.memory ? 0 : options.at ? local(options.at) : Date.now();
  change.known = options.memory && !options.at;
  change.presence = options.presence ?? (options.memory ? change.presence : "online");
  change.regular = options.at ? options.usual_s !== undefined : change.regular;
  later(topic, change);
}

/** The hub judged a property's presence. */
export function presence(topic, value, last) {
  const change = waiting.get(topic) ?? {};
  change.presence = value;
  if (last && !change.payload) change.at = local(last);
  later(topic, change);
}

/** A tile's command changed. */
export function redraw(tile) {
  tile.dirty = true;
  schedule();
}

function later(topic, change) {
  waiting.set(topic, change);
  schedule();
}

function schedule() {
  frame ||= requestAnimationFrame(flush);
}

function flush() {
  frame = 0;
  for (const [topic, change] of waiting) {
    for (const key of Object.keys(change.payload ?? {})) {
      const tile = find(topic, key);
      if (tile) tile.hear(change.payload[key], change.at, change.known);
      else unknownTopic(topic);
    }
    for (const tile of ofTopic(topic)) {
      tile.presence = change.presence ?? tile.presence;
      tile.regular = change.regular ?? tile.regular;
      if (!change.payload && change.at) tile.at = change.at;
      tile.dirty = true;
    }
  }
  waiting.clear();
  for (const tile of all()) if (tile.dirty) tile.draw();
}

class Tile {
  constructor(element) {
    this.element = element;
    const { topic, key, kind, presence, step, value } = element.dataset;
    Object.assign(this, { topic, key, kind, presence, dirty: false });
    this.regular = element.dataset.regular === "true";
    this.name = element.getAttribute("aria-label");
    this.parts = {};
    for (const part of element.querySelectorAll("[data-part]")) this.parts[part.dataset.part] = part;
    this.at = this.parts.age.hasAttribute("datetime") ? local(this.parts.age.getAttribute("datetime")) : 0;
    this.value = this.#shownValue(value);
    // What the server said about a command stays until the next word about it.
    this.fixed = step !== "";
    this.timed = this.at > 0;
    const wish = element.querySelector("[data-wish]")?.value ?? (step === "pending" ? this.parts.hand?.value : undefined);
    this.command = step ? { step, value: wish } : null;
    // What a finger holds and has not let go.
    this.hand = null;
  }

  #shownValue(value) {
    if (this.kind === "switch") return { true: true, false: false }[value] ?? null;
    if (this.kind === "choice") return this.element.querySelector("[aria-pressed=true]")?.value ?? null;
    if (this.element.dataset.known === "no") return null;
    if (["position", "moves", "color"].includes(this.kind)) return value === "" ? null : value;
    return (this.parts.number ?? this.parts.text)?.textContent ?? null;
  }

  /** The device said that the value is so; with `known` it is a memory that changes nothing if it is so already. */
  hear(value, at, known) {
    const quantity = Array.isArray(value) && value.length === 2 && typeof value[1] === "string";
    const [bare, unit] = quantity ? value : [value, null];
    if (known && String(bare) === String(this.value)) return;
    if (this.kind !== "count" || String(bare) !== String(this.value)) this.at = at;
    this.value = bare;
    if (unit !== null && this.parts.unit && this.parts.unit.textContent !== visible(unit)) {
      this.parts.unit.textContent = visible(unit);
    }
  }

  /** Somebody commands it, or the command came to its end. */
  tell(command) {
    this.command = command;
    this.fixed = false;
    redraw(this);
  }

  draw() {
    this.dirty = false;
    const { element } = this;
    set(element, "data-presence", this.presence);
    set(element, "data-step", this.command ? (this.command.step === "lost" ? "unanswered" : this.command.step) : "");
    draw[this.kind]?.(this);
    element.toggleAttribute("data-strange", isStrange(this));
    const { mark, text, timed } = this.fixed ? this : note(this);
    if (mark) {
      set(this.parts.note.querySelector("use"), "href", `#mark-${mark}`);
      if (this.parts.words.textContent !== text) this.parts.words.textContent = text;
    }
    stamp(this.parts.age, timed && this.at);
  }
}

const draw = {
  gauge(tile) {
    draw.number(tile);
    const { dial, line, tip } = tile.parts;
    if (!(tile.value instanceof Digits)) return;
    const [min, max] = [Number(dial.dataset.min), Number(dial.dataset.max)];
    const part = Math.min(100, Math.max(0, ((tile.value.value - min) / (max - min)) * 100));
    set(line, "stroke-dashoffset", (100 - part).toFixed(2));
    set(tip, "stroke-dashoffset", (-part).toFixed(2));
  },

  number(tile) {
    const { number } = tile.parts;
    const known = tile.value !== null && tile.value !== undefined;
    const text = known ? visible(tile.value) : "–";
    if (number.textContent !== text) number.textContent = text;
    set(number, "data-long", text.length < 7 ? 0 : text.length < 8 ? 1 : text.length < 10 ? 2 : 3);
    set(tile.element, "data-known", known ? "" : "no");
  },

  count(tile) {
    draw.number(tile);
  },

  setting(tile) {
    draw.number(tile);
  },

  total(tile) {
    draw.number(tile);
  },

  event(tile) {
    draw.text(tile);
  },

  slider(tile) {
    draw.number(tile);
    slider(tile);
  },

  stepper(tile) {
    draw.number(tile);
    stepper(tile);
  },

  position,
  moves,
  color,

  text(tile) {
    const value = tile.value !== null && typeof tile.value === "object" ? JSON.stringify(tile.value) : word(tile.value);
    const text = visible(tile.value instanceof Digits ? tile.value : value);
    if (tile.parts.text.textContent !== text) tile.parts.text.textContent = text;
  },

  switch(tile) {
    const { state, toggle } = tile.parts;
    const value = typeof tile.value === "boolean" ? tile.value : null;
    const pending = tile.command?.step === "pending";
    set(tile.element, "data-value", String(value));
    set(toggle, "value", value === true ? "false" : "true");
    set(toggle, "aria-checked", pending || value === null ? "mixed" : String(value));
    // A switch can only be on or off; what nobody can say is a checkbox, which may be mixed.
    set(toggle, "role", pending || value === null ? "checkbox" : "switch");
    if (state.textContent !== word(value)) state.textContent = word(value);
  },

  choice(tile) {
    const wish = tile.command?.step === "pending" ? tile.command.value : undefined;
    for (const button of tile.element.querySelectorAll("button")) {
      set(button, "aria-pressed", String(button.value === tile.value));
      button.toggleAttribute("data-wish", button.value === wish);
    }
  },
};

function set(element, name, value) {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, value);
}
