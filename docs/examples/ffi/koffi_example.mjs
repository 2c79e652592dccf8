// Calls tern from Node by koffi, as any language with an FFI can: parameters packed in, whole result out.
//
// usage: node koffi_example.mjs LIBTERN.SO DATABASE
import koffi from "koffi";

const [library, path] = process.argv.slice(2);
const lib = koffi.load(library);
const lastError = lib.func("const char *tern_last_error()");
const open = lib.func("int tern_open(const char *path, void *options, _Out_ void **out)");
const exec = lib.func("int tern_exec(void *db, const char *sql, size_t sql_len, void *statements_run)");
const prepare = lib.func("int tern_prepare(void *db, const char *sql, size_t sql_len, _Out_ void **out)");
const queryPacked = lib.func(
  "int tern_query_packed_with(void *statement, const void *params, size_t params_len, uint32_t flags, " +
    "_Out_ uint8_t *buf, size_t cap, _Out_ size_t *len)");
const freeStatement = lib.func("void tern_statement_free(void *statement)");
const close = lib.func("int tern_close(void *db)");
const [ONLY_HOT, WOULD_BLOCK] = [2, 15]; // TERN_ONLY_HOT, TERN_WOULD_BLOCK

function check(status) {
  if (status !== 0) throw new Error(lastError());
}

// Texts, as docs/formats.md has them under "Packed query".
function pack(...texts) {
  return Buffer.concat(texts.flatMap((text) => {
    const head = Buffer.alloc(5);
    head.writeUInt8(3);
    head.writeUInt32LE(Buffer.byteLength(text), 1);
    return [head, Buffer.from(text)];
  }));
}

// The texts of a narrow body: at most 254 columns, 255 rows and 64 KiB. Other types are left to the reader.
function rows(body) {
  const [columns, count] = body;
  const cells = columns * count, ends = 2 + columns;
  const data = ends + 3 * cells + body[1 + columns]; // behind the types and the names
  const end = (cell) => (cell < 0 ? 0 : body.readUInt16LE(ends + 2 * cell));
  const text = (cell) => body.toString("utf8", data + end(cell - 1), data + end(cell) - 1);
  return Array.from({ length: count }, (_, row) => Array.from({ length: columns }, (_, column) => text(row * columns + column)));
}

const [db, byId, size] = [[null], [null], [0]];
const make = "CREATE TABLE IF NOT EXISTS p (id TEXT PRIMARY KEY, name TEXT); INSERT OR REPLACE INTO p VALUES ('a', 'Santa Fé')";
const ask = "SELECT id, name FROM p WHERE id = ?";
check(open(path, null, db));
check(exec(db[0], make, Buffer.byteLength(make), null));
check(prepare(db[0], ask, Buffer.byteLength(ask), byId));
const params = pack("a"), buf = Buffer.alloc(4096);
for (const flags of [ONLY_HOT, 0, ONLY_HOT]) {
  const status = queryPacked(byId[0], params, params.length, flags, buf, buf.length, size);
  if (status === WOULD_BLOCK) {
    console.log("not in memory yet");
    continue;
  }
  check(status);
  console.log(JSON.stringify(rows(buf.subarray(24, Number(size[0])))), "from", ["memory", "the store", "SQLite"][buf[16] - 1]);
}
freeStatement(byId[0]);
check(close(db[0]));
