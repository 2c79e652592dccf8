// What tern has beyond D1's interface, as the property `tern` of a database: calls that return at once, values without
// a loss, policies, and what the engine tells of itself.
//
// A synchronous call whose answer is not hot reads SQLite on the event loop's thread, as better-sqlite3 does: for hot
// data, scripts, and get_or_compute's functions. Values: integers beyond 2^53 are bigint, blobs Uint8Array; as
// parameters, numbers without a fraction and bigints are INTEGER, all others REAL.
import { growResult, native, result } from "./native.mjs";
import { encodeText, exactValues, Names, pack, packShared, Rows } from "./packing.mjs";

const headBytes = 24;
const keptStatements = 1024;
const sources = { 1: "hot", 2: "store", 3: "sql", 4: "computed" };
const reasons = { 1: "revalidating", 2: "error" };
const policyFlags = { noTtlJitter: 1, noNegativeCaching: 2, admitSecondTime: 4, pin: 8 };

function exact(value) {
  switch (typeof value) {
    case "number":
      // -0 has no place among the integers.
      return Number.isSafeInteger(value) && !Object.is(value, -0) ? BigInt(value) : value;
    case "boolean":
      return value ? 1n : 0n;
    case "undefined":
      return null;
    case "object":
      if (value === null || value instanceof Uint8Array) return value;
      if (value instanceof ArrayBuffer) return new Uint8Array(value);
      if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
      break;
    case "string":
    case "bigint":
      return value;
  }
  throw new TypeError(`tern: a ${typeof value} cannot be a parameter; give null, a number, bigint, string or bytes`);
}

// How explain() hands a value to the addon.
function typed(value) {
  const given = exact(value);
  if (given === null) return [0, null];
  if (typeof given === "bigint") return [1, given];
  if (typeof given === "number") return [2, given];
  return typeof given === "string" ? [3, encodeText(given)] : [4, Buffer.from(given)];
}

function nativePolicy(policy) {
  if (policy === undefined) return undefined;
  let flags = 0;
  for (const [name, flag] of Object.entries(policyFlags)) if (policy[name]) flags |= flag;
  return { ...policy, flags };
}

const collected = new FinalizationRegistry((id) => native.release(id));

// A statement that reads, with synchronous calls; it is good until the database closes.
class NativeStatement {
  #id;
  #parameters;
  #names = new Names();
  // Of the last call on this statement.
  source = null;
  stale = null;

  constructor([id, parameters]) {
    this.#id = id;
    this.#parameters = parameters;
    collected.register(this, id);
  }

  first(...values) {
    const rows = this.#rows(values);
    return rows.count === 0 ? null : rows.object(0);
  }
  all(...values) {
    return this.#rows(values).objects();
  }
  raw(...values) {
    return this.#rows(values).arrays();
  }

  #rows(values) {
    for (let i = 0; i < values.length; ++i) values[i] = exact(values[i]);
    const length = values.length === this.#parameters ? packShared(values) : -1;
    let size = length < 0 ? 0 : native.hot(this.#id, length, 2);
    if (size < 0) {
      growResult(-size);
      size = native.hot(this.#id, length, 2);
    }
    if (size > 0) {
      this.source = "hot";
      this.stale = null;
      return new Rows(result, headBytes, this.#names, exactValues);
    }
    const [body, source, stale, ageMs] = native.queryNow(this.#id, pack(values), 0);
    this.source = sources[source];
    this.stale = stale === 0 ? null : { reason: reasons[stale], ageMs };
    return new Rows(body, 0, this.#names, exactValues);
  }
}

export class Extras {
  #engine;
  #statements = new Map();

  constructor(engine) {
    this.#engine = engine;
  }

  // A statement that reads. `policy`: ttlMs, staleWhileRevalidateMs, staleIfErrorMs, refreshAheadMs, tags, pin, …
  prepare(sql, policy) {
    return new NativeStatement(native.prepareNow(this.#engine.id, sql, nativePolicy(policy)));
  }

  first(sql, ...values) {
    return this.#kept(sql).first(...values);
  }
  all(sql, ...values) {
    return this.#kept(sql).all(...values);
  }

  // Which tier answers it now: "hot", "store" or "sql". Asking fills the tiers.
  source(sql, ...values) {
    const statement = this.#kept(sql);
    statement.raw(...values);
    return statement.source;
  }

  async explain(sql, ...values) {
    return JSON.parse(await native.explain(this.#engine.id, sql, values.map(typed)));
  }

  stats() {
    return JSON.parse(native.stats(this.#engine.id));
  }

  // The value of a key: bytes or text that `compute` makes by synchronous calls of these extras, kept until a row that
  // it read is changed, by anybody. It may not return a promise.
  getOrCompute(key, compute, { ttlMs = 0 } = {}) {
    let text = false;
    const bytes = () => {
      const value = compute();
      text = typeof value === "string";
      if (text) return Buffer.concat([Buffer.from([1]), encodeText(value)]);
      if (!ArrayBuffer.isView(value)) throw new TypeError("tern: getOrCompute() keeps a string or bytes");
      return Buffer.concat([Buffer.from([0]), Buffer.from(value.buffer, value.byteOffset, value.byteLength)]);
    };
    const [kept, source, why] = native.compute(this.#engine.id, encodeText(key), bytes, ttlMs);
    const value = kept[0] === 1 ? kept.utf8Slice(1) : new Uint8Array(kept.subarray(1));
    return { value, source: sources[source], whyNotCached: why };
  }

  invalidateTag(tag) {
    native.invalidate(this.#engine.id, "tag", tag);
  }
  invalidateTable(table) {
    native.invalidate(this.#engine.id, "table", table);
  }
  invalidateAll() {
    native.invalidate(this.#engine.id, "all", "");
  }

  #kept(sql) {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    if (this.#statements.size >= keptStatements) this.#statements.clear();
    const statement = this.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }
}
