// Values through SQL and back, in D1's way and in the exact one.
import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeText, readText, writeShort } from "../lib/packing.mjs";
import { withDatabase } from "./temporary.mjs";

const integers = [0n, 1n, -1n, 127n, -128n, 128n, 255n, 256n, -129n, 32767n, -32768n, 65536n, 8388607n, -8388609n,
  2147483647n, -2147483648n, 4294967296n, 1099511627775n, -1099511627777n, 281474976710655n, 9007199254740991n,
  9007199254740993n, -9007199254740993n, 9223372036854775807n, -9223372036854775808n];

test("integers of every width come back exactly, or as the nearest number", () =>
  withDatabase(async ({ DB }) => {
    for (const value of integers) {
      const exact = DB.tern.first("SELECT ? AS v", value).v;
      assert.equal(BigInt(exact), value);
      assert.equal(typeof exact, Number.isSafeInteger(Number(value)) ? "number" : "bigint");
      assert.equal(await DB.prepare(`SELECT ${value} AS v`).first("v"), Number(value));
    }
  }));

test("numbers, text and blobs come back as they were", () =>
  withDatabase(async ({ DB }) => {
    const values = [1.5, -0.1, 1e300, 5e-324, "", "a", "a\0b", "é".repeat(30), "日本語 🏠", "x".repeat(47), "x".repeat(49)];
    for (const value of values) {
      assert.equal(DB.tern.first("SELECT ? AS v", value).v, value);
      assert.equal(await DB.prepare("SELECT ? AS v").bind(value).first("v"), value);
    }
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    assert.deepEqual(DB.tern.first("SELECT ? AS v", bytes).v, bytes);
    assert.deepEqual(await DB.prepare("SELECT ? AS v").bind(bytes).first("v"), Array.from(bytes));
    assert.ok(Object.is(DB.tern.first("SELECT ? AS v", -0).v, -0));
  }));

test("many columns and rows need the wide form, and are read the same", () =>
  withDatabase(
    async ({ DB }) => {
      const columns = Array.from({ length: 300 }, (_, i) => `${i} AS c${i}`).join();
      for (let again = 0; again < 2; ++again) {
        const row = DB.tern.first(`SELECT ${columns}`);
        assert.equal(Object.keys(row).length, 300);
        assert.equal(row.c299, 299);
      }
    },
    { rules: "sqlite" },
  ));

test("parameters that fill the shared buffer go another way", () =>
  withDatabase(async ({ DB }) => {
    const statement = DB.prepare("SELECT length(?) AS n");
    for (const size of [10, 60_000, 70_000, 10]) {
      assert.equal(await statement.bind("y".repeat(size)).first("n"), size);
      assert.equal(DB.tern.first("SELECT length(?) AS n", "y".repeat(size)).n, size);
    }
  }));

test("a half of a surrogate pair keeps its three bytes", () => {
  assert.deepEqual([...encodeText("a\ud800b\udc00")], [97, 0xed, 0xa0, 0x80, 98, 0xed, 0xb0, 0x80]);
  assert.deepEqual(encodeText("🏠é"), Buffer.from("🏠é"));
});

test("short ASCII text is written and read in place, and nothing else", () => {
  const to = Buffer.alloc(60);
  assert.equal(writeShort("abc", to, 1), 3);
  assert.equal(readText(to, 1, 4), "abc");
  assert.equal(writeShort("é", to, 0), -1);
  assert.equal(writeShort("x".repeat(49), to, 0), -1);
  assert.equal(writeShort("abc", to, 58), -1);
});
