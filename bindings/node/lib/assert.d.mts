export * from "./assert.cjs";
