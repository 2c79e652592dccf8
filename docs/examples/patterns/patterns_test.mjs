// Every pattern runs on tern, and does what it says; where one has a hole, it is shown.
//
// The modules are TypeScript; PATTERNS names the folder into which tsc has compiled them (see CMakeLists.txt).
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { withDatabase } from "../../../engine/bindings/node/test/temporary.mjs";

const pattern = (name) => import(pathToFileURL(`${process.env.PATTERNS}/${name}.js`));
const { seed } = await pattern("env");

const withEnv = (body, rows = 10) =>
  withDatabase(async ({ DB, kv }) => {
    const env = { DB, CACHE: kv("cache") };
    await seed(env, rows);
    return body(env);
  });

// Serves a Worker's handler by node:http.
async function serving(handler, body) {
  const server = createServer(async (request, response) => {
    const answer = await handler(new Request(new URL(request.url, "http://local/"), { headers: request.headers }));
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  try {
    return await body(`http://127.0.0.1:${server.address().port}`);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test("distributed read: answers may be kept for 300 seconds, or are asked for again by their version", () =>
  withEnv(async (env) => {
    const { handle, handleFresh } = await pattern("distributed_read");
    await serving((request) => handle(request, env), async (at) => {
      const answer = await fetch(`${at}/?id=p3`);
      assert.equal(answer.headers.get("cache-control"), "max-age=300");
      assert.equal((await answer.json()).id, "p3");
      assert.equal((await fetch(`${at}/?id=none`)).status, 404);
      assert.equal((await fetch(at)).status, 400);
    });
    await serving((request) => handleFresh(request, env), async (at) => {
      const etag = (await fetch(`${at}/?id=p3`)).headers.get("etag");
      const again = () => fetch(`${at}/?id=p3`, { headers: { "If-None-Match": etag } });
      assert.equal((await again()).status, 304);
      await env.DB.prepare("UPDATE properties SET version = version + 1 WHERE id = 'p3'").run();
      assert.equal((await again()).status, 200);
    });
  }));

test("event-driven sync: an event counts once, and an old one not at all", () =>
  withEnv(async (env) => {
    const { apply } = await pattern("event_sync");
    const event = (version, price) => ({ id: "p1", region: "US-NM", info: { price }, version });
    assert.equal(await apply(event(5, 500), env), true);
    assert.equal(await apply(event(5, 500), env), false);
    assert.equal(await apply(event(4, 400), env), false);
    assert.equal(await apply({ ...event(1, 1), id: "new" }, env), true);
    const info = await env.DB.prepare("SELECT basic_info FROM properties WHERE id = 'p1'").first("basic_info");
    assert.deepEqual(JSON.parse(info), { price: 500 });
  }));

test("hybrid cache: KV in front of D1 can keep an old row; the database alone cannot", () =>
  withEnv(async (env) => {
    const { getProperty, updateProperty, getPropertyFresh, updatePropertyFresh } = await pattern("hybrid_cache");
    await getProperty("p1", env);
    await updateProperty("p1", { price: 1 }, env);
    assert.equal((await getProperty("p1", env)).basic_info, '{"price":1}');
    // The hole: a write between a reader's look into D1 and its put.
    await getProperty("p2", env, () => updateProperty("p2", { price: 2 }, env));
    assert.notEqual((await getProperty("p2", env)).basic_info, '{"price":2}');
    for (let price = 0; price < 20; ++price) {
      await updatePropertyFresh("p2", { price }, env);
      assert.equal((await getPropertyFresh("p2", env)).basic_info, `{"price":${price}}`);
    }
  }));

test("edge data model: a change to the long text voids no list", () =>
  withEnv(async (env) => {
    const { model, add, list, details, remove } = await pattern("edge_model");
    await env.DB.exec(model);
    await add("a", "US-NM", { beds: 2 }, "long", env);
    await add("b", "US-NM", { beds: 3 }, "longer", env);
    const inList = () => env.DB.tern.source("SELECT id, basic_info FROM listings WHERE region = ? ORDER BY id LIMIT 50", "US-NM");
    assert.deepEqual((await list("US-NM", env)).map(({ id }) => id), ["a", "b"]);
    inList();
    await env.DB.prepare("UPDATE listing_details SET detailed_info = 'new' WHERE id = 'a'").run();
    assert.equal(inList(), "hot");
    assert.equal(await details("a", env), "new");
    await remove("a", env);
    assert.equal(await details("a", env), null);
    await assert.rejects(add("b", "US-NM", {}, "twice", env), /UNIQUE/);
  }));

test("optimized queries: pages go on behind the last key, many ids are one statement", () =>
  withEnv(async (env) => {
    const { page, many } = await pattern("queries");
    const met = [];
    for (let after = ""; ; ) {
      const ids = await page("US-NM", after, env);
      if (ids.length === 0) break;
      met.push(...ids);
      after = ids[ids.length - 1];
    }
    assert.equal(met.length, 50);
    assert.equal(new Set(met).size, 50);
    assert.deepEqual([...(await many(["p1", "p7", "none"], env)).keys()].sort(), ["p1", "p7"]);
    const plan = await env.DB.prepare("EXPLAIN QUERY PLAN SELECT id FROM properties WHERE region = ? AND id > ? ORDER BY id LIMIT 20").bind("a", "b").all();
    assert.match(plan.results[0].detail, /COVERING INDEX properties_by_region/);
  }, 100));

test("retry: what may pass is tried again with longer pauses, what cannot is not", async () => {
  const { withRetries } = await pattern("retry");
  const slept = [];
  const retries = { attempts: 3, firstDelayMs: 10, sleep: async (ms) => slept.push(ms) };
  let calls = 0;
  const failing = (message, times) => async () => {
    if (calls++ < times) throw new Error(message);
    return "done";
  };
  assert.equal(await withRetries(failing("D1_ERROR: database is locked: SQLITE_BUSY", 2), async () => "old", retries), "done");
  assert.equal(slept.length, 2);
  assert.ok(slept[0] >= 5 && slept[0] <= 10 && slept[1] >= 10 && slept[1] <= 20);
  calls = 0;
  assert.equal(await withRetries(failing("network lost", 9), async () => "old", retries), "old");
  assert.equal(calls, 3);
  calls = 0;
  await assert.rejects(withRetries(failing("UNIQUE constraint failed", 9), async () => "old", retries), /UNIQUE/);
  assert.equal(calls, 1);
});

test("multi-tenant access: a bound tenant sees its own rows; a pasted one can be made to see all", () =>
  withEnv(async (env) => {
    const { Tenant, countPasted } = await pattern("tenants");
    const tenant = new Tenant(env, "US-NM");
    assert.equal(await tenant.count(), 5);
    assert.equal((await tenant.get("p1")).id, "p1");
    assert.equal(await tenant.get("p2"), null);
    assert.equal(await countPasted("US-NM", env), 5);
    assert.equal(await countPasted("x' OR '1' = '1", env), 10);
    assert.throws(() => new Tenant(env, "x' OR '1' = '1"), RangeError);
  }));

test("external sync: batches of 100, and after a failure it goes on where it was", () =>
  withEnv(async (env) => {
    const { sync, syncSchema, reached } = await pattern("external_sync");
    await env.DB.exec(syncSchema);
    const rows = Array.from({ length: 250 }, (_, i) => ({ id: `x${i}`, region: "US-AZ", info: { i }, version: 1 }));
    let asked = 0;
    const fetchRows = async (from, count) => {
      if (++asked === 3) throw new Error("the other side is down");
      return rows.slice(from, from + count);
    };
    await assert.rejects(sync("mls", fetchRows, env), /down/);
    assert.equal(await reached("mls", env), 200);
    assert.equal(await sync("mls", fetchRows, env), 50);
    const n = await env.DB.prepare("SELECT count(*) AS n FROM properties WHERE region = 'US-AZ'").first("n");
    assert.equal(n, 250);
  }));

test("metrics: calls, rows and failures are counted, and answers are what they were", () =>
  withEnv(async (env) => {
    const { measured } = await pattern("metrics");
    const metrics = { calls: 0, failures: 0, rows: 0, ms: 0 };
    const db = measured(env.DB, metrics);
    assert.equal((await db.prepare("SELECT * FROM properties WHERE region = ?").bind("US-NM").all()).results.length, 5);
    assert.equal(await db.prepare("SELECT count(*) AS n FROM properties").first("n"), 10);
    await assert.rejects(db.prepare("SELECT * FROM nothing_there").all(), /no such table/);
    assert.deepEqual({ ...metrics, ms: metrics.ms > 0 }, { calls: 3, failures: 1, rows: 5, ms: true });
  }));

test("migrations: each once, all of it or nothing", () =>
  withEnv(async (env) => {
    const { migrate, applied } = await pattern("migrations");
    const first = { name: "1", statements: ["CREATE TABLE a (x)", "INSERT INTO a VALUES (1)"] };
    const broken = { name: "2", statements: ["CREATE TABLE b (x)", "INSERT INTO nowhere VALUES (1)"] };
    assert.deepEqual(await migrate([first], env), ["1"]);
    assert.deepEqual(await migrate([first], env), []);
    await assert.rejects(migrate([first, broken], env), /no such table: nowhere/);
    assert.deepEqual(await applied(env), ["1"]);
    assert.equal(await env.DB.prepare("SELECT count(*) AS n FROM sqlite_master WHERE name = 'b'").first("n"), 0);
    const mended = { name: "2", statements: ["CREATE TABLE b (x)"] };
    const both = await Promise.all([migrate([first, mended], env), migrate([first, mended], env)]);
    assert.deepEqual(both.flat(), ["2"]);
  }));

test("health: both stores are written and read, and a failure is told", () =>
  withEnv(async (env) => {
    const { health } = await pattern("health");
    assert.deepEqual((await health(env)).map(({ name, healthy }) => [name, healthy]), [["database", true], ["keys", true]]);
    const broken = { DB: env.DB, CACHE: { put: () => new Promise(() => {}) } };
    const [database, keys] = await health(broken, 50);
    assert.ok(database.healthy);
    assert.match(keys.error, /no answer within 50 ms/);
  }));
