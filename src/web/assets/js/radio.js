// The RADIO page: laid out by the server, and laid out again whenever a link tells that something has changed.

import { refreshAll } from "./age.js";
import { connect } from "./live.js";
import { morph } from "./morph.js";

// Of all that is said this page wants the hub's own facts only.
const WISH = { events: true, snapshot: false, filters: ["$nothing"] };
// Nodes that speak at the same moment are one change; nobody reads faster than this.
const SOON_MS = 150;
const AGAIN_MS = 2000;
// A little longer than the hub waits for the gateway.
const PATIENCE_MS = 8000;

const more = JSON.parse(document.querySelector("meta[name=more-words]").content);
const place = document.querySelector("[data-part=radio]");
const flash = document.querySelector("[data-part=flash]");
const links = new Map();
let isUp = false;
let timer = 0;
let isAsking = false;
let isWanted = false;

connect(take, up, down, WISH);

function up() {
  // Each answer to a probe comes here; only the first one after a silence is news.
  if (!isUp) soon(0);
  isUp = true;
}

function down() {
  isUp = false;
}

function take({ topic, payload }) {
  if (topic.startsWith("$hub/link/")) {
    const state = JSON.stringify([payload?.state, payload?.code, payload?.reason]);
    if (links.get(topic) === state) return;
    links.set(topic, state);
    soon(SOON_MS);
  } else if (/^\$hub\/(radio\/|presence\/|lost$)/.test(topic)) {
    soon(SOON_MS);
  }
}

function soon(wait) {
  isWanted = true;
  if (!isAsking) timer ||= setTimeout(renew, wait);
}

async function renew() {
  [timer, isAsking, isWanted] = [0, true, false];
  try {
    const answer = await fetch("/fragment/radio", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    morph(place, fresh.body);
    refreshAll();
    delete place.dataset.old;
  } catch {
    // What is shown may be wrong from now on; it must not look live.
    place.dataset.old = "";
    isWanted = true;
  }
  isAsking = false;
  if (isWanted && isUp) soon("old" in place.dataset ? AGAIN_MS : SOON_MS);
}

function show(step, words) {
  flash.dataset.step = step;
  flash.querySelector("use").setAttribute("href", `#mark-${step}`);
  flash.hidden = false;
  flash.querySelector("[data-part=words]").textContent = words;
}

place.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.matches("form[data-part=act]")) return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  show("pending", more.sending);
  try {
    const headers = { accept: "application/json", "content-type": "application/x-www-form-urlencoded" };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const said = await fetch("/radio", { method: "POST", body: body.toString(), headers, signal, cache: "no-store" });
    if (said.redirected || !said.headers.get("content-type")?.startsWith("application/json")) throw new Error();
    const { answer, step } = await said.json();
    show(step, answer);
    if (step === "confirmed") settle(form);
  } catch {
    // It may have been on its way already.
    show("unanswered", more.no_outcome);
  }
  soon(0);
});

/** What was typed was done: from now on the fields show what the gateway tells. */
function settle(form) {
  const field = form.elements.alias ?? form.querySelector("input[name=id]:not([type=hidden])");
  if (!field) return;
  field.defaultValue = field.name === "alias" ? field.value : "";
  form.reset();
}
