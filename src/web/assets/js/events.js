// The EVENTS page: what is new waits behind a button, so that nobody who reads is moved; at the top it comes by itself.

import { local } from "./age.js";
import { announce, connect } from "./live.js";
import { fill } from "./words.js";

// Of all that is said this page wants the hub's own facts only.
const WISH = { events: true, snapshot: false, filters: ["$nothing"] };
const MOST = 500;
const PATIENCE_MS = 8000;
const AGAIN_MS = 2000;

const list = document.querySelector("[data-part=events]");
const button = document.querySelector("[data-part=fresh]");
const empty = document.querySelector("[data-part=empty]");
// Only the page with the newest events grows.
const grows = list.dataset.first === "yes";

let waiting = [];
let seen = newest(list);
let known = seen;
let isAsking = false;
// Rows are missing between what is shown and what waits.
let isBroken = false;

function newest(element) {
  return Number(element.querySelector("[data-seq]")?.dataset.seq ?? 0);
}

/** Times in the zone of the reader. */
function localise(root) {
  const today = new Date().toDateString();
  for (const time of root.querySelectorAll(".event time:not([title])")) {
    const at = new Date(local(time.dateTime));
    time.title = time.dateTime;
    const clock = at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit" });
    const day = at.toLocaleDateString([], { day: "numeric", month: "numeric", year: "2-digit" });
    time.textContent = at.toDateString() === today ? clock : `${day} ${clock}`;
  }
}

async function ask() {
  if (isAsking || !grows || known <= seen) return;
  isAsking = true;
  const upTo = known;
  try {
    const query = list.dataset.query ? `${list.dataset.query}&` : "";
    const answer = await fetch(`/fragment/events?${query}after=${seen}`, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("ol");
    // More than a page at once: the page will begin anew rather than with a hole.
    if ("more" in fresh.dataset) [waiting, isBroken] = [[], true];
    seen = Math.max(upTo, newest(fresh));
    waiting = [...fresh.children, ...waiting];
    offer();
  } catch {
    setTimeout(ask, AGAIN_MS);
  }
  isAsking = false;
  if (known > seen) ask();
}

/** Whoever reads at the top and has nothing unfolded sees new rows at once. */
function offer() {
  const reads = window.scrollY > 80 || list.querySelector("details[open]") || list.contains(document.activeElement);
  if (waiting.length && !reads) return reveal();
  button.hidden = waiting.length === 0;
  const words = fill(button.dataset.words, { n: waiting.length });
  if (!button.hidden && button.textContent !== words) announce(words);
  button.textContent = words;
}

function reveal() {
  for (const row of list.querySelectorAll("[data-new]")) delete row.dataset.new;
  for (const row of waiting) row.dataset.new = "";
  if (isBroken) list.replaceChildren();
  isBroken = false;
  list.prepend(...waiting);
  localise(list);
  waiting = [];
  while (list.childElementCount > MOST) list.lastElementChild.remove();
  button.hidden = true;
  empty.hidden = list.childElementCount > 0;
}

button.addEventListener("click", () => {
  reveal();
  document.querySelector("h1").focus();
  window.scrollTo({ top: 0 });
});

connect(({ topic, payload }) => {
  if (topic !== "$hub/events") return;
  known = Math.max(known, Number(payload?.seq ?? 0));
  ask();
}, undefined, undefined, WISH);

localise(document);
