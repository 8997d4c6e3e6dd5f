// The HISTORY page: graphs of what was recorded, which go on with what is said now.
//
// The server lays out everything in words (`/fragment/history`) and thins the numbers (`/api/history/chart`); this page draws
// them, turns to another time at once and asks again when it has come to rest.

import { refreshAll } from "./age.js";
import { span } from "./axes.js";
import { Graphs } from "./chart.js";
import { choose, chosen } from "./choose.js";
import { localize, point } from "./facts.js";
import { gestures } from "./gestures.js";
import { announce, connect } from "./live.js";
import { plain } from "./message.js";
import { morph } from "./morph.js";
import { save } from "./picture.js";
import { View, now } from "./view.js";
import { fill } from "./words.js";

const more = JSON.parse(document.querySelector("meta[name=more-words]").content);
const PATIENCE_MS = 15000;
// What is beside the time that is shown, in shares of it: there when somebody moves, and lines come in from the edge.
const BESIDE = 0.3;
const [SOONEST_MS, LATEST_MS] = [10_000, 120_000];

const sight = document.querySelector("[data-part=sight]");
const place = document.querySelector("[data-part=graphs]");
const trouble = document.querySelector("[data-part=trouble]");

let view = new View(shown(), Number(sight.dataset.from), Number(sight.dataset.to), sight.dataset.live !== undefined);
let asked = new AbortController();
let loaded = 0;
let heardOf = "";
let talk = null;
// The moment under the cursor, if there is one.
let pointed = null;

const graphs = new Graphs(place, {
  now,
  pointed(at) {
    pointed = at;
    point(graphs.lines, at);
  },
  selected: (from, to) => go(view.at(from, to)),
  full: () => load(),
});

const hands = gestures(place, {
  view: () => view.range,
  area: () => graphs.area(),
  move(from, to) {
    view = view.at(from, to);
    graphs.look(...view.range);
  },
  settle: () => go(view),
  ends(isFirst) {
    const [from, to] = view.range;
    const edge = isFirst ? Number(sight.dataset.first) || from : now();
    view = isFirst ? view.at(edge, edge + to - from) : view.at(edge - (to - from), edge);
    graphs.look(...view.range);
  },
  back: () => hands.zoom(0.5),
});

/** The series that the server laid out, in their order. */
function shown() {
  return [...sight.querySelectorAll("[data-part=chips] [data-series]")].map(({ dataset }) => dataset.series);
}

/** Shows another view; `isNew` is a step that can be gone back. */
function go(next, isNew = true) {
  view = next;
  follow(isNew);
  graphs.look(...view.range);
  load(isNew);
}

function follow(isNew) {
  const address = `/history?${view.query}`;
  history[isNew && address !== location.pathname + location.search ? "pushState" : "replaceState"](view.kept, "", address);
  for (const back of document.querySelectorAll("input[name=back]")) back.value = address;
}

/** Asks the hub for what is to be seen; the newest question alone is answered. */
async function load(isSaid = false) {
  asked.abort();
  asked = new AbortController();
  const signal = AbortSignal.any([asked.signal, AbortSignal.timeout(PATIENCE_MS)]);
  const { names, query } = view;
  const [from, to] = view.range;
  place.setAttribute("aria-busy", "true");
  try {
    const words = fetchText(`/fragment/history?${query}`, signal);
    const numbers = names.length ? fetchText(chartAddress(names, from, to), signal).then(JSON.parse) : null;
    // Whichever fails first; the other one must not fail unheard.
    const [text, chart] = await Promise.all([words, numbers]);
    layOut(new DOMParser().parseFromString(text, "text/html"));
    graphs.show(chart ?? { series: [], pauses: [] }, looks());
    graphs.look(...view.range);
    point(graphs.lines, pointed);
    tell("");
    loaded = Date.now();
    if (isSaid) announce(span(from, to));
    listen();
  } catch (error) {
    if (error.name === "AbortError") return;
    tell(error.told ?? more.failed);
  }
  place.removeAttribute("aria-busy");
  requestAnimationFrame(() => (place.dataset.drawn = query));
}

function chartAddress(names, from, to) {
  const beside = (to - from) * BESIDE;
  const width = Math.max(200, place.clientWidth) * (1 + 2 * BESIDE);
  const series = names.map((name) => `series=${encodeURIComponent(name)}`).join("&");
  return `/api/history/chart?${series}&from=${Math.floor(from - beside)}&to=${Math.ceil(to + beside)}&points=${Math.round(width)}`;
}

async function fetchText(address, signal) {
  const answer = await fetch(address, { cache: "no-store", signal });
  if (answer.redirected) location.reload();
  const text = await answer.text();
  if (answer.ok) return text;
  const told = text.startsWith("{") ? JSON.parse(text) : {};
  throw Object.assign(new Error(answer.statusText), { told: told.error && `${told.error}. ${told.hint}` });
}

/** Puts what the server laid out in its places. */
function layOut(fresh) {
  for (const part of ["steer", "chips", "facts"]) {
    morph(...[sight, fresh].map((root) => root.querySelector(`[data-part=${part}]`)));
  }
  sight.querySelector("[data-part=samples]").href = fresh.querySelector("[data-part=samples]").getAttribute("href");
  sight.dataset.first = fresh.querySelector("[data-first]")?.dataset.first ?? "";
  document.querySelector("[data-part=start]").hidden = view.names.length > 0;
  document.querySelector("[data-part=stage]").hidden = view.names.length === 0;
  choose(view.names);
  localize(sight);
  refreshAll();
}

/** How each series looks, as the server says it beside its name. */
function looks() {
  const chips = [...sight.querySelectorAll("[data-part=chips] [data-series]")];
  return new Map(
    chips.map(({ dataset: { series, topic, quantity, label, ink, form, meanings } }) => [
      series,
      { topic, quantity, label, ink: Number(ink), form, meanings: JSON.parse(meanings) },
    ]),
  );
}

function tell(words) {
  trouble.hidden = words === "";
  trouble.querySelector("[data-part=words]").textContent = words;
}

/** Listens to the topics that are shown, and to no others. */
function listen() {
  const topics = [...new Set(graphs.lines.map(({ topic }) => topic))];
  const filters = topics.length ? topics : ["$nothing"];
  const key = JSON.stringify(filters);
  if (key === heardOf) return;
  heardOf = key;
  const wish = { events: false, snapshot: false, filters };
  if (talk) talk.wish(wish);
  else talk = connect(hear, () => {}, () => {}, wish);
}

function hear({ topic, payload }) {
  if (topic.startsWith("$hub/") || topic.startsWith("clown.talk/")) return;
  for (const one of graphs.lines) {
    if (one.topic !== topic) continue;
    const said = one.quantity === "" ? payload : payload?.[one.quantity];
    const value = meant(one, Array.isArray(said) ? said[0] : said);
    if (value !== undefined) graphs.hear(one.series, now(), value);
  }
  if (view.isLive) point(graphs.lines, pointed);
}

/** A value as the chart has it: a number, 1 and 0 for on and off, the number of a word. */
function meant(one, said) {
  if (one.kind === "truth") return typeof said === "boolean" ? Number(said) : undefined;
  if (one.kind === "number") return plain(said);
  const known = Object.entries(one.words ?? {}).find(([, word]) => word === said);
  return known && Number(known[0]);
}

// The clock goes on: the graph moves by a pixel at a time, and the hub is asked again from time to time.
setInterval(() => {
  if (!view.isLive || document.hidden || view.names.length === 0) return;
  graphs.look(...view.range);
  const often = Math.min(LATEST_MS, Math.max(SOONEST_MS, view.length / 200));
  if (Date.now() - loaded > often && !place.hasAttribute("aria-busy")) load();
}, 1000);

sight.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-do], a[data-span]");
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  const { do: what, span: length } = link.dataset;
  if (what === "remove") go(view.of(view.names.filter((name) => name !== link.closest("[data-series]").dataset.series)));
  else if (what === "all") go(view.at(Number(sight.dataset.first) || view.range[0], now()));
  else if (length) go(view.at(now() - Number(length), now()));
  else go(steered(what));
});

function steered(what) {
  const [from, to] = view.range;
  if (what === "now") return view.at(now() - (to - from), now());
  const by = { in: () => hands.zoom(2), out: () => hands.zoom(0.5), earlier: () => hands.pan(-0.5), later: () => hands.pan(0.5) };
  by[what]();
  return view;
}

sight.addEventListener("submit", (event) => {
  event.preventDefault();
  const { from, to } = event.target.elements;
  const [begin, end] = [from, to].map((field) => new Date(field.value).getTime());
  if (end > begin) go(view.at(begin, end));
  else to.setAttribute("aria-invalid", "true");
});

document.querySelector("[data-part=chooser]").addEventListener("change", (event) => {
  if (!event.target.matches("[name=series]")) return;
  const names = chosen();
  const most = Number(sight.dataset.most);
  if (names.length > most) {
    event.target.checked = false;
    announce(fill(more.too_many, { n: most }));
    return;
  }
  // What was chosen before keeps its place and its ink.
  go(view.of([...view.names.filter((name) => names.includes(name)), ...names.filter((name) => !view.names.includes(name))]));
});

document.querySelector("[data-do=picture]").addEventListener("click", () => save(graphs, span(...view.range)));

addEventListener("popstate", ({ state }) => {
  if (!state) return;
  view = View.of(state);
  graphs.look(...view.range);
  load(true);
});

localize(sight);
document.documentElement.dataset.script = "";
follow(false);
load();
