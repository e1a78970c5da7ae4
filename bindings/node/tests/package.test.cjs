// What the package is to others: CommonJS, ESM and a program.
"use strict";
const assert = require("node:assert/strict");
const { spawnSync } = require("node:child_process");
const { mkdtempSync, rmSync, writeFileSync } = require("node:fs");
const { tmpdir } = require("node:os");
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

const manifest = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: infra}
spec: {gatewayClassName: any, listeners: [{name: http, port: 80, protocol: HTTP}]}
`;
// A command, the file that it cannot use, and where that is said.
const unusable = {
  "broken YAML": ["check", "a.yaml", "kind: x\na: [1\n", 2],
  "50 MB, broken in line 2": ["check", "a.yaml", `kind: x\na: [1\n# ${"x".repeat(50 << 20)}`, 2],
  "65 MB": ["check", "a.yaml", `# ${"x".repeat(65 << 20)}`, 1],
  "a route that is not there": [
    "test",
    "a.routetest.yaml",
    "version: 1\ntests:\n- name: a\n  request: GET http://a/\n  expect: {route: shop}\n",
    5,
  ],
  "look-around": [
    "test",
    "a.routetest.yaml",
    "version: 1\ninvariants:\n- name: a\n  for-all: {path: '~(?=a)b'}\n  always: {status: 404}\n",
    4,
  ],
};

for (const [name, [command, file, text, line]] of Object.entries(unusable)) {
  test(`what cannot be used is located: ${name}`, (t) => {
    const folder = mkdtempSync(join(tmpdir(), "gateline-"));
    t.after(() => rmSync(folder, { recursive: true }));
    writeFileSync(join(folder, "gateway.yaml"), manifest);
    writeFileSync(join(folder, file), text);
    const wanted = spawnSync(program, [command, folder], { encoding: "utf8" });
    const { code, out, err } = gateline.run([command, folder]);
    assert.deepEqual([code, out, err], [wanted.status, wanted.stdout, wanted.stderr]);
    assert.equal(code, 2);
    assert((out + err).includes(`${file}:${line}:`), out + err);
    if (command !== "check") return;
    assert.throws(
      () => gateline.load(folder),
      ({ errors: [first] }) => first.file === join(folder, file) && first.line === line,
    );
  });
}
