// Topic filters as in MQTT: `+` is one level, `#` is everything from here on, and neither begins a match with `$`.

/** Whether a filter can be used; the empty one lets everything through. */
export function isValid(filter) {
  const levels = filter.split("/");
  return levels.every((level, at) => {
    if (level === "#") return at === levels.length - 1;
    return level === "+" || !/[+#]/.test(level);
  });
}

/** Whether a topic passes. */
export function matches(filter, topic) {
  if (filter === "") return true;
  const wanted = filter.split("/");
  const found = topic.split("/");
  if (topic.startsWith("$") && /^[+#]/.test(filter)) return false;
  for (const [at, level] of wanted.entries()) {
    if (level === "#") return true;
    if (at >= found.length || (level !== "+" && level !== found[at])) return false;
  }
  return wanted.length === found.length;
}
