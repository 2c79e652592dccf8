// The addon in more than one environment of JavaScript, and at their ends.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { withDatabase } from "./temporary.mjs";

const index = new URL("../lib/index.mjs", import.meta.url).href;

// Opens `path`, and has reads and writes under way when it comes to `end`.
const busy = (path, end) => `
  import { open } from ${JSON.stringify(index)};
  const { DB, kv } = open(${JSON.stringify(path)}, { synchronous: "full" });
  const insert = DB.prepare("INSERT INTO t (v) VALUES (?)");
  for (let i = 0; i < 200; ++i) {
    insert.bind(i).run().catch(() => {});
    DB.prepare("SELECT * FROM t WHERE v > " + i).all().catch(() => {});
    kv("n").put("k" + i, "v").catch(() => {});
    kv("n").get("k" + i).catch(() => {});
  }
  ${end}`;

const withTable = (body) =>
  withDatabase(async (opened) => {
    await opened.DB.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v)");
    return body(opened);
  });

test("a process may end while work is under way", () =>
  withTable(async ({ DB, path }) => {
    for (const end of ["process.exit(7);", "setTimeout(() => process.exit(7), 3);", "setTimeout(() => { throw 1; }, 2);"]) {
      const { status, signal } = spawnSync(process.execPath, ["--input-type=module", "-e", busy(path, end)]);
      assert.deepEqual([status, signal], [end.includes("throw") ? 1 : 7, null], end);
    }
    assert.equal((await DB.prepare("PRAGMA quick_check").first()).quick_check, "ok");
  }));

test("a process that does not close ends by itself", () =>
  withTable(async ({ DB, path }) => {
    const { status, signal, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", busy(path, "")]);
    assert.deepEqual([status, signal, String(stderr)], [0, null, ""]);
    assert.equal(await DB.prepare("SELECT count(*) AS n FROM t").first("n"), 200);
  }));

test("workers use one database side by side, and may be stopped", () =>
  withTable(async ({ DB, path }) => {
    const work = (end) => new Worker(new URL(`data:text/javascript,${encodeURIComponent(busy(path, end))}`));
    const ends = await Promise.all(
      [1, 2, 3].map((i) => {
        const worker = work(i === 3 ? "setInterval(() => {}, 1000);" : "");
        if (i === 3) worker.once("online", () => setTimeout(() => worker.terminate(), 60));
        return new Promise((resolve) => worker.once("exit", resolve));
      }),
    );
    assert.deepEqual(ends, [0, 0, 1]);
    const n = await DB.prepare("SELECT count(*) AS n FROM t").first("n");
    assert.ok(n >= 400 && n <= 600, String(n));
  }));
