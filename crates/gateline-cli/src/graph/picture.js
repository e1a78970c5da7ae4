// The four columns and the lines between them.
const picture = (data, { ask }) => {
  const { graph } = data;
  const RANK = { error: 0, warning: 1, info: 2 };
  const COLLAPSED_FROM = 60;
  const list = (column) => document.querySelector(`#${column} ul`);
  const place = (source) => (source ? `${source.file}:${source.line}:${source.column}` : "");

  const nodes = new Map();
  const edges = [];

  // --- what is wrong ---

  const finding = (index) => {
    const one = graph.findings[index];
    return element("div.finding", { id: `finding-${index}` },
      element(`span.badge.${one.severity}`, one.code), element("div", one.message),
      one.help ? element("div.help", one.help) : null,
      one.origin.place ? element("div.place", place(one.origin.place)) : null);
  };

  const findings = (indexes) => {
    const shown = indexes.filter((index) => graph.findings[index].severity !== "info");
    if (!shown.length) return null;
    const sorted = [...shown].sort((a, b) => RANK[graph.findings[a].severity] - RANK[graph.findings[b].severity]);
    const badges = sorted.map((index) => element(`span.badge.${graph.findings[index].severity}`, graph.findings[index].code));
    const all = sorted.map((index) => {
      const one = finding(index);
      one.removeAttribute("id");
      return one;
    });
    return element("details.found", { toggle: () => draw() }, element("summary", badges), all);
  };

  // --- nodes ---

  const keep = (key, made, text, wrong) => {
    made.dataset.node = key;
    nodes.set(key, { element: made, text: text.toLowerCase(), wrong });
    return made;
  };
  const isWrong = (indexes) => indexes.some((index) => graph.findings[index].severity !== "info");

  const node = (key, name, under, options) => {
    const head = element("button.head", { type: "button", click: options.click },
      element("span.name", name), under ? element("span.under", under) : null);
    const made = element("li.node", head, findings(options.findings));
    return keep(key, made, `${name} ${under}`, isWrong(options.findings));
  };

  const sample = (host) => {
    const listener = graph.listeners[host.listeners[0]];
    const name = host.name === "*" ? "example.com" : host.name.replace(/^\*/, "any");
    const scheme = { HTTP: "http", HTTPS: "https" }[listener.protocol] ?? listener.protocol.toLowerCase();
    const usual = { http: 80, https: 443 }[scheme] === listener.port;
    return `${scheme}://${name}${usual ? "" : `:${listener.port}`}${scheme.startsWith("http") ? "/" : ""}`;
  };

  const name = (route, rule) => `${graph.routes[route].name}#${rule}`;

  const covering = (by) => by.flatMap(({ route, rule }, index) => [
    index ? ", " : "",
    element("button.link", { type: "button", click: () => show(route, rule) }, name(route, rule)),
  ]);

  const why = (dead) => {
    const { code, message } = graph.findings[dead.finding];
    return element("div.why", element("span.badge.error", code), ` ${message}`,
      dead.by.length ? element("div", "Taken by ", covering(dead.by)) : null);
  };

  const ruleItem = (route, index, rule) => {
    const made = element(`li.rule${rule.dead ? ".dead" : ""}`,
      element("span.number", String(index)),
      rule.matches.map((match) => {
        const line = element(`div.match${match.dead ? ".dead" : ""}`, match.predicates);
        return match.dead && !rule.dead ? element("div", line, why(match.dead)) : line;
      }),
      element("div.effect", rule.name ? `${rule.name} → ` : "→ ", rule.effect || "attached to no listener"),
      rule.dead ? why(rule.dead) : null,
      findings(rule.findings.filter((one) => one !== rule.dead?.finding)));
    const text = [graph.routes[route].name, rule.name ?? "", rule.effect, ...rule.matches.map((one) => one.predicates)].join(" ");
    return keep(`r${route}.${index}`, made, text, isWrong(rule.findings) || rule.dead !== null);
  };

  const routeCard = (index, route) => {
    const [kind, ...rest] = route.name.split("/");
    const attached = graph.listeners.some((listener) => listener.routes.some((one) => one.route === index));
    const count = route.rules.length === 1 ? "1 rule" : `${route.rules.length} rules`;
    const rules = element("ol", route.rules.map((rule, at) => ruleItem(index, at, rule)));
    const head = element("button.head", { type: "button", "aria-expanded": "true", click: () => toggle(head, rules) },
      element("span.name", rest.join("/")), element("span.under", `${kind}, ${count}${attached ? "" : ", attached to no listener"}`));
    const made = element("li.node", head, findings(route.findings), rules);
    return keep(`r${index}`, made, route.name, isWrong(route.findings));
  };

  const toggle = (head, rules, open = rules.hidden) => {
    rules.hidden = !open;
    head.setAttribute("aria-expanded", String(open));
    draw();
  };

  const toggleAll = (open) => {
    for (const head of document.querySelectorAll("#routes .head")) toggle(head, head.parentElement.querySelector("ol"), open);
  };

  const show = (route, rule) => {
    const card = nodes.get(`r${route}`).element;
    toggle(card.querySelector(".head"), card.querySelector("ol"), true);
    const made = nodes.get(`r${route}.${rule}`).element;
    made.scrollIntoView({ block: "center", behavior: "smooth" });
    made.setAttribute("tabindex", "-1");
    made.focus({ preventScroll: true });
  };

  // --- lines ---

  const edge = (from, to, dead = false) => {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    if (dead) path.classList.add("dead");
    edges.push({ from, to, path });
    document.getElementById("edges").append(path);
  };

  /** Where a node is seen: a rule of a collapsed route is seen at the route. */
  const seen = (key) => {
    const made = nodes.get(key).element;
    return made.offsetParent === null && key.includes(".") ? nodes.get(key.split(".")[0]).element : made;
  };

  let pending = false;
  const draw = () => {
    if (pending) return;
    pending = true;
    requestAnimationFrame(() => {
      pending = false;
      align();
      const origin = document.getElementById("picture").getBoundingClientRect();
      for (const { from, to, path } of edges) {
        const [start, end] = [seen(from), seen(to)];
        if (start.offsetParent === null || end.offsetParent === null) {
          path.setAttribute("d", "");
          continue;
        }
        const [a, b] = [start.getBoundingClientRect(), end.getBoundingClientRect()];
        const [x1, y1] = [a.right - origin.left, a.top + Math.min(a.height / 2, 22) - origin.top];
        const [x2, y2] = [b.left - origin.left, b.top + Math.min(b.height / 2, 22) - origin.top];
        const bend = (x2 - x1) / 2;
        path.setAttribute("d", `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`);
      }
    });
  };

  /** Backends stand beside the rules that name them, as far as there is room. */
  const align = () => {
    const column = list("backends");
    const top = column.getBoundingClientRect().top;
    const sources = new Map();
    for (const { from, to } of edges.filter(({ to }) => to.startsWith("b"))) {
      const start = seen(from);
      if (start.offsetParent === null) continue;
      sources.set(to, [...(sources.get(to) ?? []), start.getBoundingClientRect().top - top]);
    }
    const wanted = (key) => {
      const tops = sources.get(key) ?? [0];
      return tops.reduce((sum, one) => sum + one, 0) / tops.length;
    };
    const items = [...column.children].filter((item) => !item.hidden);
    items.sort((a, b) => wanted(a.dataset.node) - wanted(b.dataset.node));
    let free = 0;
    for (const item of items) {
      const at = Math.max(free, wanted(item.dataset.node));
      item.style.cssText = `position:absolute;left:0;right:0;top:${at}px`;
      free = at + item.offsetHeight + 10;
    }
    column.style.cssText = `position:relative;display:block;height:${free}px`;
  };

  // --- what is shown ---

  const filter = (text, onlyWrong) => {
    const words = text.toLowerCase().split(/\s+/).filter(Boolean);
    const fits = (key) => {
      const one = nodes.get(key);
      return words.every((word) => one.text.includes(word)) && (!onlyWrong || one.wrong);
    };
    const all = !words.length && !onlyWrong;
    const shown = new Set([...nodes.keys()].filter((key) => all || fits(key)));
    // What a hit hangs on, in both directions; a route that is hit itself keeps all of its rules.
    for (const key of [...shown]) {
      if (key.includes(".")) shown.add(key.split(".")[0]);
      else if (key.startsWith("r")) graph.routes[Number(key.slice(1))].rules.forEach((_, rule) => shown.add(`${key}.${rule}`));
    }
    const spread = (from, to) => edges.forEach((one) => shown.has(one[from]) && shown.add(one[to]));
    if (!all) {
      const hit = new Set(shown);
      spread("from", "to");
      for (const key of [...shown]) if (key.startsWith("r") && !hit.has(key)) graph.routes[Number(key.slice(1))].rules.forEach((_, rule) => shown.add(`${key}.${rule}`));
      spread("from", "to");
      edges.slice().reverse().forEach(({ from, to }) => hit.has(to) && (hit.add(from), from.includes(".") && hit.add(from.split(".")[0])));
      hit.forEach((key) => shown.add(key));
    }
    for (const [key, one] of nodes) one.element.hidden = !shown.has(key);
    document.getElementById("nothing").hidden = shown.size > 0;
    draw();
  };

  /** Lights a path of nodes; none puts all out. */
  const light = (keys) => {
    const lit = new Set(keys);
    document.getElementById("picture").classList.toggle("asked", lit.size > 0);
    for (const [key, one] of nodes) one.element.classList.toggle("lit", lit.has(key));
    for (const { from, to, path } of edges) path.classList.toggle("lit", lit.has(from) && lit.has(to));
    draw();
  };

  // --- building ---

  graph.hosts.forEach((host, index) => {
    const made = node(`h${index}`, host.name === "*" ? "any host" : host.name, "", { findings: [], click: () => ask(sample(host)) });
    made.querySelector(".head").title = "Ask for this host";
    list("hosts").append(made);
  });
  graph.listeners.forEach((listener, index) => {
    const under = `${listener.gateway}, ${listener.protocol} ${listener.port}${listener.hostname === "*" ? "" : `, ${listener.hostname}`}`;
    const short = listener.name.slice(listener.gateway.length + 1);
    list("listeners").append(node(`l${index}`, short, under, { findings: listener.findings, click: () => {} }));
  });
  graph.routes.forEach((route, index) => list("routes").append(routeCard(index, route)));
  graph.backends.forEach((backend, index) => {
    const under = backend.kind === null ? "cannot be followed" : backend.kind;
    const made = node(`b${index}`, backend.name, under, { findings: backend.findings, click: () => {} });
    if (backend.kind === null) made.classList.add("invalid");
    list("backends").append(made);
  });
  graph.hosts.forEach((host, index) => host.listeners.forEach((listener) => edge(`h${index}`, `l${listener}`)));
  graph.listeners.forEach((listener, index) => listener.routes.forEach(({ route }) => edge(`l${index}`, `r${route}`)));
  graph.routes.forEach((route, index) => route.rules.forEach((rule, at) => rule.backends.forEach((share) => {
    edge(`r${index}.${at}`, `b${share.backend}`, rule.dead !== null || share.invalid !== null);
  })));
  const rules = graph.routes.reduce((sum, route) => sum + route.rules.length, 0);
  if (rules > COLLAPSED_FROM) toggleAll(false);
  addEventListener("resize", draw);
  addEventListener("scroll", draw, { passive: true });
  draw();

  return { filter, light, show, name, toggleAll, finding };
};
