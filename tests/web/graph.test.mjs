import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { writeFileSync } from "node:fs";
import { browser, gateline } from "./browser.mjs";

const { open, folder } = browser();

const draw = (manifests) => {
  const page = join(folder, `${manifests.replaceAll(/\W/g, "-")}.html`);
  gateline("graph", manifests, "-o", page);
  return page;
};

/** What is lit, by the words on it. */
const lit = (page) => page.evaluate(() => {
  const name = (one) => one.querySelector(".name")?.textContent;
  const all = (column) => [...document.querySelectorAll(`#${column} .node.lit`)].map(name);
  const rules = [...document.querySelectorAll(".rule.lit")].map((one) => [one.closest(".node").querySelector(".name").textContent, Number(one.querySelector(".number").textContent)]);
  return { hosts: all("hosts"), listeners: all("listeners"), routes: all("routes"), rules, backends: all("backends") };
});

const REQUESTS = [
  ["GET", "https://app.example.com/api/v1/orders", ["x-region: asia"]],
  ["GET", "https://app.example.com/users/42/profile", []],
  ["GET", "https://app.example.com/", []],
  ["GET", "https://api.example.com/", ["x-api-version: beta", "x-user-tier: premium"]],
  ["GET", "https://api.example.com/x?y=1", ["x-experiment-group: treatment"]],
  ["POST", "https://grpc.example.com/order.v1.OrderService/CreateOrder", ["content-type: application/grpc"]],
  ["GET", "https://nothing.example.com/", []],
  ["GET", "http://app.example.com/", []],
  ["GET", "https://elsewhere.example.org/", []],
];

test("the lit path is what explain says", async () => {
  const page = await open(draw("examples/guide"));
  for (const [method, url, headers] of REQUESTS) {
    await page.fill("#method", method);
    await page.fill("#url", url);
    await page.evaluate((text) => (document.getElementById("headers").value = text), headers.join("\n"));
    await page.click("#ask button[type=submit]");
    const fields = headers.flatMap((field) => ["-H", field]);
    const explained = JSON.parse(gateline("explain", "examples/guide", `${method} ${url}`, ...fields, "--format", "json"));
    const shown = await lit(page);
    const route = explained.route?.split("/").slice(1).join("/");
    assert.deepEqual(shown.rules, route ? [[route, explained.rule]] : [], url);
    assert.deepEqual(shown.routes, route ? [route] : [], url);
    assert.deepEqual(shown.listeners, explained.listener ? [explained.listener.split("/").pop()] : [], url);
    assert.deepEqual(shown.backends.sort(), explained.backends.map((one) => one.ref).sort(), url);
    const verdicts = await page.$$eval("#answer tbody tr", (rows) => rows.map((row) => [row.cells[1].textContent, row.className]));
    assert.deepEqual(verdicts, explained.candidates.slice(0, 12).map((one) => [`${one.route}#${one.rule}`, one.verdict.verdict]), url);
  }
  await page.quiet();
});

test("what is never reached is struck through, with a way to the rule that takes its requests", async () => {
  const page = await open(draw("examples/guide"));
  const dead = await page.$$eval(".rule.dead", (rules) => rules.map((rule) => [
    rule.closest(".node").querySelector(".name").textContent,
    getComputedStyle(rule.querySelector(".match")).textDecorationLine,
    rule.querySelector(".why button").textContent,
  ]));
  const by = "HTTPRoute/production/app-route#0";
  assert.deepEqual(dead, [["production/canary-route", "line-through", by], ["production/redirect-and-rewrite", "line-through", by]]);
  await page.click(".rule.dead .why button");
  assert.equal(await page.evaluate(() => document.activeElement.dataset.node.split(".")[1]), "0");
  await page.quiet();
});

test("a question is in the address", async () => {
  const path = draw("examples/guide");
  const first = await open(path);
  await first.fill("#url", "https://app.example.com/api/v2/x");
  await first.click("#ask button[type=submit]");
  const [hash, answer] = [new URL(first.url()).hash, await first.textContent("#answer")];
  await first.quiet();
  const second = await open(path, { hash });
  assert.equal(await second.textContent("#answer"), answer);
  assert.match(answer, /production\/api-v2-service:8080/);
  await second.quiet();
});

test("nonsense gets a word, and the page goes on", async () => {
  const page = await open(draw("examples/shop"));
  for (const [url, words] of [["shop", /write GET/], ["https://", /names no host/], ["https://a..b/", /^400/], ["tcp://", /write tcp/]]) {
    await page.fill("#url", url);
    await page.click("#ask button[type=submit]");
    assert.match(await page.textContent("#answer"), words);
  }
  await page.click("#clear");
  assert.equal(await page.isVisible("#answer"), false);
  await page.quiet();
});

/** Many rules, with names that nobody should let into a page. */
const many = (routes, rules) => {
  const route = (index) => `---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: r${index}, namespace: infra}
spec:
  parentRefs: [{name: web}]
  hostnames: [h${index}.example.com]
  rules:
${Array.from({ length: rules }, (_, rule) => `  - matches: [{path: {value: /p${rule}}, headers: [{name: x-a, value: "<img src=x onerror=alert(1)>"}]}]
    backendRefs: [{name: s${index}-${rule}, port: 80}]`).join("\n")}
`;
  return `apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: infra}
spec: {gatewayClassName: any, listeners: [{name: http, port: 80, protocol: HTTP, allowedRoutes: {namespaces: {from: Same}}}]}
${Array.from({ length: routes }, (_, index) => route(index)).join("")}`;
};

test("500 rules begin collapsed, and the filter finds one", async () => {
  const manifests = join(folder, "many.yaml");
  writeFileSync(manifests, many(50, 10));
  const page = await open(draw(manifests));
  assert.equal(await page.locator(".rule").count(), 500);
  assert.equal(await page.locator(".rule:visible").count(), 0);
  assert.equal(await page.locator("img").count(), 0);
  await page.fill("#filter", "s7-3:80");
  await page.click("#expand");
  assert.deepEqual(await page.locator("#routes .node:visible .name").allTextContents(), ["infra/r7"]);
  assert.deepEqual(await page.locator("#backends .node:visible .name").allTextContents(), ["infra/s7-3:80"]);
  assert.equal(await page.locator(".rule:visible").count(), 1);
  await page.fill("#filter", "no such thing");
  assert.equal(await page.isVisible("#nothing"), true);
  await page.fill("#filter", "");
  assert.equal(await page.locator(".rule:visible").count(), 500);
  await page.quiet();
});

test("dark where the system is, light at a click; all controls have names", async () => {
  const page = await open(draw("examples/shop"), { scheme: "dark" });
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();
  await page.click("#theme");
  assert.notEqual(await ground(), dark);
  const unnamed = await page.$$eval("button, input, select, textarea", (all) => all.filter((one) => !one.textContent.trim() && !one.labels?.length && !one.ariaLabel).map((one) => one.outerHTML));
  assert.deepEqual(unnamed, []);
  await page.quiet();
});
