// Compiles the patterns with tsc against the types of Workers, then runs patterns_test.mjs on what comes out.
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const clients = fileURLToPath(new URL("../../../engine/bindings/node/test/clients/install.sh", import.meta.url));
const installed = execFileSync(clients, { encoding: "utf8" }).trim();
const work = mkdtempSync(join(tmpdir(), "tern-patterns-"));
try {
  symlinkSync(join(installed, "node_modules"), join(work, "node_modules"));
  writeFileSync(join(work, "package.json"), '{ "type": "module" }');
  for (const file of readdirSync(here)) {
    if (file.endsWith(".ts") || file === "tsconfig.json") cpSync(join(here, file), join(work, file));
  }
  execFileSync(process.execPath, [join(installed, "node_modules/typescript/lib/tsc.js"), "-p", work], { stdio: "inherit" });
  const env = { ...process.env, PATTERNS: work };
  const { status } = spawnSync(process.execPath, [join(here, "patterns_test.mjs")], { env, stdio: "inherit" });
  process.exitCode = status ?? 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
