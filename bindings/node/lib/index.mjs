import gateline from "./index.cjs";

export const {
  load,
  loads,
  diff,
  prove,
  run,
  Manifests,
  Decision,
  Explanation,
  Suite,
  GatelineError,
  LoadError,
  RequestError,
  SuiteError,
  ExpectationError,
} = gateline;
