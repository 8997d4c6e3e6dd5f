// Things of lists are carried by their handles: by mouse, pen or finger, or by the keyboard. A list takes what is of its
// own sort; what belongs to a device stays with it. Nothing moves under a pointer until it is let go, only a line shows
// where it would go.

import { announce } from "./live.js";
import { more } from "./relaid.js";
import { fill } from "./words.js";

// A hand trembles; less than this is a press.
const SLACK_PX = 5;
// So near to an edge of the window it scrolls, the faster the nearer.
const EDGE_PX = 80;
const FAST_PX = 18;

/** Calls `drop(thing, list, beside)` with what was carried to another place of `root`. */
export function carry(root, drop) {
  let held = null;

  const things = (list) => [...list.children].filter((child) => child.matches(".thing"));
  const sort = (thing) => thing.parentElement.dataset.list;
  const goal = (list) => list.closest(".shelf") ?? list;

  /** The lists that take it. */
  function lists(thing) {
    const isFree = sort(thing) === "device";
    return isFree ? [...root.querySelectorAll("[data-list=device]")] : [thing.parentElement];
  }

  function take(thing, handle, by) {
    const [list, next] = [thing.parentElement, thing.nextElementSibling];
    held = { thing, handle, by, list, next, isMoved: by === "keys", spot: null };
  }

  function hold() {
    held.thing.dataset.carried = "";
    if (held.by === "keys") held.handle.setAttribute("aria-pressed", "true");
  }

  function letGo() {
    const { thing, handle } = held;
    mark(null);
    delete thing.dataset.carried;
    thing.style.translate = "";
    handle.removeAttribute("aria-pressed");
    held = null;
  }

  /** Shows where it would go. */
  function mark(spot) {
    if (held.spot) delete held.spot.at.dataset.drop;
    held.spot = spot;
    if (spot) spot.at.dataset.drop = spot.side;
  }

  /** Where in a list it stands, for whoever does not see it. */
  function told(words, thing) {
    const all = things(thing.parentElement);
    const values = { name: thing.dataset.name, n: all.indexOf(thing) + 1, m: all.length, list: thing.parentElement.dataset.name };
    return fill(words, values);
  }

  /** It stays where it stands now. */
  function settle() {
    const { thing, list, next } = held;
    letGo();
    if (thing.parentElement === list && thing.nextElementSibling === next) return;
    announce(told(more.dropped, thing));
    const all = things(thing.parentElement);
    const at = all.indexOf(thing);
    const beside = at > 0 ? { side: "after", of: all[at - 1].dataset.thing } : all.length > 1 ? { side: "before", of: all[1].dataset.thing } : null;
    drop(thing.dataset.thing, thing.parentElement, beside);
  }

  function putBack() {
    const { thing, list, next, handle, by } = held;
    const isElsewhere = thing.parentElement !== list || thing.nextElementSibling !== next;
    letGo();
    if (isElsewhere) list.insertBefore(thing, next);
    if (by === "keys") handle.focus();
    announce(fill(more.put_back, { name: thing.dataset.name }));
  }

  // --- by a pointer

  function spotAt(y) {
    const { thing } = held;
    const far = ({ top, bottom }) => Math.max(top - y, y - bottom, 0);
    const reach = (list) => far(goal(list).getBoundingClientRect());
    const list = lists(thing).sort((one, other) => reach(one) - reach(other))[0];
    const rest = things(list).filter((one) => one !== thing);
    if (!rest.length) return list === thing.parentElement ? null : { list, at: list, side: "into" };
    const middle = ({ top, height }) => top + height / 2;
    const next = rest.find((one) => y < middle(one.getBoundingClientRect()));
    return next ? { list, at: next, side: "before" } : { list, at: rest.at(-1), side: "after" };
  }

  function follow() {
    if (!held?.isMoved || held.by !== "pointer") return;
    held.thing.style.translate = `0 ${held.y + scrollY - held.from}px`;
    mark(spotAt(held.y));
  }

  /** Near an edge of the window what is beyond it comes nearer. */
  function scroll() {
    if (!held || held.by !== "pointer") return;
    const over = held.isMoved ? Math.max(EDGE_PX - held.y, 0) - Math.max(held.y - (innerHeight - EDGE_PX), 0) : 0;
    if (over) {
      scrollBy({ top: (-over / EDGE_PX) * FAST_PX, behavior: "instant" });
      follow();
    }
    requestAnimationFrame(scroll);
  }

  root.addEventListener("pointerdown", (event) => {
    const handle = event.target.closest(".handle");
    if (!handle || event.button !== 0 || handle.matches(":disabled")) return;
    if (held) putBack();
    take(handle.closest(".thing"), handle, "pointer");
    Object.assign(held, { id: event.pointerId, y: event.clientY, from: event.clientY + scrollY });
    handle.setPointerCapture(event.pointerId);
    requestAnimationFrame(scroll);
  });

  root.addEventListener("pointermove", (event) => {
    if (held?.id !== event.pointerId) return;
    held.y = event.clientY;
    if (!held.isMoved && Math.abs(held.y + scrollY - held.from) > SLACK_PX) {
      held.isMoved = true;
      hold();
    }
    follow();
  });

  root.addEventListener("pointerup", (event) => {
    if (held?.id !== event.pointerId) return;
    const { thing, spot, isMoved } = held;
    if (!isMoved || !spot) {
      letGo();
      return;
    }
    if (spot.side === "into") spot.list.append(thing);
    else if (spot.side === "before") spot.at.before(thing);
    else spot.at.after(thing);
    settle();
  });

  root.addEventListener("pointercancel", (event) => {
    if (held?.id === event.pointerId) putBack();
  });

  // --- by the keyboard

  root.addEventListener("click", (event) => {
    const handle = event.target.closest(".handle");
    // A press of a key has no clicks to count.
    if (!handle || event.detail !== 0) return;
    if (held) {
      settle();
      return;
    }
    take(handle.closest(".thing"), handle, "keys");
    hold();
    announce(fill(more.grabbed, { name: held.thing.dataset.name }));
  });

  /** One place up or down, at an end of a list into the next one. */
  function step(down) {
    const { thing } = held;
    const [list, all] = [thing.parentElement, lists(thing)];
    const rest = things(list);
    const neighbour = rest[rest.indexOf(thing) + (down ? 1 : -1)];
    const beyond = all[all.indexOf(list) + (down ? 1 : -1)];
    held.isStepping = true;
    if (neighbour && down) neighbour.after(thing);
    else if (neighbour) neighbour.before(thing);
    else if (beyond && down) beyond.prepend(thing);
    else if (beyond) beyond.append(thing);
    held.handle.focus();
    held.isStepping = false;
    thing.scrollIntoView({ block: "nearest" });
    announce(told(more.moved, thing));
  }

  document.addEventListener("keydown", (event) => {
    if (!held) return;
    if (event.key === "Escape") {
      event.preventDefault();
      putBack();
    } else if (held.by === "keys" && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
      event.preventDefault();
      step(event.key === "ArrowDown");
    }
  });

  root.addEventListener("focusout", () => {
    if (held?.by === "keys" && !held.isStepping) {
      held.by = "left";
      putBack();
    }
  });
}
