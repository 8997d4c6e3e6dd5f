// The page of a device: its tiles live as on the dashboard, everything else laid out again when it says something.

import { refreshAll } from "./age.js";
import { lose, step, takeForms } from "./commands.js";
import { link } from "./links.js";
import { connect } from "./live.js";
import { more, relaid, show } from "./relaid.js";
import "./spark.js";
import { adopt, all, hear, onUnknown, presence, release } from "./tiles.js";

// A little longer than the hub waits for a device.
const PATIENCE_MS = 8000;
const GRAPH_MS = 60_000;

const place = document.querySelector("[data-part=device]");
const { base } = place.dataset;
const address = `/device${location.search}`;
let timer = 0;

const page = relaid({
  place,
  address: () => `/fragment/device?base=${encodeURIComponent(base)}`,
  target: "/device",
  // Nobody reads lines faster than this.
  soonMs: 400,
});

adopt(document);
onUnknown((topic) => {
  // Answers to requests have no tiles.
  if (topic.startsWith(`${base}/`) && !/\/(ok|error)$/.test(topic)) renewSoon();
});
takeForms(
  connect(
    take,
    () => {
      page.up();
      renewSoon(0);
    },
    () => {
      page.down();
      lose();
    },
    // Its own words and the hub's facts, and not what else is said.
    { events: true, raw: false, filters: [`${base}/#`] },
  ),
);

function take({ topic, payload, options }) {
  if (topic.startsWith(`${base}/`)) {
    hear(topic, payload, options);
    page.soon();
  } else if (topic === "$hub/command") {
    if (payload?.topic?.startsWith(`${base}/`)) {
      step(payload);
      page.soon();
    }
  } else if (topic.startsWith("$hub/presence/")) {
    judge(topic.slice("$hub/presence/".length), payload);
  } else if (topic.startsWith("$hub/link/")) {
    link(topic.slice("$hub/link/".length), payload);
    page.soon(2000);
  } else if (topic === "$hub/lost" || topic === "$hub/definitions" || topic === "$hub/standing") {
    renewSoon();
    page.soon();
  }
}

function judge(topic, fact) {
  if (topic === base) {
    renewSoon();
    page.soon();
  } else if (topic.startsWith(`${base}/`)) {
    presence(topic, fact?.presence, fact?.last);
  }
}

/** Lays the tiles and the graph out again: something came or went, or time has passed. */
function renewSoon(wait = 300) {
  timer ||= setTimeout(renew, wait);
}

async function renew() {
  timer = 0;
  try {
    const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS) });
    if (!answer.ok || answer.redirected) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    swap(fresh, "tiles");
    swap(fresh, "graph");
    refreshAll();
  } catch {
    // The banner says that the page is not live; it comes here again when it is.
  }
}

/** Puts a part in the place of its older self and gives the focus back. */
function swap(fresh, part) {
  const [old, added] = [document, fresh].map((root) => root.querySelector(`[data-part=${part}]`));
  if (!old || !added) return;
  const own = document.importNode(added, true);
  if (part === "tiles") {
    // A command on its way is followed by the tile that shows it.
    if ([...all()].some((tile) => tile.command?.step === "pending")) return renewSoon(1000);
    for (const tile of [...all()]) release(tile);
  }
  const focusable = (root) => [...root.querySelectorAll("button, a, input:not([type=hidden])")];
  const index = focusable(old).indexOf(document.activeElement);
  old.replaceWith(own);
  focusable(own)[index]?.focus({ preventScroll: true });
  if (part === "tiles") adopt(own);
}

setInterval(() => {
  if (!document.hidden && document.querySelector("[data-part=graph]")) renewSoon();
}, GRAPH_MS);

for (const button of document.querySelectorAll("[data-do=copy]")) button.hidden = false;

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-do=copy]");
  if (!button) return;
  try {
    await navigator.clipboard.writeText(button.closest("details").querySelector("[data-part=snippet]").textContent);
    show("confirmed", more.copied);
  } catch {
    show("refused", more.not_copied);
  }
});
