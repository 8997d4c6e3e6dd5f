// The NEW page: laid out by the server, and laid out again whenever a device announces itself or is decided about. What
// devices say in between is put in place here.

import { stamp } from "./age.js";
import { announce, badge, connect } from "./live.js";
import { Digits, visible } from "./message.js";
import { more, relaid, show } from "./relaid.js";
import { fill, word } from "./words.js";

// Values of devices and the hub's own facts, but not what else is said at the broker.
const WISH = { events: true, snapshot: false, raw: false };

const place = document.querySelector("[data-part=shelf]");
let before = seen();
const page = relaid({
  place,
  address: () => `/fragment/new?from=${place.dataset.from}`,
  target: "/new",
  // Devices that announce themselves come many at once.
  soonMs: 400,
  laidOut() {
    showCopies();
    const now = seen();
    badge(now.total);
    tellArrived(now);
    before = now;
  },
});

connect(take, page.up, page.down, WISH);
showCopies();

function take({ topic, payload }) {
  if (/^\$hub\/(standing|set-aside\/|presence\/|definitions$|lost$)/.test(topic)) page.soon();
  else if (!topic.startsWith("$") && !topic.startsWith("clown.talk/")) hear(topic, payload);
}

/** How many devices are new, and those that are on this page. */
function seen() {
  const bases = [...place.querySelectorAll(".newcomer")].map((card) => card.dataset.key);
  return { total: Number(place.querySelector("[data-total]").dataset.total), bases: new Set(bases) };
}

/** Says to whoever does not see it that devices have come. */
function tellArrived({ total, bases }) {
  if (total <= before.total) return;
  const arrived = [...bases].filter((base) => !before.bases.has(base));
  const name = (base) => place.querySelector(`.newcomer[data-key="${CSS.escape(base)}"]`).getAttribute("aria-label");
  const isOne = total === before.total + 1 && arrived.length === 1;
  announce(isOne ? fill(more.arrived, { device: name(arrived[0]) }) : fill(more.arrived_many, { n: total }));
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
