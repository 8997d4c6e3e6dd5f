// Devices and properties that appear while the page is open: the server renders them, the page puts them in place.

import { refreshAll } from "./age.js";
import { badge } from "./live.js";
import { adopt, all, drop, find, ofTopic, release } from "./tiles.js";

// A little longer than the hub waits for a device.
const PATIENCE_MS = 8000;

const asked = new Set();
const soon = new Set();
let timer = 0;
let isAsking = false;
let isWanted = false;
let isRenewed = false;
// What was heard while an answer was under way: it is newer than what the server renders.
const meanwhile = [];

/** Takes a message into account that came just now; `apply` is done again if what is asked for now comes from before it. */
export function overtake(apply) {
  if (isAsking) meanwhile.push(apply);
}

/** A message came that no tile shows. */
export function ask(topic) {
  if (asked.has(topic) || /\/config\/(ok|error|list\/ok|scan\/ok)$/.test(topic)) return;
  asked.add(topic);
  // The first word of a device is followed by others; one question for all of them.
  soon.add(topic);
  fetchSoon();
}

/** The connection is gone: what was heard on it is news no more. */
export function letPass() {
  meanwhile.length = 0;
}

/** The hub knows nothing of a property any more; the server may list it anew. */
export function forget(topic) {
  drop(topic);
  asked.delete(topic);
  soon.add(topic);
  fetchSoon();
}

/**
 * Tiles whose command has an end that this page did not hear, and those of properties that are not among the `present`
 * any more.
 */
export function settle(present) {
  for (const tile of all()) {
    const isGone = tile.presence !== "unknown" && !present.has(tile.topic);
    if (isGone || (tile.command && (tile.fixed || tile.command.step === "lost"))) soon.add(tile.topic);
  }
  if (soon.size) fetchSoon(0);
}

/** `$hub/definitions`: other ones are in force, so that anything may be shown in another way; or a file has a mistake. */
export function renew(fact) {
  if (!fact || fact.since === definitions().dataset.since) return;
  for (const tile of all()) soon.add(tile.topic);
  isRenewed = true;
  fetchSoon();
}

/**
 * A device is called otherwise, and the server knows how one without a name is called; or it was accepted or ignored, and
 * the server knows where it stands now.
 */
export function lookAgain() {
  fetchSoon();
}

function definitions() {
  return document.querySelector("[data-part=definitions]");
}

/** One question at a time: hundreds of devices take the server and the page longer than they take to announce themselves. */
function fetchSoon(wait = 150) {
  isWanted = true;
  if (!isAsking) timer ||= setTimeout(fetchNew, wait);
}

async function fetchNew() {
  const topics = [...soon];
  const anew = isRenewed;
  soon.clear();
  [timer, isAsking, isWanted, isRenewed] = [0, true, false, false];
  try {
    const answer = await fetch("/fragment/devices", { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok) throw new Error(answer.statusText);
    place(new DOMParser().parseFromString(await answer.text(), "text/html"), new Set(topics), anew);
    for (const apply of meanwhile) apply();
  } catch {
    isRenewed ||= anew;
    // Asked again with the next message of the topic.
    for (const topic of topics) asked.delete(topic);
  }
  isAsking = false;
  meanwhile.length = 0;
  if (isWanted) fetchSoon();
}

function place(fresh, topics, anew) {
  definitions().replaceWith(document.importNode(fresh.querySelector("[data-part=definitions]"), true));
  const listed = new Set([...fresh.querySelectorAll(".tile")].map((tile) => tile.dataset.topic));
  for (const topic of topics) {
    if (listed.has(topic) || !ofTopic(topic).length) continue;
    drop(topic);
    asked.delete(topic);
  }
  const [shown, now] = [shownPart(document), shownPart(fresh)];
  if (shown.dataset.revision === now.dataset.revision) lineUp(fresh, topics, anew);
  else rearrange(shown, now);
  const waiting = document.querySelectorAll("[data-part=newcomers] .device").length;
  badge(waiting);
  showParts(waiting);
  refreshAll();
}

function shownPart(root) {
  return root.querySelector("[data-part=shown]");
}

/** Brings each group of devices to what the server shows; the arrangement is the same. */
function lineUp(fresh, topics, anew) {
  const sections = new Map([...fresh.querySelectorAll(".device")].map((section) => [section.dataset.base, section]));
  for (const known of document.querySelectorAll(".devices > .device")) {
    const section = sections.get(known.dataset.base);
    if (!section || "new" in section.dataset !== "new" in known.dataset) leave(known);
  }
  for (const group of document.querySelectorAll(".devices[data-group]")) {
    const now = fresh.querySelector(`.devices[data-group="${group.dataset.group}"]`);
    if (group.dataset.group !== "favourites") line(group, now, topics, anew);
    else if (anew) replace(group, now);
    else fillParts(group, now, topics);
  }
}

/** The person arranged the dashboard otherwise, in another window or in the file: all of it is put in place anew. */
function rearrange(shown, now) {
  const opened = [...shown.querySelectorAll("details.about[open]")].map((about) => about.closest(".device").dataset.base);
  const added = replace(shown, now);
  for (const about of added.querySelectorAll("details.about")) about.open = opened.includes(about.closest(".device").dataset.base);
}

/** Parts without a device are not shown, nor is the way to them; a single part needs no heading. */
function showParts(waiting) {
  const rooms = document.querySelector("[data-part=rooms]");
  for (const room of document.querySelectorAll(".room")) {
    room.hidden = room.querySelector(".device, .tile") === null;
    rooms.querySelector(`[href="#${room.id}"]`).hidden = room.hidden;
  }
  rooms.hidden = document.querySelector(".room:not([hidden], #others)") === null;
  document.querySelector("[data-part=apart]").hidden = rooms.hidden;
  document.querySelector("[data-part=newcomers]").hidden = waiting === 0;
  const isEmpty = document.querySelector(".room:not([hidden])") === null && waiting === 0;
  const arrange = document.querySelector("[data-part=arrange]");
  // Everything may be hidden on purpose; then the way back is there.
  const isBare = isEmpty && arrange.children.length === 1;
  arrange.hidden = isBare;
  document.querySelector("[data-part=lesson]").hidden = !isBare;
}

/** A device is shown elsewhere, or not at all any more. */
function leave(known) {
  for (const tile of [...all()]) if (known.contains(tile.element)) release(tile);
  known.remove();
}

/** Brings one group of devices to what the server shows. */
function line(group, fresh, topics, anew) {
  const shown = new Map([...group.children].map((child) => [child.dataset.base, child]));
  let before = null;
  for (const section of fresh.children) {
    const known = shown.get(section.dataset.base);
    if (known) call(known, section);
    if (known && anew) {
      before = retake(known, section);
    } else if (known) {
      fillParts(known, section, topics);
      before = known;
    } else {
      const added = document.importNode(section, true);
      if (before) before.after(added);
      else group.prepend(added);
      adopt(added);
      forgetLink(added);
      before = added;
    }
  }
}

/** Calls a device as the server calls it now. */
function call(known, section) {
  known.dataset.given = section.dataset.given;
  const [heading, fresh] = [known.querySelector("h2"), section.querySelector("h2")];
  if (heading.textContent === fresh.textContent) return;
  heading.replaceWith(document.importNode(fresh, true));
  known.setAttribute("aria-label", section.getAttribute("aria-label"));
}

/** Shows a device as its definition has it now. */
function retake(known, section) {
  const isOpen = known.querySelector("details.about")?.open;
  const added = replace(known, section);
  if (isOpen) added.querySelector("details.about")?.setAttribute("open", "");
  return added;
}

/** Puts something in the place of its older self, with all its tiles, without taking the focus away from a person's hand. */
function replace(known, fresh) {
  const focus = document.activeElement?.closest?.(".tile");
  const held = focus && known.contains(focus) ? [focus.dataset.topic, focus.dataset.key] : null;
  for (const tile of [...all()]) if (known.contains(tile.element)) release(tile);
  const added = document.importNode(fresh, true);
  known.replaceWith(added);
  adopt(added);
  if (held) find(...held)?.element.querySelector("button, input")?.focus();
  return added;
}

function fillParts(known, fresh, topics) {
  for (const part of [".controls", ".readings"]) fillIn(known.querySelector(part), fresh.querySelector(part), topics);
}

/** A link that brought nothing yet was shown by itself; from now on its device shows it. */
function forgetLink(section) {
  const name = section.querySelector("[data-link]")?.dataset.link;
  if (name !== undefined) document.querySelector(`.links [data-link="${CSS.escape(name)}"]`)?.remove();
}

function fillIn(group, fresh, topics) {
  let before = null;
  for (const tile of fresh.children) {
    if (tile.matches(".group")) {
      before = gather(group, tile, topics, before);
      continue;
    }
    const { topic, key } = tile.dataset;
    const known = find(topic, key);
    if (!known || (topics.has(topic) && known.command)) {
      const added = document.importNode(tile, true);
      const holder = document.createElement("div");
      holder.append(added);
      adopt(holder);
      if (known) swap(known.element, added);
      else if (before) before.after(added);
      else group.prepend(added);
      before = added;
    } else {
      before = known.element;
    }
  }
}

/** Several tiles with one frame around them. */
function gather(group, fresh, topics, before) {
  const known = group.querySelector(`:scope > .group[data-of="${CSS.escape(fresh.dataset.of)}"]`);
  if (known) {
    fillIn(known.querySelector(".parts"), fresh.querySelector(".parts"), topics);
    return known;
  }
  for (const tile of ofTopic(fresh.dataset.of)) {
    release(tile);
    tile.element.remove();
  }
  const added = document.importNode(fresh, true);
  if (before) before.after(added);
  else group.prepend(added);
  adopt(added);
  return added;
}

/** Puts a tile in the place of its older self without taking the focus away from a person's hand. */
function swap(old, added) {
  const focused = old.contains(document.activeElement) ? document.activeElement : null;
  const index = focused ? [...old.querySelectorAll("button, input")].indexOf(focused) : -1;
  old.replaceWith(added);
  added.querySelectorAll("button, input")[index]?.focus();
}
