// The matches for a host, strongest first, and what became of each.
const verdicts = (criteria, name) => {
  const words = new Map(criteria);
  const SHOWN = 12;

  const because = (one) => {
    if (one.verdict === "failed") {
      return `${one.predicate}: wants ${one.expected}, it is ${one.actual === null || one.actual === undefined ? "absent" : JSON.stringify(one.actual)}`;
    }
    if (one.verdict === "lost") return `matches too, but ${words.get(one.on)}`;
    return `wins: ${words.get(one.on) ?? "no other rule matches"}`;
  };

  const row = (one) => element(`tr.${one.verdict}`,
    element("td", { won: "✓", lost: "·", failed: "✗" }[one.verdict]),
    element("td", name(one)),
    element("td.mono", one.predicates),
    element("td", because(one)));

  /** A table, or nothing. Of many only the first and the winner are shown at once. */
  return (all) => {
    if (!all.length) return [];
    const short = all.filter((one, index) => index < SHOWN || one.verdict === "won");
    const body = element("tbody", short.map(row));
    const table = element("table.candidates", element("caption.hidden", "Every match for this host, strongest first"), body);
    if (short.length === all.length) return [table];
    const show = () => {
      body.replaceChildren(...all.map(row));
      more.remove();
    };
    const more = element("button.link", { type: "button", click: show }, `Show all ${all.length} matches`);
    return [table, more];
  };
};
