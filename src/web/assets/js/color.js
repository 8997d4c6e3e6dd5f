// Colours: a device's own form as red, green and blue, and a chosen colour back in that form. Same rules as `color.rs`.

import { Digits, visible } from "./message.js";
import { words } from "./words.js";

const isObject = (value) => value !== null && typeof value === "object" && !(value instanceof Digits) && !Array.isArray(value);

/** An object as it stands in the page is a text there. */
function form(value) {
  if (typeof value !== "string" || !value.trimStart().startsWith("{")) return value;
  try {
    return JSON.parse(value);
  } catch {
    return null;
  }
}

/** `[red, green, blue]`, or `null` for what is no colour that is understood. */
export function read(key, said) {
  const value = form(said);
  if (isObject(value)) {
    const { x, y, hue, saturation, h, s, r, g, b } = Object.fromEntries(Object.entries(value).map(([k, v]) => [k, Number(v)]));
    if (Number.isFinite(x) && Number.isFinite(y)) return ofXy(x, y);
    if (Number.isFinite(hue ?? h) && Number.isFinite(saturation ?? s)) return ofHs(hue ?? h, saturation ?? s);
    return ofNumbers([r, g, b]);
  }
  if (typeof value !== "string") return null;
  const digits = hexDigits(value);
  if (digits) return [0, 2, 4].map((at) => parseInt(digits.slice(at, at + 2), 16));
  const parts = value.split(value.includes(";") ? ";" : ",").map((part) => part.trim());
  if (parts[0] === "rgb") parts.shift();
  if (parts.some((part) => part === "" || !Number.isFinite(Number(part)))) return null;
  const numbers = parts.map(Number);
  if (key === "color-hs") return numbers.length === 2 ? ofHs(...numbers) : null;
  if (key === "color-xy") return numbers.length === 2 ? ofXy(...numbers) : null;
  return numbers.length > 2 ? ofNumbers(numbers.slice(0, 3)) : null;
}

/** A chosen `#rrggbb` in the form in which the device says `said`, or `null`. */
export function sent(key, said, chosen) {
  if (!read(key, said)) return null;
  const value = form(said);
  const rgb = [1, 3, 5].map((at) => parseInt(chosen.slice(at, at + 2), 16));
  const [hue, saturation] = hs(rgb);
  const [x, y] = xy(rgb);
  if (isObject(value)) {
    if ("x" in value) return { x, y };
    if ("hue" in value) return { hue, saturation };
    return "h" in value ? { h: hue, s: saturation } : { r: rgb[0], g: rgb[1], b: rgb[2] };
  }
  const digits = hexDigits(value);
  if (digits) {
    const isSharp = value.startsWith("#");
    const text = chosen.slice(1) + digits.slice(6);
    const isUpper = /[A-F]/.test(digits) || (!isSharp && !/[a-f]/.test(digits));
    return (isSharp ? "#" : "") + (isUpper ? text.toUpperCase() : text);
  }
  const between = value.includes(";") ? ";" : ",";
  if (key === "color-hs") return `${hue}${between}${saturation}`;
  if (key === "color-xy") return `${x}${between}${y}`;
  const parts = value.split(between);
  parts.splice(parts[0].trim() === "rgb" ? 1 : 0, 3, ...rgb);
  return parts.join(between);
}

/** What a tile of a colour shows. */
export function color(tile) {
  const { paint, name, own, hand, form: field } = tile.parts;
  const rgb = tile.value === null ? null : read(tile.key, tile.value);
  const text = tile.value === null ? "" : isObject(tile.value) ? JSON.stringify(tile.value) : String(tile.value);
  tile.element.dataset.known = rgb ? "" : "no";
  paint.setAttribute("fill", rgb ? hex(rgb) : "none");
  name.textContent = rgb ? called(rgb) : words.unknown;
  own.textContent = visible(text);
  field.value = text;
  hand.disabled = hand.form.querySelector("button").disabled = !rgb;
  if (tile.hand !== null) return;
  const wish = tile.command?.step === "pending" ? read(tile.key, tile.command.value) : null;
  hand.value = wish || rgb ? hex(wish ?? rgb) : "#000000";
}

const hex = (rgb) => `#${rgb.map((part) => part.toString(16).padStart(2, "0")).join("")}`;

function hexDigits(text) {
  const digits = text.replace(/^#/, "");
  return /^([0-9a-f]{6}|[0-9a-f]{8}|[0-9a-f]{10})$/i.test(digits) ? digits : null;
}

function ofNumbers(numbers) {
  return numbers.every((part) => Number.isInteger(part) && part >= 0 && part <= 255) ? numbers : null;
}

function ofHs(hue, saturation) {
  return [5, 3, 1].map((turn) => {
    const k = (((turn + hue / 60) % 6) + 6) % 6;
    const fall = Math.min(1, Math.max(0, Math.min(k, 4 - k)));
    return Math.round(255 * (1 - (Math.min(100, Math.max(0, saturation)) / 100) * fall));
  });
}

function hs([red, green, blue]) {
  const most = Math.max(red, green, blue);
  const span = most - Math.min(red, green, blue);
  let hue = 0;
  if (span && most === red) hue = (green - blue) / span;
  else if (span && most === green) hue = 2 + (blue - red) / span;
  else if (span) hue = 4 + (red - green) / span;
  return [(Math.round(hue * 60) + 360) % 360, most ? Math.round((span / most) * 100) : 0];
}

function ofXy(x, y) {
  if (!(y > 0 && x >= 0 && x + y <= 1)) return null;
  const [a, c] = [x / y, (1 - x - y) / y];
  const linear = [3.2406 * a - 1.5372 - 0.4986 * c, -0.9689 * a + 1.8758 + 0.0415 * c, 0.0557 * a - 0.204 + 1.057 * c];
  const most = Math.max(Number.MIN_VALUE, ...linear);
  return linear.map((one) => {
    const part = Math.max(0, one / most);
    return Math.round(255 * (part <= 0.0031308 ? 12.92 * part : 1.055 * part ** (1 / 2.4) - 0.055));
  });
}

function xy(rgb) {
  const [red, green, blue] = rgb.map((part) => {
    const one = part / 255;
    return one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4;
  });
  const x = 0.4124 * red + 0.3576 * green + 0.1805 * blue;
  const y = 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  const sum = x + y + 0.0193 * red + 0.1192 * green + 0.9505 * blue;
  return sum ? [x / sum, y / sum].map((part) => Math.round(part * 10000) / 10000) : [0.3127, 0.329];
}

/** The nearest of a dozen words. */
function called(rgb) {
  const [hue, saturation] = hs(rgb);
  const most = Math.max(...rgb);
  const ends = [15, 45, 70, 160, 195, 255, 290, 345];
  let at = 3 + ends.filter((end) => hue >= end).length;
  if (at > 10) at = 3;
  if (saturation < 12) at = most > 224 ? 1 : 2;
  if (most < 26) at = 0;
  return words.colors.split("|")[at];
}
