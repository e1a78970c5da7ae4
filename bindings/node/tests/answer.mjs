// Answers the cases of spec-tests: a line of JSON for each that is read (spec-tests/tests/binding.rs asks).
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { loads } from "gateline";

let manifests;
for await (const line of createInterface({ input: process.stdin })) {
  const message = JSON.parse(line);
  let answer = "loaded";
  if ("objects" in message) {
    const { objects, assume, regex_rank: regexRank } = message;
    manifests = loads({ "objects.yaml": objects }, { assume, regexRank });
  } else {
    const { request, headers, gateway, random } = message;
    const options = { headers, gateway: gateway ?? undefined, random: BigInt(random) };
    const [explanation, decision] = [manifests.explain(request, options), manifests.route(request, options)];
    assert.equal(decision.kind, explanation.data.outcome);
    assert.equal(decision.route, explanation.data.route);
    answer = explanation.json;
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
