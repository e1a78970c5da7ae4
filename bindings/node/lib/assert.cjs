"use strict";
// For node:test, or wherever an AssertionError is at home.

const { AssertionError } = require("node:assert");
const matchers = require("./matchers.cjs");

function asserted(matcher) {
  return function check(...words) {
    const { pass, message, expected, actual } = matcher(...words);
    if (!pass) throw new AssertionError({ message: message(), expected, actual, operator: "==", stackStartFn: check });
  };
}

module.exports = {
  routesTo: asserted(matchers.routesTo),
  redirectsTo: asserted(matchers.redirectsTo),
  answers: asserted(matchers.answers),
  hasNoFindings: asserted(matchers.hasNoFindings),
};
