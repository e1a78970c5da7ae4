// What the package is to others: CommonJS, ESM and a program.
"use strict";
const assert = require("node:assert/strict");
const { spawnSync } = require("node:child_process");
const { join } = require("node:path");
const { test } = require("node:test");
const gateline = require("gateline");
const asserts = require("gateline/assert");

test("CommonJS and ESM are one", async () => {
  const [module, asserted] = [await import("gateline"), await import("gateline/assert")];
  for (const name of Object.keys(module)) assert.equal(module[name], gateline[name], name);
  for (const name of Object.keys(asserted)) if (name !== "default") assert.equal(asserted[name], asserts[name], name);
  assert.equal(typeof gateline.load, "function");
});

const lines = [
  ["explain", "examples/shop", "GET https://api.shop.example.com/v1/orders?page=2"],
  ["explain", "examples/shop", "https://www.shop.example.com/", "-H", "x-canary: always", "--format", "json"],
  ["check", "examples/guide"],
  ["test", "examples/shop", "--format", "tap"],
  ["diff", "examples/shop", "examples/guide", "--format", "json"],
  ["rule", "GL9999"],
  ["explain"],
  ["--version"],
];
const program = process.env.GATELINE ?? "target/debug/gateline";
const script = join(__dirname, "../bin/gateline.cjs");

for (const words of lines) {
  test(`the same as the program: ${words.join(" ")}`, () => {
    const [wanted, got] = [[program, words], [process.execPath, [script, ...words]]].map(([file, args]) => {
      const { status, stdout, stderr } = spawnSync(file, args, { encoding: "utf8" });
      return { status, stdout, stderr };
    });
    assert.deepEqual(got, wanted);
  });
}
