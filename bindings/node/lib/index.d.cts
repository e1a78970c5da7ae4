/** Reads manifests: files, folders or globs. Throws a LoadError with all that could not be read. */
export function load(paths: string | Iterable<string>, options?: LoadOptions): Manifests;
/** Reads a text, or texts by name; no `gateline.toml` is read that is not named. */
export function loads(text: string | Record<string, string>, options?: LoadOptions): Manifests;
/** Which requests have another effect on `after` than on `before`, over all requests. */
export function diff(before: Manifests, after: Manifests): Diff;
/** Whether both do the same to every request. */
export function prove(before: Manifests, after: Manifests): Proof;
/** Runs the command line (`["check", "k8s/"]`) and returns what it prints. */
export function run(words: readonly string[]): { code: number; out: string; err: string };

type Assume = "present" | "missing" | "unknown";

export interface LoadOptions {
  /** What to take things for that are not in the input, over what `config` says. */
  assume?: { services?: Assume; secrets?: Assume; gateways?: Assume; namespaces?: Assume };
  /** A `gateline.toml`; by default that of the working directory, if there is one. */
  config?: string;
  /** The implementation to decide like: `envoy-gateway`, say; by default that of the settings, or the specification. */
  profile?: string;
  /** Where regular expressions rank among path matches, if not where the profile has them. */
  regexRank?: "above-prefix" | "below-prefix";
}

export type Fields =
  | Iterable<readonly [string, string]>
  | Readonly<Record<string, string | readonly string[]>>;

export interface RequestOptions {
  headers?: Fields;
  /** `namespace/name`: the Gateway whose address it is sent to; any that has the port by default. */
  gateway?: string;
  /** Picks the backend by weight: spread evenly over 0 to 2n ** 64n - 1n. */
  random?: number | bigint;
}

/**
 * `GET https://host/path`, the URL alone, a whole curl command, a connection (`tls://host:port`, `tcp://:port`,
 * `udp://:port`), or the `Request` of fetch.
 */
export type Asked = string | { method?: string; url: string; headers?: Fields };

/** Manifests and their router. They cannot change. */
export class Manifests {
  private constructor();
  /** Where a request goes. Throws a RequestError. */
  route(request: Asked, options?: RequestOptions): Decision;
  /** Where a call of gRPC goes; `method` is `package.Service/Method`. */
  grpc(host: string, method: string, metadata?: Fields, options?: Omit<RequestOptions, "headers">): Decision;
  /** Where a request goes, and why not elsewhere. */
  explain(request: Asked, options?: RequestOptions): Explanation;
  /** For each attached rule a request that it takes, which `route(one.request, one)` answers; rules that none is found for are left out. */
  witnesses(): RuleWitness[];
  /**
   * Asserts what becomes of a request, in the words of a `*.routetest.yaml`, for every order in which routes may have been
   * created and every backend with a share of the weights. `more` are other keys of a test: `gateway`, `follow`, `created`,
   * `matrix`. Throws an ExpectationError with the reason, or a SuiteError.
   */
  expect(request: Asked, expect: unknown, more?: Record<string, unknown>): void;
  /** Runs the test, or proves the invariant, at an index of `suite.tests`. */
  run(suite: Suite, index: number): TestOutcome;
  /** All findings, by place, as `gateline check` reports them. */
  check(choice?: FindingChoice): Finding[];
  /** Which requests have another effect on `after`, over all requests. */
  diff(after: Manifests): Diff;
  /** Remembers from now on what is asked, for `coverage`. */
  record(): void;
  /** What `route`, `expect` and `run` went through since `record`. */
  coverage(): Coverage;
}

/** A request that a rule takes. */
export interface RuleWitness {
  /** `HTTPRoute/namespace/name#0`, or `#name` of a rule that has one. */
  readonly rule: string;
  /** `GET https://host/path`, or a connection. */
  readonly request: string;
  readonly headers: [string, string][];
  /** The Gateway (`namespace/name`) it is sent to, if not any. */
  readonly gateway?: string;
}

export interface FindingChoice {
  /** Only codes that begin with one of these. */
  select?: readonly string[];
  /** No codes that begin with one of these. */
  ignore?: readonly string[];
}

/** A place in a file; lines and columns from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export interface Share {
  /** `namespace/name:port`. */
  readonly backend: string;
  readonly weight: number;
  /** Whether the reference can be followed: what falls to one that cannot is answered 500. */
  readonly valid: boolean;
}

/** A request as the backend gets it. */
export interface Upstream {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly host: string;
  /** The other header fields, sorted by name. */
  readonly headers: readonly (readonly [string, string])[];
}

interface Decided {
  /** Why, as one word to compare: `forwarded`, `no-matching-rule`, `ref-not-permitted`, … */
  readonly reason: string;
  /** Why, in a sentence whose words may change. */
  readonly because: string;
  /** `namespace/gateway/listener`. */
  readonly listener: string | null;
  /** `HTTPRoute/namespace/name`. */
  readonly route: string | null;
  /** Index of the rule in the route. */
  readonly rule: number | null;
  readonly ruleName: string | null;
  /** Index of the match in the rule. */
  readonly match: number | null;
  /** Where that match is written. */
  readonly source: Place | null;
  /** All backends of the rule, unless the gateway answers before it picks one. */
  readonly split: readonly Share[];
  /** All of it, as JSON. */
  readonly json: string;
  /** Whether this backend gets it: `namespace/name:port`, or less of it. */
  goesTo(backend: string): boolean;
  /** Why it goes there, and why not elsewhere. */
  explain(): Explanation;
}

/** A backend gets it. */
export interface Forward extends Decided {
  readonly kind: "forward";
  readonly status: null;
  /** `namespace/name:port`. */
  readonly backend: string;
  /** Of a request; null for a connection. */
  readonly upstream: Upstream | null;
  readonly location: null;
}

/** It is redirected. */
export interface Redirect extends Decided {
  readonly kind: "redirect";
  readonly status: number;
  readonly backend: null;
  readonly upstream: null;
  readonly location: string;
}

/** The gateway answers, nobody does (`none`), or of a connection: it is closed, or its requests are routed one by one (`http`). */
export interface NoBackend extends Decided {
  readonly kind: "respond" | "none" | "close" | "http";
  readonly status: number | null;
  /** The one that was picked and cannot be reached. */
  readonly backend: string | null;
  readonly upstream: null;
  readonly location: string | null;
}

export type Decision = Forward | Redirect | NoBackend;
export const Decision: { readonly prototype: Decision };

/** Where a request goes and why not elsewhere; as a text, what `gateline explain` prints. */
export class Explanation {
  private constructor();
  /** Byte for byte what `gateline explain --format json` prints, without the last line break. */
  readonly json: string;
  readonly text: string;
  /** The JSON, read; its schema is docs/explain-schema.json. */
  readonly data: { readonly outcome: Decision["kind"]; readonly candidates: readonly any[]; readonly [field: string]: any };
}

export interface Finding {
  /** `GL103`. */
  readonly code: string;
  readonly slug: string;
  readonly severity: "info" | "warning" | "error";
  readonly message: string;
  /** What to do, if that is known. */
  readonly help: string | null;
  readonly origin: {
    readonly kind: string;
    readonly object: { readonly namespace: string; readonly name: string };
    readonly path: string;
    readonly place: Place | null;
  };
  readonly related: readonly (readonly [string, Finding["origin"]])[];
}

/** A `*.routetest.yaml`. Throws a SuiteError with all that is wrong with it. */
export class Suite {
  constructor(path: string);
  /** What its tests are run on. */
  readonly manifests: readonly string[];
  /** Its tests, then its invariants. */
  readonly tests: readonly { readonly name: string; readonly line: number }[];
}

export interface TestOutcome {
  readonly name: string;
  readonly place: Place;
  readonly request: string;
  readonly verdict: "passed" | "failed" | "proved" | "unknown" | "invalid";
  readonly passed: boolean;
  /** Why it did not pass, in lines. */
  readonly details: string;
}

export interface Covered {
  readonly name: string;
  readonly place: Place | null;
  readonly hits: number;
  /** Why no request can reach it: it is left out of the count then. */
  readonly unreachable: string | null;
  /** A request that would go through it. */
  readonly try: string | null;
}

export interface Coverage {
  readonly rules: readonly Covered[];
  readonly matches: readonly Covered[];
  readonly hostnames: readonly Covered[];
  readonly listeners: readonly Covered[];
  readonly backends: readonly Covered[];
  /** Of the rules that can be reached. */
  readonly percent: number;
  readonly lcov: string;
  readonly html: string;
}

export interface Side {
  readonly effect: string;
  readonly route: string | null;
  readonly rule: number | null;
  readonly match: number | null;
  readonly source: Place | null;
}

/** A class of requests that have another effect. */
export interface Difference {
  /** `LOST`, `OPENED`, `MOVED`, … */
  readonly kind: string;
  readonly gateway: string;
  readonly port: number;
  readonly scheme: string;
  readonly hosts: readonly string[];
  readonly paths: readonly string[];
  readonly conditions: readonly string[];
  readonly before: Side;
  readonly after: Side;
  /** A request that shows it. */
  readonly witness: {
    readonly method: string;
    readonly url: string;
    readonly headers: readonly (readonly [string, string])[];
    readonly curl: string;
  };
}

export interface Diff {
  /** By kind, the gravest first. */
  readonly changes: readonly Difference[];
  /** What could not be compared. Empty, and no changes: proved to do the same. */
  readonly unknown: readonly string[];
}

export type Proof =
  | { readonly verdict: "proved" }
  | { readonly verdict: "counterexample"; readonly difference: Difference }
  | { readonly verdict: "unknown"; readonly reasons: readonly string[] };

/** One thing that cannot be used; no file for an argument. */
export interface Located {
  readonly message: string;
  readonly help: string | null;
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
}

/** Something cannot be used. */
export class GatelineError extends Error {
  /** All that is wrong. */
  readonly errors: readonly Located[];
}
/** Manifests, or the settings for them, cannot be used. */
export class LoadError extends GatelineError {}
/** A text is no request. */
export class RequestError extends GatelineError {}
/** A test, or a file of tests, cannot be used. */
export class SuiteError extends GatelineError {}
/** A request does not go where it was expected to go. */
export class ExpectationError extends Error {
  readonly code: "ERR_ASSERTION";
}
