// The frame while the hub does not answer: asks for it, and gives the place back to the page as soon as it does.

const EVERY_MS = 1000;
const PATIENCE_MS = 3000;
let isAsking = false;

async function ask() {
  if (isAsking || document.hidden) return;
  isAsking = true;
  try {
    // Any answer will do, also that somebody has to sign in.
    await fetch("/fragment/version", { cache: "no-store", redirect: "manual", signal: AbortSignal.timeout(PATIENCE_MS) });
    // Whoever opened the frame by its own address wants the dashboard.
    if (location.pathname === "/offline") location.replace("/");
    else location.reload();
  } catch {
    // It is not there yet.
  } finally {
    isAsking = false;
  }
}

setInterval(ask, EVERY_MS);
for (const event of ["online", "focus", "pageshow"]) addEventListener(event, ask);
document.addEventListener("visibilitychange", ask);
ask();
