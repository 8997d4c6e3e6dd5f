// The MESSAGES page: a look at the hub's record of every topic, over the same endpoint that a script may use
// (`clown.talk/-/messages/set`), beside one topic and a form to publish.

import { refreshAll } from "./age.js";
import { connect } from "./live.js";
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

const form = document.querySelector("[data-part=tools]");
const state = document.querySelector("[data-part=state]");
const nothing = document.querySelector("[data-part=nothing]");
const buttons = Object.fromEntries([...form.querySelectorAll("button[data-do]")].map((b) => [b.dataset.do, b]));
let paused = null;
let messages = 0;
let typing = 0;
let isUp = false;

const topic = new Topic(document.querySelector("[data-part=about]"), () => look(""), (text) => (state.textContent = text));
const tree = new Tree(document.querySelector("[data-part=tree]"), ask, (row) => {
  look(row.id === undefined ? `topic=${encodeURIComponent(row.topic)}` : `id=${row.id}`);
  tree.mark(keyOf(row));
  if (row.id === undefined) suggest(row.topic);
});
if (topic.query) tree.mark(topic.place.id ?? topic.place);
if (form.elements.search.value) tree.search(true);
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
  const facts = [fill(more.facts, { topics: payload.topics, messages })];
  for (const [text, n] of [[more.missed, payload.missed], [more.forgotten, payload.forgotten]]) {
    if (plain(n) > 0) facts.push(fill(text, { n }));
  }
  state.textContent = visible(facts.join(" · "));
  nothing.hidden = !tree.isEmpty;
  if (payload.topic) topic.news(plain(payload.topic.number));
}

/** Looks at a topic, or at none; the address follows, so that it can be kept and gone back to. */
function look(query, isNew = true) {
  const { search, link, kind } = sought();
  const parts = Object.entries({ search, link, kind }).filter(([, value]) => value);
  const address = new URLSearchParams(parts).toString();
  const whole = [address, query].filter(Boolean).join("&");
  if (isNew) history.pushState(null, "", `/messages${whole && `?${whole}`}`);
  topic.open(query);
  if (!query) tree.mark(null);
  tree.renew();
  exportsFollow(address);
}

/** The files hold what is looked for. */
function exportsFollow(address) {
  for (const link of document.querySelectorAll("a[data-export]")) {
    const kept = new URL(link.href).searchParams;
    link.search = `?span=${kept.get("span")}&as=${kept.get("as")}${address && `&${address}`}`;
  }
}

addEventListener("popstate", () => {
  const address = new URLSearchParams(location.search);
  const query = address.has("id") ? `id=${address.get("id")}` : address.has("topic") ? `topic=${encodeURIComponent(address.get("topic"))}` : "";
  look(query, false);
  tree.mark(address.get("id") ?? address.get("topic"));
});

form.addEventListener("submit", (event) => event.preventDefault());

form.addEventListener("input", () => {
  clearTimeout(typing);
  typing = setTimeout(() => {
    const wanted = sought();
    exportsFollow(new URLSearchParams(Object.entries(wanted).filter(([, value]) => value)).toString());
    tree.search(wanted.search !== "");
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

setInterval(() => document.hidden || tree.refresh(), 1000);
refreshAll();
