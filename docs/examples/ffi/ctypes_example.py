"""Calls tern from Python by ctypes, as any language with an FFI can: parameters packed in, whole result out.

usage: ctypes_example.py LIBTERN.SO DATABASE
"""
import ctypes
import struct
import sys

tern = ctypes.CDLL(sys.argv[1])
tern.tern_last_error.restype = ctypes.c_char_p
PTR, SIZE = ctypes.c_void_p, ctypes.c_size_t
ONLY_HOT, WOULD_BLOCK = 2, 15  # TERN_ONLY_HOT, TERN_WOULD_BLOCK
tern.tern_open.argtypes = [ctypes.c_char_p, PTR, ctypes.POINTER(PTR)]
tern.tern_exec.argtypes = [PTR, ctypes.c_char_p, SIZE, PTR]
tern.tern_prepare.argtypes = [PTR, ctypes.c_char_p, SIZE, ctypes.POINTER(PTR)]
tern.tern_query_packed_with.argtypes = [PTR, ctypes.c_char_p, SIZE, ctypes.c_uint32, PTR, SIZE, ctypes.POINTER(SIZE)]
tern.tern_statement_free.argtypes = tern.tern_close.argtypes = [PTR]


def check(status):
    if status != 0:
        raise RuntimeError(tern.tern_last_error().decode())


def pack(*values):
    """Integers, floats, texts, blobs and None, as docs/formats.md has them under "Packed query"."""
    packed = b""
    for value in values:
        if value is None:
            packed += b"\0"
        elif isinstance(value, int):
            packed += struct.pack("<Bq", 1, value)
        elif isinstance(value, float):
            packed += struct.pack("<Bd", 2, value)
        else:
            data = value.encode() if isinstance(value, str) else value
            packed += struct.pack("<BI", 3 if isinstance(value, str) else 4, len(data)) + data
    return packed


def rows(body):
    """The rows of a narrow body: at most 254 columns, 255 rows and 64 KiB. The wide form differs in its sizes alone."""
    columns, count = body[0], body[1]
    cells = columns * count
    ends = struct.unpack_from(f"<{cells}H", body, 2 + columns)
    types = 2 + columns + 2 * cells
    data = types + cells + (body[1 + columns] if columns else 0)  # behind the names
    values, begin = [], 0
    for type_, end in zip(body[types : types + cells], ends):
        cell = body[data + begin : data + end]
        if type_ == 1:
            values.append(int.from_bytes(cell, "little", signed=True))
        elif type_ == 2:
            values.append(struct.unpack("<d", cell)[0])
        else:
            values.append([None, None, None, cell[:-1].decode(errors="replace"), cell[:-1]][type_])
        begin = end
    return [tuple(values[row * columns : (row + 1) * columns]) for row in range(count)]


db, by_id, size = PTR(), PTR(), SIZE()
make = b"CREATE TABLE IF NOT EXISTS p (id TEXT PRIMARY KEY, name TEXT, n); INSERT OR REPLACE INTO p VALUES ('a', 'Taos', -7)"
ask = b"SELECT name, n, 0.5, x'00ff', NULL FROM p WHERE id = ?"
check(tern.tern_open(sys.argv[2].encode(), None, db))
check(tern.tern_exec(db, make, len(make), None))
check(tern.tern_prepare(db, ask, len(ask), by_id))
params, buf = pack("a"), ctypes.create_string_buffer(4096)
for flags in (ONLY_HOT, 0, ONLY_HOT):
    status = tern.tern_query_packed_with(by_id, params, len(params), flags, buf, len(buf), size)
    if status == WOULD_BLOCK:
        print("not in memory yet")
        continue
    check(status)
    print(rows(buf.raw[24 : size.value]), "from", ["memory", "the store", "SQLite"][buf.raw[16] - 1])
tern.tern_statement_free(by_id)
check(tern.tern_close(db))
