"use strict";

const native = require("./native.cjs");
const { inspect } = require("node:util");
const { call, ...errors } = require("./errors.cjs");

/** What something is, for a copy of this module too: test runners load some. */
const brand = Symbol.for("gateline");

/** What becomes of a request. Its JSON is read when a field is asked for. */
class Decision {
  #explain;
  #data;

  constructor(json, explain) {
    this.json = json;
    this.#explain = explain;
  }

  get [brand]() {
    return "decision";
  }

  get #read() {
    return (this.#data ??= JSON.parse(this.json));
  }

  get kind() {
    return this.#read.kind;
  }
  get reason() {
    return this.#read.reason;
  }
  get because() {
    return this.#read.because;
  }
  get status() {
    return this.#read.status;
  }
  get listener() {
    return this.#read.listener;
  }
  get route() {
    return this.#read.route;
  }
  get rule() {
    return this.#read.rule;
  }
  get ruleName() {
    return this.#read.rule_name;
  }
  get match() {
    return this.#read.match;
  }
  get source() {
    return this.#read.source;
  }
  get backend() {
    return this.#read.backend;
  }
  get split() {
    return this.#read.split;
  }
  get upstream() {
    return this.#read.upstream;
  }
  get location() {
    return this.#read.location;
  }

  /** Whether this backend gets it: `namespace/name:port`, or less of it. */
  goesTo(backend) {
    return this.kind === "forward" && native.meansBackend(backend, this.backend);
  }

  explain() {
    return this.#explain();
  }

  toJSON() {
    return this.#read;
  }

  [inspect.custom](_, options) {
    return `Decision ${inspect(this.#read, options)}`;
  }
}

/** Where a request goes and why not elsewhere; as a text, what `gateline explain` prints. */
class Explanation {
  #data;

  constructor(json, text) {
    this.json = json;
    this.text = text;
  }

  get data() {
    return (this.#data ??= JSON.parse(this.json));
  }

  toString() {
    return this.text;
  }
}

/** Manifests and their router: of `load`. They cannot change. */
class Manifests {
  #native;

  constructor(made) {
    this.#native = made;
  }

  get [brand]() {
    return "manifests";
  }

  route(request, options) {
    const [text, headers, gateway, random] = asked(request, options);
    const json = call(() => this.#native.route(text, headers, gateway, random));
    return new Decision(json, () => this.explain(request, options));
  }

  grpc(host, method, metadata, options) {
    const [text, ...fields] = call(() => native.grpc(host.includes("://") ? host : `https://${host}`, method));
    const headers = [...pairs(fields), ...pairs(flat(metadata) ?? [])];
    return this.route(text, { ...options, headers });
  }

  explain(request, options) {
    const [text, headers, gateway, random] = asked(request, options);
    return new Explanation(...call(() => this.#native.explain(text, headers, gateway, random)));
  }

  witnesses() {
    return JSON.parse(this.#native.witnesses());
  }

  expect(request, expect, more) {
    const test = { name: typeof request === "string" ? request : request.url, request: plain(request), expect, ...more };
    const [json, details] = call(() => this.#native.expect(JSON.stringify(test)));
    if (!JSON.parse(json).every(passed)) throw new errors.ExpectationError(details);
  }

  run(suite, index) {
    const [json, details] = call(() => this.#native.run(Suite.native(suite), index));
    const outcome = JSON.parse(json);
    return { ...outcome, passed: passed(outcome), details };
  }

  check({ select = [], ignore = [] } = {}) {
    const begins = (list, code) => list.some((prefix) => code.startsWith(prefix));
    return JSON.parse(this.#native.findings()).filter(
      ({ code }) => (select.length === 0 || begins(select, code)) && !begins(ignore, code),
    );
  }

  diff(after) {
    return JSON.parse(this.#native.diff(after.#native));
  }

  record() {
    this.#native.record();
  }

  coverage() {
    const [json, lcov, html] = this.#native.coverage();
    const parts = JSON.parse(json);
    const reachable = parts.rules.filter((rule) => rule.unreachable === null);
    const hit = reachable.filter((rule) => rule.hits > 0).length;
    return { ...parts, percent: reachable.length === 0 ? 100 : (100 * hit) / reachable.length, lcov, html };
  }

  /** For bench.mjs: nanoseconds of the native call. */
  _benchmark(request, headers, calls) {
    return this.#native.benchmark(request, flat(headers) ?? [], calls);
  }

  [inspect.custom]() {
    return this.#native.describe();
  }
}

/** A `*.routetest.yaml`. */
class Suite {
  #native;

  constructor(path) {
    this.#native = call(() => new native.Suite(String(path)));
    this.manifests = this.#native.manifests;
    this.tests = this.#native.tests;
  }

  static native(suite) {
    return suite.#native;
  }
}

function load(paths, options) {
  return made(typeof paths === "string" ? [paths] : [...paths], [], options);
}

function loads(text, options) {
  const texts = typeof text === "string" ? { "<text>": text } : text;
  return made([], Object.entries(texts).flat(), options);
}

function made(paths, texts, { assume = {}, config, profile, regexRank } = {}) {
  const settings = JSON.stringify({ assume, profile, "regex-rank": regexRank });
  return new Manifests(call(() => new native.Manifests(paths, texts, config, settings)));
}

/** Text, header fields, Gateway and number, as the native part takes them. */
function asked(request, options) {
  if (typeof request === "string" && options === undefined) return [request];
  let { headers, gateway, random } = options ?? {};
  if (typeof request !== "string") {
    headers ??= request.headers;
    request = `${request.method ?? "GET"} ${request.url}`;
  }
  return [request, flat(headers), gateway, number(random)];
}

/** Names and values in turn, of a Headers, of pairs or of an object. */
function flat(headers) {
  if (headers === undefined || headers === null) return undefined;
  const fields = [];
  const entries = typeof headers[Symbol.iterator] === "function" ? headers : Object.entries(headers);
  for (const [name, value] of entries) {
    for (const one of Array.isArray(value) ? value : [value]) fields.push(name, one);
  }
  return fields;
}

/** A request as a file of tests has it. */
function plain(request) {
  if (typeof request === "string") return request;
  const headers = {};
  for (const [name, value] of pairs(flat(request.headers) ?? [])) (headers[name] ??= []).push(value);
  return { method: request.method ?? "GET", url: request.url, headers };
}

function* pairs(fields) {
  for (let index = 0; index < fields.length; index += 2) yield [fields[index], fields[index + 1]];
}

function number(random) {
  if (random === undefined) return undefined;
  const wide = BigInt(random);
  if (BigInt.asUintN(64, wide) !== wide) throw new RangeError("random must be from 0 to 2n ** 64n - 1n");
  return wide;
}

function passed({ verdict }) {
  return verdict === "passed" || verdict === "proved";
}

function diff(before, after) {
  return before.diff(after);
}

function prove(before, after) {
  const { changes, unknown } = before.diff(after);
  if (changes.length > 0) return { verdict: "counterexample", difference: changes[0] };
  return unknown.length > 0 ? { verdict: "unknown", reasons: unknown } : { verdict: "proved" };
}

/** Runs the command line; what it prints is returned. */
function run(words) {
  const [code, out, err] = native.capture(["gateline", ...words]);
  return { code, out, err };
}

module.exports = { load, loads, diff, prove, run, Manifests, Decision, Explanation, Suite, ...errors };
