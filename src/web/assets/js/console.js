// The console of a serial line: its bytes as they come and go, over the same endpoint that a script may use
// (`clown.talk/-/console/set`), held still or not, as text or as hexadecimal digits.

import { local } from "./age.js";
import { announce, connect } from "./live.js";
import { link } from "./links.js";
import { plain, visible } from "./message.js";
import { more, send } from "./relaid.js";
import { fill } from "./words.js";

const TOLD = "clown.talk/-/console";
// Of all that is said this page wants how links are, and what it asks for.
const WISH = { events: true, snapshot: true, filters: ["$nothing"] };
const ROWS = 2000;
const CONTROLS = /([\u2400-\u2421]+)/;

const list = document.querySelector("[data-part=stream]");
const state = document.querySelector("[data-part=state]");
const past = document.querySelector("[data-part=past]");
const form = document.querySelector("[data-part=write]");
const row = document.querySelector("template[data-part=row]").content.firstElementChild;
const buttons = Object.fromEntries([...document.querySelectorAll("button[data-do]")].map((b) => [b.dataset.do, b]));

const shown = new Map();
let waiting = [];
let frame = 0;
let isPaused = false;
let isNew = false;
let isUp = false;
let isOpen = past.hidden;
let atEnd = true;

const talk = connect(take, () => {
  // Each answer to a probe comes here; only the first one after a silence is news.
  if (!isUp) talk.send(JSON.stringify(["clown.talk/-/console/set", { link: list.dataset.name }]));
  isUp = true;
}, () => (isUp = false), WISH);
buttons.pause.hidden = buttons.clear.hidden = false;
list.scrollTop = list.scrollHeight;

function take({ topic, payload }) {
  if (topic.startsWith("$hub/link/")) link(topic.slice("$hub/link/".length), payload);
  if (topic !== TOLD || payload.link !== list.dataset.name) return;
  if (payload.first) [isNew, waiting] = [true, []];
  if (payload.lost) waiting.push({ way: "lost", n: payload.lost });
  waiting.push(...payload.rows);
  if (waiting.length > ROWS) waiting.splice(0, waiting.length - ROWS);
  port(payload.open);
  if (isPaused) state.textContent = fill(more.paused, { n: waiting.length });
  else frame ||= requestAnimationFrame(flush);
}

/** Whether the port is open. */
function port(open) {
  if (open !== isOpen) announce(open ? more.opened : more.closed);
  isOpen = past.hidden = open;
  list.toggleAttribute("data-past", !open);
  form.querySelector("[data-part=open]").disabled = !open;
}

function flush() {
  frame = 0;
  if (isNew) empty();
  isNew = false;
  const fresh = document.createDocumentFragment();
  for (const one of waiting) {
    const number = one.way === "lost" ? undefined : plain(one.n);
    const before = shown.get(number);
    const element = render(one);
    if (before) before.replaceWith(element);
    else fresh.append(element);
    if (number !== undefined) shown.set(number, element);
  }
  waiting = [];
  list.append(fresh);
  while (list.childElementCount > ROWS) list.firstElementChild.remove();
  if (shown.size > 2 * ROWS) for (const [number, element] of shown) element.isConnected || shown.delete(number);
  state.textContent = list.childElementCount ? "" : more.empty;
  if (atEnd) list.scrollTop = list.scrollHeight;
}

/** A row; what happened to the port has words of its own. */
function render({ way, at, by, text, hex, n }) {
  const element = row.cloneNode(true);
  const [time, arrow, plainly, digits, remark] = element.children;
  element.dataset.way = way;
  if (at) {
    const moment = new Date(local(at));
    time.textContent = `${moment.toLocaleTimeString([], { hour12: false })}.${String(moment.getMilliseconds()).padStart(3, "0")}`;
    time.dateTime = at;
  }
  const [sign, words] = { heard: ["←", more.heard], written: ["→", more.wrote] }[way] ?? ["·", ""];
  [arrow.children[0].textContent, arrow.children[1].textContent] = [sign, words];
  if (text === undefined) {
    plainly.textContent = fill(more[way] ?? "", { n });
    plainly.removeAttribute("data-form");
    digits.remove();
  } else {
    plainly.append(...text.split(CONTROLS).map((part) => (part.match(CONTROLS) ? picture(part) : part)));
    digits.textContent = hex;
  }
  remark.textContent = by ? fill(more.by, { by: visible(by) }) : "";
  return element;
}

/** Control characters, which need to be larger to be seen. */
function picture(text) {
  const element = document.createElement("i");
  element.textContent = text;
  return element;
}

function empty() {
  shown.clear();
  list.replaceChildren();
}

// Whoever reads further up is left there.
list.addEventListener("scroll", () => {
  atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 48;
  buttons.newest.hidden = atEnd;
});

buttons.newest.addEventListener("click", () => {
  list.scrollTop = list.scrollHeight;
  list.focus({ preventScroll: true });
});

buttons.clear.addEventListener("click", () => {
  waiting = [];
  empty();
  state.textContent = isPaused ? fill(more.paused, { n: 0 }) : more.empty;
});

buttons.pause.addEventListener("click", () => {
  isPaused = !isPaused;
  buttons.pause.setAttribute("aria-pressed", String(isPaused));
  state.textContent = isPaused ? fill(more.paused, { n: 0 }) : "";
  if (!isPaused) flush();
});

const forms = [...document.querySelectorAll("a[data-as]")];
for (const choice of forms) {
  choice.addEventListener("click", (event) => {
    event.preventDefault();
    list.dataset.as = form.elements.as.value = choice.dataset.as;
    for (const other of forms) other.toggleAttribute("aria-current", other === choice);
    choice.setAttribute("aria-current", "true");
    if (atEnd) list.scrollTop = list.scrollHeight;
    // Whoever loads the page again, or in another language, sees the same.
    history.replaceState(null, "", choice.href);
    for (const back of document.querySelectorAll("input[name=back]")) back.value = location.pathname + location.search;
  });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const isWritten = await send(form, event.submitter, "/console");
  form.elements.bytes.setAttribute("aria-invalid", String(!isWritten));
  if (isWritten) form.elements.bytes.value = "";
  form.elements.bytes.focus();
});
