// D1's interface: what its callers rely on. The recorded behaviour is checked by conformance_test.mjs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { open } from "../lib/index.mjs";
import { withDatabase } from "./temporary.mjs";

const people = async (DB) => {
  await DB.exec("CREATE TABLE people (id INTEGER PRIMARY KEY, name TEXT UNIQUE)");
  await DB.batch(["ann", "bob"].map((name) => DB.prepare("INSERT INTO people (name) VALUES (?)").bind(name)));
};

test("a row that was read twice comes from memory, and is the same", () =>
  withDatabase(async ({ DB }) => {
    await people(DB);
    const byId = DB.prepare("SELECT * FROM people WHERE id = ?").bind(2);
    const first = await byId.first();
    assert.equal(DB.tern.source("SELECT * FROM people WHERE id = ?", 2.0), "sql");
    assert.deepEqual(await byId.first(), first);
    assert.deepEqual(first, { id: 2, name: "bob" });
    assert.ok(DB.tern.stats().hot.hits >= 1);
  }));

test("a read that begins after a write was acknowledged sees it", () =>
  withDatabase(async ({ DB }) => {
    await people(DB);
    const name = DB.prepare("SELECT name FROM people WHERE id = 1");
    const rename = DB.prepare("UPDATE people SET name = ? WHERE id = 1");
    for (let i = 0; i < 50; ++i) {
      await rename.bind(`ann ${i}`).run();
      assert.equal(await name.first("name"), `ann ${i}`);
    }
  }));

test("a commit of another process is seen", () =>
  withDatabase(async ({ DB, path }) => {
    await people(DB);
    const count = DB.prepare("SELECT count(*) AS n FROM people");
    assert.equal(await count.first("n"), 2);
    const { execFileSync } = await import("node:child_process");
    const other = `
      import { open } from ${JSON.stringify(new URL("../lib/index.mjs", import.meta.url).href)};
      const { DB, close } = open(${JSON.stringify(path)});
      await DB.prepare("INSERT INTO people (name) VALUES ('cid')").run();
      await close();`;
    execFileSync(process.execPath, ["--input-type=module", "-e", other]);
    assert.equal(await count.first("n"), 3);
  }));

test("many writes at once share commits, and each fails alone", () =>
  withDatabase(async ({ DB }) => {
    await people(DB);
    const insert = DB.prepare("INSERT INTO people (name) VALUES (?)");
    const outcomes = await Promise.allSettled(
      Array.from({ length: 300 }, (_, i) => insert.bind(i % 3 === 0 ? "ann" : `n${i}`).run()),
    );
    outcomes.forEach(({ status, reason }, i) => {
      assert.equal(status, i % 3 === 0 ? "rejected" : "fulfilled");
      if (reason) assert.match(reason.message, /^D1_ERROR: UNIQUE constraint failed: people.name: SQLITE_CONSTRAINT/);
    });
    assert.equal(await DB.prepare("SELECT count(*) AS n FROM people").first("n"), 2 + 200);
    const ids = outcomes.filter(({ status }) => status === "fulfilled").map(({ value }) => value.meta.last_row_id);
    assert.equal(new Set(ids).size, 200);
  }));

test("a job that rolls the whole transaction back takes no other with it", () =>
  withDatabase(async ({ DB }) => {
    await people(DB);
    const statements = [
      "INSERT INTO people (name) VALUES ('c')",
      "INSERT OR ROLLBACK INTO people (name) VALUES ('d'), ('ann')",
      "INSERT INTO people (name) VALUES ('e')",
    ];
    const outcomes = await Promise.allSettled(statements.map((sql) => DB.prepare(sql).run()));
    assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
    const { results } = await DB.prepare("SELECT name FROM people ORDER BY name").all();
    assert.deepEqual(results.map(({ name }) => name), ["ann", "bob", "c", "e"]);
  }));

test("a deferred foreign key that is broken fails its own job alone", () =>
  withDatabase(async ({ DB }) => {
    await DB.exec("CREATE TABLE p (id INTEGER PRIMARY KEY)");
    await DB.exec("CREATE TABLE k (pid REFERENCES p(id) DEFERRABLE INITIALLY DEFERRED)");
    const outcomes = await Promise.allSettled([
      DB.prepare("INSERT INTO p VALUES (1)").run(),
      DB.prepare("INSERT INTO k VALUES (9)").run(),
      DB.prepare("INSERT INTO p VALUES (2)").run(),
    ]);
    assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "fulfilled"]);
    assert.match(outcomes[1].reason.message, /FOREIGN KEY constraint failed/);
    assert.equal(await DB.prepare("SELECT count(*) AS n FROM p").first("n"), 2);
    assert.equal(await DB.prepare("SELECT count(*) AS n FROM k").first("n"), 0);
  }));

test("a change of the schema changes the columns of SELECT *", () =>
  withDatabase(async ({ DB }) => {
    await people(DB);
    const all = DB.prepare("SELECT * FROM people WHERE id = 1");
    assert.deepEqual(Object.keys(await all.first()), ["id", "name"]);
    await DB.prepare("ALTER TABLE people ADD COLUMN age INTEGER DEFAULT 7").run();
    assert.deepEqual(await all.first(), { id: 1, name: "ann", age: 7 });
    await DB.prepare("ALTER TABLE people RENAME COLUMN age TO years").run();
    assert.deepEqual(await all.first(), { id: 1, name: "ann", years: 7 });
  }));

test("results of all sizes come through", () =>
  withDatabase(async ({ DB }) => {
    await DB.exec("CREATE TABLE v (id INTEGER PRIMARY KEY, t TEXT, b BLOB)");
    for (const size of [0, 1, 23, 24, 25, 255, 65535, 65536, 300_000]) {
      const t = "é".repeat(size);
      await DB.prepare("INSERT OR REPLACE INTO v VALUES (1, ?, ?)").bind(t, new Uint8Array(size).fill(7)).run();
      for (let again = 0; again < 2; ++again) {
        const row = await DB.prepare("SELECT * FROM v").first();
        assert.equal(row.t, t);
        assert.equal(row.b.length, size);
      }
    }
    const many = DB.prepare("WITH RECURSIVE s(i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM s WHERE i < 5000) SELECT i, -i * i AS j FROM s");
    for (let again = 0; again < 2; ++again) {
      const { results } = await many.all();
      assert.deepEqual([results.length, results[4999]], [5000, { i: 5000, j: -25_000_000 }]);
    }
  }));

test("after close() calls are rejected, and say so", async () => {
  await withDatabase(async ({ DB, kv, close }) => {
    await people(DB);
    const statement = DB.prepare("SELECT * FROM people");
    await statement.all();
    await close();
    await assert.rejects(statement.all(), /closed/);
    await assert.rejects(DB.prepare("SELECT 1").all(), /closed/);
    await assert.rejects(DB.batch([statement]), /closed/);
    await assert.rejects(kv("n").get("k"), /closed/);
    assert.throws(() => DB.tern.stats(), /closed/);
  });
});

test("close() waits for what is under way", async () => {
  await withDatabase(async ({ DB, close }) => {
    await people(DB);
    const writes = Promise.all(
      Array.from({ length: 100 }, (_, i) => DB.prepare("INSERT INTO people (name) VALUES (?)").bind(`x${i}`).run()),
    );
    await close();
    assert.equal((await writes).length, 100);
  });
});

test("one file opened twice is one database", () =>
  withDatabase(async ({ DB, path }) => {
    await people(DB);
    const second = open(path);
    assert.equal(await second.DB.prepare("SELECT count(*) AS n FROM people").first("n"), 2);
    await second.close();
    assert.equal(await DB.prepare("SELECT count(*) AS n FROM people").first("n"), 2);
  }));

test("what cannot be opened is an error that names it", () => {
  assert.throws(() => open("/nowhere/at/all.db"), /\/nowhere/);
  assert.throws(() => open("x.db", { synchronous: "often" }), /synchronous is often/);
  assert.throws(() => open("x.db", { hotBytes: -1 }), /hotBytes is -1/);
});

test("more texts than are kept all go on being answered", () =>
  withDatabase(async ({ DB }) => {
    await people(DB);
    const first = DB.prepare("SELECT name, 0 AS n FROM people WHERE id = 1");
    assert.deepEqual(await first.first(), { name: "ann", n: 0 });
    for (let n = 1; n <= 1100; ++n) {
      assert.equal(await DB.prepare(`SELECT ${n} AS n FROM people WHERE id = 1`).first("n"), n);
    }
    for (let again = 0; again < 3; ++again) assert.deepEqual(await first.first(), { name: "ann", n: 0 });
  }));

test("long texts are answered by the tiers too", () =>
  withDatabase(async ({ DB }) => {
    await people(DB);
    const sql = `SELECT name FROM people WHERE id = ? /* ${"x".repeat(5000)} */`;
    const hits = () => DB.tern.stats().hot.hits;
    for (let again = 0; again < 3; ++again) assert.equal(await DB.prepare(sql).bind(1).first("name"), "ann");
    const before = hits();
    assert.equal(await DB.prepare(sql).bind(1).first("name"), "ann");
    assert.ok(hits() > before);
  }));
