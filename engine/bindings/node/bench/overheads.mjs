// What one read costs in Node, by key, when it is hot: tern's native call and its D1 and KV interfaces, beside
// better-sqlite3, lmdb-js and miniflare's D1 and KV. Usage: node overheads.mjs [ROUNDS]
//
// A table of 10,000 rows (16-byte TEXT keys, 200-byte values), the same keys and values in each KV store; keys drawn
// evenly from 1,000 of them, so that all are hot. In turns, ROUNDS times (100), each round a millisecond or two, and the
// best of each counts: what else the machine does is kept out of it. Peers that are not installed are left out:
// bench/peers/node/install.sh, install.sh here.
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { open } from "../lib/index.mjs";

const rounds = Number(process.argv[2] ?? 100);
const rows = 10_000;
const hotKeys = 1_000;
const keys = Array.from({ length: rows }, (_, i) => `key-${String(i).padStart(12, "0")}`);
const value = "v".repeat(200);
const draws = Array.from({ length: 4096 }, (_, i) => keys[(i * 7919) % hotKeys]);
const sql = "SELECT v FROM records WHERE k = ?";

const here = fileURLToPath(new URL(".", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tern-overheads-"));

function installed(script) {
  try {
    return execFileSync(script, { encoding: "utf8" }).trim();
  } catch (error) {
    console.error(String(error.stderr ?? error));
    return null;
  }
}

const modules = (at) => (at === null ? null : createRequire(pathToFileURL(join(at, "package.json"))));

// Of each: reads in a round, and a function that does so many.
const measured = new Map();
const closing = [];

function syncly(name, reads, read) {
  measured.set(name, {
    reads,
    run(count) {
      for (let i = 0; i < count; ++i) if (!read(draws[i & 4095])) throw new Error(`${name} found nothing`);
    },
  });
}

function awaited(name, reads, read) {
  measured.set(name, {
    reads,
    async run(count) {
      for (let i = 0; i < count; ++i) if (!(await read(draws[i & 4095]))) throw new Error(`${name} found nothing`);
    },
  });
}

async function addTern() {
  const { DB, kv, close } = open(join(folder, "tern.db"));
  const names = kv("bench");
  await DB.exec("CREATE TABLE records (k TEXT PRIMARY KEY, v TEXT)");
  for (let i = 0; i < rows; i += 1000) {
    await DB.batch(keys.slice(i, i + 1000).map((key) => DB.prepare("INSERT INTO records VALUES (?, ?)").bind(key, value)));
    await Promise.all(keys.slice(i, i + 1000).map((key) => names.put(key, value)));
  }
  const native = DB.tern.prepare(sql);
  const statement = DB.prepare(sql);
  syncly("tern, native call", 5_000, (key) => native.first(key));
  awaited("tern, D1: await prepare().bind().first()", 3_000, (key) => DB.prepare(sql).bind(key).first());
  awaited("tern, D1: await bind().first()", 3_000, (key) => statement.bind(key).first());
  await Promise.all(keys.slice(0, hotKeys).map((key) => names.get(key)));
  syncly("tern, KV: native call", 5_000, (key) => names.tern.getHot(key));
  awaited("tern, KV: await get()", 3_000, (key) => names.get(key));
  closing.push(close);
}

function addSqliteAndLmdb() {
  const require = modules(installed(join(here, "../../../../bench/peers/node/install.sh")));
  if (require === null) return;
  const Database = require("better-sqlite3");
  const db = new Database(join(folder, "better.db"));
  db.pragma("journal_mode = WAL");
  db.exec("CREATE TABLE records (k TEXT PRIMARY KEY, v TEXT)");
  const insert = db.prepare("INSERT INTO records VALUES (?, ?)");
  db.transaction(() => keys.forEach((key) => insert.run(key, value)))();
  const select = db.prepare(sql);
  syncly("better-sqlite3: get()", 1_000, (key) => select.get(key));
  const { open: openLmdb } = require("lmdb");
  const lmdb = openLmdb({ path: join(folder, "lmdb"), encoding: "string" });
  lmdb.transactionSync(() => keys.forEach((key) => lmdb.putSync(key, value)));
  syncly("lmdb-js: get()", 3_000, (key) => lmdb.get(key));
  closing.push(() => lmdb.close(), () => db.close());
}

async function addMiniflare() {
  const require = modules(installed(join(here, "install.sh")));
  if (require === null) return;
  const { Miniflare, Log, LogLevel } = require("miniflare");
  // Inside a worker, as its programs use it: one request does all the reads.
  const script = `
    export default {
      async fetch(request, { DB, KV }) {
        const { what, keys, count, value } = await request.json();
        if (what === "fill") {
          await DB.exec("CREATE TABLE IF NOT EXISTS records (k TEXT PRIMARY KEY, v TEXT)");
          await DB.batch(keys.map((key) => DB.prepare("INSERT INTO records VALUES (?, ?)").bind(key, value)));
          for (const key of keys) await KV.put(key, value);
          return new Response("filled");
        }
        const statement = DB.prepare("${sql}");
        for (let i = 0; i < count; ++i) {
          const key = keys[i % keys.length];
          if (!(what === "D1" ? await statement.bind(key).first() : await KV.get(key))) throw new Error("nothing");
        }
        return new Response("read");
      },
    };`;
  const mf = new Miniflare({ modules: true, script, d1Databases: ["DB"], kvNamespaces: ["KV"], log: new Log(LogLevel.NONE) });
  const ask = async (body) => {
    const response = await mf.dispatchFetch("http://bench/", { method: "POST", body: JSON.stringify(body) });
    if (response.status !== 200) throw new Error(await response.text());
  };
  await ask({ what: "fill", keys: keys.slice(0, 100), value });
  for (const what of ["D1", "KV"]) {
    const name = what === "D1" ? "miniflare, D1: await bind().first()" : "miniflare, KV: await get()";
    measured.set(name, { reads: 20, run: (count) => ask({ what, keys: keys.slice(0, 100), count }) });
  }
  closing.push(() => mf.dispose());
}

await addTern();
addSqliteAndLmdb();
await addMiniflare();

const best = new Map();
for (let round = 0; round <= rounds; ++round) {
  for (const [name, { reads, run }] of measured) {
    const began = process.hrtime.bigint();
    await run(reads);
    const ns = Number(process.hrtime.bigint() - began) / reads;
    // The first round warms up.
    if (round > 0) best.set(name, Math.min(best.get(name) ?? Infinity, ns));
  }
}
for (const [name, ns] of best) console.log(`${name.padEnd(44)} ${ns.toFixed(0).padStart(9)} ns`);
for (const close of closing) await close();
if (existsSync(folder)) rmSync(folder, { recursive: true });
