import "vitest";
import type { FindingChoice } from "./index.mjs";

interface RouteMatchers<R = unknown> {
  /** This backend gets it: `namespace/name:port`, or less of it. */
  toRouteTo(backend: string): R;
  /** It is redirected to this `Location`. */
  toRedirectTo(location: string, status?: number): R;
  /** The gateway answers by itself. */
  toAnswer(status: number, reason?: string): R;
  /** `gateline check` finds nothing above notes. */
  toHaveNoFindings(options?: FindingChoice & { info?: boolean }): R;
}

declare module "vitest" {
  interface Matchers<T = any> extends RouteMatchers<T> {}
}
