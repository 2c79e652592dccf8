// The package as npm packs and installs it, used by a program that knows nothing of this tree.
// usage: node package_test.mjs FOLDER_OF_THE_PACKAGE
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const folder = process.argv[2];

test("a packed package is installed without a network, and works", () => {
  const work = mkdtempSync(join(tmpdir(), "tern-package-"));
  const run = (program, ...args) => {
    const { TERN_NODE_ADDON, ...env } = process.env;
    assert.notEqual(program, TERN_NODE_ADDON);
    return execFileSync(program, args, { cwd: work, env, encoding: "utf8" });
  };
  try {
    const packed = run("npm", "pack", "--silent", folder).trim();
    writeFileSync(join(work, "package.json"), '{ "type": "module" }');
    run("npm", "install", "--offline", "--no-audit", "--no-fund", `./${packed}`);
    writeFileSync(
      join(work, "program.js"),
      `import { open, version } from "tern-db";
       const { DB, kv, close } = open("test.db");
       await DB.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)");
       await DB.prepare("INSERT INTO t VALUES (1, ?)").bind("Santa Fe").run();
       await kv("n").put("k", "value");
       console.log(version, await DB.prepare("SELECT name FROM t WHERE id = 1").first("name"), await kv("n").get("k"));
       await close();`,
    );
    assert.match(run(process.execPath, "program.js"), /^\d+\.\d+\.\d+ Santa Fe value\n$/);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
});
