import matchers from "./assert.cjs";

export const { routesTo, redirectsTo, answers, hasNoFindings } = matchers;
