// The form to say something by hand: what is typed is checked, sent as it is, and answered below the form.

import { plain } from "./message.js";
import { duration, fill, words } from "./words.js";

const own = `hand-${Math.random().toString(36).slice(2, 10)}`;

/** Takes over the form; `through(talk)` says where to send, `hear(message)` looks for the answer. */
export function takeForm() {
  const form = document.querySelector("[data-part=speak]");
  const answer = form.querySelector("[data-part=answer]");
  const { topic, payload } = form.elements;
  let talk = null;
  let count = 0;
  let steps = [];

  const show = (text, isProblem = false) => {
    answer.textContent = text;
    answer.classList.toggle("problem", isProblem);
  };

  const mark = (field, isBad) => field.setAttribute("aria-invalid", String(isBad));

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const name = topic.value.trim();
    const problem = problemOf(payload.value);
    mark(topic, name === "" || /[+#]/.test(name));
    mark(payload, problem !== "");
    if (topic.getAttribute("aria-invalid") === "true") return show(words.bad_topic, true);
    if (problem) return show(`${words.bad_payload} ${problem}`, true);
    count += 1;
    steps = [];
    const text = `[${JSON.stringify(name)}, ${payload.value.replace(/[\r\n]+/g, " ").trim()}, {"id": "${own}-${count}"}]`;
    if (talk?.send(text)) show(words.sent);
    else show(words.not_sent, true);
  });

  return {
    through(connection) {
      talk = connection;
    },
    hear({ topic: from, payload: fact }) {
      if (!count) return;
      if (from === "$hub/command" && fact?.id === `${own}-${count}`) {
        steps.push(fact.step);
        const after = duration(plain(fact.after_ms) ?? 0);
        const failed = ["refused", "unanswered"].includes(fact.step);
        show(`${steps.join(" → ")} (${after}) ${fact.reason ?? ""}`, failed);
      } else if (from === "clown.talk/-/error") {
        show([fact?.reason, fact?.hint].filter(Boolean).join(" – "), true);
      } else if (from.startsWith("clown.talk/") && !steps.length) {
        show(fill("{topic}", { topic: from }));
      }
    },
  };
}

function problemOf(text) {
  try {
    JSON.parse(text);
    return "";
  } catch (error) {
    return error.message;
  }
}
