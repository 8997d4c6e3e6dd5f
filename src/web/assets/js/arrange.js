// The ARRANGE page: laid out by the server, and laid out again after each change; things are carried by their handles.

import { carry } from "./carry.js";
import { connect } from "./live.js";
import { relaid, send } from "./relaid.js";

// Of all that is said this page wants the hub's own facts only.
const WISH = { events: true, snapshot: false, filters: ["$nothing"] };

const place = document.querySelector("[data-part=plan]");
const page = relaid({ place, address: () => "/fragment/arrange", target: "/arrange", soonMs: 150, confirmed: empty });

// Handles are of use only now.
place.dataset.carries = "";
carry(place, put);
connect(take, page.up, page.down, WISH);

function take({ topic }) {
  // What waited for somebody's decision may be there now; what has a name of its own may be called otherwise.
  if (topic === "$hub/standing" || topic === "$hub/definitions") page.soon();
}

/** A room that was added need not be typed away. */
function empty(form) {
  if (form.matches(".add")) form.reset();
}

/** Something was carried to a place of `list`: beside another one, or into a list that was empty. */
async function put(thing, list, beside) {
  const wish = beside
    ? { do: beside.side, list: list.dataset.list, thing, of: beside.of }
    : { do: "into", thing, room: list.dataset.room };
  const form = document.createElement("form");
  for (const [name, value] of Object.entries(wish)) {
    const field = document.createElement("input");
    [field.name, field.value] = [name, value];
    form.append(field);
  }
  await send(form, null, "/arrange");
  page.soon(0);
}
