// The browser that all tests of pages share: Debian's Chromium, without a display and without the network.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, before } from "node:test";
import { chromium } from "playwright-core";

export const root = fileURLToPath(new URL("../..", import.meta.url));

/** What `gateline` prints; codes but 0 and 1 are errors. */
export const gateline = (...words) => {
  try {
    return execFileSync(process.env.GATELINE ?? "gateline", words, { cwd: root, encoding: "utf8", stdio: "pipe", maxBuffer: 1 << 28 });
  } catch (error) {
    if (error.status === 1) return error.stdout;
    throw error;
  }
};

/** A browser for the tests of a file. `open` takes a path or a URL; whatever the page reports as an error, or loads besides, fails. */
export const browser = () => {
  let running;
  const folder = mkdtempSync(join(tmpdir(), "gateline-web-"));
  before(async () => {
    running = await chromium.launch({ executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium", args: ["--no-sandbox"] });
  });
  after(async () => {
    await running.close();
    rmSync(folder, { recursive: true });
  });
  const open = async (path, { hash = "", scheme = "light", width = 1500, height = 1200 } = {}) => {
    const context = await running.newContext({ viewport: { width, height }, colorScheme: scheme });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    const errors = [];
    page.on("pageerror", (error) => errors.push(String(error)));
    page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
    const url = `${path.startsWith("http:") ? "" : "file://"}${path}${hash}`;
    page.on("request", (request) => request.isNavigationRequest() || errors.push(`loads ${request.url()}`));
    await page.goto(url);
    page.quiet = async () => {
      assert.deepEqual(errors, []);
      await context.close();
    };
    return page;
  };
  return { open, folder };
};
