// The dashboard: a client of the hub's endpoint that puts what it hears on the tiles.

import "./age.js";
import { lose, step, takeForms } from "./commands.js";
import * as devices from "./devices.js";
import { connect } from "./live.js";
import { ask, settle } from "./newcomers.js";
import { adopt, hear, onUnknown } from "./tiles.js";

adopt(document);
onUnknown(ask);

const talk = connect(take, settle, lose);
takeForms(talk);

function take({ topic, payload, options }) {
  if (!topic.startsWith("$hub/")) {
    if (!topic.startsWith("clown.talk/")) hear(topic, payload, options);
  } else if (topic === "$hub/command") {
    step(payload);
  } else if (topic.startsWith("$hub/presence/")) {
    devices.presence(topic.slice("$hub/presence/".length), payload);
  } else if (topic.startsWith("$hub/link/")) {
    devices.link(topic.slice("$hub/link/".length), payload);
  }
}
