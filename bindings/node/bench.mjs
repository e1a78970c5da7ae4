// How long a call takes: `node bindings/node/bench.mjs [PATH]`, at the root of the repository.
//
// The native call is the same work in the same process without Node: the text is parsed, the request is decided, its
// filters are applied. Best of several rounds.
import { load } from "gateline";

const [rounds, calls] = [7, 50_000];
const requests = [
  ["no header fields", "GET https://api.shop.example.com/v1/orders?page=2", undefined],
  ["three header fields", "GET https://www.shop.example.com/", { "x-canary": "always", accept: "*/*", "x-a": "1" }],
  ["a redirect", "GET http://www.shop.example.com/cart", undefined],
];
const manifests = load(process.argv[2] ?? "examples/shop");

function best(call) {
  const times = Array.from({ length: rounds }, () => {
    const start = process.hrtime.bigint();
    for (let index = 0; index < calls; index++) call();
    return Number(process.hrtime.bigint() - start) / calls;
  });
  return Math.min(...times);
}

const cell = (value, width) => String(Math.round(value)).padStart(width);
console.log(`${"nanoseconds per call".padEnd(24)}  native  route()  and .backend`);
for (const [name, request, headers] of requests) {
  const options = headers && { headers };
  const native = Math.min(...Array.from({ length: rounds }, () => manifests._benchmark(request, headers, calls)));
  const route = best(() => manifests.route(request, options));
  const read = best(() => manifests.route(request, options).backend);
  console.log(`${name.padEnd(24)}${cell(native, 8)}${cell(route, 9)}${cell(read, 14)}`);
}
