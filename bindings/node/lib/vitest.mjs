// `import "gateline/vitest"` in a test, or as one of `setupFiles`.
import { expect } from "vitest";
import matchers from "./matchers.cjs";

expect.extend({
  toRouteTo: matchers.routesTo,
  toRedirectTo: matchers.redirectsTo,
  toAnswer: matchers.answers,
  toHaveNoFindings: matchers.hasNoFindings,
});
