// What JavaScript gives as parameters, as D1 takes it.
//
// D1 sends parameters as JSON, and that shows: numbers are REAL, NaN and the infinities NULL, -0 is 0, bytes go as an
// array of numbers.
import { d1Error } from "./errors.mjs";

function isByteArray(value) {
  return Array.isArray(value) && value.every((item) => typeof item === "number" && item >= 0 && item < 256);
}

function refuse(value) {
  const type = typeof value;
  throw d1Error("D1_TYPE_ERROR", `Type '${type}' not supported for value '${value}'`);
}

// What bind() keeps of a value: a number, a string, null, or an array.
export function accepted(value) {
  switch (typeof value) {
    case "number":
    case "string":
      return value;
    case "boolean":
      return value ? 1 : 0;
    case "object":
      if (value === null) return null;
      if (isByteArray(value)) return value;
      if (value instanceof ArrayBuffer) return Array.from(new Uint8Array(value));
      if (ArrayBuffer.isView(value)) return Array.from(value);
  }
  return refuse(value);
}

// What bind() kept, for packing.
export function sent(value) {
  if (typeof value === "number") return Number.isFinite(value) ? value + 0 : null;
  if (typeof value !== "object" || value === null) return value;
  if (value.some((item) => typeof item === "bigint")) throw new TypeError("Do not know how to serialize a BigInt");
  return Uint8Array.from(value);
}

export function allSent(values) {
  const all = new Array(values.length);
  for (let i = 0; i < values.length; ++i) all[i] = sent(values[i]);
  return all;
}
