// Whether the page is live: the footer, the banner, and controls that can be pressed only while it is.

import "./kiosk.js";
import { visible } from "./message.js";
import { Talk } from "./talk.js";
import { words } from "./words.js";

const banner = document.querySelector("[data-part=banner]");
const footer = document.querySelector("[data-part=connection]");
const said = document.querySelector("[data-part=said]");
// The first connection takes a moment; only a longer one is worth a word.
const QUIET_MS = 1200;
// The hub closes a page's connection with this code when its session ends.
const SIGNED_OUT = 4401;
let quiet = 0;
let wasUp = false;

const address = `${location.protocol === "http:" ? "ws" : "wss"}://${location.host}/auth/clown-talk-server`;
// A tile in a frame of another page brings the token of its address along.
const { token } = document.body.dataset;

// An installed page keeps its frame for when the hub does not answer. A browser that does not trust the certificate
// refuses this, and then has an error page of its own.
if (!token) navigator.serviceWorker?.register("/worker.js").catch(() => {});

/** Says something to a screen reader, politely. */
export function announce(text) {
  said.textContent = text;
}

/** How many new devices wait for somebody, in the navigation. */
export function badge(number) {
  const element = document.querySelector("[data-part=badge]");
  if (!element) return;
  element.textContent = number;
  element.hidden = number === 0;
}

/**
 * Connects the page. `hear(message, text)` gets every message; `up()` is called whenever values are right again and
 * `down()` whenever they may be wrong from now on. `wish` goes into the handshake.
 */
export function connect(hear, up, down, wish) {
  footer.querySelector("[data-part=endpoint]").textContent = address;
  const take = (message, text) => {
    trouble(message);
    hear(message, text);
  };
  const talk = new Talk(token ? `${address}?token=${encodeURIComponent(token)}` : address, take, (state, code) => {
    show(state, code);
    if (state === "up") up?.();
    if (state === "down") {
      down?.();
      if (code === SIGNED_OUT) tell(words.signed_out, true);
      else checkSession();
    }
  }, wish);
  show("connecting");
  return talk;
}

/** `$hub/history`, `$hub/broker` and `$hub/events` say what ails the disk, `$hub/machine` what ails the machine. */
function trouble({ topic, payload }) {
  if (topic === "$hub/machine") {
    for (const part of ["power", "heat", "disk"]) ails(`machine/${part}`, payload?.[part]?.trouble);
  } else if (["$hub/history", "$hub/broker", "$hub/events"].includes(topic)) {
    ails(topic.slice(5), payload?.trouble);
  } else return;
  // What cannot be written because the disk is full says so itself.
  const full = [...document.querySelectorAll("[data-part=trouble][data-code=disk_full]:not([hidden])")];
  const disk = full.find((line) => line.dataset.about === "machine/disk");
  if (disk && full.length > 1) disk.hidden = true;
}

function ails(about, told) {
  const line = document.querySelector(`[data-part=trouble][data-about="${about}"]`);
  if (!line) return;
  line.hidden = !told;
  line.dataset.code = told?.code ?? "";
  if (!told) return;
  const said = visible(`${told.reason}; ${told.hint}`);
  const known = words.disks[told.code];
  line.querySelector("[data-part=words]").textContent = known ? `${known} (${said})` : said;
}

function show(state, code) {
  const isUp = state === "up";
  document.body.dataset.live = isUp ? "yes" : state === "checking" ? "checking" : "no";
  for (const part of document.querySelectorAll("fieldset[data-part=live]")) part.disabled = !isUp;
  footer.querySelector("use").setAttribute("href", isUp ? "#mark-online" : "#mark-offline");
  const sentence = isUp ? words.connected : wasUp ? words.disconnected : words.connecting;
  footer.querySelector("[data-part=words]").textContent = sentence;
  clearTimeout(quiet);
  if (isUp) {
    wasUp = true;
    banner.hidden = true;
  } else if (wasUp) {
    tell(state === "checking" ? words.checking : code === 1001 ? words.stopping : words.not_live);
  } else {
    quiet = setTimeout(() => tell(words.not_live), QUIET_MS);
  }
}

function tell(text, signIn = false) {
  banner.querySelector("[data-part=words]").textContent = text;
  banner.querySelector("a").hidden = !signIn;
  banner.hidden = false;
}

/** A refused connection does not say why: ask whether the session ended or the hub came back in a newer version. */
async function checkSession() {
  try {
    // Who came by a token for one tile may ask for nothing else; its own address tells whether it is still good.
    const answer = await fetch(token ? location.href : "/fragment/version", { redirect: "manual", cache: "no-store" });
    if (answer.type === "opaqueredirect" || answer.status === 401 || answer.status === 403) {
      tell(words.signed_out, true);
      return;
    }
    const version = answer.ok && !token ? (await answer.text()).trim() : "";
    const typing = document.querySelector("form [data-part=payload]")?.value;
    if (version && version !== document.body.dataset.version && !typing) location.reload();
  } catch {
    // The hub is not there; the connection keeps trying and the banner says so.
  }
}
