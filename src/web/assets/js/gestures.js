// Zoom and pan: a drag with the mouse chooses a time, with Shift it moves; fingers move and pinch; Ctrl and the wheel
// zoom, a wheel sideways moves; and the keys. Whatever is done ends in `move(from, to)`, and in `settle()` when it is over.

const [STEP, ZOOM] = [0.15, 1.6];
// Movements of a wheel have no end of their own.
const CALM_MS = 160;

/**
 * `view()` gives [from, to]; `area()` gives left and width of the plot within the window; `ends(first)` goes to the first
 * or to the last that is known.
 */
export function gestures(root, { view, area, move, settle, ends, back }) {
  const fingers = new Map();
  let grip = null;
  let calm = 0;

  const share = (x) => {
    const { left, width } = area();
    return Math.min(1, Math.max(0, (x - left) / width));
  };

  function zoom(factor, at = 0.5) {
    const [from, to] = view();
    const held = from + (to - from) * at;
    move(held - (held - from) / factor, held + (to - held) / factor);
  }

  function pan(part) {
    const [from, to] = view();
    const by = (to - from) * part;
    move(from + by, to + by);
  }

  function later() {
    clearTimeout(calm);
    calm = setTimeout(settle, CALM_MS);
  }

  /** Where the fingers are: their middle and their distance, in shares of the plot. */
  function hold() {
    const all = [...fingers.values()].slice(0, 2).map(share);
    grip = { view: view(), middle: all.reduce((sum, x) => sum + x, 0) / all.length, apart: spread(all) };
  }

  const spread = (all) => (all.length > 1 ? Math.max(0.02, Math.abs(all[0] - all[1])) : 1);

  root.addEventListener("pointerdown", (event) => {
    const isMoving = event.pointerType !== "mouse" || event.shiftKey || event.button === 1;
    if (!isMoving || !event.target.closest(".u-over")) return;
    if (event.pointerType === "mouse") event.preventDefault();
    fingers.set(event.pointerId, event.clientX);
    event.target.setPointerCapture(event.pointerId);
    hold();
  });

  root.addEventListener("pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event.clientX);
    const all = [...fingers.values()].slice(0, 2).map(share);
    const middle = all.reduce((sum, x) => sum + x, 0) / all.length;
    const [from, to] = grip.view;
    const length = ((to - from) * grip.apart) / spread(all);
    const held = from + (to - from) * grip.middle;
    move(held - length * middle, held + length * (1 - middle));
  });

  for (const end of ["pointerup", "pointercancel"]) {
    root.addEventListener(end, (event) => {
      if (!fingers.delete(event.pointerId)) return;
      if (fingers.size) hold();
      else settle();
    });
  }

  // Before the graph's own listener: a drag that moves chooses nothing.
  root.addEventListener("mousedown", (event) => {
    if (fingers.size) event.stopPropagation();
  }, true);

  root.addEventListener("wheel", (event) => {
    const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    if (!event.ctrlKey && !isSideways) return;
    event.preventDefault();
    if (event.ctrlKey) zoom(Math.exp(-event.deltaY / 200), share(event.clientX));
    else pan(event.deltaX / area().width);
    later();
  }, { passive: false });

  root.addEventListener("dblclick", back);

  const keys = {
    "+": () => zoom(ZOOM),
    "=": () => zoom(ZOOM),
    "-": () => zoom(1 / ZOOM),
    ArrowLeft: () => pan(-STEP),
    ArrowRight: () => pan(STEP),
    PageUp: () => pan(-1),
    PageDown: () => pan(1),
    Home: () => ends(true),
    End: () => ends(false),
  };
  root.addEventListener("keydown", (event) => {
    const key = keys[event.key];
    if (!key || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    key();
    later();
  });

  return { zoom, pan };
}
