// Publishing by hand: what is typed is looked at while it is typed, sent as it is, and answered below the form.

import { more } from "./rows.js";
import { words } from "./words.js";

// What the hub takes as a form, and how long it may take to tell the outcome.
const LONGEST = 65_536;
const PATIENCE_MS = 8000;

/** Takes over the form, if there is one. */
export function takePublish() {
  const form = document.querySelector("form[data-part=publish]");
  const payload = form?.elements.payload;
  if (!payload) return;
  const [check, answer] = ["check", "answer"].map((part) => form.querySelector(`[data-part=${part}]`));

  const look = () => {
    const problem = problemOf(payload.value);
    check.textContent = payload.value === "" ? more.is_empty : problem ? `${more.is_text} ${problem}` : more.is_json;
  };

  const show = (text, isProblem) => {
    answer.textContent = text;
    answer.classList.toggle("problem", isProblem);
  };

  payload.addEventListener("input", look);
  payload.addEventListener("focus", look);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (/(^|\/)[+#](\/|$)/.test(form.elements.topic.value)) return show(words.bad_topic, true);
    const body = new URLSearchParams(new FormData(form)).toString();
    if (body.length > LONGEST) return show(more.too_long, true);
    show(more.sending, false);
    try {
      const headers = { accept: "application/json", "content-type": "application/x-www-form-urlencoded" };
      const signal = AbortSignal.timeout(PATIENCE_MS);
      const said = await fetch("/messages/publish", { method: "POST", body, headers, signal, cache: "no-store" });
      if (said.redirected || !said.headers.get("content-type")?.startsWith("application/json")) throw new Error();
      const { answer: text, failed } = await said.json();
      show(text, failed);
    } catch {
      // It may have been on its way already.
      show(more.no_outcome, true);
    }
  });
}

/** Writes a topic into the form, unless somebody is writing there. */
export function suggest(topic) {
  const field = document.querySelector("form[data-part=publish]")?.elements.topic;
  if (field && (field.value === "" || field.dataset.suggested === field.value)) {
    field.value = field.dataset.suggested = topic;
  }
}

function problemOf(text) {
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return error.message;
  }
}
