// What each tab shows: elements from the JSON of the engine.
const panels = (criteria, files, show) => {
  /** A way to the line; what was written by the engine has none. */
  const place = (source) => (files.includes(source?.file)
    ? element("button.link.place", { type: "button", click: () => show(source) }, `${source.line}:${source.column}`) : null);
  const mono = (text) => element("span.mono", text);
  const facts = (pairs) => element("dl.facts", pairs.filter(([, value]) => value).flatMap(([name, value]) => [element("dt", name), element("dd", value)]));
  const rule = (one) => `${one.route}#${one.rule}`;
  const SEVERITY = ["error", "warning", "info"];

  const outcome = (trace) => {
    const picked = trace.backends[trace.picked];
    if (trace.outcome === "forward") return element("p.verdict.good", "→ ", mono(picked.ref));
    if (trace.outcome === "redirect") return element("p.verdict.good", `${trace.status} to `, mono(trace.location));
    if (trace.outcome === "http") return element("p.verdict", "Its requests are routed one by one");
    const status = trace.status === null ? "Closed" : String(trace.status);
    return element(`p.verdict.${trace.status !== null && trace.status < 400 ? "good" : "bad"}`, status);
  };

  const shares = (trace) => {
    const total = trace.backends.reduce((sum, one) => sum + one.weight, 0);
    return trace.backends.map((one) => element("div", mono(one.ref),
      trace.backends.length > 1 ? ` ${total ? Math.round((1000 * one.weight) / total) / 10 : 0} %` : "",
      one.valid ? "" : `, cannot be followed: ${one.reason}`));
  };

  const explain = (trace) => {
    const upstream = trace.upstream;
    const listeners = trace.listeners.map((one) => element("div", one.verdict === "takes" ? "✓ " : "✗ ", mono(one.name), ` ${one.because} `, place(one.source)));
    const table = verdicts(criteria, (one) => element("span", mono(rule(one)), " ", place(one.source)));
    const candidates = trace.candidates.map(({ verdict, ...one }) => ({ ...one, ...verdict }));
    const absent = trace.routes ?? [];
    return [
      outcome(trace),
      element("p.quiet", trace.reason),
      facts([
        ["Request", mono(trace.request)],
        ["Rule", trace.route ? [mono(rule(trace)), " ", place(trace.source)] : null],
        ["Backends", trace.backends.length ? shares(trace) : null],
        ["Upstream", upstream ? mono(`${upstream.method} ${upstream.path}  Host: ${upstream.host}`) : null],
        ["", upstream?.headers.length ? upstream.headers.map(([name, value]) => element("div", mono(`${name}: ${value}`))) : null],
        ["Listeners", listeners.length ? listeners : null],
        ["Certificate", trace.certificate ? mono(trace.certificate.secret ?? "none") : null],
      ]),
      ...(candidates.length ? [element("h2", "Matches for the host, strongest first"), ...table(candidates)] : []),
      ...(absent.length ? [element("h2", "Routes that name the host and are not asked"), ...absent.map((one) => element("div.card", mono(one.route), ` ${one.because} `, place(one.source)))] : []),
    ];
  };

  const finding = (one) => element("article.card",
    element("div.head", element(`span.badge.${one.severity}`, one.code), element("span", one.slug), place(one.origin?.place)),
    element("div", one.message),
    one.help ? element("div.help", one.help) : null,
    (one.related ?? []).map(([words, origin]) => element("div.help", `${words}: ${origin.kind} ${[origin.object.namespace, origin.object.name].filter(Boolean).join("/")} `, place(origin.place))));

  const counted = (findings) => SEVERITY.map((severity) => [severity, findings.filter((one) => one.severity === severity).length])
    .filter(([, count]) => count).map(([severity, count]) => `${count} ${severity === "info" ? "note" : severity}${count === 1 ? "" : "s"}`).join(", ");

  const check = (findings) => {
    const sorted = [...findings].sort((a, b) => SEVERITY.indexOf(a.severity) - SEVERITY.indexOf(b.severity));
    const worst = sorted[0]?.severity;
    const verdict = findings.length ? counted(findings) : "Nothing is wrong";
    return [element(`p.verdict.${{ error: "bad", warning: "warn" }[worst] ?? "good"}`, verdict), ...sorted.map(finding)];
  };

  const side = (name, one) => element("div", element("div.quiet", name), element("div", mono(one.effect)), one.route ? element("div", mono(rule(one)), " ", place(one.source)) : null);

  const requests = (one) => {
    const port = one.port === undefined ? "" : `${one.scheme}, port ${one.port}: `;
    return `${port}${one.hosts.join(", ")} ${one.paths.join(", ")}${one.conditions.length ? ` when ${one.conditions.join(", ")}` : ""}`;
  };

  const change = (one) => element("article.card",
    element("div.head", element(`span.badge.${["LOST", "OPENED"].includes(one.kind) ? "error" : "warning"}`, one.kind), mono(requests(one))),
    element("div.move", side("before", one.before), element("span", "→"), side("after", one.after)),
    element("pre.wrap", one.witness.curl));

  const diff = ({ changes, unknown }) => {
    const proved = !changes.length && !unknown.length;
    const verdict = proved ? "Proved: every request is treated as before" : `${changes.length} ${changes.length === 1 ? "class" : "classes"} of requests treated otherwise`;
    return [
      element(`p.verdict.${proved ? "good" : "warn"}`, verdict),
      element("p.quiet", "Over all hosts, paths, methods, header fields and query parameters."),
      ...changes.map(change),
      ...unknown.map((text) => element("div.card", element("span.badge.warning", "unknown"), ` ${text}`)),
    ];
  };

  const difference = (one) => element("article.card",
    element("div.head", element(`span.badge.${one.severity}`, one.code), element("span", one.slug), element("span.place", one.ingress ?? "")),
    element("div", one.message),
    element("div.help", one.help),
    element("div.move", side("Ingress", one.before), element("span", "→"), side("Gateway", one.after)),
    element("pre.wrap", one.curl));

  const migrate = (report, again) => {
    const { rules, differences, refused } = report;
    const verdict = report.proved ? "Proved: the Gateway does what the Ingresses do, for every request"
      : `${rules.same} of ${rules.all} rules proved the same; ${differences.length} ${differences.length === 1 ? "difference" : "differences"}${refused.length ? `, ${refused.length} refused` : ""}`;
    const toggle = element("input", { type: "checkbox", change: again, id: "envoy" });
    return [
      element(`p.verdict.${report.proved ? "good" : refused.length ? "bad" : "warn"}`, verdict),
      element("label.quiet", toggle, " may use the kinds of Envoy Gateway"),
      ...refused.map(finding), ...differences.map(difference), ...report.findings.map(finding),
      ...report.unknown.map((text) => element("div.card", element("span.badge.warning", "unknown"), ` ${text}`)),
      ...(report.manifests ? [element("h2", "Written"), element("pre", { id: "written" }, report.manifests)] : []),
      ...(report.implicit.length ? [element("details", element("summary", "What ingress-nginx does without being asked"), element("ul", report.implicit.map((text) => element("li", text))))] : []),
    ];
  };

  const refused = (errors) => [
    element("p.verdict.bad", errors.some((one) => one.place) ? "The manifests cannot be read" : "That cannot be asked"),
    ...errors.map((one) => element("article.card", element("div.head", element("span.badge.error", "error"), one.place ? element("span.mono", one.place.file) : null, place(one.place)),
      element("div", one.message), one.help ? element("div.help", one.help) : null)),
  ];

  return { explain, check, diff, migrate, refused };
};
