"""Connections of Python's database API (PEP 249).

A connection is a Database and, once something must live in a connection, a Session. Outside a transaction its reads are
the Database's: answered by the first tier that can, and never stale. Writes, what follows in their transaction, and all
that a connection keeps for itself (temporary tables, ATTACH, most pragmas) are the Session's, so that a connection sees
what it has not committed yet, and nobody else does.

Transactions begin as in the sqlite3 module by default: before INSERT, UPDATE, DELETE and REPLACE, unless one is open or
`isolation_level` is None; they end by commit() and rollback().
"""

import importlib
import os
import threading
from collections import OrderedDict

from . import _sql, _tern
from ._cursor import Cursor

_LEVELS = ("", "DEFERRED", "IMMEDIATE", "EXCLUSIVE")
_WRITES = frozenset(("INSERT", "UPDATE", "DELETE", "REPLACE"))
_READS = frozenset(("SELECT", "VALUES", "WITH"))


class _Prepared:
    """A statement of a connection: prepared on its database, on its session, or on both, as it is asked for."""

    __slots__ = (
        "sql", "word", "is_write", "may_be_cached", "changes_reads", "cached", "own", "_columns", "_description",
    )

    def __init__(self, sql):
        self.sql = sql
        self.word = _sql.first_word(sql)
        self.is_write = self.word in _WRITES
        self.may_be_cached = self.word in _READS and not _sql.is_of_connection(sql)
        self.changes_reads = self.word not in _WRITES | _READS and _sql.changes_what_reads_see(sql)
        self.cached = None  # of the database
        self.own = None  # of the session
        self._columns = self._description = ()

    def description_of(self, columns):
        """PEP 249's description; a statement's columns are the same object until the schema changes."""
        if columns is not self._columns:
            self._description = tuple([(name, None, None, None, None, None, None) for name in columns])
            self._columns = columns
        return self._description


class Connection:
    """A connection to a database, made by tern.connect()."""

    Warning = _tern.Warning
    Error = _tern.Error
    InterfaceError = _tern.InterfaceError
    DatabaseError = _tern.DatabaseError
    DataError = _tern.DataError
    OperationalError = _tern.OperationalError
    IntegrityError = _tern.IntegrityError
    InternalError = _tern.InternalError
    ProgrammingError = _tern.ProgrammingError
    NotSupportedError = _tern.NotSupportedError

    _state = "uninitialized"

    def __init__(
        self, database, timeout=5.0, detect_types=0, isolation_level="", check_same_thread=True, factory=None,
        cached_statements=128, uri=False, **options,
    ):
        self._state = "uninitialized"
        if detect_types:
            raise _tern.NotSupportedError("detect_types is not supported: values have SQLite's five types")
        if uri:
            raise _tern.NotSupportedError("uri=True is not supported: pass a path, and options by keyword")
        self._level = _checked_level(isolation_level)
        self._thread = threading.get_ident() if check_same_thread else None
        self._timeout = timeout
        self._prepared = OrderedDict()
        self._cached_statements = cached_statements
        self._private = False  # whether its reads may differ from those of others
        self._session = self._database = None
        if os.fspath(database) in (":memory:", b":memory:"):
            self._session = _tern.session_in_memory()
        else:
            self._database = _tern.open(database, busy_timeout=timeout, **options)
        self.row_factory = None
        self.text_factory = str
        self._state = "open"

    # ---- State ----

    def _check(self):
        if self._state == "open" and (self._thread is None or self._thread == threading.get_ident()):
            return
        if self._state == "uninitialized":
            raise _tern.ProgrammingError("Base Connection.__init__ not called.")
        if self._state == "closed":
            raise _tern.ProgrammingError("Cannot operate on a closed database.")
        raise _tern.ProgrammingError(
            "Connections and cursors can be used in the thread alone that made them, unless check_same_thread=False. "
            f"This one was made in thread {self._thread}, and this is thread {threading.get_ident()}."
        )

    def _own_session(self):
        if self._session is None:
            self._session = self._database.session()
            # The engine's own timeout is that of who opened the file first in this process.
            self._session.exec(f"PRAGMA busy_timeout={int(self._timeout * 1000)}")
        return self._session

    @property
    def in_transaction(self):
        """Whether a transaction is open that has not been committed."""
        if self._state == "uninitialized":
            self._check()
        return self._session is not None and self._state == "open" and self._session.in_transaction

    @property
    def isolation_level(self):
        """How transactions begin: "", "DEFERRED", "IMMEDIATE", "EXCLUSIVE"; None: by BEGIN alone."""
        if self._state == "uninitialized":
            self._check()
        return self._level

    @isolation_level.setter
    def isolation_level(self, level):
        level = _checked_level(level)
        self._check()
        if level is None:
            self.commit()
        self._level = level

    @property
    def total_changes(self):
        """Rows inserted, updated or deleted by this connection since it was opened."""
        self._check()
        if self._session is None:
            return 0
        return self._session.query("SELECT total_changes()")[0][0]

    # ---- PEP 249 ----

    def cursor(self, factory=Cursor):
        """A new cursor."""
        self._check()
        cursor = factory(self)
        if not issubclass(type(cursor), Cursor):
            raise TypeError(f"factory must return a cursor, not {type(cursor).__name__}")
        if self.row_factory is not None:
            cursor.row_factory = self.row_factory
        return cursor

    def commit(self):
        """Commits; a connection without an open transaction is fine."""
        self._check()
        if self.in_transaction:
            self._session.exec("COMMIT")

    def rollback(self):
        """Undoes what was not committed; a connection without an open transaction is fine."""
        self._check()
        if self.in_transaction:
            self._session.exec("ROLLBACK")

    def close(self):
        """Closes it; what was not committed is rolled back."""
        if self._state == "closed":
            return
        self._check()
        self._state = "closed"
        self._prepared.clear()
        for part in (self._session, self._database):
            if part is not None:
                part.close()

    def __enter__(self):
        self._check()
        return self

    def __exit__(self, kind, error, traceback):
        if kind is not None:
            self.rollback()
            return False
        try:
            self.commit()
        except BaseException:
            self.rollback()
            raise
        return False

    # ---- Extensions that PEP 249 and sqlite3 share ----

    def execute(self, sql, parameters=(), /):
        """A new cursor that has executed the statement."""
        return self.cursor().execute(sql, parameters)

    def executemany(self, sql, parameters, /):
        """A new cursor that has executed the statement with each of the parameters."""
        return self.cursor().executemany(sql, parameters)

    def executescript(self, script, /):
        """A new cursor that has executed the script."""
        return self.cursor().executescript(script)

    def __call__(self, *sql):
        """A statement of the connection, prepared."""
        self._check()
        return self._own_session().prepare(*sql)

    def iterdump(self):
        """The database as SQL text, statement by statement, as the sqlite3 module writes it."""
        self._check()
        # It asks a connection for nothing but cursors.
        return importlib.import_module("sqlite3.dump")._iterdump(self)

    def create_function(self, name, narg, func, /, *, deterministic=False):
        """Registers a function; unlike in sqlite3, for every connection of the file in this process."""
        self._file("create_function").create_function(name, narg, func, deterministic=deterministic)

    def create_aggregate(self, name, narg, aggregate, /):
        """Registers an aggregate: a class with step() and finalize()."""
        self._file("create_aggregate").create_aggregate(name, narg, aggregate)

    def create_window_function(self, name, narg, aggregate, /):
        """Registers an aggregate window function: a class with step(), inverse(), value() and finalize()."""
        self._file("create_window_function").create_aggregate(name, narg, aggregate)

    def create_collation(self, name, function, /):
        """Registers a collation: a function of two str that returns an int below, at or above 0."""
        self._file("create_collation").create_collation(name, function)

    def _file(self, method):
        self._check()
        if self._database is None:
            raise _tern.NotSupportedError(f'{method}() is not supported for ":memory:": open a file')
        return self._database

    @property
    def database(self):
        """The Database beneath, for what PEP 249 has no words for: stats(), explain(), kv(), policies. None for
        ":memory:"."""
        self._check()
        return self._database

    # ---- For cursors ----

    def _prepare(self, sql):
        """What is kept of a text; the statements themselves are prepared by _statement_for()."""
        prepared = self._prepared.get(sql)
        if prepared is not None:
            return prepared
        if not isinstance(sql, str):
            raise TypeError(f"the statement must be str, not {type(sql).__name__}")
        if "\0" in sql:
            raise _tern.ProgrammingError("the query contains a null character")
        prepared = _Prepared(_sql.without_blank_tail(sql))
        self._prepared[sql] = prepared
        if len(self._prepared) > self._cached_statements:
            self._prepared.popitem(last=False)
        return prepared

    def _statement_for(self, prepared):
        """The statement to run now: of the database where its answer is the same for all, or else of the session."""
        if prepared.may_be_cached and self._database is not None and not self._private:
            if self._session is None or not self._session.in_transaction:
                if prepared.cached is None:
                    prepared.cached = _prepare_one(self._database, prepared.sql)
                if prepared.cached.reads_only:  # WITH … INSERT begins like a read
                    return prepared.cached
        if prepared.own is None:
            prepared.own = _prepare_one(self._own_session(), prepared.sql)
        return prepared.own

    def _before(self, prepared):
        """What must be done before a statement runs that could be prepared."""
        if prepared.is_write:
            if self._level is not None and not self._own_session().in_transaction:
                self._session.exec("BEGIN " + self._level)
        elif prepared.changes_reads:
            self._private = True

    def _run_script(self, script):
        self.commit()
        if _sql.changes_what_reads_see(script):
            self._private = True
        if not _sql.is_blank(script):
            self._own_session().exec(script)


def _checked_level(level):
    if level is None:
        return None
    if not isinstance(level, str):
        raise TypeError(f"isolation_level must be str or None, not {type(level).__name__}")
    if level.upper() not in _LEVELS:
        raise ValueError("isolation_level string must be '', 'DEFERRED', 'IMMEDIATE', or 'EXCLUSIVE'")
    return level.upper()


def _prepare_one(where, sql):
    try:
        return where.prepare(sql)
    except _tern.OperationalError as error:
        if "more than one statement at once" in str(error):
            raise _tern.ProgrammingError("You can only execute one statement at a time.") from None
        raise


def connect(
    database, timeout=5.0, detect_types=0, isolation_level="", check_same_thread=True, factory=Connection,
    cached_statements=128, uri=False, **options,
):
    """Opens a database by Python's database API (PEP 249).

    database          a path, or ":memory:" for a private database in memory
    timeout           seconds to wait for another writer
    isolation_level   how transactions begin (Connection.isolation_level)
    check_same_thread whether another thread's use is ProgrammingError; without it, its calls must take turns
    factory           what makes the connection
    options           those of open()
    """
    return factory(
        database, timeout=timeout, detect_types=detect_types, isolation_level=isolation_level,
        check_same_thread=check_same_thread, cached_statements=cached_statements, uri=uri, **options,
    )
