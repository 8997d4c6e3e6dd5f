// A picture of what is seen: the graphs with the names of their series and the time, as a PNG file.

import { ink } from "./axes.js";

const [MARGIN, LINE] = [16, 22];

/** Saves the graphs as they are drawn. */
export function save(graphs, title) {
  const { drawn, lines } = graphs;
  if (!drawn.length) return;
  const colors = ink();
  const scale = devicePixelRatio;
  const width = drawn[0].canvas.width / scale;
  const heights = drawn.map(({ canvas, units }) => canvas.height / scale + (units.some(Boolean) ? LINE : 0));
  const head = MARGIN + LINE * (1 + lines.length) + 8;
  const canvas = document.createElement("canvas");
  canvas.width = (width + 2 * MARGIN) * scale;
  canvas.height = (head + heights.reduce((sum, height) => sum + height, 0) + MARGIN) * scale;
  const context = canvas.getContext("2d");
  context.scale(scale, scale);
  context.fillStyle = colors.tile;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.textBaseline = "middle";
  write(context, title, MARGIN, MARGIN + LINE / 2, { font: `600 15px ${colors.font}`, color: colors.ink });
  lines.forEach((line, n) => {
    const y = MARGIN + LINE * (n + 1.5);
    context.fillStyle = colors.series[line.ink];
    context.fillRect(MARGIN, y - 1.5, 20, 3);
    const label = line.unit ? `${line.label} (${line.unit})` : line.label;
    write(context, label, MARGIN + 28, y, { font: `13px ${colors.font}`, color: colors.ink });
  });
  let y = head;
  drawn.forEach(({ canvas: part, units }, n) => {
    let top = y;
    if (units.some(Boolean)) {
      const look = { font: `12px ${colors.font}`, color: colors.text };
      write(context, units[0], MARGIN, y + LINE / 2, look);
      if (units[1]) write(context, units[1], MARGIN + width, y + LINE / 2, { ...look, align: "right" });
      top += LINE;
    }
    context.drawImage(part, MARGIN, top, part.width / scale, part.height / scale);
    y += heights[n];
  });
  canvas.toBlob((blob) => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `history-${new Date().toISOString().slice(0, 16).replace(/[T:]/g, "-")}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}

function write(context, text, x, y, { font, color, align = "left" }) {
  context.font = font;
  context.fillStyle = color;
  context.textAlign = align;
  context.fillText(text, x, y);
}
