export default { test: { testTimeout: 120_000, include: ["bindings/node/tests/*.vitest.mts"], root: process.cwd(), cache: false } };
