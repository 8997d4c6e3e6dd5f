// The NEW page: laid out by the server, and laid out again whenever a device announces itself or is decided about. What
// devices say in between is put in place here.

import { refreshAll, stamp } from "./age.js";
import { badge, connect } from "./live.js";
import { Digits, visible } from "./message.js";
import { morph } from "./morph.js";
import { word } from "./words.js";

// Values of devices and the hub's own facts, but not what else is said at the broker.
const WISH = { events: true, snapshot: false, raw: false };
// Devices that announce themselves come many at once.
const SOON_MS = 400;
const AGAIN_MS = 2000;
const PATIENCE_MS = 8000;

const more = JSON.parse(document.querySelector("meta[name=more-words]").content);
const place = document.querySelector("[data-part=shelf]");
const flash = document.querySelector("[data-part=flash]");
let isUp = false;
let timer = 0;
let isAsking = false;
let isWanted = false;

connect(take, up, down, WISH);
showCopies();

function up() {
  // Each answer to a probe comes here; only the first one after a silence is news.
  if (!isUp) soon(0);
  isUp = true;
}

function down() {
  isUp = false;
}

function take({ topic, payload }) {
  if (/^\$hub\/(standing|presence\/|definitions$|lost$)/.test(topic)) soon(SOON_MS);
  else if (!topic.startsWith("$") && !topic.startsWith("clown.talk/")) hear(topic, payload);
}

/** A device said something. */
function hear(topic, payload) {
  const isObject = payload !== null && typeof payload === "object" && !Array.isArray(payload) && !(payload instanceof Digits);
  const said = isObject ? payload : { "": payload };
  for (const line of place.querySelectorAll(`[data-topic="${CSS.escape(topic)}"]`)) {
    if (!(line.dataset.quantity in said)) continue;
    const value = said[line.dataset.quantity];
    const [bare, unit] = Array.isArray(value) && value.length === 2 && typeof value[1] === "string" ? value : [value, null];
    const text = bare !== null && typeof bare === "object" && !(bare instanceof Digits) ? JSON.stringify(bare) : word(bare instanceof Digits ? bare.text : bare);
    line.querySelector("[data-part=value]").textContent = visible(text);
    if (unit !== null) line.querySelector("[data-part=unit]").textContent = visible(unit);
    line.dataset.presence = "online";
    stamp(line.querySelector("[data-part=age]"), Date.now());
  }
}

function soon(wait) {
  isWanted = true;
  if (!isAsking) timer ||= setTimeout(renew, wait);
}

async function renew() {
  [timer, isAsking, isWanted] = [0, true, false];
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const answer = await fetch(`/fragment/new?from=${place.dataset.from}`, { cache: "no-store", signal });
    if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    morph(place, fresh.body);
    refreshAll();
    showCopies();
    badge(Number(place.querySelector("[data-total]").dataset.total));
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
    const said = await fetch("/new", { method: "POST", body: body.toString(), headers, signal, cache: "no-store" });
    if (said.redirected || !said.headers.get("content-type")?.startsWith("application/json")) throw new Error();
    const { answer, step } = await said.json();
    show(step, answer);
  } catch {
    // It may have been on its way already.
    show("unanswered", more.no_outcome);
  }
  soon(0);
});

/** What only script can do. */
function showCopies() {
  for (const button of place.querySelectorAll("[data-do=copy]")) button.hidden = false;
}

place.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-do=copy]");
  if (!button) return;
  const text = button.closest("details").querySelector("[data-part=definition]").textContent;
  try {
    await navigator.clipboard.writeText(text);
    show("confirmed", more.copied);
  } catch {
    show("refused", more.not_copied);
  }
});
