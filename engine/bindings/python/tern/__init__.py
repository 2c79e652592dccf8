"""tern: an embedded storage engine in three tiers that answer as one.

    db = tern.open("listings.db")
    by_id = db.prepare("SELECT name FROM places WHERE id = ?")
    row = by_id.first("p-17")           # from memory when it is hot; never stale
"""

from collections.abc import Sequence as _Sequence

from ._tern import (
    BoundStatement, BusyError, Computation, Computed, Database, DatabaseError, DataError, Error, IntegrityError,
    InterfaceError, InternalError, Kv, KvKey, KvPage, KvValue, NotSupportedError, OperationalError, ProgrammingError,
    Row, Rows, Session, Statement, Transaction, Warning, __version__, open, session_in_memory,
)

_Sequence.register(Row)
_Sequence.register(Rows)
