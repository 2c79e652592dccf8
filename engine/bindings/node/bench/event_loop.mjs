// How long the event loop stands still while 1,000 synced writes are under way. Usage: node event_loop.mjs [WRITES]
//
// All writes are begun at once, each is acknowledged when it would survive a power loss. Meanwhile a timer asks every
// millisecond how late it is, and hot reads go on. Two hundred writes before warm the program up.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { monitorEventLoopDelay, performance } from "node:perf_hooks";
import { open } from "../lib/index.mjs";

const writes = Number(process.argv[2] ?? 1000);
const folder = mkdtempSync(join(tmpdir(), "tern-event-loop-"));
const { DB, kv, close } = open(join(folder, "test.db"), { synchronous: "full" });
await DB.exec("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)");
await DB.exec("INSERT INTO t VALUES (0, 'hot')");
const names = kv("test");
await names.put("hot", "value");

async function watched(name, begin) {
  let longest = 0;
  let reads = 0;
  let last = performance.now();
  const read = DB.prepare("SELECT v FROM t WHERE id = 0");
  const watching = setInterval(async () => {
    const now = performance.now();
    longest = Math.max(longest, now - last - 1);
    last = now;
    await read.first();
    await names.get("hot");
    ++reads;
  }, 1);
  await Promise.all(Array.from({ length: 200 }, (_, i) => begin(i)));
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await new Promise((resolve) => setTimeout(resolve, 50));
  last = performance.now();
  longest = 0;
  const began = performance.now();
  await Promise.all(Array.from({ length: writes }, (_, i) => begin(i)));
  const took = performance.now() - began;
  clearInterval(watching);
  delay.disable();
  console.log(
    `${name}: ${writes} in ${took.toFixed(0)} ms; longest pause ${longest.toFixed(1)} ms, ` +
      `p99 of the loop's delay ${(delay.percentile(99) / 1e6).toFixed(1)} ms, ${reads} rounds of hot reads meanwhile`,
  );
}

const insert = DB.prepare("INSERT INTO t (v) VALUES (?)");
await watched("D1 run()", (i) => insert.bind(`value ${i}`).run());
await watched("D1 run(), one after the other", (() => {
  let before = Promise.resolve();
  return (i) => (before = before.then(() => insert.bind(`value ${i}`).run()));
})());
await watched("KV put()", (i) => names.put(`k${i}`, "value"));
await close();
rmSync(folder, { recursive: true });
