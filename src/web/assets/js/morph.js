// Brings what the page shows to what the server would show now, and leaves alone what a person is at: where the focus
// is, what is typed and not sent, what was unfolded.

/** Makes the content of `old` that of `fresh`; parts with the same `data-key` stay the same parts. */
export function morph(old, fresh) {
  const focused = document.activeElement;
  children(old, fresh);
  // A part that moved has lost it.
  if (focused?.isConnected && focused !== document.activeElement && old.contains(focused)) focused.focus();
}

function children(old, fresh) {
  const keys = new Set([...fresh.children].map((child) => child.dataset.key));
  const keyed = new Map();
  for (const child of [...old.children]) {
    if (child.dataset.key === undefined) continue;
    if (keys.has(child.dataset.key)) keyed.set(child.dataset.key, child);
    else child.remove();
  }
  let place = old.firstChild;
  for (const node of [...fresh.childNodes]) {
    const key = node.dataset?.key;
    const known = key === undefined ? alike(place, node) && place : keyed.get(key);
    if (!known || known.nodeName !== node.nodeName) {
      old.insertBefore(document.importNode(node, true), place);
      continue;
    }
    if (known === place) place = place.nextSibling;
    else old.insertBefore(known, place);
    become(known, node);
  }
  while (place) {
    const next = place.nextSibling;
    place.remove();
    place = next;
  }
}

const alike = (one, other) => one?.nodeName === other.nodeName && one.dataset?.key === undefined;

function become(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
  } else if (old.isEqualNode(fresh)) {
    // Nothing has changed, not even below.
  } else if (old.matches("time")) {
    // Its text is an age, which the page counts itself.
    if (old.dateTime !== fresh.dateTime) old.replaceWith(document.importNode(fresh, true));
  } else {
    attributes(old, fresh);
    children(old, fresh);
  }
}

function attributes(old, fresh) {
  const stays = (name) => name === "open" && old.hasAttribute("data-keep");
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !stays(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    // What is typed and not sent stays: a field shows its `value` only until somebody types.
    if (old.getAttribute(name) !== value && !stays(name)) old.setAttribute(name, value);
  }
}
