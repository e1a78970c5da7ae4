// The blocks of the README that are code: each is a program, and what it prints is what stands behind `// ` after it.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";

const here = dirname(fileURLToPath(import.meta.url));
const page = readFileSync(join(here, "../README.md"), "utf8");
const blocks = [...page.matchAll(/^<!-- run -->\n```js\n(.*?)^```$/gms)].map(([, block]) => block);

assert(blocks.length > 0);
for (const [index, block] of blocks.entries()) {
  test(`block ${index + 1}`, () => {
    const file = join(here, `readme-${index}-${process.pid}.mjs`);
    writeFileSync(file, block);
    try {
      const { stdout, stderr, status } = spawnSync(process.execPath, [file], { encoding: "utf8" });
      assert.equal(status, 0, stderr);
      const wanted = [...block.matchAll(/\/\/ -> (.*)$/gm)].map(([, text]) => text);
      assert.deepEqual(stdout.trimEnd().split("\n"), wanted);
    } finally {
      rmSync(file);
    }
  });
}
