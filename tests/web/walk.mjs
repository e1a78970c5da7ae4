// Answers the cases of spec-tests by the tables of a graph's page (spec-tests/tests/graph.rs asks): for each line of JSON that is
// read, the path of a page or a request, a line of JSON.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { runInThisContext } from "node:vm";

const source = readFileSync(new URL("../../crates/gateline-cli/src/graph/walk.js", import.meta.url), "utf8");
const walk = runInThisContext(`${source}\nwalk`);

let data;
const name = (index) => (index === null ? null : data.graph.listeners[index].name);

const explain = ({ request, headers, gateway }) => {
  const decision = walk.decide(data.tables, data.criteria.map(([name]) => name), walk.read(request, headers), gateway);
  return {
    listener: name(decision.listener),
    miss: decision.miss,
    candidates: decision.candidates.map(({ route, listener, ...one }) => ({ route: data.graph.routes[route].name, ...one })),
  };
};

for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  let answer = "loaded";
  if ("page" in message) {
    const page = readFileSync(message.page, "utf8");
    data = JSON.parse(/id="data">([^<]*)<\/script>/.exec(page)[1]);
  } else {
    answer = explain(message);
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
