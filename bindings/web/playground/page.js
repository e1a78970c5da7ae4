// The page: editors left, answers right, and what is in its address.
(async () => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const by = (id) => document.getElementById(id);
  const TABS = ["explain", "check", "diff", "migrate"];

  let tab = "explain";
  let asked = 0;
  let timer;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(answer, 200);
  };
  const editors = { "manifests.yaml": editor("manifests", soon), "after.yaml": editor("after", soon) };
  const [manifests, after] = Object.values(editors);
  const show = ({ file, line, column }) => editors[file].show(line, column);

  const gateline = engine(data);
  const criteria = await gateline.criteria();
  const view = panels(criteria, Object.keys(editors), show);

  // --- answers ---

  const headers = () => by("headers").value.split("\n").filter((line) => line.includes(":")).map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
  });

  const ASK = {
    explain: async () => {
      const text = by("words").value.trim();
      return text ? gateline.explain(manifests.value, text, headers(), by("profile").value) : null;
    },
    check: () => gateline.check(manifests.value, by("profile").value),
    diff: () => gateline.diff(manifests.value, after.value, by("profile").value),
    migrate: () => gateline.migrate(manifests.value, by("envoy")?.checked ?? false),
  };

  const HINTS = {
    explain: "Write a request above: GET https://host/path, a URL alone, or a curl command.",
    check: "Paste manifests on the left, or take an example.",
    diff: "Paste the manifests before on the left, and those after below them.",
    migrate: "Paste Ingresses of ingress-nginx on the left.",
  };

  const RANK = ["info", "warning", "error"];
  const mark = (findings) => {
    for (const [file, one] of Object.entries(editors)) {
      const marks = new Map();
      for (const { severity, place } of findings.filter(({ place }) => place?.file === file)) {
        if (RANK.indexOf(severity) > RANK.indexOf(marks.get(place.line) ?? "")) marks.set(place.line, severity);
      }
      one.mark(marks);
    }
  };

  const render = (parts, json) => {
    by("panel").replaceChildren(...parts);
    by("json").textContent = json === null ? "" : JSON.stringify(json, null, 2);
    by("raw").hidden = json === null;
    by("panel").dataset.answered = String(asked);
  };

  const answer = async () => {
    clearTimeout(timer);
    const [mine, of] = [(asked += 1), tab];
    const envoy = by("envoy")?.checked;
    const ready = manifests.value.trim() && (of !== "diff" || after.value.trim());
    try {
      const json = ready ? await ASK[of]() : null;
      if (mine !== asked) return;
      render(json === null ? [element("p.quiet", HINTS[of])] : view[of](json, answer), json);
      if (envoy && by("envoy")) by("envoy").checked = true;
      const findings = of === "check" && json ? json : of === "explain" && json?.source ? [{ severity: "info", origin: { place: json.source } }] : [];
      mark(findings.map((one) => ({ severity: one.severity, place: one.origin.place })));
    } catch (error) {
      if (mine !== asked) return;
      const errors = error.errors ?? [{ message: String(error), place: null }];
      render(view.refused(errors), null);
      mark(errors.map(({ place }) => ({ severity: "error", place })));
    }
  };

  // --- tabs ---

  const open = (name) => {
    tab = TABS.includes(name) ? name : "explain";
    for (const one of TABS) {
      const selected = one === tab;
      by(`tab-${one}`).setAttribute("aria-selected", String(selected));
      by(`tab-${one}`).tabIndex = selected ? 0 : -1;
    }
    by("panel").setAttribute("aria-labelledby", `tab-${tab}`);
    by("request").hidden = tab !== "explain";
    by("profile").hidden = tab === "migrate";
    after.root.hidden = tab !== "diff";
    answer();
  };
  for (const [index, name] of TABS.entries()) {
    by(`tab-${name}`).addEventListener("click", () => open(name));
    by(`tab-${name}`).addEventListener("keydown", ({ key }) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[key];
      if (!step) return;
      const next = TABS[(index + step + TABS.length) % TABS.length];
      open(next);
      by(`tab-${next}`).focus();
    });
  }

  // --- examples and links ---

  const fill = ({ manifests: text = "", after: second = "", request = "", headers: fields = "", profile = "spec", tab: name, note = "" }) => {
    manifests.value = text;
    after.value = second;
    [by("words").value, by("headers").value, by("profile").value] = [request, fields, profile];
    by("note").textContent = note;
    by("note").hidden = !note;
    open(name);
  };
  const groups = [...new Set(data.gallery.map((one) => one.group))];
  by("gallery").append(...groups.map((group) => element("optgroup", { label: group },
    data.gallery.flatMap((one, index) => (one.group === group ? [element("option", { value: String(index) }, one.title)] : [])))));
  by("gallery").addEventListener("change", () => {
    const chosen = data.gallery[by("gallery").value];
    if (chosen) fill(chosen);
  });
  by("copy").addEventListener("click", () => {
    after.value = manifests.value;
    answer();
  });
  by("share").addEventListener("click", async () => {
    const state = {
      manifests: manifests.value, after: after.value, request: by("words").value, headers: by("headers").value,
      profile: by("profile").value, tab,
    };
    history.replaceState(null, "", `#${await share.pack(state)}`);
    const copied = await navigator.clipboard?.writeText(location.href).then(() => true, () => false);
    by("share").textContent = copied ? "Copied" : "It is in the address";
    setTimeout(() => (by("share").textContent = "Copy link"), 2000);
  });
  for (const id of ["words", "headers"]) by(id).addEventListener("input", soon);
  by("profile").addEventListener("change", answer);
  by("request").addEventListener("submit", (event) => {
    event.preventDefault();
    answer();
  });

  const theme = (name) => {
    document.documentElement.dataset.theme = name;
    by("theme").textContent = name === "dark" ? "Light" : "Dark";
  };
  theme(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  by("theme").addEventListener("click", () => theme(document.documentElement.dataset.theme === "dark" ? "light" : "dark"));

  const text = (value) => (typeof value === "string" ? value : undefined);
  const linked = location.hash.length > 1 ? await share.unpack(location.hash.slice(1)) : null;
  if (linked) fill(Object.fromEntries(Object.entries(linked).map(([key, value]) => [key, text(value)])));
  else fill(data.gallery[0]);
})();
