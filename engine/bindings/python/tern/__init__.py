"""tern: an embedded storage engine in three tiers that answer as one.

    db = tern.open("listings.db")
    by_id = db.prepare("SELECT name FROM places WHERE id = ?")
    row = by_id.first("p-17")           # from memory when it is hot; never stale

`open()` is the engine with its own verbs; `connect()` is the same by Python's database API (PEP 249).
"""

import datetime as _datetime
import time as _time
from collections.abc import Sequence as _Sequence

from ._connection import Connection, connect
from ._cursor import Cursor
from ._tern import (
    BoundStatement, BusyError, Computation, Computed, Database, DatabaseError, DataError, Error, IntegrityError,
    InterfaceError, InternalError, Kv, KvKey, KvPage, KvValue, NotSupportedError, OperationalError, ProgrammingError,
    Row, Rows, Session, Statement, Transaction, Warning, __version__, open, session_in_memory,
)

_Sequence.register(Row)
_Sequence.register(Rows)

# ---- PEP 249 ----

apilevel = "2.0"
threadsafety = 1  # threads may share the module, but not connections
paramstyle = "qmark"

Binary = memoryview
Date = _datetime.date
Time = _datetime.time
Timestamp = _datetime.datetime


def DateFromTicks(ticks):
    """The date of a moment in seconds since 1970, in local time."""
    return Date(*_time.localtime(ticks)[:3])


def TimeFromTicks(ticks):
    """The time of day of a moment in seconds since 1970, in local time."""
    return Time(*_time.localtime(ticks)[3:6])


def TimestampFromTicks(ticks):
    """A moment in seconds since 1970, in local time."""
    return Timestamp(*_time.localtime(ticks)[:6])


class _TypeCode(frozenset):
    """PEP 249's type codes. `description` has none, since a column of SQLite's may hold any type."""

    __slots__ = ()


STRING = _TypeCode((str,))
BINARY = _TypeCode((bytes,))
NUMBER = _TypeCode((int, float))
DATETIME = _TypeCode()
ROWID = _TypeCode((int,))

# The version of SQLite beneath.
sqlite_version = session_in_memory().query("SELECT sqlite_version()")[0][0]
sqlite_version_info = tuple([int(part) for part in sqlite_version.split(".")])
