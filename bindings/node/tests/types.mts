// Only compiled: the types, from ESM.
import { GatelineError, LoadError, load, prove, type Decision } from "gateline";

const routes = load("k8s");
const decision: Decision = routes.route(new Request("https://a/"), { random: 1n });
if (decision.kind === "forward") {
  const backend: string = decision.backend;
  const status: null = decision.status;
} else if (decision.kind === "redirect") {
  const location: string = decision.location;
  // @ts-expect-error a redirect has no backend
  const backend: string = decision.backend;
}
const proof = prove(routes, routes);
if (proof.verdict === "counterexample") {
  const curl: string = proof.difference.witness.curl;
}
const error: GatelineError = new Error() as LoadError;
const line: number | null = error.errors[0].line;
// @ts-expect-error they are made by `load`
new routes.constructor();
// @ts-expect-error what is decided does not change
decision.kind = "redirect";
