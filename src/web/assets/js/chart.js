// Graphs drawn by uPlot, one below the other, over the same time: lines with at most two units each, bars of counters, and
// bands of what is on or off. One cursor goes through all of them.

import { DASHES, ink, numbers, steps, times } from "./axes.js";
import { ROW, meaning, paint } from "./bands.js";
import { bars, hear, line, trim } from "./lines.js";

const GUTTER = 54;
const NARROW = 600;
// A band between least and greatest is a breath of the line's colour.
const BREATH = "2b";
// Fewer points than these have a dot each.
const DOTTED = 60;
// How uPlot joins lines with holes: "null expand".
const HOLES_GROW = 2;
// Bars leave room between them, and are no wall.
const [GAP, SOLID] = [0.14, "b8"];

export class Graphs {
  #place;
  #calls;
  #plots = [];
  #groups = [];
  #lines = [];
  #pauses = [];
  #shape = "";
  #view = [0, 1];
  #frame = 0;
  #isFull = false;
  #colors = ink();

  /**
   * Draws into `place`. Calls `selected(from, to)` when somebody drew over a time, `pointed(at)` with the moment under the
   * cursor or `null`, and `full()` when more was heard than is worth keeping.
   */
  constructor(place, calls) {
    this.#place = place;
    this.#calls = calls;
    new ResizeObserver(() => this.#resize()).observe(place);
    for (const query of ["(prefers-color-scheme: dark)", "(forced-colors: active)"]) {
      matchMedia(query).addEventListener("change", () => this.#rebuild());
    }
  }

  /** Shows a chart as `/api/history/chart` tells it; `looks` has label, ink and form of each series by its name. */
  show(chart, looks) {
    this.#lines = chart.series.filter(({ series }) => looks.has(series)).map((told) => line(told, looks.get(told.series)));
    this.#pauses = chart.pauses;
    this.#isFull = false;
    this.#groups = grouped(this.#lines);
    const shape = JSON.stringify(this.#groups.map(({ form, units, lines }) => [form, units, lines.map((one) => [one.series, one.ink, one.exact])]));
    if (shape === this.#shape) this.#fill();
    else this.#rebuild();
    this.#shape = shape;
  }

  /** Turns to a time, with what is there; more may be shown later. */
  look(from, to) {
    this.#view = [from, to];
    this.#schedule();
  }

  /** A value that was said just now. */
  hear(name, at, value) {
    for (const one of this.#lines) {
      if (one.series !== name) continue;
      const isFull = hear(one, at, value);
      trim(one, this.#view[0]);
      if (isFull && !this.#isFull) {
        this.#isFull = true;
        this.#calls.full();
      }
    }
    this.#schedule();
  }

  /** The series as they are shown. */
  get lines() {
    return this.#lines;
  }

  /** Left and width of the plots in the window, for fingers. */
  area() {
    const over = this.#plots[0]?.over ?? this.#place;
    return over.getBoundingClientRect();
  }

  /** What is drawn, for a picture: the canvas and the units of each graph. */
  get drawn() {
    return this.#plots.map((plot, n) => ({ canvas: plot.ctx.canvas, units: this.#groups[n].units ?? [] }));
  }

  #schedule() {
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#fill();
    });
  }

  #fill() {
    const [from, to] = this.#view;
    for (const one of this.#lines) one.shown = to - from;
    this.#plots.forEach((plot, n) => {
      plot.setData(this.#data(this.#groups[n]), false);
      plot.setScale("x", { min: from, max: to });
    });
  }

  #resize() {
    const width = this.#place.clientWidth;
    this.#plots.forEach((plot, n) => {
      if (plot.width !== width) plot.setSize({ width, height: this.#height(this.#groups[n]) });
    });
  }

  #rebuild() {
    for (const plot of this.#plots) plot.destroy();
    this.#colors = ink();
    const places = this.#groups.map((group) => this.#frameOf(group));
    this.#place.replaceChildren(...places);
    this.#plots = this.#groups.map((group, n) => new uPlot(this.#options(group, n), this.#data(group), places[n]));
    this.#fill();
  }

  /** The element of a graph, with its units above its axes. */
  #frameOf({ form, units = [] }) {
    const frame = document.createElement("div");
    frame.className = "graph";
    frame.dataset.form = form;
    const heading = document.createElement("p");
    heading.className = "units";
    heading.append(...units.map((unit) => Object.assign(document.createElement("span"), { textContent: unit })));
    if (units.some(Boolean)) frame.append(heading);
    return frame;
  }

  #height(group) {
    const axis = group.hasTimes ? 28 : 6;
    if (group.form === "band") return group.lines.length * ROW + axis;
    const isNarrow = this.#place.clientWidth < NARROW;
    if (group.form === "bars") return (isNarrow ? 130 : 150) + axis;
    const isOne = this.#groups.filter(({ form }) => form === "line").length === 1;
    return (isOne ? (isNarrow ? 250 : 320) : isNarrow ? 190 : 220) + axis;
  }

  #options(group, n) {
    const isNarrow = this.#place.clientWidth < NARROW;
    const hasRight = this.#groups.some(({ units }) => units?.length > 1);
    const isRight = group.units?.length > 1;
    return {
      ms: 1,
      width: this.#place.clientWidth,
      height: this.#height(group),
      padding: [8, isRight ? 0 : hasRight ? GUTTER : isNarrow ? 6 : 16, group.hasTimes ? 0 : 6, 0],
      legend: { show: false },
      scales: this.#scales(group),
      axes: this.#axes(group, isRight),
      series: [{}, ...this.#series(group, n)],
      bands: this.#bands(group),
      cursor: {
        y: false,
        points: { show: group.form === "line", size: 7 },
        drag: { x: true, y: false, setScale: false, dist: 8 },
        sync: { key: "history" },
        // A double click goes back; that is not for the graph to decide.
        bind: { dblclick: () => null },
      },
      hooks: {
        drawClear: [(plot) => this.#hatch(plot)],
        // The group of that time may be another one with the same shape.
        draw: [(plot) => this.#draw(plot, this.#groups[n])],
        setSelect: [(plot) => this.#select(plot)],
        setCursor: [(plot) => this.#calls.pointed(plot.cursor.left >= 0 ? plot.posToVal(plot.cursor.left, "x") : null)],
      },
    };
  }

  #scales({ form, units }) {
    const x = { time: true, range: () => this.#view };
    if (form === "line") return { x, a: {}, ...(units.length > 1 && { b: {} }) };
    return { x, a: { range: (_plot, _low, high) => [0, form === "band" ? 1 : (high || 1) * 1.08] } };
  }

  #axes({ form, hasTimes }, isRight) {
    const { text, line: faint, font } = this.#colors;
    const common = { stroke: text, font: `12px ${font}`, ticks: { show: false }, grid: { stroke: faint, width: 1 } };
    const x = {
      ...common,
      show: true,
      size: hasTimes ? 28 : 0,
      space: this.#place.clientWidth < NARROW ? 62 : 84,
      gap: 6,
      values: hasTimes ? (_plot, splits, _axis, _space, step) => times(splits, step) : (_plot, splits) => splits.map(() => null),
    };
    const numbered = { values: (_plot, splits) => numbers(splits), size: GUTTER, gap: 6 };
    if (form === "band") return [x, { ...common, scale: "a", size: GUTTER, grid: { show: false }, values: () => [] }];
    const left = { ...common, ...numbered, scale: "a" };
    return isRight ? [x, left, { ...common, ...numbered, scale: "b", side: 1, grid: { show: false } }] : [x, left];
  }

  #series({ form, units, lines }, n) {
    const quiet = { scale: "a", paths: () => null, points: { show: false } };
    if (form !== "line") return [quiet];
    return lines.flatMap((one, at) => {
      const color = this.#colors.series[one.ink];
      const scale = (one.unit ?? "") === units[0] ? "a" : "b";
      const isSparse = () => this.#groups[n].lines[at].at.length < DOTTED;
      const mean = { scale, stroke: color, width: 1.75, dash: DASHES[one.ink], points: { show: isSparse, size: 4, fill: color, width: 0 } };
      const edge = { scale, stroke: "transparent", width: 0, points: { show: false } };
      return one.exact ? [mean] : [mean, edge, edge];
    });
  }

  /** Between least and greatest of a line whose points are pieces of time. */
  #bands({ form, lines }) {
    if (form !== "line") return [];
    let at = 1;
    return lines.flatMap((one) => {
      const first = at;
      at += one.exact ? 1 : 3;
      const color = this.#colors.series[one.ink];
      const fill = color.startsWith("#") ? color + BREATH : "transparent";
      return one.exact ? [] : [{ series: [first + 2, first + 1], fill }];
    });
  }

  #data(group) {
    if (group.form === "band") return [[...this.#view], [null, null]];
    if (group.form === "bars") {
      const [one] = group.lines;
      group.step = steps(this.#view[1] - this.#view[0]);
      group.bars = bars(one, group.step);
      return [group.bars.map(({ from }) => from), group.bars.map(({ value }) => value)];
    }
    const tables = group.lines.map((one) => {
      const at = one.exact ? one.at : one.at.map((begin) => begin + one.width / 2);
      return one.exact ? [at, one.mean] : [at, one.mean, one.least, one.greatest];
    });
    // A hole of one line reaches to its own next point, whatever the others say meanwhile.
    return tables.length > 1 ? uPlot.join(tables, tables.map((table) => table.map(() => HOLES_GROW))) : tables[0];
  }

  #draw(plot, group) {
    if (group.form === "band") {
      paint(plot, group.lines, this.#calls.now(), this.#colors, meaning);
    } else if (group.form === "bars") {
      this.#drawBars(plot, group);
    }
  }

  #drawBars(plot, { bars: all, lines: [one] }) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    const color = this.#colors.series[one.ink];
    ctx.fillStyle = color.startsWith("#") ? color + SOLID : color;
    for (const { from, to, value } of all) {
      const [left, right] = [plot.valToPos(from, "x", true), plot.valToPos(to, "x", true)];
      const gap = Math.min(12 * devicePixelRatio, (right - left) * GAP);
      const top = plot.valToPos(value, "a", true);
      ctx.fillRect(left + gap, top, Math.max(1, right - left - 2 * gap), plot.valToPos(0, "a", true) - top);
    }
    ctx.restore();
  }

  /** Times in which the hub did not record: slanted lines, so that nobody takes them for a device that was silent. */
  #hatch(plot) {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.strokeStyle = this.#colors.line;
    ctx.lineWidth = devicePixelRatio;
    for (const [from, to] of this.#pauses) {
      const left = Math.max(bbox.left, plot.valToPos(from, "x", true));
      const right = Math.min(bbox.left + bbox.width, plot.valToPos(to, "x", true));
      if (right - left < 1) continue;
      ctx.save();
      ctx.beginPath();
      ctx.rect(left, bbox.top, right - left, bbox.height);
      ctx.clip();
      ctx.beginPath();
      for (let x = left - bbox.height; x < right; x += 7 * devicePixelRatio) {
        ctx.moveTo(x, bbox.top + bbox.height);
        ctx.lineTo(x + bbox.height, bbox.top);
      }
      ctx.stroke();
      ctx.restore();
    }
    ctx.restore();
  }

  #select(plot) {
    const { left, width } = plot.select;
    if (width < 4) return;
    const [from, to] = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
    // All graphs show the choice; it is told once, and before any of them has moved.
    queueMicrotask(() => {
      for (const other of this.#plots) other.setSelect({ left: 0, width: 0, top: 0, height: 0 }, false);
      this.#calls.selected(from, to);
    });
  }
}

/** Lines with the same two units in one graph, each counter in one of its own, all bands in one; the last but the bands tells the time. */
function grouped(lines) {
  const groups = [];
  for (const one of lines.filter(({ form }) => form === "line")) {
    const unit = one.unit ?? "";
    let group = groups.find(({ units }) => units.includes(unit)) ?? groups.find(({ units }) => units.length < 2);
    if (!group) groups.push((group = { form: "line", units: [], lines: [] }));
    if (!group.units.includes(unit)) group.units.push(unit);
    group.lines.push(one);
  }
  for (const one of lines.filter(({ form }) => form === "bars")) groups.push({ form: "bars", units: [one.unit ?? ""], lines: [one] });
  const last = groups.at(-1);
  if (last) last.hasTimes = true;
  const bands = lines.filter(({ form }) => form === "band");
  if (bands.length) groups.push({ form: "band", lines: bands, hasTimes: !last });
  return groups;
}
