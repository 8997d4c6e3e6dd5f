// The tree of topics: only the rows one can see are in the page, however many topics there are. Which rows those are
// is said to the hub (`ask`), and it tells them, thinned. Keyboard and screen reader as the ARIA tree pattern says.

import { plain } from "./message.js";
import { draw, drawRate, keyOf, make, place } from "./rows.js";

// Rows beyond the edge that are known, and that are drawn.
const AHEAD = 40;
const DRAWN = 6;
const MOST = 200;
// What the hub takes by name; whoever opens more opens all.
const MOST_NAMED = 1000;

export class Tree {
  #rows = new Map();
  #elements = new Map();
  #spare = [];
  // What is open in the tree, and what is shut among all that was found.
  #tree = { all: false, open: new Map(), shut: new Map() };
  #found = null;
  #total = 0;
  #first = 0;
  #asked = 0;
  #wish = 0;
  #answered = 0;
  #active = 0;
  #activeKey = null;
  #chosen = null;
  #height = 0;
  #frame = 0;
  #asking = 0;
  #held = false;

  /** `ask(wish)` sends a wish to the hub, `choose(row)` is called for a topic that somebody wants to look at. */
  constructor(list, ask, choose) {
    this.list = list;
    this.scroller = list.closest("[data-part=branches]");
    this.ask = ask;
    this.choose = choose;
    for (const one of JSON.parse(list.dataset.open || "[]")) this.#tree.open.set(one.id ?? one, one);
    this.at = list.dataset.at ? JSON.parse(list.dataset.at) : undefined;
    this.#take();
  }

  /** Whether there are any rows. */
  get isEmpty() {
    return this.#total === 0;
  }

  /** Looks at the same anew. */
  renew() {
    this.#request();
  }

  /** Looks at what is found; all of it is open until somebody shuts something. Without a search the tree is as before. */
  search(isSearch) {
    this.#found = isSearch ? { all: true, open: new Map(), shut: new Map() } : null;
    this.#top();
  }

  /** Opens or shuts all. */
  openAll(all) {
    Object.assign(this.#found ?? this.#tree, { all, open: new Map(), shut: new Map() });
    this.#top();
  }

  /** While held, rows stay as they are; what is scrolled to or opened is as it is then. */
  hold(isHeld) {
    this.#held = isHeld;
    if (!isHeld) this.#request();
  }

  /** The topic that is looked at, by its key. */
  mark(key) {
    this.#chosen = key;
    this.#later();
  }

  /** Gives the keyboard back to the row it was at. */
  focus() {
    this.list.focus({ preventScroll: true });
    this.scroller.scrollIntoView({ block: "nearest" });
  }

  /** What the hub told; `false` if it was about an earlier wish. */
  take(told) {
    if (plain(told.wish) !== this.#wish) return false;
    const isFresh = this.#answered !== this.#wish;
    if (this.#held && !isFresh) return false;
    this.#answered = this.#wish;
    this.#total = plain(told.total);
    if (isFresh) this.#rows.clear();
    for (const [index, row] of told.rows) {
      const at = plain(index);
      const before = this.#rows.get(at);
      this.#rows.set(at, row);
      const element = this.#elements.get(at);
      if (!element) continue;
      element.stale = true;
      // A beat for what was said, not for what was scrolled to.
      if (!isFresh && before && keyOf(before) === keyOf(row)) element.dataset.beat = element.dataset.beat === "0" ? "1" : "0";
    }
    if (isFresh) for (const element of this.#elements.values()) element.stale = true;
    this.#stay();
    for (const at of this.#rows.keys()) if (at >= this.#total) this.#rows.delete(at);
    this.#later();
    return true;
  }

  /** Whoever is at a row stays at it when others come above it. */
  #stay() {
    const here = this.#rows.get(this.#active);
    if (this.#activeKey === null || !here || keyOf(here) === this.#activeKey) return;
    for (const [at, row] of this.#rows) if (keyOf(row) === this.#activeKey) this.#active = at;
  }

  /** Rates fall while nothing is said. */
  refresh() {
    for (const [at, element] of this.#elements) {
      const row = this.#rows.get(at);
      if (row) drawRate(element, row);
    }
  }

  #take() {
    const { list, scroller } = this;
    delete list.dataset.from;
    list.replaceChildren();
    list.setAttribute("role", "tree");
    list.tabIndex = 0;
    scroller.dataset.live = "";
    this.#measure();
    new ResizeObserver(() => this.#measure()).observe(scroller);
    scroller.addEventListener("scroll", () => this.#later(), { passive: true });
    list.addEventListener("keydown", (event) => this.#key(event));
    list.addEventListener("click", (event) => this.#click(event));
    list.addEventListener("focus", () => this.#later());
  }

  #measure() {
    const probe = make();
    this.list.append(probe);
    const height = probe.offsetHeight;
    probe.remove();
    if (height !== this.#height) {
      this.#height = height;
      for (const element of this.#elements.values()) element.stale = true;
    }
    this.#later();
  }

  /** The first row one can see, and the one after the last. */
  #seen() {
    const first = Math.min(Math.floor(this.scroller.scrollTop / this.#height), Math.max(0, this.#total - 1));
    return [first, Math.min(this.#total, first + Math.ceil(this.scroller.clientHeight / this.#height) + 1)];
  }

  #later() {
    this.#frame ||= requestAnimationFrame(() => this.#draw());
  }

  #draw() {
    this.#frame = 0;
    if (!this.#height) return;
    this.list.style.height = `${this.#total * this.#height}px`;
    const [seen, end] = this.#seen();
    const [from, to] = [Math.max(0, seen - DRAWN), Math.min(this.#total, end + DRAWN)];
    for (const [at, element] of this.#elements) {
      if (at >= from && at < to && this.#rows.has(at)) continue;
      element.remove();
      this.#elements.delete(at);
      this.#spare.push(element);
    }
    this.#active = Math.max(0, Math.min(this.#active, this.#total - 1));
    // Backwards, so that each knows the one before which it stands: who reads without seeing hears the rows in order.
    let next = null;
    for (let at = to - 1; at >= from; at -= 1) next = this.#place(at, next) ?? next;
    const active = this.#elements.get(this.#active);
    if (active) this.list.setAttribute("aria-activedescendant", active.id);
    else this.list.removeAttribute("aria-activedescendant");
    // What comes next is asked for before it is scrolled to.
    const isNear = seen - AHEAD / 4 < this.#first && this.#first > 0;
    const isFar = end + AHEAD / 4 > this.#first + this.#asked && this.#first + this.#asked < this.#total;
    if (this.#answered === this.#wish && (isNear || isFar) && this.#wanted(seen) !== this.#first) this.#request();
  }

  #place(at, next) {
    const row = this.#rows.get(at);
    if (!row) return null;
    const isActive = at === this.#active;
    const isChosen = this.#chosen !== null && keyOf(row) === this.#chosen;
    let element = this.#elements.get(at);
    if (!element) {
      element = this.#spare.pop() ?? make();
      element.id = `row-${at}`;
      delete element.dataset.beat;
      element.style.transform = `translateY(${at * this.#height}px)`;
      this.#elements.set(at, element);
      element.stale = true;
    }
    if (element.parentNode !== this.list || element.nextSibling !== next) this.list.insertBefore(element, next);
    if (!element.stale && element.isActive === isActive && element.isChosen === isChosen) return element;
    element.style.transform = `translateY(${at * this.#height}px)`;
    draw(element, row, isChosen, isActive);
    Object.assign(element, { stale: false, isActive, isChosen });
    return element;
  }

  /** Asks for what is seen, at most once per frame. */
  #request() {
    this.#asking ||= requestAnimationFrame(() => {
      this.#asking = 0;
      this.#wish += 1;
      const [seen, end] = this.#seen();
      const height = Math.max(end - seen, Math.ceil(this.scroller.clientHeight / (this.#height || 1)));
      this.#first = this.#wanted(seen);
      this.#asked = Math.min(MOST, height + 2 * AHEAD);
      const { all, open, shut } = this.#found ?? this.#tree;
      const named = [...(all ? shut : open).values()].slice(0, MOST_NAMED);
      const { at } = this;
      this.ask({ wish: this.#wish, at, first: this.#first, rows: this.#asked, [all ? "shut" : "open"]: named });
    });
  }

  #wanted(seen) {
    return Math.max(0, seen - AHEAD);
  }

  #top() {
    this.scroller.scrollTop = this.#active = 0;
    this.#activeKey = null;
    this.#request();
  }

  #toggle(row, isOpen) {
    const key = keyOf(row);
    const { all, open, shut } = this.#found ?? this.#tree;
    if (all) {
      if (isOpen) shut.delete(key);
      else shut.set(key, place(row));
    } else if (isOpen) {
      open.set(key, place(row));
    } else {
      for (const one of open.keys()) if (one === key || one.startsWith(`${key}/`)) open.delete(one);
      // What is open below a level opens the level; without it the level has to be named.
      const above = key.slice(0, Math.max(0, key.length - row.name.length - 1));
      if (plain(row.level) > 1 && above && row.id === undefined) open.set(above, above);
    }
    this.#request();
  }

  #click(event) {
    const element = event.target.closest("[role=treeitem]");
    if (!element) return;
    const at = Number(element.id.slice(4));
    const row = this.#rows.get(at);
    if (!row) return;
    this.#active = at;
    this.#activeKey = keyOf(row);
    const isTwig = event.target.closest(".twig") !== null;
    if (row.open !== undefined && (isTwig || row.form === undefined)) this.#toggle(row, !row.open);
    else if (row.form !== undefined) this.choose(row);
    this.#later();
  }

  #key(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const row = this.#rows.get(this.#active);
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / this.#height) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page, Home: -Infinity, End: Infinity };
    if (event.key in steps) this.#go(this.#active + steps[event.key]);
    else if (event.key === "ArrowRight" && row?.open === false) this.#toggle(row, true);
    else if (event.key === "ArrowRight" && row?.open) this.#go(this.#active + 1);
    else if (event.key === "ArrowLeft" && row?.open) this.#toggle(row, false);
    else if (event.key === "ArrowLeft" && row) this.#go(this.#above(row));
    else if ((event.key === "Enter" || event.key === " ") && row) this.#enter(row);
    else return;
    event.preventDefault();
  }

  #enter(row) {
    if (row.form !== undefined) this.choose(row);
    else if (row.open !== undefined) this.#toggle(row, !row.open);
  }

  /** The row that this one lies in. */
  #above(row) {
    for (let at = this.#active - 1; at >= 0; at -= 1) {
      const other = this.#rows.get(at);
      if (!other || plain(other.level) < plain(row.level)) return other ? at : this.#active;
    }
    return this.#active;
  }

  #go(at) {
    this.#active = Math.max(0, Math.min(at, this.#total - 1));
    const row = this.#rows.get(this.#active);
    this.#activeKey = row ? keyOf(row) : null;
    const top = this.list.offsetTop + this.#active * this.#height;
    const { scroller } = this;
    const head = this.list.offsetTop;
    if (top - head < scroller.scrollTop) scroller.scrollTop = top - head;
    else if (top + this.#height > scroller.scrollTop + scroller.clientHeight) {
      scroller.scrollTop = top + this.#height - scroller.clientHeight;
    }
    this.#later();
  }
}
