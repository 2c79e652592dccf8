// One peer in Node. usage: node peer.mjs better-sqlite3|lmdb-js DATABASE KEYS DRAWS FOLDER
// Prints "ready VERSION"; then, for each line with a number on standard input, does so many reads and prints
// "READS FOUND NANOSECONDS". What cannot be had is a line that says why.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

const [kind, database, keysFile, drawsFile, folder] = process.argv.slice(2);
const keyBytes = 16;
const keyText = readFileSync(keysFile, "latin1");
const keys = Array.from({ length: keyText.length / keyBytes }, (_, i) =>
  keyText.slice(i * keyBytes, (i + 1) * keyBytes));
const drawBytes = readFileSync(drawsFile);
const draws = new Uint32Array(drawBytes.buffer, drawBytes.byteOffset, drawBytes.length / 4);
// Read as a file: not every package shows its package.json to require().
const versionOf = (name) =>
  JSON.parse(readFileSync(new URL(`node_modules/${name}/package.json`, import.meta.url), "utf8")).version;

async function openBetterSqlite3() {
  const { default: Database } = await import("better-sqlite3");
  const db = new Database(database, { readonly: true });
  const select = db.prepare("SELECT v FROM records WHERE k = ?");
  return { version: versionOf("better-sqlite3"), get: (key) => select.get(key) };
}

// The same keys with values of the same size; what stands in them is not looked at.
async function openLmdb() {
  const { open } = await import("lmdb");
  const db = open({ path: folder, encoding: "binary", noSync: true });
  const value = Buffer.alloc(200, "x");
  for (let i = 0; i < keys.length; i += 1000) {
    await db.batch(() => keys.slice(i, i + 1000).forEach((key) => db.put(key, value)));
  }
  await db.flushed;
  return { version: versionOf("lmdb"), get: (key) => db.getBinary(key) };
}

let peer;
try {
  peer = await (kind === "lmdb-js" ? openLmdb() : openBetterSqlite3());
} catch (error) {
  console.log(`absent: ${String(error.message).split("\n")[0]}`);
  process.exit(0);
}
console.log(`ready ${peer.version}`);

let at = 0;
for await (const line of createInterface({ input: process.stdin })) {
  const reads = Number(line);
  let found = 0;
  const start = process.hrtime.bigint();
  for (let i = 0; i < reads; ++i) {
    if (peer.get(keys[draws[at]]) !== undefined) ++found;
    if (++at === draws.length) at = 0;
  }
  console.log(`${reads} ${found} ${process.hrtime.bigint() - start}`);
}
