// The connection to the hub: the same endpoint, the same handshake and the same messages that any script may use.
//
// It is up only while the hub answers: after two silent seconds it asks, and after two more it gives up and begins
// anew. Nothing is ever kept for later: what cannot be sent now is not sent.

import { parse } from "./message.js";

const SILENCE_MS = 2000;
const PATIENCE_MS = 2000;
const AWAKE_PATIENCE_MS = 1000;
const OPEN_PATIENCE_MS = 5000;
const BACK_OFF_MS = [300, 600, 1200, 2500, 5000, 10000, 15000];

const HANDSHAKE = "clown.talk/-/config/set";
// Any answer will do, so this is the cheapest question there is.
const PROBE = '["clown.talk/-/config/get", {}]';

export class Talk {
  #socket = null;
  #state = "down";
  #heard = 0;
  #asked = 0;
  #patience = PATIENCE_MS;
  #opened = 0;
  #failures = 0;
  #retry = 0;
  #ticked = Date.now();

  /**
   * `hear(message)` for every message, `change(state, code)` with up, checking, connecting or down; `wish` is what the
   * handshake asks for beside the hub's own facts.
   */
  constructor(url, hear, change, wish) {
    this.url = url;
    this.wish(wish);
    this.hear = hear;
    this.change = change;
    setInterval(() => this.#tick(), 250);
    for (const event of ["online", "focus"]) addEventListener(event, () => this.wake());
    addEventListener("pageshow", (event) => event.persisted && this.#reopen());
    addEventListener("pagehide", () => this.#close());
    document.addEventListener("visibilitychange", () => document.hidden || this.wake());
    document.addEventListener("resume", () => this.wake());
    this.#open();
  }

  /** Asks for other things from now on. */
  wish(wish) {
    const asked = { events: true, snapshot: true, ...wish };
    this.hello = JSON.stringify([HANDSHAKE, asked]);
    // The present values end with their count; without them the answer to the handshake is all there is to wait for.
    this.ready = asked.snapshot ? "$hub/snapshot" : "clown.talk/-/config/ok";
    this.send(this.hello);
  }

  get isUp() {
    return this.#state === "up";
  }

  /** Sends a message now, or not at all. */
  send(text) {
    if (!this.isUp || this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(text);
    return true;
  }

  /** Asks whether the hub is there. */
  probe(patience = PATIENCE_MS) {
    if (this.#asked || this.#socket?.readyState !== WebSocket.OPEN) return;
    this.#asked = Date.now();
    this.#patience = patience;
    this.#socket.send(PROBE);
  }

  /** After a sleep: what is shown counts for nothing until the hub has answered. */
  wake() {
    const ended = this.#socket && this.#socket.readyState > WebSocket.OPEN;
    if (this.#state === "down" || ended) return this.#reopen();
    if (!this.isUp || Date.now() - this.#heard < SILENCE_MS) return;
    this.#set("checking");
    this.#asked = 0;
    this.probe(AWAKE_PATIENCE_MS);
  }

  #open() {
    clearTimeout(this.#retry);
    this.#set("connecting");
    this.#opened = Date.now();
    const socket = new WebSocket(this.url);
    this.#socket = socket;
    socket.onopen = () => {
      this.#heard = Date.now();
      socket.send(this.hello);
    };
    socket.onmessage = (event) => this.#take(event.data);
    socket.onclose = (event) => this.#drop(event.code, true);
  }

  #take(data) {
    this.#heard = Date.now();
    this.#asked = 0;
    for (const text of String(data).split("\n")) {
      const message = parse(text);
      if (!message) continue;
      this.hear(message, text);
      if (message.topic === this.ready) this.#right();
    }
    if (this.#state === "checking") this.#set("up");
  }

  /** Leaves without a word to the page, which may be going as well. */
  #close() {
    clearTimeout(this.#retry);
    const socket = this.#socket;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
    this.#socket = null;
    this.#asked = 0;
  }

  #drop(code, again) {
    this.#close();
    this.#set("down", code);
    if (!again) return;
    const wait = BACK_OFF_MS[Math.min(this.#failures, BACK_OFF_MS.length - 1)];
    this.#failures += 1;
    // Many pages lose the hub at the same moment; they must not all come back at the same moment.
    this.#retry = setTimeout(() => this.#open(), wait * (0.5 + Math.random()));
  }

  #reopen() {
    this.#drop(0, false);
    this.#open();
  }

  #tick() {
    const now = Date.now();
    const slept = now - this.#ticked > 3000;
    this.#ticked = now;
    if (slept) return this.wake();
    if (this.#state === "connecting" && now - this.#opened > OPEN_PATIENCE_MS) this.#drop(0, true);
    if (this.#asked && now - this.#asked > this.#patience) {
      this.#failures = 0;
      this.#drop(0, true);
    } else if (this.isUp && now - this.#heard > SILENCE_MS) {
      this.probe();
    }
  }

  /** The present values have come: after connecting, and after having been too slow. */
  #right() {
    this.#failures = 0;
    this.#state = "up";
    this.change("up");
  }

  #set(state, code) {
    if (state === this.#state) return;
    this.#state = state;
    this.change(state, code);
  }
}
