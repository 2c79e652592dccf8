// Workers KV's interface: what its callers rely on. The recorded behaviour is checked by the conformance test.
import assert from "node:assert/strict";
import { test } from "node:test";
import { withDatabase } from "./temporary.mjs";

const withKv = (body) => withDatabase((opened) => body(opened.kv("test"), opened));

test("a value is there as soon as its put was acknowledged, in every form", () =>
  withKv(async (kv) => {
    for (let i = 0; i < 30; ++i) {
      await kv.put("k", `{"n":${i}}`, { metadata: { i } });
      assert.equal(await kv.get("k"), `{"n":${i}}`);
      assert.deepEqual(await kv.get("k", "json"), { n: i });
      assert.deepEqual(await kv.getWithMetadata("k", "json"), { value: { n: i }, metadata: { i }, cacheStatus: null });
    }
    assert.deepEqual(new Uint8Array(await kv.get("k", "arrayBuffer")), new Uint8Array(Buffer.from('{"n":29}')));
    assert.equal(await new Response(await kv.get("k", "stream")).text(), '{"n":29}');
    await kv.delete("k");
    assert.equal(await kv.get("k"), null);
  }));

test("namespaces know nothing of each other", () =>
  withKv(async (kv, opened) => {
    await kv.put("k", "here");
    assert.equal(await opened.kv("other").get("k"), null);
    assert.equal(opened.kv("test"), kv);
  }));

test("values of all sizes come through, from the pool and from memory", () =>
  withKv(async (kv) => {
    for (const size of [0, 1, 24, 25, 4096, 32_768, 65_536, 65_537, 3_000_000]) {
      const value = Buffer.alloc(size, "ab");
      await kv.put("k", value);
      for (let again = 0; again < 3; ++again) {
        assert.ok(Buffer.from(await kv.get("k", "arrayBuffer")).equals(value), `size ${size}`);
      }
    }
  }));

test("what put() was given may be changed as soon as it has returned", () =>
  withKv(async (kv) => {
    const bytes = Buffer.from("before");
    const put = kv.put("k", bytes);
    bytes.fill("x");
    await put;
    assert.equal(await kv.get("k"), "before");
  }));

test("writes that come together keep their order", () =>
  withKv(async (kv) => {
    const writes = [];
    for (let i = 0; i < 500; ++i) {
      const key = `k${i % 7}`;
      writes.push(i % 3 === 2 ? kv.delete(key) : kv.put(key, `v${i}`));
    }
    await Promise.all(writes);
    const left = new Map();
    for (let i = 0; i < 500; ++i) left.set(`k${i % 7}`, i % 3 === 2 ? null : `v${i}`);
    for (const [key, value] of left) assert.equal(await kv.get(key), value, key);
  }));

test("a write that is refused takes no other with it", () =>
  withKv(async (kv) => {
    const outcomes = await Promise.allSettled([
      kv.put("a", "1"),
      kv.put("b", "2", { expirationTtl: 5 }),
      kv.put("c", {}),
      kv.put("d", "4"),
    ]);
    assert.deepEqual(outcomes.map(({ status }) => status), ["fulfilled", "rejected", "rejected", "fulfilled"]);
    assert.deepEqual(await kv.get(["a", "b", "c", "d"]), new Map([["a", "1"], ["b", null], ["c", null], ["d", "4"]]));
  }));

test("pages of a listing lead to all keys, each once", () =>
  withKv(async (kv) => {
    const names = Array.from({ length: 57 }, (_, i) => `p/${String(i).padStart(3, "0")}`);
    await Promise.all([...names.map((name) => kv.put(name, "")), kv.put("q", "")]);
    const met = [];
    let cursor;
    for (;;) {
      const page = await kv.list({ prefix: "p/", limit: 10, cursor });
      met.push(...page.keys.map(({ name }) => name));
      if (page.list_complete) break;
      ({ cursor } = page);
    }
    assert.deepEqual(met, names);
  }));

test("a key whose value is lost to integers in objects elsewhere is given out", () =>
  withKv(async (kv) => {
    await kv.put("10", "ten");
    assert.deepEqual(await kv.get(["10", "a"]), new Map([["10", "ten"], ["a", null]]));
  }));

test("the native calls tell what memory knows", () =>
  withKv(async (kv) => {
    assert.equal(kv.tern.getHot("k"), undefined);
    await kv.put("k", "value");
    assert.equal(await kv.get("k"), "value");
    assert.equal(kv.tern.getHot("k"), "value");
    assert.equal(await kv.tern.source("k"), "hot");
    assert.equal(await kv.get("none"), null);
    assert.equal(kv.tern.getHot("none"), null);
    assert.equal(await kv.tern.source("none"), null);
  }));
