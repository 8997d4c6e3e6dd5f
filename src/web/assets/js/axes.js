// The scales of graphs: times as people here write them, numbers with no more digits than they need, colours of the page.

const lang = document.documentElement.lang;
const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];

/** A way to write times; English as in Europe, so that a day has 24 hours. */
const formatter = (options) => new Intl.DateTimeFormat(lang === "en" ? "en-GB" : lang, options);

const clock = formatter({ hour: "2-digit", minute: "2-digit" });
const exact = formatter({ hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = formatter({ day: "numeric", month: "short" });
const weekday = formatter({ weekday: "short", day: "numeric", month: "short" });
const month = formatter({ month: "short", year: "numeric" });
const year = formatter({ year: "numeric" });
const full = formatter({ day: "numeric", month: "short", year: "numeric" });

const isMidnight = (at) => at.getHours() === 0 && at.getMinutes() === 0 && at.getSeconds() === 0;

/** The labels of an axis of times; midnights say their day, so that no label is ambiguous. */
export function times(splits, step) {
  return splits.map((split) => {
    const at = new Date(split);
    if (step >= 300 * DAY) return year.format(at);
    if (step >= 27 * DAY) return month.format(at);
    if (step >= DAY || isMidnight(at)) return day.format(at);
    return step < MINUTE ? exact.format(at) : clock.format(at);
  });
}

/** A moment as precise as a piece of `width` milliseconds is; 0 is one sample. */
export function moment(at, width) {
  if (width >= DAY) return full.format(at);
  const time = width >= MINUTE ? clock.format(at) : exact.format(at);
  return `${weekday.format(at)} ${time}`;
}

/** A time span in words: both ends, the day once if it is the same. */
export function span(from, to) {
  const [one, other] = [new Date(from), new Date(to)];
  const time = to - from < 10 * MINUTE ? exact : clock;
  if (to - from >= 60 * DAY) return `${full.format(one)} – ${full.format(other)}`;
  const begin = `${weekday.format(one)} ${time.format(one)}`;
  const isOneDay = one.toDateString() === other.toDateString();
  return `${begin} – ${isOneDay ? "" : `${weekday.format(other)} `}${time.format(other)}`;
}

const formats = new Map();

/** A number with so many decimals. */
function decimals(count) {
  if (!formats.has(count)) {
    formats.set(count, new Intl.NumberFormat(lang, { maximumFractionDigits: count, useGrouping: false }));
  }
  return formats.get(count);
}

/** A number as people read it, with no more decimals than mean something. */
export function number(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  const text = decimals(size >= 10_000 ? 0 : size >= 1000 ? 1 : size >= 1 ? 2 : 4).format(value);
  return text === "-0" ? "0" : text.replace("-", "−");
}

/** The labels of an axis of numbers, all with the same decimals. */
export function numbers(splits) {
  const step = splits.length > 1 ? Math.abs(splits[1] - splits[0]) : 1;
  // As many as the step needs: 2.5 needs one.
  const isWhole = (places) => Math.abs(step * 10 ** places - Math.round(step * 10 ** places)) < 1e-6;
  const count = [0, 1, 2, 3, 4, 5, 6].find(isWhole) ?? 6;
  return splits.map((split) => {
    if (Math.abs(split) >= 1e6) return Intl.NumberFormat(lang, { notation: "compact" }).format(split);
    return decimals(count).format(split).replace("-", "−");
  });
}

/** The length of a step of bars for a span, and how their ends are found: pieces of an hour or more are whole in local time. */
export function steps(span) {
  if (span <= 3 * HOUR) return { ms: 5 * MINUTE, begin: (at) => Math.floor(at / (5 * MINUTE)) * 5 * MINUTE };
  if (span <= 4 * DAY) return { ms: HOUR, begin: (at) => new Date(at).setMinutes(0, 0, 0) };
  if (span <= 150 * DAY) return { ms: DAY, begin: (at) => new Date(at).setHours(0, 0, 0, 0) };
  return { ms: 30 * DAY, begin: (at) => new Date(new Date(at).getFullYear(), new Date(at).getMonth(), 1).getTime() };
}

/** The values of the page's own colours and fonts, which change with the scheme. */
export function ink() {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(name).trim();
  return {
    text: value("--soft"),
    ink: value("--ink"),
    line: value("--line"),
    faint: value("--faint"),
    well: value("--well"),
    tile: value("--tile"),
    font: value("--font"),
    series: Array.from({ length: 8 }, (_, n) => value(`--series-${n + 1}`)),
  };
}

/** How the line of the n-th series is broken, so that no colour is needed to tell them apart. */
export const DASHES = [[], [7, 4], [2, 3], [10, 3, 2, 3], [14, 5], [5, 2, 1, 2, 1, 2], [1, 4], [8, 2, 2, 2]];

export { SECOND, MINUTE, HOUR, DAY };
