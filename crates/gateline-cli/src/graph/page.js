// The page: the box, the answer, the filter, the list of findings.
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const { graph, tables } = data;
  const criteria = data.criteria.map(([name]) => name);
  const by = (id) => document.getElementById(id);

  const ask = (url) => {
    by("url").value = url;
    answer();
    by("url").focus();
  };
  const view = picture(data, { ask });

  // --- the answer ---

  const MISSES = {
    "no-port": (request) => `No listener has port ${request.port}.`,
    "bad-authority": () => "400: the host is no host.",
    "no-matching-listener": () => "404: no listener of this port takes the host.",
    misdirected: () => "421: the host belongs to another listener than the TLS server name, or to one that sees connections only.",
    "no-matching-rule": (request) => request.scheme.startsWith("http")
      ? "404: a listener takes the host, but no rule of its routes matches."
      : "Closed: a listener takes it, but none of its routes does.",
    http: () => "An HTTP listener takes the connection: its requests are routed one by one.",
  };

  const candidates = verdicts(data.criteria, (one) =>
    element("button.link.mono", { type: "button", click: () => view.show(one.route, one.rule) }, view.name(one.route, one.rule)));

  const lit = (decision) => {
    const { listener, winner, candidates } = decision;
    const keys = listener === null ? [] : [`l${listener}`];
    if (!winner) return keys;
    const hostnames = graph.listeners[winner.listener].routes.find((one) => one.route === winner.route).hostnames;
    const near = graph.hosts.flatMap((host, index) => (hostnames.includes(host.name) && decision.admits(host.name) ? [`h${index}`] : []));
    const rule = graph.routes[winner.route].rules[winner.rule];
    return [...keys, ...near, `r${winner.route}`, `r${winner.route}.${winner.rule}`, ...rule.backends.map((share) => `b${share.backend}`)];
  };

  const answer = () => {
    const text = by("url").value.trim();
    history.replaceState(null, "", text ? `#${encodeURIComponent([by("method").value, text, by("headers").value].join("\n"))}` : location.pathname);
    by("answer").hidden = !text;
    if (!text) return view.light([]);
    const fields = by("headers").value.split("\n").filter((line) => line.includes(":"));
    const pairs = fields.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1)]);
    try {
      const request = walk.read(/\s/.test(text) || !/^https?:/.test(text) ? text : `${by("method").value} ${text}`, pairs);
      const decision = walk.decide(tables, criteria, request, by("gateway").value || null);
      const host = request.authority.replace(/:\d*$/, "").toLowerCase();
      decision.admits = (name) => name === "*" || name === host || (name.startsWith("*.") && host.endsWith(name.slice(1)));
      say(request, decision);
    } catch (error) {
      by("answer").replaceChildren(element("p.because", error.message));
      view.light([]);
    }
  };

  const say = (request, decision) => {
    const { winner, listener } = decision;
    const parts = [];
    if (winner) {
      const rule = graph.routes[winner.route].rules[winner.rule];
      parts.push(element("p.verdict", "→ ", element("strong", rule.effect)));
      parts.push(element("p.because", `${view.name(winner.route, winner.rule)} takes it on listener ${graph.listeners[listener].name}`,
        decision.asks ? "; servers are asked first whether it may pass" : ""));
    } else {
      parts.push(element("p.verdict", MISSES[decision.miss](request)));
      if (listener !== null) parts.push(element("p.because", `Listener ${graph.listeners[listener].name}`));
    }
    by("answer").replaceChildren(...parts, ...candidates(decision.candidates));
    view.light(lit(decision));
  };

  // --- around it ---

  const gateways = [...new Set(graph.listeners.map((one) => one.gateway))];
  by("gateway").append(element("option", { value: "" }, "any Gateway"), ...gateways.map((one) => element("option", { value: one }, one)));
  by("gateway").hidden = gateways.length < 2;

  const count = (number, what) => `${number} ${what}${number === 1 ? "" : "s"}`;
  const rules = graph.routes.flatMap((route) => route.rules);
  const severity = (name) => graph.findings.filter((one) => one.severity === name).length;
  const [errors, warnings, dead] = [severity("error"), severity("warning"), rules.filter((rule) => rule.dead).length];
  by("summary").append(
    [count(graph.hosts.length, "host"), count(graph.listeners.length, "listener"), count(graph.routes.length, "route"),
      count(rules.length, "rule"), count(graph.backends.length, "backend")].join(" · "),
    ...(dead ? [" · ", element("span.error", `${count(dead, "rule")} never reached`)] : []),
    ...(errors ? [" · ", element("span.error", count(errors, "error"))] : []),
    ...(warnings ? [" · ", element("span.warning", count(warnings, "warning"))] : []));

  const order = ["error", "warning", "info"];
  const sorted = graph.findings.map((_, index) => index)
    .sort((a, b) => order.indexOf(graph.findings[a].severity) - order.indexOf(graph.findings[b].severity) || a - b);
  by("findings").append(...(sorted.length ? sorted.map(view.finding) : [element("p", "Nothing is wrong.")]));

  let timer;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(answer, 120);
  };
  for (const id of ["url", "method", "headers"]) by(id).addEventListener("input", soon);
  by("gateway").addEventListener("change", answer);
  by("ask").addEventListener("submit", (event) => {
    event.preventDefault();
    answer();
  });
  by("clear").addEventListener("click", () => {
    by("headers").value = "";
    ask("");
  });
  const filter = () => view.filter(by("filter").value, by("wrong").checked);
  by("filter").addEventListener("input", filter);
  by("wrong").addEventListener("change", filter);
  by("expand").addEventListener("click", () => view.toggleAll(true));
  by("collapse").addEventListener("click", () => view.toggleAll(false));

  const theme = (name) => {
    document.documentElement.dataset.theme = name;
    by("theme").textContent = name === "dark" ? "Light" : "Dark";
  };
  theme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  by("theme").addEventListener("click", () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));

  const [method, url, headers] = decodeURIComponent(location.hash.slice(1)).split("\n");
  if (url) {
    [by("method").value, by("url").value, by("headers").value] = [method, url, headers ?? ""];
    by("fields").open = Boolean(headers);
    answer();
  }
})();
