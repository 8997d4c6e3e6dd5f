// Small pictures of the last hours on tiles: the server draws them, and from time to time what tiles show is put to their ends.

import { local } from "./age.js";
import { plain } from "./message.js";
import { all } from "./tiles.js";

const SPAN = 3 * 3_600_000;
// Sixty points, as the server draws them.
const PIECE = SPAN / 60;
const [WIDTH, HEIGHT] = [120, 24];
const SHORTEST = 8 * 60_000;
const EVERY_MS = 20_000;

const known = new WeakMap();

/** The points of the path that came with the page; `null` is a hole. */
function read({ dataset: { low, high, to } }, path) {
  if (!to) return [];
  const end = local(new Date(Number(to)).toISOString());
  const span = Number(high) - Number(low);
  return [...(path.getAttribute("d") ?? "").matchAll(/([ML])([\d.-]+) ([\d.-]+)/g)].flatMap(([, kind, x, y], n) => {
    const point = {
      at: end - SPAN + (Number(x) / WIDTH) * SPAN,
      value: Number(low) + (1 - (Number(y) - 1) / (HEIGHT - 2)) * span,
    };
    return kind === "M" && n > 0 ? [null, point] : [point];
  });
}

function draw(points, now) {
  const values = points.filter(Boolean).map(({ value }) => value);
  const first = points.find(Boolean);
  if (values.length < 3 || now - first.at < SHORTEST) return "";
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const span = Math.max(high - low, Math.max(Math.abs(low), Math.abs(high)) * 0.002, 1e-9);
  const bottom = (low + high) / 2 - span / 2;
  let isNew = true;
  return points
    .map((point) => {
      const sign = isNew ? "M" : "L";
      isNew = point === null;
      if (point === null) return "";
      const x = Math.max(0, (1 - (now - point.at) / SPAN) * WIDTH);
      const y = (1 - (point.value - bottom) / span) * (HEIGHT - 2) + 1;
      return `${sign}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
}

/** Takes what a tile shows now: the last point while its piece of time lasts, then another one. */
function take(tile, now) {
  const picture = tile.parts.spark;
  const path = picture?.firstElementChild;
  if (!path) return;
  if (!known.has(picture)) known.set(picture, read(picture, path));
  const points = known.get(picture);
  const value = tile.presence === "online" ? plain(tile.value) : undefined;
  const last = points.at(-1);
  if (value === undefined) {
    if (last) points.push(null);
  } else if (last && Math.floor(last.at / PIECE) === Math.floor(now / PIECE)) {
    last.value = value;
  } else {
    points.push({ at: now, value });
  }
  while (points.length && (points[0] === null || points[0].at < now - SPAN)) points.shift();
  const drawn = draw(points, now);
  if (path.getAttribute("d") !== drawn) path.setAttribute("d", drawn);
}

setInterval(() => {
  const now = Date.now();
  if (!document.hidden) for (const tile of all()) take(tile, now);
}, EVERY_MS);
