"use strict";
// What vitest and node:test share: each says whether it passes, and why not.

const { inspect } = require("node:util");

const brand = Symbol.for("gateline");

function routesTo(decision, backend) {
  of("decision", decision, "routes.route(…)");
  return result(decision, decision.goesTo(backend), backend, decision.backend ?? became(decision));
}

function redirectsTo(decision, location, status) {
  of("decision", decision, "routes.route(…)");
  const right = decision.location === location && (status === undefined || decision.status === status);
  const wanted = status === undefined ? location : `${status} ${location}`;
  const got = status === undefined ? decision.location : `${decision.status} ${decision.location}`;
  return result(decision, decision.kind === "redirect" && right, wanted, decision.kind === "redirect" ? got : became(decision));
}

function answers(decision, status, reason) {
  of("decision", decision, "routes.route(…)");
  const right = decision.status === status && (reason === undefined || decision.reason === reason);
  const wanted = reason === undefined ? `${status}` : `${status} ${reason}`;
  const got = decision.status === null ? decision.backend : `${decision.status} ${decision.reason}`;
  return result(decision, right, wanted, got);
}

function hasNoFindings(manifests, options) {
  of("manifests", manifests, "load(…)");
  const findings = manifests.check(options).filter(({ severity }) => severity !== "info" || options?.info);
  const lines = findings.map(({ code, severity, message, origin: { place } }) => {
    const where = place === null ? "" : `${place.file}:${place.line}:${place.column}: `;
    return `${where}${severity}[${code}] ${message}`;
  });
  return {
    pass: findings.length === 0,
    expected: [],
    actual: lines,
    message: () => (lines.length === 0 ? "there are no findings" : lines.join("\n")),
  };
}

function of(kind, value, made) {
  if (value?.[brand] !== kind) throw new TypeError(`${inspect(value)} is no ${kind}: ${made} makes one`);
}

function became({ kind, status, because }) {
  return `${kind} ${status ?? ""} (${because})`;
}

function result(decision, pass, expected, actual) {
  const message = () => `expected ${pass ? "not " : ""}${expected}\ngot      ${actual}\n\n${decision.explain()}`;
  return { pass, expected, actual, message };
}

module.exports = { routesTo, redirectsTo, answers, hasNoFindings };
