// Builds the native part for this machine into native/: `node build.mjs [--release]`.
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const folder = dirname(fileURLToPath(import.meta.url));
const release = process.argv.includes("--release") ? ["--release"] : [];
const words = ["build", "--locked", "--package", "gateline-node", "--message-format", "json", ...release];
const log = execFileSync("cargo", words, {
  cwd: folder,
  encoding: "utf8",
  maxBuffer: 1 << 28,
  stdio: ["ignore", "pipe", "inherit"],
});
const built = log
  .split("\n")
  .filter((line) => line.includes('"compiler-artifact"') && line.includes('"gateline_node"'))
  .flatMap((line) => JSON.parse(line).filenames)
  .find((path) => /\.(so|dylib|dll)$/.test(path));
mkdirSync(join(folder, "native"), { recursive: true });
copyFileSync(built, join(folder, "native", `${process.platform}-${process.arch}.node`));
