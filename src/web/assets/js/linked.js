// The LINKS page: laid out by the server, and laid out again whenever a link tells something.

import { connect } from "./live.js";
import { relaid } from "./relaid.js";

// Of all that is said this page wants the hub's own facts only.
const WISH = { events: true, snapshot: false, filters: ["$nothing"] };

const links = new Map();
const page = relaid({
  place: document.querySelector("[data-part=links]"),
  address: () => "/fragment/links",
  target: "/links",
  // A port that comes and goes tells several things at once.
  soonMs: 150,
});

connect(take, page.up, page.down, WISH);

function take({ topic, payload }) {
  if (topic.startsWith("$hub/link/")) {
    const state = JSON.stringify([payload?.state, payload?.code, payload?.reason]);
    const isNew = links.get(topic) !== state;
    links.set(topic, state);
    // Counts change every second; nobody reads them faster than this.
    page.soon(isNew ? 150 : 2000);
  } else if (/^\$hub\/(presence\/|lost$)/.test(topic)) {
    page.soon(2000);
  }
}
