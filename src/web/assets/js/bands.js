// What is on or off, and words: rows below the lines, each a band as long as it was so. On is filled, off is a thin line,
// and what nobody knows is empty.

export const ROW = 40;
const [LABEL, BAND] = [16, 14];

/** The pieces of a series of changes: from, to, value; `null` is a time that nobody knows. */
export function runs(line, end) {
  const { at, mean } = line;
  return at.map((from, n) => ({ from, to: at[n + 1] ?? end, value: mean[n] })).filter(({ value }) => value !== null);
}

/** What the series said at a moment; `null` if nobody knows. */
export function stateAt({ at, mean }, moment) {
  let [low, high] = [0, at.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at[middle] <= moment) low = middle + 1;
    else high = middle;
  }
  return low === 0 ? null : mean[low - 1];
}

/** A truth or a word as people read it. */
export const meaning = ({ meanings, words }, value) => meanings[value] ?? words?.[value] ?? String(value);

/** Draws rows into a graph of uPlot, within its plot; `colors` are those of `ink()`. */
export function paint(u, lines, end, colors, label) {
  const { ctx, bbox } = u;
  const scale = devicePixelRatio;
  ctx.save();
  ctx.beginPath();
  ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
  ctx.clip();
  ctx.font = `${12 * scale}px ${colors.font}`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  lines.forEach((line, row) => {
    const top = bbox.top + row * ROW * scale;
    ctx.fillStyle = colors.text;
    ctx.fillText(line.label, bbox.left + 4 * scale, top + (LABEL / 2 + 2) * scale);
    ctx.fillStyle = colors.line;
    const y = top + (LABEL + 2) * scale;
    ctx.fillRect(bbox.left, y + (BAND / 2) * scale - 0.5, bbox.width, 1);
    for (const run of runs(line, end)) band(u, run, line, { y, colors, scale, label });
  });
  ctx.restore();
}

function band(u, { from, to, value }, line, { y, colors, scale, label }) {
  const { ctx, bbox } = u;
  const [low, high] = [u.valToPos(from, "x", true), u.valToPos(to, "x", true)];
  const left = Math.max(low, bbox.left - 2);
  const width = Math.max(scale, Math.min(high, bbox.left + bbox.width + 2) - left);
  if (high < bbox.left || low > bbox.left + bbox.width) return;
  const color = colors.series[line.ink];
  if (line.kind === "truth") {
    ctx.fillStyle = color;
    if (value) ctx.fillRect(left, y, width, BAND * scale);
    else ctx.fillRect(left, y + (BAND / 2 - 1) * scale, width, 2 * scale);
    return;
  }
  // Words stand in their band, between lines of its colour.
  ctx.fillStyle = colors.well;
  ctx.fillRect(left, y, width, BAND * scale);
  ctx.fillStyle = color;
  ctx.fillRect(left, y, 2 * scale, BAND * scale);
  const text = label(line, value);
  if (ctx.measureText(text).width + 10 * scale > width) return;
  ctx.fillStyle = colors.ink;
  ctx.fillText(text, Math.max(left, bbox.left) + 6 * scale, y + (BAND / 2 + 0.5) * scale);
}
