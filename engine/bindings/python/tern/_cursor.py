"""Cursors of Python's database API (PEP 249).

A cursor has the whole result of its statement, as tern answers it; rows are made as they are fetched.
"""

import datetime

from . import _tern

_BAD_PARAMETERS = "parameters are of unsupported type"


class Cursor:
    """Executes statements, and has the rows of the last one; made by Connection.cursor()."""

    _connection = None
    _closed = False

    def __init__(self, connection, /):
        from ._connection import Connection  # which knows this class

        if not issubclass(type(connection), Connection):
            raise TypeError(f"Cursor() argument must be a Connection, not {type(connection).__name__}")
        connection._check()
        self._connection = connection
        self._rows = None
        self._next = 0
        self.row_factory = None
        self.arraysize = 1
        self.description = None
        self.rowcount = -1
        self.lastrowid = None

    @property
    def connection(self):
        """The connection that it belongs to."""
        return self._connection

    def _check(self):
        if self._connection is None:
            raise _tern.ProgrammingError("Base Cursor.__init__ not called.")
        self._connection._check()
        if self._closed:
            raise _tern.ProgrammingError("Cannot operate on a closed cursor.")

    # ---- Executing ----

    def execute(self, sql, parameters=(), /):
        """Executes one statement, and returns the cursor."""
        self._check()
        self._forget()
        prepared = self._connection._prepare(sql)
        if not prepared.word and _is_nothing(prepared.sql):
            return self
        statement = self._connection._statement_for(prepared)
        self._connection._before(prepared)
        rows = _run(statement, parameters)
        if rows.columns:
            self.description = prepared.description_of(rows.columns)
            self._rows = rows
            self._next = 0
        if prepared.is_write:
            self.rowcount = rows.changes
            if rows.changes:
                self.lastrowid = rows.last_row_id
        return self

    def executemany(self, sql, parameters, /):
        """Executes a statement that writes with each of the parameters, and returns the cursor."""
        self._check()
        self._forget()
        prepared = self._connection._prepare(sql)
        if not prepared.is_write:
            raise _tern.ProgrammingError("executemany() can only execute DML statements.")
        every = iter(parameters)
        statement = self._connection._statement_for(prepared)
        self._connection._before(prepared)
        changes = 0
        for one in every:
            changes += _run(statement, one).changes
        self.rowcount = changes
        return self

    def executescript(self, script, /):
        """Commits what is open, executes each statement of a script, and returns the cursor."""
        self._check()
        self._forget()
        if not isinstance(script, str):
            raise TypeError(f"the script must be str, not {type(script).__name__}")
        if "\0" in script:
            raise ValueError("embedded null character")
        self._connection._run_script(script)
        return self

    def _forget(self):
        self._rows = None
        self.description = None
        self.rowcount = -1

    # ---- Fetching ----

    def fetchone(self):
        """The next row, or None."""
        self._check()
        rows = self._rows
        if rows is None or self._next >= len(rows):
            self._rows = None
            return None
        values = rows._tuple(self._next, self._connection.text_factory)
        self._next += 1
        return values if self.row_factory is None else self.row_factory(self, values)

    def fetchmany(self, size=None):
        """The next `size` rows, `arraysize` by default, as a list; fewer at the end."""
        self._check()
        found = []
        for _ in range(self.arraysize if size is None else size):
            row = self.fetchone()
            if row is None:
                break
            found.append(row)
        return found

    def fetchall(self):
        """All rows that are left, as a list."""
        self._check()
        return list(self)

    def __iter__(self):
        self._check()
        return self

    def __next__(self):
        row = self.fetchone()
        if row is None:
            raise StopIteration
        return row

    # ---- The rest of PEP 249 ----

    def setinputsizes(self, sizes, /):
        """Does nothing, as PEP 249 allows."""

    def setoutputsize(self, size, column=None, /):
        """Does nothing, as PEP 249 allows."""

    def close(self):
        """Lets go of its rows; later calls are ProgrammingError."""
        if self._connection is None:
            raise _tern.ProgrammingError("Base Cursor.__init__ not called.")
        self._connection._check()
        self._rows = None
        self._closed = True


def _is_nothing(sql):
    from ._sql import is_blank

    return is_blank(sql)


def _run(statement, parameters):
    if type(parameters) is not tuple:
        parameters = _positional(statement, parameters)
    try:
        return statement.run(*parameters)
    except _tern.ProgrammingError:
        adapted = tuple([_adapt(value) for value in parameters])
        if all(new is old for new, old in zip(adapted, parameters)):
            raise
    return statement.run(*adapted)


def _positional(statement, parameters):
    """Parameters in order: of a sequence, or by the names in a mapping."""
    if isinstance(parameters, dict) or (hasattr(parameters, "keys") and hasattr(parameters, "__getitem__")):
        return tuple([_named(name, index, parameters) for index, name in enumerate(statement.parameter_names)])
    if isinstance(parameters, (list, tuple)):
        return tuple(parameters)
    if not (hasattr(parameters, "__len__") and hasattr(parameters, "__getitem__")):
        raise _tern.ProgrammingError(_BAD_PARAMETERS)
    return tuple([parameters[index] for index in range(len(parameters))])


def _named(name, index, parameters):
    if name is None or name[0] == "?":
        raise _tern.ProgrammingError(
            f"Binding {index + 1} has no name, but you supplied a dictionary (which has only names)."
        )
    try:
        return parameters[name[1:]]
    except LookupError:
        raise _tern.ProgrammingError(f"You did not supply a value for binding parameter {name}.") from None


def _adapt(value):
    """Dates and times, which PEP 249 has constructors for, as SQLite's date functions take them."""
    if isinstance(value, datetime.datetime):
        return value.isoformat(" ")
    if isinstance(value, (datetime.date, datetime.time)):
        return value.isoformat()
    return value
