// tern-db: open a database, and use it as Cloudflare D1 and Workers KV.
//
//   const { DB, kv, close } = open("listings.db");
//   await DB.prepare("SELECT * FROM places WHERE id = ?").bind("p-17").first();
//   await kv("sessions").put("s1", "…", { expirationTtl: 3600 });
import { D1Database } from "./d1.mjs";
import { Engine } from "./engine.mjs";
import { Extras } from "./extras.mjs";
import { KVNamespace } from "./kv.mjs";
import { native } from "./native.mjs";

const flagsOf = {
  existing: 1 << 0,
  synchronousFull: 1 << 1,
  cacheOff: 1 << 2,
  hotOff: 1 << 3,
  storeOff: 1 << 4,
  convertToWal: 1 << 5,
  acceptUnsafeSqlite: 1 << 6,
  d1Rules: 1 << 10,
};

const numbers = [
  "hotBytes", "storeBytes", "maxEntryBytes", "maxLogBytes", "kvMapBytes", "busyTimeoutMs", "maxReadConnections",
  "pageCacheKib", "checkpointFrames",
];

function nativeOptions(options) {
  const { existing, synchronous, cache, hot, store, convertToWal, acceptUnsafeSqlite, rules } = options;
  if (synchronous !== undefined && synchronous !== "normal" && synchronous !== "full") {
    throw new TypeError(`tern: synchronous is ${synchronous}; it must be "normal" or "full"`);
  }
  if (rules !== undefined && rules !== "d1" && rules !== "sqlite") {
    throw new TypeError(`tern: rules is ${rules}; it must be "d1" or "sqlite"`);
  }
  const wanted = {
    existing,
    synchronousFull: synchronous === "full",
    cacheOff: cache === false,
    hotOff: hot === false,
    storeOff: store === false,
    convertToWal,
    acceptUnsafeSqlite,
    d1Rules: rules !== "sqlite",
  };
  let flags = 0;
  for (const [name, flag] of Object.entries(flagsOf)) if (wanted[name]) flags |= flag;
  const given = { flags };
  for (const name of numbers) {
    const value = options[name];
    if (value === undefined) continue;
    if (!Number.isSafeInteger(value) || value < 0) {
      throw new TypeError(`tern: ${name} is ${value}; it must be a whole number from 0 on`);
    }
    given[name] = value;
  }
  return given;
}

export const version = native.version();

export function open(path, options = {}) {
  const engine = new Engine(native.open(String(path), nativeOptions(options)), options.rules !== "sqlite");
  const namespaces = new Map();
  const DB = new D1Database(engine, new Extras(engine));
  return {
    DB,
    kv(name) {
      const known = namespaces.get(name);
      if (known !== undefined) return known;
      const opened = new KVNamespace(engine, String(name));
      namespaces.set(name, opened);
      return opened;
    },
    async close() {
      await Promise.all([...namespaces.values()].map((opened) => KVNamespace.settled(opened)));
      await engine.close();
    },
  };
}
