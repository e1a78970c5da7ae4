// Walks the tables that the engine wrote (`gateline::router::Tables`): who takes a request, and what became of every other match.
// Nothing is ranked or parsed here but the request: rows come in order of precedence, regular expressions as automata.
"use strict";

const walk = (() => {
  class Unreadable extends Error {}
  class TooLarge extends Error {}

  const bytesOf = (text) => new TextEncoder().encode(text);

  const run = (dfa, bytes) => {
    if (!dfa) throw new TooLarge("a regular expression is too large for this page: ask `gateline explain`");
    let state = 0;
    for (const byte of bytes) state = dfa.next[state * dfa.width + dfa.classes[byte]];
    return dfa.accepts.includes(state);
  };

  // --- the request ---

  const METHOD = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
  const LABELS = /^[a-z0-9\-_~%!$&'()*+,;=]+(\.[a-z0-9\-_~%!$&'()*+,;=]+)*\.?$/;
  const isAddress = (host) => host.startsWith("[") || /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(host);

  /** The host of an authority, lower case, without port and last dot; `null` if it is none. */
  const hostOf = (authority) => {
    if (authority === "") return "";
    if (authority.length > 253 + ".:65535".length) return null;
    const parts = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(authority.toLowerCase());
    if (!parts || Number(parts[2] ?? 0) > 65535) return null;
    const host = parts[1];
    if (host.startsWith("[")) return /^\[[0-9a-f:.]+\]$/.test(host) && URL.canParse(`http://${host}`) ? host : null;
    const name = host.replace(/\.$/, "");
    return LABELS.test(host) && name.length <= 253 ? name : null;
  };

  /** `GET https://host/path`, the URL alone, or `tls://host:port`, `tcp://:port`, `udp://:port`; header fields as pairs. */
  const read = (text, fields = []) => {
    const words = text.trim().split(/\s+/);
    const url = words.length === 2 ? words[1] : words[0];
    const method = words.length === 2 ? words[0] : "GET";
    const parts = /^(https?|tls|tcp|udp):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?/.exec(url);
    if (words.length > 2 || !parts || !METHOD.test(method)) {
      throw new Unreadable("write GET https://host/path, or the URL alone");
    }
    const [, scheme, named, path, query] = parts;
    const [, name, digits] = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?/.exec(named);
    const http = scheme.startsWith("http");
    if (http && !name) throw new Unreadable("the URL names no host");
    if (!http && !digits) throw new Unreadable(`write ${scheme}://host:port`);
    const headers = fields.map(([field, value]) => [field.trim().toLowerCase(), value.trim()]);
    const hosts = headers.filter(([field]) => field === "host");
    const secure = scheme === "https" || scheme === "tls";
    return {
      scheme, method, query,
      port: Number(digits ?? (secure ? 443 : 80)),
      authority: hosts.length ? hosts[0][1] : named,
      sni: secure && name && !isAddress(name) ? name.toLowerCase() : null,
      path: path || "/",
      headers: headers.filter(([field]) => field !== "host"),
    };
  };

  /** Form decoding, to bytes. */
  const decoded = (text) => {
    const bytes = [];
    const raw = bytesOf(text);
    for (let index = 0; index < raw.length; index += 1) {
      const hex = String.fromCharCode(...raw.slice(index + 1, index + 3));
      if (raw[index] === 0x25 && /^[0-9a-f]{2}$/i.test(hex)) {
        bytes.push(parseInt(hex, 16));
        index += 2;
      } else {
        bytes.push(raw[index] === 0x2b ? 0x20 : raw[index]);
      }
    }
    return Uint8Array.from(bytes);
  };

  const same = (a, b) => a.length === b.length && a.every((byte, index) => byte === b[index]);

  /** The first parameter of a name. */
  const parameter = (query, name) => {
    const wanted = bytesOf(name);
    const split = (query ?? "").split("&").filter(Boolean).map((text) => /^([^=]*)=?([^]*)$/.exec(text));
    const found = split.find(([, key]) => same(decoded(key), wanted));
    return found && decoded(found[2]);
  };

  // --- the tables ---

  const admits = (test, host) => {
    if (test === "any") return true;
    const [[kind, name]] = Object.entries(test);
    if (kind === "exact") return host === name;
    const rest = host.endsWith(`.${name}`) ? host.slice(0, -name.length - 1) : "";
    return rest !== "" && (kind === "wildcard" || !rest.includes("."));
  };

  const best = (seats, host) => seats.find((seat) => admits(seat.host, host));

  const holds = (tables, test, bytes) =>
    test.pattern === null ? same(bytes, bytesOf(test.text)) : run(tables.patterns[test.pattern], bytes);

  const onPath = (tables, test, path) => {
    const [[kind, value]] = Object.entries(test);
    const bytes = bytesOf(path);
    const short = bytes.length <= tables.longest_regex_path;
    if (kind === "exact") return path === value;
    if (kind === "prefix") return value === "" || path === value || path.startsWith(`${value}/`);
    if (kind === "regex") return short && run(tables.patterns[value], bytes);
    const call = /^\/([^/]+)\/([^/]+)$/.exec(path);
    const part = (test, text) => test === null || ((test.pattern === null || short) && holds(tables, test, bytesOf(text)));
    return call !== null && part(value.service, call[1]) && part(value.method, call[2]);
  };

  /** The first thing about a match that does not hold. */
  const failure = (tables, match, request) => {
    if (!onPath(tables, match.path, request.path)) {
      return { predicate: "path", expected: match.path_text, actual: request.path };
    }
    if (match.method !== null && match.method !== request.method) {
      return { predicate: "method", expected: match.method, actual: request.method };
    }
    for (const [name, test] of match.headers) {
      const values = request.headers.filter(([field]) => field === name).map(([, value]) => value);
      const all = values.length > 1 ? [...values, values.join(",")] : values;
      if (!all.some((value) => holds(tables, test, bytesOf(value)))) {
        return { predicate: `header ${name}`, expected: test.text, actual: values.length ? values.join(",") : null };
      }
    }
    for (const [name, test] of match.query) {
      const value = parameter(request.query, name);
      if (!value || !holds(tables, test, value)) {
        const actual = value ? new TextDecoder().decode(value) : null;
        return { predicate: `query ${name}`, expected: test.text, actual };
      }
    }
    return null;
  };

  /** `{ group, host }`, or `{ miss, listener }`. */
  const listenerOf = (tables, port, request) => {
    const first = (seat) => tables.groups[seat.group].listeners[0];
    const host = hostOf(request.authority);
    if (host === null) return { miss: "bad-authority", listener: null };
    const none = { miss: "no-matching-listener", listener: null };
    if (request.sni === null || port.secure.length === 0) {
      const seat = best(port.http.length ? port.http : port.secure, host);
      if (!seat) return none;
      return seat.requests ? { group: seat.group, host } : { miss: "misdirected", listener: first(seat) };
    }
    const name = hostOf(request.sni);
    if (name === null) return { miss: "bad-authority", listener: null };
    const chosen = best(port.secure, name);
    if (!chosen) return none;
    const other = best(port.secure, host);
    if (!other) return { miss: "no-matching-listener", listener: first(chosen) };
    if (other.group !== chosen.group || !chosen.requests) return { miss: "misdirected", listener: first(chosen) };
    return { group: chosen.group, host };
  };

  /** The same for what is below HTTP; `{ http }` where requests are routed one by one. */
  const carrierOf = (tables, port, request) => {
    const none = { miss: "no-matching-listener", listener: null };
    const at = (group, host) => (group === null ? none : { group, host });
    if (request.scheme === "udp") return at(port.udp, "");
    if (request.scheme === "tcp") return port.http.length ? { http: true, listener: null } : at(port.tcp, "");
    if (port.secure.length === 0) return at(port.tcp, "");
    const name = hostOf(request.sni ?? "");
    const seat = name === null ? undefined : best(port.secure, name);
    if (!seat) return none;
    return seat.requests ? { http: true, listener: tables.groups[seat.group].listeners[0] } : at(seat.group, name);
  };

  /** Every row that admits the host, with what became of it. */
  const judge = (tables, criteria, group, host, fails) => {
    const nearest = group.hosts.findIndex((test) => admits(test, host));
    const judged = group.rows.flatMap((row, position) => {
      if (!admits(group.hosts[row.host], host)) return [];
      const match = tables.matches[row.of];
      const reached = tables.hostname_fallback || row.host === nearest;
      return [{ row, match, position, failure: fails(match, reached) }];
    });
    const first = (from, to) => {
      const between = group.rows.slice(from + 1, to + 1).map((row) => criteria.indexOf(row.after));
      return criteria[Math.min(...between)];
    };
    const [winner, second] = judged.filter((one) => one.failure === null);
    return judged.map((one) => {
      const { row, match } = one;
      const base = { route: match.route, rule: match.rule, match: match.match, listener: row.listener, hostname: row.hostname, predicates: match.predicates };
      if (one.failure) return { ...base, verdict: "failed", ...one.failure };
      if (one !== winner) return { ...base, verdict: "lost", on: first(winner.position, one.position) };
      return { ...base, verdict: "won", on: second ? first(winner.position, second.position) : null };
    });
  };

  /**
   * What becomes of a request: `{ listener, candidates, winner, miss }`, with indexes as in the graph. `criteria` are the names of
   * what decides precedence, in order.
   */
  const decide = (tables, criteria, request, gateway = null) => {
    const nobody = (miss, listener = null) => ({ listener, candidates: [], winner: null, miss, asks: false });
    const port = tables.ports.find((one) => one.gateway === gateway && one.port === request.port);
    if (!port) return nobody("no-port");
    const http = request.scheme.startsWith("http");
    const found = (http ? listenerOf : carrierOf)(tables, port, request);
    if (found.http) return nobody("http", found.listener);
    if (found.miss) return nobody(found.miss, found.listener);
    const group = tables.groups[found.group];
    const elsewhere = (match) => ({ predicate: "path", expected: match.path_text, actual: request.path });
    const fails = (match, reached) => (!http ? null : reached ? failure(tables, match, request) : elsewhere(match));
    const candidates = judge(tables, criteria, group, found.host, fails);
    const winner = candidates.find((one) => one.verdict === "won") ?? null;
    return {
      candidates, winner,
      listener: winner ? winner.listener : group.listeners[0],
      miss: winner ? null : "no-matching-rule",
      asks: http && group.asks,
    };
  };

  return { read, decide };
})();
