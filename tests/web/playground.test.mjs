import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { test } from "node:test";
import { browser, root } from "./browser.mjs";

const { open, folder } = browser();
const PAGE = process.env.PLAYGROUND ?? join(root, "target/playground/index.html");
const pain = (name) => readFileSync(join(root, "bindings/web/playground/pains", `${name}.yaml`), "utf8");

/** What the program prints about the same files, as JSON. */
const printed = (files, ...words) => {
  const here = join(folder, "cli");
  rmSync(here, { recursive: true, force: true });
  mkdirSync(here);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(here, name), text);
  try {
    return JSON.parse(execFileSync(process.env.GATELINE ?? "gateline", words, { cwd: here, encoding: "utf8", maxBuffer: 1 << 28 }));
  } catch (error) {
    if (error.status === 1) return JSON.parse(error.stdout);
    throw error;
  }
};

/** Does something, and waits for the answer. */
const answered = async (page, act) => {
  const before = await page.evaluate(() => document.getElementById("panel").dataset.answered ?? "");
  await act();
  await page.waitForFunction((before) => document.getElementById("panel").dataset.answered !== before, before);
  // What was typed last is answered last.
  await page.waitForTimeout(260);
  await page.waitForFunction(() => document.getElementById("panel").dataset.answered);
};
const json = async (page) => JSON.parse(await page.textContent("#json"));
const begin = async (options) => {
  const page = await open(PAGE, options);
  await page.waitForFunction(() => document.getElementById("panel").dataset.answered);
  return page;
};
const choose = (page, title) => answered(page, () => page.selectOption("#gallery", { label: title }));
const tab = (page, name) => answered(page, () => page.click(`#tab-${name}`));

test("explain says what the program says", async () => {
  const page = await begin();
  for (const [title, words] of [
    ["The guide: three tiers, canaries, gRPC", ["POST https://app.example.com/api/v1/orders", "-H", "x-region: asia"]],
    ["The shop: a set without defects", ["https://www.shop.example.com/products/42"]],
    ["A ReferenceGrant that almost fits", ["http://api.example.com/orders"]],
    ["Where regular expressions rank", ["http://app.example.com/users/1/profile"]],
    ["What a rewrite makes of a path", ["http://api.example.com/old-api//v1?q=1"]],
  ]) {
    await choose(page, title);
    const manifests = await page.inputValue("#manifests-text");
    const [request, ...headers] = words;
    const expected = printed({ "manifests.yaml": manifests }, "explain", "manifests.yaml", request, ...headers, "--format", "json");
    assert.deepEqual(await json(page), expected, title);
    const picked = expected.backends[expected.picked]?.ref;
    const verdict = await page.textContent("#panel .verdict");
    assert.equal(verdict, expected.outcome === "forward" ? `→ ${picked}` : String(expected.status), title);
  }
  await page.quiet();
});

test("check says what the program says, and marks the lines", async () => {
  const page = await begin();
  for (const title of ["The guide, checked", "Accepted, and gets no traffic", "A redirect that leads to itself", "Two namespaces, one host"]) {
    await choose(page, title);
    const manifests = await page.inputValue("#manifests-text");
    const { findings } = printed({ "manifests.yaml": manifests }, "check", "manifests.yaml", "--format", "json");
    assert.deepEqual(await json(page), findings, title);
    const lines = findings.filter((one) => one.severity === "error").map((one) => one.origin.place.line);
    const marked = await page.$$eval("#manifests .gutter .error", (all) => all.map((one) => Number(one.textContent)));
    assert.deepEqual(marked, [...new Set(lines)].sort((a, b) => a - b), title);
  }
  await choose(page, "Accepted, and gets no traffic");
  await page.click("#panel .card >> nth=0 >> button.place");
  const selected = await page.$eval("#manifests-text", (text) => text.value.slice(0, text.selectionStart).split("\n").length);
  assert.equal(selected, (await json(page)).find((one) => one.severity === "error").origin.place.line);
  await page.quiet();
});

test("diff says what the program says", async () => {
  const page = await begin();
  await choose(page, "A canary grows, a preview appears");
  const files = { "manifests.yaml": pain("before"), "after.yaml": pain("after") };
  const { changes, unknown } = printed(files, "diff", "manifests.yaml", "after.yaml", "--format", "json");
  assert.deepEqual(await json(page), { changes, unknown });
  assert.equal(changes.length, 2);
  await answered(page, () => page.click("#copy"));
  assert.match(await page.textContent("#panel .verdict"), /^Proved/);
  await page.quiet();
});

test("migrate says what the program says, and writes what it writes", async () => {
  const page = await begin();
  for (const [title, name] of [["rewrite-target: /$2", "rewrite-target"], ["auth-url", "auth-url"], ["A wildcard host", "wildcard"]]) {
    await choose(page, title);
    const { version, written, ...expected } = printed({ "manifests.yaml": pain(name) }, "migrate", "manifests.yaml", "--out", "gw", "--format", "json");
    const { manifests, ...report } = await json(page);
    assert.deepEqual(report, expected, title);
    const files = written.map((file) => readFileSync(join(folder, "cli/gw", file), "utf8").trim());
    const inOrder = (text) => text.split("\n---\n").map((one) => one.trim()).filter(Boolean).sort();
    assert.deepEqual(inOrder(manifests), inOrder(files.join("\n---\n")), title);
  }
  await page.quiet();
});

test("what is broken has a place, and the page goes on", async () => {
  const page = await begin();
  await choose(page, "What a rewrite makes of a path");
  const good = await page.inputValue("#manifests-text");
  await answered(page, () => page.fill("#manifests-text", `${good}\n---\nkind: [\n`));
  const line = await page.$eval("#manifests .gutter .error", (one) => Number(one.textContent));
  assert.ok(line > good.split("\n").length);
  assert.match(await page.textContent("#panel"), new RegExp(`manifests.yaml.*${line}:\\d`));
  await answered(page, () => page.fill("#manifests-text", good));
  assert.match(await page.textContent("#panel .verdict"), /shop\/api:8080/);
  await answered(page, () => page.fill("#words", "no request"));
  assert.match(await page.textContent("#panel"), /"request" is not a URL/);
  await answered(page, () => page.fill("#words", "curl -H 'x-a: 1' http://api.example.com/old-api/v2"));
  assert.match(await page.textContent("#panel .verdict"), /shop\/api:8080/);
  await page.quiet();
});

test("a link holds all of it, and nonsense in its place is no link", async () => {
  const page = await begin();
  await choose(page, "A canary grows, a preview appears");
  await page.click("#share");
  await page.waitForFunction(() => location.hash.length > 10);
  const hash = new URL(page.url()).hash;
  const there = await begin({ hash });
  for (const id of ["manifests-text", "after-text", "words", "headers", "profile"]) {
    assert.equal(await there.inputValue(`#${id}`), await page.inputValue(`#${id}`), id);
  }
  assert.deepEqual(await json(there), await json(page));
  assert.ok(hash.length < (await page.inputValue("#manifests-text")).length, "it is compressed");
  const nonsense = await begin({ hash: "#%3Cscript%3E" });
  assert.match(await nonsense.inputValue("#manifests-text"), /Gateway/);
  for (const one of [page, there, nonsense]) await one.quiet();
});

test("names are text", async () => {
  const page = await begin();
  await choose(page, "What a rewrite makes of a path");
  const hostile = (await page.inputValue("#manifests-text")).replace('"true"', '"<img src=x onerror=alert(1)>"');
  await answered(page, () => page.fill("#manifests-text", hostile));
  assert.match(await page.textContent("#panel"), /<img src=x/);
  assert.equal(await page.locator("img").count(), 0);
  await page.quiet();
});

test("the arrows go through the tabs, on a page that is served", async () => {
  const server = createServer((_, response) => response.setHeader("content-type", "text/html").end(readFileSync(PAGE)));
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const page = await open(`http://127.0.0.1:${server.address().port}/`, { scheme: "dark" });
  await page.waitForFunction(() => document.getElementById("panel").dataset.answered);
  await page.focus("#tab-explain");
  await answered(page, () => page.keyboard.press("ArrowRight"));
  assert.equal(await page.getAttribute("#tab-check", "aria-selected"), "true");
  assert.ok((await json(page)).length > 0);
  await page.quiet();
  server.close();
});
