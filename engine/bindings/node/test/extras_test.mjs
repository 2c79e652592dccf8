// What tern has beyond D1's interface.
import assert from "node:assert/strict";
import { test } from "node:test";
import { withDatabase } from "./temporary.mjs";

const seeded = (body, options) =>
  withDatabase(async (opened) => {
    await opened.DB.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)");
    await opened.DB.exec("INSERT INTO t VALUES (1, 'ann'), (2, 'bob')");
    return body(opened);
  }, options);

test("synchronous calls give rows, and say which tier they came from", () =>
  seeded(async ({ DB }) => {
    const byId = DB.tern.prepare("SELECT * FROM t WHERE id = ?");
    assert.equal(byId.source, null);
    assert.deepEqual(byId.first(1), { id: 1, name: "ann" });
    assert.equal(byId.source, "sql");
    assert.deepEqual(byId.first(1), { id: 1, name: "ann" });
    assert.equal(byId.source, "hot");
    assert.deepEqual(byId.first(3), null);
    assert.deepEqual(DB.tern.all("SELECT name FROM t ORDER BY id"), [{ name: "ann" }, { name: "bob" }]);
    assert.deepEqual(DB.tern.prepare("SELECT id, name FROM t ORDER BY id").raw(), [[1, "ann"], [2, "bob"]]);
    assert.equal(DB.tern.source("SELECT * FROM t WHERE id = ?", 1), "hot");
  }));

test("they are for what reads, and take as many values as the statement", () =>
  seeded(async ({ DB }) => {
    assert.throws(() => DB.tern.prepare("DELETE FROM t"), /does not only read/);
    assert.throws(() => DB.tern.first("SELECT * FROM t WHERE id = ?"), /takes 1 parameter/);
    assert.throws(() => DB.tern.first("SELECT ?", {}), /object cannot be a parameter/);
    assert.throws(() => DB.tern.first("SELECT absent"), { sqliteMessage: "no such column: absent", offset: 7 });
  }));

test("explain says why an answer is cached, and what voids it", () =>
  seeded(async ({ DB }) => {
    const cached = await DB.tern.explain("SELECT * FROM t WHERE id = ?", 1);
    assert.equal(cached.cached, true);
    assert.deepEqual(cached.tables, ["t"]);
    const not = await DB.tern.explain("SELECT random()");
    assert.equal(not.cached, false);
    assert.match(not.reason, /random/);
  }));

test("a policy's stale answer says that it is one", () =>
  seeded(async ({ DB }) => {
    const count = DB.tern.prepare("SELECT count(*) AS n FROM t", { staleWhileRevalidateMs: 60_000, tags: ["counts"] });
    assert.equal(count.first().n, 2);
    assert.equal(count.first().n, 2);
    await DB.prepare("INSERT INTO t VALUES (3, 'cid')").run();
    assert.equal(count.first().n, 2);
    assert.equal(count.stale.reason, "revalidating");
    DB.tern.invalidateTag("counts");
    assert.equal(count.first().n, 3);
    assert.equal(count.stale, null);
    assert.throws(() => DB.tern.prepare("SELECT 1", { ttlMs: -1 }), /ttl/);
  }));

test("a computed value is kept until what it was made from changes", () =>
  seeded(async ({ DB }) => {
    let runs = 0;
    const page = () =>
      DB.tern.getOrCompute("page 1", () => {
        ++runs;
        return DB.tern.all("SELECT name FROM t ORDER BY id").map(({ name }) => `<li>${name}`).join("");
      });
    assert.deepEqual(page(), { value: "<li>ann<li>bob", source: "computed", whyNotCached: null });
    assert.equal(page().source, "hot");
    assert.equal(runs, 1);
    await DB.prepare("UPDATE t SET name = 'eve' WHERE id = 2").run();
    assert.equal(page().value, "<li>ann<li>eve");
    assert.equal(runs, 2);
    const bytes = DB.tern.getOrCompute("bytes", () => new Uint8Array([0, 255]));
    assert.deepEqual(bytes.value, new Uint8Array([0, 255]));
  }));

test("what the computing function throws comes out, and nothing is kept", () =>
  seeded(async ({ DB }) => {
    const broken = new Error("broken");
    assert.throws(() => DB.tern.getOrCompute("k", () => { throw broken; }), (error) => error === broken);
    assert.throws(() => DB.tern.getOrCompute("k", () => 5), /string or bytes/);
    assert.equal(DB.tern.getOrCompute("k", () => "well").value, "well");
  }));

test("invalidation by hand makes the next read ask SQLite", () =>
  seeded(async ({ DB }) => {
    const sql = "SELECT * FROM t WHERE id = 1";
    for (const invalidate of [() => DB.tern.invalidateTable("t"), () => DB.tern.invalidateAll()]) {
      DB.tern.source(sql);
      assert.equal(DB.tern.source(sql), "hot");
      invalidate();
      assert.equal(DB.tern.source(sql), "sql");
    }
    assert.throws(() => DB.tern.invalidateTable("nope"), /nope/);
  }));

test("without D1's rules SQL may do all that SQLite can", () =>
  seeded(
    async ({ DB }) => {
      assert.match(DB.tern.first("SELECT sqlite_version() AS v").v, /^3\./);
      assert.equal((await DB.prepare(`SELECT ${Array(150).fill("1").join("+")} AS v`).first("v")), 150);
    },
    { rules: "sqlite" },
  ));
