// What Workers KV takes: names, options and values as it converts them, its bounds, and how it refuses.
import { encodeText } from "./packing.mjs";

export const maxima = { keyBytes: 512, metadataBytes: 1024, valueBytes: 25 << 20, listKeys: 1000, bulkKeys: 100 };
const leastTtlSeconds = 60;
const leastCacheTtlSeconds = 30;

export const kvError = (method, status, text) => new Error(`KV ${method} failed: ${status} ${text}`);

// A number as an interface that takes 32-bit integers converts it.
function int32(value) {
  const number = Math.trunc(Number(value));
  if (!Number.isFinite(number)) return 0;
  if (number < -2147483648 || number > 2147483647) {
    throw new TypeError("Value out of range. Must be between -2147483648 and 2147483647 (inclusive).");
  }
  return number;
}

const isObject = (value) => (typeof value === "object" && value !== null) || typeof value === "function";

// The second argument of get(): a type, or an object with one.
export function readOptions(options) {
  if (options === undefined || options === null) return { type: undefined, given: null };
  if (!isObject(options)) return { type: String(options), given: null };
  return { type: options.type === undefined ? undefined : String(options.type), given: options };
}

export const keyBytes = (name) => encodeText(name);

export function checkedKey(method, key, readOptionsGiven = null) {
  const name = `${key}`;
  if (name === "") throw new TypeError("Key name cannot be empty.");
  if (name === "." || name === "..") throw new TypeError(`"${name}" is not allowed as a key name.`);
  // Three bytes a unit at most.
  const size = 3 * name.length > maxima.keyBytes ? keyBytes(name).length : 0;
  if (size > maxima.keyBytes) {
    throw kvError(method, 414, `UTF-8 encoded length of ${size} exceeds key length limit of ${maxima.keyBytes}.`);
  }
  checkCacheTtl(method, readOptionsGiven);
  return name;
}

export function checkCacheTtl(method, options) {
  if (options === null || options.cacheTtl === undefined) return;
  const ttl = int32(options.cacheTtl);
  if (ttl >= leastCacheTtlSeconds) return;
  throw kvError(method, 400, `Invalid cache_ttl of ${ttl}. Cache TTL must be at least ${leastCacheTtlSeconds}.`);
}

// Options are an object, null or undefined.
export function demandOptions(options, method, position, type) {
  if (options === undefined || options === null || isObject(options)) return;
  throw new TypeError(`Failed to execute '${method}' on 'KvNamespace': parameter ${position} is not of type '${type}'.`);
}

function expiryOf(expirationTtl, expiration) {
  const refuse = (text) => {
    throw kvError("PUT", 400, text);
  };
  const now = Math.floor(Date.now() / 1000);
  if (expirationTtl !== undefined) {
    if (expirationTtl <= 0) {
      refuse(`Invalid expiration_ttl of ${expirationTtl}. Please specify integer greater than 0.`);
    }
    if (expirationTtl < leastTtlSeconds) {
      refuse(`Invalid expiration_ttl of ${expirationTtl}. Expiration TTL must be at least ${leastTtlSeconds}.`);
    }
    return (now + expirationTtl) * 1000;
  }
  if (expiration === undefined) return 0;
  if (expiration <= now) {
    refuse(
      `Invalid expiration of ${expiration}. Please specify integer greater than the current number of seconds since ` +
        "the UNIX epoch.",
    );
  }
  if (expiration < now + leastTtlSeconds) {
    refuse(
      `Invalid expiration of ${expiration}. Expiration times must be at least ${leastTtlSeconds} seconds in the future.`,
    );
  }
  return expiration * 1000;
}

// The options of put(). They are converted at once, and checked when the two functions are called: a value that cannot
// be put is told before them.
export function putOptions(options) {
  demandOptions(options, "put", 3, "PutOptions");
  const expirationTtl = options?.expirationTtl === undefined ? undefined : int32(options.expirationTtl);
  const expiration = options?.expiration === undefined ? undefined : int32(options.expiration);
  const metadata = options?.metadata ?? null;
  const text = metadata === null ? null : JSON.stringify(metadata);
  const json = typeof text === "string" ? Buffer.from(text, "utf8") : null;
  return {
    expiresAtMs: () => expiryOf(expirationTtl, expiration),
    metadata() {
      // A function, or a symbol: JSON has nothing for it.
      if (text === undefined) throw kvError("PUT", 500, "Internal Server Error");
      if (json !== null && json.length > maxima.metadataBytes) {
        throw kvError("PUT", 413, `Metadata length of ${json.length} exceeds limit of ${maxima.metadataBytes}.`);
      }
      return json;
    },
  };
}

const tooLong = (size) => kvError("PUT", 413, `Value length of ${size} exceeds limit of ${maxima.valueBytes}.`);

function bytesOfView(value) {
  return value instanceof ArrayBuffer
    ? Buffer.from(value)
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

// All of a stream; what is past the bound is counted, not kept.
export async function bytesOfStream(stream) {
  const chunks = [];
  let size = 0;
  for await (const chunk of stream) {
    if (!(chunk instanceof ArrayBuffer) && !ArrayBuffer.isView(chunk)) {
      throw new TypeError("This ReadableStream did not return bytes.");
    }
    size += chunk.byteLength;
    // Copied: whoever feeds the stream may use the chunk again.
    if (size <= maxima.valueBytes) chunks.push(Buffer.from(bytesOfView(chunk)));
    else chunks.length = 0;
  }
  if (size > maxima.valueBytes) throw tooLong(size);
  return Buffer.concat(chunks);
}

// A value as put() takes it, without looking at its size: a stream, or bytes that nobody else holds.
export function acceptedValue(value) {
  if (value instanceof ReadableStream) return value;
  if (value instanceof ArrayBuffer || ArrayBuffer.isView(value)) return Buffer.from(bytesOfView(value));
  if (isObject(value)) {
    throw new TypeError(
      "KV put() accepts only strings, ArrayBuffers, ArrayBufferViews, and ReadableStreams as values.",
    );
  }
  return encodeText(`${value}`);
}

export function checkedSize(value) {
  if (value.length > maxima.valueBytes) throw tooLong(value.length);
  return value;
}
