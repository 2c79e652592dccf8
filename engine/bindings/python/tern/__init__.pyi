# The types of the module; docstrings are in the objects themselves, and docs/python.md tells how to use them.
import datetime
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, ClassVar, Literal

from typing_extensions import Self

from . import _tern
from ._tern import (
    BoundStatement as BoundStatement,
    BusyError as BusyError,
    Computation as Computation,
    Computed as Computed,
    Database as Database,
    DatabaseError as DatabaseError,
    DataError as DataError,
    Error as Error,
    IntegrityError as IntegrityError,
    InterfaceError as InterfaceError,
    InternalError as InternalError,
    Kv as Kv,
    KvKey as KvKey,
    KvPage as KvPage,
    KvValue as KvValue,
    NotSupportedError as NotSupportedError,
    OperationalError as OperationalError,
    ProgrammingError as ProgrammingError,
    Row as Row,
    Rows as Rows,
    Session as Session,
    Statement as Statement,
    Transaction as Transaction,
    Warning as Warning,
    __version__ as __version__,
    open as open,
    session_in_memory as session_in_memory,
)

# ---- PEP 249 ----

apilevel: str
threadsafety: int
paramstyle: str
sqlite_version: str
sqlite_version_info: tuple[int, ...]

class Connection:
    Warning: ClassVar[type[_tern.Warning]]
    Error: ClassVar[type[_tern.Error]]
    InterfaceError: ClassVar[type[_tern.InterfaceError]]
    DatabaseError: ClassVar[type[_tern.DatabaseError]]
    DataError: ClassVar[type[_tern.DataError]]
    OperationalError: ClassVar[type[_tern.OperationalError]]
    IntegrityError: ClassVar[type[_tern.IntegrityError]]
    InternalError: ClassVar[type[_tern.InternalError]]
    ProgrammingError: ClassVar[type[_tern.ProgrammingError]]
    NotSupportedError: ClassVar[type[_tern.NotSupportedError]]
    row_factory: Callable[[Cursor, tuple[Any, ...]], Any] | None
    text_factory: Callable[[bytes], Any]
    def __init__(
        self, database: str | bytes | os.PathLike[str] | os.PathLike[bytes], timeout: float = 5.0, detect_types: int = 0,
        isolation_level: str | None = "", check_same_thread: bool = True, factory: type[Connection] | None = None,
        cached_statements: int = 128, uri: bool = False, **options: Any,
    ) -> None: ...
    @property
    def in_transaction(self) -> bool: ...
    @property
    def isolation_level(self) -> str | None: ...
    @isolation_level.setter
    def isolation_level(self, level: str | None) -> None: ...
    @property
    def total_changes(self) -> int: ...
    @property
    def database(self) -> Database | None: ...
    def cursor(self, factory: Callable[[Connection], Cursor] = ...) -> Cursor: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...
    def close(self) -> None: ...
    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = (), /) -> Cursor: ...
    def executemany(self, sql: str, parameters: Iterable[Sequence[Any] | Mapping[str, Any]], /) -> Cursor: ...
    def executescript(self, script: str, /) -> Cursor: ...
    def iterdump(self) -> Iterator[str]: ...
    def create_function(
        self, name: str, narg: int, func: Callable[..., Any], /, *, deterministic: bool = False
    ) -> None: ...
    def create_aggregate(self, name: str, narg: int, aggregate: Callable[[], Any], /) -> None: ...
    def create_window_function(self, name: str, narg: int, aggregate: Callable[[], Any], /) -> None: ...
    def create_collation(self, name: str, function: Callable[[str, str], int], /) -> None: ...
    def __call__(self, *sql: str) -> Statement: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> Literal[False]: ...

class Cursor:
    arraysize: int
    description: tuple[tuple[str, None, None, None, None, None, None], ...] | None
    lastrowid: int | None
    row_factory: Callable[[Cursor, tuple[Any, ...]], Any] | None
    rowcount: int
    def __init__(self, connection: Connection, /) -> None: ...
    @property
    def connection(self) -> Connection: ...
    def execute(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = (), /) -> Self: ...
    def executemany(self, sql: str, parameters: Iterable[Sequence[Any] | Mapping[str, Any]], /) -> Self: ...
    def executescript(self, script: str, /) -> Self: ...
    def fetchone(self) -> Any: ...
    def fetchmany(self, size: int | None = None) -> list[Any]: ...
    def fetchall(self) -> list[Any]: ...
    def setinputsizes(self, sizes: Any, /) -> None: ...
    def setoutputsize(self, size: Any, column: Any = None, /) -> None: ...
    def close(self) -> None: ...
    def __iter__(self) -> Self: ...
    def __next__(self) -> Any: ...

def connect(
    database: str | bytes | os.PathLike[str] | os.PathLike[bytes], timeout: float = 5.0, detect_types: int = 0,
    isolation_level: str | None = "", check_same_thread: bool = True, factory: Callable[..., Connection] = ...,
    cached_statements: int = 128, uri: bool = False, **options: Any,
) -> Connection: ...

Binary = memoryview
Date = datetime.date
Time = datetime.time
Timestamp = datetime.datetime

def DateFromTicks(ticks: float) -> datetime.date: ...
def TimeFromTicks(ticks: float) -> datetime.time: ...
def TimestampFromTicks(ticks: float) -> datetime.datetime: ...

STRING: frozenset[type]
BINARY: frozenset[type]
NUMBER: frozenset[type]
DATETIME: frozenset[type]
ROWID: frozenset[type]
