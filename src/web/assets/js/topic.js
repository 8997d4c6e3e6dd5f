// One topic: laid out by the hub, fetched again when it has spoken, and put in place part by part, so that what
// somebody has opened, chosen or marked stays.

import { refreshAll } from "./age.js";
import { announce } from "./live.js";
import { more } from "./rows.js";

// A topic that speaks often is laid out again twice a second at most.
const EVERY_MS = 500;
const COPIED_MS = 2000;
const mayHover = matchMedia("(hover: hover)");
const PARTS = ["facts", "payload", "change", "begins", "moments", "copies"];

export class Topic {
  #query = "";
  #extra = new URLSearchParams();
  #number = "";
  #fetching = false;
  #again = false;
  #timer = 0;
  #isHeld = false;

  /** `onClose()` when somebody wants back to the tree. */
  constructor(element, onClose) {
    this.element = element;
    this.explorer = document.querySelector("[data-part=explorer]");
    this.onClose = onClose;
    const shown = element.querySelector("header[data-query]");
    if (shown) {
      this.#query = shown.dataset.query;
      this.#number = element.querySelector("[data-number]")?.dataset.number ?? "";
      const address = new URLSearchParams(location.search);
      for (const name of ["a", "b", "before"]) if (address.has(name)) this.#extra.set(name, address.get(name));
    }
    element.addEventListener("click", (event) => this.#click(event));
    element.addEventListener("change", (event) => this.#compare(event));
    element.addEventListener("submit", (event) => event.preventDefault());
    element.addEventListener("pointerleave", () => this.#isHeld && this.#fetch(false));
    dress(element);
  }

  /** What is looked at, as part of an address; empty if nothing is. */
  get query() {
    return this.#query;
  }

  /** The place that is looked at, for the hub. */
  get place() {
    const query = new URLSearchParams(this.#query);
    if (query.has("id")) return { id: query.get("id") };
    return query.get("topic") ?? undefined;
  }

  /** Looks at a topic. */
  open(query) {
    this.#query = query;
    this.#extra = new URLSearchParams();
    this.#number = "";
    this.explorer.toggleAttribute("data-topic", query !== "");
    if (query) this.#fetch(true);
    else this.#hint(more.choose);
  }

  /** The hub says that the last message of this topic has this number. */
  news(number) {
    if (!this.#query || String(number) === this.#number) return;
    this.#number = String(number);
    if (this.#fetching) this.#again = true;
    else this.#timer ||= setTimeout(() => this.#fetch(false), EVERY_MS);
  }

  async #fetch(isNew) {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.#fetching = true;
    const query = this.#query;
    try {
      const extra = this.#extra.toString();
      const answer = await fetch(`/fragment/message?${query}${extra && `&${extra}`}`, { cache: "no-store" });
      if (!answer.ok || answer.redirected) throw new Error(String(answer.status));
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").body;
      if (query === this.#query) this.#put(fresh, isNew);
    } catch {
      if (isNew && query === this.#query) this.#hint(more.unreachable);
    }
    this.#fetching = false;
    if (this.#again) {
      this.#again = false;
      this.#timer ||= setTimeout(() => this.#fetch(false), EVERY_MS);
    }
  }

  /** Words in place of a topic; what was there is no longer followed, so it must not stay. */
  #hint(text) {
    const [back, link, hint] = ["p", "a", "p"].map((name) => document.createElement(name));
    back.className = "back";
    Object.assign(link, { href: "/messages", textContent: `← ${more.back}` });
    link.dataset.do = "back";
    back.append(link);
    Object.assign(hint, { className: "hint choose", textContent: text });
    this.element.replaceChildren(...(this.#query ? [back, hint] : [hint]));
  }

  #put(fresh, isNew) {
    dress(fresh);
    this.#isHeld = false;
    const isSame = !isNew && fresh.querySelectorAll("[data-part]").length === this.element.querySelectorAll("[data-part]").length;
    if (!isSame) {
      this.element.replaceChildren(...fresh.childNodes);
    } else {
      for (const name of PARTS) this.#replace(name, fresh.querySelector(`[data-part=${name}]`));
    }
    this.#number = this.element.querySelector("[data-number]")?.dataset.number ?? "";
    refreshAll();
    if (isNew) this.element.querySelector("[data-do=back]")?.focus({ preventScroll: true });
  }

  #replace(name, fresh) {
    const shown = this.element.querySelector(`[data-part=${name}]`);
    // What somebody chose counts as written.
    for (const input of shown?.querySelectorAll("input") ?? []) input.toggleAttribute("checked", input.checked);
    if (!shown || !fresh || shown.isEqualNode(fresh)) return;
    // No row moves away from under a pointer that is about to choose it.
    if (name === "moments" && mayHover.matches && shown.matches(":hover")) {
      this.#isHeld = true;
      return;
    }
    // What somebody is marking is left until they are done.
    const selection = getSelection();
    const focused = shown.contains(document.activeElement) ? document.activeElement : null;
    if ((!selection.isCollapsed && shown.contains(selection.anchorNode)) || focused?.localName === "textarea") {
      this.#number = "";
      return;
    }
    for (const details of shown.querySelectorAll("details[data-reading]")) {
      const other = fresh.querySelector(`[data-reading=${details.dataset.reading}]`);
      if (other) other.open = details.open;
    }
    if (shown.localName === "details") fresh.open = shown.open;
    const scrolled = shown.scrollTop;
    const again = focused && sameIn(fresh, focused);
    shown.replaceWith(fresh);
    fresh.scrollTop = scrolled;
    again?.focus({ preventScroll: true });
  }

  async #click(event) {
    const target = event.target.closest("[data-do]");
    if (target?.dataset.do === "back") {
      event.preventDefault();
      this.onClose();
    } else if (target?.dataset.do === "older") {
      event.preventDefault();
      this.#extra.set("before", new URL(target.href).searchParams.get("before"));
      this.#fetch(false);
    } else if (target?.dataset.do === "copy") {
      const text = target.closest("div").querySelector("textarea");
      await navigator.clipboard.writeText(text.value);
      target.dataset.name ??= target.textContent;
      target.textContent = more.copied;
      announce(more.copied);
      setTimeout(() => (target.textContent = target.dataset.name), COPIED_MS);
    }
  }

  #compare(event) {
    const form = event.target.form;
    if (event.target.type !== "radio" || !form) return;
    for (const name of ["a", "b"]) this.#extra.set(name, form.elements[name].value);
    this.#fetch(false);
  }
}

/** What only script can do: copy, and tell the time of this place. */
function dress(root) {
  for (const button of root.querySelectorAll("[data-do=copy]")) button.hidden = false;
  for (const time of root.querySelectorAll("[data-part=moments] time")) {
    const moment = new Date(time.dateTime);
    const date = moment.toLocaleDateString();
    time.title = moment.toLocaleString();
    time.textContent = `${moment.toLocaleTimeString([], { hour12: false })}.${String(moment.getMilliseconds()).padStart(3, "0")}`;
    if (date !== new Date().toLocaleDateString()) time.prepend(`${date} `);
  }
}

/** The element in `fresh` that is what `element` was. */
function sameIn(fresh, element) {
  if (element.type === "radio") return fresh.querySelector(`[name=${element.name}][value="${element.value}"]`);
  const reading = element.closest("[data-reading]")?.dataset.reading;
  return fresh.querySelector(reading ? `[data-reading=${reading}] ${element.localName}` : element.localName);
}
