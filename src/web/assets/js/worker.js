// Makes the frame of the page appear while the hub does not answer. It keeps that frame and its files, and nothing that
// ever held a value: what a device said comes from the hub, now, or not at all.
//
// `VERSION`, `OFFLINE` and `SHELL` are put in front by the hub.

const KEPT = `shell-${VERSION}`;
// Longer than a slow radio link takes, shorter than a person waits.
const PATIENCE_MS = 4000;

self.addEventListener("install", (event) => {
  event.waitUntil(keep([OFFLINE, ...SHELL]).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(begin());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== location.origin) return;
  if (request.mode === "navigate") event.respondWith(visit(event));
  else if (SHELL.includes(pathname)) event.respondWith(file(request));
});

async function begin() {
  for (const name of await caches.keys()) if (name !== KEPT) await caches.delete(name);
  await self.registration.navigationPreload?.enable();
  await self.clients.claim();
}

async function keep(addresses) {
  const cache = await caches.open(KEPT);
  await cache.addAll(addresses.map((address) => new Request(address, { cache: "no-cache" })));
}

/** The page as the hub sends it; the frame alone if it does not come in time. */
async function visit(event) {
  const late = new Promise((_, reject) => setTimeout(reject, PATIENCE_MS, new Error("no answer in time")));
  try {
    const answer = await Promise.race([load(event), late]);
    // The frame speaks the language that the page speaks now.
    if (answer.ok) event.waitUntil(keep([OFFLINE]).catch(() => {}));
    return answer;
  } catch {
    return (await caches.match(OFFLINE)) ?? Response.error();
  }
}

async function load(event) {
  return (await event.preloadResponse) ?? fetch(event.request);
}

async function file(request) {
  return (await caches.match(request)) ?? fetch(request);
}
