// Decisions, on the shop of examples/. Run at the root of the repository.
import assert from "node:assert/strict";
import { test } from "node:test";
import { diff, load, loads, prove, run, ExpectationError, LoadError, RequestError, Suite, SuiteError } from "gateline";
import { answers, hasNoFindings, redirectsTo, routesTo } from "gateline/assert";

const gateway = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: infra}
spec: {gatewayClassName: any, listeners: [{name: http, port: 80, protocol: HTTP}]}
`;
const route = `
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: shop, namespace: infra}
spec: {parentRefs: [{name: web}], rules: [{backendRefs: [{name: shop, port: 8080}]}]}
`;
const shop = load("examples/shop");
const storefront = "GET https://www.shop.example.com/";

test("a request goes to a backend", () => {
  const decision = shop.route(storefront, { headers: { "x-canary": "always" } });
  assert.equal(decision.kind, "forward");
  assert.equal(decision.backend, "storefront/pages-next:8080");
  assert.equal(decision.status, null);
  assert.equal(decision.source.file, "examples/shop/03-storefront.yaml");
  assert.deepEqual(decision.upstream.headers, [["x-canary", "always"]]);
  for (const name of ["storefront/pages-next:8080", "pages-next:8080", "pages-next"]) assert(decision.goesTo(name));
  for (const name of ["pages", "pages-next:80", "api/pages-next"]) assert(!decision.goesTo(name));
});

test("weights", () => {
  const { split } = shop.route(storefront);
  assert.deepEqual(
    split.map(({ backend, weight }) => [backend, weight]),
    [
      ["storefront/pages:8080", 90],
      ["storefront/pages-next:8080", 10],
    ],
  );
  let next = 0;
  for (let index = 0n; index < 1000n; index++) {
    if (shop.route(storefront, { random: (2n ** 64n / 1000n) * index }).goesTo("pages-next")) next += 1;
  }
  assert(Math.abs(next - 100) <= 1, `${next} of 1000`);
});

test("a redirect", () => {
  const decision = shop.route("http://www.shop.example.com/cart?item=7");
  redirectsTo(decision, "https://www.shop.example.com/cart?item=7", 301);
  assert.throws(() => redirectsTo(decision, "https://www.shop.example.com/", 301), { code: "ERR_ASSERTION" });
  assert.throws(() => routesTo(decision, "pages"), /got +redirect 301/);
});

test("nobody listens", () => {
  const decision = shop.route("GET http://www.shop.example.com:81/");
  assert.equal(decision.kind, "none");
  assert.match(decision.because, /no listener has port 81/);
});

test("gRPC", () => {
  const decision = shop.grpc("grpc.shop.example.com", "shop.payments.v1.Payments/Refund");
  assert.equal(decision.route, "GRPCRoute/payments/payments");
  assert.equal(decision.ruleName, "refunds");
  assert.throws(() => shop.grpc("grpc.shop.example.com", "Refund"), RequestError);
});

test("header fields are objects, pairs or Headers, and a Request is a request", () => {
  const url = "https://www.shop.example.com/";
  const wanted = shop.route(url, { headers: { "x-canary": "always" } });
  for (const headers of [[["x-canary", "always"]], new Map([["x-canary", "always"]]), new Headers({ "x-canary": "always" })]) {
    assert.deepEqual(shop.route(url, { headers }), wanted);
    assert.deepEqual(shop.route(new Request(url, { headers })), wanted);
  }
  assert.notDeepEqual(shop.route(url), wanted);
  const both = shop.route(url, { headers: { "x-a": ["1", "2"] } });
  assert.deepEqual(both.upstream.headers, [
    ["x-a", "1"],
    ["x-a", "2"],
  ]);
});

test("a Gateway of its own", () => {
  assert.equal(shop.route(storefront, { gateway: "edge/shop" }).kind, "forward");
  assert.equal(shop.route(storefront, { gateway: "edge/other" }).kind, "none");
});

test("an explanation is data and text", () => {
  const explanation = shop.route("GET https://api.shop.example.com/v1/orders").explain();
  assert.deepEqual(
    explanation.data.candidates.map(({ verdict }) => verdict.verdict),
    ["failed", "failed", "won"],
  );
  assert.match(`${explanation}`, /wins: no other rule matches/);
});

test("expectations", () => {
  shop.expect(storefront, { split: { pages: 90, "pages-next": 10 } });
  shop.expect(new Request("https://www.shop.example.com/", { headers: { "x-canary": "always" } }), "pages-next:8080");
  shop.expect("http://www.shop.example.com/", { status: 301 }, { follow: { "ends-at": { rule: "pages#everything" } } });
  assert.throws(() => shop.expect(storefront, "pages:8080"), (error) => {
    assert(error instanceof ExpectationError);
    assert.match(error.message, /expected  pages:8080/);
    return true;
  });
  assert.throws(() => shop.expect(storefront, { backnd: "pages" }), /did you mean `backend`/);
  assert.throws(() => shop.expect(storefront, "page"), SuiteError);
});

test("a request for each rule", () => {
  const witnesses = shop.witnesses();
  for (const { rule, request, ...options } of witnesses) {
    const { route, rule: index, ruleName } = shop.route(request, options);
    assert([`${route}#${index}`, `${route}#${ruleName}`].includes(rule), `${rule}: ${request}`);
  }
  assert(witnesses.length >= 11, `${witnesses.length} rules`);
});

test("findings", () => {
  const guide = load("examples/guide");
  const codes = new Set(guide.check({ select: ["GL1", "GL2"], ignore: ["GL108"] }).map(({ code }) => code));
  assert(codes.has("GL103") && codes.has("GL203") && !codes.has("GL108"));
  assert([...codes].every((code) => code.startsWith("GL1") || code.startsWith("GL2")));
  assert.throws(() => hasNoFindings(guide), /01-three-tiers.yaml:36:7: error\[GL103\]/);
  hasNoFindings(shop);
});

test("assumptions are those of the command line", () => {
  routesTo(loads(gateway + route).route("http://a/"), "shop");
  answers(loads(gateway + route, { assume: { services: "missing" } }).route("http://a/"), 500, "backend-unresolved");
});

test("a difference has a witness", () => {
  const [before, after] = [loads(gateway + route), loads(gateway)];
  const { changes } = diff(before, after);
  assert.deepEqual(
    changes.map(({ kind }) => kind),
    ["LOST"],
  );
  assert.match(changes[0].witness.curl, /^curl /);
  assert.equal(prove(before, after).verdict, "counterexample");
  assert.equal(prove(before, before).verdict, "proved");
});

test("coverage counts what is asked", () => {
  const counted = load("examples/shop");
  counted.record();
  assert.equal(counted.coverage().percent, 0);
  counted.route("GET https://www.shop.example.com/healthz");
  const { rules, lcov } = counted.coverage();
  assert.deepEqual(
    rules.filter(({ hits }) => hits > 0).map(({ name }) => name),
    ["HTTPRoute/storefront/pages#1"],
  );
  assert.match(lcov, /^DA:/m);
});

test("files of tests", () => {
  const suite = new Suite("examples/shop/shop.routetest.yaml");
  const manifests = load(suite.manifests);
  for (const [index, { name }] of suite.tests.entries()) {
    const outcome = manifests.run(suite, index);
    assert(outcome.passed, `${name}\n${outcome.details}`);
  }
  assert(suite.tests.length > 10);
  assert.throws(() => manifests.run(suite, 1000), /there is no test 1000/);
});

test("what cannot be used is located", () => {
  assert.throws(
    () => loads({ "a.yaml": "a: [1\n" }),
    (error) => {
      assert(error instanceof LoadError);
      const [{ file, line, column, message }] = error.errors;
      assert.equal(file, "a.yaml");
      assert(line > 0 && column > 0 && message.length > 0);
      return true;
    },
  );
  assert.throws(() => load([]), LoadError);
  assert.throws(() => load("missing.yaml"), /missing.yaml:1:1: cannot read/);
  assert.throws(() => load("examples/shop", { assume: { service: "present" } }), /unknown field `service`/);
  assert.throws(() => load("examples/shop", { profile: "nginx" }), /"nginx" is none of spec/);
  assert.throws(() => new Suite("missing.routetest.yaml"), SuiteError);
});

test("texts that are no requests", () => {
  for (const text of ["", "GET GET https://a/", "G@T https://a/", "a/x", "https://[::1/", "tcp://a", "curl", "https://a/\0"]) {
    assert.throws(() => shop.route(text), RequestError, text);
    assert.throws(() => shop.explain(text), RequestError, text);
  }
  for (const name of ["a:b", "a b", "", "ä"]) {
    assert.throws(() => shop.route("https://a/", { headers: { [name]: "1" } }), /is not a header/);
  }
  assert.throws(() => shop.route("https://a/", { gateway: "web" }), /is not a Gateway/);
  assert.throws(() => shop.route("https://a/", { random: 2n ** 64n }), RangeError);
  assert.throws(() => shop.route(7));
});

test("the command line is at hand", () => {
  const { code, out } = run(["explain", "examples/shop", storefront]);
  assert.equal(code, 0);
  assert.match(out, /^outcome +forward/m);
  assert.equal(run(["rule", "GL9999"]).code, 2);
});
