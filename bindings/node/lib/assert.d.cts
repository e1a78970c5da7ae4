import type { Decision, FindingChoice, Manifests } from "./index.cjs";

/** Asserts that this backend gets it: `namespace/name:port`, or less of it. */
export function routesTo(decision: Decision, backend: string): void;
/** Asserts a redirect to this `Location`. */
export function redirectsTo(decision: Decision, location: string, status?: number): void;
/** Asserts that the gateway answers by itself. */
export function answers(decision: Decision, status: number, reason?: string): void;
/** Asserts that `gateline check` finds nothing above notes. */
export function hasNoFindings(manifests: Manifests, options?: FindingChoice & { info?: boolean }): void;
