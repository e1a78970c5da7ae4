"use strict";
// The native part lies in the package: nothing is downloaded.
const file = `../native/${process.platform}-${process.arch}.node`;
try {
  module.exports = require(file);
} catch (cause) {
  throw new Error(`gateline has no native part for ${process.platform}-${process.arch}; \`node build.mjs\` builds it`, {
    cause,
  });
}
