"""Connections and cursors of PEP 249: what CPython's own tests (cpython/run.py) do not ask."""

import contextlib
import datetime
import sqlite3
import threading
import unittest

import tern
from support import WithDatabase


class Connections(WithDatabase):
    def connect(self, **options):
        connection = tern.connect(self.path, **options)
        self.addCleanup(connection.close)
        return connection

    def test_reads_outside_a_transaction_come_from_the_cache(self):
        self.fill(a=1)
        connection = self.connect()
        hits = lambda: self.db.stats()["hot"]["hits"]
        read = lambda: connection.execute("SELECT n FROM t WHERE id = ?", ("a",)).fetchone()
        read()
        before = hits()
        self.assertEqual(read(), (1,))
        self.assertEqual(hits(), before + 1)
        self.db.query("UPDATE t SET n = 2")
        self.assertEqual(read(), (2,))

    def test_a_connection_sees_what_it_has_not_committed_and_nobody_else_does(self):
        one, other = self.connect(), self.connect()
        count = lambda of: of.execute("SELECT count(*) FROM t").fetchone()[0]
        count(one), count(other)
        one.execute("INSERT INTO t VALUES ('a', 1)")
        self.assertEqual((count(one), count(other), one.in_transaction), (1, 0, True))
        one.rollback()
        self.assertEqual((count(one), one.in_transaction), (0, False))
        with one:
            one.executemany("INSERT INTO t VALUES (?, ?)", [("a", 1), ("b", 2)])
        self.assertEqual((count(one), count(other)), (2, 2))

    def test_what_cannot_be_prepared_begins_nothing(self):
        connection = self.connect()
        self.assertRaises(tern.OperationalError, connection.execute, "INSERT INTO nope VALUES (1)")
        self.assertRaises(tern.OperationalError, connection.executemany, "INSERT INTO nope VALUES (?)", [(1,)])
        self.assertFalse(connection.in_transaction)
        self.assertRaises(tern.IntegrityError, connection.executemany, "INSERT INTO t VALUES (?, 1)", [("a",), ("a",)])
        self.assertTrue(connection.in_transaction)

    def test_what_is_not_committed_is_gone_with_the_connection(self):
        with contextlib.closing(tern.connect(self.path)) as connection:
            connection.execute("INSERT INTO t VALUES ('a', 1)")
        self.assertEqual(len(self.db.query("SELECT id FROM t")), 0)

    def test_each_level_begins_by_its_own_word(self):
        for level, locks in (("", False), ("DEFERRED", False), ("IMMEDIATE", True), ("EXCLUSIVE", True)):
            with self.subTest(level=level):
                one, other = self.connect(isolation_level=level), self.connect(timeout=0)
                one.execute("DELETE FROM t WHERE 0") if locks else one.execute("BEGIN " + level)
                if locks:
                    self.assertFails(tern.BusyError, "busy", "lock", other.execute, "INSERT INTO t VALUES ('x', 1)")
                else:
                    with other:
                        other.execute("DELETE FROM t")
                one.rollback()
        free = self.connect(isolation_level=None)
        free.execute("INSERT INTO t VALUES ('a', 1)")
        self.assertFalse(free.in_transaction)
        self.assertEqual(len(self.db.query("SELECT id FROM t")), 1)

    def test_temporary_tables_hide_others_from_their_own_connection_alone(self):
        self.fill(a=1)
        one, other = self.connect(), self.connect()
        ids = lambda of: of.execute("SELECT id FROM t").fetchall()
        self.assertEqual(ids(one), [("a",)])
        one.execute("CREATE TEMP TABLE t (id)")
        self.assertEqual((ids(one), ids(other)), ([], [("a",)]))
        other.executescript("ATTACH ':memory:' AS m; CREATE TABLE m.u (x); INSERT INTO u VALUES (5)")
        self.assertEqual(other.execute("SELECT x FROM u").fetchall(), [(5,)])

    def test_harmless_pragmas_leave_the_cache_on(self):
        self.fill(a=1)
        connection = self.connect()
        connection.execute("PRAGMA foreign_keys = ON")
        read = lambda: connection.execute("SELECT n FROM t").fetchone()
        read()
        before = self.db.stats()["hot"]["hits"]
        read()
        self.assertEqual(self.db.stats()["hot"]["hits"], before + 1)
        connection.execute("PRAGMA case_sensitive_like = ON")
        self.assertIsNone(connection.execute("SELECT n FROM t WHERE id LIKE 'A'").fetchone())

    def test_what_the_connection_knows_is_asked_of_it(self):
        connection = self.connect()
        connection.execute("INSERT INTO t VALUES ('a', 1), ('b', 2)")
        connection.commit()
        asked = connection.execute("SELECT changes(), total_changes(), last_insert_rowid()").fetchone()
        self.assertEqual(asked, (2, 2, 2))
        self.assertEqual(connection.total_changes, 2)

    def test_a_write_that_begins_like_a_read(self):
        connection = self.connect()
        connection.execute("WITH x(a) AS (SELECT 'w') INSERT INTO t SELECT a, 1 FROM x")
        connection.commit()
        self.assertEqual(self.db.query("SELECT id FROM t").raw(), [("w",)])

    def test_python_s_sqlite3_and_tern_see_each_other_s_commits(self):
        connection = self.connect()
        with contextlib.closing(sqlite3.connect(self.path)) as plain:
            with connection:
                connection.execute("INSERT INTO t VALUES ('a', 1)")
            self.assertEqual(plain.execute("SELECT n FROM t").fetchall(), [(1,)])
            self.assertEqual(connection.execute("SELECT n FROM t").fetchall(), [(1,)])
            with plain:
                plain.execute("UPDATE t SET n = 2")
            self.assertEqual(connection.execute("SELECT n FROM t").fetchall(), [(2,)])

    def test_another_thread_is_refused(self):
        connection = self.connect()
        cursor = connection.cursor()
        refused = []

        def use():
            for call in (
                connection.cursor, connection.commit, connection.rollback, connection.close, cursor.fetchone,
                cursor.close, connection.iterdump, lambda: connection.execute("SELECT 1"),
                lambda: cursor.execute("SELECT 1"), lambda: connection.create_function("f", 0, use),
                lambda: connection.total_changes,
            ):
                try:
                    call()
                except tern.ProgrammingError as error:
                    refused.append(str(error))

        thread = threading.Thread(target=use)
        thread.start()
        thread.join()
        self.assertEqual(len(refused), 11)
        self.assertIn("check_same_thread", refused[0])

    def test_the_database_beneath_is_there(self):
        connection = self.connect()
        connection.database.kv("k").put("a", "b")
        self.assertEqual(self.db.kv("k").get("a"), b"b")
        with contextlib.closing(tern.connect(":memory:")) as memory:
            self.assertIsNone(memory.database)
            self.assertFails(
                tern.NotSupportedError, "", "open a file", memory.create_function, "f", 0, lambda: 1
            )

    def test_functions(self):
        connection = self.connect()
        connection.create_function("twice", 1, lambda x: 2 * x, deterministic=True)
        connection.create_collation("backwards", lambda a, b: (a < b) - (a > b))
        self.assertEqual(connection.execute("SELECT twice(4)").fetchone(), (8,))
        ordered = connection.execute("SELECT 'a' AS x UNION SELECT 'b' ORDER BY x COLLATE backwards")
        self.assertEqual(ordered.fetchall(), [("b",), ("a",)])

    def test_unsupported_arguments_are_named(self):
        for option in ({"detect_types": 1}, {"uri": True}):
            self.assertFails(tern.NotSupportedError, "", next(iter(option)), tern.connect, self.path, **option)
        self.assertRaisesRegex(TypeError, "isolation", tern.connect, self.path, isolation_level=5)

    def test_a_dump_restores_the_database(self):
        self.fill(a=1, b="it's")
        script = "\n".join(self.connect().iterdump())
        with contextlib.closing(tern.connect(":memory:")) as copy:
            copy.executescript(script)
            self.assertEqual(copy.execute("SELECT * FROM t ORDER BY id").fetchall(), [("a", 1), ("b", "it's")])


class Cursors(WithDatabase):
    def setUp(self):
        super().setUp()
        self.connection = tern.connect(self.path)
        self.addCleanup(self.connection.close)

    def test_parameters_by_name_and_dates(self):
        execute = self.connection.execute
        found = execute("SELECT :b, @a, $b", {"a": 1, "b": 2}).fetchone()
        self.assertEqual(found, (2, 1, 2))
        moment = datetime.datetime(2024, 2, 3, 4, 5, 6)
        found = execute("SELECT ?, ?, ?", (moment, moment.date(), moment.time())).fetchone()
        self.assertEqual(found, ("2024-02-03 04:05:06", "2024-02-03", "04:05:06"))
        self.assertRaisesRegex(tern.ProgrammingError, "binding parameter :a", execute, "SELECT :a", {"b": 1})
        self.assertRaisesRegex(tern.ProgrammingError, "has no name", execute, "SELECT ?", {"a": 1})
        self.assertRaisesRegex(tern.ProgrammingError, "takes 1 parameter, but 2", execute, "SELECT ?", (1, 2))
        self.assertRaisesRegex(tern.ProgrammingError, "type 'set'", execute, "SELECT ?", (set(),))

    def test_rows_by_name(self):
        self.connection.row_factory = tern.Row
        row = self.connection.execute("SELECT 1 AS a, 'x' AS b").fetchone()
        self.assertEqual((row["A"], row["b"], row.keys()), (1, "x", ["a", "b"]))

    def test_description_and_counts(self):
        cursor = self.connection.cursor()
        cursor.execute("INSERT INTO t VALUES ('a', 1), ('b', 2)")
        self.assertEqual((cursor.description, cursor.rowcount, cursor.lastrowid), (None, 2, 2))
        cursor.execute("SELECT id, n FROM t WHERE 0")
        self.assertEqual([column[0] for column in cursor.description], ["id", "n"])
        self.assertEqual((cursor.rowcount, cursor.fetchall()), (-1, []))

    def test_nothing_is_a_statement_too(self):
        for nothing in ("", "  ", "-- only a comment", ";"):
            self.assertEqual(self.connection.execute(nothing).fetchall(), [])


if __name__ == "__main__":
    unittest.main()
