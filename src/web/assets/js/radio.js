// The RADIO page: laid out by the server, and laid out again whenever a link tells that something has changed.

import { connect } from "./live.js";
import { relaid } from "./relaid.js";

// Of all that is said this page wants the hub's own facts only.
const WISH = { events: true, snapshot: false, filters: ["$nothing"] };

const links = new Map();
const page = relaid({
  place: document.querySelector("[data-part=radio]"),
  address: () => "/fragment/radio",
  target: "/radio",
  // Nodes that speak at the same moment are one change; nobody reads faster than this.
  soonMs: 150,
  confirmed: settle,
});

connect(take, page.up, page.down, WISH);

function take({ topic, payload }) {
  if (topic.startsWith("$hub/link/")) {
    const state = JSON.stringify([payload?.state, payload?.code, payload?.reason]);
    if (links.get(topic) === state) return;
    links.set(topic, state);
    page.soon();
  } else if (/^\$hub\/(radio\/|presence\/|lost$)/.test(topic)) {
    page.soon();
  }
}

/** What was typed was done: from now on the fields show what the gateway tells. */
function settle(form) {
  const field = form.elements.alias ?? form.querySelector("input[name=id]:not([type=hidden])");
  if (!field) return;
  field.defaultValue = field.name === "alias" ? field.value : "";
  form.reset();
}
