// The LOG page: everything that is said, as it is said, at most 500 lines of it.

import { local } from "./age.js";
import { isValid, matches } from "./filter.js";
import { connect } from "./live.js";
import { plain, visible } from "./message.js";
import { takeForm } from "./speak.js";
import { duration, fill, words } from "./words.js";

const LINES = 500;
const list = document.querySelector("[data-part=stream]");
const form = document.querySelector("[data-part=tools]");
const state = document.querySelector("[data-part=state]");
const row = document.querySelector("template[data-part=row]").content.firstElementChild;
const buttons = Object.fromEntries([...form.querySelectorAll("button[data-do]")].map((b) => [b.dataset.do, b]));
const [filter, contains] = [form.elements.filter, form.elements.contains];

const links = new Map();
let waiting = [];
let left = 0;
let frame = 0;
let paused = false;
let first = true;
let atEnd = true;

const answer = takeForm();
const talk = connect(take, () => (first = false));
answer.through(talk);
for (const button of Object.values(buttons)) button.hidden = false;

function take(message, text) {
  answer.hear(message);
  // What is known at a reconnection was already shown when it was said.
  if (message.options.at && !first) return;
  if (first && list.dataset.from === "server") clear();
  if (message.topic === "$hub/lost") missed(message.payload.missed);
  if (isOnlyCounting(message)) return;
  const line = { topic: message.topic, payload: payloadOf(text, message), at: message.options.at, kind: kindOf(message.topic) };
  if (line.kind === "command") Object.assign(line, inShort(message.payload));
  waiting.push(line);
  if (waiting.length > LINES) left += waiting.splice(0, waiting.length - LINES).length;
  if (paused) state.textContent = fill(words.log_paused, { n: waiting.length + left });
  else frame ||= requestAnimationFrame(flush);
}

/** Links tell their counters every second; only a change of their state is worth a line. */
function isOnlyCounting({ topic, payload }) {
  if (topic === "$hub/events") return true;
  if (!topic.startsWith("$hub/link/")) return false;
  const now = JSON.stringify([payload.state, payload.code, payload.reason]);
  const before = links.get(topic);
  links.set(topic, now);
  return before === now;
}

/** A step of a command, under the topic of the command itself. */
function inShort({ topic, payload, step, by, after_ms: after, reason }) {
  const why = reason ? ` – ${reason}` : "";
  return { topic, payload: JSON.stringify(payload), remark: `${step} · ${by} · ${duration(plain(after) ?? 0)}${why}` };
}

/** The payload's own text: nothing of it is lost to a parser. */
function payloadOf(text, message) {
  const rest = text.trim().replace(/^\[\s*"(?:[^"\\]|\\.)*"\s*,\s*/, "");
  const hasOptions = Object.keys(message.options).length > 0;
  return rest.replace(hasOptions ? /\s*,\s*\{[^{}]*\}\s*\]$/ : /\s*\]$/, "");
}

function flush() {
  frame = 0;
  const fresh = document.createDocumentFragment();
  for (const line of waiting) fresh.append(render(line));
  waiting = [];
  list.append(fresh);
  while (list.childElementCount > LINES) list.firstElementChild.remove();
  if (atEnd) list.scrollTop = list.scrollHeight;
  state.textContent = list.childElementCount ? "" : words.log_empty;
}

function missed(count) {
  state.textContent = fill(words.missed, { n: count });
}

function render({ topic, payload, at, kind, remark }) {
  const element = row.cloneNode(true);
  const [time, way, name, value, note] = element.children;
  const moment = new Date(at ? local(at) : Date.now());
  time.textContent = moment.toLocaleTimeString([], { hour12: false }) + `.${String(moment.getMilliseconds()).padStart(3, "0")}`;
  time.dateTime = moment.toISOString();
  element.dataset.way = kind;
  way.textContent = { device: "←", command: "→", hub: "·", error: "✕" }[kind];
  name.textContent = visible(topic);
  value.textContent = visible(payload);
  note.textContent = visible(remark ?? "");
  element.hidden = !passes(element);
  return element;
}

function kindOf(topic) {
  if (topic.endsWith("/error")) return "error";
  if (topic === "$hub/command") return "command";
  return topic.startsWith("$hub/") || topic.startsWith("clown.talk/") ? "hub" : "device";
}

function passes(element) {
  const [, , name, value, note] = element.children;
  const text = contains.value.toLowerCase();
  const wanted = filter.value.trim();
  if (isValid(wanted) && !matches(wanted, name.textContent)) return false;
  return !text || `${name.textContent} ${value.textContent} ${note.textContent}`.toLowerCase().includes(text);
}

function clear() {
  delete list.dataset.from;
  list.replaceChildren();
  state.textContent = words.log_empty;
}

// Whoever reads further up is left there.
list.addEventListener("scroll", () => {
  atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 48;
});

form.addEventListener("input", () => {
  const valid = isValid(filter.value.trim());
  filter.setAttribute("aria-invalid", String(!valid));
  state.textContent = valid ? "" : words.bad_filter;
  for (const element of list.children) element.hidden = !passes(element);
});

form.addEventListener("submit", (event) => event.preventDefault());

buttons.clear.addEventListener("click", () => {
  waiting = [];
  left = 0;
  clear();
});

buttons.pause.addEventListener("click", () => {
  paused = !paused;
  buttons.pause.setAttribute("aria-pressed", String(paused));
  state.textContent = paused ? fill(words.log_paused, { n: 0 }) : "";
  left = 0;
  if (!paused) flush();
});

buttons.copy.addEventListener("click", async () => {
  const lines = [...list.children].filter((element) => !element.hidden);
  const text = lines.map((element) => [...element.children].map((part) => part.textContent).join("\t")).join("\n");
  await navigator.clipboard.writeText(text);
  state.textContent = fill(words.log_copied, { n: lines.length });
});
