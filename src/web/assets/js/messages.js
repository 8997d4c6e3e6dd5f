// The MESSAGES page: a look at the hub's record of every topic, over the same endpoint that a script may use
// (`clown.talk/-/messages/set`), beside one topic and a form to publish.

import { refreshAll } from "./age.js";
import { announce, connect } from "./live.js";
import { plain, visible } from "./message.js";
import { suggest, takePublish } from "./publish.js";
import { keyOf, more } from "./rows.js";
import { Topic } from "./topic.js";
import { Tree } from "./tree.js";
import { fill } from "./words.js";

const TOLD = "clown.talk/-/messages";
// Of all that is said this page wants nothing but what it asks for.
const WISH = { events: false, snapshot: false, filters: ["$nothing"] };
const TYPING_MS = 200;
const PARTS = ["search", "link", "kind"];

const form = document.querySelector("[data-part=tools]");
const state = document.querySelector("[data-part=state]");
const nothing = document.querySelector("[data-part=nothing]");
const buttons = Object.fromEntries([...form.querySelectorAll("button[data-do]")].map((b) => [b.dataset.do, b]));
let paused = null;
let messages = 0;
let typing = 0;
let isUp = false;
// Whether somebody waits for what a search finds.
let isAsked = false;

const topic = new Topic(document.querySelector("[data-part=about]"), close);
const tree = new Tree(document.querySelector("[data-part=tree]"), ask, (row) => {
  look(row.id === undefined ? `topic=${encodeURIComponent(row.topic)}` : `id=${row.id}`);
  if (row.id === undefined) suggest(row.topic);
});
if (topic.query) tree.mark(topic.place.id ?? topic.place);
if (sought().search) tree.search(true);
takePublish();
const talk = connect(take, () => {
  // Each answer to a probe is a `config/ok`; only the first one after a silence is news.
  if (!isUp) tree.renew();
  isUp = true;
}, () => (isUp = false), WISH);

function sought() {
  const { search, link, kind } = form.elements;
  return { search: search.value.trim(), link: link.value, kind: kind.value };
}

function ask(wish) {
  talk.send(JSON.stringify(["clown.talk/-/messages/set", { ...wish, ...sought(), topic: topic.place }]));
}

function take({ topic: about, payload }) {
  if (about !== TOLD) return;
  messages = plain(payload.messages);
  const isTaken = tree.take(payload);
  if (paused !== null) state.textContent = fill(more.paused, { n: Math.max(0, messages - paused) });
  if (paused !== null || !isTaken) return;
  state.textContent = visible(facts(payload).join(" · "));
  nothing.hidden = !tree.isEmpty;
  if (isAsked) announce(fill(more.found, { n: payload.topics }));
  isAsked = false;
  if (payload.topic) topic.news(plain(payload.topic.number));
}

function facts(payload) {
  const isSearch = Object.values(sought()).some(Boolean);
  const facts = [fill(isSearch ? more.found_of : more.facts, { topics: payload.topics, messages })];
  for (const [text, n] of [[more.missed, payload.missed], [more.forgotten, payload.forgotten]]) {
    if (plain(n) > 0) facts.push(fill(text, { n }));
  }
  return facts;
}

/** What is looked for, as part of an address. */
function query() {
  const parts = Object.entries(sought()).filter(([, value]) => value);
  const { at } = tree;
  if (at !== undefined) parts.push(at.id === undefined ? ["at", at] : ["at_id", at.id]);
  return new URLSearchParams(parts).toString();
}

/** The address follows what is seen, so that it can be kept and gone back to; the files hold what is looked for. */
function follow(isNew) {
  const kept = query();
  const whole = [kept, topic.query].filter(Boolean).join("&");
  const address = `/messages${whole && `?${whole}`}`;
  if (isNew) history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  for (const back of document.querySelectorAll("input[name=back]")) back.value = address;
  for (const link of document.querySelectorAll("a[data-export]")) {
    const before = new URL(link.href).searchParams;
    link.search = `?span=${before.get("span")}&as=${before.get("as")}${kept && `&${kept}`}`;
  }
}

/** Looks at a topic, or at none. */
function look(wanted, isNew = true) {
  topic.open(wanted);
  tree.mark(wanted ? (topic.place.id ?? topic.place) : null);
  tree.renew();
  if (isNew) follow(true);
}

/** Back to the tree, and to the row one came from. */
function close() {
  look("");
  tree.focus();
}

function search() {
  clearTimeout(typing);
  isAsked = true;
  tree.search(sought().search !== "");
}

addEventListener("popstate", () => {
  const address = new URLSearchParams(location.search);
  const before = query();
  for (const part of PARTS) form.elements[part].value = address.get(part) ?? "";
  if (query() !== before) search();
  const place = ["id", "topic"].find((name) => address.has(name));
  look(place ? `${place}=${encodeURIComponent(address.get(place))}` : "", false);
  follow(false);
});

form.addEventListener("submit", (event) => {
  event.preventDefault();
  search();
});

form.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    follow(false);
    search();
  }, TYPING_MS);
});

for (const button of Object.values(buttons)) button.hidden = false;
buttons.expand.addEventListener("click", () => tree.openAll(true));
buttons.collapse.addEventListener("click", () => tree.openAll(false));

buttons.pause.addEventListener("click", () => {
  paused = paused === null ? messages : null;
  buttons.pause.setAttribute("aria-pressed", String(paused !== null));
  state.textContent = paused === null ? "" : fill(more.paused, { n: 0 });
  tree.hold(paused !== null);
});

// A rate falls while a topic is silent, not while nobody can hear it.
setInterval(() => document.hidden || !isUp || tree.refresh(), 1000);
refreshAll();
