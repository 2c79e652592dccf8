// Cloudflare Workers KV's interface on tern: KVNamespace, with KV's conversions, limits and errors. docs/d1.md says
// what is the same, what differs, and why.
import { info, native, params, result } from "./native.mjs";
import { encodeText, isWellFormed, readText, writeShort } from "./packing.mjs";
import {
  acceptedValue, bytesOfStream, checkCacheTtl, checkedKey, checkedSize, demandOptions, keyBytes, kvError, maxima,
  putOptions, readOptions,
} from "./kv_checks.mjs";

// The bounds of Workers KV are checked here, since they come with its own words, and its seconds are whole ones.
const nativeLimits = 0; // TERN_KV_NATIVE
const writesAtOnce = 128;
const sources = { 1: "hot", 2: "store" };

// A value's bytes in the form that was asked for.
function asType(bytes, begin, end, type) {
  switch (type) {
    case undefined:
    case "text":
      return readText(bytes, begin, end);
    case "json":
      return JSON.parse(readText(bytes, begin, end));
    case "arrayBuffer":
      return Uint8Array.prototype.slice.call(bytes, begin, end).buffer;
    case "stream": {
      const copy = Uint8Array.prototype.slice.call(bytes, begin, end);
      return new ReadableStream({
        type: "bytes",
        start(controller) {
          if (copy.length > 0) controller.enqueue(copy);
          controller.close();
        },
      });
    }
    default:
      throw new TypeError(
        'Unknown response type. Possible types are "text", "arrayBuffer", "json", and "stream".',
      );
  }
}

const metadataOf = (json) => (json === null ? null : JSON.parse(json));

export class KVNamespace {
  #engine;
  #name;
  #id = -1;
  #opening = null;
  #waiting = [];
  #writing = null;

  constructor(engine, name) {
    this.#engine = engine;
    this.#name = name;
    // What KV does not have; docs/d1.md, "Beyond D1".
    this.tern = {
      // The value as text, at once: null where there is no such key, undefined where memory does not know, and get()
      // has to be asked.
      getHot: (key) => {
        const size = this.#hot(String(key), 0);
        if (size === -2) return null;
        return size < 0 ? undefined : readText(result, 0, size);
      },
      // Which tier has it now: "hot", "store", or null where there is no such key.
      source: async (key) => {
        const name = checkedKey("GET", key);
        if (this.#hot(name, 1) >= 0) return sources[info.readUInt32LE(4)];
        const found = await this.#getOne(name);
        return found === null ? null : sources[found[3]];
      },
    };
  }

  async get(key, options) {
    const { type, given } = readOptions(options);
    if (Array.isArray(key)) return this.#getMany(key, type, given, false);
    const name = checkedKey("GET", key, given);
    const size = this.#hot(name, 0);
    if (size >= 0) return asType(result, 0, size, type);
    if (size === -2) return null;
    const found = await this.#getOne(name);
    return found === null ? null : asType(found[0], 0, found[0].length, type);
  }

  async getWithMetadata(key, options) {
    const { type, given } = readOptions(options);
    if (Array.isArray(key)) return this.#getMany(key, type, given, true);
    const name = checkedKey("GET", key, given);
    const size = this.#hot(name, 1);
    if (size === -2) return { value: null, metadata: null, cacheStatus: null };
    if (size >= 0) {
      const length = info.readUInt32LE(0);
      const metadata = length === 0 ? null : JSON.parse(info.utf8Slice(16, 16 + length));
      return { value: asType(result, 0, size, type), metadata, cacheStatus: null };
    }
    const found = await this.#getOne(name);
    if (found === null) return { value: null, metadata: null, cacheStatus: null };
    const [value, metadata] = found;
    return { value: asType(value, 0, value.length, type), metadata: metadataOf(metadata), cacheStatus: null };
  }

  async put(key, value, options) {
    const name = checkedKey("PUT", key);
    const { expiresAtMs, metadata } = putOptions(options);
    const body = acceptedValue(value);
    if (!isWellFormed(name)) throw kvError("PUT", 400, "Could not URL-decode key name");
    const write = [keyBytes(name), null, expiresAtMs(), metadata()];
    // A stream alone is waited for: what is put before another is written before it.
    write[1] = body instanceof ReadableStream ? await bytesOfStream(body) : checkedSize(body);
    await this.#write(write);
  }

  async delete(key) {
    const name = checkedKey("DELETE", key);
    if (!isWellFormed(name)) throw kvError("DELETE", 400, "Could not URL-decode key name");
    await this.#write([keyBytes(name), null, 0, null]);
  }

  // Cursors hold the last name that was given, so that they stay good whatever is deleted, and over restarts.
  async list(options) {
    demandOptions(options, "list", 1, "ListOptions");
    const limit = Math.trunc(Number(options?.limit ?? 0)) || 0;
    const prefix = encodeText(`${options?.prefix ?? ""}`);
    const cursor = `${options?.cursor ?? ""}`;
    if (limit > maxima.listKeys) {
      throw kvError("GET", 400, `Invalid key_count_limit of ${limit}. Please specify an integer less than 1000.`);
    }
    if (prefix.length > maxima.keyBytes) {
      throw kvError("GET", 414, `UTF-8 encoded length of ${prefix.length} exceeds key length limit of 512.`);
    }
    const after = cursor === "" ? null : Buffer.concat([Buffer.from(cursor, "base64"), Buffer.from([0])]);
    const [found, more] = await native.kvList(await this.#open(), prefix, after, limit > 0 ? limit : maxima.listKeys);
    const keys = found.map(([name, metadata, expiresAtMs]) => {
      const listed = { name };
      if (expiresAtMs > 0) listed.expiration = Math.floor(expiresAtMs / 1000);
      if (metadata !== null) listed.metadata = JSON.parse(metadata);
      return listed;
    });
    if (!more) return { keys, list_complete: true, cacheStatus: null };
    const last = Buffer.from(keys[keys.length - 1].name, "utf8").toString("base64");
    return { keys, list_complete: false, cursor: last, cacheStatus: null };
  }

  async #getMany(keys, type, given, withMetadata) {
    const refuse = (status, text) => {
      throw kvError("GET_BULK", status, text);
    };
    if (type && type !== "text" && type !== "json") refuse(400, `"${type}" is not a valid type. Use "json" or "text"`);
    if (keys.length > maxima.bulkKeys) refuse(400, `You can request a maximum of ${maxima.bulkKeys} keys`);
    if (keys.length === 0) refuse(400, "You must request a minimum of 1 key");
    const names = keys.map((key) => `${key}`);
    for (const name of names) {
      if (name === "") refuse(400, "Key names must not be empty");
      if (name === "." || name === "..") refuse(400, `Illegal key name "${name}". Please use a different name.`);
      const size = Buffer.byteLength(name);
      if (size > maxima.keyBytes) refuse(414, `UTF-8 encoded length of ${size} exceeds key length limit of 512.`);
      checkCacheTtl("GET_BULK", given);
    }
    const found = await native.kvGet(await this.#open(), names.map(keyBytes));
    const total = found.reduce((sum, one) => sum + (one === null ? 0 : one[0].length), 0);
    if (total > maxima.valueBytes) refuse(413, "Total size of request exceeds the limit of 25MB");
    const values = new Map();
    names.forEach((name, i) => values.set(name, this.#bulkValue(found[i], type, withMetadata, refuse)));
    return values;
  }

  #bulkValue(found, type, withMetadata, refuse) {
    if (found === null) return null;
    const [bytes, metadata] = found;
    let value = new TextDecoder().decode(bytes);
    if (type === "json") {
      try {
        // Through JSON once more, as the answer of many goes: it has no infinities.
        value = JSON.parse(JSON.stringify(JSON.parse(value)));
      } catch {
        refuse(400, "At least one of the requested keys corresponds to a non-json value");
      }
    }
    return withMetadata ? { value, metadata: metadataOf(metadata) } : value;
  }

  // Bytes of the value, which lies in the shared buffer; -1 where the pool has to be asked, -2 for no such key.
  #hot(name, withInfo) {
    if (this.#id < 0) return -1;
    const length = writeShort(name, params, 0);
    return length < 0 ? -1 : native.kvHot(this.#id, length, withInfo);
  }

  async #getOne(name) {
    if (!isWellFormed(name)) throw kvError("GET", 400, "Could not URL-decode key name");
    const [found] = await native.kvGet(await this.#open(), [keyBytes(name)]);
    return found;
  }

  async #open() {
    if (this.#id >= 0) return this.#id;
    this.#opening ??= native.kvOpen(this.#engine.id, this.#name, nativeLimits);
    try {
      return (this.#id = await this.#opening);
    } catch (failure) {
      this.#opening = null;
      throw failure;
    }
  }

  #write(write) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ write, resolve, reject });
      this.#writing ??= this.#drain();
    });
  }

  // Writes that come while others are synced are the next group.
  async #drain() {
    await undefined; // what comes in the same turn of the event loop is one group
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, writesAtOnce);
      try {
        const failures = await native.kvWrite(await this.#open(), group.map(({ write }) => write));
        failures.forEach((failure, i) => (failure === null ? group[i].resolve() : group[i].reject(failure)));
      } catch (failure) {
        for (const { reject } of group) reject(failure);
      }
    }
    this.#writing = null;
  }

  // For close().
  static settled(names) {
    return names.#writing;
  }
}
