// Values to the bytes that the C interface takes, and its results to values: docs/formats.md, "Packed query".
//
// Short ASCII text is copied and read byte by byte here: a call into Node's own encoder costs more than that.
import { params } from "./native.mjs";

const types = { null: 0, integer: 1, real: 2, text: 3, blob: 4 };
const shortText = 48;

const number = new Float64Array(1);
const integer = new BigInt64Array(number.buffer);
const numberBytes = new Uint8Array(number.buffer);

// ---- Text ----

// UTF-8, with halves of surrogate pairs that stand alone kept as three bytes each, as Workers do it; Node would put
// U+FFFD in their place.
export function encodeText(text) {
  if (text.isWellFormed ? text.isWellFormed() : !/\p{Surrogate}/u.test(text)) return Buffer.from(text, "utf8");
  const parts = text.split(/(\p{Surrogate})/u);
  return Buffer.concat(
    parts.map((part, index) => {
      if (index % 2 === 0) return Buffer.from(part, "utf8");
      const unit = part.charCodeAt(0);
      return Buffer.from([0xe0 | (unit >> 12), 0x80 | ((unit >> 6) & 0x3f), 0x80 | (unit & 0x3f)]);
    }),
  );
}

export function isWellFormed(text) {
  return text.isWellFormed ? text.isWellFormed() : !/\p{Surrogate}/u.test(text);
}

// Writes text into `to`; how many bytes, or -1 where it is not short ASCII or there is no room.
export function writeShort(text, to, at) {
  const length = text.length;
  if (length > shortText || at + length > to.length) return -1;
  for (let i = 0; i < length; ++i) {
    const unit = text.charCodeAt(i);
    if (unit > 127) return -1;
    to[at + i] = unit;
  }
  return length;
}

export function readText(from, begin, end) {
  const length = end - begin;
  if (length > 24) return from.utf8Slice(begin, end);
  let text = "";
  for (let i = begin; i < end; ++i) {
    const byte = from[i];
    if (byte > 127) return from.utf8Slice(begin, end);
    text += String.fromCharCode(byte);
  }
  return text;
}

// ---- Parameters ----

// A value is null, a number (REAL), a bigint (INTEGER), a string, or bytes.
function sizeOf(value) {
  if (value === null) return 1;
  if (typeof value === "string") return 5 + 3 * value.length;
  return typeof value === "object" ? 5 + value.length : 9;
}

function writeHead(to, at, type, length) {
  to[at] = type;
  to[at + 1] = length;
  to[at + 2] = length >>> 8;
  to[at + 3] = length >>> 16;
  to[at + 4] = length >>> 24;
}

function writeNumber(to, at, type) {
  to[at] = type;
  for (let i = 0; i < 8; ++i) to[at + 1 + i] = numberBytes[i];
  return at + 9;
}

// Returns where the next value goes.
function writeValue(value, to, at) {
  if (value === null) {
    to[at] = types.null;
    return at + 1;
  }
  switch (typeof value) {
    case "number":
      number[0] = value;
      return writeNumber(to, at, types.real);
    case "bigint":
      integer[0] = value;
      return writeNumber(to, at, types.integer);
    case "string": {
      let length = writeShort(value, to, at + 5);
      if (length < 0) {
        const encoded = encodeText(value);
        length = encoded.length;
        to.set(encoded, at + 5);
      }
      writeHead(to, at, types.text, length);
      return at + 5 + length;
    }
    default:
      writeHead(to, at, types.blob, value.length);
      to.set(value, at + 5);
      return at + 5 + value.length;
  }
}

// Into the buffer of synchronous calls; how many bytes, or -1 where they do not fit.
export function packShared(values) {
  let room = params.length;
  let at = 0;
  for (let i = 0; i < values.length; ++i) {
    room -= sizeOf(values[i]);
    if (room < 0) return -1;
    at = writeValue(values[i], params, at);
  }
  return at;
}

export function pack(values) {
  let size = 0;
  for (const value of values) size += sizeOf(value);
  const to = Buffer.allocUnsafe(size);
  let at = 0;
  for (const value of values) at = writeValue(value, to, at);
  return to.subarray(0, at);
}

// ---- Rows ----

function readUint32(from, at) {
  return (from[at] | (from[at + 1] << 8) | (from[at + 2] << 16) | (from[at + 3] << 24)) >>> 0;
}

// Where everything of a body lies. `names` and `data` are where those two begin.
class Layout {
  constructor(from, begin) {
    const wide = from[begin] === 0xff;
    this.columns = wide ? readUint32(from, begin + 4) : from[begin];
    this.rows = wide ? readUint32(from, begin + 8) : from[begin + 1];
    this.wide = wide;
    this.nameEnds = begin + (wide ? 12 : 2);
    this.cellEnds = this.nameEnds + this.columns * (wide ? 4 : 1);
    const cells = this.columns * this.rows;
    this.types = this.cellEnds + cells * (wide ? 4 : 2);
    this.names = this.types + cells;
    this.data = this.names + (this.columns === 0 ? 0 : this.nameEnd(from, this.columns - 1));
  }
  nameEnd(from, column) {
    return this.wide ? readUint32(from, this.nameEnds + 4 * column) : from[this.nameEnds + column];
  }
  cellEnd(from, cell) {
    if (this.wide) return readUint32(from, this.cellEnds + 4 * cell);
    const at = this.cellEnds + 2 * cell;
    return from[at] | (from[at + 1] << 8);
  }
}

// Little-endian two's complement of 1 to 8 bytes as a number, which is exact up to 2^53.
function readNumber(from, begin, end) {
  const size = end - begin;
  if (size <= 4) {
    let value = 0;
    for (let i = 0; i < size; ++i) value |= from[begin + i] << (8 * i);
    const unused = 32 - 8 * size;
    return (value << unused) >> unused;
  }
  let high = 0;
  for (let i = 4; i < size; ++i) high |= from[begin + i] << (8 * (i - 4));
  const unused = 64 - 8 * size;
  return ((high << unused) >> unused) * 4294967296 + readUint32(from, begin);
}

function readBigInt(from, begin, end) {
  const negative = from[end - 1] > 127 ? 0xff : 0;
  for (let i = 0; i < 8; ++i) numberBytes[i] = begin + i < end ? from[begin + i] : negative;
  return integer[0];
}

// How values of SQL become those of JavaScript. D1's way: integers lose what a number cannot hold, blobs are arrays of
// numbers, and what JSON does not have is null.
export const d1Values = {
  integer: readNumber,
  real: (value) => (Number.isFinite(value) ? value + 0 : null),
  blob: (from, begin, end) => Array.from(from.subarray(begin, end)),
};

// Nothing is lost.
export const exactValues = {
  integer(from, begin, end) {
    const value = readNumber(from, begin, end);
    return Number.isSafeInteger(value) ? value : readBigInt(from, begin, end);
  },
  real: (value) => value,
  blob: (from, begin, end) => new Uint8Array(from.subarray(begin, end)),
};

function readReal(from, at) {
  for (let i = 0; i < 8; ++i) numberBytes[i] = from[at + i];
  return number[0];
}

function readCell(from, layout, cell, values) {
  const begin = layout.data + (cell === 0 ? 0 : layout.cellEnd(from, cell - 1));
  const end = layout.data + layout.cellEnd(from, cell);
  switch (from[layout.types + cell]) {
    case types.integer:
      return values.integer(from, begin, end);
    case types.real:
      return values.real(readReal(from, begin));
    case types.text:
      return readText(from, begin, end - 1);
    case types.blob:
      return values.blob(from, begin, end - 1);
    default:
      return null;
  }
}

function readNames(from, layout) {
  const names = [];
  let begin = 0;
  for (let column = 0; column < layout.columns; ++column) {
    const end = layout.nameEnd(from, column);
    names.push(readText(from, layout.names + begin, layout.names + end - 1));
    begin = end;
  }
  return names;
}

// The names of a statement's columns, decoded once for as long as they stay the same.
export class Names {
  #bytes = null;
  names = [];
  plain = true; // no name that an assignment would take for something else

  take(from, layout) {
    const size = layout.data - layout.names;
    const known = this.#bytes;
    let same = known !== null && known.length === size && this.names.length === layout.columns;
    for (let i = 0; same && i < size; ++i) same = known[i] === from[layout.names + i];
    if (same) return this.names;
    this.#bytes = Uint8Array.prototype.slice.call(from, layout.names, layout.data);
    this.names = readNames(from, layout);
    this.plain = !this.names.includes("__proto__");
    return this.names;
  }
}

// A body of rows, at `begin` of a Buffer.
export class Rows {
  #from;
  #layout;
  #names;
  #values;

  constructor(from, begin, names, values) {
    this.#from = from;
    this.#layout = new Layout(from, begin);
    this.#names = names;
    this.#values = values;
    names.take(from, this.#layout);
  }

  get count() {
    return this.#layout.rows;
  }
  get columns() {
    return this.#names.names.slice();
  }

  array(row) {
    const { columns } = this.#layout;
    const cells = new Array(columns);
    for (let i = 0; i < columns; ++i) cells[i] = readCell(this.#from, this.#layout, row * columns + i, this.#values);
    return cells;
  }

  object(row) {
    const { names } = this.#names;
    if (!this.#names.plain) return Object.fromEntries(this.array(row).map((cell, i) => [names[i], cell]));
    const made = {};
    const first = row * names.length;
    for (let i = 0; i < names.length; ++i) made[names[i]] = readCell(this.#from, this.#layout, first + i, this.#values);
    return made;
  }

  arrays() {
    return Array.from({ length: this.count }, (_, row) => this.array(row));
  }
  objects() {
    const all = new Array(this.count);
    for (let row = 0; row < all.length; ++row) all[row] = this.object(row);
    return all;
  }
}
