// A kiosk that is open locks itself: the page is laid out anew a minute after the last press.

const menu = document.querySelector("[data-part=kiosk][data-open=true]");
const SECOND_MS = 1000;
let timer = 0;

function count() {
  clearTimeout(timer);
  timer = setTimeout(() => location.reload(), (Number(menu.dataset.seconds) + 1) * SECOND_MS);
}

if (menu) {
  count();
  // A press opens it for the whole time again; the page was laid out with what was left of it.
  document.addEventListener("submit", (event) => {
    if (new URL(event.target.action).pathname !== "/set") return;
    menu.dataset.seconds = 60;
    count();
  });
}
