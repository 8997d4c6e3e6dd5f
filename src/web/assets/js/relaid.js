// A page that the server lays out: laid out again when something has changed, and its forms sent without leaving it.

import { refreshAll } from "./age.js";
import { morph } from "./morph.js";

const AGAIN_MS = 2000;
// A little longer than the hub waits for a device.
const PATIENCE_MS = 8000;

export const more = JSON.parse(document.querySelector("meta[name=more-words]").content);
const flash = document.querySelector("[data-part=flash]");

/** What became of the last wish. */
export function show(step, words) {
  flash.dataset.step = step;
  flash.querySelector("use").setAttribute("href", `#mark-${step}`);
  flash.hidden = false;
  flash.querySelector("[data-part=words]").textContent = words;
}

/** Sends a form without leaving the page and shows what became of it; whether it was done. */
export async function send(form, submitter, target) {
  const body = new URLSearchParams(new FormData(form, submitter));
  show("pending", more.sending);
  try {
    const headers = { accept: "application/json", "content-type": "application/x-www-form-urlencoded" };
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const said = await fetch(target, { method: "POST", body: body.toString(), headers, signal, cache: "no-store" });
    if (said.redirected || !said.headers.get("content-type")?.startsWith("application/json")) throw new Error();
    const { answer, step } = await said.json();
    show(step, answer);
    return step === "confirmed";
  } catch {
    // It may have been on its way already.
    show("unanswered", more.no_outcome);
    return false;
  }
}

/** Gives the focus to the first of these parts that is still there, so that a keyboard need not begin anew. */
function inherit(heirs) {
  const ready = (part) => (part.matches("button, summary, input, a") ? part : part.querySelector("[tabindex='-1'], summary, button"));
  const heir = heirs.filter((part) => part.isConnected).map(ready).find((part) => part !== null);
  (heir ?? document.querySelector("h1")).focus();
}

/**
 * The part `place`, laid out as `address()` says. Changes that come within `soonMs` are one; `laidOut` is called after each
 * time, `confirmed` with a form whose wish was done. `take` what changed with `soon()`; `up` and `down` follow the connection.
 */
export function relaid({ place, address, target, soonMs, laidOut = () => {}, confirmed = () => {} }) {
  let isUp = false;
  let timer = 0;
  let isAsking = false;
  let isWanted = false;

  function soon(wait = soonMs) {
    isWanted = true;
    if (!isAsking) timer ||= setTimeout(renew, wait);
  }

  /** Who may have the focus when the part that has it leaves: its neighbours, then what is around them, and so on. */
  function heirs(focused) {
    const all = [];
    for (let part = focused; part !== place; part = part.parentElement) {
      if (part.dataset.key === undefined) continue;
      const siblings = [...part.parentElement.children].filter((one) => one.className === part.className && one.nodeName === part.nodeName);
      const at = siblings.indexOf(part);
      all.push(...siblings.slice(at + 1), ...siblings.slice(0, at).reverse(), part);
    }
    return all;
  }

  async function renew() {
    [timer, isAsking, isWanted] = [0, true, false];
    try {
      const answer = await fetch(address(), { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
      if (!answer.ok || answer.redirected) throw new Error(answer.statusText);
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      const focused = place.contains(document.activeElement) ? document.activeElement : null;
      const next = focused ? heirs(focused) : [];
      morph(place, fresh.body);
      if (focused && !focused.isConnected) inherit(next);
      refreshAll();
      laidOut();
      delete place.dataset.old;
    } catch {
      // What is shown may be wrong from now on; it must not look live.
      place.dataset.old = "";
      isWanted = true;
    }
    isAsking = false;
    if (isWanted && isUp) soon("old" in place.dataset ? AGAIN_MS : soonMs);
  }

  place.addEventListener("submit", async (event) => {
    const form = event.target;
    if (!form.matches("form[data-part=act]")) return;
    event.preventDefault();
    if (await send(form, event.submitter, target)) confirmed(form);
    soon(0);
  });

  return {
    soon,
    up() {
      // Each answer to a probe comes here; only the first one after a silence is news.
      if (!isUp) soon(0);
      isUp = true;
    },
    down() {
      isUp = false;
    },
  };
}
