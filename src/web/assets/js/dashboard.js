// The dashboard: a client of the hub's endpoint that puts what it hears on the tiles.

import "./age.js";
import { lose, step, takeForms } from "./commands.js";
import * as devices from "./devices.js";
import { link } from "./links.js";
import { connect } from "./live.js";
import "./spark.js";
import { ask, letPass, lookAgain, overtake, renew, settle } from "./newcomers.js";
import { adopt, hear, onUnknown } from "./tiles.js";

adopt(document);
onUnknown(ask);

// What was heard since the present values began to come: everything the hub knows, once they have come.
const present = new Set();
const talk = connect(take, up, down, { raw: false });
let wasUp = false;
takeForms(talk);

function up() {
  settle(present);
  // Who was accepted meanwhile is told to nobody who was away.
  if (wasUp) lookAgain();
  wasUp = true;
}

function down() {
  present.clear();
  letPass();
  lose();
}

function take(message) {
  const { topic, payload } = message;
  if (show(message)) {
    overtake(() => show(message));
  } else if (topic === "$hub/lost") {
    present.clear();
  } else if (topic === "$hub/standing") {
    lookAgain();
  } else if (topic === "$hub/definitions") {
    renew(payload);
  }
}

/** Puts on the tiles what a message says of them; whether it does. */
function show({ topic, payload, options }) {
  if (topic.startsWith("clown.talk/")) return true;
  if (!topic.startsWith("$hub/")) {
    present.add(topic);
    hear(topic, payload, options);
  } else if (topic === "$hub/command") {
    step(payload);
  } else if (topic.startsWith("$hub/presence/")) {
    devices.presence(topic.slice("$hub/presence/".length), payload);
  } else if (topic.startsWith("$hub/link/")) {
    link(topic.slice("$hub/link/".length), payload);
  } else {
    return false;
  }
  return true;
}
