// One tile by itself: a client of the endpoint that may know of this tile alone, if a token brought it here.

import "./age.js";
import { lose, step, takeForms } from "./commands.js";
import { connect } from "./live.js";
import { adopt, hear, ofTopic, presence } from "./tiles.js";

adopt(document);
const talk = connect(take, undefined, lose, { raw: false });
takeForms(talk);

function take({ topic, payload, options }) {
  if (topic === "$hub/command") step(payload);
  else if (topic.startsWith("$hub/presence/")) judge(topic.slice("$hub/presence/".length), payload);
  else if (!topic.startsWith("$") && !topic.startsWith("clown.talk/")) hear(topic, payload, options);
}

/** The hub says the same of a device and of each of its properties; only the tile's own counts. */
function judge(topic, fact) {
  if (!fact || typeof fact.presence !== "string") return;
  for (const tile of ofTopic(topic)) tile.regular = fact.usual_s !== undefined;
  presence(topic, fact.presence, fact.last);
}
