// The page that tries a WebSocket: opens it, sends, and writes down what was said, with times, sizes and close codes.

import { visible } from "./message.js";
import { fill } from "./words.js";

const MOST = 1000;
const LONGEST = 20_000;
const { words, codes } = JSON.parse(document.querySelector("meta[name=more-words]").content);

const part = (name, within = document) => within.querySelector(`[data-part=${name}]`);
const [where, say, stream, state, flash, said] = ["where", "say", "stream", "state", "flash", "said"].map((name) => part(name));
const row = part("row").content.firstElementChild;
const tools = part("tools");
const open = part("open");
const box = say.elements.text;

let socket = null;
let wasOpen = false;
let paused = false;
let waiting = [];
let history = [];
let at = 0;
let draft = "";
let atEnd = true;

for (const hidden of [where, say, stream, tools]) hidden.hidden = false;

function problem(text) {
  flash.hidden = !text;
  part("words", flash).textContent = text;
}

function show(phase, text, address = "") {
  state.dataset.phase = phase;
  state.querySelector("use").setAttribute("href", { up: "#mark-online", connecting: "#mark-pending" }[phase] ?? "#mark-offline");
  part("words", state).textContent = text;
  part("address", state).textContent = address;
  open.textContent = socket ? open.dataset.close : open.dataset.open;
}

/** The address of the fields, or what is wrong with them. */
function address() {
  const { host, port, path, user, password } = Object.fromEntries([...new FormData(where)].map(([name, value]) => [name, value.trim()]));
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535) throw new Error(words.bad_port);
  if (!/^\/\S*$/.test(path)) throw new Error(words.bad_path);
  const scheme = location.protocol === "http:" ? "ws" : "wss";
  const url = new URL(`${scheme}://${host}:${port}${path}`);
  // The policy of the page would refuse it without a word that anybody could read.
  if (url.host !== location.host) throw new Error(words.foreign);
  const shown = url.href;
  if (user) [url.username, url.password] = [user, password];
  return [url.href, shown];
}

function connect() {
  problem("");
  let target, shown;
  try {
    [target, shown] = address();
    socket = new WebSocket(target);
  } catch (error) {
    socket = null;
    problem(error.message);
    return;
  }
  socket.binaryType = "arraybuffer";
  wasOpen = false;
  show("connecting", words.opening, shown);
  socket.addEventListener("open", () => {
    wasOpen = true;
    show("up", words.open, shown);
    note("hub", `${words.open} – ${shown}`);
    box.focus();
  });
  socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") note("device", data, size(data));
    else note("device", hex(data), fill(words.binary, { n: data.byteLength }));
  });
  socket.addEventListener("close", ({ code, reason }) => {
    socket = null;
    const meaning = [codes[code] ?? words.other_code, reason && `“${visible(reason)}”`].filter(Boolean).join(" – ");
    const text = fill(words.ended, { code, words: meaning });
    note(code === 1000 || code === 1005 ? "hub" : "error", text);
    if (!wasOpen) problem(words.failed);
    show("down", wasOpen ? text : words.closed);
  });
}

function size(text) {
  return fill(words.bytes, { n: new TextEncoder().encode(text).length });
}

function hex(buffer) {
  const bytes = new Uint8Array(buffer, 0, Math.min(buffer.byteLength, LONGEST / 3));
  const text = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  return bytes.length < buffer.byteLength ? `${text} …` : text;
}

/** What one cannot see is written out, but for line ends, which are seen. */
function readable(text) {
  const cut = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return cut.split("\n").map((line) => line.match(/[\s\S]{1,400}/g)?.map(visible).join("") ?? "").join("\n");
}

function note(way, text, bytes = "") {
  waiting.push({ way, text, bytes, when: new Date() });
  if (waiting.length > MOST) waiting.shift();
  if (paused) said.textContent = fill(words.paused, { n: waiting.length });
  else flush();
}

function flush() {
  const fresh = document.createDocumentFragment();
  for (const { way, text, bytes, when } of waiting) {
    const element = row.cloneNode(true);
    const [time, mark, payload, length] = element.children;
    time.dateTime = when.toISOString();
    time.textContent = `${when.toLocaleTimeString([], { hour12: false })}.${String(when.getMilliseconds()).padStart(3, "0")}`;
    element.dataset.way = way;
    mark.textContent = { device: "←", command: "→", hub: "·", error: "✕" }[way];
    payload.textContent = readable(text);
    length.textContent = bytes;
    fresh.append(element);
  }
  waiting = [];
  stream.append(fresh);
  while (stream.childElementCount > MOST) stream.firstElementChild.remove();
  if (atEnd) stream.scrollTop = stream.scrollHeight;
}

function text() {
  return [...stream.children].map((line) => [...line.children].map((cell) => cell.textContent).join("\t")).join("\n");
}

function send() {
  const text = box.value;
  if (!text) return;
  if (socket?.readyState !== WebSocket.OPEN) return problem(words.not_open);
  problem("");
  socket.send(text);
  note("command", text, size(text));
  if (history.at(-1) !== text) history.push(text);
  [at, draft, box.value] = [history.length, "", ""];
}

/** Brings back what was sent; the text that was begun is not lost. */
function recall(step) {
  const next = at + step;
  if (next < 0 || next > history.length) return;
  if (at === history.length) draft = box.value;
  at = next;
  box.value = at === history.length ? draft : history[at];
}

where.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!socket) return connect();
  show("connecting", words.closing);
  socket.close(1000, "closed by the person");
});

say.addEventListener("submit", (event) => {
  event.preventDefault();
  send();
});

box.addEventListener("keydown", (event) => {
  if (event.isComposing || event.altKey || event.ctrlKey || event.metaKey) return;
  const [before, after] = [box.value.slice(0, box.selectionStart), box.value.slice(box.selectionEnd)];
  if (event.key === "Enter" && !event.shiftKey) send();
  else if (event.key === "ArrowUp" && !before.includes("\n")) recall(-1);
  else if (event.key === "ArrowDown" && !after.includes("\n")) recall(1);
  else return;
  event.preventDefault();
});

say.addEventListener("click", ({ target }) => {
  const example = target.closest("[data-example]")?.dataset.example;
  if (example === undefined) return;
  box.value = example;
  box.focus();
});

// Whoever reads further up is left there.
stream.addEventListener("scroll", () => {
  atEnd = stream.scrollHeight - stream.scrollTop - stream.clientHeight < 48;
});

const acts = {
  pause(button) {
    paused = !paused;
    button.setAttribute("aria-pressed", String(paused));
    said.textContent = paused ? fill(words.paused, { n: 0 }) : "";
    if (!paused) flush();
  },
  clear() {
    waiting = [];
    stream.replaceChildren();
  },
  async copy() {
    await navigator.clipboard.writeText(text());
    said.textContent = fill(words.copied, { n: stream.childElementCount });
  },
  save() {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([`${text()}\n`], { type: "text/plain" }));
    link.download = "websocket.txt";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  },
};

tools.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-do]");
  if (button) acts[button.dataset.do](button);
});
