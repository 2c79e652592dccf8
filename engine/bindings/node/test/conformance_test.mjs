// The recorded behaviour of D1 and Workers KV (TERN_SHARED_DIR/conformance): all cases are as recorded but for those
// that docs/d1.md lists, and those are not as recorded, or they do not belong there.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const check = join(process.env.TERN_SHARED_DIR, "conformance/check.mjs");

test("every case is as recorded, or stands in docs/d1.md", () => {
  const { stdout, stderr } = spawnSync(process.execPath, [check, join(here, "target.mjs")], { encoding: "utf8" });
  const counts = /^(\d+) passed, (\d+) failed$/m.exec(stdout);
  assert.notEqual(counts, null, stdout + stderr);
  assert.ok(Number(counts[1]) >= 200, stdout);
  const failed = [...stdout.matchAll(/^FAIL (\S+)/gm)].map(([, name]) => name);
  const document = readFileSync(new URL("../../../../docs/d1.md", import.meta.url), "utf8");
  const listed = [...document.matchAll(/`((?:d1|kv)\.\w+\/[\w-]+)`/g)].map(([, name]) => name);
  assert.deepEqual(failed.sort(), listed.sort(), stdout);
});
